//! The shapes of inputs, by which JavaScript reads objects that are no plain ones.

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

fn structure(of: &Structure) -> Value {
    let members = of.members.iter().map(|member| (member.name.to_owned(), shape(member.shape)));
    json!({ "members": members.collect::<serde_json::Map<_, _>>() })
}

fn shape(of: &Shape) -> Value {
    match &of.kind {
        Kind::Structure(members) => structure(members),
        Kind::List { item, .. } => json!({ "item": shape(item) }),
        Kind::Map { value, .. } => json!({ "value": shape(value) }),
        Kind::String { .. } | Kind::Integer { .. } | Kind::Boolean | Kind::Timestamp(_) => Value::Null,
    }
}
