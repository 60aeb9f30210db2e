//! Plans as JSON, for the bindings.

use std::fmt;

use serde_json::{Value, json};

use super::failure::{Failure, HostError};
use super::plan::{Outcome, Plan, Step};
use crate::flows::artifacts::parse_key;
use crate::flows::bulk;
use crate::flows::events::{parse_event, parse_events};
use crate::journal::journal;
use crate::preflight::documents::policies;

/// A plan for a host that speaks JSON. One whose input cannot be right fails at its first step.
pub struct JsonPlan(Result<Plan, Failure>);

impl JsonPlan {
    /// Begins a flow by its name, with the JSON of its input.
    #[must_use]
    pub fn new(name: &str, input: &str) -> JsonPlan {
        JsonPlan(parse(input).and_then(|input| Plan::new(name, &input)))
    }

    /// What the plan wants next: a map with one of `call`, `sleep`, `emit`, `done` and `failed`. Takes what came of the step
    /// before, `{"output": ...}` or `{"error": {"code", "class", "status", "message"}}`; `null` for the first step.
    #[must_use]
    pub fn step(&mut self, outcome: &str) -> String {
        let step = match (&mut self.0, parse(outcome)) {
            (Ok(plan), Ok(outcome)) => plan.step(read(outcome)),
            (Err(failure), _) => Step::Failed(failure.clone()),
            (_, Err(failure)) => Step::Failed(failure),
        };
        step.json().to_string()
    }
}

impl fmt::Debug for JsonPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonPlan")
    }
}

/// What needs no call: `done` or `failed`, as the last step of a plan has it.
#[must_use]
pub fn evaluate(name: &str, input: &str) -> String {
    let done = parse(input).and_then(|input| match name {
        "parse_event" => parse_event(&input["event"]),
        "parse_events" => parse_events(&input["event"]).map(Value::from),
        "bulk_operation" => bulk::operation(&input),
        "bulk_item" => bulk::item(&input),
        "service_of" => Ok(bulk::service_of(&input)),
        "policies" => policies(&input),
        "journal" => journal(input["operation"].as_str().unwrap_or_default(), &input["input"]),
        "parse_key" => Ok(parse_key(input["key"].as_str().unwrap_or_default())),
        _ => Err(Failure::Invalid(format!("there is no function {name:?}"))),
    });
    done.map_or_else(Step::Failed, Step::Done).json().to_string()
}

impl Step {
    /// The step as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        match self {
            Step::Call(call) => {
                json!({"call": {"service": call.service, "operation": call.operation, "input": call.input}})
            }
            Step::Sleep(seconds) => json!({"sleep": seconds}),
            Step::Emit(value) => json!({"emit": value}),
            Step::Done(value) => json!({"done": value}),
            Step::Failed(Failure::Invalid(text)) => {
                json!({"failed": {"class": "ParamValidationError", "message": text}})
            }
            Step::Failed(Failure::Recording(text)) => json!({"failed": {"class": "RecordingError", "message": text}}),
            Step::Failed(Failure::Call(number)) => json!({"failed": {"call": number}}),
        }
    }
}

fn parse(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|why| Failure::Invalid(format!("the input is not JSON: {why}")))
}

fn read(mut outcome: Value) -> Option<Outcome> {
    if outcome.is_null() {
        return None;
    }
    let error = &outcome["error"];
    if error.is_object() {
        let text = |name: &str| error[name].as_str().map(str::to_owned);
        let status = error["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        let message = text("message").unwrap_or_default();
        return Some(Outcome::Error(HostError { code: text("code"), class: text("class"), status, message }));
    }
    Some(Outcome::Output(outcome["output"].take()))
}
