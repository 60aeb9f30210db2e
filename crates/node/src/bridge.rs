//! From the I/O thread to a JavaScript thread.
//!
//! Outcomes are queued as text, and one call of a thread-safe function wakes the event loop for as many of them as have
//! come. The I/O thread never waits for JavaScript, and touches nothing of an environment that is being torn down.

#![expect(clippy::needless_pass_by_value, clippy::too_many_arguments, reason = "the form that napi calls")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chimeline_core::client::{Task, Unprepared};
use napi::bindgen_prelude::{Env, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Result, Status};
use napi_derive::napi;

use crate::client::NativeClient;
use crate::input::Value;
use crate::options::call_options;
use crate::record;

type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// What belongs to one JavaScript thread: its calls under way, and the outcomes that wait for it.
#[napi]
pub struct Bridge {
    shared: Arc<Shared>,
    /// The calls whose outcomes were not drained yet; one that was refused at once has no task.
    under_way: HashMap<u32, Option<Task>>,
}

struct Shared {
    outcomes: Mutex<Outcomes>,
    wake: Mutex<Wake>,
}

#[derive(Default)]
struct Outcomes {
    /// As JSON, each with a comma behind it.
    text: String,
    numbers: Vec<u32>,
}

#[napi]
impl Bridge {
    /// A bridge; `wake` is called on its thread when there is something to `drain`.
    ///
    /// # Errors
    /// When Node cannot make a thread-safe function.
    #[napi(constructor, catch_unwind)]
    pub fn new(wake: Function<'_, (), ()>) -> Result<Bridge> {
        let wake = wake.build_threadsafe_function().callee_handled::<false>().weak::<true>().build()?;
        let shared = Arc::new(Shared { outcomes: Mutex::default(), wake: Mutex::new(wake) });
        Ok(Bridge { shared, under_way: HashMap::new() })
    }

    /// Starts a call whose outcome `drain` will give under `number`. `false` if `input` cannot be read: it then comes again,
    /// tagged. `options` is the JSON of what this call does otherwise than its client.
    ///
    /// # Errors
    /// When the event loop is going down.
    #[napi(catch_unwind)]
    pub fn start(
        &mut self,
        env: Env,
        client: &NativeClient,
        number: u32,
        operation: String,
        input: String,
        tagged: bool,
        options: Option<String>,
    ) -> Result<bool> {
        let Some(value) = Value::read(&input, tagged) else { return Ok(false) };
        if self.under_way.is_empty() {
            self.shared.hold(env, true)?;
        }
        let task = self.begin(client, number, &operation, &value, options.as_deref());
        self.under_way.insert(number, task);
        Ok(true)
    }

    /// Drops the request of a call that nobody waits for any more. Gives the JSON of what its error says of the attempts that
    /// were made: `{ attempts, $metadata }`.
    ///
    /// # Errors
    /// When the event loop is going down.
    #[napi(catch_unwind)]
    pub fn cancel(&mut self, env: Env, number: u32) -> Result<String> {
        let attempts = self.under_way.remove(&number).flatten().map(|task| task.abort());
        self.release_if_idle(env)?;
        Ok(record::given_up(&attempts.unwrap_or_default()).to_string())
    }

    /// The outcomes that have come, as a JSON array of `[number, success, output or error]`; empty text for none.
    ///
    /// # Errors
    /// When the event loop is going down.
    #[napi(catch_unwind)]
    pub fn drain(&mut self, env: Env) -> Result<String> {
        let Outcomes { mut text, numbers } = std::mem::take(&mut *self.shared.lock_outcomes());
        for number in numbers {
            self.under_way.remove(&number);
        }
        self.release_if_idle(env)?;
        if text.pop().is_some() {
            text.insert(0, '[');
            text.push(']');
        }
        Ok(text)
    }
}

impl Bridge {
    /// The task of a call; nothing for one that was refused at once, whose outcome is told already.
    fn begin(
        &self,
        client: &NativeClient,
        number: u32,
        operation: &str,
        input: &Value<'_>,
        options: Option<&str>,
    ) -> Option<Task> {
        let (shared, host) = (self.shared.clone(), client.host.clone());
        let Some(operation) = client.client.service().operation(operation) else {
            shared.push(number, &Err(record::defect(&format!("the service has no operation {operation}"))));
            return None;
        };
        let prepared = match client.client.prepare(operation, input) {
            Ok(call) => match options {
                None => Ok(call),
                Some(text) => call_options(text).and_then(|own| call.with(&own)),
            },
            Err(Unprepared::Error(error)) => Err(error),
            Err(Unprepared::Host(never)) => match never {},
        };
        let call = match prepared {
            Ok(call) => call,
            Err(error) => {
                shared.push(number, &Err(record::error(&error, Some(&host))));
                return None;
            }
        };
        let core = client.client.clone();
        client.client.start(call, move |outcome| {
            let output = outcome.and_then(|response| record::output(&core, operation, &response));
            shared.push(number, &output.map_err(|error| record::error(&error, Some(&host))));
        })
    }

    fn release_if_idle(&self, env: Env) -> Result<()> {
        if self.under_way.is_empty() { self.shared.hold(env, false) } else { Ok(()) }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // The thread is gone: nobody waits for these.
        for task in self.under_way.values().flatten() {
            task.abort();
        }
    }
}

impl Shared {
    fn push(&self, number: u32, outcome: &std::result::Result<String, serde_json::Value>) {
        let mut outcomes = self.lock_outcomes();
        let first = outcomes.numbers.is_empty();
        outcomes.numbers.push(number);
        // Writing to a String cannot fail.
        let _ = match outcome {
            Ok(output) => write!(outcomes.text, "[{number},true,{output}],"),
            Err(error) => write!(outcomes.text, "[{number},false,{error}],"),
        };
        drop(outcomes);
        // The first one wakes the loop, which then takes all that have come meanwhile.
        if first {
            self.lock_wake().call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Says whether the event loop has to stay alive for what is under way.
    #[expect(deprecated, reason = "what is offered instead is to drop the function, not to let go of it for a while")]
    fn hold(&self, env: Env, alive: bool) -> Result<()> {
        let mut wake = self.lock_wake();
        if alive { wake.refer(&env) } else { wake.unref(&env) }
    }

    fn lock_outcomes(&self) -> MutexGuard<'_, Outcomes> {
        self.outcomes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_wake(&self) -> MutexGuard<'_, Wake> {
        self.wake.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
