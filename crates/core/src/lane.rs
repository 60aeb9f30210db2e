//! Blocking calls: each drives its own I/O on the caller's thread.
//!
//! A hop to another thread and back costs more than the rest of a call, so a blocking call takes a lane (a runtime of one
//! thread and a pool of connections that lives on it), runs there, and puts it back for the next one.

use std::future::Future;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::call::Deadline;
use crate::error::{Error, ErrorKind};
use crate::exhaustion;
use crate::orchestrate::cut_off_in_queue;

/// A runtime and the HTTP client whose connections live on it.
#[derive(Debug)]
pub(crate) struct Lane {
    /// There until the lane is dropped.
    runtime: Option<Runtime>,
    /// Made by the first call that runs here.
    pub(crate) http: OnceLock<reqwest::Client>,
}

/// The lanes of a client in one process.
#[derive(Debug)]
pub(crate) struct Lanes {
    state: Mutex<State>,
    freed: Condvar,
    most: u32,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Lane>,
    made: u32,
}

impl Lanes {
    pub(crate) fn new(most: u32) -> Lanes {
        Lanes { state: Mutex::default(), freed: Condvar::new(), most }
    }

    /// Takes the lane used last, or makes one, or waits for one until the deadline when as many as allowed are out. `tick`
    /// is asked about every 50 ms whether to go on waiting.
    pub(crate) fn take(
        &self,
        deadline: Option<Deadline>,
        tick: &mut dyn FnMut() -> bool,
    ) -> Result<(Lane, Room<'_>), Error> {
        let mut state = self.lock();
        loop {
            if let Some(lane) = state.idle.pop() {
                return Ok((lane, Room(self)));
            }
            if state.made < self.most {
                state.made += 1;
                break;
            }
            let left =
                deadline.map(|deadline| (deadline.end.saturating_duration_since(Instant::now()), deadline.limit));
            if let Some((Duration::ZERO, limit)) = left {
                return Err(cut_off_in_queue(limit));
            }
            let wait = left.map_or(SLICE, |(left, _)| left.min(SLICE));
            drop(self.freed.wait_timeout(state, wait));
            // Unlocked, for it may make a call of its own.
            if !tick() {
                return Err(cancelled());
            }
            state = self.lock();
        }
        drop(state);
        let room = Room(self);
        Ok((Lane::new()?, room))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to one lane: given back with the lane for the next call, else, after a panic, for another lane.
#[derive(Debug)]
pub(crate) struct Room<'l>(&'l Lanes);

impl Room<'_> {
    pub(crate) fn give_back(self, lane: Lane) {
        self.0.lock().idle.push(lane);
        self.0.freed.notify_one();
        std::mem::forget(self);
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.0.lock().made -= 1;
        self.0.freed.notify_one();
    }
}

/// How long a blocking call goes on without asking whether it was interrupted.
const SLICE: Duration = Duration::from_millis(50);

impl Lane {
    fn new() -> Result<Lane, Error> {
        let fail = |e: std::io::Error| exhaustion::refused("the I/O of a call cannot be set up", &e);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(fail)?;
        Ok(Lane { runtime: Some(runtime), http: OnceLock::new() })
    }

    /// Drives `call` to its end, or until `tick` says to stop.
    pub(crate) fn run<T>(
        &self,
        call: impl Future<Output = Result<T, Error>>,
        tick: &mut dyn FnMut() -> bool,
    ) -> Result<T, Error> {
        let Some(runtime) = &self.runtime else { return Err(cancelled()) };
        let done = drive(runtime, call, tick);
        if done.is_err() {
            // Let the runtime close the connection whose answer nobody waits for any more.
            runtime.block_on(tokio::task::yield_now());
        }
        done
    }
}

fn drive<T>(
    runtime: &Runtime,
    call: impl Future<Output = Result<T, Error>>,
    tick: &mut dyn FnMut() -> bool,
) -> Result<T, Error> {
    // The call may be dropped half-way, which is to happen in its runtime.
    let _context = runtime.enter();
    let mut call = std::pin::pin!(call);
    loop {
        match runtime.block_on(async { tokio::time::timeout(SLICE, call.as_mut()).await }) {
            Ok(done) => return done,
            // Outside the runtime, for it may make a call of its own.
            Err(_) if tick() => {}
            Err(_) => return Err(cancelled()),
        }
    }
}

impl Drop for Lane {
    /// Without waiting: the client may be dropped last by a call of the I/O thread, where nothing may wait.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "the call was interrupted".to_owned())
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::Lane;

    #[test]
    fn a_lane_may_end_where_nothing_may_wait() {
        let lane = Lane::new().expect("a lane");
        Builder::new_current_thread().build().expect("a runtime").block_on(async { drop(lane) });
    }
}
