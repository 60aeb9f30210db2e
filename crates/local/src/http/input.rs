//! From a request to the operation's input, checked as the service would check it.

use chimeline_core::codec::encode::{Invalid, Validation, encode};
use chimeline_core::schema::{Kind, Location, Shape, Structure};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::http::route::Route;
use crate::request::{Input, ServiceError};

/// Reads and checks the input. `body` is the JSON of the request, or null where it has none.
pub(crate) fn read(route: &Route, body: Value) -> Result<Input, ServiceError> {
    let structure = route.operation.input;
    let has_body = structure.members.iter().any(|member| member.location == Location::Body);
    let mut input = match body {
        Value::Object(body) if has_body => known(structure, body),
        Value::Object(_) | Value::Null => Input::new(),
        _ => return Err(ServiceError::unreadable("The body must be a JSON object.")),
    };
    for member in structure.members {
        let given = match member.location {
            Location::Label => route.labels.iter().find(|(name, _)| *name == member.wire).map(|(_, value)| value),
            Location::Query => route.query.iter().find(|(name, _)| name == member.wire).map(|(_, value)| value),
            Location::Body | Location::Header => continue,
        };
        if let Some(text) = given {
            input.insert(member.name.to_owned(), scalar(member.shape, text));
        }
    }
    let input = Value::Object(input);
    match encode(route.operation, &input, Validation::Strict, Uuid::nil) {
        Ok(_) => {}
        Err(Invalid::Faults(faults)) => {
            let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
            return Err(ServiceError::bad(lines.join("; ")));
        }
        Err(Invalid::Host(never)) => match never {},
    }
    match input {
        Value::Object(input) => Ok(input),
        _ => Ok(Input::new()),
    }
}

/// What a request says, checked or not: the members of its body, labels and query.
pub(crate) fn as_sent(route: &Route, body: &Value) -> Input {
    let mut sent = body.as_object().cloned().unwrap_or_default();
    let labels = route.labels.iter().map(|(name, value)| (*name, value));
    for (name, value) in labels.chain(route.query.iter().map(|(name, value)| (name.as_str(), value))) {
        if let Some(member) = route.operation.input.members.iter().find(|member| member.wire == name) {
            sent.insert(member.name.to_owned(), scalar(member.shape, value));
        }
    }
    sent
}

/// The members that the structure has and that are not null: the services ignore others.
fn known(structure: &Structure, mut given: Map<String, Value>) -> Map<String, Value> {
    // Kept in the order of the request, which is that of the errors.
    let names: Vec<String> = given.keys().cloned().collect();
    let mut out = Map::new();
    for wire in names {
        let member = structure.members.iter().find(|m| m.location == Location::Body && m.wire == wire);
        if let (Some(member), Some(value)) = (member, given.get_mut(&wire).map(Value::take))
            && !value.is_null()
        {
            out.insert(member.name.to_owned(), value_of(member.shape, value));
        }
    }
    out
}

fn value_of(shape: &Shape, value: Value) -> Value {
    match (&shape.kind, value) {
        (Kind::Structure(structure), Value::Object(map)) => Value::Object(known(structure, map)),
        (Kind::List { item, .. }, Value::Array(items)) => {
            items.into_iter().map(|value| value_of(item, value)).collect::<Vec<_>>().into()
        }
        (Kind::Map { value: item, .. }, Value::Object(map)) => {
            map.into_iter().map(|(key, value)| (key, value_of(item, value))).collect::<Map<_, _>>().into()
        }
        (_, value) => value,
    }
}

/// A member of the path or query; what is not a number stays text, which the checks then refuse.
fn scalar(shape: &Shape, text: &str) -> Value {
    match &shape.kind {
        Kind::Integer { .. } => text.parse::<i64>().map_or_else(|_| text.into(), Value::from),
        _ => text.into(),
    }
}
