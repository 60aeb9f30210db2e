//! Reads the options that flows share.

use serde_json::{Map, Value, json};

use crate::engine::Failure;

/// The service that capture pipelines are asked of; today's unless the host has a client of the legacy one.
pub(crate) fn service(input: &Value) -> String {
    input["service"].as_str().unwrap_or("chime-sdk-media-pipelines").to_owned()
}

/// A member that must be text, with a default.
pub(crate) fn text(input: &Value, member: &str, default: &str) -> Result<String, Failure> {
    match &input[member] {
        Value::Null => Ok(default.to_owned()),
        Value::String(text) if !text.is_empty() => Ok(text.clone()),
        other => Err(Failure::wrong(member, other, "a string that is not empty")),
    }
}

/// A member that must be a number of seconds, with a default; `true` is the default too, `false` nothing.
pub(crate) fn seconds(input: &Value, member: &str, default: f64) -> Result<Option<f64>, Failure> {
    match &input[member] {
        Value::Null | Value::Bool(false) => Ok(None),
        Value::Bool(true) => Ok(Some(default)),
        other => match other.as_f64() {
            Some(number) if number >= 0.0 => Ok(Some(number)),
            _ => Err(Failure::wrong(member, other, "true, false or a number of seconds from 0 up")),
        },
    }
}

/// Tags as a map or in the service's form, in the service's form; nothing where there are none.
pub(crate) fn tags(input: &Value, member: &str) -> Result<Option<Value>, Failure> {
    const RULE: &str = "a map of texts, or a list of {Key, Value}";
    let tag = |key: &Value, value: &Value| match (key, value) {
        (Value::String(key), Value::String(value)) if !key.is_empty() => Ok(json!({"Key": key, "Value": value})),
        _ => Err(Failure::wrong(member, &input[member], RULE)),
    };
    let tags: Vec<Value> = match &input[member] {
        Value::Null => return Ok(None),
        Value::Object(map) => map.iter().map(|(key, value)| tag(&json!(key), value)).collect::<Result<_, _>>()?,
        Value::Array(items) => items.iter().map(|item| tag(&item["Key"], &item["Value"])).collect::<Result<_, _>>()?,
        other => return Err(Failure::wrong(member, other, RULE)),
    };
    Ok((!tags.is_empty()).then(|| tags.into()))
}

/// What the capture takes of a meeting: names of artifacts, or the service's `ArtifactsConfiguration`.
pub(crate) fn artifacts(value: &Value) -> Result<Option<Value>, Failure> {
    const NAMES: &str = "audio, active-speaker-video, composited-video, video and content";
    let names: Vec<&str> = match value {
        Value::Null => return Ok(None),
        Value::Object(_) => return Ok(Some(value.clone())),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let count = value.as_array().map_or(0, Vec::len);
    let known = ["audio", "active-speaker-video", "composited-video", "video", "content"];
    if names.is_empty() || names.len() != count || names.iter().any(|name| !known.contains(name)) {
        let rule = format!("a list of {NAMES}, or an ArtifactsConfiguration");
        return Err(match names.iter().find(|name| !known.contains(name)) {
            Some(name) => Failure::wrong("artifacts", &json!(name), &rule),
            None => Failure::wrong("artifacts", value, &rule),
        });
    }
    let has = |name: &str| names.contains(&name);
    if has("active-speaker-video") && has("composited-video") {
        let text = "artifacts has active-speaker-video and composited-video, of which a capture takes one";
        return Err(Failure::Invalid(text.to_owned()));
    }
    let state = |name: &str| if has(name) { "Enabled" } else { "Disabled" };
    let mux = match (has("active-speaker-video"), has("composited-video")) {
        (true, _) => "AudioWithActiveSpeakerVideo",
        (_, true) => "AudioWithCompositedVideo",
        _ => "AudioOnly",
    };
    let mut out = json!({
        "Audio": {"MuxType": mux},
        "Video": {"State": state("video")},
        "Content": {"State": state("content")},
    });
    if has("video") {
        out["Video"]["MuxType"] = "VideoOnly".into();
    }
    if has("content") {
        out["Content"]["MuxType"] = "ContentOnly".into();
    }
    if has("composited-video") {
        let grid = json!({"ContentShareLayout": "PresenterOnly"});
        out["CompositedVideo"] = json!({"Layout": "GridView", "Resolution": "FHD", "GridViewConfiguration": grid});
    }
    Ok(Some(out))
}

/// The streams that are captured: the service's `SelectedVideoStreams`, or a list of attendees and external user ids.
pub(crate) fn streams(value: &Value) -> Result<Option<Value>, Failure> {
    const RULE: &str = "a list of attendees and external user ids, or {AttendeeIds, ExternalUserIds}";
    /// What the service documents.
    const MOST: usize = 25;
    let wrong = || Failure::wrong("streams", value, RULE);
    let mut out = Map::new();
    match value {
        Value::Null => return Ok(None),
        Value::Object(members) => out.clone_from(members),
        Value::Array(items) => {
            for item in items {
                let (member, id) = match item {
                    Value::String(user) => ("ExternalUserIds", user),
                    Value::Object(attendee) => match attendee.get("Attendee").unwrap_or(item).get("AttendeeId") {
                        Some(Value::String(id)) => ("AttendeeIds", id),
                        _ => return Err(wrong()),
                    },
                    _ => return Err(wrong()),
                };
                let list = out.entry(member).or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(id.as_str().into());
                }
            }
        }
        _ => return Err(wrong()),
    }
    let count: usize = out.values().filter_map(Value::as_array).map(Vec::len).sum();
    match count {
        0 => Err(wrong()),
        1..=MOST => Ok(Some(out.into())),
        _ => Err(Failure::Invalid(format!("streams has {count} entries; a capture takes {MOST} at most"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{artifacts, streams, tags};

    #[test]
    fn names_of_artifacts_become_a_configuration() {
        let made = artifacts(&json!(["audio", "video"])).expect("names").expect("a configuration");
        assert_eq!(
            made,
            json!({
                "Audio": {"MuxType": "AudioOnly"},
                "Video": {"State": "Enabled", "MuxType": "VideoOnly"},
                "Content": {"State": "Disabled"},
            })
        );
        let composited = artifacts(&json!(["composited-video"])).expect("names").expect("a configuration");
        assert_eq!(composited["Audio"]["MuxType"], "AudioWithCompositedVideo");
        assert_eq!(composited["CompositedVideo"]["GridViewConfiguration"]["ContentShareLayout"], "PresenterOnly");
        assert_eq!(artifacts(&json!({"Audio": 1})), Ok(Some(json!({"Audio": 1}))));
        assert_eq!(artifacts(&json!(null)), Ok(None));
    }

    #[test]
    fn wrong_artifacts_streams_and_tags_are_refused() {
        for (value, part) in [
            (json!(["sound"]), "not \"sound\""),
            (json!([]), "a list"),
            (json!(["audio", 1]), "a list"),
            (json!("audio"), "a string"),
            (json!(["active-speaker-video", "composited-video"]), "takes one"),
        ] {
            let why = artifacts(&value).expect_err("wrong").to_string();
            assert!(why.contains(part), "{value}: {why}");
        }
        for value in [json!([]), json!({}), json!("x"), json!([1]), json!([{"Name": "x"}])] {
            assert!(streams(&value).is_err(), "{value}");
        }
        assert!(streams(&json!(vec!["user"; 26])).expect_err("too many").to_string().contains("26"));
        for value in [json!("x"), json!({"a": 1}), json!([{"Key": "a"}]), json!({"": "x"})] {
            assert!(tags(&json!({"tags": value}), "tags").is_err(), "{value}");
        }
    }

    #[test]
    fn streams_are_told_by_attendee_or_by_user() {
        let attendee = json!({"AttendeeId": "a-1", "ExternalUserId": "ann"});
        assert_eq!(
            streams(&json!([attendee, "bob", {"Attendee": attendee}])),
            Ok(Some(json!({"AttendeeIds": ["a-1", "a-1"], "ExternalUserIds": ["bob"]})))
        );
        assert_eq!(tags(&json!({"tags": {"a": "b"}}), "tags"), Ok(Some(json!([{"Key": "a", "Value": "b"}]))));
        assert_eq!(tags(&json!({"tags": {}}), "tags"), Ok(None));
    }
}
