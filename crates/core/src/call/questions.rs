//! What a call asks its host about its requests, its responses and its retries, and what the replies come to.

use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, Method};
use tokio::time::Instant;

use crate::call::classify::{Attempted, Classification, Retry, classify};
use crate::call::context::{CallContext, Next};
use crate::call::progress::Phase;
use crate::call::request::parsed;
use crate::error::kinds::{Error, ErrorKind};
use crate::error::response::RawResponse;
use crate::http::transport::Request;
use crate::runtime::host::{HttpRequest, HttpResponse, Question, Reply, host_is_gone};
use crate::signing::sigv4::is_signed;

/// What the host has the call do with a request.
pub(crate) enum Sending {
    Request(Request),
    /// Nothing is sent: this is the response.
    Response(RawResponse),
}

/// What the host makes of an outcome.
pub(crate) enum Received {
    Outcome(Attempted),
    /// It is not that of the attempt, which sends this request.
    Again(Request),
}

impl CallContext<'_> {
    /// Asks what the call is to send at all.
    pub(crate) async fn ask_request(&self, request: &Request) -> Result<Sending, Error> {
        let question = Question::Request { request: HttpRequest::from(request) };
        self.sending(self.ask(question, None).await?)
    }

    /// Asks how to send an attempt.
    pub(crate) async fn ask_attempt(&self, number: u32, request: &Request) -> Result<Sending, Error> {
        let question = Question::Attempt { number, request: HttpRequest::from(request) };
        self.sending(self.ask(question, None).await?)
    }

    /// Asks who exchanges a signed request, of which only headers that are not signed may change any more.
    pub(crate) async fn ask_exchange(&self, number: u32, signed: &Request) -> Result<Sending, Error> {
        let question = Question::Exchange { number, request: HttpRequest::from(signed) };
        let sending = self.sending(self.ask(question, Some(Instant::now())).await?)?;
        if let Sending::Request(changed) = &sending
            && let Some(part) = changed_after_signing(signed, changed)
        {
            let message = format!("a handler changed the {part} of a request that is signed already");
            return Err(Error::new(ErrorKind::InvalidConfig, message));
        }
        Ok(sending)
    }

    /// Shows what came of an exchange.
    pub(crate) async fn ask_received(&self, number: u32, attempted: Attempted) -> Result<Received, Error> {
        let outcome = attempted.outcome.as_ref().map(HttpResponse::from).map_err(Error::clone);
        let asked = self.ask(Question::Received { number, outcome }, Some(Instant::now())).await?;
        match asked {
            Reply::Proceed => Ok(Received::Outcome(attempted)),
            reply => Ok(match self.sending(reply)? {
                Sending::Request(request) => Received::Again(request),
                Sending::Response(answer) => {
                    Received::Outcome(Attempted { outcome: Ok(answer), times: None, ..attempted })
                }
            }),
        }
    }

    /// Asks whether another attempt follows.
    pub(crate) async fn ask_retry(&self, number: u32, error: Option<&Error>, next: Next) -> Result<Next, Error> {
        let proposed = match next {
            Next::Stop => None,
            Next::AtOnce => Some(Duration::ZERO),
            Next::After(delay) => Some(delay),
        };
        let question = Question::Retry { number, error: error.cloned(), proposed };
        match self.ask(question, None).await? {
            Reply::Proceed => Ok(next),
            Reply::RetryAfter(None) => Ok(Next::Stop),
            Reply::RetryAfter(Some(delay)) => Ok(Next::After(delay)),
            _ => Err(unfit()),
        }
    }

    /// The outcome of a call whose host responded in place of all attempts.
    pub(crate) fn without_attempt(&self, answer: RawResponse) -> Result<(RawResponse, bool), Error> {
        let attempted = Attempted { outcome: Ok(answer), identity: None, times: None };
        match classify(self.client, self.call, attempted, (self.client.env.now)()) {
            Classification::Success(answer) => Ok((answer, false)),
            Classification::Failure { error, retry: Retry::No | Retry::WithItsClock | Retry::After(..) } => Err(error),
        }
    }

    /// A host may have taken longer over its reply than the call has: then it is the deadline that ends the call, and ends it
    /// here, where it says so.
    pub(crate) async fn until_deadline(&self) {
        if self.door.is_some() && self.deadline.is_some_and(|deadline| deadline.end <= Instant::now()) {
            pending::<()>().await;
        }
    }

    async fn ask(&self, question: Question, sent: Option<Instant>) -> Result<Reply, Error> {
        let door = self.door.ok_or_else(host_is_gone)?;
        self.progress.enter(Phase::Asking(sent));
        let reply = door.ask(question).await?;
        self.until_deadline().await;
        Ok(reply)
    }

    fn sending(&self, reply: Reply) -> Result<Sending, Error> {
        match reply {
            Reply::Send(request) => self.request(request).map(Sending::Request),
            Reply::Respond(HttpResponse { status, headers, body }) => {
                Ok(Sending::Response(RawResponse { status, headers, body }))
            }
            _ => Err(unfit()),
        }
    }

    fn request(&self, given: HttpRequest) -> Result<Request, Error> {
        let HttpRequest { method, url, headers, body } = given;
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| Error::new(ErrorKind::InvalidConfig, "the method of a request is not valid".to_owned()))?;
        let url = parsed(&url)?;
        let own = self.client.host();
        let scheme = own.split(':').next().unwrap_or_default();
        // The client is set up for the one or the other: its certificates, its proxies.
        if url.scheme() != scheme {
            let message = format!("a handler changed the URL of a request from {scheme} to {}", url.scheme());
            return Err(Error::new(ErrorKind::InvalidConfig, message));
        }
        Ok(Request { method, url, headers, body: Some(body).filter(|body| !body.is_empty()) })
    }
}

/// Which part differs that must not.
fn changed_after_signing(signed: &Request, now: &Request) -> Option<&'static str> {
    let values = |headers: &HeaderMap, name: &HeaderName| -> Vec<Vec<u8>> {
        headers.get_all(name).iter().map(|value| value.as_bytes().to_vec()).collect()
    };
    let mut fixed = signed.headers.keys().filter(|name| is_signed(name) || *name == AUTHORIZATION);
    if signed.method != now.method {
        Some("method")
    } else if signed.url != now.url {
        Some("URL")
    } else if signed.body.as_deref().unwrap_or_default() != now.body.as_deref().unwrap_or_default() {
        Some("body")
    } else if fixed.any(|name| values(&signed.headers, name) != values(&now.headers, name)) {
        Some("signed headers")
    } else {
        None
    }
}

fn unfit() -> Error {
    Error::new(ErrorKind::Internal, "the host's reply does not fit the question".to_owned())
}

impl From<&Request> for HttpRequest {
    fn from(request: &Request) -> HttpRequest {
        let Request { method, url, headers, body } = request;
        let (method, url, body) = (method.to_string(), url.to_string(), body.clone().unwrap_or_else(Bytes::new));
        HttpRequest { method, url, headers: headers.clone(), body }
    }
}

impl From<&RawResponse> for HttpResponse {
    fn from(answer: &RawResponse) -> HttpResponse {
        let RawResponse { status, headers, body } = answer;
        HttpResponse { status: *status, headers: headers.clone(), body: body.clone() }
    }
}
