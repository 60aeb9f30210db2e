//! From resources to the members of responses.

use std::time::SystemTime;

use chimeline_core::schema::{self, Operation, Structure};
use serde_json::{Map, Value, json};

use crate::state::Resource;

/// The list of the output with this name: its wire name and the structure of its items.
pub(crate) fn list_member(operation: &Operation, name: &str) -> Option<(&'static str, &'static Structure)> {
    let member = operation.output?.members.iter().find(|member| member.name == name)?;
    match &member.shape.kind {
        schema::Kind::List { item, .. } => match &item.kind {
            schema::Kind::Structure(structure) => Some((member.wire, structure)),
            _ => None,
        },
        _ => None,
    }
}

/// The output's members that hold this resource, on this level or the one below.
pub(crate) fn response_members(output: &Structure, resource: &Resource) -> Map<String, Value> {
    let mut out = Map::new();
    for member in output.members {
        let schema::Kind::Structure(inner) = &member.shape.kind else { continue };
        let value = if member.name == resource.kind.member {
            members(inner, resource)
        } else {
            response_members(inner, resource)
        };
        if !value.is_empty() {
            out.insert(member.wire.to_owned(), value.into());
        }
    }
    out
}

/// The members of `structure` that the resource has.
pub(crate) fn members(structure: &Structure, resource: &Resource) -> Map<String, Value> {
    let values = structure
        .members
        .iter()
        .filter_map(|member| Some((member.wire.to_owned(), member_value(resource, member.name)?)));
    values.collect()
}

fn member_value(resource: &Resource, member: &str) -> Option<Value> {
    let kind = resource.kind;
    if member == kind.id_member {
        return Some(resource.id.as_str().into());
    }
    if kind.arn.is_some_and(|(name, _)| name == member) {
        return resource.arn.as_deref().map(Value::from);
    }
    if kind.lifecycle.as_ref().is_some_and(|lifecycle| lifecycle.member == member) {
        return resource.status.map(Value::from);
    }
    match member {
        "CreatedTimestamp" => Some(timestamp(resource.created)),
        "UpdatedTimestamp" => Some(timestamp(resource.updated)),
        // The elements of a pipeline are in the state of the pipeline.
        "ElementStatuses" => {
            let types = resource.members.get("ElementTypes")?.as_array()?.iter();
            Some(types.map(|element| json!({"Type": element, "Status": resource.status})).collect())
        }
        _ => resource.members.get(member).cloned(),
    }
}

fn timestamp(time: SystemTime) -> Value {
    let micros = jiff::Timestamp::try_from(time).map_or(0, jiff::Timestamp::as_microsecond);
    // To the millisecond, which every host's dates hold.
    let millis = micros.div_euclid(1000) * 1000;
    chimeline_core::codec::timestamp::Timestamp { micros: millis, offset: Some(0) }.to_iso8601().into()
}
