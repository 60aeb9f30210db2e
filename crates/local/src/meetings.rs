//! The service `chime-sdk-meetings`: meetings, their attendees, and what attendees may do.

use serde_json::{Map, Value, json};

use crate::actions::{Action, Row, create_once, found, make};
use crate::kind::{Draft, Kind};
use crate::refusal::Refusal;
use crate::store::{Resource, Space};
use crate::work::{Work, filled};

pub(crate) static MEETING: Kind = Kind {
    member: "Meeting",
    noun: "meeting",
    id: "MeetingId",
    arn: Some(("MeetingArn", "meeting")),
    name: None,
    course: None,
    is_pipeline: false,
    taken: "",
    prepare: with_placement,
};

static ATTENDEE: Kind = Kind {
    member: "Attendee",
    noun: "attendee",
    id: "AttendeeId",
    arn: None,
    name: None,
    course: None,
    is_pipeline: false,
    taken: "",
    prepare: with_join_token,
};

pub(crate) static ACTIONS: &[Row] = &[
    ("BatchCreateAttendee", Action::Special(create_attendees)),
    ("BatchUpdateAttendeeCapabilitiesExcept", Action::Special(update_all_except)),
    ("CreateAttendee", Action::Create(&ATTENDEE)),
    ("CreateMeeting", Action::Create(&MEETING)),
    ("CreateMeetingWithAttendees", Action::Special(create_with_attendees)),
    ("DeleteAttendee", Action::Delete(&[&ATTENDEE])),
    ("DeleteMeeting", Action::Delete(&[&MEETING])),
    ("GetAttendee", Action::Get(&[&ATTENDEE])),
    ("GetMeeting", Action::Get(&[&MEETING])),
    ("ListAttendees", Action::List(&[&ATTENDEE])),
    ("StartMeetingTranscription", Action::Special(start_transcription)),
    ("StopMeetingTranscription", Action::Special(stop_transcription)),
    ("UpdateAttendeeCapabilities", Action::Special(update_capabilities)),
];

/// Adds the addresses of a meeting's media, which lead nowhere: there is no media here.
#[expect(clippy::unnecessary_wraps, reason = "the form that every preparation has")]
fn with_placement(_: &Space, work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let host = format!("{}.media.{}.invalid", work.fresh().simple(), work.text("MediaRegion"));
    let placement = json!({
        "AudioHostUrl": format!("{host}:3478"),
        "AudioFallbackUrl": format!("wss://{host}:443/calls"),
        "SignalingUrl": format!("wss://{host}/control"),
        "TurnControlUrl": format!("https://{host}/turn_sessions"),
        "ScreenDataUrl": format!("wss://{host}:443/v2/screen"),
        "ScreenViewingUrl": format!("wss://{host}:443/ws/connect?viewer"),
        "ScreenSharingUrl": format!("wss://{host}:443/v2/screen"),
        "EventIngestionUrl": format!("https://{host}/v1/client-events"),
    });
    draft.members.insert("MediaPlacement".to_owned(), placement);
    Ok(())
}

fn with_join_token(space: &Space, work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let identifier = work.text("MeetingId");
    let found = match draft.parent {
        Some(number) => space.get(number).map(|meeting| (number, meeting)),
        None => space.find(&[&MEETING], identifier),
    };
    let (number, meeting) = found.ok_or_else(|| work.nothing(MEETING.noun, identifier))?;
    draft.parent = Some(number);
    // The user's id is the token by which a repeated request is known.
    let user = draft.members.get("ExternalUserId");
    let mut attendees = space.all().filter(|(_, other)| other.parent == Some(number));
    draft.existing = attendees.find(|(_, other)| other.members.get("ExternalUserId") == user).map(|(number, _)| number);
    match draft.members.get("Capabilities") {
        Some(capabilities) => check_capabilities(meeting, capabilities)?,
        None => {
            draft.members.insert("Capabilities".to_owned(), default_capabilities(meeting));
        }
    }
    let token = format!("{}{}", work.fresh().simple(), work.fresh().simple());
    draft.members.insert("JoinToken".to_owned(), token.into());
    Ok(())
}

/// Whether a meeting was made without video, or without content.
fn is_off(meeting: &Resource, what: &str) -> bool {
    let features = meeting.members.get("MeetingFeatures").and_then(|features| features.get(what));
    features.and_then(|feature| feature.get("MaxResolution")).and_then(Value::as_str) == Some("None")
}

fn default_capabilities(meeting: &Resource) -> Value {
    let content = if is_off(meeting, "Content") { "None" } else { "SendReceive" };
    let video = match (is_off(meeting, "Video"), content) {
        (false, _) => "SendReceive",
        // Content can be received only where video can.
        (true, "SendReceive") => "Receive",
        (true, _) => "None",
    };
    json!({"Audio": "SendReceive", "Video": video, "Content": content})
}

fn check_capabilities(meeting: &Resource, capabilities: &Value) -> Result<(), Refusal> {
    for what in ["Video", "Content"] {
        if is_off(meeting, what) && capabilities.get(what).and_then(Value::as_str) != Some("None") {
            return Err(Refusal::bad(format!("{what} must be None: the meeting's {what} MaxResolution is None.")));
        }
    }
    Ok(())
}

fn create_attendees(space: &mut Space, work: &Work<'_>) -> Result<Map<String, Value>, Refusal> {
    let (meeting, _) = found(space, work, &[&MEETING])?;
    Ok(attendees(space, work, meeting))
}

fn create_with_attendees(space: &mut Space, work: &Work<'_>) -> Result<Map<String, Value>, Refusal> {
    let meeting = create_once(space, work, &MEETING)?;
    let mut out = space.get(meeting).map(|meeting| work.answer(meeting)).unwrap_or_default();
    out.extend(attendees(space, work, meeting));
    Ok(out)
}

/// Makes the attendees of the request's list; those that cannot be made are told in the answer.
fn attendees(space: &mut Space, work: &Work<'_>, meeting: u64) -> Map<String, Value> {
    let (mut made, mut errors) = (Vec::new(), Vec::new());
    for item in work.input.get("Attendees").and_then(Value::as_array).into_iter().flatten() {
        let members = item.as_object().cloned().unwrap_or_default();
        let draft = Draft { members, parent: Some(meeting), ..Draft::default() };
        match make(space, work, &ATTENDEE, draft) {
            Ok(number) => {
                let attendee = work.items("Attendees").zip(space.get(number));
                made.extend(attendee.map(|((_, structure), attendee)| Value::Object(filled(structure, attendee))));
            }
            Err(refusal) => errors.push(json!({
                "ExternalUserId": item.get("ExternalUserId"),
                "ErrorCode": refusal.code,
                "ErrorMessage": refusal.message,
            })),
        }
    }
    Map::from_iter([("Attendees".to_owned(), made.into()), ("Errors".to_owned(), errors.into())])
}

fn update_capabilities(space: &mut Space, work: &Work<'_>) -> Result<Map<String, Value>, Refusal> {
    let (number, attendee) = found(space, work, &[&ATTENDEE])?;
    let capabilities = work.input.get("Capabilities").cloned().unwrap_or_default();
    if let Some(meeting) = attendee.parent.and_then(|meeting| space.get(meeting)) {
        check_capabilities(meeting, &capabilities)?;
    }
    let Some(attendee) = space.get_mut(number) else { return Ok(Map::new()) };
    attendee.members.insert("Capabilities".to_owned(), capabilities);
    Ok(work.answer(attendee))
}

fn update_all_except(space: &mut Space, work: &Work<'_>) -> Result<Map<String, Value>, Refusal> {
    let (number, meeting) = found(space, work, &[&MEETING])?;
    let capabilities = work.input.get("Capabilities").cloned().unwrap_or_default();
    check_capabilities(meeting, &capabilities)?;
    let excluded = work.input.get("ExcludedAttendeeIds").and_then(Value::as_array).into_iter().flatten();
    let excluded: Vec<&str> = excluded.filter_map(|item| item.get("AttendeeId")?.as_str()).collect();
    let chosen = |other: &Resource| other.parent == Some(number) && !excluded.contains(&other.id.as_str());
    let attendees: Vec<u64> = space.all().filter(|(_, other)| chosen(other)).map(|(number, _)| number).collect();
    for attendee in attendees {
        if let Some(attendee) = space.get_mut(attendee) {
            attendee.members.insert("Capabilities".to_owned(), capabilities.clone());
        }
    }
    Ok(Map::new())
}

fn start_transcription(space: &mut Space, work: &Work<'_>) -> Result<Map<String, Value>, Refusal> {
    let (number, _) = found(space, work, &[&MEETING])?;
    if let (Some(meeting), Some(given)) = (space.get_mut(number), work.input.get("TranscriptionConfiguration")) {
        meeting.members.insert("TranscriptionConfiguration".to_owned(), given.clone());
    }
    Ok(Map::new())
}

fn stop_transcription(space: &mut Space, work: &Work<'_>) -> Result<Map<String, Value>, Refusal> {
    let (number, _) = found(space, work, &[&MEETING])?;
    if let Some(meeting) = space.get_mut(number) {
        meeting.members.shift_remove("TranscriptionConfiguration");
    }
    Ok(Map::new())
}
