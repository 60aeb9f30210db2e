//! The program `chimeline`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    ExitCode::from(chimeline_cli::run(&arguments))
}
