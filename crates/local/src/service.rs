//! What the server answers: each request is routed, its signature verified, its input checked, and then it goes to work.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chimeline_core::schema;
use http::header::{CONTENT_TYPE, DATE};
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use serde_json::{Map, Value};

use crate::actions;
use crate::auth::{self, Received};
use crate::faults::{Fault, Faults};
use crate::input;
use crate::options::Options;
use crate::refusal::Refusal;
use crate::route::{self, Lost, Route};
use crate::store::Space;
use crate::work::Work;

/// Everything behind the socket.
#[derive(Debug)]
pub(crate) struct Service {
    options: Options,
    faults: Faults,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    regions: HashMap<String, Space>,
    /// How far the clock of resources is ahead of the real one.
    ahead: Duration,
}

/// The most bytes of a request's body.
const BODY_LIMIT: usize = 1 << 20;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// What comes of a request: the status of a success and the members of the answer.
type Outcome = Result<(u16, Option<Map<String, Value>>), Refusal>;

impl Service {
    pub(crate) fn new(options: Options) -> Service {
        Service { options, faults: Faults::default(), state: Mutex::default() }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.ahead = state.ahead.saturating_add(by);
    }

    pub(crate) fn fail_next(&self, times: usize, status: u16, code: &str) {
        self.faults.add(times, Fault { status, code: code.to_owned() });
    }

    /// The answer to a request.
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let request_id = (self.options.world.uuid)().to_string();
        let now = (self.options.world.now)();
        let (head, body) = request.into_parts();
        let (service, outcome) = match Limited::new(body, BODY_LIMIT).collect().await {
            Ok(body) => {
                let (method, uri, headers) = (head.method, head.uri, head.headers);
                let received = Received { method, uri, headers, body: body.to_bytes() };
                let route = routed(&received);
                if let Some(fault) = self.faults.take() {
                    return failed(&fault, route.ok().map(|route| route.service), &request_id, now);
                }
                match route {
                    Ok(route) => (Some(route.service), self.outcome(&received, &route, now)),
                    Err(refusal) => (None, Err(refusal)),
                }
            }
            Err(e) if e.is::<LengthLimitError>() => {
                let message = format!("The body has more than {BODY_LIMIT} bytes.");
                (None, Err(Refusal::with_status(413, "RequestEntityTooLargeException", message)))
            }
            Err(_) => (None, Err(Refusal::unreadable("The body ended too soon."))),
        };
        let (status, error, body) = match outcome {
            Ok((status, members)) => (status, None, members.map(Value::Object)),
            Err(refusal) => {
                let (status, body) = refusal.answer(service, &request_id);
                (status, Some(refusal.code), Some(body))
            }
        };
        let body = body.map(|body| (body.to_string(), "application/json"));
        response(status, error.as_deref(), body, &request_id, now)
    }

    fn outcome(&self, received: &Received, route: &Route, now: SystemTime) -> Outcome {
        let region = auth::verify(received, &self.options.keys, route.service.signing_name, now)?;
        let input = input::read(route, body_of(received)?)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now.checked_add(state.ahead).unwrap_or(now);
        let space = state.regions.entry(region.clone()).or_default();
        space.settle(now, self.options.pace);
        let (service, operation) = (route.service, route.operation);
        let work = Work { service, operation, input, region: &region, options: &self.options, now };
        let members = actions::run(space, &work)?;
        let has_body = operation.status != 204 && operation.output.is_some();
        Ok((operation.status, has_body.then_some(members)))
    }
}

fn routed(received: &Received) -> Result<Route, Refusal> {
    let (path, query) = (received.uri.path(), received.uri.query().unwrap_or_default());
    let arn = |query: &[(String, String)]| {
        let in_query = query.iter().find(|(name, _)| name == "arn").map(|(_, arn)| arn.clone());
        let in_body = || body_of(received).ok()?.get("ResourceARN")?.as_str().map(str::to_owned);
        in_query.or_else(in_body)
    };
    route::find(received.method.as_str(), path, query, arn).map_err(|lost| match lost {
        Lost::Unknown => {
            let message = format!("No operation is {} {path}.", received.method);
            Refusal::with_status(404, "UnknownOperationException", message)
        }
        Lost::NotText => Refusal::unreadable("The URL holds what is not UTF-8."),
    })
}

/// The JSON of the body; null where there is none.
fn body_of(received: &Received) -> Result<Value, Refusal> {
    if received.body.is_empty() {
        return Ok(Value::Null);
    }
    let content_type = received.header(CONTENT_TYPE.as_str()).unwrap_or("application/json");
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::unreadable(format!("The body must be application/json, not {media_type}.")));
    }
    serde_json::from_slice(&received.body).map_err(|e| Refusal::unreadable(format!("The body is no JSON: {e}.")))
}

fn failed(
    fault: &Fault,
    service: Option<&schema::Service>,
    request_id: &str,
    now: SystemTime,
) -> Response<Full<Bytes>> {
    if fault.code.is_empty() {
        let page = format!("<html><body><h1>{}</h1></body></html>", fault.status);
        return response(fault.status, None, Some((page, "text/html")), request_id, now);
    }
    let refusal = Refusal::with_status(fault.status, &fault.code, "A fault that was asked for.");
    let (_, body) = refusal.answer(service, request_id);
    response(fault.status, Some(&fault.code), Some((body.to_string(), "application/json")), request_id, now)
}

fn response(
    status: u16,
    error: Option<&str>,
    body: Option<(String, &'static str)>,
    request_id: &str,
    now: SystemTime,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.extend(HeaderValue::from_str(request_id).ok().map(|id| (REQUEST_ID, id)));
    headers.extend(error.and_then(|code| HeaderValue::from_str(code).ok()).map(|code| (ERROR_TYPE, code)));
    // The clock that signatures are held against, so that a client whose own is wrong can see it.
    headers.extend(date(now).map(|date| (DATE, date)));
    if let Some((body, content_type)) = body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        *response.body_mut() = Full::new(Bytes::from(body));
    }
    response
}

fn date(now: SystemTime) -> Option<HeaderValue> {
    let time = jiff::Timestamp::try_from(now).ok()?;
    HeaderValue::from_str(&time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}
