//! What the straight code of a plan asks for: calls, waits, and things to tell.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use serde_json::{Value, json};

use super::failure::{Failure, HostError};
use super::plan::{Call, Outcome, Step};

/// The other side of a plan. Clones share one slot, in which a wish goes out and its outcome comes back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host(Arc<Mutex<Slot>>);

#[derive(Debug, Default)]
struct Slot {
    wish: Option<Step>,
    outcome: Option<Outcome>,
    /// How many calls were answered.
    answered: usize,
    /// The last of them that failed.
    failed: Option<(usize, HostError)>,
}

/// The answer to a call.
#[derive(Debug)]
pub(crate) struct Reply {
    number: usize,
    pub(crate) output: Value,
}

impl Reply {
    /// What stands at a path, such as `["Meeting", "MeetingArn"]`; null where nothing does.
    pub(crate) fn at(&self, path: &[&str]) -> &Value {
        path.iter().fold(&self.output, |value, name| &value[*name])
    }

    /// The text at a path; empty where there is none.
    pub(crate) fn text(&self, path: &[&str]) -> &str {
        self.at(path).as_str().unwrap_or_default()
    }

    /// Stands in results for what the host itself got, with its own kinds of values.
    pub(crate) fn reference(&self, path: &[&str]) -> Value {
        let place: Vec<Value> = path.iter().map(|name| Value::from(*name)).collect();
        json!({"$answer": self.number, "$path": place})
    }
}

/// Why a call failed, and which it was.
#[derive(Debug)]
pub(crate) struct CallError {
    number: usize,
    pub(crate) error: HostError,
}

impl From<CallError> for Failure {
    fn from(failed: CallError) -> Failure {
        Failure::Call(failed.number)
    }
}

impl Host {
    /// Makes a call.
    pub(crate) async fn call(&self, service: &str, operation: &str, input: Value) -> Result<Reply, CallError> {
        let call = Call { service: service.to_owned(), operation: operation.to_owned(), input };
        let outcome = self.ask(Step::Call(call)).await;
        let number = {
            let mut slot = self.lock();
            slot.answered += 1;
            slot.answered - 1
        };
        match outcome {
            Outcome::Output(output) => Ok(Reply { number, output }),
            Outcome::Error(error) => {
                self.lock().failed = Some((number, error.clone()));
                Err(CallError { number, error })
            }
        }
    }

    /// The error of the call that a failure is about, while no other call has failed since.
    pub(crate) fn error_of(&self, failure: &Failure) -> Option<HostError> {
        let Failure::Call(number) = failure else { return None };
        self.lock().failed.as_ref().filter(|(failed, _)| failed == number).map(|(_, error)| error.clone())
    }

    /// Waits that many seconds.
    pub(crate) async fn sleep(&self, seconds: f64) {
        self.ask(Step::Sleep(seconds)).await;
    }

    /// The same, unless the host has something to tell before.
    pub(crate) async fn sleep_or_event(&self, seconds: f64) -> Option<Value> {
        match self.ask(Step::Sleep(seconds)).await {
            Outcome::Output(event) if event.is_object() => Some(event),
            _ => None,
        }
    }

    /// Tells something before the end.
    pub(crate) async fn emit(&self, value: Value) {
        self.ask(Step::Emit(value)).await;
    }

    async fn ask(&self, wish: Step) -> Outcome {
        self.lock().wish = Some(wish);
        poll_fn(|_| self.lock().outcome.take().map_or(Poll::Pending, Poll::Ready)).await
    }

    pub(super) fn answer(&self, outcome: Outcome) {
        self.lock().outcome = Some(outcome);
    }

    pub(super) fn wish(&self) -> Option<Step> {
        self.lock().wish.take()
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
