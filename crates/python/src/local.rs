//! The local service, for tests and for the command line.

use std::net::IpAddr;
use std::time::Duration;

use chimeline_core::Keys;
use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_core::runtime::environment::{Variables, World};
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
    /// Starts a server.
    #[new]
    #[pyo3(signature = (*, host, port, access_key_id, secret_access_key, session_token, region_name, account_id, pace, pipeline_quota))]
    #[expect(clippy::too_many_arguments, reason = "each is one option of the Python class")]
    fn new(
        py: Python<'_>,
        host: &str,
        port: u16,
        access_key_id: String,
        secret_access_key: String,
        session_token: Option<String>,
        region_name: String,
        account_id: String,
        pace: f64,
        pipeline_quota: Option<usize>,
    ) -> PyResult<LocalServer> {
        let host: IpAddr = host.parse().map_err(|_| {
            let message = format!("host must be an IP address, not {host:?}");
            errors::raised(py, &Error::new(ErrorKind::InvalidConfig, message))
        })?;
        let options = Options {
            host,
            port,
            keys: vec![Keys { access_key_id, secret_access_key, session_token }],
            region: region_name,
            account_id,
            pace: seconds(pace)?,
            pipeline_quota,
            world: World::with_variables(Variables::default()),
        };
        let server = py.detach(|| Server::start(options)).map_err(|e| errors::raised(py, &e))?;
        Ok(LocalServer { server })
    }

    /// Where it listens.
    #[getter]
    fn url(&self) -> &str {
        self.server.url()
    }

    /// The environment variables that point any AWS SDK to it.
    fn environment(&self) -> Vec<(&'static str, String)> {
        self.server.environment()
    }

    /// Moves the clock of resources ahead.
    fn advance(&self, py: Python<'_>, by: f64) -> PyResult<()> {
        let by = seconds(by)?;
        py.detach(|| self.server.advance(by));
        Ok(())
    }

    /// Answers the next requests with an error.
    fn fail_next(&self, py: Python<'_>, times: usize, status: u16, code: &str) -> PyResult<()> {
        py.detach(|| self.server.fail_next(times, status, code)).map_err(|e| errors::raised(py, &e))
    }

    /// Stops it.
    fn stop(&self, py: Python<'_>) {
        py.detach(|| self.server.stop());
    }
}

fn seconds(number: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(number)
        .map_err(|_| PyValueError::new_err(format!("{number} is no number of seconds from 0 up")))
}

/// Runs the command line until a signal ends it; gives the exit code.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "pyo3 hands over a list of its own")]
pub(crate) fn run_local(py: Python<'_>, arguments: Vec<String>) -> i32 {
    py.detach(|| run_command(&arguments))
}
