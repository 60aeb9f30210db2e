//! The kinds of the service `chime-sdk-meetings`.

use crate::kinds::{ResourceKind, Role};

pub(crate) static MEETING: ResourceKind = ResourceKind {
    name: "chime-sdk-meetings.Meeting",
    member: "Meeting",
    noun: "Meeting",
    role: Role::Meeting,
    id_member: "MeetingId",
    arn: Some(("MeetingArn", "meeting")),
    unique_name: None,
    lifecycle: None,
    name_taken_error: "",
};

pub(crate) static ATTENDEE: ResourceKind = ResourceKind {
    name: "chime-sdk-meetings.Attendee",
    member: "Attendee",
    noun: "Attendee",
    role: Role::Attendee,
    id_member: "AttendeeId",
    arn: None,
    unique_name: None,
    lifecycle: None,
    name_taken_error: "",
};

pub(crate) static KINDS: &[&ResourceKind] = &[&MEETING, &ATTENDEE];

/// The regions that host media of meetings, from the API reference of `CreateMeeting`.
pub(crate) const MEDIA_REGIONS: &[&str] = &[
    "af-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-south-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// The documented maximum of attendees of a meeting.
pub(crate) const MAX_ATTENDEES: usize = 250;

/// What the external user ids of the service's own attendees start with, in any case.
pub(crate) const RESERVED_PREFIX: &str = "aws:";
