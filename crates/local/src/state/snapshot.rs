//! The state of an account as JSON, and back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::kinds::ResourceKind;
use crate::state::resource::{MeetingRef, Presence, Resource};
use crate::state::{AccountState, Timing};
use crate::time;

impl AccountState {
    /// The whole state as JSON that [`AccountState::import`] reads.
    pub(crate) fn export(&self) -> Value {
        let resources: Vec<Value> = self.all().map(|(number, resource)| resource_json(number, resource)).collect();
        let ended: Vec<Value> = self
            .ended
            .iter()
            .map(|(at, number, resource)| json!({"at": time::text(at), "resource": resource_json(number, resource)}))
            .collect();
        // Sorted, so that equal states are equal documents.
        let mut tokens: Vec<_> = self.tokens.iter().collect();
        tokens.sort_unstable();
        let tokens: Vec<Value> = tokens
            .into_iter()
            .map(|(token, fingerprint, resource, expiry)| {
                json!([token, format!("{fingerprint:016x}"), resource, expiry.map(time::text)])
            })
            .collect();
        let meetings: Vec<&str> = self.ended.meetings().collect();
        json!({
            "last": self.last, "resources": resources, "ended": ended, "ended_meetings": meetings, "tokens": tokens,
        })
    }

    /// Reads what [`AccountState::export`] returned; the error says what is wrong with it.
    pub(crate) fn import(timing: Timing, value: &Value) -> Result<AccountState, String> {
        let mut state = AccountState::new(timing);
        for item in list(value, "resources")? {
            let (number, resource) = resource(item)?;
            state.last = state.last.max(number);
            state.put(number, resource);
        }
        for item in list(value, "ended")? {
            let (number, resource) = resource(item.get("resource").ok_or("ended: resource is missing")?)?;
            state.last = state.last.max(number);
            state.ended.add(number, resource, optional_time(item, "at")?.ok_or("ended: at is missing")?);
        }
        for item in list(value, "ended_meetings")? {
            let id = item.as_str().ok_or_else(|| format!("ended_meetings: {item} is not an id"))?;
            state.ended.add_meeting(id.to_owned());
        }
        for item in list(value, "tokens")? {
            let read = || {
                let fingerprint = u64::from_str_radix(item.get(1)?.as_str()?, 16).ok()?;
                Some((Arc::from(item.get(0)?.as_str()?), fingerprint, item.get(2)?.as_u64()?))
            };
            let (token, fingerprint, number): (Arc<str>, _, _) =
                read().ok_or_else(|| format!("tokens: {item} is not a token"))?;
            state.tokens.remember(token.clone(), fingerprint, number);
            state.tokens.expire(&token, item.get(3).and_then(Value::as_str).map(parse).transpose()?);
        }
        state.last = state.last.max(value.get("last").and_then(Value::as_u64).unwrap_or_default());
        Ok(state)
    }
}

fn resource_json(number: u64, resource: &Resource) -> Value {
    let meeting = resource.meeting.as_ref();
    let presence = &resource.presence;
    json!({
        "number": number,
        "kind": resource.kind.name,
        "id": resource.id,
        "arn": resource.arn,
        "region": &*resource.region,
        "members": resource.members,
        "tags": resource.tags,
        "parent": resource.parent,
        "created": time::text(resource.created),
        "updated": time::text(resource.updated),
        "status": resource.status,
        "pending_states": resource.pending_states,
        "next_change": resource.next_change.map(time::text),
        "waits_for": resource.waits_for,
        "removed_after": resource.removed_after.map(|length| length.as_secs_f64()),
        "token": resource.token.as_deref(),
        "meeting": meeting.map(|meeting| json!([meeting.id, meeting.external_id, meeting.media_region])),
        "recorder": resource.recorder,
        "presence": {
            "is_connected": presence.is_connected,
            "connected": presence.connected,
            "recorders": presence.recorders,
            "empty_since": presence.empty_since.map(time::text),
        },
    })
}

fn resource(value: &Value) -> Result<(u64, Resource), String> {
    let missing = |name: &str| format!("resource: {name} is missing or of a wrong type");
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let number = |name: &str| value.get(name).and_then(Value::as_u64);
    let required = |name: &str| text(name).map(str::to_owned).ok_or_else(|| missing(name));
    let kind = ResourceKind::by_name(&required("kind")?).ok_or_else(|| missing("kind"))?;
    let status = match text("status") {
        Some(status) => Some(kind.state(status).ok_or_else(|| format!("resource: {status:?} is not a state"))?),
        None => None,
    };
    let object = |name: &str| value.get(name).and_then(Value::as_object).cloned().ok_or_else(|| missing(name));
    let tags: BTreeMap<String, String> = object("tags")?
        .into_iter()
        .map(|(key, value)| Some((key, value.as_str()?.to_owned())))
        .collect::<Option<_>>()
        .ok_or_else(|| missing("tags"))?;
    let meeting = value.get("meeting").and_then(Value::as_array).map(|meeting| {
        let part = |at: usize| meeting.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        MeetingRef { id: part(0), external_id: part(1), media_region: part(2) }
    });
    let removed_after = value.get("removed_after").and_then(Value::as_f64);
    let presence = value.get("presence").cloned().unwrap_or_default();
    let count = |name: &str| {
        presence.get(name).and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok()).unwrap_or_default()
    };
    let resource = Resource {
        kind,
        id: required("id")?,
        arn: text("arn").map(str::to_owned),
        region: required("region")?.into(),
        members: object("members")?,
        tags,
        parent: number("parent"),
        created: optional_time(value, "created")?.ok_or_else(|| missing("created"))?,
        updated: optional_time(value, "updated")?.ok_or_else(|| missing("updated"))?,
        status,
        pending_states: pending_states(kind, value)?,
        next_change: optional_time(value, "next_change")?,
        waits_for: number("waits_for"),
        removed_after: removed_after
            .map(|seconds| Duration::try_from_secs_f64(seconds).map_err(|_| missing("removed_after")))
            .transpose()?,
        token: text("token").map(Arc::from),
        meeting,
        recorder: number("recorder"),
        presence: Presence {
            is_connected: presence.get("is_connected").and_then(Value::as_bool).unwrap_or_default(),
            connected: count("connected"),
            recorders: count("recorders"),
            empty_since: optional_time(&presence, "empty_since")?,
        },
    };
    Ok((number("number").ok_or_else(|| missing("number"))?, resource))
}

/// The states that follow, which are the end of one of the kind's rows.
fn pending_states(kind: &'static ResourceKind, value: &Value) -> Result<&'static [&'static str], String> {
    let names: Vec<&str> =
        value.get("pending_states").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if names.is_empty() {
        return Ok(&[]);
    }
    let rows = kind.lifecycle.as_ref().map(|lifecycle| [lifecycle.start, lifecycle.stop]);
    let mut rows = rows.into_iter().flatten();
    let found = rows.find_map(|row| row.get(row.len().checked_sub(names.len())?..).filter(|end| *end == names));
    found.ok_or_else(|| format!("resource: pending_states {names:?} are not states of {}", kind.name))
}

fn list<'v>(value: &'v Value, name: &str) -> Result<&'v [Value], String> {
    match value.get(name) {
        None => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("{name} must be a list")),
    }
}

fn optional_time(value: &Value, name: &str) -> Result<Option<SystemTime>, String> {
    value.get(name).and_then(Value::as_str).map(parse).transpose()
}

fn parse(text: &str) -> Result<SystemTime, String> {
    time::parse(text).ok_or_else(|| format!("{text:?} is not a time"))
}
