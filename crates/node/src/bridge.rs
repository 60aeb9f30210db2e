//! From the I/O thread to a JavaScript thread.
//!
//! Outcomes are queued as text, and one call of a thread-safe function wakes the event loop for as many of them as have
//! come. The I/O thread never waits for JavaScript, and touches nothing of an environment that is being torn down.

#![expect(clippy::needless_pass_by_value, reason = "the form that napi calls")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use chimeline_core::Client;
use chimeline_core::client::signed_get::SignedAnswer;
use chimeline_core::client::{Event, PrepareError, Task};
use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_core::runtime::completion::{self, Abort, CallTable, CompletionQueue};
use chimeline_core::runtime::host::{Asked, Pump};
use chimeline_recording::evaluate;
use napi::bindgen_prelude::{Buffer, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Result, Status};
use napi_derive::napi;
use serde_json::json;

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
    queue: Arc<Queue>,
    /// The calls whose outcomes were not drained yet.
    under_way: CallTable<UnderWay>,
    /// The clients that were made, and not taken yet.
    made: HashMap<u32, Client>,
    /// The questions that were drained and not answered yet.
    asked: HashMap<u32, Asked>,
    last_question: u32,
}

type Queue = CompletionQueue<(u32, Arrived), Waker>;

enum Arrived {
    /// What a call came to, as JSON.
    Outcome(std::result::Result<String, String>),
    /// A client that was made.
    Made(Client),
    /// A question, and the host that its errors name.
    Asked(Asked, String),
}

#[derive(Clone)]
struct Waker(Arc<Wake>);

impl completion::Wake for Waker {
    fn wake(&self) {
        self.0.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }
}

/// A call under way; what cannot be aborted has no task.
struct UnderWay(Option<Task>);

impl Abort for UnderWay {
    fn abort(self) {
        if let Some(task) = self.0 {
            task.abort();
        }
    }
}

#[napi]
impl Bridge {
    /// A bridge, which holds nothing of its thread's until it has to `listen`.
    #[napi(constructor, catch_unwind)]
    #[must_use]
    pub fn new() -> Bridge {
        Bridge {
            queue: Arc::new(CompletionQueue::new(None)),
            under_way: CallTable::new(),
            made: HashMap::new(),
            asked: HashMap::new(),
            last_question: 0,
        }
    }

    /// From now on `wake` is called on its thread when there is something to `drain`, until `drain` says that it was let go.
    /// Needed before anything is started.
    ///
    /// # Errors
    /// When Node cannot make a thread-safe function.
    #[napi(catch_unwind)]
    pub fn listen(&mut self, wake: Function<'_, (), ()>) -> Result<()> {
        let wake = wake.build_threadsafe_function().callee_handled::<false>().build()?;
        // What came late of calls that were given up is dropped, for nobody waits for it.
        self.queue.listen(Waker(Arc::new(wake)));
        Ok(())
    }

    /// Makes a client without waiting for the files that are read; `drain` gives the outcome under `number`, and `made` the
    /// client. `options` is the JSON that `node/lib/options/client_options.cjs` makes, `environment` that of the variables.
    #[napi(catch_unwind)]
    pub fn make(&mut self, number: u32, service_name: String, options: String, environment: String) {
        self.under_way.insert(number.into(), UnderWay(None));
        let queue = self.queue.clone();
        NativeClient::make(&service_name, &options, &environment, move |made| {
            let made = made.map_err(|error| record::error(&error, None).to_string());
            queue.push((number, made.map_or_else(|error| Arrived::Outcome(Err(error)), Arrived::Made)));
        });
    }

    /// Finds the credentials of the client's chain; `drain` gives the outcome under `number`:
    /// `{ accessKeyId, secretAccessKey, sessionToken, expiration }`, the expiration in milliseconds since 1970.
    #[napi(catch_unwind)]
    pub fn find_credentials(&mut self, client: &NativeClient, number: u32) {
        self.under_way.insert(number.into(), UnderWay(None));
        let queue = self.queue.clone();
        client.client.find_credentials(move |found| {
            let found = found.map(|found| record::credentials(&found).to_string());
            let found = found.map_err(|error| record::error(&error, None).to_string());
            queue.push((number, Arrived::Outcome(found)));
        });
    }

    /// Gets a URL of another service of AWS, signed with the client's credentials, or those of `options`; `drain` gives the outcome
    /// under `number`: `{ status, body }`.
    #[napi(catch_unwind)]
    pub fn get_signed(&mut self, client: &NativeClient, number: u32, target: Vec<String>, options: Option<String>) {
        self.under_way.insert(number.into(), UnderWay(None));
        let queue = self.queue.clone();
        let done = move |answer: std::result::Result<SignedAnswer, Error>| {
            let answer = answer.map(|answer| json!({"status": answer.status, "body": answer.body}).to_string());
            let answer = answer.map_err(|error| record::error(&error, None).to_string());
            queue.push((number, Arrived::Outcome(answer)));
        };
        let target = <[String; 3]>::try_from(target);
        let defect = || Error::new(ErrorKind::Internal, "a read takes a service, a Region and a URL".to_owned());
        match (target.map_err(|_| defect()), options.as_deref().map(call_options).transpose()) {
            (Ok(target), Ok(options)) => client.client.start_get_signed(target, options.unwrap_or_default(), done),
            (Err(error), _) | (_, Err(error)) => done(Err(error)),
        }
    }

    /// Does what a function of the flows does that waits for a disk, on a thread of its own; `drain` gives the outcome under
    /// `number`, as JSON.
    #[napi(catch_unwind)]
    pub fn recording_function(&mut self, number: u32, name: String, given: String) {
        self.under_way.insert(number.into(), UnderWay(None));
        let queue = self.queue.clone();
        let run = move || queue.push((number, Arrived::Outcome(Ok(evaluate(&name, &given)))));
        if let Err(error) = std::thread::Builder::new().name("chimeline-journal".to_owned()).spawn(run) {
            let error = record::defect(&format!("no thread can be started: {error}"));
            self.queue.push((number, Arrived::Outcome(Err(error.to_string()))));
        }
    }

    /// The client that was made under `number`.
    #[napi(catch_unwind)]
    pub fn made(&mut self, number: u32) -> Option<NativeClient> {
        self.made.remove(&number).map(NativeClient::from)
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
        self.under_way.insert(number.into(), UnderWay(task));
        true
    }

    /// Drops the request of a call that nobody waits for any more. Gives the JSON of what its error says of the attempts that
    /// were made: `{ attempts, $metadata }`.
    #[napi(catch_unwind)]
    pub fn cancel(&mut self, number: u32) -> String {
        let task = self.under_way.remove(number.into()).and_then(|call| call.0);
        let attempts = task.map(|task| task.abort());
        if self.under_way.is_empty() {
            self.queue.wake();
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
        self.queue.collect();
        let mut text = String::new();
        while let Some((number, arrived)) = self.queue.pop() {
            if !matches!(arrived, Arrived::Asked(..)) {
                self.under_way.remove(number.into());
            }
            // Writing to a String cannot fail.
            let _ = match arrived {
                Arrived::Outcome(Ok(output)) => write!(text, "[{number},true,{output}],"),
                Arrived::Outcome(Err(error)) => write!(text, "[{number},false,{error}],"),
                Arrived::Made(client) => {
                    self.made.insert(number, client);
                    write!(text, "[{number},true,null],")
                }
                Arrived::Asked(asked, host) => {
                    self.last_question = self.last_question.wrapping_add(1);
                    let question = question::text(self.last_question, asked.question(), &host);
                    self.asked.insert(self.last_question, asked);
                    write!(text, "[{number},\"question\",{question}],")
                }
            };
        }
        if text.pop().is_none() {
            return if self.under_way.is_empty() && self.queue.let_go() { None } else { Some(text) };
        }
        if self.under_way.is_empty() {
            // Called again once those who wait have had their turn: one that then makes its next call finds it in place.
            self.queue.wake();
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
        let (queue, host) = (self.queue.clone(), client.host.clone());
        let refuse = |error: serde_json::Value| self.queue.push((number, Arrived::Outcome(Err(error.to_string()))));
        let Some(operation) = client.client.service().operation(operation) else {
            refuse(record::defect(&format!("the service has no operation {operation}")));
            return None;
        };
        let prepared = match client.client.prepare(operation, input) {
            Ok(call) => match options {
                None => Ok(call),
                Some(text) => call_options(text).and_then(|own| call.with(&own)),
            },
            Err(PrepareError::Error(error)) => Err(error),
            Err(PrepareError::Host(never)) => match never {},
        };
        let call = match prepared {
            Ok(call) => call,
            Err(error) => {
                refuse(record::error(&error, Some(&host)));
                return None;
            }
        };
        let core = client.client.clone();
        client.client.start_with_host(call, PUMP, move |event| match event {
            Event::Asked(asked) => queue.push((number, Arrived::Asked(asked, host.clone()))),
            Event::Done(outcome) => {
                let output = outcome.and_then(|response| record::output(&core, operation, &response));
                let output = output.map_err(|error| record::error(&error, Some(&host)).to_string());
                queue.push((number, Arrived::Outcome(output)));
            }
        })
    }
}

/// A client, and so its cache of credentials, belongs to one JavaScript thread.
const PUMP: Pump = Pump::Loop(0);
