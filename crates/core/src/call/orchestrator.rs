//! The order of a call: the token is chosen once, then each attempt takes credentials, signs, sends and is judged; between
//! two attempts the call waits.
//!
//! What only some calls do is on the heap when they do it, so that a call is small: it is moved to the I/O thread, and may queue there.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use tokio::time::Instant;

use crate::call::classify::{Attempted, Classification, Retry, attempt_record, classify, since_epoch};
use crate::call::context::{CallContext, ClientContext, Next};
use crate::call::options::Deadline;
use crate::call::progress::{Phase, Progress};
use crate::call::questions::{Received, Sending};
use crate::call::request::{mark_attempt, signed, unsigned, url_of};
use crate::config::retry::RetryMode;
use crate::error::kinds::{Attempt, Error, ErrorKind, ResponseMetadata};
use crate::error::panics::caught;
use crate::error::response::RawResponse;
use crate::http::transport::Request;
use crate::signing::clock_skew::Times;

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

/// Makes the call until its deadline.
pub(crate) async fn run(context: &CallContext<'_>) -> Result<Response, Error> {
    let CallContext { client, call, deadline, progress, .. } = *context;
    let calling = pin!(attempt_until_done(context));
    let calling = caught(calling);
    let done = match deadline {
        None => calling.await,
        Some(Deadline { limit, end }) => match tokio::time::timeout_at(end, calling).await {
            Ok(done) => done,
            Err(_) => Err(progress.cut_off(limit, &client.host())),
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
    let done = tokio::time::timeout_at(end, reading).await;
    done.unwrap_or_else(|_| Err(cut_off_in(Phase::Securing, limit)))
}

async fn attempt_until_done(context: &CallContext<'_>) -> Result<(RawResponse, bool), Error> {
    let CallContext { client, call, progress, .. } = *context;
    let max_attempts = call.limits.max_attempts;
    let invocation_id = (client.env.invocation_id)().to_string();
    let url = url_of(client, call);
    let unsigned = || unsigned(client, call, &url, &invocation_id);
    // Made anew for each attempt, unless the host replied with another one.
    let mut base = None;
    if call.questions.request {
        match Box::pin(context.ask_request(&unsigned()?)).await? {
            Sending::Request(request) => base = Some(request),
            Sending::Response(answer) => return context.without_attempt(answer),
        }
    }
    let (mut spent, mut clock_corrected) = (None, false);
    for number in 1.. {
        let started = Instant::now();
        let request = base.clone().map_or_else(unsigned, Ok);
        let attempted = match request {
            Ok(request) => attempt(context, request, number).await,
            Err(error) => Err(error),
        };
        let classification = classify(client, call, attempted.unwrap_or_else(Attempted::from), (client.env.now)());
        let line = attempt_record(&classification, started.elapsed());
        tracing::debug!(target: "chimeline", operation = call.operation.name, number, outcome = %line, "attempt");
        progress.note(line);
        let (outcome, retry) = match classification {
            Classification::Success(answer) => (Ok(answer), Retry::No),
            Classification::Failure { error, retry } => (Err(error), retry),
        };
        let is_last = number >= max_attempts;
        let may_correct_clock = !is_last && !clock_corrected;
        let Proposal { mut next, mut cost, quota_reached } =
            propose(client, &retry, number, is_last, may_correct_clock);
        clock_corrected |= next == Next::AtOnce;
        if call.questions.retries {
            next = Box::pin(context.ask_retry(number, outcome.as_ref().err(), next)).await?;
            if next == Next::Stop && cost.is_some() {
                client.quota.give_back(cost.take());
            }
        }
        let delay = match (next, outcome) {
            (Next::AtOnce, _) => continue,
            (Next::After(delay), _) => delay,
            (Next::Stop, Ok(answer)) => {
                client.quota.give_back(spent);
                return Ok((answer, is_last));
            }
            (Next::Stop, Err(mut error)) => {
                if let Some(service) = error.service_mut() {
                    service.retry_quota_reached = quota_reached;
                    service.max_attempts_reached = is_last && (max_attempts == 1 || matches!(retry, Retry::After(..)));
                }
                return Err(error);
            }
        };
        spent = cost.or(spent);
        progress.note_delay(delay);
        (client.env.sleep)(delay).await;
    }
    Err(Error::new(ErrorKind::InvalidConfig, "no attempt is allowed".to_owned()))
}

/// What follows an attempt by the client's own retry mode.
struct Proposal {
    next: Next,
    /// What the next attempt took of the client's quota for retries.
    cost: Option<u32>,
    /// Whether there was not enough of it left.
    quota_reached: bool,
}

fn propose(client: &ClientContext, retry: &Retry, number: u32, is_last: bool, may_correct_clock: bool) -> Proposal {
    let unpaid = |next| Proposal { next, cost: None, quota_reached: false };
    match *retry {
        Retry::WithItsClock if may_correct_clock => unpaid(Next::AtOnce),
        Retry::After(reason, asked) if !is_last => match client.quota.take(reason) {
            Some(cost) => {
                let delay = reason.delay(number, (client.env.random)(), asked);
                Proposal { next: Next::After(delay), cost: Some(cost), quota_reached: false }
            }
            None => Proposal { next: Next::Stop, cost: None, quota_reached: true },
        },
        Retry::No | Retry::WithItsClock | Retry::After(..) => unpaid(Next::Stop),
    }
}

async fn attempt(context: &CallContext<'_>, mut request: Request, number: u32) -> Result<Attempted, Error> {
    let CallContext { client, call, progress, door, .. } = *context;
    if client.config.retry.mode == RetryMode::Adaptive {
        progress.enter(Phase::RateLimited);
        while let Err(wait) = client.rate.take(since_epoch((client.env.now)())) {
            (client.env.sleep)(wait).await;
        }
    }
    progress.enter(Phase::Authenticating);
    let identity = match &call.identity {
        Some(identity) => identity.clone(),
        None => client.credentials.identity(&client.env, door).await?,
    };
    context.until_deadline().await;
    mark_attempt(&mut request, number, call.limits.max_attempts)?;
    if call.questions.attempts {
        match Box::pin(context.ask_attempt(number, &request)).await? {
            Sending::Request(changed) => request = changed,
            Sending::Response(answer) => {
                return Ok(Attempted { outcome: Ok(answer), identity: Some(identity), times: None });
            }
        }
    }
    loop {
        let attempted = exchange(context, request, identity.clone(), number).await?;
        if !call.questions.attempts {
            return Ok(attempted);
        }
        match Box::pin(context.ask_received(number, attempted)).await? {
            Received::Outcome(attempted) => return Ok(attempted),
            Received::Again(changed) => request = changed,
        }
    }
}

/// Signs the request and exchanges it for a response: over a connection, or by the host's own means.
async fn exchange(
    context: &CallContext<'_>,
    mut request: Request,
    identity: Identity,
    number: u32,
) -> Result<Attempted, Error> {
    let CallContext { client, http, permits, knows_connections, call, progress, .. } = *context;
    let now = || client.skew.corrected((client.env.now)());
    let mut signed_at = None;
    // Asked before there is a permit: a call within the host's function may need the last one.
    if call.questions.exchanges {
        let time = now();
        request = signed(client, request, &identity, time)?;
        signed_at = Some(time);
        match Box::pin(context.ask_exchange(number, &request)).await? {
            Sending::Request(changed) => request = changed,
            Sending::Response(answer) => {
                return Ok(Attempted { outcome: Ok(answer), identity: Some(identity), times: None });
            }
        }
    }
    progress.enter(Phase::Queueing);
    let permit = match permits {
        Some(permits) => permits.acquire().await.ok(),
        None => None,
    };
    let started = Instant::now();
    progress.enter(Phase::Attempting(started));
    let time = signed_at.unwrap_or_else(now);
    if signed_at.is_none() {
        request = signed(client, request, &identity, time)?;
    }
    // On the heap, where it comes to be when there is a permit: many calls may wait for theirs.
    let exchange = Box::pin(async {
        let (network, limit) = (&client.network, client.config.response_limit);
        if knows_connections && number == 1 {
            network.exchange_at_once(http, request, limit).await
        } else {
            network.exchange(http, request, limit).await
        }
    });
    let outcome = match call.limits.attempt_timeout {
        None => exchange.await,
        Some(limit) => tokio::time::timeout(limit, exchange).await.unwrap_or_else(|_| {
            let (host, limit) = (client.host(), limit.as_secs_f64());
            let message = format!("Read timeout on endpoint URL: \"{host}\" (no whole answer within {limit} s)");
            Err(Error::new(ErrorKind::ReadTimeout, message))
        }),
    };
    drop(permit);
    let times = Times { signed: time, took: started.elapsed(), received: (client.env.now)() };
    Ok(Attempted { outcome, identity: Some(identity), times: Some(times) })
}
