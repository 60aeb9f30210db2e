//! The legacy service, as the core's client sees it over a socket.

use crate::support::Api;
use chimeline_local::Options;
use serde_json::{Value, json};

/// A MeetingId, which is a GUID, for a short name.
fn id(meeting: &str) -> String {
    let number = meeting.bytes().fold(0, |number: u64, byte| (number << 8 | u64::from(byte)) & 0xffff_ffff_ffff);
    format!("3f1b2c4d-0000-4000-8000-{number:012x}")
}

fn capture(meeting: &str) -> Value {
    json!({
        "SourceType": "ChimeSdkMeeting",
        "SourceArn": format!("arn:aws:chime::111122223333:meeting:{}", id(meeting)),
        "SinkType": "S3Bucket",
        "SinkArn": "arn:aws:s3:::recordings",
    })
}

fn status(api: &Api, id: &Value) -> String {
    let pipeline = api.call("chime", "GetMediaCapturePipeline", json!({"MediaPipelineId": id})).unwrap();
    pipeline["MediaCapturePipeline"]["Status"].as_str().unwrap().to_owned()
}

#[test]
fn a_capture_goes_through_its_states_until_it_is_gone() {
    let api = Api::start();
    let mut input = capture("a");
    input["ChimeSdkMeetingConfiguration"] =
        json!({"SourceConfiguration": {"SelectedVideoStreams": {"ExternalUserIds": ["ann"]}}});
    let made = api.call("chime", "CreateMediaCapturePipeline", input.clone()).unwrap();
    let made = &made["MediaCapturePipeline"];
    for (name, value) in input.as_object().unwrap() {
        assert_eq!(&made[name], value, "{name}");
    }
    assert_eq!(made["Status"], "Initializing");
    assert_eq!(made["CreatedTimestamp"], made["UpdatedTimestamp"]);
    let id = &made["MediaPipelineId"];
    api.step();
    assert_eq!(status(&api, id), "InProgress");
    let listed = api.call("chime", "ListMediaCapturePipelines", json!({})).unwrap();
    assert_eq!(listed["MediaCapturePipelines"][0]["MediaPipelineId"], *id);
    assert!(listed.get("NextToken").is_none());
    api.call("chime", "DeleteMediaCapturePipeline", json!({"MediaPipelineId": id})).unwrap();
    assert_eq!(status(&api, id), "Stopping");
    api.call("chime", "DeleteMediaCapturePipeline", json!({"MediaPipelineId": id})).unwrap();
    api.step();
    assert_eq!(status(&api, id), "Stopped");
    api.step();
    assert_eq!(api.code("chime", "GetMediaCapturePipeline", json!({"MediaPipelineId": id})), "NotFoundException");
    assert_eq!(api.code("chime", "DeleteMediaCapturePipeline", json!({"MediaPipelineId": id})), "NotFoundException");
    assert!(api.not_called("chime").is_empty());
}

#[test]
fn several_states_may_pass_between_two_requests() {
    let api = Api::start();
    let made = api.call("chime", "CreateMediaCapturePipeline", capture("a")).unwrap();
    let id = &made["MediaCapturePipeline"]["MediaPipelineId"];
    api.call("chime", "DeleteMediaCapturePipeline", json!({"MediaPipelineId": id})).unwrap();
    api.step();
    api.step();
    let listed = api.call("chime", "ListMediaCapturePipelines", json!({})).unwrap();
    assert_eq!(listed["MediaCapturePipelines"], json!([]));
}

#[test]
fn a_token_stands_for_one_creation() {
    let api = Api::start();
    let create = |token: &str, meeting: &str| {
        let mut input = capture(meeting);
        input["ClientRequestToken"] = token.into();
        api.call("chime", "CreateMediaCapturePipeline", input).map(|made| made["MediaCapturePipeline"].clone())
    };
    let first = create("token-1", "a").unwrap();
    assert_eq!(create("token-1", "a").unwrap()["MediaPipelineId"], first["MediaPipelineId"]);
    assert_eq!(crate::support::code(&create("token-1", "b").unwrap_err()), "BadRequestException");
    assert_ne!(create("token-2", "b").unwrap()["MediaPipelineId"], first["MediaPipelineId"]);
    let listed = api.call("chime", "ListMediaCapturePipelines", json!({})).unwrap();
    assert_eq!(listed["MediaCapturePipelines"].as_array().unwrap().len(), 2);
}

#[test]
fn a_meeting_has_one_capture_at_a_time() {
    let api = Api::start();
    let made = api.call("chime", "CreateMediaCapturePipeline", capture("a")).unwrap();
    let error = api.call("chime", "CreateMediaCapturePipeline", capture("a")).unwrap_err();
    assert_eq!(crate::support::code(&error), "ResourceLimitExceededException");
    assert!(error.message().contains("Limit reached"), "{error}");
    let id = &made["MediaCapturePipeline"]["MediaPipelineId"];
    api.call("chime", "DeleteMediaCapturePipeline", json!({"MediaPipelineId": id})).unwrap();
    api.call("chime", "CreateMediaCapturePipeline", capture("a")).unwrap();
}

#[test]
fn the_quota_of_active_pipelines_is_the_documented_one_or_the_one_asked_for() {
    let api = Api::start();
    for meeting in 0..100 {
        api.call("chime", "CreateMediaCapturePipeline", capture(&meeting.to_string())).unwrap();
    }
    assert_eq!(api.code("chime", "CreateMediaCapturePipeline", capture("more")), "ResourceLimitExceededException");
    let elsewhere = "chime-sdk-media-pipelines/eu-west-2";
    for meeting in 100..110 {
        api.call(elsewhere, "CreateMediaCapturePipeline", capture(&meeting.to_string())).unwrap();
    }
    assert_eq!(api.code(elsewhere, "CreateMediaCapturePipeline", capture("more")), "ResourceLimitExceededException");
    let api = Api::with(Options { pipeline_quota: Some(1), ..crate::support::faked() });
    api.call("chime", "CreateMediaCapturePipeline", capture("a")).unwrap();
    assert_eq!(api.code("chime", "CreateMediaCapturePipeline", capture("b")), "ResourceLimitExceededException");
}

#[test]
fn pages_follow_each_other_to_the_end() {
    let api = Api::start();
    let ids: Vec<Value> = (0..5)
        .map(|meeting| {
            let made = api.call("chime", "CreateMediaCapturePipeline", capture(&meeting.to_string())).unwrap();
            made["MediaCapturePipeline"]["MediaPipelineId"].clone()
        })
        .collect();
    let (mut seen, mut input) = (Vec::new(), json!({"MaxResults": 2}));
    loop {
        let page = api.call("chime", "ListMediaCapturePipelines", input.clone()).unwrap();
        let items = page["MediaCapturePipelines"].as_array().unwrap();
        assert!(!items.is_empty() && items.len() <= 2);
        seen.extend(items.iter().map(|item| item["MediaPipelineId"].clone()));
        let Some(token) = page.get("NextToken") else { break };
        input["NextToken"] = token.clone();
    }
    assert_eq!(seen, ids);
    let token = input["NextToken"].as_str().unwrap();
    let altered = format!("{}{}", &token[..31], if token.ends_with('0') { '1' } else { '0' });
    for bad in [altered.as_str(), "no token", "é", "00000000000000000000000000000000"] {
        assert_eq!(
            api.code("chime", "ListMediaCapturePipelines", json!({"NextToken": bad})),
            "BadRequestException",
            "{bad}"
        );
    }
    let other = "chime-sdk-media-pipelines";
    assert_eq!(api.code(other, "ListMediaCapturePipelines", json!({"NextToken": token})), "BadRequestException");
}

#[test]
fn regions_and_services_know_nothing_of_each_other() {
    let api = Api::start();
    let mut input = capture("a");
    input["ClientRequestToken"] = "token-1".into();
    let made = api.call("chime", "CreateMediaCapturePipeline", input.clone()).unwrap();
    input["SourceArn"] = capture("b")["SourceArn"].clone();
    let other = api.call("chime-sdk-media-pipelines", "CreateMediaCapturePipeline", input).unwrap();
    assert_ne!(other["MediaCapturePipeline"]["MediaPipelineId"], made["MediaCapturePipeline"]["MediaPipelineId"]);
    let id = json!({"MediaPipelineId": made["MediaCapturePipeline"]["MediaPipelineId"]});
    assert_eq!(api.code("chime/eu-west-1", "GetMediaCapturePipeline", id.clone()), "NotFoundException");
    assert_eq!(api.code("chime-sdk-media-pipelines", "GetMediaCapturePipeline", id), "NotFoundException");
}

#[test]
fn every_fault_of_an_input_is_told_in_one_message() {
    let api = Api::start();
    let input = json!({"SourceType": "Meeting", "SinkType": "S3Buckett", "SinkArn": "bucket"});
    let error = api.call("chime", "CreateMediaCapturePipeline", input).unwrap_err();
    assert_eq!(crate::support::code(&error), "BadRequestException");
    for part in [
        "\"SourceArn\"",
        "value: Meeting, must be one of: ChimeSdkMeeting",
        "did you mean \"S3Bucket\"?",
        "value: bucket",
    ] {
        assert!(error.message().contains(part), "{part} in {error}");
    }
    let service = error.service_error().unwrap();
    assert_eq!(service.response.status, 400);
    assert_eq!(service.members[0], ("Code", json!("BadRequest")));
    assert_eq!(api.code("chime", "ListMediaCapturePipelines", json!({"MaxResults": 100})), "BadRequestException");
    assert_eq!(api.code("chime", "GetMediaCapturePipeline", json!({"MediaPipelineId": "a/b"})), "BadRequestException");
}
