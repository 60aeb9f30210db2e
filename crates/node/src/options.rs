//! The options of a client and of a call, as JSON that `node/lib/options/client_options.cjs` makes. Times are in milliseconds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chimeline_core::codec::encode::Validation;
use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_core::http::tls::{ClientCert, Pem, Trust};
use chimeline_core::runtime::environment::Variables;
use chimeline_core::runtime::host::Questions;
use chimeline_core::{CallOptions, HostCredentialsCache, OptionNames, Options, StaticCredentials};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::question::time_of;

/// What the options are called here that hints name.
const OPTION_NAMES: OptionNames = OptionNames(&[
    ("attempt_timeout", "requestHandler.requestTimeout"),
    ("connect_timeout", "requestHandler.connectionTimeout"),
    ("endpoint_url", "endpoint"),
    ("profile_name", "profile"),
    ("proxies", "the proxy of requestHandler.httpsAgent or httpAgent"),
    ("read_timeout", "requestHandler.socketTimeout"),
    ("region_name", "region"),
    ("use_dualstack_endpoint", "useDualstackEndpoint"),
    ("use_fips_endpoint", "useFipsEndpoint"),
    ("verify", "caBundle"),
]);

/// The options of a client, and the cache of its credentials where its calls ask for them.
pub(crate) fn client_options(text: &str) -> Result<(Options, Option<Arc<HostCredentialsCache>>), Error> {
    let given: Given = read(text)?;
    let credentials = given.asks_for_credentials.then(Arc::default);
    Ok((given.options()?, credentials))
}

/// The options of one call.
pub(crate) fn call_options(text: &str) -> Result<CallOptions, Error> {
    let given: GivenForCall = read(text)?;
    Ok(CallOptions {
        timeout: seconds(given.timeout),
        started: given.started_ago.and_then(ago),
        attempt_timeout: seconds(given.request_timeout),
        max_attempts: given.max_attempts,
        credentials: given.credentials.map(StaticCredentials::from),
        trace_id: given.trace_id,
        questions: Questions::named(given.asks)?,
        now: given.now.map(time_of).transpose()?,
    })
}

/// The environment that a client is made in.
pub(crate) fn variables(text: &str) -> Result<Variables, Error> {
    Ok(read::<HashMap<String, String>>(text)?.into_iter().collect())
}

/// The text may hold keys, which the error must not: it says only what is not as it should be.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|e| {
        let why = e.to_string();
        let why =
            if why.contains("invalid type") { "one is of a wrong type" } else { "one is out of range or not known" };
        Error::new(ErrorKind::InvalidConfig, format!("the options cannot be read: {why}"))
    })
}

/// The time that many milliseconds ago.
fn ago(millis: f64) -> Option<Instant> {
    Instant::now().checked_sub(Duration::try_from_secs_f64(millis / 1e3).ok()?)
}

fn seconds(millis: Option<f64>) -> Option<f64> {
    millis.map(|millis| millis / 1e3)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GivenForCall {
    timeout: Option<f64>,
    started_ago: Option<f64>,
    request_timeout: Option<f64>,
    max_attempts: Option<u32>,
    credentials: Option<GivenKeys>,
    trace_id: Option<String>,
    #[serde(default)]
    asks: Vec<String>,
    now: Option<f64>,
}

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
    asks_for_credentials: bool,
    connection_timeout: Option<f64>,
    request_timeout: Option<f64>,
    socket_timeout: Option<f64>,
    timeout: Option<f64>,
    max_connections: Option<u32>,
    keep_alive: Option<bool>,
    retry_mode: Option<String>,
    defaults_mode: Option<String>,
    system_clock_offset: Option<f64>,
    disable_clock_skew_correction: Option<bool>,
    signing_region: Option<String>,
    max_attempts: Option<u32>,
    parameter_validation: Option<String>,
    ca_bundle: Option<GivenPem>,
    extra_ca_certs: Option<GivenPem>,
    insecure: bool,
    client_cert: Option<[GivenPem; 2]>,
    http_proxy: Option<String>,
    https_proxy: Option<String>,
    user_agent: Option<String>,
    app_id: Option<String>,
    language: Option<String>,
    #[serde(default)]
    local: bool,
}

/// An access key as it comes over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GivenKeys {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl From<GivenKeys> for StaticCredentials {
    fn from(given: GivenKeys) -> StaticCredentials {
        let GivenKeys { access_key_id, secret_access_key, session_token } = given;
        StaticCredentials { access_key_id, secret_access_key, session_token }
    }
}

/// Certificates or a key: the path of a file, or what is in it.
#[derive(Deserialize)]
#[serde(untagged)]
enum GivenPem {
    Path(String),
    Contents { pem: String },
}

impl From<GivenPem> for Pem {
    fn from(given: GivenPem) -> Pem {
        match given {
            GivenPem::Path(path) => Pem::from(path),
            GivenPem::Contents { pem } => Pem::Contents(pem.into_bytes()),
        }
    }
}

impl Given {
    fn options(self) -> Result<Options, Error> {
        Ok(Options {
            region: self.region,
            namespace: self.namespace,
            signing_region: self.signing_region,
            endpoint_url: self.endpoint,
            ignore_configured_endpoint_urls: self.ignore_configured_endpoint_urls,
            use_fips: self.use_fips_endpoint,
            use_dual_stack: self.use_dualstack_endpoint,
            profile: self.profile,
            credentials: self.credentials.map(StaticCredentials::from),
            process_in_shell: true,
            option_names: OPTION_NAMES,
            connect_timeout: seconds(self.connection_timeout),
            attempt_timeout: seconds(self.request_timeout),
            read_timeout: seconds(self.socket_timeout),
            timeout: seconds(self.timeout),
            // One limit, as an agent's `maxSockets` is.
            max_pool_connections: self.max_connections,
            keep_alive: self.keep_alive,
            max_concurrency: self.max_connections,
            retry_mode: self.retry_mode,
            max_attempts: self.max_attempts,
            defaults_mode: self.defaults_mode,
            clock_offset: seconds(self.system_clock_offset),
            disable_clock_skew_correction: self.disable_clock_skew_correction,
            validation: match self.parameter_validation.as_deref() {
                None | Some("true") => Validation::Standard,
                Some("false") => Validation::AsGiven,
                Some("strict") => Validation::Strict,
                Some(other) => {
                    let message = format!("parameterValidation is {other:?}, which must be true, false or \"strict\"");
                    return Err(Error::new(ErrorKind::InvalidConfig, message));
                }
            },
            verify: match self.ca_bundle {
                _ if self.insecure => Some(Trust::Anything),
                bundle => bundle.map(|pem| Trust::Bundle(pem.into())),
            },
            extra_trust: self.extra_ca_certs.map(Pem::from),
            client_cert: self.client_cert.map(|[chain, key]| ClientCert { chain: chain.into(), key: key.into() }),
            http_proxy: self.http_proxy,
            https_proxy: self.https_proxy,
            user_agent_extra: self.user_agent,
            app_id: self.app_id,
            language: self.language,
            local: self.local,
            ..Options::default()
        })
    }
}
