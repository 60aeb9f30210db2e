//! Meetings by name, and the people in them.

use serde_json::{Value, json};

use super::{MEETINGS, captures, options};
use crate::engine::{Failure, Host};
use crate::names::{Meeting, token};

/// A meeting that is to be there.
pub(crate) struct Ensure {
    name: String,
    attendees: Vec<Value>,
    request: Value,
}

/// How often a token may lead to a meeting that has ended before a new one is made.
const GENERATIONS: usize = 1000;

/// How many attendees a call makes.
const BATCH: usize = 100;

/// How often the making of attendees is tried again where the service was too busy for some.
const TRIES: usize = 5;

impl Ensure {
    pub(crate) fn read(input: &Value) -> Result<Ensure, Failure> {
        let name = options::text(input, "name", "")?;
        let length = name.chars().count();
        if !(2..=64).contains(&length) || name.to_ascii_lowercase().starts_with("aws:") {
            let rule = "2 to 64 characters that do not begin with aws:, for it is the meeting's ExternalMeetingId";
            return Err(Failure::wrong("name", &input["name"], rule));
        }
        let region = options::text(input, "media_region", "")?;
        if region.is_empty() {
            return Err(Failure::wrong(
                "media_region",
                &input["media_region"],
                "the Region that hosts the media, such as us-east-1",
            ));
        }
        let mut request = json!({"ExternalMeetingId": name, "MediaRegion": region});
        if let Some(tags) = options::tags(input, "tags")? {
            request["Tags"] = tags;
        }
        for (member, value) in input["request"].as_object().into_iter().flatten() {
            if !request[member].is_null() || member == "ClientRequestToken" {
                return Err(Failure::Invalid(format!(
                    "{member} follows from the other arguments, so it must be left out"
                )));
            }
            request[member] = value.clone();
        }
        Ok(Ensure { name, attendees: attendees(&input["attendees"])?, request })
    }
}

fn attendees(value: &Value) -> Result<Vec<Value>, Failure> {
    const RULE: &str = "a list of external user ids, or of maps with an ExternalUserId and Capabilities";
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        other => return Err(Failure::wrong("attendees", other, RULE)),
    };
    let read = |item: &Value| match item {
        Value::String(user) => Ok(json!({"ExternalUserId": user})),
        Value::Object(members) if members.get("ExternalUserId").is_some_and(Value::is_string) => Ok(item.clone()),
        other => Err(Failure::wrong("attendees", other, RULE)),
    };
    items.iter().map(read).collect()
}

/// Gives the meeting and its attendees, in the form of `CreateMeetingWithAttendees`.
///
/// The service itself finds the meeting by its token, and so does every caller that knows the name; no table is needed.
pub(crate) async fn ensure(host: Host, ensure: Ensure) -> Result<Value, Failure> {
    let mut request = ensure.request.clone();
    for generation in 0..GENERATIONS {
        request["ClientRequestToken"] = token(&["meeting", &ensure.name, &generation.to_string()]).into();
        let made = host.call(MEETINGS, "CreateMeeting", request.clone()).await?;
        let id = made.text(&["Meeting", "MeetingId"]).to_owned();
        // The token may lead to a meeting that has ended.
        match host.call(MEETINGS, "GetMeeting", json!({"MeetingId": id})).await {
            Ok(found) => match join(&host, &id, &ensure.attendees).await {
                Ok(attendees) => return Ok(json!({"Meeting": found.reference(&["Meeting"]), "Attendees": attendees})),
                // It ended in between.
                Err(Joined::Gone) => {}
                Err(Joined::Failed(failure)) => return Err(failure),
            },
            Err(failed) if failed.error.is_gone() => {}
            Err(failed) => return Err(failed.into()),
        }
    }
    Err(Failure::Recording(format!("no meeting named {:?} stays: each has ended at once", ensure.name)))
}

/// Why attendees cannot be made.
enum Joined {
    Gone,
    Failed(Failure),
}

async fn join(host: &Host, meeting: &str, attendees: &[Value]) -> Result<Vec<Value>, Joined> {
    let mut out = Vec::new();
    for batch in attendees.chunks(BATCH) {
        let mut wanted = batch.to_vec();
        for attempt in 0.. {
            let input = json!({"MeetingId": meeting, "Attendees": wanted});
            let made = match host.call(MEETINGS, "BatchCreateAttendee", input).await {
                Ok(made) => made,
                Err(failed) if failed.error.is_gone() => return Err(Joined::Gone),
                Err(failed) => return Err(Joined::Failed(failed.into())),
            };
            out.extend(made.at(&["Attendees"]).as_array().into_iter().flatten().cloned());
            let errors = made.at(&["Errors"]).as_array().cloned().unwrap_or_default();
            let Some(first) = errors.first() else { break };
            let passes = |error: &Value| {
                let code = error["ErrorCode"].as_str().unwrap_or_default();
                ["Throttl", "ServiceUnavailable", "ServiceFailure"].iter().any(|name| code.contains(name))
            };
            if attempt >= TRIES || !errors.iter().all(passes) {
                let text = |name: &str| first[name].as_str().unwrap_or_default().to_owned();
                // An external user id is not for logs.
                let why = format!(
                    "{} of {} attendees cannot be made: {} ({})",
                    errors.len(),
                    wanted.len(),
                    text("ErrorMessage"),
                    text("ErrorCode")
                );
                return Err(Joined::Failed(Failure::Recording(why)));
            }
            let again: Vec<&Value> = errors.iter().map(|error| &error["ExternalUserId"]).collect();
            wanted.retain(|item| again.contains(&&item["ExternalUserId"]));
            host.sleep(0.2 * f64::from(1 << attempt)).await;
        }
    }
    Ok(out)
}

/// A meeting whose attendees are asked for.
pub(crate) struct People {
    meeting: Meeting,
}

impl People {
    pub(crate) fn read(input: &Value) -> Result<People, Failure> {
        Ok(People { meeting: Meeting::parse("meeting", &input["meeting"])? })
    }
}

/// The attendees, without those by which pipelines take part.
pub(crate) async fn people(host: Host, given: People) -> Result<Value, Failure> {
    let input = json!({"MeetingId": given.meeting.id});
    let mut attendees = captures::list_with(&host, MEETINGS, "ListAttendees", "Attendees", input).await?;
    attendees.retain(|attendee| !attendee["ExternalUserId"].as_str().is_some_and(|user| user.starts_with("aws:")));
    Ok(attendees.into())
}
