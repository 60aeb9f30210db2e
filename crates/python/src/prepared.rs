//! A call between its encoding and its sending: what hooks before a call see of the request.

use std::sync::{Mutex, PoisonError};

use chimeline_core::Call;
use chimeline_core::schema::Operation;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::client::NativeClient;

/// A call whose input was checked and encoded. It is sent once.
#[pyclass(frozen, module = "chimeline._native")]
pub(crate) struct PreparedCall {
    pub(crate) operation: &'static Operation,
    call: Mutex<Option<Call>>,
}

#[pymethods]
impl PreparedCall {
    /// The method, the path, the query without its question mark, and the body; what the call was encoded to.
    fn request(&self) -> PyResult<(&'static str, String, String, Option<String>)> {
        let call = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        let encoded = call.as_ref().ok_or_else(sent)?.encoded();
        Ok((self.operation.method, encoded.path.clone(), encoded.query.clone(), encoded.body.clone()))
    }
}

impl PreparedCall {
    /// The call, for it is sent now.
    pub(crate) fn take(&self) -> PyResult<Call> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(sent)
    }
}

fn sent() -> PyErr {
    PyRuntimeError::new_err("the call was sent already")
}

/// Checks and encodes the input of a call, which is then sent in place of the input.
#[pyfunction]
pub(crate) fn prepare(
    py: Python<'_>,
    client: &Bound<'_, NativeClient>,
    operation: &str,
    params: Bound<'_, PyAny>,
) -> PyResult<PreparedCall> {
    let (operation, call) = client.get().prepare(py, operation, params, None)?;
    Ok(PreparedCall { operation, call: Mutex::new(Some(call)) })
}
