//! What the commands do.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::time::Instant;

use chimeline_core::schema::generated::SERVICES;
use chimeline_recording::policies;
use clap::CommandFactory as _;
use clap_complete::Shell;
use serde_json::{Map, Value, json};

use crate::arguments::{Arguments, Command};
use crate::listing::{self, Listed};
use crate::output::{Colour, Output};
use crate::session::{CommandError, Session, pause, variable};
use crate::{DONE, FAILED, UNKNOWN, interrupt};

type Result<T> = std::result::Result<T, CommandError>;

pub(crate) fn run(command: &Command, session: &mut Session, output: &Output) -> Result<u8> {
    match command {
        Command::Record { .. } => record(command, session, output),
        Command::Ls { all } => ls(*all, session, output),
        Command::Watch { pipeline, delay } => watch(pipeline, *delay, session, output),
        Command::Stop { .. } => stop(command, session, output),
        Command::Concat { capture, destination, wait } => concat(capture, destination, *wait, session, output),
        Command::Artifacts { pipeline, sink } => artifacts(pipeline, sink.as_deref(), session, output),
        Command::Doctor { .. } => doctor(command, session, output),
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

fn record(command: &Command, session: &mut Session, output: &Output) -> Result<u8> {
    let Command::Record { meeting, sink, artifacts, tag, max_duration, concatenate_to, detach } = command else {
        return Ok(FAILED);
    };
    let artifacts = if artifacts.is_empty() { Value::Null } else { json!(artifacts) };
    let input = json!({"meeting": meeting, "sink": sink, "artifacts": artifacts, "tags": tags_of(tag), "region": session.region()?});
    // A place that cannot be one is refused before anything is created.
    if let Some(place) = concatenate_to {
        chimeline_recording::Plan::new(
            "concatenate",
            &json!({"capture": "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11", "destination": place}),
        )?;
    }
    interrupt::listen();
    let pipeline = session.drive("start_recording", &input, &mut quiet)?;
    let id = pipeline["MediaPipelineId"].as_str().unwrap_or_default().to_owned();
    if *detach {
        output.value(&pipeline);
        return Ok(DONE);
    }
    output.note(&format!("{id} records {meeting}; Ctrl-C stops it"));
    let outcome = until_done(session, output, &id, *max_duration);
    interrupt::finish();
    let stop = json!({"target": id, "concatenate_to": concatenate_to, "wait": true, "retry": 120});
    let stopped = session.drive("stop_recording", &stop, &mut quiet);
    if stopped.is_err() {
        output
            .note(&output.painted(&format!("{id} may still record. This stops it: chimeline stop {id}"), Colour::Red));
    }
    let stopped = stopped?;
    outcome?;
    output.note(&output.painted(&format!("{id} has stopped"), Colour::Green));
    output.value(&json!({"MediaCapturePipeline": pipeline, "Stopped": stopped}));
    Ok(DONE)
}

/// Until a signal, the longest duration, or the end of the pipeline.
fn until_done(session: &mut Session, output: &Output, id: &str, max_duration: Option<f64>) -> Result<()> {
    let began = Instant::now();
    let is_over = || max_duration.is_some_and(|most| began.elapsed().as_secs_f64() >= most);
    let mut last = String::new();
    while !interrupt::caught() && !is_over() {
        let found =
            session.call("chime-sdk-media-pipelines", "GetMediaCapturePipeline", &json!({"MediaPipelineId": id}));
        let status = match found {
            Ok(found) => found["MediaCapturePipeline"]["Status"].as_str().unwrap_or_default().to_owned(),
            // It may only be out of reach for a while; the next look says more.
            Err(error) if error.service_error().is_some_and(|service| service.response.status == 404) => {
                "Stopped".to_owned()
            }
            Err(_) => last.clone(),
        };
        if status != last {
            output.note(&format!("{id} is {status}"));
            last = status;
        }
        if matches!(last.as_str(), "Stopped" | "Failed") {
            return if last == "Failed" { Err(CommandError::new(format!("{id} has failed"))) } else { Ok(()) };
        }
        let left = max_duration.map_or(1.0, |most| most - began.elapsed().as_secs_f64());
        if pause(left.clamp(0.0, 1.0)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn ls(all: bool, session: &mut Session, output: &Output) -> Result<u8> {
    let region = session.chosen_region();
    let (mut found, failed) = listing::list(session, region.as_deref())?;
    found.retain(|listed| all || !listed.is_over());
    for why in &failed {
        output.note(&output.painted(&format!("no answer of {why}"), Colour::Yellow));
    }
    if output.json {
        output.value(&json!({"Pipelines": found.iter().map(Listed::json).collect::<Vec<_>>(), "Failed": failed}));
    } else if found.is_empty() {
        output.note("no pipelines");
    } else {
        output.table(&["REGION", "KIND", "ID", "STATUS", "AGE", "TAGS"], &found.iter().map(row).collect::<Vec<_>>());
    }
    Ok(if failed.is_empty() { DONE } else { UNKNOWN })
}

fn row(listed: &Listed) -> Vec<String> {
    let tags = listed.tags.as_array().into_iter().flatten();
    let tags = tags.map(|tag| {
        format!("{}={}", tag["Key"].as_str().unwrap_or_default(), tag["Value"].as_str().unwrap_or_default())
    });
    vec![
        listed.region.clone(),
        listed.kind.clone(),
        listed.text("MediaPipelineId").to_owned(),
        listed.text("Status").to_owned(),
        listed.age().map(age).unwrap_or_default(),
        tags.collect::<Vec<_>>().join(" "),
    ]
}

/// Seconds in the largest unit that fits.
#[expect(clippy::cast_possible_truncation, reason = "an age in seconds is far from the limit")]
fn age(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as i64;
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

fn watch(pipeline: &str, delay: f64, session: &mut Session, output: &Output) -> Result<u8> {
    let mut last = String::new();
    let mut tell = |change: &Value| {
        change["Status"].as_str().unwrap_or_default().clone_into(&mut last);
        if output.json {
            output.value(change);
        } else {
            let colour = match last.as_str() {
                "InProgress" => Colour::Green,
                "Failed" => Colour::Red,
                _ => Colour::Yellow,
            };
            let now = jiff::Timestamp::now().strftime("%H:%M:%S");
            output.line(&format!(
                "{now}  {}  {}",
                change["MediaPipelineId"].as_str().unwrap_or_default(),
                output.painted(&last, colour)
            ));
        }
        true
    };
    session.drive("follow", &json!({"pipeline": pipeline, "delay": delay}), &mut tell)?;
    Ok(if last == "Failed" { FAILED } else { DONE })
}

fn stop(command: &Command, session: &mut Session, output: &Output) -> Result<u8> {
    let Command::Stop { targets, older_than, tag, concatenate_to, wait, yes } = command else { return Ok(FAILED) };
    let chooses = older_than.is_some() || !tag.is_empty();
    if targets.is_empty() != chooses {
        return Err(CommandError::misuse(
            "stop takes meetings and pipelines, or --older-than and --tag: one of the two",
        ));
    }
    let mut wanted: Vec<(Option<String>, String)> = targets.iter().map(|target| (None, target.clone())).collect();
    if chooses {
        let region = session.chosen_region();
        let (found, failed) = listing::list(session, region.as_deref())?;
        if let Some(why) = failed.first() {
            return Err(CommandError::new(format!("not every Region has answered, so nothing is stopped: {why}")));
        }
        let fits = |listed: &&Listed| {
            let old = older_than.is_none_or(|least| listed.age().is_some_and(|age| age >= least));
            listed.kind == "capture" && !listed.is_over() && old && listed.has_tags(tag)
        };
        let chosen = found.iter().filter(fits);
        wanted =
            chosen.map(|listed| (Some(listed.region.clone()), listed.text("MediaPipelineId").to_owned())).collect();
    }
    if wanted.len() > 1 && !yes && !confirmed(wanted.len())? {
        return Err(CommandError::new("nothing was stopped"));
    }
    let mut stopped = Vec::new();
    for (region, target) in &wanted {
        let input = json!({"target": target, "concatenate_to": concatenate_to, "wait": wait, "retry": 60});
        let mut other = region.as_ref().map(|region| session.in_region(region));
        let done = other.as_mut().unwrap_or(session).drive("stop_recording", &input, &mut quiet)?;
        for id in done["MediaPipelineIds"].as_array().into_iter().flatten() {
            output.note(&format!("{} stops", id.as_str().unwrap_or_default()));
        }
        stopped.push(done);
    }
    if output.json {
        output.value(&json!(stopped));
    }
    Ok(DONE)
}

fn confirmed(count: usize) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(CommandError::misuse(format!(
            "{count} recordings would be stopped; --yes stops them without asking"
        )));
    }
    let _ = write!(std::io::stderr(), "Stop {count} recordings? [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn concat(capture: &str, destination: &str, wait: bool, session: &mut Session, output: &Output) -> Result<u8> {
    let made = session.drive("concatenate", &json!({"capture": capture, "destination": destination}), &mut quiet)?;
    if wait {
        watch(made["MediaPipelineId"].as_str().unwrap_or_default(), 5.0, session, output)
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

fn doctor(command: &Command, session: &mut Session, output: &Output) -> Result<u8> {
    let Command::Doctor { sink, meeting, media_region, concatenate_to, legacy } = command else { return Ok(FAILED) };
    let service = if *legacy { "chime" } else { "chime-sdk-media-pipelines" };
    let own = |name: &str| variable(&format!("AWS_ENDPOINT_URL_{}", name.to_uppercase()));
    let endpoints: Map<String, Value> =
        ["s3", "sts", "iam"].iter().filter_map(|name| Some(((*name).to_owned(), own(name)?.into()))).collect();
    let input = json!({
        "service": service, "region": session.region()?, "sink": sink, "meeting": meeting, "media_region": media_region,
        "concatenate_to": concatenate_to, "endpoints": endpoints,
    });
    let found = session.drive("preflight", &input, &mut quiet)?;
    if output.json {
        output.value(&found);
    } else {
        found["checks"].as_array().into_iter().flatten().for_each(|check| told(check, output));
    }
    Ok(match found["ready"].as_bool() {
        Some(true) => DONE,
        Some(false) => FAILED,
        None => UNKNOWN,
    })
}

fn told(check: &Value, output: &Output) {
    let text = |name: &str| check[name].as_str().unwrap_or_default();
    let (mark, colour) = match text("verdict") {
        "passed" => ("passed     ", Colour::Green),
        "failed" => ("failed     ", Colour::Red),
        _ => ("cannot tell", Colour::Yellow),
    };
    output.line(&format!("{}  {}: {}", output.painted(mark, colour), text("check"), text("detail")));
    if text("verdict") == "passed" {
        return;
    }
    output.line(&format!("             {}", text("cure")));
    if !text("asked").is_empty() {
        output.line(&output.painted(&format!("             looked at by {}", text("asked")), Colour::Dim));
    }
    match &check["paste"] {
        Value::Null => {}
        Value::String(command) => output.line(&format!("             {command}")),
        document => output.line(&format!("{document:#}")),
    }
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
