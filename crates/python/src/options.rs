//! The options of a client, out of the dict that the Python package makes of arguments and `Config`.

use std::path::PathBuf;

use chimeline_core::codec::encode::Validation;
use chimeline_core::codec::timestamp::Timestamp;
use chimeline_core::http::tls::{ClientCert, Trust};
use chimeline_core::runtime::host::Questions;
use chimeline_core::schema::generated::options::PYTHON;
use chimeline_core::{CallOptions, OptionId, OptionSource, Options, StaticCredentials};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

use crate::errors;
use crate::question::time_of;

/// Reads the options; one of the wrong type is named in the error.
pub(crate) fn options_of(given: &Bound<'_, PyDict>) -> PyResult<Options> {
    let given = Given(given);
    Ok(Options {
        plain_http: given.boolean("use_ssl")?.map(|with_tls| !with_tls),
        credentials: given.credentials()?,
        validation: given.validation()?,
        verify: given.verify()?,
        client_cert: given.client_cert()?,
        proxies_of_service: Some(true),
        ..Options::read(&given, PYTHON)?
    })
}

/// Reads the options of one call.
pub(crate) fn call_options_of(given: &Bound<'_, PyDict>) -> PyResult<CallOptions> {
    let given = Given(given);
    Ok(CallOptions {
        timeout: given.number("timeout")?,
        started_ago: None,
        attempt_timeout: given.number("attempt_timeout")?,
        max_attempts: given.integer("max_attempts")?,
        credentials: given.credentials()?,
        trace_id: given.string("trace_id")?,
        questions: given.questions()?,
        now: given.number("now")?.map(time_of).transpose()?,
        names: PYTHON,
    })
}

/// The dict, in which `None` is as good as absent.
struct Given<'a, 'py>(&'a Bound<'py, PyDict>);

impl OptionSource for Given<'_, '_> {
    type Error = PyErr;

    fn text(&self, option: OptionId) -> PyResult<Option<String>> {
        self.string(PYTHON.key(option))
    }

    fn flag(&self, option: OptionId) -> PyResult<Option<bool>> {
        self.boolean(PYTHON.key(option))
    }

    fn seconds(&self, option: OptionId) -> PyResult<Option<f64>> {
        self.number(PYTHON.key(option))
    }

    fn count(&self, option: OptionId) -> PyResult<Option<u32>> {
        self.integer(PYTHON.key(option))
    }

    fn bytes(&self, option: OptionId) -> PyResult<Option<usize>> {
        self.typed(PYTHON.key(option), INTEGER)
    }
}

impl<'py> Given<'_, 'py> {
    fn get(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.0.get_item(name)?.filter(|value| !value.is_none()))
    }

    fn string(&self, name: &str) -> PyResult<Option<String>> {
        self.typed(name, "a str")
    }

    fn boolean(&self, name: &str) -> PyResult<Option<bool>> {
        self.typed(name, "a bool")
    }

    fn number(&self, name: &str) -> PyResult<Option<f64>> {
        self.typed(name, "a number")
    }

    fn integer(&self, name: &str) -> PyResult<Option<u32>> {
        self.typed(name, INTEGER)
    }

    fn typed<T: FromPyObjectOwned<'py>>(&self, name: &str, due: &str) -> PyResult<Option<T>> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        value.extract().map(Some).map_err(|_| wrong(name, due, &value))
    }

    fn credentials(&self) -> PyResult<Option<StaticCredentials>> {
        let keys = (self.string("aws_access_key_id")?, self.string("aws_secret_access_key")?);
        let (Some(access_key_id), Some(secret_access_key)) = keys else { return Ok(None) };
        Ok(Some(StaticCredentials {
            access_key_id,
            secret_access_key,
            session_token: self.string("aws_session_token")?,
        }))
    }

    fn questions(&self) -> PyResult<Questions> {
        let names: Option<Vec<String>> = self.typed("asks", "a list of str")?;
        Questions::named(names.unwrap_or_default()).map_err(|e| errors::raised(self.0.py(), &e))
    }

    fn validation(&self) -> PyResult<Option<Validation>> {
        let name = "parameter_validation";
        let Some(value) = self.get(name)? else { return Ok(None) };
        if value.eq("strict")? {
            return Ok(Some(Validation::Strict));
        }
        match value.cast::<PyBool>() {
            Ok(boolean) if boolean.is_true() => Ok(Some(Validation::Standard)),
            Ok(_) => Ok(Some(Validation::Off)),
            Err(_) => Err(wrong(name, "a bool or \"strict\"", &value)),
        }
    }

    fn verify(&self) -> PyResult<Option<Trust>> {
        let Some(value) = self.get("verify")? else { return Ok(None) };
        Ok(Some(match value.cast::<PyBool>() {
            Ok(boolean) if boolean.is_true() => Trust::Platform,
            Ok(_) => Trust::Anything,
            Err(_) => {
                let path = value.extract::<PathBuf>().map_err(|_| wrong("verify", "a bool or a path", &value))?;
                Trust::Bundle(path.into())
            }
        }))
    }

    fn client_cert(&self) -> PyResult<Option<ClientCert>> {
        let Some(value) = self.get("client_cert")? else { return Ok(None) };
        if let Ok((chain, key)) = value.extract::<(PathBuf, PathBuf)>() {
            return Ok(Some(ClientCert { chain: chain.into(), key: key.into() }));
        }
        let path: PathBuf = value.extract().map_err(|_| wrong("client_cert", "a path or a pair of paths", &value))?;
        Ok(Some(ClientCert { chain: path.clone().into(), key: path.into() }))
    }
}

const INTEGER: &str = "a non-negative integer";

fn wrong(name: &str, due: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let found = value.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
    PyTypeError::new_err(format!("{name} must be {due}, not {found}"))
}

/// The seconds since 1970 of a time as AWS's services and their users write it, one without an offset as UTC; `None` for what is
/// not a time.
#[pyfunction]
pub(crate) fn seconds_of(text: &str) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a microsecond more or less")]
    Timestamp::parse(text).map(|time| time.micros as f64 / 1e6)
}
