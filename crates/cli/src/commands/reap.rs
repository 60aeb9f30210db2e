//! `reap`: what killed processes left.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::stop::confirmed;
use super::{Result, quiet, tags_of};
use crate::arguments::Reap;
use crate::output::{Colour, Output};
use crate::session::{CommandError, Session, now};
use crate::{DONE, FAILED};

const SERVICE: &str = "chime-sdk-media-pipelines";

pub(super) fn reap(given: &Reap, session: &mut Session, output: &Output) -> Result<u8> {
    let found = match &given.journal {
        Some(path) => by_journal(&json!(path), given, session, output)?,
        None => by_tags_and_age(given, session)?,
    };
    if output.json {
        output.value(&found);
    } else {
        told(&found, given.dry_run, output);
    }
    Ok(if list(&found, "Left").is_empty() && found["Damage"].is_null() { DONE } else { FAILED })
}

/// Stops what a journal names, in each of its Regions.
fn by_journal(path: &Value, given: &Reap, session: &mut Session, output: &Output) -> Result<Value> {
    let open = chimeline_recording::journal("Open", &json!({"journal": path}))?;
    let entries = list(&open, "entries");
    let text = |entry: &Value, member: &str| entry[member].as_str().unwrap_or_default().to_owned();
    let mut places: BTreeSet<(String, String)> =
        entries.iter().map(|entry| (text(entry, "region"), text(entry, "service"))).collect();
    if places.is_empty() {
        places.insert((session.region()?, SERVICE.to_owned()));
    }
    let mut all = json!({"MediaPipelineIds": [], "MediaConcatenationPipelines": [], "Guarded": [], "Left": []});
    for (region, service) in &places {
        output.progress(&format!("looking in {region}"));
        let mut there = session.in_region(region);
        let input = json!({
            "journal": path, "region": region, "service": service, "retry": 60, "dry_run": given.dry_run, "own": true,
            "endpoints": there.endpoints(), "now": now(),
        });
        let found = there.drive("reap", &input, &mut quiet)?;
        for member in ["MediaPipelineIds", "MediaConcatenationPipelines", "Guarded", "Left"] {
            if let Some(list) = all[member].as_array_mut() {
                list.extend(found[member].as_array().cloned().unwrap_or_default());
            }
        }
        all["Damage"] = found["Damage"].clone();
    }
    Ok(all)
}

fn by_tags_and_age(given: &Reap, session: &mut Session) -> Result<Value> {
    let input = |dry_run: bool, region: &str| {
        json!({
            "tags": tags_of(&given.tag), "older_than": given.older_than, "region": region, "service": SERVICE,
            "retry": 60, "dry_run": dry_run, "now": now(),
        })
    };
    let region = session.region()?;
    let would = session.drive("reap", &input(true, &region), &mut quiet)?;
    let count = list(&would, "MediaPipelineIds").len();
    if given.dry_run {
        return Ok(would);
    }
    if count > 1 && !given.yes && !confirmed(count)? {
        return Err(CommandError::new("nothing was stopped"));
    }
    session.drive("reap", &input(false, &region), &mut quiet)
}

fn told(found: &Value, dry_run: bool, output: &Output) {
    let text = |value: &Value, member: &str| value[member].as_str().unwrap_or_default().to_owned();
    for id in list(found, "MediaPipelineIds") {
        let id = id.as_str().unwrap_or_default();
        output.line(&if dry_run { format!("{id} would be stopped") } else { format!("{id} stops") });
    }
    for entry in list(found, "Guarded") {
        let name = Some(text(&entry, "MediaPipelineId")).filter(|id| !id.is_empty());
        output.line(&format!("{} is guarded by a process", name.unwrap_or_else(|| text(&entry, "MeetingId"))));
    }
    for entry in list(found, "Left") {
        let name = Some(text(&entry, "MediaPipelineId")).filter(|id| !id.is_empty());
        let name = name.unwrap_or_else(|| format!("the recording of {}", text(&entry, "MeetingId")));
        output.alarm(&format!("{name} may still record: {}", text(&entry, "Reason")), Colour::Red);
    }
    if let Some(damage) = found["Damage"].as_str() {
        output.alarm(&format!("the journal was read up to its damage, and is left as it is: {damage}"), Colour::Yellow);
    }
    if ["MediaPipelineIds", "Guarded", "Left"].iter().all(|member| list(found, member).is_empty()) {
        output.note("nothing was left");
    }
}

fn list(value: &Value, member: &str) -> Vec<Value> {
    value[member].as_array().cloned().unwrap_or_default()
}
