//! The flows of recordings, which JavaScript drives through its own clients.

#![expect(clippy::needless_pass_by_value, reason = "the form that napi calls")]

use chimeline_recording::{JsonPlan, evaluate};
use napi_derive::napi;

/// A flow; `chimeline/recording` drives it.
#[napi]
#[derive(Debug)]
pub struct RecordingPlan(JsonPlan);

#[napi]
impl RecordingPlan {
    /// Begins a flow by its name, with the JSON of its input.
    #[napi(constructor, catch_unwind)]
    #[must_use]
    pub fn new(name: String, input: String) -> RecordingPlan {
        RecordingPlan(JsonPlan::new(&name, &input))
    }

    /// What it wants next, for what came of the step before, both as JSON.
    #[napi(catch_unwind)]
    pub fn step(&mut self, outcome: String) -> String {
        self.0.step(&outcome)
    }
}

/// A function of the flows that needs no call, with its input and output as JSON.
#[napi(catch_unwind)]
#[must_use]
pub fn recording_function(name: String, input: String) -> String {
    evaluate(&name, &input)
}
