//! The instance metadata service of EC2, version 2: a token, the name of the role, and the role's credentials.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;
use tokio::time::Instant;

use crate::config::profile::Profile;
use crate::config::setting_resolver::{invalid_setting, invalid_setting_as};
use crate::credentials::providers::document::{self, Form};
use crate::credentials::smithy_http::exchange;
use crate::error::kinds::{Error, ErrorKind};
use crate::error::response::RawResponse;
use crate::http::transport::{Network, Request};
use crate::runtime::environment::Environment;
use crate::runtime::per_process::PerProcess;

/// Where the service is asked, and how often and how long each time.
#[derive(Debug)]
pub(crate) struct Service {
    url: String,
    attempts: u32,
    limit: Duration,
}

const TOKEN: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token");
const TIME_TO_LIVE: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");
const ROLES: &str = "latest/meta-data/iam/security-credentials/";
/// How long credentials that are near their expiry, or past it, are used at the least, and by how much longer at the most.
const EXTENSION: Duration = Duration::from_mins(12);
const MORE_AT_RANDOM: Duration = Duration::from_mins(8);
/// How long a service that did not respond is not asked again: on most machines there is none, and each call would wait for it.
const RETRY_DELAY: Duration = Duration::from_secs(10);

/// The services that did not respond, and when.
static SILENT: PerProcess<Arc<Mutex<HashMap<String, Instant>>>> = PerProcess::new();

impl Service {
    /// The service that the settings name, or why it is not to be asked.
    pub(crate) fn of(env: &Environment, profile: &Profile) -> Result<Result<Service, String>, Error> {
        let disabled = "AWS_EC2_METADATA_DISABLED";
        if env.variable(disabled).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(Err(format!("{disabled} is true")));
        }
        let given = |name: &str, key: &str| {
            let of_environment = env.variable(name).map(|value| (name.to_owned(), value));
            of_environment.or_else(|| {
                let value = profile.get(key)?;
                Some((format!("{key} of the profile {:?}", profile.name), value))
            })
        };
        let mut url = "http://169.254.169.254";
        if let Some((label, value)) =
            given("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")
        {
            url = match value.to_ascii_lowercase().as_str() {
                "ipv4" => url,
                "ipv6" => "http://[fd00:ec2::254]",
                _ => {
                    return Err(invalid_setting_as(
                        ErrorKind::InvalidImdsEndpointMode,
                        &label,
                        &value,
                        "\"IPv4\" or \"IPv6\"",
                    ));
                }
            };
        }
        let mut url = url.to_owned();
        if let Some((label, value)) = given("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint") {
            let is_url = !value.contains(char::is_whitespace) && Url::parse(&value).is_ok_and(|url| url.has_host());
            if !is_url {
                return Err(invalid_setting_as(
                    ErrorKind::InvalidImdsEndpoint,
                    &label,
                    &value,
                    "a URL such as http://169.254.169.254",
                ));
            }
            url = value;
        }
        let mut attempts = 1;
        if let Some((label, value)) = given("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts") {
            let count = value.trim().parse().ok().filter(|count| *count > 0);
            attempts = count.ok_or_else(|| invalid_setting(&label, &value, "an integer of at least 1"))?;
        }
        let mut limit = Duration::from_secs(1);
        if let Some((label, value)) = given("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout") {
            let seconds = value.trim().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            let above_zero = seconds.filter(|limit| !limit.is_zero());
            limit = above_zero.ok_or_else(|| invalid_setting(&label, &value, "a positive number of seconds"))?;
        }
        Ok(Ok(Service { url, attempts, limit }))
    }

    /// The credentials of the instance's role, or why there are none. Credentials that cannot be used are an error.
    pub(crate) async fn credentials(
        &self,
        network: &Network,
        env: &Environment,
        provider: &'static str,
    ) -> Result<Result<Credentials, String>, Error> {
        let silent = SILENT.get(|| Ok(Arc::default()))?;
        let silent = || silent.lock().unwrap_or_else(PoisonError::into_inner);
        if silent().get(&self.url).is_some_and(|at| at.elapsed() < RETRY_DELAY) {
            return Ok(Err(self.no_response()));
        }
        let token = match self.token(network).await {
            Ok(token) => token,
            Err(Violation::NoResponse) => {
                silent().insert(self.url.clone(), Instant::now());
                return Ok(Err(self.no_response()));
            }
            Err(Violation::Other(cause)) => return Ok(Err(cause)),
        };
        let (role, document) = match self.role(network, &token).await {
            Ok(found) => found,
            Err(cause) => return Ok(Err(cause)),
        };
        let members = ["AccessKeyId", "SecretAccessKey", "Token", "Expiration"];
        if let Some(missing) = members.iter().find(|name| document.get(**name).is_none()) {
            // Such is the response where the role may not be assumed.
            let said = document::fault(document.to_string().as_bytes()).map(|said| format!(": {said}"));
            let said = said.unwrap_or_default();
            return Ok(Err(format!("{} gives no {missing} for the role {role:?}{said}", self.name())));
        }
        let form = Form { token: "Token", expires: true };
        let found = document::credentials(&document, form, provider);
        found.map(|found| Ok(extended(found, env))).map_err(|cause| {
            let message = format!(
                "Error when retrieving credentials from {provider}: the response of {} is of no use: {cause}",
                self.name()
            );
            Error::new(ErrorKind::CredentialRetrieval, message)
        })
    }

    fn name(&self) -> String {
        format!("the instance metadata service {}", self.url)
    }

    fn no_response(&self) -> String {
        format!(
            "{} did not respond within {} s: this is no EC2 instance, or a container on one whose hop limit \
             (HttpPutResponseHopLimit) is 1 and must be 2; AWS_EC2_METADATA_DISABLED=true keeps it from being asked",
            self.name(),
            self.limit.as_secs_f64()
        )
    }

    async fn token(&self, network: &Network) -> Result<HeaderValue, Violation> {
        let mut cause = String::new();
        for _ in 0..self.attempts {
            let ask = (TIME_TO_LIVE, HeaderValue::from_static("21600"));
            match self.ask(network, Method::PUT, "latest/api/token", ask).await {
                Ok(RawResponse { status: 200, body, .. }) => {
                    let mut token = HeaderValue::from_bytes(&body)
                        .ok()
                        .filter(|token| !token.is_empty())
                        .ok_or_else(|| Violation::Other(format!("{} gave no token", self.name())))?;
                    token.set_sensitive(true);
                    return Ok(token);
                }
                Ok(RawResponse { status, .. }) => {
                    cause = format!("{} responded with HTTP {status} where it was asked for a token", self.name());
                    if matches!(status, 400 | 403 | 404 | 405) {
                        break;
                    }
                }
                Err(error) if error.kind().is_timeout() => return Err(Violation::NoResponse),
                Err(error) => cause = format!("{} cannot be asked: {}", self.name(), error.message()),
            }
        }
        Err(Violation::Other(cause))
    }

    /// The name of the role and its document.
    async fn role(&self, network: &Network, token: &HeaderValue) -> Result<(String, serde_json::Value), String> {
        let list = self.get(network, ROLES, token, |body| Ok(body.to_vec())).await?;
        let list = String::from_utf8_lossy(&list).into_owned();
        // Some that stand in for the service end the list with a newline. An instance has one role.
        let role = list.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned();
        if role.is_empty() {
            return Err(format!("{} lists no role", self.name()));
        }
        // A parser of URLs reads a backslash as a slash.
        let path = format!("{ROLES}{}", role.replace('\\', "%5C").replace('?', "%3F").replace('#', "%23"));
        let document = self.get(network, &path, token, document::members).await?;
        Ok((role, document))
    }

    /// Asks until `read` takes the response, as often as is allowed.
    async fn get<T>(
        &self,
        network: &Network,
        path: &str,
        token: &HeaderValue,
        read: impl Fn(&[u8]) -> Result<T, String>,
    ) -> Result<T, String> {
        let mut cause = String::new();
        for _ in 0..self.attempts {
            cause = match self.ask(network, Method::GET, path, (TOKEN, token.clone())).await {
                Ok(RawResponse { status: 200, body, .. }) if body.is_empty() => {
                    format!("{} gave an empty response", self.name())
                }
                Ok(RawResponse { status: 200, body, .. }) => match read(&body) {
                    Ok(found) => return Ok(found),
                    Err(cause) => format!("the response of {} is of no use: {cause}", self.name()),
                },
                Ok(RawResponse { status: 404, .. }) if path == ROLES => {
                    format!("{} lists no role (HTTP 404): the instance has none", self.name())
                }
                Ok(RawResponse { status, .. }) => format!("{} responded with HTTP {status}", self.name()),
                Err(error) => format!("{} cannot be asked: {}", self.name(), error.message()),
            };
        }
        Err(cause)
    }

    async fn ask(
        &self,
        network: &Network,
        method: Method,
        path: &str,
        (name, value): (HeaderName, HeaderValue),
    ) -> Result<RawResponse, Error> {
        let slash = if self.url.ends_with('/') { "" } else { "/" };
        let url = Url::parse(&format!("{}{slash}{path}", self.url))
            .map_err(|e| Error::new(ErrorKind::InvalidConfig, format!("no URL: {e}")))?;
        let headers = HeaderMap::from_iter([(name, value)]);
        exchange(network, Request { method, url, headers, body: None }, self.limit).await
    }
}

/// The service goes on giving the credentials that it has where it cannot get new ones, and AWS takes them beyond their expiry
/// then. They are used for some minutes more, of which each instance draws its own number, before it is asked again.
fn extended(mut credentials: Credentials, env: &Environment) -> Credentials {
    let more = EXTENSION + MORE_AT_RANDOM.mul_f64((env.random)());
    let now = (env.now)();
    if credentials.expiry().is_some_and(|expiry| expiry <= now + more) {
        tracing::info!(
            target: "chimeline",
            minutes = more.as_secs() / 60,
            "the instance metadata service has no newer credentials; those it has are used for some minutes more"
        );
        *credentials.expiry_mut() = Some(now + more);
    }
    credentials
}

/// Why there is no token.
enum Violation {
    NoResponse,
    Other(String),
}
