//! Starts a recording, or finds the one that runs.

use serde_json::{Value, json};

use super::captures::{self, State};
use super::concatenate::Joining;
use super::journaled::{Journal, Noted};
use super::stop::delete;
use super::{MEETINGS, options};
use crate::engine::{Failure, Host, Reply};
use crate::names::{Bucket, Meeting, token};

/// What a recording is started with.
pub(crate) struct Start {
    service: String,
    meeting: Meeting,
    purpose: String,
    /// The input of the call, without its source and token.
    request: Value,
    journal: Option<Journal>,
    /// What the journal says of the recording: where it is, and what follows its end.
    entry: Value,
}

/// A meeting is hardly started and stopped more often than that; who is, is told.
const GENERATIONS: usize = 200;

/// How often a capture that is stopping is waited for, a second each time.
const STOPPING: usize = 30;

impl Start {
    pub(crate) fn read(input: &Value) -> Result<Start, Failure> {
        let meeting = Meeting::parse("meeting", &input["meeting"])?;
        let sink = Bucket::parse("sink", &input["sink"])?;
        let service = options::service(input);
        let mut request = json!({"SourceType": "ChimeSdkMeeting", "SinkType": "S3Bucket", "SinkArn": sink.arn()});
        let (artifacts, streams) = (options::artifacts(&input["artifacts"])?, options::streams(&input["streams"])?);
        if let Some(artifacts) = artifacts {
            request["ChimeSdkMeetingConfiguration"]["ArtifactsConfiguration"] = artifacts;
        }
        if let Some(streams) = streams {
            request["ChimeSdkMeetingConfiguration"]["SourceConfiguration"]["SelectedVideoStreams"] = streams;
        }
        if let Some(tags) = options::tags(input, "tags")? {
            if service == "chime" {
                let text = "tags must be left out: the namespace chime has none; chime-sdk-media-pipelines has them";
                return Err(Failure::Invalid(text.to_owned()));
            }
            request["Tags"] = tags;
        }
        if let Some(more) = input["request"].as_object() {
            for (member, value) in more {
                if !request[member].is_null() || matches!(member.as_str(), "SourceArn" | "ClientRequestToken") {
                    return Err(Failure::Invalid(format!(
                        "{member} follows from the other arguments, so it must be left out"
                    )));
                }
                request[member] = value.clone();
            }
        }
        // What is to follow is refused now where it cannot be, not when the recording ends.
        Joining::after(input)?;
        let entry = json!({
            "service": service, "region": input["region"], "meeting": meeting.id, "concatenate_to": input["concatenate_to"],
        });
        let (purpose, journal) = (options::text(input, "purpose", "recording")?, Journal::read(input)?);
        Ok(Start { service, meeting, purpose, request, journal, entry })
    }

    fn token(&self, account: &str, generation: usize) -> String {
        let id = self.meeting.id.to_ascii_lowercase();
        token(&["recording", account, &id, &self.purpose, &generation.to_string()])
    }
}

/// Gives the capture that runs when it ends, whether it was made now or before. The journal has it before the service, and what
/// has become of it afterwards.
pub(crate) async fn start(host: Host, start: Start) -> Result<Value, Failure> {
    let account = account(&host, &start.meeting).await?;
    let Some(journal) = &start.journal else {
        return Ok(run(&host, &start, &account).await?.reference(&["MediaCapturePipeline"]));
    };
    journal.begin(&host, &account, start.entry.clone()).await?;
    match run(&host, &start, &account).await {
        Ok(running) => {
            let id = running.text(&["MediaCapturePipeline", "MediaPipelineId"]);
            let arn = running.text(&["MediaCapturePipeline", "MediaPipelineArn"]);
            let name = Some(arn).filter(|arn| !arn.is_empty()).unwrap_or(id);
            if let Err(failure) = journal.note(&host, Noted::Started, Some(name)).await {
                // What is not in the journal must not run on.
                delete(&host, &start.service, id, 60.0).await?;
                return Err(failure);
            }
            Ok(running.reference(&["MediaCapturePipeline"]))
        }
        Err(failure) => {
            let refused = host.error_of(&failure).is_none_or(|error| error.status.is_some() && !error.is_passing());
            let noted = if refused { Noted::NotStarted } else { Noted::Unconfirmed };
            // The failure of the start is the one that is told.
            let _ = journal.note(&host, noted, None).await;
            Err(failure)
        }
    }
}

/// Starts it, or finds it.
///
/// The token of a meeting's first recording is always the same, so a repeated request finds what the first one made. Where that
/// has ended meanwhile, the token of the next generation stands for the next recording.
async fn run(host: &Host, start: &Start, account: &str) -> Result<Reply, Failure> {
    let (partition, id) = (&start.meeting.partition, &start.meeting.id);
    let mut request = start.request.clone();
    // One form of the ARN, whatever the caller has, so that repeated requests are equal.
    request["SourceArn"] = format!("arn:{partition}:chime::{account}:meeting:{id}").into();
    let mut waited = 0;
    let mut generation = 0;
    while generation < GENERATIONS {
        request["ClientRequestToken"] = start.token(account, generation).into();
        let made = host.call(&start.service, "CreateMediaCapturePipeline", request.clone()).await;
        let failed = match made {
            Ok(made) => {
                // A repeated request may be answered as the first one was, whatever has become of the pipeline since.
                let id = made.text(&["MediaCapturePipeline", "MediaPipelineId"]);
                let is_over = State::of(made.text(&["MediaCapturePipeline", "Status"])) != State::Active;
                let found = if is_over { None } else { captures::get(host, &start.service, id).await? };
                if let Some(found) = found.filter(|found| captures::state(found) == State::Active) {
                    return Ok(found);
                }
                generation += 1;
                continue;
            }
            Err(failed) => failed,
        };
        let is_limit = failed.error.is_limit();
        if !is_limit && !failed.error.is_about_the_token() {
            return Err(failed.into());
        }
        let mut captures = captures::of_meeting(host, &start.service, &start.meeting).await?;
        if let Some(at) = captures.iter().position(|capture| captures::state(capture) == State::Active) {
            return Ok(captures.swap_remove(at));
        }
        if !is_limit {
            generation += 1;
        } else if waited < STOPPING && captures.iter().any(|capture| captures::state(capture) == State::Ending) {
            // One that is about to end may still be counted.
            waited += 1;
            host.sleep(1.0).await;
        } else {
            return Err(failed.into());
        }
    }
    Err(Failure::Recording(format!(
        "the meeting was recorded {GENERATIONS} times under the purpose {:?}; give the next recordings another purpose",
        start.purpose
    )))
}

/// The account of a meeting; asked for where the name does not say it.
pub(super) async fn account(host: &Host, meeting: &Meeting) -> Result<String, Failure> {
    if let Some(account) = &meeting.account {
        return Ok(account.clone());
    }
    let found = host.call(MEETINGS, "GetMeeting", json!({"MeetingId": meeting.id})).await?;
    let arn = found.text(&["Meeting", "MeetingArn"]);
    let account = Meeting::from_arn(arn).and_then(|meeting| meeting.account);
    account.ok_or_else(|| Failure::Recording("the service names no account in the ARN of the meeting".to_owned()))
}
