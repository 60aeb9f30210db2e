//! The order of a call: the token is chosen once, then each attempt takes credentials, signs, sends and is judged; between
//! two attempts the call waits.

use std::fmt;
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;
use tokio::sync::Semaphore;

use crate::call::{Call, Deadline};
use crate::client::Inner;
use crate::error::{Attempt, Error, ErrorKind, ResponseMetadata};
use crate::judge::{Retry, Verdict, judge, ledger_line, since_1970};
use crate::respond::Answer;
use crate::retry::RetryMode;
use crate::sign::sign_request;
use crate::transport::{Request, host_of};

/// A success of the service.
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

impl fmt::Debug for Response {
    /// Without the body, which may hold what is sensitive.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ResponseMetadata { status, request_id, .. } = &self.metadata;
        let mut shown = f.debug_struct("Response");
        shown
            .field("status", status)
            .field("request_id", request_id)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// Makes the call over `http` until its deadline. Each attempt takes one of `permits`, where there are such.
pub(crate) async fn run(
    client: &Inner,
    http: &reqwest::Client,
    permits: Option<&Semaphore>,
    call: &Call,
    deadline: Option<Deadline>,
) -> Result<Response, Error> {
    let mut progress = Progress { attempts: Vec::new(), phase: Phase::Starting };
    let calling = attempt_until_done(client, http, permits, call, &mut progress);
    let done = match deadline {
        None => calling.await,
        Some(Deadline { limit, end }) => match tokio::time::timeout_at(end.into(), calling).await {
            Ok(done) => done,
            Err(_) => Err(progress.cut_off(limit, &host(client))),
        },
    };
    let operation = call.operation.name;
    tracing::info!(target: "chimeline", operation, attempts = progress.attempts.len(), ok = done.is_ok(), "call");
    match done {
        Ok((answer, max_attempts_reached)) => {
            let attempts = progress.attempts;
            Ok(Response { metadata: answer.metadata(), body: answer.body, attempts, max_attempts_reached })
        }
        Err(error) => Err(error.in_operation(operation).with_attempts(progress.attempts)),
    }
}

/// The error of a call whose deadline came before it had a connection.
pub(crate) fn cut_off_in_queue(limit: Duration) -> Error {
    Progress { attempts: Vec::new(), phase: Phase::Queueing }.cut_off(limit, "")
}

/// What comes of reading certificates before the first attempt, until the deadline.
pub(crate) async fn secured<T>(
    deadline: Option<Deadline>,
    reading: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(Deadline { limit, end }) = deadline else { return reading.await };
    let done = tokio::time::timeout_at(end.into(), reading).await;
    done.unwrap_or_else(|_| Err(Progress { attempts: Vec::new(), phase: Phase::Securing }.cut_off(limit, "")))
}

/// How far a call has come: what its error tells when the deadline ends it.
struct Progress {
    attempts: Vec<Attempt>,
    phase: Phase,
}

#[derive(Clone, Copy)]
enum Phase {
    Starting,
    Securing,
    RateLimited,
    Queueing,
    Authenticating,
    Attempting(Instant),
    BackingOff,
}

impl Progress {
    fn cut_off(&mut self, limit: Duration, host: &str) -> Error {
        let number = self.attempts.len() + 1;
        let phase = match self.phase {
            Phase::Starting => "before its first attempt".to_owned(),
            Phase::Securing => "reading certificates before its first attempt".to_owned(),
            Phase::RateLimited => format!("waiting for the adaptive rate limit before attempt {number}"),
            Phase::Queueing => format!("waiting for a free connection for attempt {number}"),
            Phase::Authenticating => format!("getting credentials for attempt {number}"),
            Phase::Attempting(_) => format!("in attempt {number}, connecting to {host} or waiting for its answer"),
            Phase::BackingOff => format!("waiting before attempt {number}"),
        };
        if let Phase::Attempting(started) = self.phase {
            let code = Some(ErrorKind::CallTimeout.class().to_owned());
            let took = started.elapsed();
            self.attempts.push(Attempt { status: None, code, request_id: None, took, delay: None });
        }
        let message = format!("the call did not end within its {} s; it was {phase}", limit.as_secs_f64());
        Error::new(ErrorKind::CallTimeout, message)
    }
}

async fn attempt_until_done(
    client: &Inner,
    http: &reqwest::Client,
    permits: Option<&Semaphore>,
    call: &Call,
    progress: &mut Progress,
) -> Result<(Answer, bool), Error> {
    let most = call.limits.max_attempts;
    let url = url_of(client, call)?;
    let invocation_id = (client.world.uuid)().to_string();
    let (mut spent, mut clock_corrected) = (None, false);
    for number in 1.. {
        let started = Instant::now();
        let outcome = attempt(client, http, permits, call, &url, &invocation_id, number, progress).await;
        let verdict = judge(client, call, outcome, (client.world.now)());
        let line = ledger_line(&verdict, started.elapsed());
        tracing::debug!(target: "chimeline", operation = call.operation.name, number, outcome = %line, "attempt");
        progress.attempts.push(line);
        let (mut error, retry) = match verdict {
            Verdict::Success(answer) => {
                client.quota.give_back(spent);
                return Ok((answer, number >= most));
            }
            Verdict::Failure { error, retry } => (error, retry),
        };
        let (reason, asked) = match retry {
            Retry::WithItsClock if !clock_corrected && number < most => {
                clock_corrected = true;
                continue;
            }
            Retry::No | Retry::WithItsClock => return Err(mark(error, most == 1)),
            Retry::After(reason, asked) => (reason, asked),
        };
        if number >= most {
            return Err(mark(error, true));
        }
        let Some(cost) = client.quota.take(reason) else {
            if let Some(service) = error.service_mut() {
                service.retry_quota_reached = true;
            }
            return Err(error);
        };
        spent = Some(cost);
        let delay = reason.delay(number, (client.world.random)(), asked);
        if let Some(last) = progress.attempts.last_mut() {
            last.delay = Some(delay);
        }
        progress.phase = Phase::BackingOff;
        (client.world.sleep)(delay).await;
    }
    Err(Error::new(ErrorKind::InvalidConfig, "no attempt is allowed".to_owned()))
}

/// Notes on a service error whether it is the last that was allowed.
fn mark(mut error: Error, reached: bool) -> Error {
    if let Some(service) = error.service_mut() {
        service.max_attempts_reached = reached;
    }
    error
}

#[expect(clippy::too_many_arguments, reason = "a plain function in place of a struct that lives for one call")]
async fn attempt(
    client: &Inner,
    http: &reqwest::Client,
    permits: Option<&Semaphore>,
    call: &Call,
    url: &Url,
    invocation_id: &str,
    number: u32,
    progress: &mut Progress,
) -> Result<Answer, Error> {
    if client.config.retry.mode == RetryMode::Adaptive {
        progress.phase = Phase::RateLimited;
        while let Err(wait) = client.rate.take(since_1970((client.world.now)())) {
            (client.world.sleep)(wait).await;
        }
    }
    progress.phase = Phase::Authenticating;
    let identity = match &call.identity {
        Some(identity) => identity.clone(),
        None => client.credentials.identity(&client.world).await?,
    };
    progress.phase = Phase::Queueing;
    let permit = match permits {
        Some(permits) => permits.acquire().await.ok(),
        None => None,
    };
    progress.phase = Phase::Attempting(Instant::now());
    let request = signed(client, call, url, &identity, invocation_id, number)?;
    let exchange = client.network.exchange(http, request, client.config.response_limit);
    let outcome = match call.limits.attempt_timeout {
        None => exchange.await,
        Some(limit) => tokio::time::timeout(limit, exchange).await.unwrap_or_else(|_| {
            let (host, limit) = (host(client), limit.as_secs_f64());
            let message = format!("Read timeout on endpoint URL: \"{host}\" (no whole answer within {limit} s)");
            Err(Error::new(ErrorKind::ReadTimeout, message))
        }),
    };
    drop(permit);
    outcome.map(|answer| answer.without_token(&identity))
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
    let now = client.skew.corrected((client.world.now)());
    let bytes = body.as_deref().unwrap_or_default();
    sign_request(&mut headers, call.operation.method, url.as_str(), bytes, endpoint, signing_name, identity, now)?;
    headers.insert(USER_AGENT, client.user_agent.clone());
    headers.insert(INVOCATION_ID, HeaderValue::from_str(invocation_id).map_err(|e| unsendable(&e))?);
    let progress = format!("attempt={number}; max={}", call.limits.max_attempts);
    headers.insert(REQUEST, HeaderValue::from_str(&progress).map_err(|e| unsendable(&e))?);
    if let Some(trace) = client.lambda_trace() {
        headers.insert(HeaderName::from_static("x-amzn-trace-id"), trace);
    }
    Ok(Request { method, url: url.clone(), headers, body })
}

fn unsendable(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("the request cannot be made: {error}"))
}

pub(crate) fn url_of(client: &Inner, call: &Call) -> Result<Url, Error> {
    let query = if call.encoded.query.is_empty() { String::new() } else { format!("?{}", call.encoded.query) };
    let text = format!("{}{}{query}", client.config.endpoint.url, call.encoded.path);
    parsed(&text)
}

pub(crate) fn parsed(url: &str) -> Result<Url, Error> {
    // The text may hold the caller's data, which an error must not.
    Url::parse(url).map_err(|e| Error::new(ErrorKind::InvalidEndpoint, format!("Invalid endpoint: {e}")))
}

/// The host that a client's errors name.
pub(crate) fn host(client: &Inner) -> String {
    Url::parse(&client.config.endpoint.url).map_or_else(|_| client.config.endpoint.url.clone(), |url| host_of(&url))
}
