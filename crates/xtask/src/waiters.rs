//! The waiters of a service: `waiters-2.json` beside its model, in the form that botocore reads.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::model::{Model, Shape};
use crate::paths::{Result, read_json};

/// The waiters by name.
pub type Waiters = BTreeMap<String, Waiter>;

/// What is asked again and again, and what ends it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Waiter {
    pub description: String,
    pub operation: String,
    pub delay: u32,
    pub max_attempts: u32,
    pub acceptors: Vec<Acceptor>,
}

/// What a result has to be for a state.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptor {
    pub matcher: Matcher,
    pub argument: Option<String>,
    pub expected: Value,
    pub state: State,
}

/// How a result is compared.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum Matcher {
    Path,
    PathAny,
    PathAll,
    Error,
    Status,
}

/// What a match means.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum State {
    Success,
    Failure,
    Retry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    waiters: Waiters,
}

/// The waiters of a file, checked against the service's model.
pub fn load(file: &Path, model: &Model) -> Result<Waiters> {
    let read: File = read_json(file)?;
    if read.version != 2 {
        return Err(format!("{}: only version 2 is known, not {}", file.display(), read.version));
    }
    for (name, waiter) in &read.waiters {
        check(waiter, model).map_err(|why| format!("{}: {name}: {why}", file.display()))?;
    }
    Ok(read.waiters)
}

impl Waiter {
    /// The waiter as JSON with a line for each acceptor, which Python and JavaScript read too.
    pub fn literal(&self, indent: &str) -> String {
        let text = |value: &str| Value::from(value).to_string();
        let acceptors: Vec<String> =
            self.acceptors.iter().map(|a| format!("{indent}        {},\n", a.literal())).collect();
        format!(
            "{{\n{indent}    \"description\": {},\n{indent}    \"operation\": {},\n{indent}    \"delay\": {},\n{indent}    \"maxAttempts\": {},\n{indent}    \"acceptors\": [\n{}{indent}    ],\n{indent}}}",
            text(&self.description),
            text(&self.operation),
            self.delay,
            self.max_attempts,
            acceptors.concat(),
        )
    }
}

impl Acceptor {
    fn literal(&self) -> String {
        let matcher = match self.matcher {
            Matcher::Path => "path",
            Matcher::PathAny => "pathAny",
            Matcher::PathAll => "pathAll",
            Matcher::Error => "error",
            Matcher::Status => "status",
        };
        let state = match self.state {
            State::Success => "success",
            State::Failure => "failure",
            State::Retry => "retry",
        };
        let argument = self.argument.as_ref().map(|text| format!("\"argument\": {}, ", Value::from(text.as_str())));
        let argument = argument.unwrap_or_default();
        format!("{{\"matcher\": {matcher:?}, {argument}\"expected\": {}, \"state\": {state:?}}}", self.expected)
    }
}

fn check(waiter: &Waiter, model: &Model) -> Result<()> {
    let operation = model.operations.values().find(|operation| operation.name == waiter.operation);
    let operation = operation.ok_or_else(|| format!("no operation {}", waiter.operation))?;
    let output = operation.output.as_ref().ok_or_else(|| format!("{} answers nothing", waiter.operation))?;
    if waiter.delay == 0 || waiter.max_attempts == 0 {
        return Err("delay and maxAttempts must be above 0".to_owned());
    }
    for acceptor in &waiter.acceptors {
        let is_text = acceptor.expected.is_string();
        match (&acceptor.argument, acceptor.matcher) {
            (Some(path), Matcher::Path | Matcher::PathAny | Matcher::PathAll) if is_text => {
                check_path(model, &output.shape, path, acceptor)?;
            }
            (None, Matcher::Error) if is_text => {}
            (None, Matcher::Status) if acceptor.expected.is_u64() => {}
            _ => return Err(format!("an acceptor does not go together: {}", acceptor.literal())),
        }
    }
    Ok(())
}

/// Every member of a path must be one of the model, and lead to a string that can be what is expected.
fn check_path(model: &Model, shape: &str, path: &str, acceptor: &Acceptor) -> Result<()> {
    let mut shape = shape.to_owned();
    let mut rest = path;
    while !rest.is_empty() {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        let members = model.members(&shape)?;
        let member = members.iter().find(|(known, _)| known == name);
        let (_, member) = member.ok_or_else(|| format!("{path}: {shape} has no member {name}"))?;
        shape.clone_from(&member.shape);
        rest = behind;
        if rest.starts_with('[') {
            let close = rest.find(']').ok_or_else(|| format!("{path}: [ without ]"))?;
            let Shape::List { member, .. } = model.shape(&shape)? else {
                return Err(format!("{path}: {shape} is no list"));
            };
            shape.clone_from(&member.shape);
            rest = &rest[close + 1..];
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    let expected = acceptor.expected.as_str().unwrap_or_default();
    match model.shape(&shape)? {
        Shape::String { values, .. } if values.iter().any(|value| value == expected) => Ok(()),
        _ => Err(format!("{path}: {shape} is never {expected:?}")),
    }
}
