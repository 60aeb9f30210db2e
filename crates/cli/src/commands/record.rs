//! `record`: a recording for as long as the command runs.

use std::time::Instant;

use serde_json::{Value, json};

use super::{Result, quiet, tags_of};
use crate::arguments::Record;
use crate::output::{Colour, Output};
use crate::session::{CommandError, Session, fresh_id, pause};
use crate::{DONE, interrupt};

const SERVICE: &str = "chime-sdk-media-pipelines";

pub(super) fn record(given: &Record, session: &mut Session, output: &Output) -> Result<u8> {
    let Record { meeting, sink, concatenate_to, journal, .. } = given;
    let artifacts = if given.artifacts.is_empty() { Value::Null } else { json!(given.artifacts) };
    let guard = fresh_id();
    let input = json!({
        "meeting": meeting, "sink": sink, "artifacts": artifacts, "tags": tags_of(&given.tag), "region": session.region()?,
        "journal": journal, "guard": guard, "concatenate_to": concatenate_to,
    });
    interrupt::listen();
    // A start that is cut off would leave what it has made.
    let pipeline = interrupt::hold(|| session.drive("start_recording", &input, &mut quiet))?;
    let id = pipeline["MediaPipelineId"].as_str().unwrap_or_default().to_owned();
    if given.detach {
        output.value(&pipeline);
        return Ok(DONE);
    }
    output.note(&format!("{id} starts; Ctrl-C stops it"));
    let outcome = until_done(session, output, &id, given.max_duration);
    output.progress(&format!("{id} stops"));
    let stop = json!({
        "target": pipeline, "concatenate_to": concatenate_to, "wait": true, "retry": 120, "journal": journal, "guard": guard,
    });
    let stopped = interrupt::hold(|| session.drive("stop_recording", &stop, &mut quiet));
    if stopped.is_err() {
        let region = session.region()?;
        output.alarm(
            &format!("{id} may still record. This stops it: chimeline stop {id} --region {region}"),
            Colour::Red,
        );
    }
    let stopped = stopped?;
    outcome?;
    output.alarm(&format!("{id} has stopped"), Colour::Green);
    output.value(&json!({"MediaCapturePipeline": pipeline, "Stopped": stopped}));
    Ok(DONE)
}

/// Until a signal, the longest duration, or the end of the pipeline.
fn until_done(session: &mut Session, output: &Output, id: &str, max_duration: Option<f64>) -> Result<()> {
    #[expect(clippy::disallowed_methods, reason = "how long it takes is told by the clock on the wall")]
    let began = Instant::now();
    let mut last = String::new();
    while !interrupt::caught() && max_duration.is_none_or(|most| began.elapsed().as_secs_f64() < most) {
        let status = match session.call(SERVICE, "GetMediaCapturePipeline", &json!({"MediaPipelineId": id})) {
            Ok(found) => found["MediaCapturePipeline"]["Status"].as_str().unwrap_or_default().to_owned(),
            Err(error) if error.status == Some(404) => "Stopped".to_owned(),
            // It may only be out of reach for a while; the next look says more.
            Err(_) => last.clone(),
        };
        if status != last {
            output.note(&format!("{id} is {status}"));
            last = status;
        }
        match last.as_str() {
            "Failed" => return Err(CommandError::new(format!("{id} has failed"))),
            "Stopped" => return Ok(()),
            _ => {}
        }
        output.progress(&elapsed(began.elapsed().as_secs()));
        let left = max_duration.map_or(1.0, |most| most - began.elapsed().as_secs_f64());
        if pause(left.clamp(0.0, 1.0)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

fn elapsed(seconds: u64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
