//! The events of the services, in whatever form they come, as what happened to which pipeline or meeting.

use serde_json::{Value, json};

use super::follow::KINDS;
use super::options;
use crate::engine::{Failure, Host};

/// How deep one envelope is in another: Lambda around SQS around SNS around EventBridge.
const DEPTH: usize = 5;

const PIPELINE_CHANGE: &str = "Chime Media Pipeline State Change";

/// The events of pipelines, and the states that they mean.
const STATES: [(&str, &str); 5] = [
    ("InProgress", "InProgress"),
    ("Deleted", "Stopped"),
    ("TemporaryFailure", "Paused"),
    ("Resumed", "InProgress"),
    ("PermanentFailure", "Failed"),
];

/// The one event in `event`: an event of EventBridge, or that event in a message of SNS or SQS or in what Lambda is called with.
///
/// Gives a map with `subject` (`pipeline`, `pool` or `meeting`), `eventType` without `chime:`, `status` for a pipeline, and what
/// the event names: `mediaPipelineId`, `meetingId`, `externalMeetingId`, `attendeeId`, `account`, `region`, `time`, `detail`.
pub fn parse_event(event: &Value) -> Result<Value, Failure> {
    let mut found = parse_events(event)?;
    match (found.pop(), found.len()) {
        (Some(one), 0) => Ok(one),
        (_, more) => Err(Failure::Invalid(format!("event holds {} events; parse_events takes them all", more + 1))),
    }
}

/// All events in `event`.
pub fn parse_events(event: &Value) -> Result<Vec<Value>, Failure> {
    let mut out = Vec::new();
    unwrap(event, 0, &mut out)?;
    Ok(out)
}

fn unwrap(event: &Value, depth: usize, out: &mut Vec<Value>) -> Result<(), Failure> {
    const RULE: &str = "an event of Amazon Chime as EventBridge, SNS, SQS or Lambda give it";
    let wrong = || Failure::wrong("event", event, RULE);
    if depth > DEPTH {
        return Err(wrong());
    }
    if let Some(text) = event.as_str() {
        let inner: Value = serde_json::from_str(text).map_err(|_| wrong())?;
        return unwrap(&inner, depth + 1, out);
    }
    let members = event.as_object().ok_or_else(wrong)?;
    if let Some(records) = members.get("Records") {
        let records = records.as_array().filter(|records| !records.is_empty()).ok_or_else(wrong)?;
        return records.iter().try_for_each(|record| unwrap(record, depth + 1, out));
    }
    let nested = ["body", "Body", "Message", "Sns"].iter().find_map(|name| members.get(*name));
    if let Some(inner) = nested {
        return unwrap(inner, depth + 1, out);
    }
    let (detail_type, detail) = (members.get("detail-type").and_then(Value::as_str), &event["detail"]);
    match (detail_type, detail["eventType"].as_str()) {
        (Some(detail_type), Some(name)) if event["source"] == "aws.chime" => {
            out.push(read(event, detail_type, name.strip_prefix("chime:").unwrap_or(name)));
            Ok(())
        }
        _ => Err(wrong()),
    }
}

fn read(event: &Value, detail_type: &str, name: &str) -> Value {
    let detail = &event["detail"];
    let mut status = Value::Null;
    let subject = if detail_type == PIPELINE_CHANGE {
        let change = name.strip_prefix("MediaPipeline").unwrap_or(name);
        status = STATES.iter().find(|(event, _)| *event == change).map_or(Value::Null, |(_, status)| (*status).into());
        if change.starts_with("KinesisVideoStreamPool") { "pool" } else { "pipeline" }
    } else {
        "meeting"
    };
    let mut out = json!({"subject": subject, "eventType": name, "status": status});
    for member in
        ["mediaPipelineId", "poolId", "meetingId", "externalMeetingId", "mediaRegion", "attendeeId", "externalUserId"]
    {
        out[member] = detail[member].clone();
    }
    for member in ["account", "region", "time", "id"] {
        out[member] = event[member].clone();
    }
    out["timestamp"] = detail["timestamp"].clone();
    out["detail"] = detail.clone();
    out
}

/// An event whose pipeline is looked up.
pub(crate) struct Resolve {
    service: String,
    event: Value,
}

impl Resolve {
    pub(crate) fn read(input: &Value) -> Result<Resolve, Failure> {
        Ok(Resolve { service: options::service(input), event: parse_event(&input["event"])? })
    }
}

/// The event with `kind` and `pipeline`, which the event itself does not say: both null for one that is gone.
pub(crate) async fn resolve(host: Host, given: Resolve) -> Result<Value, Failure> {
    let mut event = given.event;
    event["kind"] = Value::Null;
    event["pipeline"] = Value::Null;
    let Some(id) = event["mediaPipelineId"].as_str() else { return Ok(event) };
    let input = json!({"MediaPipelineId": id});
    let legacy = given.service == "chime";
    let operation = if legacy { "GetMediaCapturePipeline" } else { "GetMediaPipeline" };
    match host.call(&given.service, operation, input).await {
        Ok(found) => {
            let outer: &[&str] = if legacy { &[] } else { &["MediaPipeline"] };
            if let Some(kind) = KINDS.iter().find(|kind| found.at(outer)[**kind].is_object()) {
                let path: Vec<&str> = outer.iter().copied().chain([*kind]).collect();
                event["kind"] = kind_name(kind).into();
                event["pipeline"] = found.reference(&path);
            }
        }
        Err(failed) if failed.error.is_gone() => {}
        Err(failed) => return Err(failed.into()),
    }
    Ok(event)
}

/// The word for a kind of pipelines: `MediaLiveConnectorPipeline` is a `live-connector`.
pub(crate) fn kind_name(member: &str) -> &'static str {
    match member {
        "MediaCapturePipeline" => "capture",
        "MediaConcatenationPipeline" => "concatenation",
        "MediaLiveConnectorPipeline" => "live-connector",
        "MediaStreamPipeline" => "stream",
        "MediaInsightsPipeline" => "insights",
        _ => "pipeline",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{parse_event, parse_events};

    fn event(name: &str) -> Value {
        json!({
            "version": "0", "id": "1", "detail-type": "Chime Media Pipeline State Change", "source": "aws.chime",
            "account": "111122223333", "time": "2024-02-29T12:00:00Z", "region": "us-east-1", "resources": [],
            "detail": {"version": "0", "eventType": format!("chime:{name}"), "timestamp": 1_709_208_000_000_i64,
                       "meetingId": "m-1", "externalMeetingId": "standup", "mediaPipelineId": "p-1", "mediaRegion": "us-east-1"},
        })
    }

    #[test]
    fn every_form_holds_the_same_event() {
        let plain = event("MediaPipelineDeleted");
        let expected = parse_event(&plain).expect("an event");
        assert_eq!(expected["status"], "Stopped");
        assert_eq!(expected["subject"], "pipeline");
        assert_eq!(expected["mediaPipelineId"], "p-1");
        let text = plain.to_string();
        let notification = json!({"Type": "Notification", "Message": text});
        for form in [
            json!(text),
            notification.clone(),
            json!({"Records": [{"EventSource": "aws:sns", "Sns": notification}]}),
            json!({"Records": [{"eventSource": "aws:sqs", "body": text}]}),
            json!({"Records": [{"eventSource": "aws:sqs", "body": notification.to_string()}]}),
            json!({"MessageId": "1", "Body": text}),
        ] {
            assert_eq!(parse_event(&form), Ok(expected.clone()), "{form}");
        }
        let two = json!({"Records": [{"body": text}, {"body": text}]});
        assert_eq!(parse_events(&two).map(|events| events.len()), Ok(2));
        assert!(parse_event(&two).expect_err("two").to_string().contains("holds 2 events"));
    }

    #[test]
    fn states_and_subjects_follow_from_the_names() {
        for (name, subject, status) in [
            ("MediaPipelineInProgress", "pipeline", json!("InProgress")),
            ("MediaPipelineTemporaryFailure", "pipeline", json!("Paused")),
            ("MediaPipelineResumed", "pipeline", json!("InProgress")),
            ("MediaPipelinePermanentFailure", "pipeline", json!("Failed")),
            ("MediaPipelineKinesisVideoStreamStart", "pipeline", Value::Null),
            ("MediaPipelineKinesisVideoStreamPoolActive", "pool", Value::Null),
        ] {
            let parsed = parse_event(&event(name)).expect("an event");
            assert_eq!((&parsed["subject"], &parsed["status"]), (&json!(subject), &status), "{name}");
        }
        let mut meeting = event("MeetingEnded");
        meeting["detail-type"] = "Chime Meeting State Change".into();
        let parsed = parse_event(&meeting).expect("an event");
        assert_eq!((&parsed["subject"], &parsed["eventType"]), (&json!("meeting"), &json!("MeetingEnded")));
    }

    #[test]
    fn other_things_are_refused() {
        let mut foreign = event("MediaPipelineDeleted");
        foreign["source"] = "aws.s3".into();
        let nested = (0..9).fold(event("X"), |inner, _| json!({"Body": inner.to_string()}));
        for value in [
            json!(1),
            json!("x"),
            json!({}),
            json!({"Records": []}),
            json!({"Records": [1]}),
            foreign,
            nested,
            json!(null),
        ] {
            assert!(parse_event(&value).expect_err("no event").to_string().starts_with("event must be"), "{value}");
        }
    }
}
