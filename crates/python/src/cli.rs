//! The command line.

use pyo3::prelude::*;

/// Runs the command with these arguments, the program's name first; returns the exit code.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "pyo3 hands over a list of its own")]
pub(crate) fn run_cli(py: Python<'_>, arguments: Vec<String>) -> u8 {
    py.detach(|| chimeline_cli::run(&arguments))
}
