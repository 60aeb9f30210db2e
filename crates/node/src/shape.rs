//! The shapes of inputs and outputs, by which JavaScript reads objects that are no plain ones, and logs those of calls.

#![expect(clippy::needless_pass_by_value, reason = "the form that napi calls")]

use chimeline_core::schema::{Kind, Shape, Structure};
use chimeline_core::service;
use napi_derive::napi;
use serde_json::{Value, json};

/// The shape of an operation's input as JSON: `{ members: { name: shape } }`, `{ item: shape }` of a list, `{ value: shape }`
/// of a map, `null` for what has no parts.
#[napi(catch_unwind)]
#[must_use]
pub fn input_shape(service_name: String, operation: String) -> String {
    let operation = service(&service_name).and_then(|service| service.operation(&operation));
    operation.map_or(Value::Null, |operation| structure(operation.input)).to_string()
}

/// What of an operation's input and output logs may show, as JSON: `{ input, output }`, shapes as those of `inputShape`, with
/// `true` in place of what is sensitive.
#[napi(catch_unwind)]
#[must_use]
pub fn logged_shapes(service_name: String, operation: String) -> String {
    let operation = service(&service_name).and_then(|service| service.operation(&operation));
    let shapes = operation.map(|operation| {
        let output = operation.output.map_or_else(|| json!({ "members": {} }), |output| members(output, logged));
        json!({ "input": members(operation.input, logged), "output": output })
    });
    shapes.unwrap_or_default().to_string()
}

fn structure(of: &Structure) -> Value {
    members(of, shape)
}

fn members(of: &Structure, shape: fn(&Shape) -> Value) -> Value {
    let members = of.members.iter().map(|member| (member.name.to_owned(), shape(member.shape)));
    json!({ "members": members.collect::<serde_json::Map<_, _>>() })
}

/// A list or map with sensitive parts is sensitive as a whole, as in the AWS SDK.
fn logged(of: &Shape) -> Value {
    match &of.kind {
        _ if of.sensitive => Value::Bool(true),
        Kind::List { item, .. } if item.sensitive => Value::Bool(true),
        Kind::Map { key, value } if key.sensitive || value.sensitive => Value::Bool(true),
        Kind::Structure(structure) => members(structure, logged),
        Kind::List { item, .. } => json!({ "item": logged(item) }),
        Kind::Map { value, .. } => json!({ "value": logged(value) }),
        Kind::String { .. } | Kind::Integer { .. } | Kind::Boolean | Kind::Timestamp(_) => Value::Null,
    }
}

fn shape(of: &Shape) -> Value {
    match &of.kind {
        Kind::Structure(members) => structure(members),
        Kind::List { item, .. } => json!({ "item": shape(item) }),
        Kind::Map { value, .. } => json!({ "value": shape(value) }),
        Kind::String { .. } | Kind::Integer { .. } | Kind::Boolean | Kind::Timestamp(_) => Value::Null,
    }
}
