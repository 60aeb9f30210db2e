//! Stops what processes left that were killed: by the journal of their guards, or by tags and age.

use std::path::Path;

use chimeline_core::codec::timestamp::Timestamp;
use serde_json::{Value, json};

use super::captures::{self, State};
use super::journaled::{Journal, Noted};
use super::options;
use super::stop::{Stop, stop};
use crate::engine::{Failure, Host, Reply};
use crate::journal::{SERVICE, foreign};
use crate::names::{Meeting, Pipeline};
use crate::preflight::reads::Reads;

/// What is looked for.
pub(crate) struct Reap {
    service: String,
    region: String,
    journal: Option<String>,
    tags: Vec<Value>,
    older_than: Option<f64>,
    /// Seconds since 1970.
    now: f64,
    retry: f64,
    /// Only says what would be stopped.
    dry_run: bool,
    /// Is silent about what needs other clients.
    own: bool,
    reads: Reads,
}

/// How much later than its entry a recording may be made that an entry without a pipeline is about, in seconds.
const LATE: f64 = 900.0;

impl Reap {
    pub(crate) fn read(input: &Value) -> Result<Reap, Failure> {
        let journal = Some(options::text(input, "journal", "")?).filter(|path| !path.is_empty());
        let tags = options::tags(input, "tags")?.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
        let older_than = options::seconds(input, "older_than", 0.0)?;
        let service = options::service(input);
        if journal.is_some() != (tags.is_empty() && older_than.is_none()) {
            let text = "reap takes a journal, or tags and older_than: one of the two";
            return Err(Failure::Invalid(text.to_owned()));
        }
        if !tags.is_empty() && service == "chime" {
            return Err(Failure::Invalid("tags must be left out: the namespace chime has none".to_owned()));
        }
        let region = options::text(input, "region", "us-east-1")?;
        let reads =
            Reads { region: region.clone(), partition: "aws".to_owned(), endpoints: input["endpoints"].clone() };
        let retry = options::seconds(input, "retry", 60.0)?.unwrap_or(0.0);
        let now = input["now"].as_f64().unwrap_or(0.0);
        let (dry_run, own) = (input["dry_run"] == true, input["own"] == true);
        Ok(Reap { service, region, journal, tags, older_than, now, retry, dry_run, own, reads })
    }
}

/// What has come of it.
#[derive(Default)]
struct Found {
    stopped: Vec<Value>,
    joined: Vec<Value>,
    guarded: Vec<Value>,
    left: Vec<Value>,
}

impl Found {
    fn leave(&mut self, what: &Value, reason: &str) {
        let mut left = what.clone();
        left["Reason"] = reason.into();
        self.left.push(left);
    }
}

/// Gives the ids of what is stopped, what joins it, what living processes guard, and what is left, each with the reason.
pub(crate) async fn reap(host: Host, reap: Reap) -> Result<Value, Failure> {
    let mut found = Found::default();
    let mut damage = Value::Null;
    match &reap.journal {
        Some(path) => {
            let open = host.call(SERVICE, "Open", json!({"journal": path})).await?;
            damage = open.at(&["damage"]).clone();
            by_journal(&host, &reap, path, &open, &mut found).await?;
        }
        None => by_tags_and_age(&host, &reap, &mut found).await?,
    }
    Ok(json!({
        "MediaPipelineIds": found.stopped, "MediaConcatenationPipelines": found.joined, "Guarded": found.guarded,
        "Left": found.left, "Damage": damage,
    }))
}

async fn by_journal(host: &Host, reap: &Reap, path: &str, open: &Reply, found: &mut Found) -> Result<(), Failure> {
    let entries = open.at(&["entries"]).as_array().cloned().unwrap_or_default();
    let Some(own) = open.at(&["account"]).as_str().filter(|_| !entries.is_empty()) else { return Ok(()) };
    let account = account(host, reap).await?;
    if let Ok(account) = &account
        && account != own
    {
        return Err(foreign(Path::new(path), own, account));
    }
    let is_damaged = !open.at(&["damage"]).is_null();
    let guarded = |entry: &Value| entry["alive"] == true;
    for entry in &entries {
        let name = described(entry);
        if entry["region"] != *reap.region || entry["service"] != *reap.service {
            if reap.own {
                continue;
            }
            let (service, region) = (text(entry, "service"), text(entry, "region"));
            found.leave(&name, &format!("it needs a client of {service} in {region}"));
        } else if guarded(entry) {
            found.guarded.push(name);
        } else if let Err(why) = &account {
            found.leave(&name, why);
        } else {
            let others: Vec<&Value> = entries.iter().filter(|other| guarded(other)).collect();
            let journal = (!is_damaged && !reap.dry_run).then(|| (path, text(entry, "guard")));
            of_entry(host, reap, entry, journal, &others, found).await?;
        }
    }
    Ok(())
}

/// Stops what an entry is about.
async fn of_entry(
    host: &Host,
    reap: &Reap,
    entry: &Value,
    journal: Option<(&str, &str)>,
    guarded: &[&Value],
    found: &mut Found,
) -> Result<(), Failure> {
    let mut targets = Vec::new();
    if entry["pipeline"].is_string() {
        targets.push(entry["pipeline"].clone());
    } else {
        let meeting = Meeting::parse("meeting", &entry["meeting"])?;
        let latest = entry["time"].as_f64().unwrap_or(0.0) + LATE;
        let captures = captures::of_meeting(host, &reap.service, &meeting).await?;
        let ours = captures.iter().filter(|capture| {
            let id = capture.text(&["MediaCapturePipeline", "MediaPipelineId"]);
            let is_guarded = guarded.iter().any(|other| text(other, "pipeline").ends_with(id));
            let in_time = created(capture).is_none_or(|created| created <= latest);
            captures::state(capture) == State::Active && in_time && !is_guarded
        });
        targets.extend(ours.map(|capture| capture.at(&["MediaCapturePipeline", "MediaPipelineId"]).clone()));
        if let (true, Some((path, guard))) = (targets.is_empty(), journal) {
            Journal::new(path, guard).note(host, Noted::Stopped, None).await?;
        }
    }
    for target in targets {
        let mut input = json!({"target": target, "concatenate_to": entry["concatenate_to"]});
        if let Some((path, guard)) = journal {
            input["journal"] = path.into();
            input["guard"] = guard.into();
        }
        stopped(host, reap, input, &described(entry), found).await?;
    }
    Ok(())
}

async fn by_tags_and_age(host: &Host, reap: &Reap, found: &mut Found) -> Result<(), Failure> {
    for item in captures::list(host, &reap.service, "ListMediaCapturePipelines", "MediaCapturePipelines").await? {
        let Some(id) = item["MediaPipelineId"].as_str() else { continue };
        let Some(capture) = captures::get(host, &reap.service, id).await? else { continue };
        if captures::state(&capture) != State::Active {
            continue;
        }
        let name = json!({"MediaPipelineId": id});
        if let Some(least) = reap.older_than {
            let Some(created) = created(&capture) else {
                found.leave(&name, "the service does not say when it was made");
                continue;
            };
            if reap.now - created < least {
                continue;
            }
        }
        if !reap.tags.is_empty() {
            let arn = capture.text(&["MediaCapturePipeline", "MediaPipelineArn"]);
            let asked = host.call(&reap.service, "ListTagsForResource", json!({"ResourceARN": arn})).await;
            let own = match &asked {
                Ok(own) => own.at(&["Tags"]).as_array().map(Vec::as_slice).unwrap_or_default(),
                Err(failed) if failed.error.is_gone() => continue,
                Err(failed) => {
                    found.leave(&name, &format!("its tags cannot be read: {}", failed.error.message));
                    continue;
                }
            };
            let has = |tag: &Value| own.iter().any(|own| own["Key"] == tag["Key"] && own["Value"] == tag["Value"]);
            if !reap.tags.iter().all(has) {
                continue;
            }
        }
        stopped(host, reap, json!({"target": id}), &name, found).await?;
    }
    Ok(())
}

/// Stops one; what cannot be stopped keeps none of the others from it.
async fn stopped(host: &Host, reap: &Reap, mut input: Value, name: &Value, found: &mut Found) -> Result<(), Failure> {
    input["service"] = reap.service.as_str().into();
    input["retry"] = reap.retry.into();
    let target = input["target"].clone();
    if reap.dry_run {
        found.stopped.extend(Pipeline::read(&target).map(|pipeline| Value::from(pipeline.id)));
        return Ok(());
    }
    match stop(host.clone(), Stop::read(&input)?).await {
        Ok(done) => {
            let ids = done["MediaPipelineIds"].as_array().cloned().unwrap_or_default();
            found.stopped.extend(ids);
            found.joined.extend(done["MediaConcatenationPipelines"].as_array().cloned().unwrap_or_default());
        }
        Err(failure) => {
            let why = host.error_of(&failure).map_or_else(|| failure.to_string(), |error| error.message);
            let mut name = name.clone();
            if let Some(pipeline) = Pipeline::read(&target) {
                name["MediaPipelineId"] = pipeline.id.into();
            }
            found.leave(&name, &why);
        }
    }
    Ok(())
}

/// The account of the credentials, by what the service lists, else by STS; why it cannot be told.
async fn account(host: &Host, reap: &Reap) -> Result<Result<String, String>, Failure> {
    let listed = captures::list(host, &reap.service, "ListMediaCapturePipelines", "MediaCapturePipelines").await?;
    let of_arn = |arn: &str| arn.split(':').nth(4).filter(|account| !account.is_empty()).map(str::to_owned);
    let own = ["MediaPipelineArn", "SourceArn"]
        .iter()
        .find_map(|member| listed.iter().find_map(|item| item[*member].as_str().and_then(of_arn)));
    if let Some(account) = own {
        return Ok(Ok(account));
    }
    let caller = reap.reads.caller(host).await?;
    Ok(match caller.text("Account").filter(|account| caller.is_ok() && !account.is_empty()) {
        Some(account) => Ok(account.to_owned()),
        None => Err(format!("the account of the credentials cannot be told: {}", caller.told())),
    })
}

/// When a capture was made, in seconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "microseconds of these years are exact in the digits of a float")]
fn created(capture: &Reply) -> Option<f64> {
    let time = Timestamp::parse(capture.text(&["MediaCapturePipeline", "CreatedTimestamp"]))?;
    Some(time.micros as f64 / 1e6)
}

fn described(entry: &Value) -> Value {
    let mut name = json!({"MeetingId": entry["meeting"], "Region": entry["region"]});
    if let Some(pipeline) = Pipeline::read(&entry["pipeline"]) {
        name["MediaPipelineId"] = pipeline.id.into();
    }
    name
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_default()
}
