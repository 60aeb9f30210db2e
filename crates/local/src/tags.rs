//! Tags of resources, the same in both services that have them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::actions::{Action, Row};
use crate::refusal::Refusal;
use crate::store::{Resource, Space};
use crate::work::Work;

pub(crate) static ACTIONS: &[Row] = &[
    ("ListTagsForResource", Action::Special(list)),
    ("TagResource", Action::Special(tag)),
    ("UntagResource", Action::Special(untag)),
];

/// Adds tags as requests have them, in place of those with the same keys.
pub(crate) fn put(resource: &mut Resource, tags: &Value) {
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

fn list(space: &mut Space, work: &Work<'_>) -> Result<Map<String, Value>, Refusal> {
    let resource = tagged(space, work)?;
    let tags: Vec<Value> = resource.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(Map::from_iter([("Tags".to_owned(), tags.into())]))
}

fn tag(space: &mut Space, work: &Work<'_>) -> Result<Map<String, Value>, Refusal> {
    let resource = tagged(space, work)?;
    let mut tags = resource.tags.clone();
    add(&mut tags, work.input.get("Tags").unwrap_or(&Value::Null));
    let most = if work.service.name == "chime-sdk-meetings" { 50 } else { 200 };
    if tags.len() > most {
        // Only one of the services has an error of its own for this.
        let code = if most == 50 { "TooManyTagsException" } else { "BadRequestException" };
        return Err(Refusal::new(code, format!("A resource has {most} tags at most.")));
    }
    resource.tags = tags;
    Ok(Map::new())
}

fn untag(space: &mut Space, work: &Work<'_>) -> Result<Map<String, Value>, Refusal> {
    let resource = tagged(space, work)?;
    for key in work.input.get("TagKeys").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        resource.tags.remove(key);
    }
    Ok(Map::new())
}

fn tagged<'s>(space: &'s mut Space, work: &Work<'_>) -> Result<&'s mut Resource, Refusal> {
    let arn = work.text("ResourceARN");
    let refusal = || {
        let nothing = work.nothing("resource", arn);
        let is_meetings = work.service.name == "chime-sdk-meetings";
        if is_meetings { Refusal::new("ResourceNotFoundException", nothing.message) } else { nothing }
    };
    space.with_arn(arn).ok_or_else(refusal)
}
