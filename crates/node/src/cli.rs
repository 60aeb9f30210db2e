//! The command line.

#![expect(clippy::needless_pass_by_value, reason = "the form that napi calls")]

use napi_derive::napi;

/// Runs the command with these arguments, the program's name first; returns the exit code.
#[napi(catch_unwind)]
#[must_use]
pub fn run_cli(arguments: Vec<String>) -> u8 {
    chimeline_cli::run(&arguments)
}
