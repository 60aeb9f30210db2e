//! Outcomes as JSON, which `node/lib/wire` reads.

use std::time::SystemTime;

use chimeline_core::client::loaded_credentials::LoadedCredentials;
use chimeline_core::codec::json_host::JsonBuilder;
use chimeline_core::codec::report::Violation;
use chimeline_core::error::kinds::{Attempt, Error, ErrorKind, ResponseMetadata, ServiceError};
use chimeline_core::error::network_cause::NetworkCause;
use chimeline_core::schema::Operation;
use chimeline_core::{Client, Response};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The output of a call: its members, and `$metadata` as the AWS SDK for JavaScript has it.
pub(crate) fn output(client: &Client, operation: &'static Operation, response: &Response) -> Result<String, Error> {
    let mut builder = JsonBuilder::default();
    client.decode(operation, response, &mut builder)?;
    let metadata = serde_json::to_string(&Metadata::new(&response.metadata, &response.attempts));
    builder.raw_entry("$metadata", &metadata.unwrap_or_else(|_| "{}".to_owned()));
    Ok(builder.finish())
}

/// An error, with all that its class in JavaScript shows.
pub(crate) fn error(error: &Error, host: Option<&str>) -> Value {
    let mut out = json!({
        "class": error.kind().class(),
        "message": error.message(),
        "operation": error.operation(),
        "host": host,
        "hint": error.hint(),
        "name": name(error),
        "code": code(error),
        "attempts": attempts(error.attempts()),
    });
    if !error.faults().is_empty() {
        out["errors"] = error.faults().iter().map(fault).collect();
    }
    if let Some(service) = error.service_error() {
        out["service"] = of_service(service, error.attempts());
    }
    if error.is_raised_by_host() {
        out["raisedByHost"] = Value::Bool(true);
    }
    out
}

/// Credentials as the AWS SDK for JavaScript has them, but for the expiration, in milliseconds since 1970.
pub(crate) fn credentials(found: &LoadedCredentials) -> Value {
    let LoadedCredentials { keys, expiration } = found;
    let since_epoch = expiration.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    json!({
        "accessKeyId": keys.access_key_id,
        "secretAccessKey": keys.secret_access_key,
        "sessionToken": keys.session_token,
        "expiration": since_epoch.map(|since| millis(since.as_secs_f64())),
    })
}

/// The name that the AWS SDK for JavaScript has for it, where that is not the name of its class.
fn name(error: &Error) -> Option<&'static str> {
    use NetworkCause::{BrokenPipe, Reset, TimedOut};
    match error.kind() {
        ErrorKind::NoCredentials => Some("CredentialsProviderError"),
        ErrorKind::ConnectTimeout | ErrorKind::ReadTimeout => Some("TimeoutError"),
        _ => matches!(error.network_cause(), Some(Reset | BrokenPipe | TimedOut)).then_some("TimeoutError"),
    }
}

/// The code of Node that says the same; nothing where Node has none.
fn code(error: &Error) -> Option<&'static str> {
    use ErrorKind::{CallTimeout, ConnectTimeout, ReadTimeout};
    if matches!(error.kind(), ConnectTimeout | ReadTimeout | CallTimeout) {
        return Some("ETIMEDOUT");
    }
    Some(match error.network_cause()? {
        NetworkCause::Refused => "ECONNREFUSED",
        NetworkCause::Reset | NetworkCause::Truncated => "ECONNRESET",
        NetworkCause::BrokenPipe => "EPIPE",
        NetworkCause::Unreachable => "EHOSTUNREACH",
        NetworkCause::NameNotFound => "ENOTFOUND",
        NetworkCause::ResolverUnavailable => "EAI_AGAIN",
        NetworkCause::TimedOut => "ETIMEDOUT",
        NetworkCause::CertificateExpired => "CERT_HAS_EXPIRED",
        NetworkCause::CertificateForAnotherName => "ERR_TLS_CERT_ALTNAME_INVALID",
        NetworkCause::CertificateUntrusted => "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    })
}

/// The attempts of a call that was given up, as an error has them: `{ attempts, $metadata }`.
pub(crate) fn given_up(history: &[Attempt]) -> Value {
    let delays = total_delay(history);
    let metadata = json!({ "attempts": history.len(), "totalRetryDelay": delays });
    json!({ "attempts": attempts(history), "$metadata": metadata })
}

/// An error of the binding's own making: a defect, told instead of a panic.
pub(crate) fn defect(message: &str) -> Value {
    json!({ "class": "ChimelineError", "message": message, "attempts": [] })
}

fn of_service(service: &ServiceError, history: &[Attempt]) -> Value {
    let members: Map<String, Value> =
        service.members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let headers: Map<String, Value> =
        service.response.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    json!({
        "code": service.code,
        "message": service.message,
        "class": service.class,
        "members": members,
        "metadata": Metadata::new(&service.response, history),
        "headers": headers,
    })
}

/// What an answer says besides its body, as the AWS SDK for JavaScript has it; the history is ours.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'r> {
    http_status_code: u16,
    request_id: Option<&'r str>,
    extended_request_id: Option<&'r str>,
    cf_id: Option<&'r str>,
    attempts: usize,
    total_retry_delay: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Value>,
}

impl<'r> Metadata<'r> {
    fn new(response: &'r ResponseMetadata, history: &[Attempt]) -> Metadata<'r> {
        let header =
            |name: &str| response.headers.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
        Metadata {
            http_status_code: response.status,
            request_id: response.request_id.as_deref(),
            extended_request_id: header("x-amz-id-2"),
            cf_id: header("x-amz-cf-id"),
            attempts: history.len(),
            total_retry_delay: total_delay(history),
            history: (history.len() > 1).then(|| attempts(history)),
        }
    }
}

fn attempts(history: &[Attempt]) -> Value {
    let line = |attempt: &Attempt| {
        json!({
            "httpStatusCode": attempt.status,
            "code": attempt.code,
            "requestId": attempt.request_id,
            "duration": millis(attempt.took.as_secs_f64()),
            "delay": attempt.delay.map(|delay| millis(delay.as_secs_f64())),
        })
    };
    history.iter().map(line).collect()
}

fn total_delay(history: &[Attempt]) -> f64 {
    let delays = history.iter().filter_map(|attempt| attempt.delay);
    millis(delays.fold(0.0, |sum, delay| sum + delay.as_secs_f64()))
}

/// JavaScript counts time in milliseconds; here to the microsecond.
fn millis(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e3
}

fn fault(fault: &Violation) -> Value {
    let mut out = json!({ "reason": fault.reason.name(), "path": fault.path });
    if let Some((name, value)) = fault.reason.detail() {
        out[name] = value;
    }
    out
}
