//! Operations on meetings and attendees that are more than one of the common actions.

use serde_json::{Map, Value, json};

use crate::kinds::meetings::{ATTENDEE, MEETING};
use crate::operations::create::{create_once, make};
use crate::operations::lookup::requested;
use crate::operations::rules::check_capabilities;
use crate::request::{Request, ServiceError, render};
use crate::state::{AccountState, Draft};

type Outcome = Result<Map<String, Value>, ServiceError>;

pub(super) fn create_attendees(state: &mut AccountState, request: &Request<'_>) -> Outcome {
    let (meeting, _) = requested(state, request, &[&MEETING])?;
    Ok(attendees(state, request, meeting))
}

pub(super) fn create_with_attendees(state: &mut AccountState, request: &Request<'_>) -> Outcome {
    let meeting = create_once(state, request, &MEETING)?;
    let mut out = state.get(meeting).map(|meeting| request.respond_with(meeting)).unwrap_or_default();
    out.extend(attendees(state, request, meeting));
    Ok(out)
}

/// Creates or finds the attendees of the request's list; those that cannot be created are listed as errors.
fn attendees(state: &mut AccountState, request: &Request<'_>, meeting: u64) -> Map<String, Value> {
    let (mut made, mut errors) = (Vec::new(), Vec::new());
    for item in request.input.get("Attendees").and_then(Value::as_array).into_iter().flatten() {
        let members = item.as_object().cloned().unwrap_or_default();
        let draft = Draft { members, parent: Some(meeting), ..Draft::default() };
        match make(state, request, &ATTENDEE, draft) {
            Ok(number) => {
                let attendee = render::list_member(request.operation, "Attendees").zip(state.get(number));
                made.extend(
                    attendee.map(|((_, structure), attendee)| Value::from(render::members(structure, attendee))),
                );
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

pub(super) fn update_capabilities(state: &mut AccountState, request: &Request<'_>) -> Outcome {
    let (number, attendee) = requested(state, request, &[&ATTENDEE])?;
    let capabilities = request.input.get("Capabilities").cloned().unwrap_or_default();
    if let Some(meeting) = attendee.parent.and_then(|meeting| state.get(meeting)) {
        check_capabilities(meeting, &capabilities)?;
    }
    state.change_members(number, |members| {
        members.insert("Capabilities".to_owned(), capabilities);
    });
    Ok(state.get(number).map(|attendee| request.respond_with(attendee)).unwrap_or_default())
}

pub(super) fn update_all_except(state: &mut AccountState, request: &Request<'_>) -> Outcome {
    let (number, meeting) = requested(state, request, &[&MEETING])?;
    let capabilities = request.input.get("Capabilities").cloned().unwrap_or_default();
    check_capabilities(meeting, &capabilities)?;
    let excluded = request.input.get("ExcludedAttendeeIds").and_then(Value::as_array).into_iter().flatten();
    let excluded: Vec<&str> = excluded.filter_map(|item| item.get("AttendeeId")?.as_str()).collect();
    for part in state.parts(number) {
        let is_chosen =
            |part: &crate::state::Resource| part.kind.is(&ATTENDEE) && !excluded.contains(&part.id.as_str());
        if state.get(part).is_some_and(is_chosen) {
            state.change_members(part, |members| {
                members.insert("Capabilities".to_owned(), capabilities.clone());
            });
        }
    }
    Ok(Map::new())
}

pub(super) fn start_transcription(state: &mut AccountState, request: &Request<'_>) -> Outcome {
    let (number, _) = requested(state, request, &[&MEETING])?;
    if let Some(configuration) = request.input.get("TranscriptionConfiguration") {
        state.change_members(number, |members| {
            members.insert("TranscriptionConfiguration".to_owned(), configuration.clone());
        });
    }
    state.meeting_event(number, "chime:TranscriptionStarted", request.now);
    Ok(Map::new())
}

pub(super) fn stop_transcription(state: &mut AccountState, request: &Request<'_>) -> Outcome {
    let (number, _) = requested(state, request, &[&MEETING])?;
    state.change_members(number, |members| {
        members.shift_remove("TranscriptionConfiguration");
    });
    state.meeting_event(number, "chime:TranscriptionStopped", request.now);
    Ok(Map::new())
}
