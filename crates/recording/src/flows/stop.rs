//! Stops a recording; what has stopped already is done.

use serde_json::{Value, json};

use super::captures::{self, State};
use super::concatenate::Joining;
use super::journaled::{Journal, Noted};
use super::options;
use crate::engine::{Failure, Host, Reply};
use crate::names::{Meeting, Pipeline};

/// What is stopped.
pub(crate) struct Stop {
    service: String,
    meeting: Option<Meeting>,
    pipeline: Option<Pipeline>,
    joining: Option<Joining>,
    /// How many seconds the end is waited for.
    wait: Option<f64>,
    /// How many seconds a stop that meets with passing errors is retried.
    retry: f64,
    journal: Option<Journal>,
}

/// How often a state is asked for, in seconds.
const POLL: f64 = 1.0;

impl Stop {
    pub(crate) fn read(input: &Value) -> Result<Stop, Failure> {
        let value = &input["target"];
        let (meeting, pipeline) = (Meeting::read(value), Pipeline::read(value));
        if meeting.is_none() && pipeline.is_none() {
            let rule = "a meeting or a pipeline: what a call returned, an ARN or an id";
            return Err(Failure::wrong("target", value, rule));
        }
        let service = options::service(input);
        let joining = Joining::after(input)?;
        let wait = options::seconds(input, "wait", 120.0)?;
        let retry = options::seconds(input, "retry", 60.0)?.unwrap_or(0.0);
        // An object with both, such as an event, names the pipeline.
        let meeting = if value.is_object() && pipeline.is_some() { None } else { meeting };
        Ok(Stop { service, meeting, pipeline, joining, wait, retry, journal: Journal::read(input)? })
    }
}

/// A capture to stop: what the service says of it, unless it is gone.
struct Target {
    pipeline: Pipeline,
    found: Option<Reply>,
}

/// Gives the ids of what is stopped, and what joins the recordings. The journal has it before the service.
pub(crate) async fn stop(host: Host, stop: Stop) -> Result<Value, Failure> {
    let Some(journal) = &stop.journal else { return run(&host, &stop).await };
    // A journal that cannot be written to keeps nothing from being stopped.
    let announced = journal.note(&host, Noted::Stopping, None).await;
    let stopped = run(&host, &stop).await;
    let noted = if stopped.is_ok() { Noted::Stopped } else { Noted::Unconfirmed };
    let noted = journal.note(&host, noted, None).await;
    let stopped = stopped?;
    announced.and(noted).map(|()| stopped)
}

async fn run(host: &Host, stop: &Stop) -> Result<Value, Failure> {
    let targets = targets(host, stop).await?;
    let mut joined = Vec::new();
    let mut stopped = Vec::new();
    for target in &targets {
        // First what joins it, which waits for its end: a stop that is cut off between the two is then made good by repeating it.
        let mut unjoined = None;
        if let Some(joining) = &stop.joining {
            match joining.join(host, &target.pipeline, target.found.as_ref()).await {
                Ok(joining) => joined.push(joining),
                Err(failure) => unjoined = Some(failure),
            }
        }
        delete(host, &stop.service, &target.pipeline.id, stop.retry).await?;
        // What cannot be joined is stopped all the same: else it records on.
        if let Some(failure) = unjoined {
            return Err(failure);
        }
        stopped.push(Value::from(target.pipeline.id.as_str()));
    }
    if let Some(limit) = stop.wait {
        for target in &targets {
            wait_for_end(host, &stop.service, &target.pipeline.id, limit).await?;
        }
    }
    Ok(json!({"MediaPipelineIds": stopped, "MediaConcatenationPipelines": joined}))
}

async fn targets(host: &Host, stop: &Stop) -> Result<Vec<Target>, Failure> {
    if let Some(pipeline) = &stop.pipeline {
        // Where nothing is to be known of it, a stop needs no other permission than its own.
        if stop.meeting.is_none() && stop.joining.is_none() {
            return Ok(vec![Target { pipeline: pipeline.clone(), found: None }]);
        }
        let found = captures::get(host, &stop.service, &pipeline.id).await?;
        // An id alone may also be that of a meeting.
        if found.is_some() || stop.meeting.is_none() {
            return Ok(vec![Target { pipeline: pipeline.clone(), found }]);
        }
    }
    let Some(meeting) = &stop.meeting else { return Ok(Vec::new()) };
    let captures = captures::of_meeting(host, &stop.service, meeting).await?;
    let target = |found: Reply| {
        let pipeline = Pipeline::read(found.at(&["MediaCapturePipeline"]))?;
        Some(Target { pipeline, found: Some(found) })
    };
    Ok(captures.into_iter().filter(|found| captures::state(found) != State::Ended).filter_map(target).collect())
}

/// Deletes a capture, again for `left` seconds where that meets with passing errors; one that is gone is deleted.
pub(super) async fn delete(host: &Host, service: &str, id: &str, mut left: f64) -> Result<(), Failure> {
    let mut delay = 0.5;
    loop {
        let asked = host.call(service, "DeleteMediaCapturePipeline", json!({"MediaPipelineId": id})).await;
        match asked {
            Ok(_) => return Ok(()),
            Err(failed) if failed.error.is_gone() => return Ok(()),
            Err(failed) if !failed.error.is_passing() || left <= 0.0 => return Err(failed.into()),
            Err(_) => {
                host.sleep(f64::min(delay, left)).await;
                left -= delay;
                delay = f64::min(delay * 2.0, 8.0);
            }
        }
    }
}

async fn wait_for_end(host: &Host, service: &str, id: &str, limit: f64) -> Result<(), Failure> {
    let mut left = limit;
    while let Some(found) = captures::get(host, service, id).await? {
        if captures::state(&found) == State::Ended {
            return Ok(());
        }
        if left <= 0.0 {
            let status = found.text(&["MediaCapturePipeline", "Status"]);
            return Err(Failure::Recording(format!(
                "the pipeline {id} is {status} after {limit} s; its stop was accepted"
            )));
        }
        host.sleep(f64::min(POLL, left)).await;
        left -= POLL;
    }
    Ok(())
}
