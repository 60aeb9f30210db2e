//! What has to be so before a meeting can be recorded, looked at one by one. Nothing is changed: every request is a read.

mod bucket;
pub(crate) mod documents;
mod policy;
pub(crate) mod reads;
mod xml;

use chimeline_core::config::endpoint::available;
use serde_json::{Value, json};

use crate::engine::{Failure, Host};
use crate::flows::captures::{self, State};
use crate::flows::{MEETINGS, options};
use crate::names::{Bucket, Meeting, is_account};
use documents::{ROLE, ROLE_COMMAND};
use reads::Reads;

/// What is looked at.
pub(crate) struct Preflight {
    service: String,
    region: String,
    bucket: Option<Bucket>,
    destination: Option<Bucket>,
    meeting: Option<Meeting>,
    media_region: Option<String>,
    endpoints: Value,
}

/// What the checks ask for.
const GET_MEETING: &str = "chime:GetMeeting";
const LISTS: &str = "chime:ListMediaCapturePipelines, chime:GetMediaCapturePipeline";
const GET_ROLE: &str = "iam:GetRole";

impl Preflight {
    pub(crate) fn read(input: &Value) -> Result<Preflight, Failure> {
        let place = |member: &str| {
            if input[member].is_null() { Ok(None) } else { Bucket::parse(member, &input[member]).map(Some) }
        };
        let meeting =
            if input["meeting"].is_null() { None } else { Some(Meeting::parse("meeting", &input["meeting"])?) };
        let given = input["meeting"].get("Meeting").unwrap_or(&input["meeting"])["MediaRegion"].as_str();
        let media_region = options::text(input, "media_region", given.unwrap_or_default())?;
        Ok(Preflight {
            service: options::service(input),
            region: options::text(input, "region", "us-east-1")?,
            bucket: place("sink")?,
            destination: place("concatenate_to")?,
            meeting,
            media_region: Some(media_region).filter(|region| !region.is_empty()),
            endpoints: input["endpoints"].clone(),
        })
    }
}

/// How a check came out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    CannotTell,
}

/// The checks so far.
struct Checks(Vec<Value>);

impl Checks {
    fn add(&mut self, name: &str, verdict: Verdict, asked: &str, detail: &str, cure: &str, paste: &Value) {
        let verdict = match verdict {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::CannotTell => "cannot tell",
        };
        self.0.push(
            json!({"check": name, "verdict": verdict, "asked": asked, "detail": detail, "cure": cure, "paste": paste}),
        );
    }

    fn passed(&mut self, name: &str, asked: &str, detail: &str) {
        self.add(name, Verdict::Passed, asked, detail, "", &Value::Null);
    }

    fn failed(&mut self, name: &str, asked: &str, detail: &str, cure: &str) {
        self.add(name, Verdict::Failed, asked, detail, cure, &Value::Null);
    }

    fn cannot_tell(&mut self, name: &str, asked: &str, detail: &str, cure: &str) {
        self.add(name, Verdict::CannotTell, asked, detail, cure, &Value::Null);
    }
}

/// Gives the account of the credentials; null where STS does not say.
pub(crate) async fn account(host: Host, given: Preflight) -> Result<Value, Failure> {
    let reads = Reads { region: given.region, partition: "aws".to_owned(), endpoints: given.endpoints };
    let answer = reads.caller(&host).await?;
    Ok(answer.text("Account").filter(|account| answer.is_ok() && is_account(account)).into())
}

/// Gives `{"ready", "checks"}`: ready is true where all have passed, false where one has failed, else null.
pub(crate) async fn preflight(host: Host, given: Preflight) -> Result<Value, Failure> {
    let partition = given.bucket.as_ref().map_or("aws", |bucket| bucket.partition.as_str()).to_owned();
    let reads = Reads { region: given.region.clone(), partition, endpoints: given.endpoints.clone() };
    let mut checks = Checks(Vec::new());
    let account = caller(&host, &reads, &mut checks).await?;
    if let Some(account) = account {
        control_region(&given, &mut checks);
        let media_region = meeting(&host, &given, &account, &mut checks).await?;
        quota(&host, &given, &mut checks).await?;
        role(&host, &given, &reads, &mut checks).await?;
        if let Some(sink) = &given.bucket {
            let joins = given.destination.is_some();
            let look = bucket::Look {
                host: &host,
                reads: &reads,
                service: &given.service,
                account: &account,
                control: &given.region,
                media_region: media_region.as_deref(),
            };
            look.at(sink, joins, "bucket", &mut checks).await?;
            if let Some(destination) = given.destination.as_ref().filter(|place| place.name != sink.name) {
                look.at(destination, true, "destination", &mut checks).await?;
            }
        }
    }
    let has = |verdict: &str| checks.0.iter().any(|check| check["verdict"] == verdict);
    let all_passed = if has("failed") {
        json!(false)
    } else if has("cannot tell") {
        Value::Null
    } else {
        json!(true)
    };
    Ok(json!({"ready": all_passed, "checks": checks.0}))
}

/// The account; nothing without credentials, after which nothing else can be asked.
async fn caller(host: &Host, reads: &Reads, checks: &mut Checks) -> Result<Option<String>, Failure> {
    const ASKED: &str = "sts:GetCallerIdentity";
    let answer = reads.caller(host).await?;
    let account = answer.text("Account").unwrap_or_default().to_owned();
    if answer.is_ok() && !account.is_empty() {
        let arn = answer.text("Arn").unwrap_or_default();
        checks.passed("credentials", ASKED, &format!("account {account}, {arn}"));
        return Ok(Some(account));
    }
    let cure = "give credentials that work: `aws sts get-caller-identity` shows whether they do";
    checks.failed("credentials", ASKED, &answer.told(), cure);
    Ok(None)
}

fn control_region(given: &Preflight, checks: &mut Checks) {
    let region = given.region.as_str();
    let legacy = given.service == "chime";
    let detail = format!("{} in {region}", given.service);
    let regions = chimeline_core::service(&given.service).map(|service| available(service, "aws", false));
    let regions = regions.unwrap_or_default();
    if legacy || regions.contains(&region) {
        checks.passed("control Region", "", &detail);
    } else {
        let cure = format!("give the client one of the Regions that have the service: {}", regions.join(", "));
        checks.failed("control Region", "", &detail, &cure);
    }
}

/// The Region of the media, where a meeting says it.
async fn meeting(
    host: &Host,
    given: &Preflight,
    account: &str,
    checks: &mut Checks,
) -> Result<Option<String>, Failure> {
    let mut media_region = given.media_region.clone();
    let Some(meeting) = &given.meeting else { return Ok(media_region) };
    if let Some(other) = meeting.account.as_deref().filter(|other| *other != account) {
        let detail = format!("the meeting belongs to {other}, the credentials to {account}");
        checks.failed("meeting", "", &detail, "make the meeting and its recording with credentials of one account");
        return Ok(media_region);
    }
    match host.call(MEETINGS, "GetMeeting", json!({"MeetingId": meeting.id})).await {
        Ok(found) => {
            let region = found.text(&["Meeting", "MediaRegion"]);
            checks.passed("meeting", GET_MEETING, &format!("{} with media in {region}", meeting.id));
            media_region = Some(region.to_owned()).filter(|region| !region.is_empty()).or(media_region);
        }
        Err(failed) if failed.error.is_gone() => {
            let cure = "it has ended, or its control Region is another: make it again; the same token makes a new one";
            checks.failed("meeting", GET_MEETING, "the service knows no such meeting", cure);
            return Ok(media_region);
        }
        Err(failed) => {
            let cure = "allow the caller chime:GetMeeting";
            checks.cannot_tell("meeting", GET_MEETING, &failed.error.message, cure);
        }
    }
    match captures::of_meeting(host, &given.service, meeting).await {
        Ok(captures) => match captures.iter().find(|capture| captures::state(capture) != State::Ended) {
            Some(running) => {
                let id = running.text(&["MediaCapturePipeline", "MediaPipelineId"]);
                let cure = "a meeting has one capture at a time: stop this one, or use it";
                checks.failed("one capture a meeting", LISTS, &format!("{id} captures the meeting"), cure);
            }
            None => checks.passed("one capture a meeting", LISTS, "none runs"),
        },
        Err(_) => {
            checks.cannot_tell(
                "one capture a meeting",
                LISTS,
                "the list was refused",
                "allow the caller these actions",
            );
        }
    }
    Ok(media_region)
}

async fn quota(host: &Host, given: &Preflight, checks: &mut Checks) -> Result<(), Failure> {
    let legacy = given.service == "chime";
    let (operation, member) = if legacy {
        ("ListMediaCapturePipelines", "MediaCapturePipelines")
    } else {
        ("ListMediaPipelines", "MediaPipelines")
    };
    let asked = format!("chime:{operation}");
    let quota = if legacy || given.region == "us-east-1" { 100 } else { 10 };
    let cure = "stop pipelines that are not needed, or have the quota raised";
    match captures::list(host, &given.service, operation, member).await {
        Ok(items) => {
            let mut active = items.len();
            if active >= quota && !legacy {
                active = 0;
                for item in &items {
                    active += usize::from(is_active(host, &given.service, item).await?);
                }
            }
            let detail = format!("{active} of the {quota} that an account has by default");
            if active < quota {
                checks.passed("active pipelines", &asked, &detail);
            } else {
                checks.failed("active pipelines", &asked, &detail, cure);
            }
        }
        Err(_) => {
            checks.cannot_tell("active pipelines", &asked, "the list was refused", "allow the caller this action");
        }
    }
    Ok(())
}

async fn is_active(host: &Host, service: &str, item: &Value) -> Result<bool, Failure> {
    let found = host.call(service, "GetMediaPipeline", json!({"MediaPipelineId": item["MediaPipelineId"]})).await;
    let Ok(found) = found else { return Ok(false) };
    let pipelines = found.at(&["MediaPipeline"]).as_object().into_iter().flatten();
    Ok(pipelines
        .filter_map(|(_, pipeline)| pipeline["Status"].as_str())
        .any(|status| State::of(status) == State::Active))
}

async fn role(host: &Host, given: &Preflight, reads: &Reads, checks: &mut Checks) -> Result<(), Failure> {
    if given.service == "chime" {
        return Ok(());
    }
    let answer = reads.role(host, ROLE).await?;
    if answer.is_ok() {
        let created = answer.text("CreateDate").unwrap_or("an unknown time");
        checks.passed(
            "service-linked role",
            GET_ROLE,
            &format!("{ROLE}, of {created}; one that was just created needs some seconds"),
        );
    } else if answer.code.starts_with("NoSuchEntity") {
        let cure = "create it, and wait some seconds until it works";
        checks.add(
            "service-linked role",
            Verdict::Failed,
            GET_ROLE,
            &format!("{ROLE} is not there"),
            cure,
            &json!(ROLE_COMMAND),
        );
    } else {
        let cure = "allow the caller iam:GetRole, or create the role, which does no harm where it is there already";
        checks.add("service-linked role", Verdict::CannotTell, GET_ROLE, &answer.told(), cure, &json!(ROLE_COMMAND));
    }
    Ok(())
}
