//! What operations do. Most do one of a few things to one kind of resource; the tables say which.

mod change;
mod create;
mod list;
mod lookup;
mod media_pipelines;
mod meetings;
mod rules;
mod tags;

use serde_json::{Map, Value};

use crate::kinds::ResourceKind;
use crate::kinds::chime;
use crate::kinds::media_pipelines::{
    CAPTURE, CONCATENATION, INSIGHTS, INSIGHTS_CONFIGURATION, LIVE_CONNECTOR, PIPELINES, SPEAKER_SEARCH, STREAM,
    STREAM_POOL, VOICE_TONE,
};
use crate::kinds::meetings::{ATTENDEE, MEETING};
use crate::request::{Request, ServiceError};
use crate::state::AccountState;

/// What an operation does.
enum Action {
    /// Creates a resource.
    Create(&'static ResourceKind),
    /// Returns a resource.
    Get(&'static [&'static ResourceKind]),
    /// Returns a page of resources.
    List(&'static [&'static ResourceKind]),
    /// Ends a resource.
    Delete(&'static [&'static ResourceKind]),
    /// Replaces the members that the caller gives.
    Replace(&'static ResourceKind),
    /// What only this operation does; returns the members of the response.
    Special(Special),
}

/// Carries out one operation; returns the members of the response.
type Special = fn(&mut AccountState, &Request<'_>) -> Result<Map<String, Value>, ServiceError>;

type Row = (&'static str, Action);

static CHIME: &[Row] = &[
    ("CreateMediaCapturePipeline", Action::Create(&chime::CAPTURE)),
    ("DeleteMediaCapturePipeline", Action::Delete(&[&chime::CAPTURE])),
    ("GetMediaCapturePipeline", Action::Get(&[&chime::CAPTURE])),
    ("ListMediaCapturePipelines", Action::List(&[&chime::CAPTURE])),
];

static MEETINGS: &[Row] = &[
    ("BatchCreateAttendee", Action::Special(meetings::create_attendees)),
    ("BatchUpdateAttendeeCapabilitiesExcept", Action::Special(meetings::update_all_except)),
    ("CreateAttendee", Action::Create(&ATTENDEE)),
    ("CreateMeeting", Action::Create(&MEETING)),
    ("CreateMeetingWithAttendees", Action::Special(meetings::create_with_attendees)),
    ("DeleteAttendee", Action::Delete(&[&ATTENDEE])),
    ("DeleteMeeting", Action::Delete(&[&MEETING])),
    ("GetAttendee", Action::Get(&[&ATTENDEE])),
    ("GetMeeting", Action::Get(&[&MEETING])),
    ("ListAttendees", Action::List(&[&ATTENDEE])),
    ("StartMeetingTranscription", Action::Special(meetings::start_transcription)),
    ("StopMeetingTranscription", Action::Special(meetings::stop_transcription)),
    ("UpdateAttendeeCapabilities", Action::Special(meetings::update_capabilities)),
];

static MEDIA_PIPELINES: &[Row] = &[
    ("CreateMediaCapturePipeline", Action::Create(&CAPTURE)),
    ("CreateMediaConcatenationPipeline", Action::Create(&CONCATENATION)),
    ("CreateMediaInsightsPipeline", Action::Create(&INSIGHTS)),
    ("CreateMediaInsightsPipelineConfiguration", Action::Create(&INSIGHTS_CONFIGURATION)),
    ("CreateMediaLiveConnectorPipeline", Action::Create(&LIVE_CONNECTOR)),
    ("CreateMediaPipelineKinesisVideoStreamPool", Action::Create(&STREAM_POOL)),
    ("CreateMediaStreamPipeline", Action::Create(&STREAM)),
    ("DeleteMediaCapturePipeline", Action::Delete(&[&CAPTURE])),
    ("DeleteMediaInsightsPipelineConfiguration", Action::Delete(&[&INSIGHTS_CONFIGURATION])),
    ("DeleteMediaPipeline", Action::Delete(PIPELINES)),
    ("DeleteMediaPipelineKinesisVideoStreamPool", Action::Delete(&[&STREAM_POOL])),
    ("GetMediaCapturePipeline", Action::Get(&[&CAPTURE])),
    ("GetMediaInsightsPipelineConfiguration", Action::Get(&[&INSIGHTS_CONFIGURATION])),
    ("GetMediaPipeline", Action::Get(PIPELINES)),
    ("GetMediaPipelineKinesisVideoStreamPool", Action::Get(&[&STREAM_POOL])),
    ("GetSpeakerSearchTask", Action::Get(&[&SPEAKER_SEARCH])),
    ("GetVoiceToneAnalysisTask", Action::Get(&[&VOICE_TONE])),
    ("ListMediaCapturePipelines", Action::List(&[&CAPTURE])),
    ("ListMediaInsightsPipelineConfigurations", Action::List(&[&INSIGHTS_CONFIGURATION])),
    ("ListMediaPipelineKinesisVideoStreamPools", Action::List(&[&STREAM_POOL])),
    ("ListMediaPipelines", Action::List(PIPELINES)),
    ("StartSpeakerSearchTask", Action::Create(&SPEAKER_SEARCH)),
    ("StartVoiceToneAnalysisTask", Action::Create(&VOICE_TONE)),
    ("StopSpeakerSearchTask", Action::Delete(&[&SPEAKER_SEARCH])),
    ("StopVoiceToneAnalysisTask", Action::Delete(&[&VOICE_TONE])),
    ("UpdateMediaInsightsPipelineConfiguration", Action::Replace(&INSIGHTS_CONFIGURATION)),
    ("UpdateMediaInsightsPipelineStatus", Action::Special(media_pipelines::pause_or_resume)),
    ("UpdateMediaPipelineKinesisVideoStreamPool", Action::Special(media_pipelines::update_pool)),
];

static TAGS: &[Row] = &[
    ("ListTagsForResource", Action::Special(tags::list)),
    ("TagResource", Action::Special(tags::tag)),
    ("UntagResource", Action::Special(tags::untag)),
];

/// Carries out the operation; returns the members of the response.
pub(crate) fn run(state: &mut AccountState, request: &Request<'_>) -> Result<Map<String, Value>, ServiceError> {
    match action(request.service.name, request.operation.name) {
        Some(Action::Create(kind)) => create::create(state, request, kind),
        Some(Action::Get(kinds)) => Ok(request.respond_with(lookup::requested(state, request, kinds)?.1)),
        Some(Action::List(kinds)) => list::list(state, request, kinds),
        Some(Action::Delete(kinds)) => change::delete(state, request, kinds),
        Some(Action::Replace(kind)) => change::replace(state, request, kind),
        Some(Action::Special(special)) => special(state, request),
        None => Err(ServiceError::with_status(404, "UnknownOperationException", "The operation is not known.")),
    }
}

/// Whether the operation changes the state.
pub(crate) fn is_mutation(method: &str) -> bool {
    method != "GET"
}

fn action(service: &str, operation: &str) -> Option<&'static Action> {
    let table = match service {
        "chime" => CHIME,
        "chime-sdk-media-pipelines" => MEDIA_PIPELINES,
        "chime-sdk-meetings" => MEETINGS,
        _ => return None,
    };
    table.iter().chain(TAGS).find(|(name, _)| *name == operation).map(|(_, action)| action)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_operation_has_an_action() {
        for service in chimeline_core::schema::generated::SERVICES {
            for operation in service.operations {
                assert!(super::action(service.name, operation.name).is_some(), "{} {}", service.name, operation.name);
            }
        }
    }

    #[test]
    fn operations_that_read_are_those_by_get() {
        for operation in chimeline_core::schema::generated::SERVICES.iter().flat_map(|service| service.operations) {
            let reads = operation.name.starts_with("Get") || operation.name.starts_with("List");
            assert_eq!(super::is_mutation(operation.method), !reads, "{}", operation.name);
        }
    }
}
