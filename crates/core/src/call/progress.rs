//! How far a call has come: what its error says when its deadline ends it, or its caller does.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::kinds::{Attempt, Error, ErrorKind};

/// Shared by the call and by whoever may end it early.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<Stage>);

#[derive(Debug, Default)]
struct Stage {
    attempts: Vec<Attempt>,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Phase {
    #[default]
    Starting,
    Securing,
    RateLimited,
    Queueing,
    Authenticating,
    Attempting(Instant),
    /// The host replies to a question of the attempt; where its request was sent already, since when.
    Asking(Option<Instant>),
    BackingOff,
    /// From outside, with what was under way.
    Ended,
}

impl Progress {
    /// The attempts that are done.
    pub(super) fn attempts(&self) -> Vec<Attempt> {
        self.lock().attempts.clone()
    }

    /// The attempts of a call that is ended with that error, the one that was under way included.
    pub(crate) fn ended_by(&self, kind: ErrorKind) -> Vec<Attempt> {
        let mut stage = self.lock();
        if let Phase::Attempting(started) | Phase::Asking(Some(started)) = stage.phase {
            let (code, took) = (Some(kind.class().to_owned()), started.elapsed());
            stage.phase = Phase::Ended;
            stage.attempts.push(Attempt { status: None, code, request_id: None, took, delay: None });
        }
        stage.attempts.clone()
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.lock().phase = phase;
    }

    pub(super) fn note(&self, attempt: Attempt) {
        let mut stage = self.lock();
        stage.phase = Phase::Starting;
        stage.attempts.push(attempt);
    }

    pub(super) fn note_delay(&self, delay: Duration) {
        let mut stage = self.lock();
        stage.phase = Phase::BackingOff;
        if let Some(last) = stage.attempts.last_mut() {
            last.delay = Some(delay);
        }
    }

    pub(super) fn cut_off(&self, limit: Duration, host: &str) -> Error {
        let (number, phase) = {
            let stage = self.lock();
            (stage.attempts.len() + 1, stage.phase)
        };
        let phase = match phase {
            Phase::Starting | Phase::Ended if number == 1 => "before its first attempt".to_owned(),
            Phase::Starting | Phase::Ended => format!("before attempt {number}"),
            Phase::Securing => "reading certificates before its first attempt".to_owned(),
            Phase::RateLimited => format!("waiting for the adaptive rate limit before attempt {number}"),
            Phase::Queueing => format!("waiting for a free connection for attempt {number}"),
            Phase::Authenticating => format!("getting credentials for attempt {number}"),
            Phase::Attempting(_) => format!("in attempt {number}, connecting to {host} or waiting for its response"),
            Phase::Asking(_) => format!("waiting for a handler of attempt {number}"),
            Phase::BackingOff => format!("waiting before attempt {number}"),
        };
        self.ended_by(ErrorKind::CallTimeout);
        let message = format!("the call timed out after {} s: it was {phase}", limit.as_secs_f64());
        Error::new(ErrorKind::CallTimeout, message)
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
