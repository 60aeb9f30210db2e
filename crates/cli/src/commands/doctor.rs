//! `doctor`: whether a meeting can be recorded.

use serde_json::{Value, json};

use super::{Result, quiet};
use crate::arguments::Doctor;
use crate::output::{Colour, Output};
use crate::session::Session;
use crate::{DONE, FAILED, UNKNOWN};

pub(super) fn doctor(given: &Doctor, session: &mut Session, output: &Output) -> Result<u8> {
    let Doctor { sink, meeting, media_region, concatenate_to, legacy } = given;
    let service = if *legacy { "chime" } else { "chime-sdk-media-pipelines" };
    let endpoints = session.endpoints();
    output.progress("looking");
    let input = json!({
        "service": service, "region": session.region()?, "sink": sink, "meeting": meeting, "media_region": media_region,
        "concatenate_to": concatenate_to, "endpoints": endpoints,
    });
    let found = session.drive("preflight", &input, &mut quiet)?;
    if output.json {
        output.value(&found);
    } else {
        found["checks"].as_array().into_iter().flatten().for_each(|check| told(check, output));
    }
    Ok(match found["ready"].as_bool() {
        Some(true) => DONE,
        Some(false) => FAILED,
        None => UNKNOWN,
    })
}

const MARGIN: &str = "             ";

fn told(check: &Value, output: &Output) {
    let text = |name: &str| check[name].as_str().unwrap_or_default();
    let (mark, colour) = match text("verdict") {
        "passed" => ("passed     ", Colour::Green),
        "failed" => ("failed     ", Colour::Red),
        _ => ("cannot tell", Colour::Yellow),
    };
    let first = format!("{}  ", output.painted(mark, colour));
    output.paragraph(MARGIN, &first, &format!("{}: {}", text("check"), text("detail")));
    if text("verdict") == "passed" {
        return;
    }
    output.paragraph(MARGIN, MARGIN, text("cure"));
    if !text("asked").is_empty() {
        output.paragraph(MARGIN, MARGIN, &format!("looked at by {}", text("asked")));
    }
    match &check["paste"] {
        Value::Null => {}
        // What is pasted stays as it is.
        Value::String(command) => output.line(&format!("{MARGIN}{command}")),
        document => output.line(&format!("{document:#}")),
    }
}
