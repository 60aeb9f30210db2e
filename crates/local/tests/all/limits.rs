//! Numbers at their ends.

use std::time::Duration;

use crate::support::Api;
use chimeline_local::Options;
use serde_json::json;

/// A MeetingId, which is a GUID, for a short name.
fn id(meeting: &str) -> String {
    let number = meeting.bytes().fold(0, |number: u64, byte| (number << 8 | u64::from(byte)) & 0xffff_ffff_ffff);
    format!("3f1b2c4d-0000-4000-8000-{number:012x}")
}

fn capture(meeting: &str) -> serde_json::Value {
    json!({
        "SourceType": "ChimeSdkMeeting", "SourceArn": format!("arn:aws:chime::111122223333:meeting:{}", id(meeting)), "SinkType": "S3Bucket",
        "SinkArn": "arn:aws:s3:::b", "ClientRequestToken": "token-1",
    })
}

#[test]
fn a_clock_beyond_the_end_of_time_stays_where_it_is() {
    let api = Api::with(Options { transition_delay: Duration::MAX, ..crate::support::faked() });
    let made = api.call("chime", "CreateMediaCapturePipeline", capture("a")).unwrap();
    api.server.advance(Duration::MAX);
    api.server.advance(Duration::MAX);
    let id = json!({"MediaPipelineId": made["MediaCapturePipeline"]["MediaPipelineId"]});
    let got = api.call("chime", "GetMediaCapturePipeline", id).unwrap();
    assert_eq!(got["MediaCapturePipeline"]["Status"], "Initializing");
}
