//! What the commands do.

mod doctor;
mod list;
mod reap;
mod record;
mod stop;

use std::io::{Read as _, Write as _};

use chimeline_core::schema::generated::SERVICES;
use chimeline_recording::policies;
use clap::CommandFactory as _;
use clap_complete::Shell;
use serde_json::{Map, Value, json};

use crate::DONE;
use crate::arguments::{Arguments, Command};
use crate::output::Output;
use crate::session::{CommandError, Session};

type Result<T> = std::result::Result<T, CommandError>;

pub(crate) fn run(command: &Command, session: &mut Session, output: &Output) -> Result<u8> {
    match command {
        Command::Record(given) => record::record(given, session, output),
        Command::Ls { all } => list::ls(*all, session, output),
        Command::Watch { pipeline, delay } => list::watch(pipeline, *delay, session, output),
        Command::Stop(given) => stop::stop(given, session, output),
        Command::Reap(given) => reap::reap(given, session, output),
        Command::Concat { capture, destination, wait } => concat(capture, destination, *wait, session, output),
        Command::Artifacts { pipeline, sink } => artifacts(pipeline, sink.as_deref(), session, output),
        Command::Doctor(given) => doctor::doctor(given, session, output),
        Command::Policy { which, bucket, account, r#for, legacy } => {
            let service = if *legacy { "chime" } else { "chime-sdk-media-pipelines" };
            let input = json!({"service": service, "bucket": bucket, "account": account, "purpose": r#for});
            policy(which.as_deref(), &policies(&input)?, output)
        }
        Command::Call { operation, input, service } => call(operation, input, service.as_deref(), session, output),
        Command::Local | Command::Completions { .. } => Ok(DONE),
    }
}

pub(crate) fn completions(shell: Shell) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "chimeline", &mut text);
    // A reader that is gone is no reason for another exit code.
    let _ = std::io::stdout().write_all(&text);
    DONE
}

fn quiet(_: &Value) -> bool {
    true
}

fn tags_of(tags: &[(String, String)]) -> Value {
    tags.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect::<Map<_, _>>().into()
}

fn concat(capture: &str, destination: &str, wait: bool, session: &mut Session, output: &Output) -> Result<u8> {
    let made = session.drive("concatenate", &json!({"capture": capture, "destination": destination}), &mut quiet)?;
    if wait {
        list::watch(made["MediaPipelineId"].as_str().unwrap_or_default(), 5.0, session, output)
    } else {
        output.value(&made);
        Ok(DONE)
    }
}

fn artifacts(pipeline: &str, sink: Option<&str>, session: &mut Session, output: &Output) -> Result<u8> {
    let found = session.drive("artifacts", &json!({"pipeline": pipeline, "sink": sink}), &mut quiet)?;
    if output.json {
        output.value(&found);
        return Ok(DONE);
    }
    let bucket = found["Bucket"].as_str().unwrap_or_default();
    let files = found["Artifacts"].as_array().into_iter().flatten();
    let mut places: Vec<String> = files.filter_map(|file| file["Uri"].as_str().map(str::to_owned)).collect();
    if places.is_empty() {
        let folders = found["Folders"].as_array().into_iter().flatten();
        places = folders.filter_map(|folder| Some(format!("s3://{bucket}/{}", folder["Prefix"].as_str()?))).collect();
    }
    for place in &places {
        output.line(place);
    }
    Ok(DONE)
}

fn policy(which: Option<&str>, made: &Value, output: &Output) -> Result<u8> {
    let Some(which) = which else {
        output.value(made);
        return Ok(DONE);
    };
    let names: Vec<&str> = made
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, value)| value.is_object())
        .map(|(name, _)| name.as_str())
        .collect();
    if !names.contains(&which) {
        return Err(CommandError::misuse(format!("there is no policy {which:?} here, but {}", names.join(", "))));
    }
    output.value(&made[which]);
    Ok(DONE)
}

fn call(operation: &str, input: &str, service: Option<&str>, session: &mut Session, output: &Output) -> Result<u8> {
    let same = |name: &str| name.eq_ignore_ascii_case(&operation.replace(['-', '_'], ""));
    // Today's services first, where the legacy one has the operation too.
    let mut services: Vec<_> = SERVICES.iter().filter(|known| service.is_none_or(|name| name == known.name)).collect();
    services.sort_by_key(|known| known.name == "chime");
    let found =
        services.iter().find_map(|known| Some((known.name, known.operations.iter().find(|own| same(own.name))?.name)));
    let Some((service, name)) = found else {
        let names = services.iter().flat_map(|known| known.operations.iter().map(|own| own.name));
        let word = operation.to_ascii_lowercase();
        let close =
            names.filter(|name| name.to_ascii_lowercase().contains(&word)).take(5).collect::<Vec<_>>().join(", ");
        let close = if close.is_empty() { String::new() } else { format!("; there is {close}") };
        return Err(CommandError::misuse(format!("no operation {operation:?}{close}")));
    };
    let text = if input == "-" { read_standard_input()? } else { input.to_owned() };
    let input: Value =
        serde_json::from_str(&text).map_err(|why| CommandError::misuse(format!("the input is not JSON: {why}")))?;
    output.value(&session.call(service, name, &input)?);
    Ok(DONE)
}

fn read_standard_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|why| CommandError::new(format!("standard input cannot be read: {why}")))?;
    Ok(text)
}
