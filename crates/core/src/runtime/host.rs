//! The door to the host: what a call asks its own caller while it is under way.
//!
//! A question travels the way the outcome does: to the future, the promise or the thread that waits for this very call.
//! Whoever waits replies in its own context and waits again, so that no code of the host's users runs on the I/O thread, and
//! context, cancellation and exceptions are right by themselves. The call awaits the reply as any other step: its deadline
//! applies.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::error::kinds::{Error, ErrorKind};

/// What a call asks at all. A call that asks nothing has no door, and pays nothing for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Questions {
    /// [`Question::Credentials`], where the cached ones are due for a refresh.
    pub credentials: bool,
    /// [`Question::Request`], once a call.
    pub request: bool,
    /// [`Question::Attempt`] and [`Question::Received`], for each attempt.
    pub attempts: bool,
    /// [`Question::Exchange`], for each attempt.
    pub exchanges: bool,
    /// [`Question::Retry`], after each attempt.
    pub retries: bool,
    /// [`Question::MfaCode`], where a profile's role requires one.
    pub mfa_codes: bool,
}

impl Questions {
    /// Whether anything is asked.
    #[must_use]
    pub fn any(self) -> bool {
        self != Questions::default()
    }

    /// What either asks.
    #[must_use]
    pub fn and(self, other: Questions) -> Questions {
        Questions {
            credentials: self.credentials || other.credentials,
            request: self.request || other.request,
            attempts: self.attempts || other.attempts,
            exchanges: self.exchanges || other.exchanges,
            retries: self.retries || other.retries,
            mfa_codes: self.mfa_codes || other.mfa_codes,
        }
    }

    /// The questions of these names, as the bindings call them: `request`, `attempts`, `exchanges`, `retries`, `mfa_codes`.
    /// Fails for another name.
    pub fn named<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> Result<Questions, Error> {
        let mut questions = Questions::default();
        for name in names {
            match name.as_ref() {
                "request" => questions.request = true,
                "attempts" => questions.attempts = true,
                "exchanges" => questions.exchanges = true,
                "retries" => questions.retries = true,
                "mfa_codes" => questions.mfa_codes = true,
                other => {
                    let message = format!("a call cannot ask its host for {other:?}");
                    return Err(Error::new(ErrorKind::Internal, message));
                }
            }
        }
        Ok(questions)
    }
}

/// Who can reply: one event loop or JavaScript thread, or blocked threads, each for its own calls. Work that several calls
/// share, such as the load of credentials, is shared within one pump only: a thread must never wait for what only its own
/// loop could answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pump {
    /// An event loop, by a number that the binding gives no other loop of the process.
    Loop(u64),
    /// The threads that make blocking calls.
    Threads,
}

/// What a call asks.
#[derive(Debug)]
pub enum Question {
    /// Credentials that are valid now. Reply: [`Reply::Credentials`]. The reply serves all calls that wait for it, and is
    /// of use even when the call that asked has ended.
    Credentials,
    /// What the call is to send, before its first attempt. Reply: [`Reply::Send`], the request that all attempts start from;
    /// or [`Reply::Respond`], with which the call ends.
    Request {
        /// The request, not signed yet; all of it may be changed.
        request: HttpRequest,
    },
    /// Whether and how to send an attempt. Reply: [`Reply::Send`], or [`Reply::Respond`] in place of the exchange.
    Attempt {
        /// Which attempt, from 1.
        number: u32,
        /// The request, not signed yet; all of it may be changed.
        request: HttpRequest,
    },
    /// A signed request that is about to be sent. Reply: [`Reply::Send`] to have it sent, in which headers that are not signed
    /// may have changed; or [`Reply::Respond`], with the response of an HTTP handler of the host's own.
    Exchange {
        /// Which attempt, from 1.
        number: u32,
        /// The signed request.
        request: HttpRequest,
    },
    /// What came of the exchange of an attempt. Reply: [`Reply::Proceed`]; [`Reply::Respond`] with a response in its place; or
    /// [`Reply::Send`], which signs and sends another request within the same attempt.
    Received {
        /// Which attempt, from 1.
        number: u32,
        /// The response, or why there was none.
        outcome: Result<HttpResponse, Error>,
    },
    /// Whether another attempt follows. Reply: [`Reply::Proceed`] for what is proposed, or [`Reply::RetryAfter`].
    Retry {
        /// Which attempt it was, from 1.
        number: u32,
        /// Why it failed; nothing for a success.
        error: Option<Error>,
        /// After how long the client's own retry mode would try again; nothing where it would not.
        proposed: Option<Duration>,
    },
    /// The code of a device for multi-factor authentication. Reply: [`Reply::Code`].
    MfaCode {
        /// The device: a serial number or an ARN.
        serial: String,
    },
}

/// What the host replies.
#[derive(Debug)]
pub enum Reply {
    /// Credentials.
    Credentials(HostCredentials),
    /// Send this request.
    Send(HttpRequest),
    /// Take this response.
    Respond(HttpResponse),
    /// Go on as without the question.
    Proceed,
    /// Try again after that long, or not at all.
    RetryAfter(Option<Duration>),
    /// The code that a device shows.
    Code(String),
    /// The user's function raised; the host keeps what. With this text the call fails, and is not tried again.
    Failed(String),
}

/// Credentials as a function of the user's returned them.
#[derive(Clone)]
pub struct HostCredentials {
    /// The access key id.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
    /// When they expire, if they do, by the host's clock.
    pub expiration: Option<SystemTime>,
    /// What returned them, for an error: the name of a function.
    pub source: String,
    /// Whether other calls may use them. Not so where the host's object caches them itself.
    pub cacheable: bool,
}

impl fmt::Debug for HostCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("HostCredentials");
        shown.field("source", &self.source).field("expiration", &self.expiration).finish_non_exhaustive()
    }
}

/// A request as the host sees it.
#[derive(Clone)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// The whole URL; its path and query are percent-encoded.
    pub url: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl fmt::Debug for HttpRequest {
    /// Without what may be sensitive.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// A response as the host sees it.
#[derive(Clone)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl fmt::Debug for HttpResponse {
    /// Without what may be sensitive.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse").field("status", &self.status).finish_non_exhaustive()
    }
}

/// Headers as pairs of text. HTTP's are octets, which Python and browsers read as Latin-1.
#[must_use]
pub fn header_pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| value.as_bytes().iter().copied().map(char::from).collect();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// Headers of pairs of text; one that no request can carry is named in the error, without its value.
pub fn headers_of<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let name = name.as_ref();
        let invalid = |part: &str| {
            let message =
                format!("the {part} of the header {:?} is not valid in HTTP", name.escape_debug().to_string());
            Error::new(ErrorKind::InvalidConfig, message)
        };
        let octets: Option<Vec<u8>> = value.as_ref().chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        let value = octets.and_then(|octets| HeaderValue::from_bytes(&octets).ok()).ok_or_else(|| invalid("value"))?;
        headers.append(HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid("name"))?, value);
    }
    Ok(headers)
}

/// The function that takes the reply to a question. Dropped unused, the host is gone.
pub type ReplyFn = Box<dyn FnOnce(Reply) + Send>;

/// A question that waits for its reply. Dropped without one, the host is gone, and whoever waits learns so.
pub struct Asked {
    question: Question,
    reply: ReplyFn,
}

impl Asked {
    /// What is asked.
    #[must_use]
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// What is asked, and the function that replies.
    #[must_use]
    pub fn into_parts(self) -> (Question, ReplyFn) {
        (self.question, self.reply)
    }
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Asked").field(&self.question).finish()
    }
}

/// The way from one call to its caller.
#[derive(Clone)]
pub struct Door {
    pump: Pump,
    clock: HostClock,
    ask: Arc<dyn Fn(Asked) + Send + Sync>,
}

/// The time of day by the host's clock, which a test of the host's may hold still or move.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostClock {
    began: SystemTime,
    since: Instant,
}

impl HostClock {
    pub(crate) fn now(self) -> SystemTime {
        self.began + self.since.elapsed()
    }
}

impl Door {
    /// A door for a call that begins when the host's clock shows `now`. `ask` carries the questions; it must not block, and
    /// may be called on any thread.
    pub(crate) fn new(pump: Pump, now: SystemTime, ask: impl Fn(Asked) + Send + Sync + 'static) -> Door {
        Door { pump, clock: HostClock { began: now, since: Instant::now() }, ask: Arc::new(ask) }
    }

    pub(crate) fn pump(&self) -> Pump {
        self.pump
    }

    pub(crate) fn clock(&self) -> HostClock {
        self.clock
    }

    /// Puts a question whose reply goes to `reply`, which is dropped where the host is gone.
    pub(crate) fn put(&self, question: Question, reply: impl FnOnce(Reply) + Send + 'static) {
        (self.ask)(Asked { question, reply: Box::new(reply) });
    }

    /// The host's reply to a question.
    pub(crate) async fn ask(&self, question: Question) -> Result<Reply, Error> {
        let (reply, replied) = oneshot::channel();
        // Nobody waits for a reply that comes after the call's end.
        self.put(question, move |given| drop(reply.send(given)));
        match replied.await {
            Ok(Reply::Failed(message)) => Err(Error::new(ErrorKind::Internal, message).raised_by_host()),
            Ok(reply) => Ok(reply),
            Err(_) => Err(host_is_gone()),
        }
    }
}

pub(crate) fn host_is_gone() -> Error {
    Error::new(ErrorKind::Cancelled, "the host that the call asks is gone".to_owned())
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Door").field(&self.pump).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{Questions, header_pairs, headers_of};

    #[test]
    fn headers_cross_as_latin_1_and_what_http_cannot_carry_is_named_without_its_value() {
        let pairs = [("X-Name", "caf\u{e9}"), ("x-name", "two"), ("x-other", "")];
        let headers = headers_of(pairs).expect("good headers");
        assert_eq!(headers["x-other"], "");
        let read = header_pairs(&headers);
        assert_eq!(read[..2], [("x-name".into(), "caf\u{e9}".into()), ("x-name".into(), "two".into())]);
        for (pair, said) in [
            (("x-a", "secret\n"), "the value of the header \"x-a\""),
            (("x-a", "secret\u{20ac}"), "the value of the header \"x-a\""),
            (("x a", "v"), "the name of the header \"x a\""),
            (("", "v"), "the name of the header \"\""),
        ] {
            let error = headers_of([pair]).expect_err("not valid");
            assert!(error.message().starts_with(said) && !error.message().contains("secret"), "{error}");
        }
    }

    #[test]
    fn questions_are_known_by_their_names() {
        let named = Questions::named(["attempts", "retries"]).expect("known names");
        assert_eq!(named, Questions { attempts: true, retries: true, ..Questions::default() });
        assert!(named.any() && !Questions::default().any());
        assert!(Questions::named(["hooks"]).is_err());
        let both = named.and(Questions { credentials: true, ..Questions::default() });
        assert!(both.credentials && both.attempts && both.retries && !both.exchanges);
    }
}
