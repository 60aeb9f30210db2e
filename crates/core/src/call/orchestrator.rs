//! The order of a call: the token is chosen once, then each attempt takes credentials, signs, sends and is judged; between
//! two attempts the call waits.

use std::fmt;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;
use tokio::sync::Semaphore;

use crate::call::classify::{Attempted, Retry, Verdict, judge, ledger_line, since_1970};
use crate::call::options::{Call, Deadline};
use crate::client::Inner;
use crate::config::options::RetryMode;
use crate::error::kinds::{Attempt, Error, ErrorKind, ResponseMetadata};
use crate::error::panics::caught;
use crate::error::response::Answer;
use crate::http::transport::{Request, host_of};
use crate::signing::clock_skew::Times;
use crate::signing::sigv4::sign_request;

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

/// Makes the call over `http` until its deadline. Each attempt takes one of `permits`, where there are such. How far it has come
/// is in `progress`, for who ends it early.
pub(crate) async fn run(
    client: &Inner,
    http: &reqwest::Client,
    permits: Option<&Semaphore>,
    call: &Call,
    deadline: Option<Deadline>,
    progress: &Progress,
) -> Result<Response, Error> {
    let calling = pin!(attempt_until_done(client, http, permits, call, progress));
    let calling = caught(calling);
    let done = match deadline {
        None => calling.await,
        Some(Deadline { limit, end }) => match tokio::time::timeout_at(end.into(), calling).await {
            Ok(done) => done,
            Err(_) => Err(progress.cut_off(limit, &host(client))),
        },
    };
    let operation = call.operation.name;
    let attempts = progress.attempts();
    tracing::info!(target: "chimeline", operation, attempts = attempts.len(), ok = done.is_ok(), "call");
    match done {
        Ok((answer, max_attempts_reached)) => {
            Ok(Response { metadata: answer.metadata(), body: answer.body, attempts, max_attempts_reached })
        }
        Err(error) => Err(client.explained(error, call.operation).with_attempts(attempts)),
    }
}

/// The error of a call whose deadline came before it had a connection.
pub(crate) fn cut_off_in_queue(limit: Duration) -> Error {
    cut_off_in(Phase::Queueing, limit)
}

fn cut_off_in(phase: Phase, limit: Duration) -> Error {
    let progress = Progress::default();
    progress.enter(phase);
    progress.cut_off(limit, "")
}

/// What comes of reading certificates before the first attempt, until the deadline.
pub(crate) async fn secured<T>(
    deadline: Option<Deadline>,
    reading: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let Some(Deadline { limit, end }) = deadline else { return reading.await };
    let done = tokio::time::timeout_at(end.into(), reading).await;
    done.unwrap_or_else(|_| Err(cut_off_in(Phase::Securing, limit)))
}

/// How far a call has come: what its error says when the deadline ends it, or its caller does.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<Stage>);

#[derive(Debug, Default)]
struct Stage {
    attempts: Vec<Attempt>,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, Default)]
enum Phase {
    #[default]
    Starting,
    Securing,
    RateLimited,
    Queueing,
    Authenticating,
    Attempting(Instant),
    BackingOff,
    /// From outside, with what was under way.
    Ended,
}

impl Progress {
    /// The attempts that are done.
    fn attempts(&self) -> Vec<Attempt> {
        self.lock().attempts.clone()
    }

    /// The attempts of a call that is ended with that error, the one that was under way included.
    pub(crate) fn ended_by(&self, kind: ErrorKind) -> Vec<Attempt> {
        let mut stage = self.lock();
        if let Phase::Attempting(started) = stage.phase {
            let (code, took) = (Some(kind.class().to_owned()), started.elapsed());
            stage.phase = Phase::Ended;
            stage.attempts.push(Attempt { status: None, code, request_id: None, took, delay: None });
        }
        stage.attempts.clone()
    }

    fn enter(&self, phase: Phase) {
        self.lock().phase = phase;
    }

    fn note(&self, attempt: Attempt) {
        let mut stage = self.lock();
        stage.phase = Phase::Starting;
        stage.attempts.push(attempt);
    }

    fn note_delay(&self, delay: Duration) {
        let mut stage = self.lock();
        stage.phase = Phase::BackingOff;
        if let Some(last) = stage.attempts.last_mut() {
            last.delay = Some(delay);
        }
    }

    fn cut_off(&self, limit: Duration, host: &str) -> Error {
        let (number, phase) = {
            let stage = self.lock();
            (stage.attempts.len() + 1, stage.phase)
        };
        let phase = match phase {
            Phase::Starting | Phase::Ended if number == 1 => "before its first attempt".to_owned(),
            Phase::Starting | Phase::Ended => format!("before attempt {number}"),
            Phase::Securing => "reading certificates before its first attempt".to_owned(),
            Phase::RateLimited => format!("waiting for the adaptive rate limit before attempt {number}"),
            Phase::Queueing => format!("waiting for a free connection for attempt {number}"),
            Phase::Authenticating => format!("getting credentials for attempt {number}"),
            Phase::Attempting(_) => format!("in attempt {number}, connecting to {host} or waiting for its answer"),
            Phase::BackingOff => format!("waiting before attempt {number}"),
        };
        self.ended_by(ErrorKind::CallTimeout);
        let message = format!("the call did not end within its {} s; it was {phase}", limit.as_secs_f64());
        Error::new(ErrorKind::CallTimeout, message)
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn attempt_until_done(
    client: &Inner,
    http: &reqwest::Client,
    permits: Option<&Semaphore>,
    call: &Call,
    progress: &Progress,
) -> Result<(Answer, bool), Error> {
    let most = call.limits.max_attempts;
    let url = url_of(client, call)?;
    let invocation_id = (client.world.uuid)().to_string();
    let (mut spent, mut clock_corrected) = (None, false);
    for number in 1.. {
        let started = Instant::now();
        let attempted = attempt(client, http, permits, call, &url, &invocation_id, number, progress).await;
        let verdict = judge(client, call, attempted.unwrap_or_else(Attempted::from), (client.world.now)());
        let line = ledger_line(&verdict, started.elapsed());
        tracing::debug!(target: "chimeline", operation = call.operation.name, number, outcome = %line, "attempt");
        progress.note(line);
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
        progress.note_delay(delay);
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
    progress: &Progress,
) -> Result<Attempted, Error> {
    if client.config.retry.mode == RetryMode::Adaptive {
        progress.enter(Phase::RateLimited);
        while let Err(wait) = client.rate.take(since_1970((client.world.now)())) {
            (client.world.sleep)(wait).await;
        }
    }
    progress.enter(Phase::Authenticating);
    let identity = match &call.identity {
        Some(identity) => identity.clone(),
        None => client.credentials.identity(&client.world).await?,
    };
    progress.enter(Phase::Queueing);
    let permit = match permits {
        Some(permits) => permits.acquire().await.ok(),
        None => None,
    };
    let started = Instant::now();
    progress.enter(Phase::Attempting(started));
    let time = client.skew.corrected((client.world.now)());
    let request = signed(client, call, url, &identity, invocation_id, number, time)?;
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
    let times = Times { signed: time, took: started.elapsed(), received: (client.world.now)() };
    Ok(Attempted { outcome, signature: Some((identity, times)) })
}

/// The request of an attempt, signed for that time.
pub(crate) fn signed(
    client: &Inner,
    call: &Call,
    url: &Url,
    identity: &Identity,
    invocation_id: &str,
    number: u32,
    time: SystemTime,
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
    let bytes = body.as_deref().unwrap_or_default();
    sign_request(&mut headers, call.operation.method, url.as_str(), bytes, endpoint, signing_name, identity, time)?;
    headers.insert(USER_AGENT, client.user_agent.clone());
    headers.insert(INVOCATION_ID, HeaderValue::from_str(invocation_id).map_err(|e| unsendable(&e))?);
    let progress = format!("attempt={number}; max={}", call.limits.max_attempts);
    headers.insert(REQUEST, HeaderValue::from_str(&progress).map_err(|e| unsendable(&e))?);
    if let Some(trace) = &call.trace {
        headers.insert(HeaderName::from_static("x-amzn-trace-id"), trace.clone());
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
