//! The files that captures and concatenations write.
//!
//! Their folders are those of the schema's table. A capture's files are named by the time at which each begins, with the attendee's
//! id behind it for the video of one attendee; those of a concatenation by the concatenation's id.

use chimeline_core::schema::artifacts::{ARTIFACT_KINDS, ArtifactKind, CONTENT_SUFFIX, artifact_kind, artifact_path};
use serde_json::{Value, json};

use super::options;
use crate::engine::{Failure, Host};
use crate::names::{Bucket, Pipeline, is_id};

/// How long links last, in seconds: what the signature allows.
const LONGEST: u64 = 7 * 24 * 3600;

/// A pipeline whose files are wanted.
pub(crate) struct Artifacts {
    service: String,
    pipeline: Pipeline,
    /// What the caller has of it.
    given: Value,
    sink: Option<Bucket>,
    list: bool,
    presign: Option<u64>,
}

impl Artifacts {
    pub(crate) fn read(input: &Value) -> Result<Artifacts, Failure> {
        let given = &input["pipeline"];
        let sink = if input["sink"].is_null() { None } else { Some(Bucket::parse("sink", &input["sink"])?) };
        let presign = match &input["presign"] {
            Value::Null | Value::Bool(false) => None,
            Value::Bool(true) => Some(3600),
            other => match other.as_u64() {
                Some(seconds) if (1..=LONGEST).contains(&seconds) => Some(seconds),
                _ => {
                    return Err(Failure::wrong(
                        "presign",
                        other,
                        "true, or a whole number of seconds from 1 to 604800",
                    ));
                }
            },
        };
        Ok(Artifacts {
            service: options::service(input),
            pipeline: Pipeline::parse("pipeline", given)?,
            given: given.clone(),
            sink,
            list: input["list"].as_bool().unwrap_or(false) || presign.is_some(),
            presign,
        })
    }
}

/// What the files follow from.
struct Layout {
    bucket: Bucket,
    is_concatenation: bool,
    /// The kinds that are written.
    kinds: Vec<&'static ArtifactKind>,
}

/// Gives the bucket, the prefix, the folders and the files: those that are there where they are listed, else those of a
/// concatenation, whose names are known beforehand.
pub(crate) async fn artifacts(host: Host, given: Artifacts) -> Result<Value, Failure> {
    let id = &given.pipeline.id;
    let layout = layout(&host, &given).await?;
    let base = artifact_path(&layout.bucket.prefix, id).to_owned();
    let bucket = &layout.bucket.name;
    let folders: Vec<Value> = layout
        .kinds
        .iter()
        .map(|kind| json!({"Kind": kind.folder, "Prefix": format!("{base}/{}/", kind.folder)}))
        .collect();
    let expected: Vec<Value> = if layout.is_concatenation {
        layout
            .kinds
            .iter()
            .map(|kind| artifact(bucket, &format!("{base}/{}/{id}.{}", kind.folder, kind.extension), &base))
            .collect()
    } else {
        Vec::new()
    };
    let mut files = expected;
    if given.list {
        files = listed(&host, &layout, &base, id).await?;
    }
    if let Some(seconds) = given.presign {
        for file in &mut files {
            let input = json!({"Bucket": bucket, "Key": file["Key"], "ExpiresIn": seconds});
            let link = host.call("s3", "PresignGetObject", input).await?;
            file["Url"] = link.at(&["Url"]).clone();
        }
    }
    let kind = if layout.is_concatenation { "concatenation" } else { "capture" };
    Ok(
        json!({"Pipeline": kind, "Bucket": bucket, "Prefix": format!("{base}/"), "Folders": folders, "Artifacts": files}),
    )
}

async fn layout(host: &Host, given: &Artifacts) -> Result<Layout, Failure> {
    if let Some(layout) = read(&given.given, given.sink.as_ref()) {
        return Ok(layout);
    }
    let legacy = given.service == "chime";
    let operation = if legacy { "GetMediaCapturePipeline" } else { "GetMediaPipeline" };
    match host.call(&given.service, operation, json!({"MediaPipelineId": given.pipeline.id})).await {
        Ok(found) => {
            let pipeline = if legacy { &found.output } else { found.at(&["MediaPipeline"]) };
            read(pipeline, given.sink.as_ref()).ok_or_else(|| {
                Failure::Recording(format!(
                    "the pipeline {} is neither a capture nor a concatenation, so it writes no files to S3",
                    given.pipeline.id
                ))
            })
        }
        // Its files are still there; where, only its sink says.
        Err(failed) if failed.error.is_gone() => match &given.sink {
            Some(sink) => Ok(Layout { bucket: sink.clone(), is_concatenation: false, kinds: of_captures() }),
            None => Err(failed.into()),
        },
        Err(failed) => Err(failed.into()),
    }
}

/// The layout by what the service says of a pipeline.
fn read(value: &Value, sink: Option<&Bucket>) -> Option<Layout> {
    let holder = if value["MediaPipeline"].is_object() { &value["MediaPipeline"] } else { value };
    let inner = ["MediaCapturePipeline", "MediaConcatenationPipeline"].iter().map(|name| &holder[*name]);
    let pipeline = inner.into_iter().find(|inner| inner.is_object()).unwrap_or(holder);
    let place = |arn: &Value| sink.cloned().or_else(|| Bucket::parse("sink", arn).ok());
    if pipeline["SinkArn"].is_string() {
        return Some(Layout { bucket: place(&pipeline["SinkArn"])?, is_concatenation: false, kinds: of_captures() });
    }
    let destination = &pipeline["Sinks"][0]["S3BucketSinkConfiguration"]["Destination"];
    let source = &pipeline["Sources"][0]["MediaCapturePipelineSourceConfiguration"];
    let states = &source["ChimeSdkMeetingConfiguration"]["ArtifactsConfiguration"];
    let kinds = ARTIFACT_KINDS.iter().filter(|kind| states[kind.member]["State"] == "Enabled").collect();
    destination.is_string().then(|| place(destination))?.map(|bucket| Layout { bucket, is_concatenation: true, kinds })
}

fn of_captures() -> Vec<&'static ArtifactKind> {
    ARTIFACT_KINDS.iter().filter(|kind| kind.in_captures).collect()
}

async fn listed(host: &Host, layout: &Layout, base: &str, id: &str) -> Result<Vec<Value>, Failure> {
    let mut files = Vec::new();
    let mut input = json!({"Bucket": layout.bucket.name, "Prefix": format!("{base}/")});
    loop {
        let page = host.call("s3", "ListObjectsV2", input.clone()).await?;
        for object in page.at(&["Contents"]).as_array().into_iter().flatten() {
            let Some(key) = object["Key"].as_str() else { continue };
            let mut file = artifact(&layout.bucket.name, key, base);
            if file["Kind"].is_null() || !is_ours(key, layout, base, id) {
                continue;
            }
            file["Size"] = object["Size"].clone();
            files.push(file);
        }
        let token = page.text(&["NextContinuationToken"]);
        if token.is_empty() {
            break;
        }
        input["ContinuationToken"] = token.into();
    }
    let text = |file: &Value, name: &str| file[name].as_str().unwrap_or_default().to_owned();
    files.sort_by_key(|file| (text(file, "Time"), text(file, "AttendeeId"), text(file, "Kind"), text(file, "Key")));
    Ok(files)
}

/// Whether a file below the prefix, which pipelines may share, can be this one's: it stands in a folder of its kind at the prefix, or
/// in one below the pipeline's id.
fn is_ours(key: &str, layout: &Layout, base: &str, id: &str) -> bool {
    let below = key.strip_prefix(base).unwrap_or(key).trim_start_matches('/');
    let below = below.strip_prefix(id).map_or(below, |rest| rest.trim_start_matches('/'));
    match below.split_once('/') {
        Some((_, name)) => !name.contains('/') && (!layout.is_concatenation || name.starts_with(id)),
        None => false,
    }
}

fn artifact(bucket: &str, key: &str, base: &str) -> Value {
    let mut file = parse_key(key.strip_prefix(base).unwrap_or(key));
    file["Key"] = key.into();
    file["Uri"] = format!("s3://{bucket}/{key}").into();
    file
}

/// What the key of a file says: `Kind`, `Time` (ISO 8601, in UTC) and `AttendeeId`, each null where it says none.
#[must_use]
pub fn parse_key(key: &str) -> Value {
    let mut parts = key.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let folder = parts.next().and_then(artifact_kind).filter(|_| !name.is_empty()).map(|kind| kind.folder);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let (stem, kind) = match stem.strip_suffix(CONTENT_SUFFIX) {
        Some(stem) => (stem, folder.and(Some("content"))),
        None => (stem, folder),
    };
    let attendee = stem.len().checked_sub(36).and_then(|at| stem.get(at..)).filter(|id| is_id(id));
    json!({"Kind": kind, "Time": time(stem), "AttendeeId": attendee.filter(|_| stem.len() > 36)})
}

/// The time that a name begins with: `2024-02-29-12-34-56-789`.
fn time(stem: &str) -> Option<String> {
    let parts: Vec<&str> = stem.splitn(8, '-').collect();
    let widths = [4, 2, 2, 2, 2, 2, 3];
    let is_time = parts.len() >= 7
        && parts
            .iter()
            .zip(widths)
            .all(|(part, width)| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()));
    is_time
        .then(|| format!("{}-{}-{}T{}:{}:{}.{}Z", parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse_key;

    const ID: &str = "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11";

    #[test]
    fn keys_say_their_kind_time_and_attendee() {
        assert_eq!(
            parse_key(&format!("prefix/video/2024-02-29-12-34-56-789-{ID}.mp4")),
            json!({"Kind": "video", "Time": "2024-02-29T12:34:56.789Z", "AttendeeId": ID})
        );
        assert_eq!(
            parse_key("prefix/audio/2024-02-29-12-34-56-789.mp4"),
            json!({"Kind": "audio", "Time": "2024-02-29T12:34:56.789Z", "AttendeeId": null})
        );
        assert_eq!(
            parse_key(&format!("composited-video/{ID}.mp4")),
            json!({"Kind": "composited-video", "Time": null, "AttendeeId": null})
        );
        assert_eq!(
            parse_key(&format!("prefix/video/2024-02-29-12-34-56-789-{ID}#content.mp4")),
            json!({"Kind": "content", "Time": "2024-02-29T12:34:56.789Z", "AttendeeId": ID})
        );
        assert_eq!(parse_key("other/file.txt"), json!({"Kind": null, "Time": null, "AttendeeId": null}));
        assert_eq!(parse_key("audio/"), json!({"Kind": null, "Time": null, "AttendeeId": null}));
        assert_eq!(parse_key("audio/2024-02-29-12-34-56.mp4")["Time"], json!(null));
        assert_eq!(parse_key("audio/é-漢字漢字漢字漢字漢字漢字漢字.mp4")["Time"], json!(null));
    }
}
