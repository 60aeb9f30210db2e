//! Everything behind the socket: the engine, the faults, the recorded requests and the events.

mod event_hub;
mod request_log;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use chimeline_core::error::kinds::{Error, ErrorKind};

use crate::artifacts::Artifacts;
use crate::engine::Engine;
use crate::faults::Faults;
use crate::options::Options;

use event_hub::EventHub;
pub(crate) use request_log::{Filter, Record, RequestLog};

/// What requests and tests work on.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) options: Options,
    pub(crate) faults: Faults,
    pub(crate) log: RequestLog,
    pub(crate) events: EventHub,
    pub(crate) artifacts: Option<Mutex<Artifacts>>,
    engine: Mutex<Engine>,
}

impl Backend {
    /// Fails when a file of the options cannot be used. The text is what is to be said at the start.
    pub(crate) fn new(options: Options) -> Result<(Backend, Option<String>), Error> {
        let fail = |why: String| Error::new(ErrorKind::InvalidConfig, why);
        let faults = Faults::default();
        if let Some(path) = &options.faults {
            faults.load(path).map_err(fail)?;
        }
        let mut engine = Engine::new(options.timing(), options.rules());
        let mut notice = None;
        if let Some(path) = &options.state {
            notice = engine.open_journal(path).map_err(|e| fail(e.0))?;
            let dropped = engine.take_events();
            drop(dropped);
        }
        let events = EventHub::new(&options).map_err(fail)?;
        let mut artifacts = Artifacts::new(&options).map_err(fail)?;
        if let Some(artifacts) = &mut artifacts {
            artifacts.resume(engine.resources());
        }
        let artifacts = artifacts.map(Mutex::new);
        let log = RequestLog::new(options.recorded_requests);
        let backend = Backend { options, faults, log, events, artifacts, engine: Mutex::new(engine) };
        if let Some(path) = backend.options.seed.clone()
            && backend.engine().is_empty()
        {
            let shown = path.display();
            let text = std::fs::read(&path).map_err(|e| fail(format!("the seed file {shown} cannot be read: {e}")))?;
            let value =
                serde_json::from_slice(&text).map_err(|e| fail(format!("the seed file {shown} is not JSON: {e}")))?;
            let now = backend.now();
            let imported = backend.engine().import(&value, now);
            imported.map_err(|refusal| fail(format!("the seed file {shown}: {}", refusal.message)))?;
        }
        Ok((backend, notice))
    }

    /// The real time.
    pub(crate) fn now(&self) -> SystemTime {
        (self.options.env.now)()
    }

    pub(crate) fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the engine, and delivers the events that come of it.
    pub(crate) fn with_engine<T>(&self, work: impl FnOnce(&mut Engine, SystemTime) -> T) -> T {
        let now = self.now();
        let mut engine = self.engine();
        let outcome = work(&mut engine, now);
        let events = engine.take_events();
        if let Some(artifacts) = &self.artifacts {
            let now = engine.clock.now(now);
            artifacts.lock().unwrap_or_else(PoisonError::into_inner).advance(&events, now);
        }
        // Under the lock, so that events are delivered in their order.
        if !events.is_empty() {
            self.events.deliver(&events, || (self.options.env.uuid)());
        }
        outcome
    }

    /// Lets go of files, and of whoever waits for events.
    pub(crate) fn shut_down(&self) {
        self.events.close();
        self.engine().close_journal();
    }

    /// Applies what the time brought, so that events are sent though nobody asks.
    pub(crate) fn tick(&self) {
        self.with_engine(Engine::settle);
    }
}
