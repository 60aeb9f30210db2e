//! What an attempt's outcome means: a success, an error, whether another attempt is worth it and after how long.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity;

use crate::call::context::ClientContext;
use crate::call::options::Call;
use crate::codec::timestamp::http_date;
use crate::config::retry::RetryMode;
use crate::error::kinds::{Attempt, Error};
use crate::error::response::{self, RawResponse};
use crate::redact;
use crate::retry::standard::Retryable;
use crate::signing::clock_skew::Times;

/// An attempt that is over.
pub(crate) struct Attempted {
    /// What came of it.
    pub(crate) outcome: Result<RawResponse, Error>,
    /// What it was signed with, if it came to that.
    pub(crate) identity: Option<Identity>,
    /// When, of an outcome that is the service's own.
    pub(crate) times: Option<Times>,
}

impl From<Error> for Attempted {
    /// An attempt that failed before it was sent.
    fn from(error: Error) -> Attempted {
        Attempted { outcome: Err(error), identity: None, times: None }
    }
}

/// An outcome, judged.
pub(crate) enum Classification {
    /// The service did what it was asked.
    Success(RawResponse),
    /// It did not, or was not reached.
    Failure {
        /// Why.
        error: Error,
        /// Whether another attempt may go better.
        retry: Retry,
    },
}

/// What may follow a failure.
pub(crate) enum Retry {
    /// Nothing: the same call would fail again.
    No,
    /// Another attempt at once, signed for the service's clock.
    WithItsClock,
    /// Another attempt after a wait; the service may have asked for one.
    After(Retryable, Option<Duration>),
}

/// Judges an attempt that ended `now`.
pub(crate) fn classify(client: &ClientContext, call: &Call, attempted: Attempted, now: SystemTime) -> Classification {
    let Attempted { outcome, identity, times } = attempted;
    let answer = match outcome {
        Ok(answer) if answer.is_success() => {
            on_response(client, now, false);
            return Classification::Success(answer);
        }
        Ok(answer) => answer,
        Err(error) => {
            // Who asks for credentials tries again by rules of their own.
            if identity.is_none() {
                return Classification::Failure { error, retry: Retry::No };
            }
            let reason = if error.kind().is_timeout() { Retryable::Timeout } else { Retryable::Transient };
            let retry = if error.kind().is_transient() { Retry::After(reason, None) } else { Retry::No };
            return Classification::Failure { error, retry };
        }
    };
    let credentials = identity.as_ref().and_then(|identity| identity.data::<Credentials>());
    let token = credentials.and_then(Credentials::session_token);
    let error = response::error_of(client.service, call.operation, &answer, token);
    let code = error.service_error().and_then(|e| e.code.as_ref()).and_then(|code| code.as_str()).unwrap_or_default();
    let reason = Retryable::of_answer(answer.status, code);
    on_response(client, now, reason == Some(Retryable::Throttling));
    let retry = match reason {
        _ if client.config.corrects_clock_skew
            && times.is_some_and(|times| client.skew.update(&answer, code, times)) =>
        {
            Retry::WithItsClock
        }
        Some(reason) => Retry::After(reason, asked_delay(&answer, now)),
        None => Retry::No,
    };
    Classification::Failure { error, retry }
}

fn on_response(client: &ClientContext, now: SystemTime, throttled: bool) {
    if client.config.retry.mode == RetryMode::Adaptive {
        client.rate.on_response(since_epoch(now), throttled);
    }
}

pub(crate) fn since_epoch(now: SystemTime) -> Duration {
    now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// How long the service asks to wait: milliseconds in its own header, else seconds or a date in the standard one.
fn asked_delay(answer: &RawResponse, now: SystemTime) -> Option<Duration> {
    if let Some(text) = answer.header("x-amz-retry-after") {
        return text.trim().parse().ok().map(Duration::from_millis);
    }
    let text = answer.header("retry-after")?;
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    http_date(text)?.duration_since(now).ok()
}

/// The record of an attempt, for its outcome.
pub(crate) fn attempt_record(classification: &Classification, took: Duration) -> Attempt {
    let line = |status, code, request_id| Attempt { status, code, request_id, took, delay: None };
    match classification {
        Classification::Success(answer) => {
            let id = answer.header("x-amzn-requestid").or_else(|| answer.header("x-amz-request-id"));
            line(Some(answer.status), None, id.map(str::to_owned))
        }
        Classification::Failure { error, .. } => match error.service_error() {
            Some(service) => {
                let code = service.code.as_ref();
                let code = code.map(|code| code.as_str().map_or_else(|| redact::code(&code.to_string()), redact::code));
                line(Some(service.response.status), code, service.response.request_id.clone())
            }
            None => line(None, Some(error.kind().class().to_owned()), None),
        },
    }
}
