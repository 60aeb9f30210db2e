//! The native client: options in, and what a client knows of itself.

use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_core::runtime::environment::Environment;
use chimeline_core::{Client, read_process_environment, service};
use napi_derive::napi;
use serde_json::{Map, Value, json};

use crate::options::{client_options, variables};

/// A client of one service.
#[napi]
pub struct NativeClient {
    pub(crate) client: Client,
    /// The host that its errors name.
    pub(crate) host: String,
}

impl NativeClient {
    /// Makes a client of `service_name`, off the calling thread but for what is wrong at once.
    pub(crate) fn make(
        service_name: &str,
        options: &str,
        environment: &str,
        done: impl FnOnce(Result<Client, Error>) + Send + 'static,
    ) {
        let given = || {
            let unknown = || Error::new(ErrorKind::UnknownService, format!("Unknown service: {service_name:?}"));
            let service = service(service_name).ok_or_else(unknown)?;
            let (options, credentials) = client_options(options)?;
            Ok((service, options, Environment::with_variables(variables(environment)?), credentials))
        };
        match given() {
            Ok((service, options, env, credentials)) => {
                if credentials.is_none() {
                    read_process_environment(&options);
                }
                Client::make_in_background(service, options, env, credentials, done);
            }
            Err(error) => done(Err(error)),
        }
    }
}

impl From<Client> for NativeClient {
    fn from(client: Client) -> NativeClient {
        let url = &client.config().endpoint.url;
        let host = url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or_default().to_owned();
        NativeClient { client, host }
    }
}

#[napi]
impl NativeClient {
    /// The resolved settings that are no secret, as JSON.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn settings(&self) -> String {
        let config = self.client.config();
        let sources: Map<String, Value> =
            config.sources.iter().map(|(name, source)| ((*name).to_owned(), Value::from(source.as_str()))).collect();
        json!({
            "region": config.endpoint.region,
            "endpoint": config.endpoint.url,
            "retryMode": config.retry.mode.name(),
            "maxAttempts": config.retry.max_attempts,
            "connectionTimeout": config.connect_timeout.as_secs_f64() * 1e3,
            "requestTimeout": config.attempt_timeout.map(|limit| limit.as_secs_f64() * 1e3),
            "socketTimeout": config.read_timeout.as_secs_f64() * 1e3,
            "maxConnections": config.max_pool_connections,
            "useFipsEndpoint": config.use_fips,
            "useDualstackEndpoint": config.use_dual_stack,
            "sources": sources,
            "timeout": config.timeout.map(|limit| limit.as_secs_f64() * 1e3),
            "userAgent": config.user_agent,
            "signingRegion": config.endpoint.signing_region,
            "systemClockOffset": self.client.clock_offset().saturating_mul(1000),
            "keepAlive": config.keep_alive,
        })
        .to_string()
    }

    /// Closes the idle connections.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.client.close();
    }
}
