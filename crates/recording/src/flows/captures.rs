//! The captures that there are, as several flows look for them.

use serde_json::{Value, json};

use crate::engine::{Failure, Host, Reply};
use crate::names::Meeting;

/// What a pipeline's status says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It does its work, or is about to.
    Active,
    /// It is about to end.
    Ending,
    /// It has ended.
    Ended,
}

impl State {
    pub(crate) fn of(status: &str) -> State {
        match status {
            "Stopping" => State::Ending,
            "Stopped" | "Failed" => State::Ended,
            _ => State::Active,
        }
    }
}

/// A capture, or nothing if there is none of that id any more.
pub(crate) async fn get(host: &Host, service: &str, id: &str) -> Result<Option<Reply>, Failure> {
    let asked = host.call(service, "GetMediaCapturePipeline", json!({"MediaPipelineId": id})).await;
    match asked {
        Ok(reply) => Ok(Some(reply)),
        Err(failed) if failed.error.is_gone() => Ok(None),
        Err(failed) => Err(failed.into()),
    }
}

/// The state of a capture that [`get`] found.
pub(crate) fn state(found: &Reply) -> State {
    State::of(found.text(&["MediaCapturePipeline", "Status"]))
}

/// The captures of a meeting that are still listed, whatever their state. The list says no more than their ids.
pub(crate) async fn of_meeting(host: &Host, service: &str, meeting: &Meeting) -> Result<Vec<Reply>, Failure> {
    let mut out = Vec::new();
    for item in list(host, service, "ListMediaCapturePipelines", "MediaCapturePipelines").await? {
        // The legacy service lists them whole.
        if item["SourceArn"].as_str().is_some_and(|source| !meeting.is_source(source)) {
            continue;
        }
        let Some(id) = item["MediaPipelineId"].as_str() else { continue };
        let Some(found) = get(host, service, id).await? else { continue };
        if meeting.is_source(found.text(&["MediaCapturePipeline", "SourceArn"])) {
            out.push(found);
        }
    }
    Ok(out)
}

/// All items of a list, page by page.
pub(crate) async fn list(host: &Host, service: &str, operation: &str, member: &str) -> Result<Vec<Value>, Failure> {
    list_with(host, service, operation, member, json!({})).await
}

/// The same with an input.
pub(crate) async fn list_with(
    host: &Host,
    service: &str,
    operation: &str,
    member: &str,
    mut input: Value,
) -> Result<Vec<Value>, Failure> {
    let mut out = Vec::new();
    loop {
        let mut page = host.call(service, operation, input.clone()).await?;
        if let Value::Array(items) = page.output[member].take() {
            out.extend(items);
        }
        let token = page.text(&["NextToken"]);
        if token.is_empty() || input["NextToken"] == token {
            return Ok(out);
        }
        input["NextToken"] = token.into();
    }
}
