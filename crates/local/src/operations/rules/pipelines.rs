//! Rules of the pipelines that read a meeting or a capture.

use serde_json::{Map, Value};

use crate::kinds::Role;
use crate::kinds::media_pipelines::{CAPTURE, STREAM_POOL};
use crate::kinds::meetings::MEETING;
use crate::request::{MeetingArn, Request, ServiceError, UnknownMeetings};
use crate::state::{AccountState, Draft, MeetingRef};

const OWNERSHIP_MISMATCH: &str = "Resource ownership mismatch";

pub(super) fn prepare_capture(
    state: &AccountState,
    request: &Request<'_>,
    draft: &mut Draft,
) -> Result<(), ServiceError> {
    let source = request.text("SourceArn");
    check_bucket("SinkArn", request.text("SinkArn"))?;
    draft.meeting = Some(meeting_of(state, request, source)?);
    only_one(state, request, draft, Role::Capture)
}

pub(super) fn prepare_live_connector(
    state: &AccountState,
    request: &Request<'_>,
    draft: &mut Draft,
) -> Result<(), ServiceError> {
    let sources = texts(&draft.members, ["Sources", "ChimeSdkMeetingLiveConnectorConfiguration", "Arn"]);
    let source = sources.first().copied().unwrap_or_default();
    draft.meeting = Some(meeting_of(state, request, source)?);
    only_one(state, request, draft, Role::LiveConnector)
}

pub(super) fn prepare_stream(
    state: &AccountState,
    request: &Request<'_>,
    draft: &mut Draft,
) -> Result<(), ServiceError> {
    let sinks = texts(&draft.members, ["Sinks", "", "SinkArn"]);
    if let Some(missing) = sinks.into_iter().find(|arn| state.find(&[&STREAM_POOL], &request.region, arn).is_none()) {
        return Err(ServiceError::not_found(STREAM_POOL.noun, missing));
    }
    let sources = texts(&draft.members, ["Sources", "", "SourceArn"]);
    let source = sources.first().copied().unwrap_or_default();
    draft.meeting = Some(meeting_of(state, request, source)?);
    only_one(state, request, draft, Role::Stream)
}

/// A concatenation reads a capture that runs or that ended in the last 30 days; it begins when the capture has ended.
pub(super) fn prepare_concatenation(
    state: &AccountState,
    request: &Request<'_>,
    draft: &mut Draft,
) -> Result<(), ServiceError> {
    for bucket in texts(&draft.members, ["Sinks", "S3BucketSinkConfiguration", "Destination"]) {
        check_bucket("Destination", bucket)?;
    }
    let path = ["Sources", "MediaCapturePipelineSourceConfiguration", "MediaPipelineArn"];
    let source = texts(&draft.members, path).first().copied().unwrap_or_default().to_owned();
    let account = source.split(':').nth(4).unwrap_or_default();
    if !account.is_empty() && account != request.account {
        return Err(ServiceError::forbidden(OWNERSHIP_MISMATCH));
    }
    let capture = state.pipeline_by_arn(&source).filter(|capture| capture.kind.is(&CAPTURE));
    let capture = capture.ok_or_else(|| ServiceError::bad(format!("Media capture pipeline {source} not found")))?;
    draft.meeting.clone_from(&capture.meeting);
    draft.waits_for =
        state.find_anywhere(&[&CAPTURE], &source).filter(|(_, capture)| capture.is_active()).map(|(number, _)| number);
    Ok(())
}

/// The meeting that a source's ARN names.
fn meeting_of(state: &AccountState, request: &Request<'_>, arn: &str) -> Result<MeetingRef, ServiceError> {
    let source =
        MeetingArn::parse(arn).ok_or_else(|| ServiceError::bad(format!("{arn} is not the ARN of a meeting.")))?;
    if source.account != request.account {
        return Err(ServiceError::forbidden(OWNERSHIP_MISMATCH));
    }
    let not_found = || ServiceError::not_found(MEETING.noun, source.id);
    match state.meeting(source.id) {
        Some((_, meeting)) if source.region.is_empty() || source.region == &*meeting.region => Ok(MeetingRef {
            id: meeting.id.clone(),
            external_id: meeting.text("ExternalMeetingId").to_owned(),
            media_region: meeting.text("MediaRegion").to_owned(),
        }),
        Some(_) => Err(not_found()),
        None if state.has_ended(source.id) || request.rules.unknown_meetings == UnknownMeetings::Refuse => {
            Err(not_found())
        }
        None => Ok(MeetingRef { id: source.id.to_owned(), ..MeetingRef::default() }),
    }
}

/// A meeting has one active pipeline of a role at most, be it of the legacy service or of its successor.
fn only_one(state: &AccountState, request: &Request<'_>, draft: &Draft, role: Role) -> Result<(), ServiceError> {
    let meeting = draft.meeting.as_ref().map_or("", |meeting| meeting.id.as_str());
    let pipelines = state.pipelines_of_meeting(meeting);
    let is_taken = pipelines.into_iter().filter_map(|number| state.get(number)).any(|other| other.kind.role == role);
    if is_taken {
        return Err(request.limit("Limit reached: the meeting has an active pipeline of this kind."));
    }
    Ok(())
}

fn check_bucket(member: &str, arn: &str) -> Result<(), ServiceError> {
    let is_bucket = arn.split(':').nth(2) == Some("s3");
    if is_bucket { Ok(()) } else { Err(ServiceError::bad(format!("{member} must be the ARN of an S3 bucket."))) }
}

/// The texts that the items of a list have in a member, or in a member of a member.
pub(super) fn texts<'v>(members: &'v Map<String, Value>, path: [&str; 3]) -> Vec<&'v str> {
    let [list, outer, inner] = path;
    let items = members.get(list).and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(|item| if outer.is_empty() { item.get(inner) } else { item.get(outer)?.get(inner) })
        .filter_map(Value::as_str)
        .collect()
}
