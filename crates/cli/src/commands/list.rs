//! `ls` and `watch`: what there is, and how it changes.

use serde_json::{Value, json};

use super::Result;
use crate::listing::{self, Listed};
use crate::output::{Colour, Output};
use crate::session::Session;
use crate::{DONE, FAILED, UNKNOWN};

pub(super) fn ls(all: bool, session: &mut Session, output: &Output) -> Result<u8> {
    let region = session.chosen_region();
    output.progress("looking");
    let (mut found, failed) = listing::list(session, region.as_deref())?;
    found.retain(|listed| all || !listed.is_over());
    for why in &failed {
        output.alarm(&format!("no answer of {why}"), Colour::Yellow);
    }
    if output.json {
        output.value(&json!({"Pipelines": found.iter().map(Listed::json).collect::<Vec<_>>(), "Failed": failed}));
    } else if found.is_empty() {
        output.note("no pipelines");
    } else {
        // The Region where there may be several, so that the rest fits into 80 columns.
        let from = usize::from(region.is_some());
        let rows: Vec<Vec<String>> = found.iter().map(|listed| row(listed).split_off(from)).collect();
        output.table(["REGION", "KIND", "ID", "STATUS", "AGE", "TAGS"].get(from..).unwrap_or_default(), &rows);
    }
    Ok(if failed.is_empty() { DONE } else { UNKNOWN })
}

fn row(listed: &Listed) -> Vec<String> {
    let tags = listed.tags.as_array().into_iter().flatten();
    let tags = tags.map(|tag| {
        format!("{}={}", tag["Key"].as_str().unwrap_or_default(), tag["Value"].as_str().unwrap_or_default())
    });
    vec![
        listed.region.clone(),
        listed.kind.clone(),
        listed.text("MediaPipelineId").to_owned(),
        listed.text("Status").to_owned(),
        listed.age().map(age).unwrap_or_default(),
        tags.collect::<Vec<_>>().join(" "),
    ]
}

/// Seconds in the largest unit that fits.
#[expect(clippy::cast_possible_truncation, reason = "an age in seconds is far from the limit")]
fn age(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as i64;
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7200 => format!("{}m", seconds / 60),
        7200..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86400),
    }
}

pub(super) fn watch(pipeline: &str, delay: f64, session: &mut Session, output: &Output) -> Result<u8> {
    let mut last = String::new();
    let mut tell = |change: &Value| {
        change["Status"].as_str().unwrap_or_default().clone_into(&mut last);
        if output.json {
            output.value(change);
        } else {
            let colour = match last.as_str() {
                "InProgress" => Colour::Green,
                "Failed" => Colour::Red,
                _ => Colour::Yellow,
            };
            let now = jiff::Timestamp::now().strftime("%H:%M:%S");
            output.line(&format!(
                "{now}  {}  {}",
                change["MediaPipelineId"].as_str().unwrap_or_default(),
                output.painted(&last, colour)
            ));
        }
        true
    };
    session.drive("follow", &json!({"pipeline": pipeline, "delay": delay}), &mut tell)?;
    Ok(if last == "Failed" { FAILED } else { DONE })
}
