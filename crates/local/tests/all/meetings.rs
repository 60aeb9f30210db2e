//! Every operation of `chime-sdk-meetings`, as the core's client sees it over a socket.

use crate::support::Api;
use serde_json::{Value, json};

const MEETINGS: &str = "chime-sdk-meetings";

fn ok(api: &Api, operation: &str, input: Value) -> Value {
    api.call(MEETINGS, operation, input).unwrap()
}

fn meeting(api: &Api, more: &Value) -> Value {
    let mut input = json!({"MediaRegion": "eu-central-1", "ExternalMeetingId": "standup"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ok(api, "CreateMeeting", input)["Meeting"].clone()
}

fn everything() -> Value {
    json!({"Audio": "SendReceive", "Video": "SendReceive", "Content": "SendReceive"})
}

#[test]
fn every_operation_keeps_its_state() {
    let api = Api::start();
    let made =
        meeting(&api, &json!({"MeetingHostId": "host", "TenantIds": ["t1"], "Tags": [{"Key": "a", "Value": "b"}]}));
    let id = &made["MeetingId"];
    let arn = &made["MeetingArn"];
    assert_eq!(*arn, format!("arn:aws:chime:us-east-1:111122223333:meeting/{}", id.as_str().unwrap()));
    assert_eq!((&made["MeetingHostId"], &made["TenantIds"]), (&json!("host"), &json!(["t1"])));
    assert_eq!(made["MediaPlacement"].as_object().unwrap().len(), 8);
    assert_eq!(ok(&api, "GetMeeting", json!({"MeetingId": id}))["Meeting"], made);

    let ann = ok(&api, "CreateAttendee", json!({"MeetingId": id, "ExternalUserId": "ann"}))["Attendee"].clone();
    assert_eq!(ann["Capabilities"], everything());
    assert!(ann["JoinToken"].as_str().unwrap().len() > 40);
    let again = ok(&api, "CreateAttendee", json!({"MeetingId": id, "ExternalUserId": "ann"}));
    assert_eq!(again["Attendee"], ann);
    let batch = json!([{"ExternalUserId": "bob"}, {"ExternalUserId": "cleo"}]);
    let batch = ok(&api, "BatchCreateAttendee", json!({"MeetingId": id, "Attendees": batch}));
    assert_eq!((batch["Attendees"].as_array().unwrap().len(), &batch["Errors"]), (2, &json!([])));
    let first = ok(&api, "ListAttendees", json!({"MeetingId": id, "MaxResults": 2}));
    assert_eq!(first["Attendees"].as_array().unwrap().len(), 2);
    let rest = ok(&api, "ListAttendees", json!({"MeetingId": id, "NextToken": first["NextToken"]}));
    assert_eq!(rest["Attendees"][0]["ExternalUserId"], "cleo");

    let named = json!({"MeetingId": id, "AttendeeId": ann["AttendeeId"]});
    let mut change = named.clone();
    change["Capabilities"] = json!({"Audio": "Receive", "Video": "Receive", "Content": "None"});
    assert_eq!(ok(&api, "UpdateAttendeeCapabilities", change)["Attendee"]["Capabilities"]["Audio"], "Receive");
    let silent = json!({"Audio": "None", "Video": "None", "Content": "None"});
    let except = json!([{"AttendeeId": ann["AttendeeId"]}]);
    let input = json!({"MeetingId": id, "ExcludedAttendeeIds": except, "Capabilities": silent});
    ok(&api, "BatchUpdateAttendeeCapabilitiesExcept", input);
    let listed = ok(&api, "ListAttendees", json!({"MeetingId": id}));
    let audio: Vec<&Value> =
        listed["Attendees"].as_array().unwrap().iter().map(|a| &a["Capabilities"]["Audio"]).collect();
    assert_eq!(audio, ["Receive", "None", "None"]);
    assert_eq!(ok(&api, "GetAttendee", named.clone())["Attendee"]["Capabilities"]["Audio"], "Receive");

    let engine = json!({"EngineTranscribeSettings": {"LanguageCode": "en-US"}});
    ok(&api, "StartMeetingTranscription", json!({"MeetingId": id, "TranscriptionConfiguration": engine}));
    ok(&api, "StopMeetingTranscription", json!({"MeetingId": id}));
    assert_eq!(ok(&api, "GetMeeting", json!({"MeetingId": id}))["Meeting"], made);

    ok(&api, "TagResource", json!({"ResourceARN": arn, "Tags": [{"Key": "c", "Value": "d"}]}));
    ok(&api, "UntagResource", json!({"ResourceARN": arn, "TagKeys": ["a"]}));
    let tags = ok(&api, "ListTagsForResource", json!({"ResourceARN": arn}));
    assert_eq!(tags["Tags"], json!([{"Key": "c", "Value": "d"}]));

    ok(&api, "DeleteAttendee", named.clone());
    assert_eq!(api.code(MEETINGS, "GetAttendee", named), "NotFoundException");
    ok(&api, "DeleteMeeting", json!({"MeetingId": id}));
    assert_eq!(api.code(MEETINGS, "GetMeeting", json!({"MeetingId": id})), "NotFoundException");
    assert_eq!(api.code(MEETINGS, "ListAttendees", json!({"MeetingId": id})), "NotFoundException");
    assert_eq!(api.code(MEETINGS, "ListTagsForResource", json!({"ResourceARN": arn})), "ResourceNotFoundException");

    let input =
        json!({"MediaRegion": "us-east-1", "ExternalMeetingId": "all", "Attendees": [{"ExternalUserId": "dan"}]});
    let both = ok(&api, "CreateMeetingWithAttendees", input);
    assert_eq!(both["Attendees"][0]["ExternalUserId"], "dan");
    let listed = ok(&api, "ListAttendees", json!({"MeetingId": both["Meeting"]["MeetingId"]}));
    assert_eq!(listed["Attendees"], both["Attendees"]);
    assert_eq!(api.not_called(MEETINGS), Vec::<&str>::new());
}

#[test]
fn a_token_stands_for_one_meeting() {
    let api = Api::start();
    let token = json!({"ClientRequestToken": "token-1"});
    let first = meeting(&api, &token);
    assert_eq!(meeting(&api, &token), first);
    let other = json!({"ClientRequestToken": "token-1", "MediaRegion": "us-west-2", "ExternalMeetingId": "another"});
    assert_eq!(ok(&api, "CreateMeeting", other)["Meeting"], first);
}

#[test]
fn an_attendee_belongs_to_one_meeting() {
    let api = Api::start();
    let (one, two) = (meeting(&api, &json!({})), meeting(&api, &json!({})));
    let input = json!({"MeetingId": one["MeetingId"], "ExternalUserId": "ann"});
    let ann = ok(&api, "CreateAttendee", input)["Attendee"].clone();
    let elsewhere = json!({"MeetingId": two["MeetingId"], "AttendeeId": ann["AttendeeId"]});
    assert_eq!(api.code(MEETINGS, "GetAttendee", elsewhere.clone()), "NotFoundException");
    assert_eq!(api.code(MEETINGS, "DeleteAttendee", elsewhere), "NotFoundException");
    assert_eq!(ok(&api, "ListAttendees", json!({"MeetingId": two["MeetingId"]}))["Attendees"], json!([]));
}

#[test]
fn what_a_meeting_has_not_nobody_may_use() {
    let api = Api::start();
    let id = meeting(&api, &json!({"MeetingFeatures": {"Video": {"MaxResolution": "None"}}}))["MeetingId"].clone();
    let ann = ok(&api, "CreateAttendee", json!({"MeetingId": id, "ExternalUserId": "ann"}))["Attendee"].clone();
    assert_eq!(ann["Capabilities"], json!({"Audio": "SendReceive", "Video": "Receive", "Content": "SendReceive"}));
    let input = json!({"MeetingId": id, "AttendeeId": ann["AttendeeId"], "Capabilities": everything()});
    assert_eq!(api.code(MEETINGS, "UpdateAttendeeCapabilities", input), "BadRequestException");
    let batch = json!([{"ExternalUserId": "bob", "Capabilities": everything()}, {"ExternalUserId": "cleo"}]);
    let batch = ok(&api, "BatchCreateAttendee", json!({"MeetingId": id, "Attendees": batch}));
    assert_eq!(batch["Attendees"].as_array().unwrap().len(), 1);
    assert_eq!(batch["Errors"][0]["ExternalUserId"], "bob");
    assert_eq!(batch["Errors"][0]["ErrorCode"], "BadRequestException");
}

#[test]
fn what_captures_a_meeting_ends_with_it() {
    let api = Api::start();
    let made = meeting(&api, &json!({}));
    let input = json!({
        "SourceType": "ChimeSdkMeeting", "SourceArn": made["MeetingArn"], "SinkType": "S3Bucket", "SinkArn": "arn:aws:s3:::b",
    });
    let capture = api.call("chime-sdk-media-pipelines", "CreateMediaCapturePipeline", input).unwrap();
    let id = json!({"MediaPipelineId": capture["MediaCapturePipeline"]["MediaPipelineId"]});
    api.step();
    ok(&api, "DeleteMeeting", json!({"MeetingId": made["MeetingId"]}));
    let got = api.call("chime-sdk-media-pipelines", "GetMediaCapturePipeline", id).unwrap();
    assert_eq!(got["MediaCapturePipeline"]["Status"], "Stopping");
}

#[test]
fn a_resource_has_fifty_tags_at_most() {
    let api = Api::start();
    let arn = meeting(&api, &json!({}))["MeetingArn"].clone();
    let tags = |from: usize, to: usize| {
        let tags: Vec<Value> = (from..to).map(|n| json!({"Key": format!("k{n}"), "Value": "v"})).collect();
        json!({"ResourceARN": arn, "Tags": tags})
    };
    ok(&api, "TagResource", tags(0, 50));
    assert_eq!(api.code(MEETINGS, "TagResource", tags(50, 51)), "TooManyTagsException");
}
