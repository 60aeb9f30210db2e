//! The native client: options in, and what a client knows of itself.

use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_core::runtime::environment::Environment;
use chimeline_core::schema::generated::options::NODE;
use chimeline_core::{Client, SettingValue, read_process_environment, service};
use napi_derive::napi;
use serde_json::{Map, Value};

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
                read_process_environment(&options);
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
        let sources = config.sources.iter().map(|(option, source)| (NODE.key(*option), source.as_str()));
        let mut out = Map::new();
        for (option, value) in config.settings() {
            let value = match value {
                SettingValue::None => Value::Null,
                SettingValue::Text(text) => text.into(),
                SettingValue::Flag(flag) => flag.into(),
                SettingValue::Count(count) => count.into(),
                SettingValue::Time(limit) => (limit.as_secs_f64() * 1e3).into(),
            };
            out.insert(NODE.key(option).to_owned(), value);
        }
        out.insert("systemClockOffset".to_owned(), self.client.clock_offset().saturating_mul(1000).into());
        out.insert("sources".to_owned(), sources.map(|(key, source)| (key.to_owned(), Value::from(source))).collect());
        Value::Object(out).to_string()
    }

    /// Closes the idle connections.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.client.close();
    }
}
