//! The local service, for tests and for the command line.

use std::time::Duration;

use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_core::runtime::builder;
use chimeline_local::{LocalServer as Server, Options, run_command};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::errors;

/// A local server; `chimeline.testing.LocalChime` is its public face.
#[pyclass(frozen, module = "chimeline._native")]
pub(crate) struct LocalServer {
    server: Server,
}

#[pymethods]
impl LocalServer {
    /// Starts a server. `options` is a JSON object of what was given.
    #[new]
    fn new(py: Python<'_>, options: &str) -> PyResult<LocalServer> {
        // Here, for whoever writes `os.environ` holds the interpreter's lock.
        builder::prepare();
        let server = py.detach(|| Options::from_json(options).and_then(Server::start));
        Ok(LocalServer { server: server.map_err(|e| errors::raised(py, &e))? })
    }

    /// Where it listens.
    #[getter]
    fn url(&self) -> &str {
        self.server.url()
    }

    /// What is to be said at the start, such as that the state file was damaged.
    #[getter]
    fn notice(&self) -> Option<&str> {
        self.server.notice()
    }

    /// The environment variables that point any AWS SDK to it.
    fn environment(&self) -> Vec<(&'static str, String)> {
        self.server.environment()
    }

    /// Moves the clock of resources ahead.
    fn advance(&self, py: Python<'_>, by: f64) -> PyResult<()> {
        let by = Duration::try_from_secs_f64(by)
            .map_err(|_| PyValueError::new_err(format!("{by} is no number of seconds from 0 up")))?;
        py.detach(|| self.server.advance(by));
        Ok(())
    }

    /// Responds to the next requests with an error.
    fn fail_next(&self, py: Python<'_>, times: usize, status: u16, code: &str) -> PyResult<()> {
        py.detach(|| self.server.fail_next(times, status, code)).map_err(|e| errors::raised(py, &e))
    }

    /// A request of the control API, its body and the response's as JSON; raises what the response says is wrong.
    fn control(&self, py: Python<'_>, method: &str, target: &str, body: &str) -> PyResult<String> {
        let outcome = py.detach(|| self.server.control_json(method, target, body));
        let refused = |why: String| errors::raised(py, &Error::new(ErrorKind::InvalidConfig, why));
        outcome.map_err(refused)
    }

    /// Stops it.
    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.server.stop());
    }
}

/// Runs the command line until a signal ends it; returns the exit code.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "pyo3 hands over a list of its own")]
pub(crate) fn run_local(py: Python<'_>, arguments: Vec<String>) -> i32 {
    py.detach(|| run_command(&arguments))
}
