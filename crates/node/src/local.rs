//! The local service, for tests and for the command line.

#![expect(clippy::needless_pass_by_value, reason = "the form that napi calls")]

use std::collections::HashMap;
use std::time::Duration;

use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_local::{LocalServer as Server, Options, run_command};
use napi::Status;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;

use crate::record;

/// It keeps no event loop alive: events are for who is there.
type EventHandler = ThreadsafeFunction<String, (), String, Status, false, true>;

/// A local server; `LocalChime` of `chimeline/testing` is its public face.
#[napi]
pub struct LocalServer {
    server: Server,
}

#[napi]
impl LocalServer {
    /// Starts a server. `options` is the JSON that `node/lib/testing/testing.cjs` makes.
    ///
    /// # Errors
    /// With a record of the core's error as its reason.
    #[napi(constructor, catch_unwind)]
    pub fn new(options: String) -> napi::Result<LocalServer> {
        let server = Options::from_json(&options).and_then(Server::start);
        Ok(LocalServer { server: server.map_err(|error| thrown(&error))? })
    }

    /// Where it listens.
    #[napi(getter, catch_unwind)]
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url().to_owned()
    }

    /// What is to be said at the start, such as that the state file was damaged.
    #[napi(getter, catch_unwind)]
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        self.server.notice().map(str::to_owned)
    }

    /// The environment variables that point any AWS SDK to it.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn environment(&self) -> HashMap<String, String> {
        self.server.environment().into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Moves the clock of resources ahead.
    #[napi(catch_unwind)]
    pub fn advance(&self, millis: f64) {
        self.server.advance(duration(millis).unwrap_or_default());
    }

    /// Answers the next requests with an error.
    ///
    /// # Errors
    /// With a record of the core's error as its reason.
    #[napi(catch_unwind)]
    pub fn fail_next(&self, times: u32, status: u16, code: String) -> napi::Result<()> {
        let times = usize::try_from(times).unwrap_or(usize::MAX);
        self.server.fail_next(times, status, &code).map_err(|error| thrown(&error))
    }

    /// A request of the control API, its body and the response's as JSON.
    ///
    /// # Errors
    /// With a record of an error that says what the response says is wrong.
    #[napi(catch_unwind)]
    pub fn control(&self, method: String, target: String, body: String) -> napi::Result<String> {
        let outcome = self.server.control_json(&method, &target, &body);
        outcome.map_err(|why| thrown(&Error::new(ErrorKind::InvalidConfig, why)))
    }

    /// Has the JSON of each event from now on handed to `handler`, until the server stops.
    ///
    /// # Errors
    /// When Node cannot make a thread-safe function.
    #[napi(catch_unwind)]
    pub fn on_event(&self, handler: Function<'_, String, ()>) -> napi::Result<()> {
        let handler = handler.build_threadsafe_function::<String>().weak::<true>().callee_handled::<false>().build()?;
        let handler: EventHandler = handler;
        self.server.on_event(move |event| {
            // Nobody is there any more when the environment closes.
            let _ = handler.call(event, ThreadsafeFunctionCallMode::NonBlocking);
        });
        Ok(())
    }

    /// Stops it.
    #[napi(catch_unwind)]
    pub fn stop(&self) {
        self.server.stop();
    }
}

/// Runs the command line until a signal ends it; returns the exit code.
#[napi(catch_unwind)]
#[must_use]
pub fn run_local(arguments: Vec<String>) -> i32 {
    run_command(&arguments)
}

fn thrown(error: &Error) -> napi::Error {
    napi::Error::from_reason(record::error(error, None).to_string())
}

fn duration(millis: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(millis / 1e3).ok()
}
