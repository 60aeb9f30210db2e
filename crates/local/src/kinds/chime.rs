//! The kinds of the legacy service `chime`: its capture pipelines, which are apart from those of its successor.

use crate::kinds::{PIPELINE, ResourceKind, Role};

pub(crate) static CAPTURE: ResourceKind = ResourceKind {
    name: "chime.MediaCapturePipeline",
    member: "MediaCapturePipeline",
    noun: "Media capture pipeline",
    role: Role::Capture,
    id_member: "MediaPipelineId",
    arn: None,
    unique_name: None,
    lifecycle: Some(PIPELINE),
    name_taken_error: "",
};

pub(crate) static KINDS: &[&ResourceKind] = &[&CAPTURE];
