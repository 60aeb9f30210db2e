//! How requests are served: each is routed, its signature verified, its input validated, and then it is carried out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde_json::{Map, Value};

use crate::backend::{Backend, Record};
use crate::control;
use crate::engine::Call;
use crate::faults::{Effect, Strike, Target};
use crate::http::auth::{self, Caller};
use crate::http::route::{self, Route};
use crate::http::{Received, input};
use crate::page;
use crate::request::{Input, ServiceError};
use crate::server::reply::{Ending, Reply, ReplyBody, event_stream, page_file};

/// The maximum number of bytes of a request's body, and of one that replaces the whole state.
const BODY_LIMIT: usize = 1 << 20;
const STATE_LIMIT: usize = 1 << 28;

/// Why a connection ends without a response.
#[derive(Debug)]
pub(crate) struct Disconnect;

/// What a request came to.
struct Outcome {
    result: Result<(u16, Option<Map<String, Value>>), ServiceError>,
    caller: Option<Caller>,
    input: Option<Input>,
}

/// Serves a request. `reset` lets the connection be reset rather than closed when it ends.
pub(crate) async fn serve(
    backend: Arc<Backend>,
    received: Result<Received, ServiceError>,
    reset: Arc<AtomicBool>,
) -> Result<Response<ReplyBody>, Disconnect> {
    let started = backend.now();
    let received = match received {
        Ok(received) => received,
        Err(refusal) => return Ok(refused(&backend, &refusal).into_response()),
    };
    if backend.options.serves_control()
        && received.is_get()
        && (received.uri.path() == "/" || is_control(received.uri.path()))
        && !is_foreign(&backend, &received)
    {
        if let Some((kind, text)) = page::file(received.uri.path()) {
            return Ok(page_file(kind, text));
        }
        if received.uri.path() == page::STREAM {
            return Ok(event_stream(page::stream(backend)));
        }
    }
    if is_control(received.uri.path()) && backend.options.serves_control() {
        return Ok(serve_control(backend, received).await.into_response());
    }
    let route = received.route();
    let strike = strike(&backend, &received, route.as_ref().ok());
    if !strike.latency.is_zero() {
        tokio::time::sleep(strike.latency).await;
    }
    match strike.effect {
        Some(Effect::Reset { inside: false }) => {
            reset.store(true, Ordering::Relaxed);
            return Err(Disconnect);
        }
        Some(Effect::Stall { inside: false, length }) => match length {
            Some(length) => tokio::time::sleep(length).await,
            None => std::future::pending().await,
        },
        _ => {}
    }
    if let Some(Effect::Reset { inside: true }) = strike.effect {
        reset.store(true, Ordering::Relaxed);
    }
    Ok(respond(&backend, &received, route, &strike, started).into_response())
}

fn is_control(path: &str) -> bool {
    path.starts_with(control::PREFIX)
}

/// Receives a whole request, unless it is too slow or too long.
pub(crate) async fn receive(backend: &Backend, request: Request<Incoming>) -> Result<Received, ServiceError> {
    let limit = if is_control(request.uri().path()) { STATE_LIMIT } else { BODY_LIMIT };
    let (head, body) = request.into_parts();
    let body = tokio::time::timeout(backend.options.request_timeout, Limited::new(body, limit).collect()).await;
    match body {
        Ok(Ok(body)) => {
            Ok(Received { method: head.method, uri: head.uri, headers: head.headers, body: body.to_bytes() })
        }
        Ok(Err(e)) if e.is::<LengthLimitError>() => {
            let message = format!("The body has more than {limit} bytes.");
            Err(ServiceError::with_status(413, "RequestEntityTooLargeException", message))
        }
        Ok(Err(_)) => Err(ServiceError::unreadable("The body ended too soon.")),
        Err(_) => Err(ServiceError::with_status(408, "RequestTimeoutException", "The body did not arrive in time.")),
    }
}

fn refused(backend: &Backend, refusal: &ServiceError) -> Reply {
    let request_id = (backend.options.env.uuid)().to_string();
    let (status, body) = refusal.render(None, &request_id);
    Reply {
        status,
        error: Some(refusal.code.clone()),
        body: Some((body.to_string(), "application/json")),
        request_id,
        time: backend.now(),
        ending: Ending::Complete,
    }
}

async fn serve_control(backend: Arc<Backend>, received: Received) -> Reply {
    let (request_id, time) = ((backend.options.env.uuid)().to_string(), backend.now());
    let (status, body) = if is_foreign(&backend, &received) {
        (403, serde_json::json!({"error": "ForbiddenException", "message": "requests of other origins are refused"}))
    } else {
        // Some wait for events, and all others need not keep the services waiting.
        let answered = tokio::task::spawn_blocking(move || {
            let query = route::pairs(received.uri.query().unwrap_or_default()).unwrap_or_default();
            let path = received.uri.path().strip_prefix(control::PREFIX).unwrap_or_default();
            let method = if received.is_get() { "GET" } else { received.method.as_str() };
            match received.json_of_any_type() {
                Ok(body) => control::handle(&backend, method, path, &query, &body),
                Err(refusal) => (400, serde_json::json!({"error": refusal.code, "message": refusal.message})),
            }
        });
        answered.await.unwrap_or((500, serde_json::json!({"error": "ServiceFailureException"})))
    };
    let body = (!body.is_null()).then(|| (body.to_string(), "application/json"));
    Reply { status, error: None, body, request_id, time, ending: Ending::Complete }
}

/// Whether a control request comes from a page of another origin, which must not drive a service on the loopback address.
fn is_foreign(backend: &Backend, received: &Received) -> bool {
    let host = received.header("host").unwrap_or_default();
    let is_other = received.header("origin").is_some_and(|origin| origin.split("://").nth(1) != Some(host));
    is_other || (backend.options.control.is_none() && !is_loopback(host))
}

/// Whether a `Host` header names this machine: another name may be one that a page of another origin had made to lead here.
fn is_loopback(host: &str) -> bool {
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    let address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn strike(backend: &Backend, received: &Received, route: Option<&Route>) -> Strike {
    let contains = |text: &str| {
        let path = percent_encoding::percent_decode_str(received.uri.path()).decode_utf8_lossy();
        let query = percent_encoding::percent_decode_str(received.uri.query().unwrap_or_default()).decode_utf8_lossy();
        path.contains(text) || query.contains(text) || String::from_utf8_lossy(&received.body).contains(text)
    };
    backend.faults.strike(&Target {
        operation: route.map(|route| (route.service, route.operation)),
        contains: &contains,
        now: backend.now(),
        random: &*backend.options.env.random,
    })
}

/// Carries the request out, unless a fault takes its place, and records it.
fn respond(
    backend: &Backend,
    received: &Received,
    route: Result<Route, ServiceError>,
    strike: &Strike,
    started: SystemTime,
) -> Reply {
    let now = backend.now();
    let time = match strike.effect {
        Some(Effect::Clock { seconds }) => shifted(now, seconds),
        _ => now,
    };
    let (known, outcome) = match route {
        Ok(route) => (Some((route.service, route.operation)), outcome(backend, received, &route, strike, time)),
        Err(refusal) => {
            let refusal = fault_refusal(strike, None).unwrap_or(refusal);
            (None, Outcome { result: Err(refusal), caller: None, input: None })
        }
    };
    let request_id = (backend.options.env.uuid)().to_string();
    let (status, error, body) = match outcome.result {
        Ok((status, members)) => (status, None, members.map(Value::Object)),
        Err(refusal) => {
            let (status, body) = refusal.render(known.map(|(service, _)| service), &request_id);
            (status, Some(refusal.code), Some(body))
        }
    };
    let page = match strike.effect {
        Some(Effect::Html { status }) => Some((status, format!("<html><body><h1>{status}</h1></body></html>"))),
        _ => None,
    };
    let status = page.as_ref().map_or(status, |(status, _)| *status);
    let record = Record {
        id: request_id.clone(),
        at: started,
        method: received.method.to_string(),
        path: received.uri.path().to_owned(),
        service: known.map(|(service, _)| service.name),
        operation: known.map(|(_, operation)| operation.name),
        region: outcome.caller.as_ref().map(|caller| caller.region.clone()),
        account: outcome.caller.map(|caller| caller.account),
        input: outcome.input,
        status,
        error: error.clone(),
        output: body.clone(),
        duration: backend.now().duration_since(started).unwrap_or_default(),
        faults: strike.ids.clone(),
    };
    backend.log.add(record);
    let (error, body) = match page {
        Some((_, page)) => (None, Some((page, "text/html"))),
        None => (error, body.map(|body| (body.to_string(), "application/json"))),
    };
    let length = body.as_ref().map_or(0, |(text, _)| text.len());
    let ending = match &strike.effect {
        Some(Effect::Cut { after }) => Ending::Cut(after.unwrap_or(length / 2)),
        Some(Effect::Reset { inside: true }) => Ending::Cut(length / 2),
        Some(Effect::Stall { inside: true, length }) => Ending::Stall(*length),
        _ => Ending::Complete,
    };
    Reply { status, error, body, request_id, time, ending }
}

/// The error that a fault puts in the place of the operation.
fn fault_refusal(strike: &Strike, route: Option<&Route>) -> Option<ServiceError> {
    match &strike.effect {
        Some(Effect::Error { code, status, message }) => {
            Some(ServiceError::with_status(*status, code, message.as_str()).given_status())
        }
        Some(Effect::Throttle { .. }) => {
            let is_meetings = route.is_some_and(|route| route.service.name == "chime-sdk-meetings");
            let code = if is_meetings { "ThrottlingException" } else { "ThrottledClientException" };
            Some(ServiceError::with_status(429, code, "Rate exceeded"))
        }
        Some(Effect::Html { status }) => Some(ServiceError::with_status(*status, "", "")),
        _ => None,
    }
}

fn outcome(backend: &Backend, received: &Received, route: &Route, strike: &Strike, time: SystemTime) -> Outcome {
    let mut outcome = Outcome { result: Ok((0, None)), caller: None, input: None };
    outcome.result = carried_out(backend, received, route, strike, time, &mut outcome.caller, &mut outcome.input);
    outcome
}

fn carried_out(
    backend: &Backend,
    received: &Received,
    route: &Route,
    strike: &Strike,
    time: SystemTime,
    caller: &mut Option<Caller>,
    recorded: &mut Option<Input>,
) -> Result<(u16, Option<Map<String, Value>>), ServiceError> {
    let options = &backend.options;
    let fault = fault_refusal(strike, Some(route));
    let found = if options.authenticate {
        auth::verify(received, options.all_accounts(), route.service.signing_name, time)
    } else {
        let fallback = Caller { account: options.account_id.clone(), region: options.region.clone() };
        Ok(auth::claimed(received, options.all_accounts(), fallback))
    };
    let body = received.json();
    if options.recorded_requests > 0
        && let Ok(body) = &body
    {
        *recorded = Some(input::as_sent(route, body));
    }
    if let Some(refusal) = fault {
        *caller = found.ok();
        return Err(refusal);
    }
    let found = caller.insert(found?);
    let input = input::read(route, body?)?;
    let (service, operation) = (route.service, route.operation);
    let call = Call { account: &found.account, region: &found.region, service, operation, input };
    let members = backend.with_engine(|engine, now| engine.call(call, now, &*options.env.uuid))?;
    let has_body = operation.status != 204 && operation.output.is_some();
    Ok((operation.status, has_body.then_some(members)))
}

fn shifted(now: SystemTime, seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    let shifted = if seconds < 0 { now.checked_sub(by) } else { now.checked_add(by) };
    shifted.unwrap_or(now)
}
