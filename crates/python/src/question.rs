//! What a call under way asks, as Python sees it, and Python's replies.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use chimeline_core::HostCredentialsCache;
use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_core::runtime::host::{
    Asked, HostCredentials, HttpRequest, HttpResponse, Question as Asking, Reply, ReplyFn, header_pairs, headers_of,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::errors;

/// The credentials of one function of the user's, cached for all clients that share it.
#[pyclass(frozen, module = "chimeline._native")]
#[derive(Default)]
pub(crate) struct CredentialsCache(pub(crate) Arc<HostCredentialsCache>);

#[pymethods]
impl CredentialsCache {
    #[new]
    fn new() -> CredentialsCache {
        CredentialsCache::default()
    }
}

type Headers = Vec<(String, String)>;

/// One question. The first reply is the one that counts; dropped without a reply, whoever waits learns so.
#[pyclass(frozen, module = "chimeline._native")]
pub(crate) struct Question {
    asking: Asking,
    reply: Mutex<Option<ReplyFn>>,
}

impl From<Asked> for Question {
    fn from(asked: Asked) -> Question {
        let (asking, reply) = asked.into_parts();
        Question { asking, reply: Mutex::new(Some(reply)) }
    }
}

#[pymethods]
impl Question {
    /// What is asked: `credentials`, `request`, `attempt`, `exchange`, `received`, `retry` or `mfa_code`.
    #[getter]
    fn kind(&self) -> &'static str {
        match &self.asking {
            Asking::Credentials => "credentials",
            Asking::Request { .. } => "request",
            Asking::Attempt { .. } => "attempt",
            Asking::Exchange { .. } => "exchange",
            Asking::Received { .. } => "received",
            Asking::Retry { .. } => "retry",
            Asking::MfaCode { .. } => "mfa_code",
        }
    }

    /// Which attempt it is about, from 1; `None` for what is not about an attempt.
    #[getter]
    fn number(&self) -> Option<u32> {
        match &self.asking {
            Asking::Attempt { number, .. }
            | Asking::Exchange { number, .. }
            | Asking::Received { number, .. }
            | Asking::Retry { number, .. } => Some(*number),
            Asking::Credentials | Asking::Request { .. } | Asking::MfaCode { .. } => None,
        }
    }

    /// The request: its method, URL, headers and body.
    #[getter]
    fn request<'py>(&self, py: Python<'py>) -> Option<(String, String, Headers, Bound<'py, PyBytes>)> {
        match &self.asking {
            Asking::Request { request } | Asking::Attempt { request, .. } | Asking::Exchange { request, .. } => {
                let HttpRequest { method, url, headers, body } = request;
                Some((method.clone(), url.clone(), header_pairs(headers), PyBytes::new(py, body)))
            }
            _ => None,
        }
    }

    /// The response, if one came: its status, headers and body.
    #[getter]
    fn response<'py>(&self, py: Python<'py>) -> Option<(u16, Headers, Bound<'py, PyBytes>)> {
        match &self.asking {
            Asking::Received { outcome: Ok(HttpResponse { status, headers, body }), .. } => {
                Some((*status, header_pairs(headers), PyBytes::new(py, body)))
            }
            _ => None,
        }
    }

    /// The exception for what went wrong, if anything did.
    #[getter]
    fn error<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match &self.asking {
            Asking::Received { outcome: Err(error), .. } | Asking::Retry { error: Some(error), .. } => {
                errors::exception(py, error).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// After how many seconds the client would try again; `None` where it would not.
    #[getter]
    fn proposed(&self) -> Option<f64> {
        match &self.asking {
            Asking::Retry { proposed, .. } => proposed.map(|delay| delay.as_secs_f64()),
            _ => None,
        }
    }

    /// The device for multi-factor authentication whose code is asked for.
    #[getter]
    fn serial(&self) -> Option<&str> {
        match &self.asking {
            Asking::MfaCode { serial } => Some(serial),
            _ => None,
        }
    }

    /// Replies with credentials. `expiration` is in seconds since 1970; `source` names what returned them.
    #[pyo3(signature = (access_key_id, secret_access_key, session_token, expiration, *, source, cacheable))]
    fn give_credentials(
        &self,
        access_key_id: String,
        secret_access_key: String,
        session_token: Option<String>,
        expiration: Option<f64>,
        source: String,
        cacheable: bool,
    ) -> PyResult<()> {
        let expiration = expiration.map(time_of).transpose()?;
        let credentials =
            HostCredentials { access_key_id, secret_access_key, session_token, expiration, source, cacheable };
        self.reply(Reply::Credentials(credentials));
        Ok(())
    }

    /// Replies with a request to send.
    fn send(&self, py: Python<'_>, method: String, url: String, headers: Headers, body: Vec<u8>) -> PyResult<()> {
        let headers = headers_of(headers).map_err(|e| errors::raised(py, &e))?;
        self.reply(Reply::Send(HttpRequest { method, url, headers, body: body.into() }));
        Ok(())
    }

    /// Replies with a response in place of an exchange.
    fn respond(&self, py: Python<'_>, status: u16, headers: Headers, body: Vec<u8>) -> PyResult<()> {
        if !(100..600).contains(&status) {
            let message = format!("the status {status} is not one of HTTP: expected 100 to 599");
            return Err(errors::raised(py, &Error::new(ErrorKind::InvalidConfig, message)));
        }
        let headers = headers_of(headers).map_err(|e| errors::raised(py, &e))?;
        self.reply(Reply::Respond(HttpResponse { status, headers, body: body.into() }));
        Ok(())
    }

    /// Replies that the call is to go on as without the question.
    fn proceed(&self) {
        self.reply(Reply::Proceed);
    }

    /// Replies that another attempt follows after that many seconds, or none.
    fn retry_after(&self, seconds: Option<f64>) -> PyResult<()> {
        let delay = seconds.map(|seconds| {
            Duration::try_from_secs_f64(seconds)
                .map_err(|_| PyValueError::new_err(format!("{seconds} is not a number of seconds to wait")))
        });
        self.reply(Reply::RetryAfter(delay.transpose()?));
        Ok(())
    }

    /// Replies with the code of a device.
    fn give_code(&self, code: String) {
        self.reply(Reply::Code(code));
    }

    /// Leaves the question without a reply, if it has none yet: whoever waits for it learns so.
    fn abandon(&self) {
        self.leave();
    }
}

impl Question {
    /// Leaves the question without a reply, if it has none yet.
    pub(crate) fn leave(&self) {
        drop(self.reply.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Replies that the user's function failed; with this text the call fails, unless it can do without a reply.
    pub(crate) fn fail(&self, message: String) {
        self.reply(Reply::Failed(message));
    }

    fn reply(&self, reply: Reply) {
        let taken = self.reply.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(replies) = taken {
            replies(reply);
        }
    }
}

/// The time that many seconds after 1970.
pub(crate) fn time_of(seconds: f64) -> PyResult<SystemTime> {
    let since_epoch = Duration::try_from_secs_f64(seconds).ok();
    since_epoch
        .and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since))
        .ok_or_else(|| PyValueError::new_err(format!("{seconds} is not a number of seconds since 1970")))
}

/// The exception of the user's own that a call failed with, which its error gives way to.
pub(crate) struct Failure {
    pub(crate) exception: Py<PyAny>,
    /// Whether it is the cause of the call's error, rather than the error itself.
    pub(crate) is_cause: bool,
}

impl Failure {
    /// The exception for an error of a call in which the user's function raised this, if one did.
    pub(crate) fn raised(py: Python<'_>, error: &Error, failure: Option<Failure>) -> PyErr {
        match failure.filter(|_| error.is_raised_by_host()) {
            None => errors::raised(py, error),
            Some(Failure { exception, is_cause: false }) => PyErr::from_value(exception.into_bound(py)),
            Some(Failure { exception, is_cause: true }) => {
                let raised = errors::raised(py, error);
                raised.set_cause(py, Some(PyErr::from_value(exception.into_bound(py))));
                raised
            }
        }
    }
}
