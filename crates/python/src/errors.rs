//! The core's error as a Python exception. The classes are ordinary Python, in `chimeline.exceptions`.

use chimeline_core::codec::report::Violation;
use chimeline_core::error::kinds::{Attempt, Error, ResponseMetadata};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};
use serde_json::Value;

/// The exception for `error`, as an object.
pub(crate) fn exception<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let make = MAKE.import(py, "chimeline._raised", "from_native")?;
    let details = PyDict::new(py);
    details.set_item("message", error.message())?;
    details.set_item("operation_name", error.operation())?;
    details.set_item("attempts", attempts(py, error.attempts())?)?;
    details.set_item("hint", error.hint())?;
    details.set_item("errors", error.faults().iter().map(|fault| report(py, fault)).collect::<PyResult<Vec<_>>>()?)?;
    let mut class = error.kind().class();
    if let Some(service) = error.service_error() {
        class = service.class.unwrap_or(class);
        let retries = error.attempts().len().saturating_sub(1);
        let metadata = metadata(py, &service.response, retries, service.max_attempts_reached, error.attempts())?;
        if service.retry_quota_reached {
            metadata.set_item(pyo3::intern!(py, "RetryQuotaReached"), true)?;
        }
        let response = PyDict::new(py);
        if let (Some(code), Some(message)) = (&service.code, &service.message) {
            let inner = PyDict::new(py);
            inner.set_item("Message", json(py, message)?)?;
            inner.set_item("Code", json(py, code)?)?;
            response.set_item("Error", inner)?;
        }
        response.set_item("ResponseMetadata", metadata)?;
        for (name, value) in &service.members {
            response.set_item(*name, json(py, value)?)?;
        }
        details.set_item("response", response)?;
    }
    make.call1((class, details))
}

/// The error, raised.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    exception(py, error).map_or_else(|failed| failed, PyErr::from_value)
}

/// `ResponseMetadata`, as botocore has it, and the record of attempts.
pub(crate) fn metadata<'py>(
    py: Python<'py>,
    response: &ResponseMetadata,
    retries: usize,
    max_attempts_reached: bool,
    history: &[Attempt],
) -> PyResult<Bound<'py, PyDict>> {
    let out = PyDict::new(py);
    if let Some(id) = &response.request_id {
        out.set_item(pyo3::intern!(py, "RequestId"), id)?;
    }
    if let Some(id) = &response.host_id {
        out.set_item(pyo3::intern!(py, "HostId"), id)?;
    }
    out.set_item(pyo3::intern!(py, "HTTPStatusCode"), response.status)?;
    let headers = PyDict::new(py);
    for (name, value) in &response.headers {
        headers.set_item(name, value)?;
    }
    out.set_item(pyo3::intern!(py, "HTTPHeaders"), headers)?;
    out.set_item(pyo3::intern!(py, "RetryAttempts"), retries)?;
    if max_attempts_reached {
        out.set_item(pyo3::intern!(py, "MaxAttemptsReached"), true)?;
    }
    out.set_item(pyo3::intern!(py, "Attempts"), attempts(py, history)?)?;
    Ok(out)
}

fn attempts<'py>(py: Python<'py>, history: &[Attempt]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for attempt in history {
        let line = PyDict::new(py);
        line.set_item(pyo3::intern!(py, "HTTPStatusCode"), attempt.status)?;
        line.set_item(pyo3::intern!(py, "Code"), attempt.code.as_deref())?;
        line.set_item(pyo3::intern!(py, "RequestId"), attempt.request_id.as_deref())?;
        line.set_item(pyo3::intern!(py, "Duration"), attempt.took.as_secs_f64())?;
        line.set_item(pyo3::intern!(py, "Delay"), attempt.delay.map(|delay| delay.as_secs_f64()))?;
        list.append(line)?;
    }
    Ok(list)
}

fn report<'py>(py: Python<'py>, fault: &Violation) -> PyResult<Bound<'py, PyDict>> {
    let out = PyDict::new(py);
    out.set_item("reason", fault.reason.name())?;
    out.set_item("path", &fault.path)?;
    if let Some((name, value)) = fault.reason.detail() {
        out.set_item(name, json(py, &value)?)?;
    }
    Ok(out)
}

/// A JSON value as Python's `json.loads` gives it.
pub(crate) fn json<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(boolean) => boolean.into_pyobject(py)?.to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_pyobject(py)?.into_any(),
            (None, Some(number)) => number.into_pyobject(py)?.into_any(),
            (None, None) => number.as_f64().unwrap_or(f64::NAN).into_pyobject(py)?.into_any(),
        },
        Value::String(text) => text.into_pyobject(py)?.into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(json(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(map) => {
            let dict = PyDict::new(py);
            for (key, value) in map {
                dict.set_item(key, json(py, value)?)?;
            }
            dict.into_any()
        }
    })
}
