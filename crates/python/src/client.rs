//! The native client: options in, blocking calls, and what a client knows of itself.

use std::path::PathBuf;

use chimeline_core::client::Unprepared;
use chimeline_core::encode::Validation;
use chimeline_core::error::{Error, ErrorKind};
use chimeline_core::schema::Operation;
use chimeline_core::tls::Trust;
use chimeline_core::{Call, Client, Keys, Options, Response, service};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict};

use crate::errors;
use crate::value::{DictBuilder, Names, Value};

/// A client of one service.
#[pyclass(frozen, module = "chimeline._native")]
pub(crate) struct NativeClient {
    pub(crate) client: Client,
    names: Names,
}

#[pymethods]
impl NativeClient {
    /// A client of `service_name`. `options` holds the names of `chimeline._client.OPTIONS`.
    #[new]
    fn new(py: Python<'_>, service_name: &str, options: &Bound<'_, PyDict>) -> PyResult<NativeClient> {
        let service = service(service_name).ok_or_else(|| {
            let message = format!("Unknown service: {service_name:?}");
            errors::raised(py, &Error::new(ErrorKind::UnknownService, message))
        })?;
        let client = Client::new(service, &options_of(options)?).map_err(|e| errors::raised(py, &e))?;
        let names = Names::new(py, client.service());
        Ok(NativeClient { client, names })
    }

    /// Makes a call on this thread and gives its result.
    fn call(&self, py: Python<'_>, operation: &str, params: Bound<'_, PyAny>) -> PyResult<Py<PyDict>> {
        let (operation, call) = self.prepare(py, operation, params)?;
        let mut interrupt = None;
        let outcome = py.detach(|| {
            // Without an interpreter to ask there is nobody to wait for the result either.
            #[expect(clippy::redundant_closure_for_method_calls, reason = "the method alone is not general enough")]
            let mut tick = || match Python::try_attach(|py| py.check_signals()) {
                Some(Ok(())) => true,
                Some(Err(raised)) => {
                    interrupt = Some(raised);
                    false
                }
                None => false,
            };
            self.client.call_blocking(&call, &mut tick)
        });
        if let Some(raised) = interrupt {
            return Err(raised);
        }
        let response = outcome.map_err(|e| errors::raised(py, &e))?;
        Ok(self.result(py, operation, &response)?.unbind())
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

    /// The resolved settings that are no secret.
    fn settings<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let config = self.client.config();
        let out = PyDict::new(py);
        out.set_item("retry_mode", config.retry.mode.name())?;
        out.set_item("max_attempts", config.retry.max_attempts)?;
        out.set_item("connect_timeout", config.connect_timeout.as_secs_f64())?;
        out.set_item("read_timeout", config.read_timeout.as_secs_f64())?;
        out.set_item("timeout", config.timeout.map(|limit| limit.as_secs_f64()))?;
        out.set_item("max_pool_connections", config.max_pool_connections)?;
        out.set_item("user_agent", &config.user_agent)?;
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
    ) -> PyResult<(&'static Operation, Call)> {
        let found = self.client.service().operation(operation);
        let operation =
            found.ok_or_else(|| PyTypeError::new_err(format!("the service has no operation {operation}")))?;
        match self.client.prepare(operation, &Value(params)) {
            Ok(call) => Ok((operation, call)),
            Err(Unprepared::Error(error)) => Err(errors::raised(py, &error)),
            Err(Unprepared::Host(raised)) => Err(raised),
        }
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
        let mut builder = DictBuilder::new(root.clone(), &self.names);
        self.client.decode(operation, response, &mut builder).map_err(|e| errors::raised(py, &e))?;
        Ok(root)
    }
}

fn options_of(given: &Bound<'_, PyDict>) -> PyResult<Options> {
    let get = |name: &str| -> PyResult<Option<Bound<'_, PyAny>>> {
        Ok(given.get_item(name)?.filter(|value| !value.is_none()))
    };
    fn typed<'py, T: FromPyObjectOwned<'py>>(name: &str, value: Option<Bound<'py, PyAny>>) -> PyResult<Option<T>> {
        let Some(value) = value else { return Ok(None) };
        let found = value.get_type().name().map_or_else(|_| "?".to_owned(), |name| name.to_string());
        value.extract().map(Some).map_err(|_| {
            let due = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
            let due = match due {
                "String" => "a str",
                "bool" => "a bool",
                "f64" => "a number",
                _ => "a whole number that is not negative",
            };
            PyTypeError::new_err(format!("{name} must be {due}, not {found}"))
        })
    }
    macro_rules! option {
        ($name:literal) => {
            typed($name, get($name)?)?
        };
    }
    let credentials = match (option!("aws_access_key_id"), option!("aws_secret_access_key")) {
        (Some(access_key_id), Some(secret_access_key)) => {
            Some(Keys { access_key_id, secret_access_key, session_token: option!("aws_session_token") })
        }
        _ => None,
    };
    let verify = match get("verify")? {
        None => None,
        Some(value) => Some(match value.cast::<PyBool>() {
            Ok(truth) if truth.is_true() => Trust::Platform,
            Ok(_) => Trust::Anything,
            Err(_) => Trust::Bundle(value.extract::<PathBuf>()?),
        }),
    };
    Ok(Options {
        region: option!("region_name"),
        namespace: option!("namespace"),
        endpoint_url: option!("endpoint_url"),
        ignore_configured_endpoint_urls: option!("ignore_configured_endpoint_urls"),
        use_fips: option!("use_fips_endpoint"),
        use_dual_stack: option!("use_dualstack_endpoint"),
        profile: option!("profile_name"),
        credentials,
        connect_timeout: option!("connect_timeout"),
        read_timeout: option!("read_timeout"),
        timeout: option!("timeout"),
        max_pool_connections: option!("max_pool_connections"),
        retry_mode: option!("retry_mode"),
        max_attempts: option!("max_attempts"),
        validation: match get("parameter_validation")? {
            Some(level) if level.eq("strict")? => Validation::Strict,
            level => match typed::<bool>("parameter_validation", level)? {
                Some(false) => Validation::Off,
                _ => Validation::Standard,
            },
        },
        verify,
        http_proxy: option!("http_proxy"),
        https_proxy: option!("https_proxy"),
        user_agent: option!("user_agent"),
        user_agent_extra: option!("user_agent_extra"),
        app_id: option!("user_agent_appid"),
        language: option!("language"),
    })
}
