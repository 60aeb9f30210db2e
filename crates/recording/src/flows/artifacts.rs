//! The files that captures and concatenations write.
//!
//! With a prefix in the sink, the folders of the kinds are below the prefix; without one, below the pipeline's id. A capture's
//! files are named by the time at which each begins, with the attendee's id behind it for the video of one attendee; those of a
//! concatenation by the concatenation's id.

use serde_json::{Value, json};

use super::options;
use crate::engine::{Failure, Host};
use crate::names::{Bucket, Pipeline, is_id};

/// The folders of the kinds.
const FOLDERS: [&str; 7] =
    ["audio", "video", "content", "composited-video", "data-channel", "meeting-events", "transcription-messages"];

/// The kinds that are text.
const TEXTS: [&str; 3] = ["data-channel", "meeting-events", "transcription-messages"];

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
    kinds: Vec<&'static str>,
}

/// Gives the bucket, the prefix, the folders and the files: those that are there where they are listed, else those of a
/// concatenation, whose names are known beforehand.
pub(crate) async fn artifacts(host: Host, given: Artifacts) -> Result<Value, Failure> {
    let id = &given.pipeline.id;
    let layout = layout(&host, &given).await?;
    let base = if layout.bucket.prefix.is_empty() { id.clone() } else { layout.bucket.prefix.clone() };
    let bucket = &layout.bucket.name;
    let folders: Vec<Value> =
        layout.kinds.iter().map(|kind| json!({"Kind": kind, "Prefix": format!("{base}/{kind}/")})).collect();
    let expected: Vec<Value> = if layout.is_concatenation {
        layout
            .kinds
            .iter()
            .map(|kind| artifact(bucket, &format!("{base}/{kind}/{id}.{}", extension(kind)), &base))
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
            Some(sink) => Ok(Layout { bucket: sink.clone(), is_concatenation: false, kinds: FOLDERS.to_vec() }),
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
        return Some(Layout { bucket: place(&pipeline["SinkArn"])?, is_concatenation: false, kinds: FOLDERS.to_vec() });
    }
    let destination = &pipeline["Sinks"][0]["S3BucketSinkConfiguration"]["Destination"];
    let source = &pipeline["Sources"][0]["MediaCapturePipelineSourceConfiguration"];
    let states = &source["ChimeSdkMeetingConfiguration"]["ArtifactsConfiguration"];
    let kinds = FOLDERS.into_iter().filter(|kind| states[member(kind)]["State"] == "Enabled").collect();
    destination.is_string().then(|| place(destination))?.map(|bucket| Layout { bucket, is_concatenation: true, kinds })
}

/// The member of a folder's kind: `data-channel` is `DataChannel`.
fn member(kind: &str) -> String {
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    kind.split('-').map(capital).collect()
}

fn extension(kind: &str) -> &'static str {
    if TEXTS.contains(&kind) { "txt" } else { "mp4" }
}

async fn listed(host: &Host, layout: &Layout, base: &str, id: &str) -> Result<Vec<Value>, Failure> {
    let mut files = Vec::new();
    let mut input = json!({"Bucket": layout.bucket.name, "Prefix": format!("{base}/")});
    loop {
        let page = host.call("s3", "ListObjectsV2", input.clone()).await?;
        for object in page.at(&["Contents"]).as_array().into_iter().flatten() {
            let Some(key) = object["Key"].as_str() else { continue };
            let mut file = artifact(&layout.bucket.name, key, base);
            let is_ours = !layout.is_concatenation || key.rsplit('/').next().is_some_and(|name| name.starts_with(id));
            if file["Kind"].is_null() || !is_ours {
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
    let kind = parts.next().filter(|folder| FOLDERS.contains(folder) && !name.is_empty());
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
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
        assert_eq!(parse_key("other/file.txt"), json!({"Kind": null, "Time": null, "AttendeeId": null}));
        assert_eq!(parse_key("audio/"), json!({"Kind": null, "Time": null, "AttendeeId": null}));
        assert_eq!(parse_key("audio/2024-02-29-12-34-56.mp4")["Time"], json!(null));
        assert_eq!(parse_key("audio/é-漢字漢字漢字漢字漢字漢字漢字.mp4")["Time"], json!(null));
    }
}
