//! The example of the core, on this service.

#[expect(dead_code, reason = "its `main` is for whoever runs it")]
#[path = "../../../core/examples/capture.rs"]
mod capture;

use chimeline_local::Options;

use crate::support::{Api, PACE, faked};

#[test]
fn the_example_captures_a_meeting_and_leaves_nothing_running() {
    let api = Api::with(faked());
    let options = chimeline_core::Options {
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some(api.server.url().to_owned()),
        credentials: Some(Options::default_credentials()),
        ..chimeline_core::Options::default()
    };
    let bucket = "arn:aws:s3:::my-recordings";
    let pipeline = capture::capture(&options, bucket).unwrap();
    assert_eq!(pipeline["SinkArn"], bucket);
    assert!(pipeline["SourceArn"].as_str().unwrap().contains(":meeting/"), "{pipeline}");
    api.server.advance(10 * PACE);
    let left = api.call("chime-sdk-media-pipelines", "ListMediaCapturePipelines", serde_json::json!({})).unwrap();
    assert_eq!(left["MediaCapturePipelines"], serde_json::json!([]));
}
