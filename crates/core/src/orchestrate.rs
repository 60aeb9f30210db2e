//! The order of a call: the token is chosen once, then each attempt takes credentials, signs, sends and is judged; between
//! two attempts the call waits.

use std::time::{Duration, Instant, SystemTime};

use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;

use crate::client::{Call, Inner};
use crate::error::{Attempt, Error, ErrorKind, ResponseMetadata};
use crate::hint;
use crate::respond::{self, Answer};
use crate::retry::Retryable;
use crate::sign::sign_request;
use crate::transport::{Request, exchange, host_of};

/// A success of the service.
#[derive(Debug)]
pub struct Response {
    /// The JSON body; empty where the service sent none.
    pub body: Bytes,
    /// The rest of the answer.
    pub metadata: ResponseMetadata,
    /// The attempts that it took, the successful one last.
    pub attempts: Vec<Attempt>,
    /// Whether it was the last attempt that was allowed.
    pub max_attempts_reached: bool,
}

/// Makes the call over `http`, within the client's deadline for a whole call.
pub(crate) async fn run(client: &Inner, http: &reqwest::Client, call: &Call) -> Result<Response, Error> {
    let mut attempts = Vec::new();
    let calling = attempt_until_done(client, http, call, &mut attempts);
    let done = match client.config.timeout {
        None => calling.await,
        Some(limit) => tokio::time::timeout(limit, calling).await.unwrap_or_else(|_| {
            let message = format!("the call did not end within its {} s", limit.as_secs_f64());
            Err(Error::new(ErrorKind::CallTimeout, message))
        }),
    };
    match done {
        Ok((answer, max_attempts_reached)) => {
            Ok(Response { metadata: answer.metadata(), body: answer.body, attempts, max_attempts_reached })
        }
        Err(error) => Err(error.in_operation(call.operation.name).with_attempts(attempts)),
    }
}

async fn attempt_until_done(
    client: &Inner,
    http: &reqwest::Client,
    call: &Call,
    attempts: &mut Vec<Attempt>,
) -> Result<(Answer, bool), Error> {
    let most = client.config.retry.max_attempts;
    let url = url_of(client, call)?;
    let invocation_id = (client.world.uuid)().to_string();
    let mut spent = None;
    for number in 1.. {
        let started = Instant::now();
        let outcome = attempt(client, http, call, &url, &invocation_id, number).await;
        let (judged, retryable, asked) = judge(client, call, outcome);
        attempts.push(ledger_line(&judged, started.elapsed()));
        let mut error = match judged {
            Ok(answer) => {
                client.quota.give_back(spent);
                return Ok((answer, number >= most));
            }
            Err(error) => error,
        };
        let Some(reason) = retryable else { return Err(mark(error, most == 1)) };
        if number >= most {
            return Err(mark(error, true));
        }
        let Some(cost) = client.quota.take(reason) else {
            if let Some(service) = error.service_mut() {
                service.max_attempts_reached = false;
            }
            return Err(error);
        };
        spent = Some(cost);
        let delay = reason.delay(number, (client.world.random)(), asked);
        if let Some(last) = attempts.last_mut() {
            last.delay = Some(delay);
        }
        tokio::time::sleep(delay).await;
    }
    Err(Error::new(ErrorKind::InvalidConfig, "no attempt is allowed".to_owned()))
}

/// Notes on a service error that no further attempt was allowed.
fn mark(mut error: Error, reached: bool) -> Error {
    if let Some(service) = error.service_mut() {
        service.max_attempts_reached = reached;
    }
    error
}

pub(crate) fn url_of(client: &Inner, call: &Call) -> Result<Url, Error> {
    let query = if call.encoded.query.is_empty() { String::new() } else { format!("?{}", call.encoded.query) };
    let text = format!("{}{}{query}", client.config.endpoint.url, call.encoded.path);
    // The text holds the caller's data, which an error must not.
    Url::parse(&text).map_err(|e| Error::new(ErrorKind::InvalidEndpoint, format!("Invalid endpoint: {e}")))
}

async fn attempt(
    client: &Inner,
    http: &reqwest::Client,
    call: &Call,
    url: &Url,
    invocation_id: &str,
    number: u32,
) -> Result<Answer, Error> {
    let identity = client.credentials.identity(&client.world).await?;
    let request = signed(client, call, url, &identity, invocation_id, number)?;
    exchange(http, request, client.response_limit).await
}

/// The request of an attempt, signed for now.
pub(crate) fn signed(
    client: &Inner,
    call: &Call,
    url: &Url,
    identity: &Identity,
    invocation_id: &str,
    number: u32,
) -> Result<Request, Error> {
    const INVOCATION_ID: HeaderName = HeaderName::from_static("amz-sdk-invocation-id");
    const REQUEST: HeaderName = HeaderName::from_static("amz-sdk-request");
    let method = Method::from_bytes(call.operation.method.as_bytes()).map_err(|e| unsendable(&e))?;
    let mut headers = HeaderMap::with_capacity(8);
    let body = call.encoded.body.as_ref().map(|text| Bytes::copy_from_slice(text.as_bytes()));
    if body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    } else if method != Method::GET {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let (endpoint, signing_name) = (&client.config.endpoint, client.service.signing_name);
    let now = (client.world.now)();
    let bytes = body.as_deref().unwrap_or_default();
    sign_request(&mut headers, call.operation.method, url.as_str(), bytes, endpoint, signing_name, identity, now)?;
    headers.insert(USER_AGENT, client.user_agent.clone());
    headers.insert(INVOCATION_ID, HeaderValue::from_str(invocation_id).map_err(|e| unsendable(&e))?);
    let progress = format!("attempt={number}; max={}", client.config.retry.max_attempts);
    headers.insert(REQUEST, HeaderValue::from_str(&progress).map_err(|e| unsendable(&e))?);
    Ok(Request { method, url: url.clone(), headers, body })
}

fn unsendable(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("the request cannot be made: {error}"))
}

type Judged = (Result<Answer, Error>, Option<Retryable>, Option<Duration>);

/// Whether the outcome is a success, and if not, whether another attempt is worth it and after how long.
fn judge(client: &Inner, call: &Call, outcome: Result<Answer, Error>) -> Judged {
    let answer = match outcome {
        Ok(answer) if answer.is_success() => return (Ok(answer), None, None),
        Ok(answer) => answer,
        Err(error) => {
            let transient = error.kind().is_transient();
            let reason = if error.kind().is_timeout() { Retryable::Timeout } else { Retryable::Transient };
            return (Err(error), transient.then_some(reason), None);
        }
    };
    let error = respond::error_of(client.service, call.operation, &answer);
    let code = error.service_error().and_then(|e| e.code.as_ref()).and_then(|code| code.as_str()).unwrap_or_default();
    let retryable = Retryable::of_answer(answer.status, code);
    let asked = asked_delay(&answer, (client.world.now)());
    let region = &client.config.endpoint.region;
    let hint = error.service_error().and_then(|answered| hint::of(client.service, call.operation, region, answered));
    (Err(error.with_hint(hint)), retryable, asked)
}

/// How long the service asks to wait: milliseconds in its own header, else seconds or a date in the standard one.
fn asked_delay(answer: &Answer, now: SystemTime) -> Option<Duration> {
    if let Some(millis) = answer.header("x-amz-retry-after").and_then(|text| text.parse().ok()) {
        return Some(Duration::from_millis(millis));
    }
    let text = answer.header("retry-after")?;
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(date.timestamp().as_second()).ok()?);
    at.duration_since(now).ok()
}

fn ledger_line(judged: &Result<Answer, Error>, took: Duration) -> Attempt {
    match judged {
        Ok(answer) => {
            let request_id =
                answer.header("x-amzn-requestid").or_else(|| answer.header("x-amz-request-id")).map(str::to_owned);
            Attempt { status: Some(answer.status), code: None, request_id, took, delay: None }
        }
        Err(error) => match error.service_error() {
            Some(service) => Attempt {
                status: Some(service.response.status),
                code: service.code.as_ref().map(|code| code.as_str().map_or_else(|| code.to_string(), str::to_owned)),
                request_id: service.response.request_id.clone(),
                took,
                delay: None,
            },
            None => Attempt {
                status: None,
                code: Some(error.kind().class().to_owned()),
                request_id: None,
                took,
                delay: None,
            },
        },
    }
}

/// The host that a client's errors name.
pub(crate) fn host(client: &Inner) -> String {
    Url::parse(&client.config.endpoint.url).map_or_else(|_| client.config.endpoint.url.clone(), |url| host_of(&url))
}
