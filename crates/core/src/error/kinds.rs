//! The one error of the core: a kind, the operation, one line of text, and the record of the attempts that were made.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::codec::report::Violation;
use crate::error::cause::Cause;
use crate::error::network_cause::NetworkCause;
use crate::schema::Service;
pub use crate::schema::generated::kinds::ErrorKind;
use crate::schema::generated::options::OptionId;

/// Why a call, or the making of a client, failed.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    operation: Option<&'static str>,
    attempts: Vec<Attempt>,
    faults: Vec<Violation>,
    service: Option<ServiceError>,
    cause: Option<Cause>,
    hint: Option<String>,
    raised_by_host: bool,
    network_cause: Option<NetworkCause>,
    option: Option<(OptionId, String)>,
}

impl ErrorKind {
    /// Whether another attempt may go better: the service may never have seen this one, or was only slow.
    pub(crate) fn is_transient(self) -> bool {
        use ErrorKind::{ConnectTimeout, ConnectionClosed, EndpointConnection, ProxyConnection, ReadTimeout};
        matches!(self, EndpointConnection | ConnectTimeout | ReadTimeout | ConnectionClosed | ProxyConnection)
    }

    pub(crate) fn is_timeout(self) -> bool {
        matches!(self, ErrorKind::ConnectTimeout | ErrorKind::ReadTimeout)
    }
}

/// What became of one attempt of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The service's error code, or the class of what went wrong without an answer.
    pub code: Option<String>,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// How long the attempt took.
    pub took: Duration,
    /// How long the call waited after it, if another attempt followed.
    pub delay: Option<Duration>,
}

/// An error as the service answered it.
#[derive(Clone, Debug)]
pub struct ServiceError {
    /// The error code as it was sent; nothing for a redirect that says none.
    pub code: Option<Value>,
    /// The message as it was sent.
    pub message: Option<Value>,
    /// The modelled members of the error, in the model's order.
    pub members: Vec<(&'static str, Value)>,
    /// The modelled error whose name this code is or shortens.
    pub class: Option<&'static str>,
    /// The HTTP status and headers.
    pub response: ResponseMetadata,
    /// Whether the retries that were allowed are used up.
    pub max_attempts_reached: bool,
    /// Whether the client's calls have used up what they may spend on retries together.
    pub retry_quota_reached: bool,
}

/// What an answer says besides its body.
#[derive(Clone, Debug, Default)]
pub struct ResponseMetadata {
    /// The HTTP status.
    pub status: u16,
    /// The headers, with lower-case names; a repeated one is joined with `, `.
    pub headers: Vec<(String, String)>,
    /// The service's id of the request.
    pub request_id: Option<String>,
    /// The second id that some services send.
    pub host_id: Option<String>,
}

impl Error {
    /// An error of that kind; `message` is one line and says the cause.
    #[must_use]
    pub fn new(kind: ErrorKind, message: String) -> Error {
        Error(Box::new(Inner {
            kind,
            message,
            operation: None,
            attempts: Vec::new(),
            faults: Vec::new(),
            service: None,
            cause: None,
            hint: None,
            raised_by_host: false,
            network_cause: None,
            option: None,
        }))
    }

    /// The faults of an input.
    #[must_use]
    pub fn invalid(operation: &'static str, faults: Vec<Violation>) -> Error {
        Error::invalid_value(faults).in_operation(operation)
    }

    /// The faults of a value that belongs to no call.
    #[must_use]
    pub fn invalid_value(faults: Vec<Violation>) -> Error {
        let mut error = Error::new(ErrorKind::ParamValidation, crate::codec::report::report(&faults));
        error.0.faults = faults;
        error
    }

    /// An error that the service answered.
    #[must_use]
    pub fn service(operation: &'static str, service: ServiceError) -> Error {
        let text = |value: &Option<Value>| match value {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => "Unknown".to_owned(),
        };
        let (code, message) = (text(&service.code), text(&service.message));
        let message = format!("An error occurred ({code}) when calling the {operation} operation: {message}");
        let mut error = Error::new(ErrorKind::Client, message);
        error.0.service = Some(service);
        error.in_operation(operation)
    }

    /// The same error, which happened in that operation; the message then says so.
    #[must_use]
    pub fn in_operation(mut self, operation: &'static str) -> Error {
        // The texts of these two are botocore's, to the byte.
        let says_it_already = matches!(self.0.kind, ErrorKind::Client | ErrorKind::ParamValidation);
        if self.0.operation.is_none() && !says_it_already {
            self.0.message.push_str(", when calling the ");
            self.0.message.push_str(operation);
            self.0.message.push_str(" operation");
        }
        self.0.operation = Some(operation);
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: Vec<Attempt>) -> Error {
        self.0.attempts = attempts;
        self
    }

    pub(crate) fn with_cause(mut self, cause: Option<Cause>) -> Error {
        self.0.cause = cause;
        self
    }

    pub(crate) fn with_hint(mut self, hint: Option<String>) -> Error {
        self.0.hint = hint;
        self
    }

    /// The same error, of which the host has the cause.
    pub(crate) fn raised_by_host(mut self) -> Error {
        self.0.raised_by_host = true;
        self
    }

    pub(crate) fn cause(&self) -> Option<Cause> {
        self.0.cause
    }

    pub(crate) fn with_network_cause(mut self, cause: Option<NetworkCause>) -> Error {
        self.0.network_cause = cause;
        self
    }

    pub(crate) fn with_option(mut self, option: OptionId, value: &str) -> Error {
        self.0.option = Some((option, value.to_owned()));
        self
    }

    pub(crate) fn service_mut(&mut self) -> Option<&mut ServiceError> {
        self.0.service.as_mut()
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether a function of the host's user raised in reply to a question of the call; the host knows what.
    #[must_use]
    pub fn is_raised_by_host(&self) -> bool {
        self.0.raised_by_host
    }

    /// One line that says the cause.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The option of the client whose value is not understood, and that value.
    #[must_use]
    pub fn option(&self) -> Option<(OptionId, &str)> {
        self.0.option.as_ref().map(|(option, value)| (*option, value.as_str()))
    }

    /// The operation, if there was one.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// What cures it, as far as its cause is certain.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// Why a connection failed, where that is known.
    #[must_use]
    pub fn network_cause(&self) -> Option<NetworkCause> {
        self.0.network_cause
    }

    /// The attempts that were made, in their order.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// The faults of an input that was refused.
    #[must_use]
    pub fn faults(&self) -> &[Violation] {
        &self.0.faults
    }

    /// What the service answered, of an error of kind [`ErrorKind::Client`].
    #[must_use]
    pub fn service_error(&self) -> Option<&ServiceError> {
        self.0.service.as_ref()
    }
}

/// The modelled error that a code names, in full (`ForbiddenException`) or in short (`Forbidden`, `Throttled`).
pub(crate) fn class_of(service: &Service, code: &str) -> Option<&'static str> {
    let known = |name: &str| service.error(name).map(|error| error.name);
    let code = if code == "Throttling" { "Throttled" } else { code };
    known(code).or_else(|| known(&format!("{code}Exception"))).or_else(|| known(&format!("{code}ClientException")))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    /// A report for people: the line, and a line for each attempt.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.kind.class(), self.0.message)?;
        if let Some(hint) = &self.0.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        for (number, attempt) in self.0.attempts.iter().enumerate() {
            write!(f, "\n  attempt {}: {attempt}", number + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(f, "HTTP {status}")?,
            None => f.write_str("no answer")?,
        }
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        write!(f, " after {:.3} s", self.took.as_secs_f64())?;
        if let Some(id) = &self.request_id {
            write!(f, ", request id {id}")?;
        }
        if let Some(delay) = self.delay {
            write!(f, ", then waited {:.3} s", delay.as_secs_f64())?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
