//! Joins the files of a capture, once, whoever asks for it and however often.

use serde_json::{Value, json};

use super::{captures, options};
use crate::engine::{Failure, Host, Reply};
use crate::names::{Bucket, Pipeline, token};

const SERVICE: &str = "chime-sdk-media-pipelines";

/// How often it is tried anew where one has failed.
const GENERATIONS: usize = 5;

/// What is joined, and how.
pub(crate) struct Concatenate {
    capture: Pipeline,
    joining: Joining,
}

/// Where to and how.
pub(super) struct Joining {
    destination: Bucket,
    artifacts: Option<Value>,
    tags: Option<Value>,
}

impl Concatenate {
    pub(crate) fn read(input: &Value) -> Result<Concatenate, Failure> {
        let capture = Pipeline::parse("capture", &input["capture"])?;
        let joining = Joining::read(input, "destination")?;
        let joining = joining
            .ok_or_else(|| Failure::Invalid("destination must be given: where the joined files go".to_owned()))?;
        if options::service(input) == "chime" {
            let text = "a client of chime-sdk-media-pipelines is needed: the namespace chime has no concatenation";
            return Err(Failure::Invalid(text.to_owned()));
        }
        Ok(Concatenate { capture, joining })
    }
}

pub(crate) async fn run(host: Host, given: Concatenate) -> Result<Value, Failure> {
    let found = captures::get(&host, SERVICE, &given.capture.id).await?;
    given.joining.join(&host, &given.capture, found.as_ref()).await
}

impl Joining {
    /// Reads it for what is to follow a recording, if anything is.
    pub(super) fn after(input: &Value) -> Result<Option<Joining>, Failure> {
        let joining = Joining::read(input, "concatenate_to")?;
        if joining.is_some() && options::service(input) == "chime" {
            let text = "concatenate_to must be left out: the namespace chime has no concatenation; chime-sdk-media-pipelines has";
            return Err(Failure::Invalid(text.to_owned()));
        }
        Ok(joining)
    }

    /// Reads it where the member with the destination is given.
    pub(super) fn read(input: &Value, member: &str) -> Result<Option<Joining>, Failure> {
        if input[member].is_null() {
            return Ok(None);
        }
        let artifacts = artifacts(&input["concatenation_artifacts"])?;
        let tags = options::tags(input, "concatenation_tags")?;
        Ok(Some(Joining { destination: Bucket::parse(member, &input[member])?, artifacts, tags }))
    }

    /// Gives the pipeline that joins the capture. `found` is what the service says of it, unless it is gone.
    pub(super) async fn join(&self, host: &Host, capture: &Pipeline, found: Option<&Reply>) -> Result<Value, Failure> {
        let known = found.and_then(|found| found.at(&["MediaCapturePipeline", "MediaPipelineArn"]).as_str());
        let Some(arn) = known.or(capture.arn.as_deref()) else {
            return Err(Failure::Recording(format!(
                "the capture {} is gone, and its concatenation needs its ARN: give the MediaPipelineArn that its creation returned",
                capture.id
            )));
        };
        let captured = found
            .map(|found| found.at(&["MediaCapturePipeline", "ChimeSdkMeetingConfiguration", "ArtifactsConfiguration"]));
        let artifacts = self.artifacts.clone().unwrap_or_else(|| of_capture(captured.unwrap_or(&Value::Null)));
        let mut request = self.request(arn, &artifacts);
        for generation in 0..GENERATIONS {
            let id = capture.id.to_ascii_lowercase();
            let parts = ["concatenation", &id, &self.destination.arn(), &generation.to_string()];
            request["ClientRequestToken"] = token(&parts).into();
            let made = match host.call(SERVICE, "CreateMediaConcatenationPipeline", request.clone()).await {
                Ok(made) => made,
                Err(failed) if failed.error.is_about_the_token() || failed.error.is_limit() => {
                    let there = self.find(host, arn).await?;
                    return there.ok_or_else(|| failed.into());
                }
                Err(failed) => return Err(failed.into()),
            };
            let id = made.text(&["MediaConcatenationPipeline", "MediaPipelineId"]);
            let now = get(host, id).await?;
            let has_failed = now.as_ref().is_some_and(|now| now.text(&PATH_TO_STATUS) == "Failed");
            if !has_failed {
                return Ok(match now {
                    Some(now) => now.reference(&["MediaPipeline", "MediaConcatenationPipeline"]),
                    None => made.reference(&["MediaConcatenationPipeline"]),
                });
            }
        }
        Err(Failure::Recording(format!("{GENERATIONS} concatenations of the capture {} have failed", capture.id)))
    }

    fn request(&self, arn: &str, artifacts: &Value) -> Value {
        let source =
            json!({"MediaPipelineArn": arn, "ChimeSdkMeetingConfiguration": {"ArtifactsConfiguration": artifacts}});
        let mut request = json!({
            "Sources": [{"Type": "MediaCapturePipeline", "MediaCapturePipelineSourceConfiguration": source}],
            "Sinks": [{"Type": "S3Bucket", "S3BucketSinkConfiguration": {"Destination": self.destination.arn()}}],
        });
        if let Some(tags) = &self.tags {
            request["Tags"] = tags.clone();
        }
        request
    }

    /// The concatenation of this capture to this place that is there already.
    async fn find(&self, host: &Host, arn: &str) -> Result<Option<Value>, Failure> {
        for item in captures::list(host, SERVICE, "ListMediaPipelines", "MediaPipelines").await? {
            let Some(id) = item["MediaPipelineId"].as_str() else { continue };
            let Some(found) = get(host, id).await? else { continue };
            let pipeline = found.at(&["MediaPipeline", "MediaConcatenationPipeline"]);
            let source = &pipeline["Sources"][0]["MediaCapturePipelineSourceConfiguration"]["MediaPipelineArn"];
            let sink = pipeline["Sinks"][0]["S3BucketSinkConfiguration"]["Destination"].as_str();
            if source == arn && sink.is_some_and(|sink| self.destination.is(sink)) && pipeline["Status"] != "Failed" {
                return Ok(Some(found.reference(&["MediaPipeline", "MediaConcatenationPipeline"])));
            }
        }
        Ok(None)
    }
}

const PATH_TO_STATUS: [&str; 3] = ["MediaPipeline", "MediaConcatenationPipeline", "Status"];

async fn get(host: &Host, id: &str) -> Result<Option<Reply>, Failure> {
    match host.call(SERVICE, "GetMediaPipeline", json!({"MediaPipelineId": id})).await {
        Ok(found) => Ok(Some(found)),
        Err(failed) if failed.error.is_gone() => Ok(None),
        Err(failed) => Err(failed.into()),
    }
}

/// The kinds of artifacts: the names of callers, and the members of the service.
const KINDS: [(&str, &str); 7] = [
    ("audio", "Audio"),
    ("video", "Video"),
    ("content", "Content"),
    ("data-channel", "DataChannel"),
    ("transcription-messages", "TranscriptionMessages"),
    ("meeting-events", "MeetingEvents"),
    ("composited-video", "CompositedVideo"),
];

/// What is joined: a list of names, or the service's `ArtifactsConfiguration`. Audio always is.
fn artifacts(value: &Value) -> Result<Option<Value>, Failure> {
    let names = match value {
        Value::Null => return Ok(None),
        Value::Object(_) => return Ok(Some(value.clone())),
        Value::Array(items) => items,
        other => return Err(Failure::wrong("artifacts", other, "a list of names, or an ArtifactsConfiguration")),
    };
    let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    if let Some(wrong) = names.iter().find(|name| !name.as_str().is_some_and(|name| known.contains(&name))) {
        return Err(Failure::wrong("artifacts", wrong, &format!("a list of {}", known.join(", "))));
    }
    Ok(Some(configuration(|kind| names.iter().any(|name| name == kind))))
}

/// What a capture has captured. Messages and events are captured whatever the configuration; so is all of one that is gone.
fn of_capture(captured: &Value) -> Value {
    let is_known = captured.is_object();
    configuration(|kind| match kind {
        "video" => !is_known || captured["Video"]["State"] == "Enabled",
        "content" => !is_known || captured["Content"]["State"] == "Enabled",
        "composited-video" => {
            captured["Audio"]["MuxType"] == "AudioWithCompositedVideo" || captured["CompositedVideo"].is_object()
        }
        _ => true,
    })
}

fn configuration(is_on: impl Fn(&str) -> bool) -> Value {
    let state = |kind: &str| if kind == "audio" || is_on(kind) { "Enabled" } else { "Disabled" };
    KINDS
        .iter()
        .map(|(name, member)| ((*member).to_owned(), json!({"State": state(name)})))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
