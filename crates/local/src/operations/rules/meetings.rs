//! Rules of meetings and attendees.

use serde_json::{Value, json};

use crate::kinds::meetings::{ATTENDEE, MAX_ATTENDEES, MEDIA_REGIONS, MEETING, RESERVED_PREFIX};
use crate::operations::lookup::by_identifier;
use crate::request::{Request, ServiceError};
use crate::state::{AccountState, Draft, Resource};

/// Adds the addresses of a meeting's media, which lead nowhere: there is no media here.
pub(super) fn prepare_meeting(
    state: &AccountState,
    request: &Request<'_>,
    draft: &mut Draft,
) -> Result<(), ServiceError> {
    let media_region = request.text("MediaRegion");
    if !MEDIA_REGIONS.contains(&media_region) {
        return Err(ServiceError::bad(format!("{media_region} is not a region that hosts media of meetings.")));
    }
    for member in ["ExternalMeetingId", "MeetingHostId"] {
        check_reserved(member, request.text(member))?;
    }
    let primary = request.text("PrimaryMeetingId");
    if !primary.is_empty() {
        let (number, meeting) = by_identifier(state, request, &[&MEETING], primary)
            .ok_or_else(|| ServiceError::bad(format!("Meeting {primary} not found")))?;
        if meeting.members.contains_key("PrimaryMeetingId") {
            return Err(ServiceError::bad(format!("Meeting {primary} is a replica, which cannot have replicas.")));
        }
        draft.parent = Some(number);
    }
    let host = format!("{}.media.{media_region}.invalid", request.fresh().simple());
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

pub(super) fn prepare_attendee(
    state: &AccountState,
    request: &Request<'_>,
    draft: &mut Draft,
) -> Result<(), ServiceError> {
    let identifier = request.text("MeetingId");
    let found = match draft.parent {
        Some(number) => state.get(number).map(|meeting| (number, meeting)),
        None => by_identifier(state, request, &[&MEETING], identifier),
    };
    let (number, meeting) = found.ok_or_else(|| ServiceError::not_found(MEETING.noun, identifier))?;
    draft.parent = Some(number);
    let user = draft.members.get("ExternalUserId").and_then(Value::as_str).unwrap_or_default().to_owned();
    check_reserved("ExternalUserId", &user)?;
    // The user's id is the token by which a repeated request is known.
    let parts = state.parts(number);
    let attendees =
        || parts.iter().filter_map(|part| Some((*part, state.get(*part).filter(|part| part.kind.is(&ATTENDEE))?)));
    draft.existing = attendees().find(|(_, other)| other.text("ExternalUserId") == user).map(|(number, _)| number);
    if draft.existing.is_some() {
        return Ok(());
    }
    if attendees().filter(|(part, _)| !state.is_recorder(*part)).count() >= MAX_ATTENDEES {
        return Err(request.limit(format!("A meeting has at most {MAX_ATTENDEES} attendees.")));
    }
    match draft.members.get("Capabilities") {
        Some(capabilities) => check_capabilities(meeting, capabilities)?,
        None => {
            draft.members.insert("Capabilities".to_owned(), default_capabilities(meeting));
        }
    }
    draft.members.insert("JoinToken".to_owned(), join_token(request).into());
    Ok(())
}

/// A fresh token that an attendee would join with.
pub(in crate::operations) fn join_token(request: &Request<'_>) -> String {
    format!("{}{}", request.fresh().simple(), request.fresh().simple())
}

fn check_reserved(member: &str, value: &str) -> Result<(), ServiceError> {
    let start = value.get(..RESERVED_PREFIX.len()).unwrap_or_default();
    if start.eq_ignore_ascii_case(RESERVED_PREFIX) {
        return Err(ServiceError::bad(format!("{member} must not begin with {RESERVED_PREFIX}, which is reserved.")));
    }
    Ok(())
}

/// Whether a meeting was created without video, or without content.
fn is_off(meeting: &Resource, feature: &str) -> bool {
    let features = meeting.members.get("MeetingFeatures").and_then(|features| features.get(feature));
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

/// Checks that capabilities use nothing that the meeting was created without.
pub(in crate::operations) fn check_capabilities(meeting: &Resource, capabilities: &Value) -> Result<(), ServiceError> {
    for feature in ["Video", "Content"] {
        if is_off(meeting, feature) && capabilities.get(feature).and_then(Value::as_str) != Some("None") {
            return Err(ServiceError::bad(format!(
                "{feature} must be None: the meeting's {feature} MaxResolution is None."
            )));
        }
    }
    Ok(())
}
