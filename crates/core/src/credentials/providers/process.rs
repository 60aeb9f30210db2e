//! Credentials that a program prints: the profile's `credential_process`.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};

use aws_credential_types::Credentials;

use crate::config::shell_words;
use crate::credentials::providers::document::{self, Form, one_line};
use crate::redact;
use crate::runtime::builder;
use crate::runtime::environment::Environment;

/// How a command becomes a program and its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// It is split into words, as a POSIX shell would, but nothing in them is replaced.
    Words,
    /// A shell runs it.
    Shell,
}

/// Runs the command to its end, in the client's environment, and reads what it prints. Waits on tokio's blocking pool.
pub(crate) async fn credentials(
    command: String,
    style: Style,
    env: &Environment,
    provider: &'static str,
) -> Result<Credentials, String> {
    let env = env.clone();
    let run = move || run(&command, style, &env);
    let output = tokio::task::spawn_blocking(run).await.map_err(|e| format!("the process was given up: {e}"))??;
    let form = Form { token: "SessionToken", expires: false };
    let document =
        document::members(&output).map_err(|cause| format!("what the process printed is of no use: {cause}"))?;
    match document.get("Version").map(|version| (version.as_u64(), version)) {
        None if document.is_object() => {
            return Err("what the process printed has no Version, which must be 1".to_owned());
        }
        Some((Some(1), _)) | None => {}
        Some((_, version)) => {
            let shown = redact::value(&version.to_string());
            return Err(format!("the Version that the process printed is {shown}, which must be the number 1"));
        }
    }
    document::credentials(&document, form, provider)
        .map_err(|cause| format!("what the process printed is of no use: {cause}"))
}

/// What the command prints.
fn run(command: &str, style: Style, env: &Environment) -> Result<Vec<u8>, String> {
    let mut program = match style {
        Style::Shell => shell(command),
        Style::Words => {
            let mut words = words(command)?.into_iter();
            let first = words.next().filter(|word| !word.is_empty()).ok_or("credential_process names no program")?;
            let mut program = Command::new(first);
            program.args(words);
            program
        }
    };
    let cannot = |e: &io::Error| format!("the program of credential_process cannot be run: {e}");
    // The host may write the process's own environment at any time.
    program.env_clear().envs(env.variables.iter()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().map_err(|e| cannot(&e))?;
    let (output, errors) = read(&mut child).map_err(|e| cannot(&e))?;
    match status(&mut child).map_err(|e| cannot(&e))? {
        Some(status) if !status.success() => {
            let said = redact::message(&one_line(&String::from_utf8_lossy(&errors)));
            let said = if said.is_empty() { "it wrote nothing to its standard error".to_owned() } else { said };
            Err(format!("the process ended with {status}: {said}"))
        }
        _ => Ok(output),
    }
}

#[cfg(not(windows))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]);
    shell
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    use std::os::windows::process::CommandExt as _;

    let mut shell = Command::new("cmd.exe");
    shell.args(["/d", "/s", "/c"]).raw_arg(format!("\"{command}\""));
    shell
}

/// Both outputs to their ends, at once: a child whose one pipe is full writes nothing to the other.
fn read(child: &mut Child) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let whole = |pipe: Option<&mut dyn Read>| -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        pipe.map_or(Ok(0), |pipe| pipe.read_to_end(&mut bytes))?;
        Ok(bytes)
    };
    std::thread::scope(|scope| {
        let errors = builder::thread("chimeline-process")
            .spawn_scoped(scope, || whole(err.as_mut().map(|pipe| pipe as &mut dyn Read)))?;
        let output = whole(out.as_mut().map(|pipe| pipe as &mut dyn Read))?;
        let errors = errors.join().unwrap_or_else(|_| Ok(Vec::new()))?;
        Ok((output, errors))
    })
}

/// How the child ended. Where the host ignores SIGCHLD the system does not keep it, and what was printed has to do.
fn status(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    const NO_CHILD: i32 = 10;
    match child.wait() {
        Ok(status) => Ok(Some(status)),
        Err(e) if cfg!(unix) && e.raw_os_error() == Some(NO_CHILD) => Ok(None),
        Err(e) => Err(e),
    }
}

/// The words of a command. On Windows a backslash parts the folders of a path.
fn words(command: &str) -> Result<Vec<String>, String> {
    let literal = if cfg!(windows) { command.replace('\\', "\\\\") } else { command.to_owned() };
    shell_words::split(&literal)
        .ok_or_else(|| "credential_process has a quotation mark or a backslash that nothing follows".to_owned())
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_command_is_split_as_by_a_shell_that_replaces_nothing() {
        for (command, expected) in [
            (
                "a 'two words' ; echo x > out $HOME * ~ # |",
                &["a", "two words", ";", "echo", "x", ">", "out", "$HOME", "*", "~", "#", "|"][..],
            ),
            (r#"a "b \"c\" \d" e\ f"#, &["a", r#"b "c" \d"#, "e f"]),
            ("  a\n\tb''c \"\" ", &["a", "bc", ""]),
            ("", &[]),
        ] {
            assert_eq!(words(command).expect("words"), expected, "{command}");
        }
        for command in ["a 'b", "a \"b", "a \\"] {
            assert!(words(command).is_err(), "{command}");
        }
    }
}
