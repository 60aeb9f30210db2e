//! From the I/O thread to a JavaScript thread.
//!
//! Outcomes are queued as text, and one call of a thread-safe function wakes the event loop for as many of them as have
//! come. The I/O thread never waits for JavaScript, and touches nothing of an environment that is being torn down.

#![expect(clippy::needless_pass_by_value, reason = "the form that napi calls")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chimeline_core::Client;
use chimeline_core::client::{Event, Task, Unprepared};
use chimeline_core::runtime::host::{Asked, Pump};
use napi::bindgen_prelude::{Buffer, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Result, Status};
use napi_derive::napi;

use crate::client::NativeClient;
use crate::input::Value;
use crate::options::call_options;
use crate::question;
use crate::record;

type Wake = ThreadsafeFunction<(), (), (), Status, false>;

/// What belongs to one JavaScript thread: its calls under way, and what has come for it: their outcomes, and what they ask
/// meanwhile.
///
/// While calls are under way, and only then, there is a thread-safe function: it keeps the event loop alive, and with it the
/// context of its callback, which holds whatever loaded the package.
#[napi]
pub struct Bridge {
    shared: Arc<Shared>,
    /// The calls whose outcomes were not drained yet; what cannot be aborted has no task.
    under_way: HashMap<u32, Option<Task>>,
    /// The questions that were drained and not answered yet.
    asked: HashMap<u32, Asked>,
}

#[derive(Default)]
struct Shared(Mutex<Outcomes>);

#[derive(Default)]
struct Outcomes {
    /// As JSON, each with a comma behind it.
    text: String,
    numbers: Vec<u32>,
    /// What is in the text as a question, by numbers of their own.
    asked: Vec<(u32, Asked)>,
    last_question: u32,
    /// The clients that were made; their outcomes say only so.
    made: HashMap<u32, Client>,
    wake: Option<Arc<Wake>>,
}

#[napi]
impl Bridge {
    /// A bridge, which holds nothing of its thread's until it has to `listen`.
    #[napi(constructor, catch_unwind)]
    #[must_use]
    pub fn new() -> Bridge {
        Bridge { shared: Arc::default(), under_way: HashMap::new(), asked: HashMap::new() }
    }

    /// From now on `wake` is called on its thread when there is something to `drain`, until `drain` says that it was let go.
    /// Needed before anything is started.
    ///
    /// # Errors
    /// When Node cannot make a thread-safe function.
    #[napi(catch_unwind)]
    pub fn listen(&mut self, wake: Function<'_, (), ()>) -> Result<()> {
        let wake = wake.build_threadsafe_function().callee_handled::<false>().build()?;
        // What came late of calls that were given up, nobody waits for.
        let mut outcomes = self.shared.lock();
        let last_question = outcomes.last_question;
        let late = std::mem::replace(
            &mut *outcomes,
            Outcomes { wake: Some(Arc::new(wake)), last_question, ..Outcomes::default() },
        );
        drop(outcomes);
        // Outside of the lock, for the questions among it tell who else waits for their reply.
        drop(late);
        Ok(())
    }

    /// Makes a client without waiting for the files that are read; `drain` gives the outcome under `number`, and `made` the
    /// client. `options` is the JSON that `node/lib/options/client_options.cjs` makes, `environment` that of the variables.
    #[napi(catch_unwind)]
    pub fn make(&mut self, number: u32, service_name: String, options: String, environment: String) {
        self.under_way.insert(number, None);
        let shared = self.shared.clone();
        NativeClient::make(&service_name, &options, &environment, move |made| match made {
            Ok(client) => shared.push(number, Ok("null".to_owned()), Some(client)),
            Err(error) => shared.push(number, Err(record::error(&error, None)), None),
        });
    }

    /// The client that was made under `number`.
    #[napi(catch_unwind)]
    pub fn made(&mut self, number: u32) -> Option<NativeClient> {
        self.shared.lock().made.remove(&number).map(NativeClient::from)
    }

    /// Starts a call whose outcome `drain` will give under `number`. `false` if `input` cannot be read: it then comes again,
    /// tagged. `options` is the JSON of what this call does otherwise than its client.
    #[napi(catch_unwind)]
    pub fn start(
        &mut self,
        client: &NativeClient,
        number: u32,
        operation: String,
        input: String,
        tagged: bool,
        options: Option<String>,
    ) -> bool {
        let Some(value) = Value::read(&input, tagged) else { return false };
        let task = self.begin(client, number, &operation, &value, options.as_deref());
        self.under_way.insert(number, task);
        true
    }

    /// Drops the request of a call that nobody waits for any more. Gives the JSON of what its error says of the attempts that
    /// were made: `{ attempts, $metadata }`.
    #[napi(catch_unwind)]
    pub fn cancel(&mut self, number: u32) -> String {
        let attempts = self.under_way.remove(&number).flatten().map(|task| task.abort());
        if self.under_way.is_empty() {
            self.shared.wake();
        }
        record::given_up(&attempts.unwrap_or_default()).to_string()
    }

    /// The body of the request or response that a question is about; nothing for one that was answered.
    #[napi(catch_unwind)]
    pub fn asked_body(&self, question: u32) -> Option<Buffer> {
        self.asked.get(&question).map(|asked| Buffer::from(question::body(asked.question()).to_vec()))
    }

    /// Answers a question, with the JSON that `crates/node/src/question.rs` reads and the body of the request or response in it;
    /// `null` for no answer at all. A question that was answered already takes no other answer. Fails for what no question can
    /// be answered with, after which it can be answered again.
    ///
    /// # Errors
    /// With the JSON of the error as its text.
    #[napi(catch_unwind)]
    pub fn answer(&mut self, question: u32, answer: Option<String>, body: Option<Buffer>) -> Result<()> {
        let Some(answer) = answer else {
            self.asked.remove(&question);
            return Ok(());
        };
        let body = body.map(|body| body.to_vec()).unwrap_or_default();
        let reply = question::reply(&answer, body);
        let reply = reply.map_err(|e| napi::Error::from_reason(record::error(&e, None).to_string()))?;
        if let Some(asked) = self.asked.remove(&question) {
            let (_, replies) = asked.into_parts();
            replies(reply);
        }
        Ok(())
    }

    /// What has come, as a JSON array; empty text for nothing. Of an outcome `[number, success, output or error]`; of a question
    /// `[number, "question", its JSON]`. `null` when nothing is under way any more, and the function that was to `listen` was
    /// let go.
    #[napi(catch_unwind)]
    pub fn drain(&mut self) -> Option<String> {
        let mut outcomes = self.shared.lock();
        let mut text = std::mem::take(&mut outcomes.text);
        for number in outcomes.numbers.drain(..) {
            self.under_way.remove(&number);
        }
        self.asked.extend(outcomes.asked.drain(..));
        if text.pop().is_none() {
            let idle = self.under_way.is_empty();
            let let_go = if idle { outcomes.wake.take() } else { None };
            drop(outcomes);
            return if let_go.is_some() { None } else { Some(text) };
        }
        drop(outcomes);
        if self.under_way.is_empty() {
            // Called again once those who wait have had their turn: one that then makes its next call finds it in place.
            self.shared.wake();
        }
        text.insert(0, '[');
        text.push(']');
        Some(text)
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
            shared.push(number, Err(record::defect(&format!("the service has no operation {operation}"))), None);
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
                shared.push(number, Err(record::error(&error, Some(&host))), None);
                return None;
            }
        };
        let core = client.client.clone();
        client.client.start_with_host(call, PUMP, move |event| match event {
            Event::Asked(asked) => shared.push_question(number, asked, &host),
            Event::Done(outcome) => {
                let output = outcome.and_then(|response| record::output(&core, operation, &response));
                shared.push(number, output.map_err(|error| record::error(&error, Some(&host))), None);
            }
        })
    }
}

/// A client, and so its cache of credentials, belongs to one JavaScript thread.
const PUMP: Pump = Pump::Loop(0);

impl Drop for Bridge {
    fn drop(&mut self) {
        // The thread is gone: nobody waits for these.
        for task in self.under_way.values().flatten() {
            task.abort();
        }
    }
}

impl Shared {
    fn push(&self, number: u32, outcome: std::result::Result<String, serde_json::Value>, made: Option<Client>) {
        let mut outcomes = self.lock();
        let first = outcomes.text.is_empty();
        outcomes.numbers.push(number);
        outcomes.made.extend(made.map(|client| (number, client)));
        // Writing to a String cannot fail.
        let _ = match outcome {
            Ok(output) => write!(outcomes.text, "[{number},true,{output}],"),
            Err(error) => write!(outcomes.text, "[{number},false,{error}],"),
        };
        drop(outcomes);
        // The first one wakes the loop, which then takes all that have come meanwhile.
        if first {
            self.wake();
        }
    }

    fn push_question(&self, number: u32, asked: Asked, host: &str) {
        let mut outcomes = self.lock();
        let first = outcomes.text.is_empty();
        outcomes.last_question = outcomes.last_question.wrapping_add(1);
        let question = outcomes.last_question;
        let text = question::text(question, asked.question(), host);
        // Writing to a String cannot fail.
        let _ = write!(outcomes.text, "[{number},\"question\",{text}],");
        outcomes.asked.push((question, asked));
        drop(outcomes);
        if first {
            self.wake();
        }
    }

    fn wake(&self) {
        // Outside of the lock, for it writes to a pipe.
        let wake = self.lock().wake.clone();
        if let Some(wake) = wake {
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Outcomes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
