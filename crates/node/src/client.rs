//! The native client: options in, and what a client knows of itself.

#![expect(clippy::needless_pass_by_value, reason = "the form that napi calls")]

use chimeline_core::encode::Validation;
use chimeline_core::error::{Error, ErrorKind};
use chimeline_core::tls::Trust;
use chimeline_core::{Client, Keys, Options, service};
use napi_derive::napi;
use serde::Deserialize;
use serde_json::json;

use crate::record;

/// A client of one service.
#[napi]
pub struct NativeClient {
    pub(crate) client: Client,
    /// The host that its errors name.
    pub(crate) host: String,
}

#[napi]
impl NativeClient {
    /// A client of `service_name`. `options` is the JSON that `node/lib/options.cjs` makes.
    ///
    /// # Errors
    /// With a record of the core's error as its reason.
    #[napi(constructor, catch_unwind)]
    pub fn new(service_name: String, options: String) -> napi::Result<NativeClient> {
        let made = || {
            let unknown = || Error::new(ErrorKind::UnknownService, format!("Unknown service: {service_name:?}"));
            let service = service(&service_name).ok_or_else(unknown)?;
            let given: Given = serde_json::from_str(&options)
                .map_err(|e| Error::new(ErrorKind::InvalidConfig, format!("the options cannot be read: {e}")))?;
            Client::new(service, &given.options()?)
        };
        let client = made().map_err(|error| napi::Error::from_reason(record::error(&error, None).to_string()))?;
        let url = &client.config().endpoint.url;
        let host = url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or_default().to_owned();
        Ok(NativeClient { client, host })
    }

    /// The resolved settings that are no secret, as JSON.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn settings(&self) -> String {
        let config = self.client.config();
        json!({
            "region": config.endpoint.region,
            "endpoint": config.endpoint.url,
            "retryMode": config.retry.mode.name(),
            "maxAttempts": config.retry.max_attempts,
            "connectionTimeout": config.connect_timeout.as_secs_f64() * 1e3,
            "requestTimeout": config.read_timeout.as_secs_f64() * 1e3,
            "timeout": config.timeout.map(|limit| limit.as_secs_f64() * 1e3),
            "userAgent": config.user_agent,
        })
        .to_string()
    }

    /// Closes the idle connections.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        self.client.close();
    }
}

/// The options as they come over; times in milliseconds.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Given {
    region: Option<String>,
    namespace: Option<String>,
    endpoint: Option<String>,
    ignore_configured_endpoint_urls: Option<bool>,
    use_fips_endpoint: Option<bool>,
    use_dualstack_endpoint: Option<bool>,
    profile: Option<String>,
    credentials: Option<GivenKeys>,
    connection_timeout: Option<f64>,
    request_timeout: Option<f64>,
    timeout: Option<f64>,
    max_connections: Option<u32>,
    retry_mode: Option<String>,
    max_attempts: Option<u32>,
    parameter_validation: Option<String>,
    ca_bundle: Option<String>,
    user_agent: Option<String>,
    app_id: Option<String>,
    language: Option<String>,
}

/// An access key as it comes over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GivenKeys {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl From<GivenKeys> for Keys {
    fn from(given: GivenKeys) -> Keys {
        let GivenKeys { access_key_id, secret_access_key, session_token } = given;
        Keys { access_key_id, secret_access_key, session_token }
    }
}

impl Given {
    fn options(self) -> Result<Options, Error> {
        let seconds = |millis: Option<f64>| millis.map(|millis| millis / 1e3);
        Ok(Options {
            region: self.region,
            namespace: self.namespace,
            endpoint_url: self.endpoint,
            ignore_configured_endpoint_urls: self.ignore_configured_endpoint_urls,
            use_fips: self.use_fips_endpoint,
            use_dual_stack: self.use_dualstack_endpoint,
            profile: self.profile,
            credentials: self.credentials.map(Keys::from),
            connect_timeout: seconds(self.connection_timeout),
            read_timeout: seconds(self.request_timeout),
            timeout: seconds(self.timeout),
            max_pool_connections: self.max_connections,
            retry_mode: self.retry_mode,
            max_attempts: self.max_attempts,
            validation: match self.parameter_validation.as_deref() {
                None | Some("true") => Validation::Standard,
                Some("false") => Validation::Off,
                Some("strict") => Validation::Strict,
                Some(other) => {
                    let message = format!("parameterValidation is {other:?}, which must be true, false or \"strict\"");
                    return Err(Error::new(ErrorKind::InvalidConfig, message));
                }
            },
            verify: self.ca_bundle.map(|path| Trust::Bundle(path.into())),
            user_agent_extra: self.user_agent,
            app_id: self.app_id,
            language: self.language,
            ..Options::default()
        })
    }
}
