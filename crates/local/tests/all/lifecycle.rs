//! Meetings and pipelines as programs depend on them: one meeting by any name, and what ends with what.

#![expect(clippy::needless_pass_by_value, reason = "inputs are written in place")]

use std::time::Duration;

use crate::support::{Api, code};
use chimeline_local::{Options, TokenReuse};
use serde_json::{Value, json};

const MEETINGS: &str = "chime-sdk-meetings";
const PIPELINES: &str = "chime-sdk-media-pipelines";
const MINUTE: Duration = Duration::from_mins(1);

fn ok(api: &Api, service: &str, operation: &str, input: Value) -> Value {
    api.call(service, operation, input).unwrap()
}

fn meeting(api: &Api, more: Value) -> Value {
    let mut input = json!({"MediaRegion": "us-east-1", "ExternalMeetingId": "standup"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ok(api, MEETINGS, "CreateMeeting", input)["Meeting"].clone()
}

/// The ARN that programs build by hand.
fn built(meeting: &Value) -> String {
    format!("arn:aws:chime::111122223333:meeting:{}", meeting["MeetingId"].as_str().unwrap())
}

fn capture(source: impl Into<Value>) -> Value {
    json!({
        "SourceType": "ChimeSdkMeeting", "SourceArn": source.into(), "SinkType": "S3Bucket", "SinkArn": "arn:aws:s3:::b",
    })
}

fn status(api: &Api, pipeline: &Value) -> Result<String, String> {
    let got = api.call(PIPELINES, "GetMediaPipeline", json!({"MediaPipelineId": pipeline["MediaPipelineId"]}));
    let got = got.map_err(|error| code(&error))?;
    let (_, pipeline) = got["MediaPipeline"].as_object().unwrap().iter().next().unwrap();
    Ok(pipeline["Status"].as_str().unwrap().to_owned())
}

fn attendees(api: &Api, meeting: &Value) -> Vec<String> {
    let listed = ok(api, MEETINGS, "ListAttendees", json!({"MeetingId": meeting["MeetingId"]}));
    let users = listed["Attendees"].as_array().unwrap().iter();
    users.map(|attendee| attendee["ExternalUserId"].as_str().unwrap().to_owned()).collect()
}

fn live(source: &str) -> Value {
    json!({
        "Sources": [{"SourceType": "ChimeSdkMeeting", "ChimeSdkMeetingLiveConnectorConfiguration": {
            "Arn": source, "MuxType": "AudioWithCompositedVideo",
            "CompositedVideo": {"GridViewConfiguration": {"ContentShareLayout": "Horizontal"}},
        }}],
        "Sinks": [{"SinkType": "RTMP", "RTMPConfiguration": {"Url": "rtmps://live.example/key"}}],
    })
}

fn concatenation(arn: &Value) -> Value {
    let on = json!({"State": "Enabled"});
    let kinds =
        ["Audio", "Video", "Content", "DataChannel", "TranscriptionMessages", "MeetingEvents", "CompositedVideo"];
    let artifacts: serde_json::Map<_, _> = kinds.into_iter().map(|name| (name.to_owned(), on.clone())).collect();
    json!({
        "Sources": [{"Type": "MediaCapturePipeline", "MediaCapturePipelineSourceConfiguration": {
            "MediaPipelineArn": arn, "ChimeSdkMeetingConfiguration": {"ArtifactsConfiguration": artifacts},
        }}],
        "Sinks": [{"Type": "S3Bucket", "S3BucketSinkConfiguration": {"Destination": "arn:aws:s3:::b"}}],
    })
}

#[test]
fn a_meeting_is_one_by_either_arn_in_each_service() {
    let api = Api::strict();
    let made = meeting(&api, json!({}));
    let by_hand = built(&made);
    let first = ok(&api, PIPELINES, "CreateMediaCapturePipeline", capture(by_hand.as_str()));
    assert_eq!(first["MediaCapturePipeline"]["SourceArn"], by_hand);
    for source in [by_hand.as_str(), made["MeetingArn"].as_str().unwrap()] {
        for service in [PIPELINES, "chime", "chime-sdk-media-pipelines/eu-central-1"] {
            let error = api.call(service, "CreateMediaCapturePipeline", capture(source)).unwrap_err();
            assert_eq!(code(&error), "ResourceLimitExceededException", "{service} {source}");
            assert!(error.message().contains("Limit reached"), "{error}");
        }
    }
    ok(&api, MEETINGS, "TagResource", json!({"ResourceARN": by_hand, "Tags": [{"Key": "a", "Value": "b"}]}));
    let tags = ok(&api, MEETINGS, "ListTagsForResource", json!({"ResourceARN": made["MeetingArn"]}));
    assert_eq!(tags["Tags"], json!([{"Key": "a", "Value": "b"}]));
}

#[test]
fn pipelines_end_with_their_meeting_and_can_be_read_and_concatenated() {
    let api = Api::strict();
    let made = meeting(&api, json!({}));
    let recording = ok(&api, PIPELINES, "CreateMediaCapturePipeline", capture(built(&made)));
    let recording = &recording["MediaCapturePipeline"];
    let streaming = ok(&api, PIPELINES, "CreateMediaLiveConnectorPipeline", live(&built(&made)));
    let streaming = &streaming["MediaLiveConnectorPipeline"];
    api.server.advance(Duration::from_secs(1));
    assert_eq!(status(&api, recording).as_deref(), Ok("InProgress"));
    let joined = ok(&api, PIPELINES, "CreateMediaConcatenationPipeline", concatenation(&recording["MediaPipelineArn"]));
    let joined = &joined["MediaConcatenationPipeline"];
    ok(&api, MEETINGS, "DeleteMeeting", json!({"MeetingId": made["MeetingId"]}));
    for pipeline in [recording, streaming] {
        assert_eq!(status(&api, pipeline).as_deref(), Ok("Stopping"));
    }
    api.server.advance(Duration::from_secs(10));
    for pipeline in [recording, streaming, joined] {
        assert_eq!(status(&api, pipeline).as_deref(), Ok("Stopped"));
    }
    ok(&api, PIPELINES, "CreateMediaConcatenationPipeline", concatenation(&recording["MediaPipelineArn"]));
    // Stopping what has stopped is no error, and removes it.
    let id = json!({"MediaPipelineId": recording["MediaPipelineId"]});
    ok(&api, PIPELINES, "DeleteMediaCapturePipeline", id.clone());
    ok(&api, PIPELINES, "DeleteMediaCapturePipeline", id);
    api.server.advance(Duration::from_secs(2));
    assert_eq!(status(&api, recording), Err("NotFoundException".to_owned()));
    ok(&api, PIPELINES, "CreateMediaConcatenationPipeline", concatenation(&recording["MediaPipelineArn"]));
    api.server.advance(Duration::from_hours(31 * 24));
    let late = concatenation(&recording["MediaPipelineArn"]);
    assert_eq!(api.code(PIPELINES, "CreateMediaConcatenationPipeline", late), "BadRequestException");
}

#[test]
fn a_token_finds_the_meeting_or_creates_one() {
    let api = Api::strict();
    let with = |user: &str, token: &str| {
        let input = json!({
            "MediaRegion": "us-east-1", "ExternalMeetingId": user, "ClientRequestToken": token,
            "Attendees": [{"ExternalUserId": user}],
        });
        ok(&api, MEETINGS, "CreateMeetingWithAttendees", input)
    };
    let first = with("ann", "token-1");
    let second = with("bob", "token-1");
    assert_eq!(second["Meeting"], first["Meeting"]);
    assert_eq!(second["Attendees"][0]["ExternalUserId"], "bob");
    assert_eq!(with("ann", "token-1")["Attendees"], first["Attendees"]);
    assert_eq!(meeting(&api, json!({"ClientRequestToken": "token-1", "MediaRegion": "eu-west-1"})), first["Meeting"]);
    assert_eq!(attendees(&api, &first["Meeting"]), ["ann", "bob"]);
    assert_ne!(with("ann", "token-2")["Meeting"], first["Meeting"]);
    ok(&api, MEETINGS, "DeleteMeeting", json!({"MeetingId": first["Meeting"]["MeetingId"]}));
    assert_ne!(with("ann", "token-1")["Meeting"]["MeetingId"], first["Meeting"]["MeetingId"]);
}

#[test]
fn a_pipeline_takes_part_in_its_meeting() {
    let api = Api::strict();
    let made = meeting(&api, json!({}));
    let recording = ok(&api, PIPELINES, "CreateMediaCapturePipeline", capture(built(&made)));
    let users = attendees(&api, &made);
    let mark = users[0].strip_prefix("aws:MediaPipeline-").unwrap();
    assert!(users.len() == 1 && mark.len() == 5 && mark.bytes().all(|b| b.is_ascii_hexdigit()), "{users:?}");
    let id = json!({"MediaPipelineId": recording["MediaCapturePipeline"]["MediaPipelineId"]});
    ok(&api, PIPELINES, "DeleteMediaCapturePipeline", id);
    assert_eq!(attendees(&api, &made), Vec::<String>::new());
    for user in ["aws:MediaPipeline-0a1b2", "AWS:me", "Aws:"] {
        let input = json!({"MeetingId": made["MeetingId"], "ExternalUserId": user});
        assert_eq!(api.code(MEETINGS, "CreateAttendee", input), "BadRequestException", "{user}");
        let batch =
            json!({"MeetingId": made["MeetingId"], "Attendees": [{"ExternalUserId": user}, {"ExternalUserId": "bob"}]});
        assert_eq!(api.code(MEETINGS, "BatchCreateAttendee", batch), "BadRequestException", "{user}");
    }
    let named = json!({"MediaRegion": "us-east-1", "ExternalMeetingId": "AWS:standup"});
    assert_eq!(api.code(MEETINGS, "CreateMeeting", named), "BadRequestException");
}

fn gone(api: &Api, meeting: &Value) -> bool {
    match api.call(MEETINGS, "GetMeeting", json!({"MeetingId": meeting["MeetingId"]})) {
        Ok(_) => false,
        Err(error) => {
            let expected = format!("Meeting {} not found", meeting["MeetingId"].as_str().unwrap());
            assert!(error.message().contains(&expected), "{error}");
            assert_eq!(code(&error), "NotFoundException");
            true
        }
    }
}

fn control(api: &Api, method: &str, target: &str, body: Value) -> Value {
    let (status, body) = api.server.control(method, target, &body);
    assert!((200..300).contains(&status), "{method} {target}: {status} {body}");
    body
}

#[test]
fn meetings_end_by_themselves() {
    let api = Api::strict();
    let made = meeting(&api, json!({}));
    let id = made["MeetingId"].as_str().unwrap();
    api.server.advance(4 * MINUTE);
    assert!(!gone(&api, &made));
    ok(&api, MEETINGS, "CreateAttendee", json!({"MeetingId": id, "ExternalUserId": "ann"}));
    let recording = ok(&api, PIPELINES, "CreateMediaCapturePipeline", capture(built(&made)));
    assert_eq!(
        control(&api, "POST", &format!("/meetings/{id}/join"), json!({"attendee": "ann"})),
        json!({"attendees": 1})
    );
    api.server.advance(60 * MINUTE);
    assert!(!gone(&api, &made));
    control(&api, "POST", &format!("/meetings/{id}/leave"), json!({}));
    api.server.advance(4 * MINUTE);
    assert!(!gone(&api, &made));
    api.server.advance(MINUTE + Duration::from_secs(2));
    assert!(gone(&api, &made));
    assert_eq!(status(&api, &recording["MediaCapturePipeline"]).as_deref(), Ok("Stopped"));

    let unjoined = meeting(&api, json!({}));
    api.server.advance(5 * MINUTE);
    assert!(gone(&api, &unjoined));

    let long = meeting(&api, json!({}));
    let id = long["MeetingId"].as_str().unwrap();
    ok(&api, MEETINGS, "CreateAttendee", json!({"MeetingId": id, "ExternalUserId": "ann"}));
    control(&api, "POST", &format!("/meetings/{id}/join"), json!({}));
    api.server.advance(23 * 60 * MINUTE + 59 * MINUTE);
    assert!(!gone(&api, &long));
    api.server.advance(MINUTE);
    assert!(gone(&api, &long));
}

#[test]
fn switches_keep_meetings() {
    let api = Api::with(Options { unjoined_meeting_timeout: None, max_meeting_duration: None, ..Options::default() });
    let made = meeting(&api, json!({}));
    api.server.advance(Duration::from_hours(48));
    assert!(!gone(&api, &made));
    let api = Api::with(Options { recorder_keeps_meeting: true, ..Options::default() });
    let made = meeting(&api, json!({}));
    let recording = ok(&api, PIPELINES, "CreateMediaCapturePipeline", capture(built(&made)));
    api.server.advance(60 * MINUTE);
    assert!(!gone(&api, &made));
    let id = json!({"MediaPipelineId": recording["MediaCapturePipeline"]["MediaPipelineId"]});
    ok(&api, PIPELINES, "DeleteMediaCapturePipeline", id);
    api.server.advance(5 * MINUTE);
    assert!(gone(&api, &made));
}

#[test]
fn a_source_must_be_a_meeting_of_the_caller() {
    let api = Api::strict();
    let other = "arn:aws:chime::999988887777:meeting:3f1b2c4d-0000-4000-8000-1234567890ab";
    let unknown = "arn:aws:chime::111122223333:meeting:3f1b2c4d-0000-4000-8000-1234567890ab";
    for service in ["chime", PIPELINES] {
        let error = api.call(service, "CreateMediaCapturePipeline", capture(other)).unwrap_err();
        assert_eq!(
            (code(&error).as_str(), error.service_error().unwrap().response.status),
            ("ForbiddenException", 403)
        );
        assert!(error.message().contains("Resource ownership mismatch"), "{error}");
        assert_eq!(api.code(service, "CreateMediaCapturePipeline", capture(unknown)), "NotFoundException");
        for source in ["arn:aws:s3:::bucket", "arn:aws:chime:us-east-1:111122223333:media-pipeline/a"] {
            assert_eq!(
                api.code(service, "CreateMediaCapturePipeline", capture(source)),
                "BadRequestException",
                "{source}"
            );
        }
        let mut input = capture(built(&meeting(&api, json!({}))));
        input["SinkArn"] = "arn:aws:chime::111122223333:meeting:a".into();
        assert_eq!(api.code(service, "CreateMediaCapturePipeline", input), "BadRequestException");
    }
    let error = api.call(PIPELINES, "CreateMediaCapturePipeline", capture(unknown)).unwrap_err();
    assert!(error.message().contains("Meeting 3f1b2c4d-0000-4000-8000-1234567890ab not found"), "{error}");
    let never = json!("arn:aws:chime:us-east-1:111122223333:media-pipeline/3f1b2c4d-0000-4000-8000-1234567890ab");
    assert_eq!(api.code(PIPELINES, "CreateMediaConcatenationPipeline", concatenation(&never)), "BadRequestException");
    let theirs = json!("arn:aws:chime:us-east-1:999988887777:media-pipeline/3f1b2c4d-0000-4000-8000-1234567890ab");
    assert_eq!(api.code(PIPELINES, "CreateMediaConcatenationPipeline", concatenation(&theirs)), "ForbiddenException");
}

#[test]
fn a_meeting_that_the_server_never_had_may_be_faked_but_not_one_that_ended() {
    let api = Api::with(Options::default());
    let faked = "arn:aws:chime::111122223333:meeting:3f1b2c4d-0000-4000-8000-1234567890ab";
    ok(&api, PIPELINES, "CreateMediaCapturePipeline", capture(faked));
    let made = meeting(&api, json!({}));
    let elsewhere = made["MeetingArn"].as_str().unwrap().replace("us-east-1", "us-west-2");
    assert_eq!(api.code(PIPELINES, "CreateMediaCapturePipeline", capture(elsewhere)), "NotFoundException");
    ok(&api, MEETINGS, "DeleteMeeting", json!({"MeetingId": made["MeetingId"]}));
    let state = control(&api, "GET", "/state", Value::Null);
    control(&api, "PUT", "/state", state);
    for source in [built(&made), made["MeetingArn"].as_str().unwrap().to_owned()] {
        let error = api.call(PIPELINES, "CreateMediaCapturePipeline", capture(source)).unwrap_err();
        assert_eq!((code(&error).as_str(), error.service_error().unwrap().response.status), ("NotFoundException", 404));
    }
    let other = "arn:aws:chime::999988887777:meeting:3f1b2c4d-0000-4000-8000-1234567890ab";
    assert_eq!(api.code(PIPELINES, "CreateMediaCapturePipeline", capture(other)), "ForbiddenException");
    let bucket = capture("arn:aws:s3:::bucket");
    assert_eq!(api.code(PIPELINES, "CreateMediaCapturePipeline", bucket), "BadRequestException");
}

#[test]
fn a_meeting_has_its_limits() {
    let api = Api::strict();
    let made = meeting(&api, json!({}));
    ok(&api, PIPELINES, "CreateMediaLiveConnectorPipeline", live(&built(&made)));
    let again = live(made["MeetingArn"].as_str().unwrap());
    assert_eq!(api.code(PIPELINES, "CreateMediaLiveConnectorPipeline", again), "ResourceLimitExceededException");
    for from in (0..250).step_by(50) {
        let users: Vec<Value> = (from..from + 50).map(|n| json!({"ExternalUserId": format!("user-{n}")})).collect();
        let batch =
            ok(&api, MEETINGS, "BatchCreateAttendee", json!({"MeetingId": made["MeetingId"], "Attendees": users}));
        assert_eq!(batch["Errors"], json!([]));
    }
    let more = |user: &str| json!({"MeetingId": made["MeetingId"], "ExternalUserId": user});
    assert_eq!(api.code(MEETINGS, "CreateAttendee", more("one-more")), "LimitExceededException");
    ok(&api, MEETINGS, "CreateAttendee", more("user-0"));
    let nowhere = json!({"MediaRegion": "us-east-9", "ExternalMeetingId": "standup"});
    assert_eq!(api.code(MEETINGS, "CreateMeeting", nowhere), "BadRequestException");
}

#[test]
fn replicas_have_no_replicas_and_end_with_their_primary() {
    let api = Api::strict();
    let primary = meeting(&api, json!({}));
    let replica = meeting(&api, json!({"PrimaryMeetingId": primary["MeetingId"]}));
    assert_eq!(replica["PrimaryMeetingId"], primary["MeetingId"]);
    let input =
        |id: &Value| json!({"MediaRegion": "us-east-1", "ExternalMeetingId": "standup", "PrimaryMeetingId": id});
    assert_eq!(api.code(MEETINGS, "CreateMeeting", input(&replica["MeetingId"])), "BadRequestException");
    let none = json!("3f1b2c4d-0000-4000-8000-1234567890ab");
    assert_eq!(api.code(MEETINGS, "CreateMeeting", input(&none)), "BadRequestException");
    assert_eq!(attendees(&api, &primary), Vec::<String>::new());
    ok(&api, MEETINGS, "DeleteMeeting", json!({"MeetingId": primary["MeetingId"]}));
    assert!(gone(&api, &replica));
}

#[test]
fn a_pipelines_token_is_remembered_after_its_end() {
    let reused = |token_reuse: TokenReuse, later: Duration| {
        let api = Api::with(Options {
            transition_delay: Duration::from_secs(1),
            unjoined_meeting_timeout: None,
            max_meeting_duration: None,
            token_reuse,
            ..Options::default()
        });
        let mut input = capture(built(&meeting(&api, json!({}))));
        input["ClientRequestToken"] = "token-1".into();
        let made = ok(&api, PIPELINES, "CreateMediaCapturePipeline", input.clone())["MediaCapturePipeline"].clone();
        ok(&api, PIPELINES, "DeleteMediaCapturePipeline", json!({"MediaPipelineId": made["MediaPipelineId"]}));
        api.server.advance(later);
        let again = api.call(PIPELINES, "CreateMediaCapturePipeline", input).map_err(|error| code(&error))?;
        let again = &again["MediaCapturePipeline"];
        Ok::<_, String>((
            again["MediaPipelineId"] == made["MediaPipelineId"],
            again["Status"].as_str().unwrap().to_owned(),
        ))
    };
    let (hour, week) = (Duration::from_hours(1), Duration::from_hours(7 * 24));
    assert_eq!(reused(TokenReuse::Replay, hour), Ok((true, "Stopped".to_owned())));
    assert_eq!(reused(TokenReuse::Create, hour), Ok((false, "Initializing".to_owned())));
    assert_eq!(reused(TokenReuse::Refuse, hour), Err("BadRequestException".to_owned()));
    assert_eq!(reused(TokenReuse::Refuse, week), Ok((false, "Initializing".to_owned())));
}

#[test]
fn the_prefix_of_the_legacy_endpoint_is_taken() {
    let api = Api::strict();
    let url = format!("{}/console", api.server.url());
    let client = crate::support::client("chime", "us-east-1", &url, Options::default_credentials());
    let listed = crate::support::call(&client, "ListMediaCapturePipelines", &json!({})).unwrap();
    assert_eq!(listed["MediaCapturePipelines"], json!([]));
}
