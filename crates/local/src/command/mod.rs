//! The command line: `python -m chimeline.local`, `npx chimeline-local`.

mod control;

use std::io::Write as _;

use serde_json::Value;

use crate::options::{FLAGS, OPTION_HELP, Options, normalized};
use crate::server::LocalServer;

const INTRODUCTION: &str = "A local Amazon Chime SDK service: media capture pipelines, media pipelines and meetings.\n\n\
     The arguments of the service, all optional; `control` as the first one drives a service that runs, see control --help.\n\n";

const ENDING: &str = "  --help                   this text

It prints its URL and the lines that point any AWS SDK to it, and runs until Ctrl-C or SIGTERM.
";

/// Runs the command with these arguments (without the program's name) until Ctrl-C or SIGTERM. Prints to the standard
/// streams; returns the exit code: 0, 1 when the server cannot start, 2 for arguments that are not understood.
///
/// A host whose own signal handlers would get in the way restores the default ones first.
#[must_use]
pub fn run_command(arguments: &[String]) -> i32 {
    if let Some((first, rest)) = arguments.split_first()
        && first == "control"
    {
        return control::run(rest);
    }
    let options = match parse(arguments) {
        Ok(Some(options)) => options,
        Ok(None) => {
            say(&format!("{INTRODUCTION}{OPTION_HELP}{ENDING}"));
            return 0;
        }
        Err(why) => {
            complain(&format!("{why}; --help lists the arguments"));
            return 2;
        }
    };
    match run(options) {
        Ok(()) => 0,
        Err(why) => {
            complain(&why);
            1
        }
    }
}

fn run(options: Options) -> Result<(), String> {
    let runtime = chimeline_core::runtime::builder::runtime().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        // The handlers stand before the URL is printed: who reads it may send a signal at once.
        let stop = stop_signal().map_err(|e| e.to_string())?;
        let server = LocalServer::start(options).map_err(|e| e.to_string())?;
        if let Some(notice) = server.notice() {
            complain(notice);
        }
        say(&format!("The local Chime service listens on {}\n{}", server.url(), server.shell_lines()));
        stop.await;
        server.stop();
        Ok(())
    })
}

#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(windows)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

/// The options, or `None` when help is asked for.
fn parse(arguments: &[String]) -> Result<Option<Options>, String> {
    let mut pairs: Vec<(&str, Value)> = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if matches!(argument.as_str(), "--help" | "-h") {
            return Ok(None);
        }
        if !argument.starts_with("--") {
            return Err(format!("unexpected argument {argument}"));
        }
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (argument.as_str(), None),
        };
        let value = match inline {
            Some(value) => value.into(),
            None if FLAGS.contains(&normalized(name).as_str()) => true.into(),
            None => arguments.next().map(|value| value.as_str().into()).ok_or(format!("{name} needs a value"))?,
        };
        pairs.push((name, value));
    }
    Options::from_pairs(pairs).map(Some).map_err(|e| e.message().to_owned())
}

/// Prints at once, for a reader behind a pipe; a reader that is gone is no reason to stop serving.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn complain(why: &str) {
    let _ = writeln!(std::io::stderr().lock(), "chimeline-local: {why}");
}
