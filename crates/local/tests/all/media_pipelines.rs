//! Every operation of `chime-sdk-media-pipelines`, as the core's client sees it over a socket.

use crate::support::Api;
use serde_json::{Value, json};

const PIPELINES: &str = "chime-sdk-media-pipelines";
const MEETING: &str = "arn:aws:chime:us-east-1:111122223333:meeting/3f1b2c4d-0000-4000-8000-1234567890ab";
const ROLE: &str = "arn:aws:iam::111122223333:role/insights";
const STREAM: &str = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/call/1700000000000";

fn ok(api: &Api, operation: &str, input: Value) -> Value {
    api.call(PIPELINES, operation, input).unwrap()
}

fn capture(source: &str) -> Value {
    json!({"SourceType": "ChimeSdkMeeting", "SourceArn": source, "SinkType": "S3Bucket", "SinkArn": "arn:aws:s3:::b"})
}

fn concatenation(capture_arn: &Value) -> Value {
    let on = json!({"State": "Enabled"});
    let artifacts: serde_json::Map<_, _> =
        ["Audio", "Video", "Content", "DataChannel", "TranscriptionMessages", "MeetingEvents", "CompositedVideo"]
            .into_iter()
            .map(|name| (name.to_owned(), on.clone()))
            .collect();
    json!({
        "Sources": [{"Type": "MediaCapturePipeline", "MediaCapturePipelineSourceConfiguration": {
            "MediaPipelineArn": capture_arn,
            "ChimeSdkMeetingConfiguration": {"ArtifactsConfiguration": artifacts},
        }}],
        "Sinks": [{"Type": "S3Bucket", "S3BucketSinkConfiguration": {"Destination": "arn:aws:s3:::b"}}],
    })
}

fn status(api: &Api, id: &Value) -> Value {
    let got = ok(api, "GetMediaPipeline", json!({"MediaPipelineId": id}));
    let (_, pipeline) = got["MediaPipeline"].as_object().unwrap().iter().next().unwrap();
    pipeline["Status"].clone()
}

fn configuration(name: &str) -> Value {
    json!({
        "MediaInsightsPipelineConfigurationName": name,
        "ResourceAccessRoleArn": ROLE,
        "Elements": [
            {"Type": "AmazonTranscribeProcessor", "AmazonTranscribeProcessorConfiguration": {"LanguageCode": "en-US"}},
            {"Type": "KinesisDataStreamSink", "KinesisDataStreamSinkConfiguration": {"InsightsTarget": "arn:aws:kinesis:x"}},
        ],
        "RealTimeAlertConfiguration": {"Disabled": true},
    })
}

fn insights(configuration_arn: &Value) -> Value {
    json!({
        "MediaInsightsPipelineConfigurationArn": configuration_arn,
        "KinesisVideoStreamSourceRuntimeConfiguration": {
            "Streams": [{"StreamArn": STREAM, "StreamChannelDefinition": {"NumberOfChannels": 1}}],
            "MediaEncoding": "pcm", "MediaSampleRate": 48000,
        },
        "MediaInsightsRuntimeMetadata": {"CallId": "1"},
    })
}

fn captures_and_concatenations(api: &Api) {
    let mut input = capture(MEETING);
    input["Tags"] = json!([{"Key": "team", "Value": "blue"}]);
    input["SinkIamRoleArn"] = ROLE.into();
    let made = ok(api, "CreateMediaCapturePipeline", input)["MediaCapturePipeline"].clone();
    let (id, arn) = (&made["MediaPipelineId"], &made["MediaPipelineArn"]);
    assert_eq!(*arn, format!("arn:aws:chime:us-east-1:111122223333:media-pipeline/{}", id.as_str().unwrap()));
    assert_eq!(made["SinkIamRoleArn"], ROLE);
    assert!(made.get("Tags").is_none());
    assert_eq!(api.code(PIPELINES, "CreateMediaCapturePipeline", capture(MEETING)), "ResourceLimitExceededException");

    let joined = ok(api, "CreateMediaConcatenationPipeline", concatenation(arn))["MediaConcatenationPipeline"].clone();
    let joined_id = &joined["MediaPipelineId"];
    for _ in 0..3 {
        api.step();
        assert_eq!(status(api, id), "InProgress");
        assert_eq!(status(api, joined_id), "Initializing", "it begins when the capture has stopped");
    }
    let listed = ok(api, "ListMediaCapturePipelines", json!({}));
    assert_eq!(listed["MediaCapturePipelines"], json!([{"MediaPipelineId": id, "MediaPipelineArn": arn}]));
    let listed = ok(api, "ListMediaPipelines", json!({"MaxResults": 1}));
    assert_eq!(listed["MediaPipelines"].as_array().unwrap().len(), 1);
    let listed = ok(api, "ListMediaPipelines", json!({"NextToken": listed["NextToken"]}));
    assert_eq!(listed["MediaPipelines"][0]["MediaPipelineId"], *joined_id);

    assert_eq!(
        ok(api, "GetMediaCapturePipeline", json!({"MediaPipelineId": id}))["MediaCapturePipeline"]["Status"],
        "InProgress"
    );
    ok(api, "DeleteMediaCapturePipeline", json!({"MediaPipelineId": id}));
    api.step();
    assert_eq!(status(api, joined_id), "InProgress");
    api.step();
    assert_eq!(status(api, joined_id), "Stopped");
    api.step();
    assert_eq!(status(api, joined_id), "Stopped");
    assert_eq!(api.code(PIPELINES, "GetMediaCapturePipeline", json!({"MediaPipelineId": id})), "NotFoundException");
    ok(api, "DeleteMediaPipeline", json!({"MediaPipelineId": joined_id}));
    api.step();
    assert_eq!(api.code(PIPELINES, "GetMediaPipeline", json!({"MediaPipelineId": joined_id})), "NotFoundException");
}

fn tags(api: &Api) {
    let mut input = capture(MEETING);
    input["Tags"] = json!([{"Key": "team", "Value": "blue"}]);
    let arn = ok(api, "CreateMediaCapturePipeline", input)["MediaCapturePipeline"]["MediaPipelineArn"].clone();
    let tags = |api: &Api| ok(api, "ListTagsForResource", json!({"ResourceARN": arn}))["Tags"].clone();
    assert_eq!(tags(api), json!([{"Key": "team", "Value": "blue"}]));
    let more = json!([{"Key": "team", "Value": "red"}, {"Key": "env", "Value": ""}]);
    ok(api, "TagResource", json!({"ResourceARN": arn, "Tags": more}));
    assert_eq!(tags(api), json!([{"Key": "env", "Value": ""}, {"Key": "team", "Value": "red"}]));
    ok(api, "UntagResource", json!({"ResourceARN": arn, "TagKeys": ["team", "never"]}));
    assert_eq!(tags(api), json!([{"Key": "env", "Value": ""}]));
    let nothing = json!({"ResourceARN": "arn:aws:chime:us-east-1:111122223333:media-pipeline/none"});
    assert_eq!(api.code(PIPELINES, "ListTagsForResource", nothing), "NotFoundException");
}

fn live_connectors_and_streams(api: &Api) {
    let sources = json!([{"SourceType": "ChimeSdkMeeting", "ChimeSdkMeetingLiveConnectorConfiguration": {
        "Arn": MEETING, "MuxType": "AudioWithCompositedVideo",
        "CompositedVideo": {"GridViewConfiguration": {"ContentShareLayout": "Horizontal"}},
    }}]);
    let sinks = json!([{"SinkType": "RTMP", "RTMPConfiguration": {"Url": "rtmps://live.example/key"}}]);
    let made = ok(api, "CreateMediaLiveConnectorPipeline", json!({"Sources": sources, "Sinks": sinks}));
    assert_eq!(made["MediaLiveConnectorPipeline"]["Sinks"], sinks);
    let id = &made["MediaLiveConnectorPipeline"]["MediaPipelineId"];
    api.step();
    assert_eq!(status(api, id), "InProgress");

    let pool = json!({"PoolName": "pool", "StreamConfiguration": {"Region": "us-east-1"}});
    let made = ok(api, "CreateMediaPipelineKinesisVideoStreamPool", pool.clone());
    let made = made["KinesisVideoStreamPoolConfiguration"].clone();
    assert_eq!(made["PoolStatus"], "CREATING");
    assert!(made.get("PoolSize").is_none(), "{made}");
    assert!(made["PoolId"].as_str().unwrap().starts_with("ChimeMediaPipelines-pool-"), "{made}");
    assert_eq!(api.code(PIPELINES, "CreateMediaPipelineKinesisVideoStreamPool", pool), "ConflictException");
    let change = json!({"Identifier": "pool", "StreamConfiguration": {"DataRetentionInHours": 24}});
    assert_eq!(api.code(PIPELINES, "UpdateMediaPipelineKinesisVideoStreamPool", change.clone()), "ConflictException");
    api.step();
    let changed = ok(api, "UpdateMediaPipelineKinesisVideoStreamPool", change);
    let changed = &changed["KinesisVideoStreamPoolConfiguration"];
    assert_eq!(changed["StreamConfiguration"], json!({"Region": "us-east-1", "DataRetentionInHours": 24}));
    assert_eq!(changed["PoolStatus"], "UPDATING");
    api.step();
    for identifier in [&made["PoolName"], &made["PoolId"], &made["PoolArn"]] {
        let got = ok(api, "GetMediaPipelineKinesisVideoStreamPool", json!({"Identifier": identifier}));
        assert_eq!(got["KinesisVideoStreamPoolConfiguration"]["PoolStatus"], "ACTIVE");
    }
    let listed = ok(api, "ListMediaPipelineKinesisVideoStreamPools", json!({}));
    let summary = json!({"PoolName": "pool", "PoolId": made["PoolId"], "PoolArn": made["PoolArn"]});
    assert_eq!(listed["KinesisVideoStreamPools"], json!([summary]));

    let stream = |sink: &Value| {
        json!({
            "Sources": [{"SourceType": "ChimeSdkMeeting", "SourceArn": MEETING}],
            "Sinks": [{"SinkArn": sink, "SinkType": "KinesisVideoStreamPool", "ReservedStreamCapacity": 1, "MediaStreamType": "MixedAudio"}],
        })
    };
    assert_eq!(api.code(PIPELINES, "CreateMediaStreamPipeline", stream(&json!("arn:aws:none"))), "NotFoundException");
    let streaming = ok(api, "CreateMediaStreamPipeline", stream(&made["PoolArn"]))["MediaStreamPipeline"].clone();
    let by_name = json!({"Identifier": "pool"});
    assert_eq!(api.code(PIPELINES, "DeleteMediaPipelineKinesisVideoStreamPool", by_name.clone()), "ConflictException");
    ok(api, "DeleteMediaPipeline", json!({"MediaPipelineId": streaming["MediaPipelineId"]}));
    ok(api, "DeleteMediaPipelineKinesisVideoStreamPool", by_name.clone());
    let got = ok(api, "GetMediaPipelineKinesisVideoStreamPool", by_name.clone());
    assert_eq!(got["KinesisVideoStreamPoolConfiguration"]["PoolStatus"], "DELETING");
    api.step();
    assert_eq!(api.code(PIPELINES, "GetMediaPipelineKinesisVideoStreamPool", by_name), "NotFoundException");
}

fn insights_configurations(api: &Api) -> Value {
    let made = ok(api, "CreateMediaInsightsPipelineConfiguration", configuration("calls"));
    let made = made["MediaInsightsPipelineConfiguration"].clone();
    let arn = made["MediaInsightsPipelineConfigurationArn"].clone();
    assert_eq!(arn, "arn:aws:chime:us-east-1:111122223333:media-insights-pipeline-configuration/calls");
    assert_eq!(made["Elements"], configuration("calls")["Elements"]);
    assert_eq!(
        api.code(PIPELINES, "CreateMediaInsightsPipelineConfiguration", configuration("calls")),
        "BadRequestException"
    );
    let elements = json!([{"Type": "SnsTopicSink", "SnsTopicSinkConfiguration": {"InsightsTarget": "arn:aws:sns:x"}}]);
    let change = json!({"Identifier": arn, "ResourceAccessRoleArn": ROLE, "Elements": elements});
    let changed = ok(api, "UpdateMediaInsightsPipelineConfiguration", change);
    assert_eq!(changed["MediaInsightsPipelineConfiguration"]["Elements"], elements);
    assert!(changed["MediaInsightsPipelineConfiguration"].get("RealTimeAlertConfiguration").is_none());
    let got = ok(api, "GetMediaInsightsPipelineConfiguration", json!({"Identifier": "calls"}));
    assert_eq!(got, changed);
    let listed = ok(api, "ListMediaInsightsPipelineConfigurations", json!({}));
    assert_eq!(listed["MediaInsightsPipelineConfigurations"][0]["MediaInsightsPipelineConfigurationArn"], arn);
    arn
}

fn insights_pipelines(api: &Api, configuration_arn: &Value) {
    let none = insights(&json!("arn:aws:chime:us-east-1:111122223333:media-insights-pipeline-configuration/none"));
    assert_eq!(api.code(PIPELINES, "CreateMediaInsightsPipeline", none), "NotFoundException");
    let made = ok(api, "CreateMediaInsightsPipeline", insights(configuration_arn))["MediaInsightsPipeline"].clone();
    assert_eq!(made["ElementStatuses"], json!([{"Type": "SnsTopicSink", "Status": "Initializing"}]));
    assert_eq!(made["MediaInsightsRuntimeMetadata"], json!({"CallId": "1"}));
    let in_use = json!({"Identifier": configuration_arn});
    assert_eq!(api.code(PIPELINES, "DeleteMediaInsightsPipelineConfiguration", in_use.clone()), "ConflictException");
    let id = &made["MediaPipelineId"];
    let update = |status: &str| json!({"Identifier": id, "UpdateStatus": status});
    api.step();
    assert_eq!(api.code(PIPELINES, "UpdateMediaInsightsPipelineStatus", update("Resume")), "ConflictException");
    ok(api, "UpdateMediaInsightsPipelineStatus", update("Pause"));
    assert_eq!(status(api, id), "Paused");
    let task = json!({"Identifier": made["MediaPipelineArn"], "LanguageCode": "en-US"});
    assert_eq!(api.code(PIPELINES, "StartVoiceToneAnalysisTask", task.clone()), "ConflictException");
    ok(api, "UpdateMediaInsightsPipelineStatus", update("Resume"));
    assert_eq!(status(api, id), "InProgress");

    tasks(api, id, "VoiceToneAnalysis", task);
    let domain = "arn:aws:chime:us-east-1:111122223333:voice-profile-domain/1";
    tasks(api, id, "SpeakerSearch", json!({"Identifier": id, "VoiceProfileDomainArn": domain}));

    ok(api, "DeleteMediaPipeline", json!({"MediaPipelineId": id}));
    ok(api, "DeleteMediaInsightsPipelineConfiguration", in_use.clone());
    assert_eq!(api.code(PIPELINES, "GetMediaInsightsPipelineConfiguration", in_use), "NotFoundException");
}

/// Starts, reads and stops a task of a kind.
fn tasks(api: &Api, pipeline: &Value, kind: &str, input: Value) {
    let (member, id) = (format!("{kind}Task"), format!("{kind}TaskId"));
    let state = format!("{kind}TaskStatus");
    let made = ok(api, &format!("Start{kind}Task"), input)[&member].clone();
    assert_eq!(made[&state], "Initializing");
    let named = |pipeline: &Value| json!({"Identifier": pipeline, id.as_str(): made[&id]});
    api.step();
    assert_eq!(ok(api, &format!("Get{kind}Task"), named(pipeline))[&member][&state], "InProgress");
    assert_eq!(api.code(PIPELINES, &format!("Get{kind}Task"), named(&json!("another"))), "NotFoundException");
    ok(api, &format!("Stop{kind}Task"), named(pipeline));
    api.step();
    api.step();
    assert_eq!(ok(api, &format!("Get{kind}Task"), named(pipeline))[&member][&state], "Stopped");
}

#[test]
fn every_operation_keeps_its_state() {
    let api = Api::start();
    captures_and_concatenations(&api);
    tags(&api);
    live_connectors_and_streams(&api);
    let configuration_arn = insights_configurations(&api);
    insights_pipelines(&api, &configuration_arn);
    assert_eq!(api.not_called(PIPELINES), Vec::<&str>::new());
}

#[test]
fn a_repeated_creation_is_one_whatever_its_kind() {
    let api = Api::start();
    let mut input = configuration("calls");
    input["ClientRequestToken"] = "token-1".into();
    let first = ok(&api, "CreateMediaInsightsPipelineConfiguration", input.clone());
    assert_eq!(ok(&api, "CreateMediaInsightsPipelineConfiguration", input.clone()), first);
    input["ResourceAccessRoleArn"] = "arn:aws:iam::1:role/other".into();
    assert_eq!(api.code(PIPELINES, "CreateMediaInsightsPipelineConfiguration", input), "BadRequestException");
}

#[test]
fn a_rule_between_members_is_checked() {
    let api = Api::start();
    let mut input = capture(MEETING);
    input["ChimeSdkMeetingConfiguration"] = json!({"ArtifactsConfiguration": {
        "Audio": {"MuxType": "AudioWithCompositedVideo"}, "Video": {"State": "Disabled"}, "Content": {"State": "Disabled"},
    }});
    let error = api.call(PIPELINES, "CreateMediaCapturePipeline", input).unwrap_err();
    assert!(error.message().contains("needs CompositedVideo"), "{error}");
    assert_eq!(error.service_error().unwrap().members[2].0, "RequestId");
}
