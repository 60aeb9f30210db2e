//! The command line: `python -m chimeline.local`, `npx chimeline-local`.

use std::io::Write as _;
use std::str::FromStr;
use std::time::Duration;

use crate::options::Options;
use crate::server::LocalServer;

const HELP: &str = "\
A local Amazon Chime SDK service: media capture pipelines, media pipelines and meetings, kept in memory.

  --port N           the port to listen on (default: one that is free)
  --host ADDRESS     the address to listen on (default: 127.0.0.1)
  --access-key ID    the access key id that it knows (default: AKIDCHIMELINELOCAL)
  --secret-key KEY   the secret of that key (default: chimeline-local-secret)
  --region NAME      the region in the printed lines (default: us-east-1)
  --account-id ID    the account that owns everything (default: 111122223333)
  --pace SECONDS     how long a pipeline stays in a passing state (default: 0.25)
  --help             this text

It prints its URL and the lines that point any AWS SDK to it, and runs until Ctrl-C or SIGTERM.
";

/// Runs the command with these arguments (without the program's name) until Ctrl-C or SIGTERM. Prints to the standard
/// streams; gives the exit code: 0, 1 when the server cannot start, 2 for arguments that are not understood.
///
/// A host whose own signal handlers would get in the way restores the default ones first.
#[must_use]
pub fn run_command(arguments: &[String]) -> i32 {
    let options = match parse(arguments) {
        Ok(Some(options)) => options,
        Ok(None) => {
            say(HELP);
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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    runtime.block_on(async {
        // The handlers stand before the URL is printed: who reads it may send a signal at once.
        let stop = stop_signal().map_err(|e| e.to_string())?;
        let server = LocalServer::start(options).map_err(|e| e.to_string())?;
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

/// The options, or nothing when help is asked for.
fn parse(arguments: &[String]) -> Result<Option<Options>, String> {
    let mut options = Options::default();
    let mut keys = Options::default_keys();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if matches!(argument.as_str(), "--help" | "-h") {
            return Ok(None);
        }
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (argument.as_str(), None),
        };
        let mut value =
            || inline.or_else(|| arguments.next().map(String::as_str)).ok_or(format!("{name} needs a value"));
        match name {
            "--port" => options.port = parsed(name, value()?, "a port number")?,
            "--host" => {
                let given = value()?;
                let given = if given == "localhost" { "127.0.0.1" } else { given };
                options.host = parsed(name, given, "an IP address")?;
            }
            "--access-key" => value()?.clone_into(&mut keys.access_key_id),
            "--secret-key" => value()?.clone_into(&mut keys.secret_access_key),
            "--region" => value()?.clone_into(&mut options.region),
            "--account-id" => value()?.clone_into(&mut options.account_id),
            "--pace" => {
                let seconds: f64 = parsed(name, value()?, "a number of seconds")?;
                options.pace = Duration::try_from_secs_f64(seconds)
                    .map_err(|_| format!("{name} must be a number of seconds, not {seconds}"))?;
            }
            _ => return Err(format!("unknown argument {argument}")),
        }
    }
    options.keys = vec![keys];
    Ok(Some(options))
}

fn parsed<T: FromStr>(name: &str, text: &str, due: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{name} must be {due}, not {text}"))
}

/// Prints at once, for a reader behind a pipe; a reader that is gone is no reason to stop serving.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn complain(why: &str) {
    let _ = writeln!(std::io::stderr().lock(), "chimeline-local: {why}");
}
