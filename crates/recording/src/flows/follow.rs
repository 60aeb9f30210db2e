//! The changes of a pipeline's state, as they come.

use serde_json::{Value, json};

use super::{events, options};
use crate::engine::{Failure, Host};
use crate::names::Pipeline;

/// A pipeline that is watched.
pub(crate) struct Follow {
    service: String,
    pipeline: Pipeline,
    delay: f64,
}

/// The kinds of pipelines that `GetMediaPipeline` knows.
pub(super) const KINDS: [&str; 5] = [
    "MediaCapturePipeline",
    "MediaConcatenationPipeline",
    "MediaLiveConnectorPipeline",
    "MediaStreamPipeline",
    "MediaInsightsPipeline",
];

impl Follow {
    pub(crate) fn read(input: &Value) -> Result<Follow, Failure> {
        let delay = options::seconds(input, "delay", 2.0)?.unwrap_or(2.0);
        Ok(Follow {
            service: options::service(input),
            pipeline: Pipeline::parse("pipeline", &input["pipeline"])?,
            delay,
        })
    }
}

/// Tells each new state; ends with the pipeline. Throttling and passing errors end nothing. An event that the host hands in, in
/// place of a wait, saves the poll.
pub(crate) async fn follow(host: Host, follow: Follow) -> Result<Value, Failure> {
    let id = &follow.pipeline.id;
    let operation = if follow.service == "chime" { "GetMediaCapturePipeline" } else { "GetMediaPipeline" };
    let mut last = String::new();
    loop {
        let (status, pipeline) = match host.call(&follow.service, operation, json!({"MediaPipelineId": id})).await {
            Ok(found) => {
                let outer: &[&str] = if follow.service == "chime" { &[] } else { &["MediaPipeline"] };
                let holder = found.at(outer);
                let kind = KINDS.iter().find(|kind| holder[**kind].is_object()).copied().unwrap_or_default();
                let path: Vec<&str> = outer.iter().copied().chain([kind]).collect();
                (found.at(&path)["Status"].as_str().unwrap_or_default().to_owned(), found.reference(&path))
            }
            Err(failed) if failed.error.is_gone() && last.is_empty() => return Err(failed.into()),
            Err(failed) if failed.error.is_gone() => ("Stopped".to_owned(), Value::Null),
            Err(failed) if failed.error.is_passing() => (last.clone(), Value::Null),
            Err(failed) => return Err(failed.into()),
        };
        if status != last {
            host.emit(json!({"MediaPipelineId": id, "Status": status, "Pipeline": pipeline})).await;
            last.clone_from(&status);
        }
        if matches!(status.as_str(), "Stopped" | "Failed") {
            return Ok(Value::Null);
        }
        let event = host.sleep_or_event(follow.delay).await;
        let told = event
            .and_then(|event| events::parse_event(&event).ok())
            .filter(|event| event["mediaPipelineId"] == id.as_str());
        if let Some(status) = told.as_ref().and_then(|event| event["status"].as_str())
            && status != last
        {
            host.emit(json!({"MediaPipelineId": id, "Status": status, "Pipeline": null})).await;
            status.clone_into(&mut last);
            if matches!(status, "Stopped" | "Failed") {
                return Ok(Value::Null);
            }
        }
    }
}
