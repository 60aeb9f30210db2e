//! The service `chime-sdk-media-pipelines`: its kinds of resources, and what its operations do with them.

use serde_json::{Map, Value};

use crate::actions::{Action, Row, found};
use crate::kind::{Course, Draft, Kind, PIPELINE};
use crate::legacy::one_capture_of_a_meeting;
use crate::refusal::Refusal;
use crate::store::Space;
use crate::work::Work;

const ARN: Option<(&str, &str)> = Some(("MediaPipelineArn", "media-pipeline"));

/// What the kinds of pipelines have in common.
const BASE: Kind = Kind {
    member: "",
    noun: "media pipeline",
    id: "MediaPipelineId",
    arn: ARN,
    name: None,
    course: Some(PIPELINE),
    is_pipeline: true,
    taken: "",
    prepare: |_, _, _| Ok(()),
};

static CAPTURE: Kind = Kind {
    member: "MediaCapturePipeline",
    prepare: |space, _, draft| one_capture_of_a_meeting(space, &CAPTURE, draft),
    ..BASE
};

/// It begins when the capture that it reads has ended, and ends by itself.
static CONCATENATION: Kind = Kind {
    member: "MediaConcatenationPipeline",
    course: Some(Course { start: &["Initializing", "InProgress", "Stopped"], ..PIPELINE }),
    prepare: after_its_source,
    ..BASE
};

static LIVE_CONNECTOR: Kind = Kind { member: "MediaLiveConnectorPipeline", ..BASE };

static STREAM: Kind = Kind { member: "MediaStreamPipeline", prepare: into_pools, ..BASE };

static INSIGHTS: Kind = Kind { member: "MediaInsightsPipeline", prepare: as_configured, ..BASE };

static INSIGHTS_CONFIGURATION: Kind = Kind {
    member: "MediaInsightsPipelineConfiguration",
    noun: "media insights pipeline configuration",
    id: "MediaInsightsPipelineConfigurationId",
    arn: Some(("MediaInsightsPipelineConfigurationArn", "media-insights-pipeline-configuration")),
    name: Some("MediaInsightsPipelineConfigurationName"),
    course: None,
    is_pipeline: false,
    taken: "BadRequestException",
    ..BASE
};

static POOL: Kind = Kind {
    member: "KinesisVideoStreamPoolConfiguration",
    noun: "Kinesis video stream pool",
    id: "PoolId",
    arn: Some(("PoolArn", "media-pipeline-kinesis-video-stream-pool")),
    name: Some("PoolName"),
    course: Some(Course { member: "PoolStatus", start: &["CREATING", "ACTIVE"], stop: &["DELETING"], vanishes: true }),
    is_pipeline: false,
    taken: "ConflictException",
    prepare: |_, _, draft| {
        draft.members.insert("PoolSize".to_owned(), 0.into());
        Ok(())
    },
};

/// What the tasks of insights pipelines have in common.
const TASK: Kind = Kind { noun: "task", arn: None, is_pipeline: false, prepare: of_a_running_pipeline, ..BASE };

static SPEAKER_SEARCH: Kind = Kind {
    member: "SpeakerSearchTask",
    id: "SpeakerSearchTaskId",
    course: Some(Course { member: "SpeakerSearchTaskStatus", vanishes: false, ..PIPELINE }),
    ..TASK
};

static VOICE_TONE: Kind = Kind {
    member: "VoiceToneAnalysisTask",
    id: "VoiceToneAnalysisTaskId",
    course: Some(Course { member: "VoiceToneAnalysisTaskStatus", vanishes: false, ..PIPELINE }),
    ..TASK
};

static PIPELINES: &[&Kind] = &[&CAPTURE, &CONCATENATION, &LIVE_CONNECTOR, &STREAM, &INSIGHTS];

pub(crate) static ACTIONS: &[Row] = &[
    ("CreateMediaCapturePipeline", Action::Create(&CAPTURE)),
    ("CreateMediaConcatenationPipeline", Action::Create(&CONCATENATION)),
    ("CreateMediaInsightsPipeline", Action::Create(&INSIGHTS)),
    ("CreateMediaInsightsPipelineConfiguration", Action::Create(&INSIGHTS_CONFIGURATION)),
    ("CreateMediaLiveConnectorPipeline", Action::Create(&LIVE_CONNECTOR)),
    ("CreateMediaPipelineKinesisVideoStreamPool", Action::Create(&POOL)),
    ("CreateMediaStreamPipeline", Action::Create(&STREAM)),
    ("DeleteMediaCapturePipeline", Action::Delete(&[&CAPTURE])),
    ("DeleteMediaInsightsPipelineConfiguration", Action::Delete(&[&INSIGHTS_CONFIGURATION])),
    ("DeleteMediaPipeline", Action::Delete(PIPELINES)),
    ("DeleteMediaPipelineKinesisVideoStreamPool", Action::Delete(&[&POOL])),
    ("GetMediaCapturePipeline", Action::Get(&[&CAPTURE])),
    ("GetMediaInsightsPipelineConfiguration", Action::Get(&[&INSIGHTS_CONFIGURATION])),
    ("GetMediaPipeline", Action::Get(PIPELINES)),
    ("GetMediaPipelineKinesisVideoStreamPool", Action::Get(&[&POOL])),
    ("GetSpeakerSearchTask", Action::Get(&[&SPEAKER_SEARCH])),
    ("GetVoiceToneAnalysisTask", Action::Get(&[&VOICE_TONE])),
    ("ListMediaCapturePipelines", Action::List(&[&CAPTURE])),
    ("ListMediaInsightsPipelineConfigurations", Action::List(&[&INSIGHTS_CONFIGURATION])),
    ("ListMediaPipelineKinesisVideoStreamPools", Action::List(&[&POOL])),
    ("ListMediaPipelines", Action::List(PIPELINES)),
    ("StartSpeakerSearchTask", Action::Create(&SPEAKER_SEARCH)),
    ("StartVoiceToneAnalysisTask", Action::Create(&VOICE_TONE)),
    ("StopSpeakerSearchTask", Action::Delete(&[&SPEAKER_SEARCH])),
    ("StopVoiceToneAnalysisTask", Action::Delete(&[&VOICE_TONE])),
    ("UpdateMediaInsightsPipelineConfiguration", Action::Replace(&INSIGHTS_CONFIGURATION)),
    ("UpdateMediaInsightsPipelineStatus", Action::Special(pause_or_resume)),
    ("UpdateMediaPipelineKinesisVideoStreamPool", Action::Special(update_pool)),
];

/// The texts that the items of a list have in a member, or in a member of a member.
fn texts<'v>(members: &'v Map<String, Value>, path: [&str; 3]) -> Vec<&'v str> {
    let [list, outer, inner] = path;
    let items = members.get(list).and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(|item| if outer.is_empty() { item.get(inner) } else { item.get(outer)?.get(inner) })
        .filter_map(Value::as_str)
        .collect()
}

#[expect(clippy::unnecessary_wraps, reason = "the form that every preparation has")]
fn after_its_source(space: &Space, _: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    // A source that is not there any more has ended.
    let sources = texts(&draft.members, ["Sources", "MediaCapturePipelineSourceConfiguration", "MediaPipelineArn"]);
    draft.after = sources.iter().find_map(|arn| space.find(&[&CAPTURE], arn)).map(|(number, _)| number);
    Ok(())
}

fn into_pools(space: &Space, work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let sinks = texts(&draft.members, ["Sinks", "", "SinkArn"]);
    let missing = sinks.into_iter().find(|arn| space.find(&[&POOL], arn).is_none());
    missing.map_or(Ok(()), |arn| Err(work.nothing(POOL.noun, arn)))
}

fn as_configured(space: &Space, work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let arn = work.text("MediaInsightsPipelineConfigurationArn");
    let (_, configuration) =
        space.find(&[&INSIGHTS_CONFIGURATION], arn).ok_or_else(|| work.nothing(INSIGHTS_CONFIGURATION.noun, arn))?;
    let types = texts(&configuration.members, ["Elements", "", "Type"]);
    let types: Vec<Value> = types.into_iter().map(Value::from).collect();
    draft.members.insert("ElementTypes".to_owned(), types.into());
    Ok(())
}

fn of_a_running_pipeline(space: &Space, work: &Work<'_>, draft: &mut Draft) -> Result<(), Refusal> {
    let identifier = work.text("Identifier");
    let (number, pipeline) =
        space.find(&[&INSIGHTS], identifier).ok_or_else(|| work.nothing(INSIGHTS.noun, identifier))?;
    if !matches!(pipeline.state, Some("Initializing" | "InProgress")) {
        return Err(Refusal::conflict(format!("The pipeline is {}.", pipeline.state.unwrap_or_default())));
    }
    draft.parent = Some(number);
    Ok(())
}

fn pause_or_resume(space: &mut Space, work: &Work<'_>) -> Result<Map<String, Value>, Refusal> {
    let (number, pipeline) = found(space, work, &[&INSIGHTS])?;
    let state = pipeline.state.unwrap_or_default();
    let next = match (work.text("UpdateStatus"), state) {
        ("Pause", "InProgress") => "Paused",
        ("Resume", "Paused") => "InProgress",
        (update, _) => return Err(Refusal::conflict(format!("{update} does not go with a pipeline that is {state}."))),
    };
    space.put(number, next, &[], work.now);
    Ok(Map::new())
}

fn update_pool(space: &mut Space, work: &Work<'_>) -> Result<Map<String, Value>, Refusal> {
    let (number, pool) = found(space, work, &[&POOL])?;
    if pool.state != Some("ACTIVE") {
        return Err(Refusal::conflict(format!("The pool is {}.", pool.state.unwrap_or_default())));
    }
    if let (Some(Value::Object(change)), Some(pool)) = (work.input.get("StreamConfiguration"), space.get_mut(number))
        && let Some(Value::Object(configuration)) = pool.members.get_mut("StreamConfiguration")
    {
        configuration.extend(change.clone());
    }
    space.put(number, "UPDATING", &["ACTIVE"], work.now);
    Ok(space.get(number).map(|pool| work.answer(pool)).unwrap_or_default())
}
