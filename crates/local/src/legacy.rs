//! The legacy service `chime`: its capture pipelines, which are apart from those of its successor.

use serde_json::Value;

use crate::actions::{Action, Row};
use crate::kind::{Draft, Kind, PIPELINE};
use crate::refusal::Refusal;
use crate::store::Space;

pub(crate) static CAPTURE: Kind = Kind {
    member: "MediaCapturePipeline",
    noun: "media capture pipeline",
    id: "MediaPipelineId",
    arn: None,
    name: None,
    course: Some(PIPELINE),
    is_pipeline: true,
    taken: "",
    prepare: |space, _, draft| one_capture_of_a_meeting(space, &CAPTURE, draft),
};

pub(crate) static ACTIONS: &[Row] = &[
    ("CreateMediaCapturePipeline", Action::Create(&CAPTURE)),
    ("DeleteMediaCapturePipeline", Action::Delete(&[&CAPTURE])),
    ("GetMediaCapturePipeline", Action::Get(&[&CAPTURE])),
    ("ListMediaCapturePipelines", Action::List(&[&CAPTURE])),
];

/// A meeting has one active capture at most.
pub(crate) fn one_capture_of_a_meeting(space: &Space, kind: &'static Kind, draft: &Draft) -> Result<(), Refusal> {
    let source = draft.members.get("SourceArn").and_then(Value::as_str);
    let taken = space.all().any(|(_, other)| {
        other.kind.is(kind) && other.is_active() && other.members.get("SourceArn").and_then(Value::as_str) == source
    });
    if taken { Err(Refusal::limit("Limit reached: the meeting is being captured already.")) } else { Ok(()) }
}
