//! A resource that the service remembers, and the draft of one that is about to be created.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::kinds::{ResourceKind, is_active};

/// A resource.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) kind: &'static ResourceKind,
    pub(crate) id: String,
    pub(crate) arn: Option<String>,
    /// The control region that it was created in.
    pub(crate) region: Arc<str>,
    pub(crate) members: Map<String, Value>,
    pub(crate) tags: BTreeMap<String, String>,
    /// The resource that it is part of, and is removed with.
    pub(crate) parent: Option<u64>,
    pub(crate) created: SystemTime,
    pub(crate) updated: SystemTime,
    /// The state, of a kind that has any.
    pub(crate) status: Option<&'static str>,
    /// The states that follow by themselves.
    pub(crate) pending_states: &'static [&'static str],
    /// When its next change is scheduled.
    pub(crate) next_change: Option<SystemTime>,
    /// The resource that must have ended before this one begins.
    pub(crate) waits_for: Option<u64>,
    /// How long it stays after its last state; `None` for as long as nobody deletes it.
    pub(crate) removed_after: Option<Duration>,
    /// The key of the idempotency token that it was created with.
    pub(crate) token: Option<Arc<str>>,
    /// The meeting that a pipeline works on.
    pub(crate) meeting: Option<MeetingRef>,
    /// The attendee that takes part in the meeting for a pipeline.
    pub(crate) recorder: Option<u64>,
    /// Who is connected: of an attendee itself, of a meeting its attendees.
    pub(crate) presence: Presence,
}

/// What a pipeline knows of its meeting, be it one that has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MeetingRef {
    pub(crate) id: String,
    pub(crate) external_id: String,
    pub(crate) media_region: String,
}

/// Who is connected to a meeting.
#[derive(Clone, Debug, Default)]
pub(crate) struct Presence {
    /// Of an attendee: whether it is connected.
    pub(crate) is_connected: bool,
    /// Of a meeting: how many attendees are connected, without those of pipelines.
    pub(crate) connected: usize,
    /// Of a meeting: how many attendees of pipelines are connected.
    pub(crate) recorders: usize,
    /// Of a meeting: since when nobody is connected, if anybody ever was.
    pub(crate) empty_since: Option<SystemTime>,
}

/// A resource about to be created.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// Its members, by the names of users.
    pub(crate) members: Map<String, Value>,
    /// See [`Resource::parent`].
    pub(crate) parent: Option<u64>,
    /// See [`Resource::waits_for`].
    pub(crate) waits_for: Option<u64>,
    /// See [`Resource::meeting`].
    pub(crate) meeting: Option<MeetingRef>,
    /// The resource that is already what the caller asks for.
    pub(crate) existing: Option<u64>,
}

impl Resource {
    /// Whether it still does its work.
    pub(crate) fn is_active(&self) -> bool {
        self.status.is_none_or(is_active)
    }

    /// A member that is text.
    pub(crate) fn text(&self, member: &str) -> &str {
        self.members.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it is a pipeline that names `arn` as what it works on or with.
    pub(crate) fn is_pipeline_of(&self, arn: &str) -> bool {
        fn names(value: &Value, arn: &str) -> bool {
            match value {
                Value::String(text) => text == arn,
                Value::Array(items) => items.iter().any(|value| names(value, arn)),
                Value::Object(map) => map.values().any(|value| names(value, arn)),
                _ => false,
            }
        }
        self.kind.role.is_pipeline() && self.members.values().any(|value| names(value, arn))
    }
}
