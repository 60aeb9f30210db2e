//! The core's call as a Python awaitable of `future_into_py`, which wakes the event loop once for each call.

use chimeline_core::codec::json_host::JsonBuilder;
use chimeline_core::{Options, service};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use serde_json::Value;

#[pyclass(frozen)]
struct Client(chimeline_core::Client);

#[pymethods]
impl Client {
    #[new]
    fn new(endpoint: String) -> PyResult<Client> {
        let service = service("chime-sdk-media-pipelines").ok_or_else(|| PyRuntimeError::new_err("no service"))?;
        let options = Options { endpoint_url: Some(endpoint), ..Options::default() };
        chimeline_core::Client::new(service, &options).map(Client).map_err(failed)
    }

    /// The call of an input that is JSON; its result is JSON.
    fn call<'py>(&self, py: Python<'py>, input: &str) -> PyResult<Bound<'py, PyAny>> {
        let client = self.0.clone();
        let operation = client.service().operation("CreateMediaCapturePipeline");
        let operation = operation.ok_or_else(|| PyRuntimeError::new_err("no operation"))?;
        let input: Value = serde_json::from_str(input).map_err(failed)?;
        let call = client.prepare(operation, &input).map_err(|_| PyRuntimeError::new_err("the input is not valid"))?;
        pyo3_async_runtimes::tokio::future_into_py(py, async move {
            let answer = client.send(&call).await.map_err(failed)?;
            let mut builder = JsonBuilder::default();
            client.decode(operation, &answer, &mut builder).map_err(failed)?;
            Ok(builder.finish())
        })
    }
}

fn failed(error: impl std::fmt::Display) -> PyErr {
    PyRuntimeError::new_err(error.to_string())
}

#[pymodule]
fn awaited(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Client>()
}
