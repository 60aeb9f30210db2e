//! The options of a client, out of the dict that the Python package makes of arguments and `Config`.

use std::path::PathBuf;

use chimeline_core::codec::encode::Validation;
use chimeline_core::codec::timestamp::Timestamp;
use chimeline_core::http::tls::{ClientCert, Trust};
use chimeline_core::runtime::host::Questions;
use chimeline_core::{CallOptions, Options, StaticCredentials};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

use crate::errors;
use crate::question::time_of;

/// Reads the options; one of the wrong type is named in the error.
pub(crate) fn options_of(given: &Bound<'_, PyDict>) -> PyResult<Options> {
    let given = Given(given);
    Ok(Options {
        region: given.text("region_name")?,
        namespace: given.text("namespace")?,
        endpoint_url: given.text("endpoint_url")?,
        plain_http: given.boolean("use_ssl")?.map(|with_tls| !with_tls),
        ignore_configured_endpoint_urls: given.boolean("ignore_configured_endpoint_urls")?,
        use_fips: given.boolean("use_fips_endpoint")?,
        use_dual_stack: given.boolean("use_dualstack_endpoint")?,
        profile: given.text("profile_name")?,
        credentials: given.credentials()?,
        unsigned: given.boolean("unsigned")?,
        connect_timeout: given.number("connect_timeout")?,
        read_timeout: given.number("read_timeout")?,
        timeout: given.number("timeout")?,
        attempt_timeout: given.number("attempt_timeout")?,
        response_limit: given.typed("response_limit", "a non-negative integer")?,
        max_pool_connections: given.count("max_pool_connections")?,
        tcp_keepalive: given.boolean("tcp_keepalive")?,
        max_concurrency: given.count("max_concurrency")?,
        retry_mode: given.text("retry_mode")?,
        max_attempts: given.count("max_attempts")?,
        defaults_mode: given.text("defaults_mode")?,
        validation: given.validation()?,
        verify: given.verify()?,
        client_cert: given.client_cert()?,
        http_proxy: given.text("http_proxy")?,
        https_proxy: given.text("https_proxy")?,
        no_proxy: given.text("no_proxy")?,
        proxies_of_service: true,
        user_agent: given.text("user_agent")?,
        user_agent_extra: given.text("user_agent_extra")?,
        app_id: given.text("user_agent_appid")?,
        language: given.text("language")?,
        local: given.boolean("local")?.unwrap_or_default(),
        // What Python's users have no option for, as botocore has none.
        ..Options::default()
    })
}

/// Reads the options of one call.
pub(crate) fn call_options_of(given: &Bound<'_, PyDict>) -> PyResult<CallOptions> {
    let given = Given(given);
    Ok(CallOptions {
        timeout: given.number("timeout")?,
        started: None,
        attempt_timeout: given.number("attempt_timeout")?,
        max_attempts: given.count("max_attempts")?,
        credentials: given.credentials()?,
        trace_id: given.text("trace_id")?,
        questions: given.questions()?,
        now: given.number("now")?.map(time_of).transpose()?,
    })
}

/// The dict, in which `None` is as good as absent.
struct Given<'a, 'py>(&'a Bound<'py, PyDict>);

impl<'py> Given<'_, 'py> {
    fn get(&self, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.0.get_item(name)?.filter(|value| !value.is_none()))
    }

    fn text(&self, name: &str) -> PyResult<Option<String>> {
        self.typed(name, "a str")
    }

    fn boolean(&self, name: &str) -> PyResult<Option<bool>> {
        self.typed(name, "a bool")
    }

    fn number(&self, name: &str) -> PyResult<Option<f64>> {
        self.typed(name, "a number")
    }

    fn count(&self, name: &str) -> PyResult<Option<u32>> {
        self.typed(name, "a non-negative integer")
    }

    fn typed<T: FromPyObjectOwned<'py>>(&self, name: &str, due: &str) -> PyResult<Option<T>> {
        let Some(value) = self.get(name)? else { return Ok(None) };
        value.extract().map(Some).map_err(|_| wrong(name, due, &value))
    }

    fn credentials(&self) -> PyResult<Option<StaticCredentials>> {
        let keys = (self.text("aws_access_key_id")?, self.text("aws_secret_access_key")?);
        let (Some(access_key_id), Some(secret_access_key)) = keys else { return Ok(None) };
        Ok(Some(StaticCredentials { access_key_id, secret_access_key, session_token: self.text("aws_session_token")? }))
    }

    fn questions(&self) -> PyResult<Questions> {
        let names: Option<Vec<String>> = self.typed("asks", "a list of str")?;
        Questions::named(names.unwrap_or_default()).map_err(|e| errors::raised(self.0.py(), &e))
    }

    fn validation(&self) -> PyResult<Validation> {
        let name = "parameter_validation";
        let Some(value) = self.get(name)? else { return Ok(Validation::Standard) };
        if value.eq("strict")? {
            return Ok(Validation::Strict);
        }
        match value.cast::<PyBool>() {
            Ok(boolean) if boolean.is_true() => Ok(Validation::Standard),
            Ok(_) => Ok(Validation::Off),
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
