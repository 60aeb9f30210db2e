//! The flows of recordings, which Python drives through its own clients.

use std::sync::{Mutex, PoisonError};

use chimeline_recording::{JsonPlan, evaluate};
use pyo3::prelude::*;

/// A flow; `chimeline.recording` drives it.
#[pyclass(frozen, module = "chimeline._native")]
pub(crate) struct RecordingPlan(Mutex<JsonPlan>);

#[pymethods]
impl RecordingPlan {
    /// Begins a flow by its name, with the JSON of its input.
    #[new]
    fn new(name: &str, given: &str) -> RecordingPlan {
        RecordingPlan(Mutex::new(JsonPlan::new(name, given)))
    }

    /// What it wants next, for what came of the step before, both as JSON.
    fn step(&self, outcome: &str) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).step(outcome)
    }
}

/// A function of the flows that needs no call, with its input and output as JSON.
#[pyfunction]
pub(crate) fn recording_function(name: &str, given: &str) -> String {
    evaluate(name, given)
}
