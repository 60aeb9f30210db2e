//! The command line: one implementation, which pip, npx and cargo start.

mod arguments;
mod commands;
mod interrupt;
mod listing;
mod output;
mod session;

use clap::Parser as _;
use clap::error::ErrorKind;

use arguments::{Arguments, Command};
use output::Output;
use session::Session;

/// Everything went well.
const DONE: u8 = 0;
/// It did not; the reason stands on standard error.
const FAILED: u8 = 1;
/// The arguments cannot be understood.
const MISUSED: u8 = 2;
/// It cannot be told.
const UNKNOWN: u8 = 3;
/// Ended by Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Runs the command with these arguments, the program's name first. Prints to the standard streams; gives the exit code: 0, 1 for
/// a failure, 2 for arguments that are not understood, 3 where it cannot be told, 130 after Ctrl-C.
#[must_use]
pub fn run(arguments: &[String]) -> u8 {
    // The local service has arguments of its own.
    if arguments.get(1).is_some_and(|name| name == "local") {
        let rest = arguments.get(2..).unwrap_or_default();
        return u8::try_from(chimeline_local::run_command(rest)).unwrap_or(FAILED);
    }
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            let helps = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // A reader that is gone is no reason for another exit code.
            let _ = error.print();
            return if helps { DONE } else { MISUSED };
        }
    };
    let output = Output::new(parsed.shared.json);
    if let Command::Completions { shell } = &parsed.command {
        return commands::completions(*shell);
    }
    let mut session = Session::new(&parsed.shared);
    match commands::run(&parsed.command, &mut session, &output) {
        Ok(code) => code,
        Err(failure) => {
            output.failure(&failure);
            failure.code
        }
    }
}
