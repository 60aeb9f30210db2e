//! A request at work: which operation with which input, and the words and values that answers are made of.

use std::time::SystemTime;

use chimeline_core::schema::{self, Operation, Structure};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::input::Input;
use crate::options::Options;
use crate::refusal::Refusal;
use crate::store::Resource;

/// A request that may go to work: its signature is right and its input checked.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    pub(crate) service: &'static schema::Service,
    pub(crate) operation: &'static Operation,
    pub(crate) input: Input,
    pub(crate) region: &'a str,
    pub(crate) options: &'a Options,
    /// The time that resources see.
    pub(crate) now: SystemTime,
}

impl Work<'_> {
    /// A member of the input that is text.
    pub(crate) fn text(&self, member: &str) -> &str {
        self.input.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// A fresh id.
    pub(crate) fn fresh(&self) -> Uuid {
        (self.options.world.uuid)()
    }

    /// The ARN of a resource of ours.
    pub(crate) fn arn(&self, path: &str, id: &str) -> String {
        format!("arn:aws:chime:{}:{}:{path}/{id}", self.region, self.options.account_id)
    }

    /// The refusal of a name that nothing has.
    pub(crate) fn nothing(&self, noun: &str, identifier: &str) -> Refusal {
        Refusal::not_found(format!("There is no {noun} {identifier} in {}.", self.region))
    }

    /// The list of the output with this name: its wire name and the structure of its items.
    pub(crate) fn items(&self, name: &str) -> Option<(&'static str, &'static Structure)> {
        let member = self.operation.output?.members.iter().find(|member| member.name == name)?;
        match &member.shape.kind {
            schema::Kind::List { item, .. } => match &item.kind {
                schema::Kind::Structure(structure) => Some((member.wire, structure)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The answer that holds this resource, wherever the operation's output has its kind.
    pub(crate) fn answer(&self, resource: &Resource) -> Map<String, Value> {
        self.operation.output.map(|output| holding(output, resource)).unwrap_or_default()
    }
}

/// The structure with the member of the resource's kind filled in, on this level or the one below.
fn holding(output: &Structure, resource: &Resource) -> Map<String, Value> {
    let mut out = Map::new();
    for member in output.members {
        let schema::Kind::Structure(inner) = &member.shape.kind else { continue };
        let value =
            if member.name == resource.kind.member { filled(inner, resource) } else { holding(inner, resource) };
        if !value.is_empty() {
            out.insert(member.wire.to_owned(), value.into());
        }
    }
    out
}

/// The members of `structure` that the resource has.
pub(crate) fn filled(structure: &Structure, resource: &Resource) -> Map<String, Value> {
    let values =
        structure.members.iter().filter_map(|member| Some((member.wire.to_owned(), value(resource, member.name)?)));
    values.collect()
}

fn value(resource: &Resource, member: &str) -> Option<Value> {
    let kind = resource.kind;
    if member == kind.id {
        return Some(resource.id.as_str().into());
    }
    if kind.arn.is_some_and(|(name, _)| name == member) {
        return resource.arn.as_deref().map(Value::from);
    }
    if kind.course.as_ref().is_some_and(|course| course.member == member) {
        return resource.state.map(Value::from);
    }
    match member {
        "CreatedTimestamp" => Some(timestamp(resource.created)),
        "UpdatedTimestamp" => Some(timestamp(resource.updated)),
        // The elements of a pipeline are where the pipeline is.
        "ElementStatuses" => {
            let types = resource.members.get("ElementTypes")?.as_array()?.iter();
            Some(types.map(|of| serde_json::json!({"Type": of, "Status": resource.state})).collect())
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
