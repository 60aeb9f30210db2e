//! Blocking calls: each drives its own I/O on the caller's thread, in steps.
//!
//! Between two steps the thread is the host's: no lock is held and no runtime entered, so that a signal handler or another
//! greenlet may make calls of its own there.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::call::context::CallContext;
use crate::call::options::{Call, Deadline};
use crate::call::orchestrator::{self, Response};
use crate::call::progress::Progress;
use crate::client::Client;
use crate::client::blocking_runtimes::{BlockingRuntime, BlockingRuntimes, RuntimePermit};
use crate::error::kinds::{Error, ErrorKind};
use crate::runtime::fork;
use crate::runtime::host::{Asked, Door, Pump};

/// A call that [`Blocking::step`] drives. Dropping it before its end drops its request.
#[must_use]
pub struct Blocking<'c> {
    client: &'c Client,
    call: &'c Call,
    deadline: Option<Deadline>,
    /// The process that began it.
    generation: u64,
    progress: Arc<Progress>,
    door: Option<Door>,
    /// What the call asks through its door, if it may ask at all.
    asked: Option<UnboundedReceiver<Asked>>,
    running: Option<Running<'c>>,
}

/// What a step came to.
#[derive(Debug)]
pub enum Step {
    /// The call's outcome.
    Done(Result<Response, Error>),
    /// The call asks the host something, and goes on with the next step after the reply.
    Asked(Asked),
    /// The call goes on with the next step.
    InterruptCheck,
}

/// A step that came to no error.
enum Advanced {
    Nothing,
    Asked(Asked),
    Done(Response),
}

enum Came {
    Asked(Asked),
    Outcome(Result<Response, Error>),
}

struct Running<'c> {
    future: Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 'c>>,
    blocking_runtime: BlockingRuntime,
    permit: RuntimePermit,
}

impl Client {
    /// Makes the call on this thread. `interrupt_check` is asked about every 50 ms whether to go on. It has no host to ask.
    pub fn call_blocking(&self, call: &Call, interrupt_check: &mut dyn FnMut() -> bool) -> Result<Response, Error> {
        const SLICE: Duration = Duration::from_millis(50);
        let mut blocking = self.blocking(call);
        loop {
            match blocking.step(Some(SLICE)) {
                Step::Done(outcome) => return outcome,
                // Here is nobody to ask.
                Step::Asked(asked) => drop(asked),
                Step::InterruptCheck if interrupt_check() => {}
                Step::InterruptCheck => return Err(blocking.interrupt()),
            }
        }
    }

    /// Begins the call on this thread, which then drives it in steps.
    pub fn blocking<'c>(&'c self, call: &'c Call) -> Blocking<'c> {
        Blocking::new(self, call)
    }
}

impl<'c> Blocking<'c> {
    /// Begins a call, whose deadline counts from now on.
    pub(crate) fn new(client: &'c Client, call: &'c Call) -> Blocking<'c> {
        let deadline = Deadline::of(&call.limits);
        let (door, asked) = if call.questions.any() {
            let (ask, asked) = unbounded_channel();
            // Nobody waits for the reply of a call that was dropped.
            let ask = move |question| drop(ask.send(question));
            (Some(Door::new(Pump::Threads, client.time_of(call), ask)), Some(asked))
        } else {
            (None, None)
        };
        let (generation, progress) = (fork::generation(), Arc::default());
        Blocking { client, call, deadline, generation, progress, door, asked, running: None }
    }

    /// Goes on for `slice`, or until the call's end where there is none. After its end there is no further step.
    pub fn step(&mut self, slice: Option<Duration>) -> Step {
        match self.advance(slice) {
            Ok(Advanced::Nothing) => Step::InterruptCheck,
            Ok(Advanced::Asked(asked)) => Step::Asked(asked),
            Ok(Advanced::Done(response)) => Step::Done(Ok(response)),
            Err(error) => Step::Done(Err(self.client.context().explained(error, self.call.operation))),
        }
    }

    /// Ends the call; its error holds the attempts that were made.
    pub fn interrupt(self) -> Error {
        let error = Error::new(ErrorKind::Cancelled, "the call was interrupted".to_owned());
        let error = self.client.context().explained(error, self.call.operation);
        error.with_attempts(self.progress.ended_by(ErrorKind::Cancelled))
    }

    fn advance(&mut self, slice: Option<Duration>) -> Result<Advanced, Error> {
        if self.generation != fork::generation() {
            let message = "the process was forked in the middle of the call, which goes on in the parent".to_owned();
            return Err(Error::new(ErrorKind::Cancelled, message));
        }
        let running = match &mut self.running {
            Some(running) => running,
            None => match self.enter_lane(slice)? {
                Some(running) => self.running.insert(running),
                None => return Ok(Advanced::Nothing),
            },
        };
        let (future, asked) = (&mut running.future, &mut self.asked);
        let came = poll_fn(|context| {
            // The call first: what it asks in this very poll is found at once.
            if let Poll::Ready(outcome) = future.as_mut().poll(context) {
                return Poll::Ready(Came::Outcome(outcome));
            }
            match asked.as_mut().map(|asked| asked.poll_recv(context)) {
                Some(Poll::Ready(Some(asked))) => Poll::Ready(Came::Asked(asked)),
                _ => Poll::Pending,
            }
        });
        match running.blocking_runtime.drive(came, slice) {
            None => Ok(Advanced::Nothing),
            Some(Came::Asked(asked)) => Ok(Advanced::Asked(asked)),
            Some(Came::Outcome(outcome)) => {
                if let Some(Running { future, blocking_runtime, permit }) = self.running.take() {
                    match &outcome {
                        Ok(_) => drop(future),
                        Err(_) => blocking_runtime.abandon(future),
                    }
                    permit.give_back(blocking_runtime);
                }
                outcome.map(Advanced::Done)
            }
        }
    }

    fn enter_lane(&self, slice: Option<Duration>) -> Result<Option<Running<'c>>, Error> {
        let Blocking { client, call, deadline, .. } = *self;
        let blocking_runtimes: Arc<BlockingRuntimes> = client.blocking_runtimes()?;
        let Some((blocking_runtime, permit)) = blocking_runtimes.take(deadline, slice)? else { return Ok(None) };
        let (http, progress, door) = (blocking_runtime.http.clone(), self.progress.clone(), self.door.clone());
        let knows_connections = blocking_runtime.knows_connections();
        let future = Box::pin(async move {
            let http = &client.http(&http, 1, deadline).await?;
            let (client, permits, door, progress) = (client.context(), None, door.as_ref(), &*progress);
            let context = CallContext { client, http, permits, knows_connections, call, door, deadline, progress };
            orchestrator::run(&context).await
        });
        Ok(Some(Running { future, blocking_runtime, permit }))
    }
}

impl Drop for Blocking<'_> {
    fn drop(&mut self) {
        let Some(Running { future, blocking_runtime, permit }) = self.running.take() else { return };
        if self.generation == fork::generation() {
            blocking_runtime.abandon(future);
            permit.give_back(blocking_runtime);
        } else {
            // They are the parent's: dropping them would use its sockets.
            std::mem::forget((future, blocking_runtime, permit));
        }
    }
}

impl fmt::Debug for Blocking<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").field("call", &self.call).finish_non_exhaustive()
    }
}
