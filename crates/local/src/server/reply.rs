//! Responses, among them those that a fault breaks.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, DATE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc::Receiver;
use tokio::time::Sleep;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// What a request is responded with.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) error: Option<String>,
    pub(crate) body: Option<(String, &'static str)>,
    pub(crate) request_id: String,
    /// The time of the server, which signatures are checked against: a client whose own is wrong can see it.
    pub(crate) time: SystemTime,
    pub(crate) ending: Ending,
}

/// How the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As it should.
    Complete,
    /// After so many bytes the connection is closed.
    Cut(usize),
    /// After half of the body nothing comes, for so long or until the client gives up; then the rest.
    Stall(Option<Duration>),
}

impl Reply {
    pub(crate) fn into_response(self) -> Response<ReplyBody> {
        let (text, content_type) = self.body.map_or((String::new(), None), |(text, kind)| (text, Some(kind)));
        let bytes = Bytes::from(text);
        let length = bytes.len();
        let mut response = Response::new(ReplyBody::new(bytes, self.ending));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers: &mut HeaderMap = response.headers_mut();
        headers.extend(HeaderValue::from_str(&self.request_id).ok().map(|id| (REQUEST_ID, id)));
        headers.extend(self.error.and_then(|code| HeaderValue::from_str(&code).ok()).map(|code| (ERROR_TYPE, code)));
        headers.extend(http_date(self.time).map(|date| (DATE, date)));
        headers.extend(content_type.map(|kind| (CONTENT_TYPE, HeaderValue::from_static(kind))));
        if self.status != 204 {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        response
    }
}

fn http_date(now: SystemTime) -> Option<HeaderValue> {
    let time = jiff::Timestamp::try_from(now).ok()?;
    HeaderValue::from_str(&time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

/// How long what was sent of a body that is cut has to leave: hyper sends it when the body has no more for the moment, and drops it
/// at an error.
const FLUSH: Duration = Duration::from_millis(10);

/// A body that may break off, or that has no end.
pub(crate) struct ReplyBody {
    /// What comes while somebody reads, in place of all else.
    feed: Option<Receiver<Bytes>>,
    /// What is still to be sent before the ending.
    first: Bytes,
    /// What is to be sent after a stall.
    rest: Bytes,
    ending: Ending,
    stall: Option<Pin<Box<Sleep>>>,
}

/// A file of the page, which takes nothing from elsewhere and stands in no frame.
pub(crate) fn page_file(kind: &'static str, text: &'static str) -> Response<ReplyBody> {
    let mut response = Response::new(ReplyBody::new(Bytes::from_static(text.as_bytes()), Ending::Complete));
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'none'; \
                  base-uri 'none'; frame-ancestors 'none'";
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Server-sent events.
pub(crate) fn event_stream(feed: Receiver<Bytes>) -> Response<ReplyBody> {
    let mut body = ReplyBody::new(Bytes::new(), Ending::Complete);
    body.feed = Some(feed);
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl ReplyBody {
    fn new(mut bytes: Bytes, ending: Ending) -> ReplyBody {
        let at = match ending {
            Ending::Complete => bytes.len(),
            Ending::Cut(after) => after.min(bytes.len()),
            Ending::Stall(_) => bytes.len() / 2,
        };
        let first = bytes.split_to(at);
        ReplyBody { feed: None, first, rest: bytes, ending, stall: None }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        if let Some(feed) = &mut self.feed {
            return feed.poll_recv(context).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))));
        }
        if !self.first.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.first)))));
        }
        match self.ending {
            Ending::Complete => return Poll::Ready(None),
            Ending::Cut(_) => {
                let flush = self.stall.get_or_insert_with(|| Box::pin(tokio::time::sleep(FLUSH)));
                if flush.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                // The error ends the connection behind what was sent.
                return Poll::Ready(Some(Err(std::io::ErrorKind::ConnectionAborted.into())));
            }
            Ending::Stall(None) => return Poll::Pending,
            Ending::Stall(Some(length)) => {
                let stall = self.stall.get_or_insert_with(|| Box::pin(tokio::time::sleep(length)));
                if stall.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
            }
        }
        self.ending = Ending::Complete;
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() { Poll::Ready(None) } else { Poll::Ready(Some(Ok(Frame::data(rest)))) }
    }

    fn is_end_stream(&self) -> bool {
        self.feed.is_none() && self.ending == Ending::Complete && self.first.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        if self.feed.is_some() {
            return SizeHint::default();
        }
        // The head names the whole length, whatever is sent of it.
        let length = self.first.len() + self.rest.len();
        SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
    }
}
