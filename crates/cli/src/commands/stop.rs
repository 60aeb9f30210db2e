//! `stop`: recordings of meetings, pipelines, or all that fit.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use serde_json::json;

use super::{Result, quiet};
use crate::arguments::Stop;
use crate::listing::{self, Listed};
use crate::output::{Colour, Output};
use crate::session::{CommandError, Session};
use crate::{DONE, FAILED};

pub(super) fn stop(given: &Stop, session: &mut Session, output: &Output) -> Result<u8> {
    let Stop { targets, concatenate_to, wait, yes, .. } = given;
    if targets.is_empty() != (given.older_than.is_some() || !given.tag.is_empty()) {
        return Err(CommandError::misuse(
            "stop takes meetings and pipelines, or --older-than and --tag: one of the two",
        ));
    }
    let wanted: Vec<(Option<String>, String)> = if targets.is_empty() {
        fitting(given, session)?
    } else {
        targets.iter().map(|target| (None, target.clone())).collect()
    };
    if wanted.len() > 1 && !yes && !confirmed(wanted.len())? {
        return Err(CommandError::new("nothing was stopped"));
    }
    let service = if given.legacy { "chime" } else { "chime-sdk-media-pipelines" };
    let mut stopped = Vec::new();
    let mut failed = None;
    for (region, target) in &wanted {
        output.progress(&format!("stopping {target}"));
        let input =
            json!({"target": target, "concatenate_to": concatenate_to, "wait": wait, "retry": 60, "service": service});
        let mut other = region.as_ref().map(|region| session.in_region(region));
        match other.as_mut().unwrap_or(session).drive("stop_recording", &input, &mut quiet) {
            Ok(done) => {
                for id in done["MediaPipelineIds"].as_array().into_iter().flatten() {
                    let id = id.as_str().unwrap_or_default();
                    if !output.json {
                        output.line(&format!("{id} {}", if *wait { "has stopped" } else { "stops" }));
                    }
                }
                stopped.push(done);
            }
            // The others are stopped all the same.
            Err(error) if wanted.len() > 1 => {
                output.alarm(&format!("{target} may still record: {}", error.message), Colour::Red);
                failed = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    if stopped.iter().all(|done| done["MediaPipelineIds"].as_array().is_none_or(Vec::is_empty)) && failed.is_none() {
        output.note("nothing records that fits");
    }
    if output.json {
        output.value(&json!(stopped));
    }
    Ok(if failed.is_some() { FAILED } else { DONE })
}

/// The captures that fit, with their Regions.
fn fitting(given: &Stop, session: &mut Session) -> Result<Vec<(Option<String>, String)>> {
    let region = session.chosen_region();
    let (found, failed) = listing::list(session, region.as_deref())?;
    if let Some(why) = failed.first() {
        return Err(CommandError::new(format!("not every Region has answered, so nothing is stopped: {why}")));
    }
    let fits = |listed: &&Listed| {
        let old = given.older_than.is_none_or(|least| listed.age().is_some_and(|age| age >= least));
        listed.kind == "capture" && !listed.is_over() && old && listed.has_tags(&given.tag)
    };
    let chosen = found.iter().filter(fits);
    Ok(chosen.map(|listed| (Some(listed.region.clone()), listed.text("MediaPipelineId").to_owned())).collect())
}

/// Asks before more than one is stopped; where nobody can answer, that is a failure.
pub(super) fn confirmed(count: usize) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(CommandError::misuse(format!(
            "{count} recordings would be stopped; --yes stops them without asking"
        )));
    }
    let _ = write!(std::io::stderr(), "Stop {count} recordings? [y/N] ");
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    Ok(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
}
