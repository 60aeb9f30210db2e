//! The options of a client and of a call, as JSON that `node/lib/options/client_options.cjs` makes. Times are in milliseconds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chimeline_core::codec::encode::Validation;
use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_core::http::tls::{ClientCert, Pem, Trust};
use chimeline_core::runtime::environment::Variables;
use chimeline_core::runtime::host::Questions;
use chimeline_core::schema::generated::options::NODE;
use chimeline_core::{CallOptions, HostCredentialsCache, OptionId, OptionSource, Options, StaticCredentials};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::question::time_of;

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
        started_ago: given.started_ago.and_then(|millis| Duration::try_from_secs_f64(millis / 1e3).ok()),
        attempt_timeout: seconds(given.request_timeout),
        max_attempts: given.max_attempts,
        credentials: given.credentials.map(StaticCredentials::from),
        trace_id: given.trace_id,
        questions: Questions::named(given.asks)?,
        now: given.now.map(time_of).transpose()?,
        names: NODE,
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
        unreadable(why)
    })
}

fn unreadable(why: &str) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("the options cannot be read: {why}"))
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

/// The options of which more than the type matters, and the others by their keys.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    credentials: Option<GivenKeys>,
    #[serde(default)]
    asks_for_credentials: bool,
    parameter_validation: Option<String>,
    ca_bundle: Option<GivenPem>,
    extra_trust: Option<GivenPem>,
    insecure: bool,
    client_cert: Option<[GivenPem; 2]>,
    #[serde(flatten)]
    others: Map<String, Value>,
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
        let plain = Options::read(&Others(self.others), NODE)?;
        Ok(Options {
            credentials: self.credentials.map(StaticCredentials::from),
            process_in_shell: Some(true),
            validation: match self.parameter_validation.as_deref() {
                None | Some("true") => Some(Validation::Standard),
                Some("false") => Some(Validation::AsGiven),
                Some("strict") => Some(Validation::Strict),
                Some(other) => {
                    let message = format!("parameterValidation is {other:?}, which must be true, false or \"strict\"");
                    return Err(Error::new(ErrorKind::InvalidConfig, message));
                }
            },
            verify: match self.ca_bundle {
                _ if self.insecure => Some(Trust::Anything),
                bundle => bundle.map(|pem| Trust::Bundle(pem.into())),
            },
            extra_trust: self.extra_trust.map(Pem::from),
            client_cert: self.client_cert.map(|[chain, key]| ClientCert { chain: chain.into(), key: key.into() }),
            ..plain
        })
    }
}

/// What is read by the core's table of options.
struct Others(Map<String, Value>);

impl Others {
    fn get<T: DeserializeOwned>(&self, option: OptionId) -> Result<Option<T>, Error> {
        let Some(value) = self.0.get(NODE.key(option)) else { return Ok(None) };
        let wrong = |_| unreadable(&format!("{} is of a wrong type or out of range", NODE.name(option)));
        T::deserialize(value).map(Some).map_err(wrong)
    }
}

impl OptionSource for Others {
    type Error = Error;

    fn text(&self, option: OptionId) -> Result<Option<String>, Error> {
        self.get(option)
    }

    fn flag(&self, option: OptionId) -> Result<Option<bool>, Error> {
        self.get(option)
    }

    fn seconds(&self, option: OptionId) -> Result<Option<f64>, Error> {
        self.get(option).map(seconds)
    }

    fn count(&self, option: OptionId) -> Result<Option<u32>, Error> {
        self.get(option)
    }

    fn bytes(&self, option: OptionId) -> Result<Option<usize>, Error> {
        self.get(option)
    }
}
