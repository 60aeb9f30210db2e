//! Records a meeting to a bucket: creates the meeting, captures it, shows the pipeline, and deletes both.
//!
//! Against the local service: `AWS_ENDPOINT_URL=http://127.0.0.1:8765 cargo run -p chimeline-core --example capture
//! arn:aws:s3:::my-recordings`, with its credentials in the environment.

use chimeline_core::codec::json_host::JsonBuilder;
use chimeline_core::{Client, Error, ErrorKind, Options, PrepareError, service};
use serde_json::{Value, json};

fn main() -> Result<(), Error> {
    let bucket = std::env::args().nth(1).unwrap_or_else(|| "arn:aws:s3:::my-recordings".to_owned());
    let options = Options { region: Some("us-east-1".to_owned()), ..Options::default() };
    println!("{:#}", capture(&options, &bucket)?);
    Ok(())
}

/// Captures a new meeting to the bucket of that ARN; the pipeline as the service describes it.
pub fn capture(options: &Options, bucket: &str) -> Result<Value, Error> {
    let meetings = client("chime-sdk-meetings", options)?;
    let pipelines = client("chime-sdk-media-pipelines", options)?;
    let input =
        json!({"ClientRequestToken": "capture-example", "MediaRegion": "us-east-1", "ExternalMeetingId": "weekly"});
    let meeting = call(&meetings, "CreateMeeting", &input)?;
    let input = json!({
        "SourceType": "ChimeSdkMeeting",
        "SourceArn": meeting["Meeting"]["MeetingArn"],
        "SinkType": "S3Bucket",
        "SinkArn": bucket,
    });
    let created = call(&pipelines, "CreateMediaCapturePipeline", &input)?;
    let id = json!({"MediaPipelineId": created["MediaCapturePipeline"]["MediaPipelineId"]});
    let found = call(&pipelines, "GetMediaCapturePipeline", &id)?;
    call(&pipelines, "DeleteMediaCapturePipeline", &id)?;
    call(&meetings, "DeleteMeeting", &json!({"MeetingId": meeting["Meeting"]["MeetingId"]}))?;
    Ok(found["MediaCapturePipeline"].clone())
}

fn client(name: &str, options: &Options) -> Result<Client, Error> {
    let unknown = || Error::new(ErrorKind::UnknownService, format!("unknown service: {name}"));
    Client::new(service(name).ok_or_else(unknown)?, options)
}

/// One call, its input and output as JSON. A binding for a language reads and builds that language's values instead.
fn call(client: &Client, operation: &str, input: &Value) -> Result<Value, Error> {
    let unknown = || Error::new(ErrorKind::ParamValidation, format!("unknown operation: {operation}"));
    let operation = client.service().operation(operation).ok_or_else(unknown)?;
    let call = client.prepare(operation, input).map_err(|e| match e {
        PrepareError::Error(error) => error,
        PrepareError::Host(never) => match never {},
    })?;
    let response = client.call_blocking(&call, &mut || true)?;
    let mut output = JsonBuilder::default();
    client.decode(operation, &response, &mut output)?;
    serde_json::from_str(&output.finish()).map_err(|e| Error::new(ErrorKind::Response, e.to_string()))
}
