//! Tags of resources, the same in both services that have them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::request::{MeetingArn, Request, ServiceError};
use crate::state::{AccountState, Resource};

/// Adds tags as requests have them, in place of those with the same keys.
pub(super) fn put(resource: &mut Resource, tags: &Value) {
    add(&mut resource.tags, tags);
}

fn add(to: &mut BTreeMap<String, String>, tags: &Value) {
    for tag in tags.as_array().into_iter().flatten() {
        if let (Some(key), Some(value)) = (text(tag, "Key"), text(tag, "Value")) {
            to.insert(key, value);
        }
    }
}

fn text(tag: &Value, member: &str) -> Option<String> {
    tag.get(member)?.as_str().map(str::to_owned)
}

pub(super) fn list(state: &mut AccountState, request: &Request<'_>) -> Result<Map<String, Value>, ServiceError> {
    let resource = tagged(state, request)?;
    let tags: Vec<Value> = resource.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(Map::from_iter([("Tags".to_owned(), tags.into())]))
}

pub(super) fn tag(state: &mut AccountState, request: &Request<'_>) -> Result<Map<String, Value>, ServiceError> {
    let resource = tagged(state, request)?;
    let mut tags = resource.tags.clone();
    add(&mut tags, request.input.get("Tags").unwrap_or(&Value::Null));
    let max = if request.service.name == "chime-sdk-meetings" { 50 } else { 200 };
    if tags.len() > max {
        // Only one of the services has an error of its own for this.
        let code = if max == 50 { "TooManyTagsException" } else { "BadRequestException" };
        return Err(ServiceError::new(code, format!("A resource has at most {max} tags.")));
    }
    resource.tags = tags;
    Ok(Map::new())
}

pub(super) fn untag(state: &mut AccountState, request: &Request<'_>) -> Result<Map<String, Value>, ServiceError> {
    let resource = tagged(state, request)?;
    for key in request.input.get("TagKeys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        resource.tags.remove(key);
    }
    Ok(Map::new())
}

fn tagged<'s>(state: &'s mut AccountState, request: &Request<'_>) -> Result<&'s mut Resource, ServiceError> {
    let arn = request.text("ResourceARN");
    let refusal = || {
        let not_found = ServiceError::not_found("Resource", arn);
        let is_meetings = request.service.name == "chime-sdk-meetings";
        if is_meetings { ServiceError::new("ResourceNotFoundException", not_found.message) } else { not_found }
    };
    // A meeting's ARN in the form that programs build stands for the one of responses.
    let built =
        MeetingArn::parse(arn).filter(|meeting| meeting.region.is_empty() && meeting.account == request.account);
    let known = built.and_then(|meeting| state.meeting(meeting.id)?.1.arn.clone());
    state.with_arn(known.as_deref().unwrap_or(arn)).ok_or_else(refusal)
}
