//! The local Chime service as a program.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    ExitCode::from(u8::try_from(chimeline_local::run_command(&arguments)).unwrap_or(1))
}
