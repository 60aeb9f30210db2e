//! Meetings as they are lived: attendees join and leave, pipelines take part, and meetings end.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::kinds::meetings::{ATTENDEE, MEETING};
use crate::state::{AccountState, Cause, Draft};

/// What the external user id of a pipeline's attendee starts with; five hex digits follow.
const RECORDER_PREFIX: &str = "aws:MediaPipeline-";

impl AccountState {
    /// An attendee connects to its meeting. Connecting twice is connecting once.
    pub(crate) fn join(&mut self, attendee: u64, at: SystemTime) {
        self.connect(attendee, true, "chime:AttendeeJoined", at);
    }

    /// An attendee leaves its meeting, or loses its connection.
    pub(crate) fn leave(&mut self, attendee: u64, is_dropped: bool, at: SystemTime) {
        let event = if is_dropped { "chime:AttendeeDropped" } else { "chime:AttendeeLeft" };
        self.connect(attendee, false, event, at);
    }

    fn connect(&mut self, number: u64, connected: bool, event: &'static str, at: SystemTime) {
        let Some(attendee) = self.resources.get_mut(&number) else { return };
        if attendee.presence.is_connected == connected {
            return;
        }
        attendee.presence.is_connected = connected;
        let is_recorder = attendee.text("ExternalUserId").starts_with(RECORDER_PREFIX);
        let meeting = attendee.parent.unwrap_or_default();
        if connected {
            self.attendee_event(number, "chime:AttendeeAuthorized", at);
        }
        self.attendee_event(number, event, at);
        let keeps = self.timing.recorder_keeps_meeting;
        let Some(meeting_resource) = self.resources.get_mut(&meeting) else { return };
        let presence = &mut meeting_resource.presence;
        let count = if is_recorder { &mut presence.recorders } else { &mut presence.connected };
        *count = if connected { *count + 1 } else { count.saturating_sub(1) };
        let is_empty = presence.connected == 0 && (!keeps || presence.recorders == 0);
        if connected && (keeps || !is_recorder) {
            presence.empty_since = None;
        } else if is_empty && (keeps || !is_recorder) {
            presence.empty_since = Some(at);
        }
        self.schedule_change(meeting, at);
    }

    /// Lets a pipeline take part in the meeting that it works on. `id` and `mark` are fresh.
    pub(crate) fn add_recorder(&mut self, pipeline: u64, id: String, mark: &str, token: &str, at: SystemTime) {
        let meeting = self.resources.get(&pipeline).and_then(|resource| resource.meeting.as_ref());
        let Some((meeting, resource)) = meeting.and_then(|meeting| self.meeting(&meeting.id)) else { return };
        let region: Arc<str> = resource.region.clone();
        let members = json!({
            "ExternalUserId": format!("{RECORDER_PREFIX}{mark}"),
            "JoinToken": token,
            "Capabilities": {"Audio": "Receive", "Video": "Receive", "Content": "Receive"},
        });
        let Value::Object(members) = members else { return };
        let draft = Draft { members, parent: Some(meeting), ..Draft::default() };
        let recorder = self.insert(&ATTENDEE, id, None, &region, draft, at);
        self.join(recorder, at);
        if let Some(pipeline) = self.resources.get_mut(&pipeline) {
            pipeline.recorder = Some(recorder);
        }
    }

    /// Whether an attendee is one that a pipeline takes part as.
    pub(crate) fn is_recorder(&self, attendee: u64) -> bool {
        self.get(attendee).is_some_and(|attendee| attendee.text("ExternalUserId").starts_with(RECORDER_PREFIX))
    }

    /// Removes an attendee, who leaves first.
    pub(super) fn remove_attendee(&mut self, number: u64, at: SystemTime) {
        self.leave(number, false, at);
        self.attendee_event(number, "chime:AttendeeDeleted", at);
        self.remove(number, at);
    }

    /// Ends a meeting with its attendees, its replicas, and the pipelines that work on it.
    pub(super) fn end_meeting(&mut self, number: u64, at: SystemTime) {
        let Some(meeting) = self.resources.get(&number) else { return };
        let id = meeting.id.clone();
        let is_replica = |part: &u64| self.get(*part).is_some_and(|part| part.kind.is(&MEETING));
        let replicas: Vec<u64> = self.parts(number).into_iter().filter(is_replica).collect();
        for replica in replicas {
            self.end_meeting(replica, at);
        }
        for attendee in self.parts(number) {
            self.leave(attendee, false, at);
        }
        self.meeting_event(number, "chime:MeetingEnded", at);
        self.remove(number, at);
        for pipeline in self.pipelines_of_meeting(&id) {
            self.end(pipeline, Cause::Dependency, at);
        }
    }
}
