//! A plan: straight code that is driven from outside.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use serde_json::Value;

use super::failure::{Failure, HostError};
use super::host::Host;
use crate::flows;

/// A call that a plan wants made.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The service, such as `chime-sdk-meetings`.
    pub service: String,
    /// The operation, such as `CreateMeeting`.
    pub operation: String,
    /// Its input.
    pub input: Value,
}

/// What a plan wants next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A call made. The next step takes its outcome.
    Call(Call),
    /// That many seconds waited for.
    Sleep(f64),
    /// Something told to whoever started the plan.
    Emit(Value),
    /// Nothing more: this is the result. A map `{"$answer": number, "$path": [...]}` in it stands for what is at that path in
    /// the answer to the call of that number.
    Done(Value),
    /// Nothing more: it cannot be done.
    Failed(Failure),
}

/// What came of a call.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Its output. Also the answer to what is no call, and then anything.
    Output(Value),
    /// Its error.
    Error(HostError),
}

type Running = Pin<Box<dyn Future<Output = Result<Value, Failure>> + Send>>;

/// A flow under way.
pub struct Plan {
    host: Host,
    running: Option<Running>,
}

impl Plan {
    /// Begins a flow by its name. Fails for input that cannot be right; nothing was asked for then.
    pub fn new(name: &str, input: &Value) -> Result<Plan, Failure> {
        let host = Host::default();
        let running = Some(flows::begin(name, input, host.clone())?);
        Ok(Plan { host, running })
    }

    /// What it wants next. Takes what came of the step before; nothing for the first.
    pub fn step(&mut self, outcome: Option<Outcome>) -> Step {
        if let Some(outcome) = outcome {
            self.host.answer(outcome);
        }
        let Some(running) = self.running.as_mut() else {
            return Step::Failed(Failure::Recording("the plan has ended".to_owned()));
        };
        match running.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => {
                self.running = None;
                result.map_or_else(Step::Failed, Step::Done)
            }
            Poll::Pending => match self.host.wish() {
                Some(step) => step,
                None => Step::Failed(Failure::Recording("the step before was not answered".to_owned())),
            },
        }
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("ended", &self.running.is_none()).finish_non_exhaustive()
    }
}
