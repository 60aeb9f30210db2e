//! The events that the service sends to EventBridge.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::kinds::Role;
use crate::state::{AccountState, Resource};

/// An event, without what the delivery adds.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) detail_type: &'static str,
    pub(crate) region: String,
    pub(crate) at: SystemTime,
    pub(crate) detail: Map<String, Value>,
    /// The pipeline as it is then, for who writes its artifacts.
    pub(crate) pipeline: Option<Box<Resource>>,
}

const MEETING_CHANGE: &str = "Chime Meeting State Change";
const PIPELINE_CHANGE: &str = "Chime Media Pipeline State Change";

impl AccountState {
    pub(super) fn created_event(&mut self, number: u64, at: SystemTime) {
        match self.get(number).map(|resource| resource.kind.role) {
            Some(Role::Meeting) => self.meeting_event(number, "chime:MeetingStarted", at),
            Some(Role::Attendee) => self.attendee_event(number, "chime:AttendeeAdded", at),
            _ => {}
        }
    }

    pub(crate) fn meeting_event(&mut self, number: u64, event: &str, at: SystemTime) {
        let Some(meeting) = self.get(number) else { return };
        let detail = detail(event, at, &meeting_members(meeting));
        self.emit(MEETING_CHANGE, number, at, detail);
    }

    pub(crate) fn attendee_event(&mut self, number: u64, event: &str, at: SystemTime) {
        let Some(attendee) = self.get(number) else { return };
        let Some(meeting) = attendee.parent.and_then(|meeting| self.get(meeting)) else { return };
        let mut members = meeting_members(meeting);
        members.push(("attendeeId", attendee.id.as_str().into()));
        members.push(("externalUserId", attendee.text("ExternalUserId").into()));
        let detail = detail(event, at, &members);
        self.emit(MEETING_CHANGE, number, at, detail);
    }

    /// Sends what the change from a state to the one that a resource is in means for those who watch it.
    pub(super) fn status_event(&mut self, number: u64, before: Option<&'static str>, at: SystemTime) {
        let Some(resource) = self.get(number) else { return };
        let role = resource.kind.role;
        let status = resource.status.unwrap_or_default();
        let names: &[&str] = match (role, status, before) {
            (Role::StreamPool, "ACTIVE", Some("CREATING")) => &["chime:MediaPipelineKinesisVideoStreamPoolActive"],
            (Role::StreamPool, "ACTIVE", Some("UPDATING")) => &["chime:MediaPipelineKinesisVideoStreamPoolUpdated"],
            (Role::StreamPool, "DELETING", _) => &["chime:MediaPipelineKinesisVideoStreamPoolDeleted"],
            _ if !role.is_pipeline() => return,
            (_, "InProgress", Some("Paused")) => &["chime:MediaPipelineResumed"],
            (Role::Stream, "InProgress", _) => {
                &["chime:MediaPipelineInProgress", "chime:MediaPipelineKinesisVideoStreamStart"]
            }
            (_, "InProgress", _) => &["chime:MediaPipelineInProgress"],
            (_, "Paused", _) => &["chime:MediaPipelineTemporaryFailure"],
            (_, "Failed", _) => &["chime:MediaPipelinePermanentFailure"],
            (Role::Stream, "Stopped", _) => &["chime:MediaPipelineKinesisVideoStreamEnd", "chime:MediaPipelineDeleted"],
            (_, "Stopped", _) => &["chime:MediaPipelineDeleted"],
            _ => return,
        };
        for name in names {
            let Some(resource) = self.get(number) else { return };
            let members = Self::pipeline_members(resource, name);
            self.emit(PIPELINE_CHANGE, number, at, detail(name, at, &members));
        }
    }

    fn pipeline_members(resource: &Resource, event: &str) -> Vec<(&'static str, Value)> {
        if resource.kind.role == Role::StreamPool {
            return vec![("poolId", resource.id.as_str().into()), ("poolName", resource.text("PoolName").into())];
        }
        let mut members = Vec::new();
        if let Some(meeting) = &resource.meeting {
            members.push(("meetingId", meeting.id.as_str().into()));
            members.push(("externalMeetingId", meeting.external_id.as_str().into()));
            members.push(("mediaRegion", meeting.media_region.as_str().into()));
        }
        members.push(("mediaPipelineId", resource.id.as_str().into()));
        if event.contains("KinesisVideoStream") {
            // Of the whole meeting's audio, which no attendee is named with.
            members.push(("attendeeId", "".into()));
            members.push(("externalUserId", "".into()));
        }
        members
    }

    fn emit(&mut self, detail_type: &'static str, number: u64, at: SystemTime, detail: Map<String, Value>) {
        let Some(resource) = self.get(number) else { return };
        let region = resource.region.to_string();
        let has_files = matches!(resource.kind.role, Role::Capture | Role::Concatenation);
        let pipeline = has_files.then(|| Box::new(resource.clone()));
        self.events.push(Event { detail_type, region, at, detail, pipeline });
    }
}

fn meeting_members(meeting: &Resource) -> Vec<(&'static str, Value)> {
    vec![
        ("meetingId", meeting.id.as_str().into()),
        ("externalMeetingId", meeting.text("ExternalMeetingId").into()),
        ("mediaRegion", meeting.text("MediaRegion").into()),
    ]
}

fn detail(event: &str, at: SystemTime, members: &[(&'static str, Value)]) -> Map<String, Value> {
    let millis = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let mut detail = Map::new();
    detail.insert("version".to_owned(), "0".into());
    detail.insert("eventType".to_owned(), event.into());
    detail.insert("timestamp".to_owned(), json!(u64::try_from(millis).unwrap_or(u64::MAX)));
    detail.extend(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    detail
}

impl Event {
    /// The event as a rule's target gets it.
    pub(crate) fn envelope(&self, account: &str, id: &str) -> Value {
        let time = jiff::Timestamp::try_from(self.at)
            .map_or_else(|_| String::new(), |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        json!({
            "version": "0",
            "id": id,
            "detail-type": self.detail_type,
            "source": "aws.chime",
            "account": account,
            "time": time,
            "region": self.region,
            "resources": [],
            "detail": self.detail,
        })
    }
}
