//! The files that captures and concatenations write, as the clock of resources moves.
//!
//! Which files there are, and their names, is as the developer guide has it: chunks of 5 seconds named by the time of their start,
//! and one file of each kind for a concatenation. What they contain is silence and grey pictures.

mod media;
mod mp4;
mod sink;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, SystemTime};

use chimeline_core::schema::artifacts::{ARTIFACT_KINDS, CONTENT_SUFFIX, artifact_path};
use serde_json::{Value, json};

use crate::engine::AccountEvent;
use crate::kinds::Role;
use crate::options::Options;
use crate::outgoing;
use crate::state::Resource;
use crate::time;
use mp4::Tracks;
pub(crate) use sink::Written;
use sink::{Endpoint, Object, Sink, Target};

/// The longest that a chunk is.
const CHUNK: Duration = Duration::from_secs(5);

/// Bounds the memory of a server that runs for long.
const MAX_FINISHED: usize = 1000;

/// Writes the artifacts.
#[derive(Debug)]
pub(crate) struct Artifacts {
    sink: Sink,
    /// The captures that record, by their ids.
    captures: BTreeMap<String, Capture>,
    /// What captures have written, for concatenations of them.
    finished: HashMap<String, Contents>,
    /// Who is connected to each meeting, the first to join first.
    connected: HashMap<String, Vec<String>>,
    /// The meetings that are transcribed.
    transcribed: HashSet<String>,
}

#[derive(Debug)]
struct Capture {
    meeting: String,
    place: Place,
    audio: &'static str,
    audio_tracks: Tracks,
    has_video: bool,
    has_content: bool,
    /// Where the next chunk starts.
    next: SystemTime,
    is_paused: bool,
    /// Who was connected since then, the first to join first.
    present: Vec<String>,
    contents: Contents,
    /// The last file of each folder of texts: its name and lines.
    last_texts: BTreeMap<&'static str, (String, String)>,
}

/// What there is of each kind, by the folder's name.
#[derive(Clone, Debug, Default)]
struct Contents {
    media: BTreeMap<&'static str, (Tracks, Duration)>,
    texts: BTreeMap<&'static str, String>,
}

/// A bucket and the folder in it.
#[derive(Clone, Debug)]
struct Place {
    bucket: String,
    folder: String,
}

const AUDIO: &str = "audio";
const VIDEO: &str = "video";
const CONTENT: &str = "content";
const COMPOSITED: &str = "composited-video";
const DATA: &str = "data-channel";
const EVENTS: &str = "meeting-events";
const TRANSCRIPTION: &str = "transcription-messages";

impl Artifacts {
    /// `None` where none are asked for.
    pub(crate) fn new(options: &Options) -> Result<Option<Artifacts>, String> {
        let target = match (&options.artifacts, &options.artifacts_endpoint) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err("artifacts and artifacts_endpoint cannot both be given".to_owned()),
            (Some(folder), None) => {
                std::fs::create_dir_all(folder)
                    .map_err(|e| format!("the folder of artifacts {} cannot be made: {e}", folder.display()))?;
                Target::Folder(folder.clone())
            }
            (None, Some(url)) => {
                let parsed = outgoing::parse_url(url);
                let url =
                    parsed.ok_or_else(|| format!("artifacts_endpoint must be {}, not {url:?}", outgoing::URL_FORM))?;
                let credentials =
                    options.artifacts_credentials.clone().or_else(|| options.credentials.first().cloned());
                let credentials = credentials.ok_or("artifacts_endpoint needs credentials")?;
                let endpoint = Endpoint::new(url, options.region.clone(), credentials, options.env.clone());
                Target::Endpoint(Box::new(endpoint.map_err(|e| format!("the client of artifacts cannot start: {e}"))?))
            }
        };
        let sink = Sink::start(target).map_err(|e| format!("the thread of artifacts cannot start: {e}"))?;
        Ok(Some(Artifacts {
            sink,
            captures: BTreeMap::new(),
            finished: HashMap::new(),
            connected: HashMap::new(),
            transcribed: HashSet::new(),
        }))
    }

    /// How far what is due is written.
    pub(crate) fn written(&self) -> Written {
        self.sink.written()
    }

    /// Takes up what a state that was kept has: attendees and captures as they were.
    pub(crate) fn resume<'r>(&mut self, resources: impl Iterator<Item = (&'r Resource, Option<&'r Resource>)>) {
        for (resource, meeting) in resources {
            match resource.kind.role {
                Role::Attendee if resource.presence.is_connected && !is_recorder(resource.text("ExternalUserId")) => {
                    let meeting = meeting.map(|meeting| meeting.id.clone()).unwrap_or_default();
                    self.connected.entry(meeting).or_default().push(resource.id.clone());
                }
                Role::Meeting if resource.members.contains_key("TranscriptionConfiguration") => {
                    self.transcribed.insert(resource.id.clone());
                }
                Role::Capture if resource.status == Some("InProgress") => self.begin(resource, resource.updated),
                _ => {}
            }
        }
    }

    /// Writes what came to be by `now`.
    pub(crate) fn advance(&mut self, events: &[AccountEvent], now: SystemTime) {
        for (_, event) in events {
            let text = |name: &str| event.detail.get(name).and_then(Value::as_str).unwrap_or_default();
            let meeting = text("meetingId");
            self.record_until(event.at, Some(meeting));
            let kind = text("eventType").trim_start_matches("chime:");
            let attendee = text("attendeeId");
            match (kind, event.pipeline.as_deref()) {
                ("AttendeeJoined", _) if !is_recorder(text("externalUserId")) => {
                    self.connected.entry(meeting.to_owned()).or_default().push(attendee.to_owned());
                    for capture in self.captures.values_mut().filter(|capture| capture.meeting == meeting) {
                        capture.present.push(attendee.to_owned());
                    }
                    self.note(
                        meeting,
                        event.at,
                        kind,
                        &json!({"AttendeeId": attendee, "ExternalUserId": text("externalUserId")}),
                    );
                }
                ("AttendeeLeft" | "AttendeeDropped", _) if !is_recorder(text("externalUserId")) => {
                    self.connected.entry(meeting.to_owned()).or_default().retain(|other| other != attendee);
                    let parameters = json!({"AttendeeId": attendee, "ExternalUserId": text("externalUserId")});
                    self.note(meeting, event.at, "AttendeeLeft", &parameters);
                }
                ("MeetingEnded", _) => {
                    self.connected.remove(meeting);
                    self.transcribed.remove(meeting);
                }
                ("TranscriptionStarted", _) => drop(self.transcribed.insert(meeting.to_owned())),
                ("TranscriptionStopped", _) => drop(self.transcribed.remove(meeting)),
                ("MediaPipelineInProgress" | "MediaPipelineResumed", Some(pipeline))
                    if pipeline.kind.role == Role::Capture =>
                {
                    self.begin(pipeline, event.at);
                }
                ("MediaPipelineTemporaryFailure", Some(pipeline)) => {
                    if let Some(capture) = self.captures.get_mut(&pipeline.id) {
                        capture.is_paused = true;
                    }
                }
                ("MediaPipelineDeleted" | "MediaPipelinePermanentFailure", Some(pipeline)) => {
                    self.end(pipeline, event.at);
                }
                _ => {}
            }
        }
        self.record_until(now, None);
    }

    fn begin(&mut self, pipeline: &Resource, at: SystemTime) {
        if let Some(capture) = self.captures.get_mut(&pipeline.id) {
            (capture.next, capture.is_paused) = (at, false);
            return;
        }
        let Some(place) = Place::of(pipeline.text("SinkArn"), &pipeline.id) else { return };
        let wanted = pipeline
            .members
            .get("ChimeSdkMeetingConfiguration")
            .and_then(|wanted| wanted.get("ArtifactsConfiguration"));
        let member = |kind: &str, name: &str| wanted.and_then(|wanted| wanted.get(kind)?.get(name)?.as_str());
        let (audio, audio_tracks) = match member("Audio", "MuxType") {
            Some("AudioOnly") => (AUDIO, Tracks { audio: true, video: false }),
            Some("AudioWithCompositedVideo") => (COMPOSITED, Tracks { audio: true, video: true }),
            _ => (AUDIO, Tracks { audio: true, video: true }),
        };
        let meeting = pipeline.meeting.as_ref().map(|meeting| meeting.id.clone()).unwrap_or_default();
        let capture = Capture {
            meeting: meeting.clone(),
            place,
            audio,
            audio_tracks,
            has_video: member("Video", "State") == Some("Enabled"),
            // Without a configuration content is captured, single videos are not.
            has_content: wanted.is_none() || member("Content", "State") == Some("Enabled"),
            next: at,
            is_paused: false,
            present: self.connected.get(&meeting).cloned().unwrap_or_default(),
            contents: Contents::default(),
            last_texts: BTreeMap::new(),
        };
        self.captures.insert(pipeline.id.clone(), capture);
        self.note(&meeting, at, "CaptureStarted", &json!({}));
        if let Some(sender) = self.connected.get(&meeting).and_then(|attendees| attendees.first()) {
            let message = json!({
                "Timestamp": time::text(at), "Topic": "chat", "Data": "A message of the local service.", "SenderAttendeeId": sender,
            });
            self.text(&pipeline.id, DATA, at, &message);
        }
    }

    fn end(&mut self, pipeline: &Resource, at: SystemTime) {
        match pipeline.kind.role {
            Role::Capture => {
                let Some(capture) = self.captures.get(&pipeline.id) else { return };
                let (meeting, rest) = (capture.meeting.clone(), at.duration_since(capture.next).unwrap_or_default());
                if !capture.is_paused && rest > Duration::from_millis(100) {
                    self.chunk(&pipeline.id, rest);
                }
                self.note(&meeting, at, "CaptureEnded", &json!({}));
                if let Some(capture) = self.captures.remove(&pipeline.id) {
                    if self.finished.len() >= MAX_FINISHED {
                        self.finished.clear();
                    }
                    self.finished.insert(pipeline.id.clone(), capture.contents);
                }
            }
            Role::Concatenation if pipeline.status == Some("Stopped") => self.concatenate(pipeline),
            _ => {}
        }
    }

    /// Writes the chunks that are whole by `at`, of the captures of one meeting or of all.
    fn record_until(&mut self, at: SystemTime, meeting: Option<&str>) {
        let is_due = |capture: &Capture| {
            !capture.is_paused && at.duration_since(capture.next).is_ok_and(|length| length >= CHUNK)
        };
        let chosen = |capture: &Capture| meeting.is_none_or(|meeting| capture.meeting == meeting) && is_due(capture);
        let ids: Vec<String> =
            self.captures.iter().filter(|(_, capture)| chosen(capture)).map(|(id, _)| id.clone()).collect();
        for id in ids {
            while self.captures.get(&id).is_some_and(is_due) {
                self.chunk(&id, CHUNK);
            }
        }
    }

    /// Writes a chunk of a capture, of every kind that it has.
    fn chunk(&mut self, id: &str, length: Duration) {
        let Some(capture) = self.captures.get_mut(id) else { return };
        let (start, stamp) = (capture.next, stamp(capture.next));
        capture.next += length;
        let connected = self.connected.get(&capture.meeting).cloned().unwrap_or_default();
        let attendees = std::mem::replace(&mut capture.present, connected);
        let mut files = vec![(capture.audio, capture.audio_tracks, capture.audio, stamp.clone())];
        let video = Tracks { audio: false, video: true };
        if capture.has_video {
            files.extend(attendees.iter().map(|attendee| (VIDEO, video, VIDEO, format!("{stamp}-{attendee}"))));
        }
        if let (true, Some(first)) = (capture.has_content, attendees.first()) {
            files.push((CONTENT, video, VIDEO, format!("{stamp}-{first}{CONTENT_SUFFIX}")));
        }
        for (kind, tracks, folder, name) in files {
            let total = capture.contents.media.entry(kind).or_insert((tracks, Duration::ZERO));
            // The videos of several attendees play at the same time.
            if kind != VIDEO || attendees.first().is_some_and(|first| name.ends_with(first.as_str())) {
                total.1 += length;
            }
            self.sink.put(capture.place.object(folder, &format!("{name}.mp4"), mp4::file(tracks, length)));
        }
        if self.transcribed.contains(&capture.meeting) {
            let result = json!({"isPartial": false, "alternatives": [{"transcript": "Nothing was said."}]});
            self.text(id, TRANSCRIPTION, start, &json!({"transcript": {"results": [result]}}));
        }
    }

    /// Notes an event of a meeting in the captures of it.
    fn note(&mut self, meeting: &str, at: SystemTime, kind: &str, parameters: &Value) {
        let of_meeting = self.captures.iter().filter(|(_, capture)| capture.meeting == meeting);
        let ids: Vec<String> = of_meeting.map(|(id, _)| id.clone()).collect();
        let event = json!({"Timestamp": time::text(at), "EventType": kind, "EventParameters": parameters});
        for id in ids {
            self.text(&id, EVENTS, at, &event);
        }
    }

    fn text(&mut self, id: &str, folder: &'static str, at: SystemTime, value: &Value) {
        let Some(capture) = self.captures.get_mut(id) else { return };
        let line = format!("{value}\n");
        capture.contents.texts.entry(folder).or_default().push_str(&line);
        let name = format!("{}.txt", stamp(at));
        let (last, lines) = capture.last_texts.entry(folder).or_default();
        // What comes at the same moment is in the same file, which is written anew.
        if *last == name {
            lines.push_str(&line);
        } else {
            (*last, *lines) = (name.clone(), line);
        }
        let body = lines.clone().into_bytes();
        self.sink.put(capture.place.object(folder, &name, body));
    }

    fn concatenate(&mut self, pipeline: &Resource) {
        let first = |list: &str, outer: &str| pipeline.members.get(list)?.as_array()?.first()?.get(outer);
        let source = first("Sources", "MediaCapturePipelineSourceConfiguration");
        let sink = first("Sinks", "S3BucketSinkConfiguration");
        let arn = source.and_then(|source| source.get("MediaPipelineArn")?.as_str()).unwrap_or_default();
        let destination = sink.and_then(|sink| sink.get("Destination")?.as_str()).unwrap_or_default();
        let capture = arn.rsplit('/').next().unwrap_or_default();
        let wanted =
            source.and_then(|source| source.get("ChimeSdkMeetingConfiguration")?.get("ArtifactsConfiguration"));
        let is_wanted =
            |member: &str| wanted.and_then(|wanted| wanted.get(member)?.get("State")?.as_str()) == Some("Enabled");
        let (Some(written), Some(place)) = (self.finished.get(capture), Place::of(destination, &pipeline.id)) else {
            return;
        };
        for kind in ARTIFACT_KINDS.iter().filter(|kind| is_wanted(kind.member)) {
            let name = format!("{}.{}", pipeline.id, kind.extension);
            let media = written.media.get(kind.folder).map(|(tracks, length)| mp4::file(*tracks, *length));
            let body = media.or_else(|| written.texts.get(kind.folder).map(|text| text.clone().into_bytes()));
            if let Some(body) = body {
                self.sink.put(place.object(kind.folder, &name, body));
            }
        }
    }
}

impl Place {
    /// The place that the files of a pipeline go to, by the ARN of its sink.
    fn of(arn: &str, id: &str) -> Option<Place> {
        let (bucket, prefix) = arn.splitn(6, ':').nth(5).map(|path| path.split_once('/').unwrap_or((path, "")))?;
        // Nothing of a caller's leads out of the folder of artifacts.
        let is_plain = |part: &str| !part.is_empty() && part != "." && part != "..";
        let parts: Vec<&str> = prefix.split('/').filter(|part| is_plain(part)).collect();
        let folder = artifact_path(&parts.join("/"), id).to_owned();
        is_plain(bucket).then(|| Place { bucket: bucket.to_owned(), folder })
    }

    fn object(&self, folder: &str, name: &str, body: Vec<u8>) -> Object {
        Object { bucket: self.bucket.clone(), key: format!("{}/{folder}/{name}", self.folder), body }
    }
}

fn is_recorder(user: &str) -> bool {
    user.starts_with("aws:MediaPipeline-")
}

/// `yyyy-mm-dd-hour-min-seconds-milliseconds`, in UTC.
fn stamp(at: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(at).unwrap_or_default();
    let millis = time.as_millisecond().rem_euclid(1000);
    format!("{}-{millis:03}", time.strftime("%Y-%m-%d-%H-%M-%S"))
}
