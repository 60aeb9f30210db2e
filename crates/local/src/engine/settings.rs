//! The rules and times that a journal was written with, by which alone it can be read again.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::request::{Rules, TokenReuse, UnknownMeetings};
use crate::state::Timing;

pub(super) fn export(timing: &Timing, rules: &Rules) -> Value {
    let seconds = |length: Option<Duration>| length.map(|length| length.as_secs_f64());
    json!({
        "transition_delay": timing.transition_delay.as_secs_f64(),
        "unjoined_meeting_timeout": seconds(timing.unjoined_meeting_timeout),
        "empty_meeting_timeout": seconds(timing.empty_meeting_timeout),
        "max_meeting_duration": seconds(timing.max_meeting_duration),
        "recorder_keeps_meeting": timing.recorder_keeps_meeting,
        "stopped_retention": seconds(timing.stopped_retention),
        "token_retention": seconds(timing.token_retention),
        "pipeline_quota": rules.pipeline_quota,
        "unknown_meetings": rules.unknown_meetings.name(),
        "token_reuse": rules.token_reuse.name(),
    })
}

/// The error names the setting that cannot be read.
pub(super) fn import(settings: &Map<String, Value>) -> Result<(Timing, Rules), String> {
    let wrong = |name: &str| format!("settings: {name} is missing or of a wrong type");
    let seconds = |name: &'static str| match settings.get(name) {
        Some(Value::Null) => Ok(None),
        value => {
            let length = value.and_then(Value::as_f64).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            length.map(Some).ok_or_else(|| wrong(name))
        }
    };
    let text = |name: &str| settings.get(name).and_then(Value::as_str).unwrap_or_default();
    let quota = match settings.get("pipeline_quota") {
        Some(Value::Null) => None,
        value => {
            let quota = value.and_then(Value::as_u64).and_then(|quota| usize::try_from(quota).ok());
            Some(quota.ok_or_else(|| wrong("pipeline_quota"))?)
        }
    };
    let timing = Timing {
        transition_delay: seconds("transition_delay")?.ok_or_else(|| wrong("transition_delay"))?,
        unjoined_meeting_timeout: seconds("unjoined_meeting_timeout")?,
        empty_meeting_timeout: seconds("empty_meeting_timeout")?,
        max_meeting_duration: seconds("max_meeting_duration")?,
        recorder_keeps_meeting: settings
            .get("recorder_keeps_meeting")
            .and_then(Value::as_bool)
            .ok_or_else(|| wrong("recorder_keeps_meeting"))?,
        stopped_retention: seconds("stopped_retention")?,
        token_retention: seconds("token_retention")?,
    };
    let rules = Rules {
        pipeline_quota: quota,
        unknown_meetings: UnknownMeetings::by_name(text("unknown_meetings"))
            .ok_or_else(|| wrong("unknown_meetings"))?,
        token_reuse: TokenReuse::by_name(text("token_reuse")).ok_or_else(|| wrong("token_reuse"))?,
    };
    Ok((timing, rules))
}
