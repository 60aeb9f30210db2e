//! The kinds of the service `chime-sdk-media-pipelines`.

use crate::kinds::{Lifecycle, PIPELINE, ResourceKind, Role};

/// What the kinds of pipelines have in common.
const BASE: ResourceKind = ResourceKind {
    name: "",
    member: "",
    noun: "Media pipeline",
    role: Role::Capture,
    id_member: "MediaPipelineId",
    arn: Some(("MediaPipelineArn", "media-pipeline")),
    unique_name: None,
    lifecycle: Some(PIPELINE),
    name_taken_error: "",
};

pub(crate) static CAPTURE: ResourceKind = ResourceKind {
    name: "chime-sdk-media-pipelines.MediaCapturePipeline",
    member: "MediaCapturePipeline",
    role: Role::Capture,
    ..BASE
};

/// It begins when the capture that it reads has ended, and ends by itself.
pub(crate) static CONCATENATION: ResourceKind = ResourceKind {
    name: "chime-sdk-media-pipelines.MediaConcatenationPipeline",
    member: "MediaConcatenationPipeline",
    role: Role::Concatenation,
    lifecycle: Some(Lifecycle { start: &["Initializing", "InProgress", "Stopped"], ..PIPELINE }),
    ..BASE
};

pub(crate) static LIVE_CONNECTOR: ResourceKind = ResourceKind {
    name: "chime-sdk-media-pipelines.MediaLiveConnectorPipeline",
    member: "MediaLiveConnectorPipeline",
    role: Role::LiveConnector,
    ..BASE
};

pub(crate) static STREAM: ResourceKind = ResourceKind {
    name: "chime-sdk-media-pipelines.MediaStreamPipeline",
    member: "MediaStreamPipeline",
    role: Role::Stream,
    ..BASE
};

pub(crate) static INSIGHTS: ResourceKind = ResourceKind {
    name: "chime-sdk-media-pipelines.MediaInsightsPipeline",
    member: "MediaInsightsPipeline",
    role: Role::Insights,
    ..BASE
};

pub(crate) static INSIGHTS_CONFIGURATION: ResourceKind = ResourceKind {
    name: "chime-sdk-media-pipelines.MediaInsightsPipelineConfiguration",
    member: "MediaInsightsPipelineConfiguration",
    noun: "Media insights pipeline configuration",
    role: Role::InsightsConfiguration,
    id_member: "MediaInsightsPipelineConfigurationId",
    arn: Some(("MediaInsightsPipelineConfigurationArn", "media-insights-pipeline-configuration")),
    unique_name: Some("MediaInsightsPipelineConfigurationName"),
    lifecycle: None,
    name_taken_error: "BadRequestException",
};

pub(crate) static STREAM_POOL: ResourceKind = ResourceKind {
    name: "chime-sdk-media-pipelines.KinesisVideoStreamPool",
    member: "KinesisVideoStreamPoolConfiguration",
    noun: "Kinesis video stream pool",
    role: Role::StreamPool,
    id_member: "PoolId",
    arn: Some(("PoolArn", "media-pipeline-kinesis-video-stream-pool")),
    unique_name: Some("PoolName"),
    lifecycle: Some(Lifecycle {
        member: "PoolStatus",
        start: &["CREATING", "ACTIVE"],
        stop: &["DELETING"],
        others: &["UPDATING", "FAILED"],
        removed: true,
    }),
    name_taken_error: "ConflictException",
};

/// What the tasks of insights pipelines have in common.
const TASK: ResourceKind = ResourceKind { noun: "Task", arn: None, role: Role::InsightsTask, ..BASE };

pub(crate) static SPEAKER_SEARCH: ResourceKind = ResourceKind {
    name: "chime-sdk-media-pipelines.SpeakerSearchTask",
    member: "SpeakerSearchTask",
    id_member: "SpeakerSearchTaskId",
    lifecycle: Some(Lifecycle { member: "SpeakerSearchTaskStatus", removed: false, ..PIPELINE }),
    ..TASK
};

pub(crate) static VOICE_TONE: ResourceKind = ResourceKind {
    name: "chime-sdk-media-pipelines.VoiceToneAnalysisTask",
    member: "VoiceToneAnalysisTask",
    id_member: "VoiceToneAnalysisTaskId",
    lifecycle: Some(Lifecycle { member: "VoiceToneAnalysisTaskStatus", removed: false, ..PIPELINE }),
    ..TASK
};

pub(crate) static PIPELINES: &[&ResourceKind] = &[&CAPTURE, &CONCATENATION, &LIVE_CONNECTOR, &STREAM, &INSIGHTS];

pub(crate) static KINDS: &[&ResourceKind] = &[
    &CAPTURE,
    &CONCATENATION,
    &LIVE_CONNECTOR,
    &STREAM,
    &INSIGHTS,
    &INSIGHTS_CONFIGURATION,
    &STREAM_POOL,
    &SPEAKER_SEARCH,
    &VOICE_TONE,
];
