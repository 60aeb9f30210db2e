//! The native client: options in, blocking calls, and what a client knows of itself.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chimeline_core::client::PrepareError;
use chimeline_core::client::blocking::Step;
use chimeline_core::client::loaded_credentials::LoadedCredentials;
use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_core::runtime::environment::Environment;
use chimeline_core::runtime::{builder, fork};
use chimeline_core::schema::Operation;
use chimeline_core::schema::generated::options::PYTHON;
use chimeline_core::{
    Call, Client, MfaDevice, Response, SettingValue, StaticCredentials, read_process_environment, service,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors;
use crate::options::{call_options_of, options_of};
use crate::prepared::PreparedCall;
use crate::question::{CredentialsCache, Failure, Question};
use crate::value::{DictBuilder, Names, Value};

/// A client of one service.
#[pyclass(frozen, module = "chimeline._native")]
pub(crate) struct NativeClient {
    pub(crate) client: Client,
    names: Names,
}

#[pymethods]
impl NativeClient {
    /// A client of `service_name`. `options` holds what `options_of` reads; `environment` is what the client sees of `os.environ`;
    /// with `credentials` its calls ask for credentials, and with a `peer`, a client of the same session, it shares what is alike.
    #[new]
    #[pyo3(signature = (service_name, options, environment, credentials=None, peer=None))]
    fn new(
        py: Python<'_>,
        service_name: &str,
        options: &Bound<'_, PyDict>,
        environment: HashMap<OsString, OsString>,
        credentials: Option<&CredentialsCache>,
        peer: Option<&NativeClient>,
    ) -> PyResult<NativeClient> {
        let service = service(service_name).ok_or_else(|| {
            let message = format!("Unknown service: {service_name:?}");
            errors::raised(py, &Error::new(ErrorKind::UnknownService, message))
        })?;
        let (options, env) = (options_of(options)?, Environment::with_variables(environment.into_iter().collect()));
        // Here, for whoever writes `os.environ` holds the interpreter's lock.
        read_process_environment(&options);
        // Files are read, which may be slow; other threads go on meanwhile.
        let credentials = credentials.map(|cache| cache.0.clone());
        let made = py.detach(|| Client::with_peer(service, &options, env, credentials, peer.map(|peer| &peer.client)));
        let client = made.map_err(|e| errors::raised(py, &e))?;
        let names = Names::new(py, client.service());
        Ok(NativeClient { client, names })
    }

    /// Makes a call on this thread and gives its result. What the call asks goes to `answer`, which replies to the question and
    /// returns `None`; or, where the user's function failed, what `Bridge.fail` takes: a text, what it raised, and whether that
    /// is the cause of the call's error, rather than the error itself.
    #[pyo3(signature = (operation, params, options, answer=None))]
    fn call(
        &self,
        py: Python<'_>,
        operation: &str,
        params: Bound<'_, PyAny>,
        options: Option<&Bound<'_, PyDict>>,
        answer: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyDict>> {
        let (operation, call) = self.prepare(py, operation, params, options)?;
        let slice = runs_signal_handlers(py)?.then_some(SLICE);
        // A forked process has a builder of its own, made here, where nobody writes `os.environ`.
        builder::prepare();
        let mut blocking = self.client.blocking(&call);
        let mut failure = None;
        // Signal handlers run between two steps, and so do the user's functions: they may make calls of their own and switch to
        // other greenlets.
        let outcome = loop {
            match py.detach(|| blocking.step(slice)) {
                Step::Done(outcome) => break outcome,
                Step::Asked(asked) => {
                    let Some(answer) = answer else { continue };
                    let question = Bound::new(py, Question::from(asked))?;
                    let answered = answer.call1((&question,));
                    let failed =
                        answered.and_then(|failed| failed.extract::<Option<(String, Option<Py<PyAny>>, bool)>>());
                    if let Ok(Some((message, exception, is_cause))) = failed {
                        failure = exception.map(|exception| Failure { exception, is_cause });
                        question.get().fail(message);
                    } else {
                        // Not when it goes, which a traceback may put off: others may wait for the reply.
                        question.get().leave();
                        failed?;
                    }
                }
                Step::InterruptCheck => py.check_signals()?,
            }
        };
        let response = outcome.map_err(|e| Failure::raised(py, &e, failure))?;
        Ok(self.result(py, operation, &response)?.unbind())
    }

    /// Gets a URL of another service of AWS, signed with this client's credentials: the status and the body.
    fn get_signed(
        &self,
        py: Python<'_>,
        service: &str,
        region: &str,
        url: &str,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<(u16, String)> {
        let options = options.map(call_options_of).transpose()?.unwrap_or_default();
        let answer = py.detach(|| self.client.get_signed_blocking(service, region, url, &options));
        let answer = answer.map_err(|e| errors::raised(py, &e))?;
        Ok((answer.status, answer.body))
    }

    /// Raises for options of a call that are not understood.
    #[expect(clippy::unused_self, reason = "Python asks the client, which may come to bound them")]
    fn check_call_options(&self, py: Python<'_>, options: &Bound<'_, PyDict>) -> PyResult<()> {
        call_options_of(options)?.check().map_err(|e| errors::raised(py, &e))
    }

    /// The credentials that calls sign with now: the access key id, its secret, its token, and when they expire in seconds since
    /// 1970.
    fn load_credentials(&self, py: Python<'_>) -> PyResult<(String, String, Option<String>, Option<f64>)> {
        let loaded = py.detach(|| self.client.load_credentials()).map_err(|e| errors::raised(py, &e))?;
        let expiration = seconds_since_epoch(loaded.expiration);
        let StaticCredentials { access_key_id, secret_access_key, session_token } = loaded.keys;
        Ok((access_key_id, secret_access_key, session_token, expiration))
    }

    /// Closes the idle connections.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.client.close());
    }

    /// The endpoint's URL.
    #[getter]
    fn endpoint_url(&self) -> &str {
        &self.client.config().endpoint.url
    }

    /// The region that the client is for.
    #[getter]
    fn region_name(&self) -> &str {
        &self.client.config().endpoint.region
    }

    /// The partition of the region.
    #[getter]
    fn partition(&self) -> &'static str {
        self.client.config().endpoint.partition
    }

    /// The region that requests are signed for.
    #[getter]
    fn signing_region(&self) -> &str {
        &self.client.config().endpoint.signing_region
    }

    /// The service's name in traces, such as `Chime SDK Meetings`.
    #[getter]
    fn service_id(&self) -> &str {
        self.client.service().service_id
    }

    /// Whether credentials are those of a role that needs the code of a device.
    #[getter]
    fn asks_for_mfa_code(&self) -> bool {
        self.client.config().asks_for_mfa_code
    }

    /// Loads credentials with codes of devices by the profiles that need them; gives a dict, in which `Expiration` is in seconds since
    /// 1970, or the profile and the serial number of the device whose code is needed too.
    fn load_with_mfa_codes<'py>(&self, py: Python<'py>, codes: HashMap<String, String>) -> PyResult<Bound<'py, PyAny>> {
        let (done, outcome) = mpsc::channel();
        self.client.load_with_mfa_codes(codes, move |loaded| drop(done.send(loaded)));
        // The receiver is bound to this thread, which other threads of the interpreter need not wait for.
        let outcome = Mutex::new(outcome);
        let loaded = loop {
            let received = py.detach(|| outcome.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(SLICE));
            match received {
                Ok(loaded) => break loaded.map_err(|e| errors::raised(py, &e))?,
                Err(RecvTimeoutError::Timeout) => py.check_signals()?,
                Err(RecvTimeoutError::Disconnected) => {
                    let message = "the load of credentials was cancelled".to_owned();
                    return Err(errors::raised(py, &Error::new(ErrorKind::Cancelled, message)));
                }
            }
        };
        match loaded {
            Err(MfaDevice { profile, serial }) => Ok((profile, serial).into_pyobject(py)?.into_any()),
            Ok(LoadedCredentials { keys, expiration }) => {
                let found = PyDict::new(py);
                found.set_item("AccessKeyId", keys.access_key_id)?;
                found.set_item("SecretAccessKey", keys.secret_access_key)?;
                found.set_item("SessionToken", keys.session_token)?;
                found.set_item("Expiration", seconds_since_epoch(expiration))?;
                Ok(found.into_any())
            }
        }
    }

    /// Where each setting comes from.
    fn sources<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let out = PyDict::new(py);
        for (option, source) in &self.client.config().sources {
            out.set_item(PYTHON.key(*option), source)?;
        }
        Ok(out)
    }

    /// The resolved settings that are no secret, by their names in `Config`.
    fn settings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let config = self.client.config();
        let out = PyDict::new(py);
        for (option, value) in config.settings() {
            let value = match value {
                SettingValue::None => py.None().into_bound(py),
                SettingValue::Text(text) => text.into_pyobject(py)?.into_any(),
                SettingValue::Flag(flag) => flag.into_pyobject(py)?.to_owned().into_any(),
                SettingValue::Count(count) => count.into_pyobject(py)?.into_any(),
                SettingValue::Time(limit) => limit.as_secs_f64().into_pyobject(py)?.into_any(),
            };
            // `retries.mode` is a member of the dict `retries`.
            match PYTHON.name(option).split_once('.') {
                None => out.set_item(PYTHON.name(option), value)?,
                Some((outer, member)) => {
                    if !out.contains(outer)? {
                        out.set_item(outer, PyDict::new(py))?;
                    }
                    out.as_any().get_item(outer)?.set_item(member, value)?;
                }
            }
        }
        out.set_item("proxies", config.proxies().into_iter().collect::<HashMap<_, _>>())?;
        Ok(out)
    }
}

impl NativeClient {
    /// Checks and encodes a call's input.
    pub(crate) fn prepare(
        &self,
        py: Python<'_>,
        operation: &str,
        params: Bound<'_, PyAny>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<(&'static Operation, Call)> {
        let found = self.client.service().operation(operation);
        let operation =
            found.ok_or_else(|| PyTypeError::new_err(format!("the service has no operation {operation}")))?;
        let mut call = match params.cast::<PreparedCall>() {
            Ok(prepared) => prepared.get().take()?,
            Err(_) => self.client.prepare(operation, &Value(params)).map_err(|unprepared| match unprepared {
                PrepareError::Error(error) => errors::raised(py, &error),
                PrepareError::Host(raised) => raised,
            })?,
        };
        if let Some(options) = options {
            call = call.with(&call_options_of(options)?).map_err(|e| errors::raised(py, &e))?;
        }
        Ok((operation, call))
    }

    /// The dict of a response.
    pub(crate) fn result<'py>(
        &self,
        py: Python<'py>,
        operation: &'static Operation,
        response: &Response,
    ) -> PyResult<Bound<'py, PyDict>> {
        let root = PyDict::new(py);
        let retries = response.attempts.len().saturating_sub(1);
        let metadata =
            errors::metadata(py, &response.metadata, retries, response.max_attempts_reached, &response.attempts)?;
        root.set_item(pyo3::intern!(py, "ResponseMetadata"), metadata)?;
        let mut builder = DictBuilder::new(root.clone(), operation, &self.names);
        self.client.decode(operation, response, &mut builder).map_err(|e| errors::raised(py, &e))?;
        builder.finish()?;
        Ok(root)
    }
}

/// The settings that a session's clients have in common: the region, the profile, and the profiles that there are.
#[pyfunction]
pub(crate) fn session_settings<'py>(
    py: Python<'py>,
    options: &Bound<'_, PyDict>,
    environment: HashMap<OsString, OsString>,
) -> PyResult<Bound<'py, PyDict>> {
    let (options, env) = (options_of(options)?, Environment::with_variables(environment.into_iter().collect()));
    let found = py.detach(|| chimeline_core::config::session::session_settings(&options, &env));
    let found = found.map_err(|e| errors::raised(py, &e))?;
    let out = PyDict::new(py);
    out.set_item("region_name", found.region)?;
    out.set_item("profile_name", found.profile)?;
    out.set_item("available_profiles", found.available_profiles)?;
    Ok(out)
}

/// A number that a forked process does not share with the one that it was forked from.
#[pyfunction]
pub(crate) fn fork_generation() -> u64 {
    fork::generation()
}

/// How long a blocking call goes on without asking whether a signal has come.
const SLICE: Duration = Duration::from_millis(50);

/// Whether signal handlers run in this thread: only in the main one, which after a fork is the one that forked.
fn runs_signal_handlers(py: Python<'_>) -> PyResult<bool> {
    thread_local! {
        static KNOWN: Cell<Option<(u64, bool)>> = const { Cell::new(None) };
    }
    let generation = fork::generation();
    if let Some((_, known)) = KNOWN.get().filter(|(of, _)| *of == generation) {
        return Ok(known);
    }
    // `threading.main_thread()` is wrong where another thread was the first to import it. This asks the interpreter: `None` is
    // refused as a handler everywhere, but with a ValueError where no handler can be set.
    let module = py.import("_signal")?;
    let refused = module.call_method1("signal", (module.getattr("SIGINT")?, py.None()));
    let here = !refused.is_err_and(|error| error.is_instance_of::<PyValueError>(py));
    KNOWN.set(Some((generation, here)));
    Ok(here)
}

fn seconds_since_epoch(time: Option<SystemTime>) -> Option<f64> {
    Some(time?.duration_since(UNIX_EPOCH).ok()?.as_secs_f64())
}
