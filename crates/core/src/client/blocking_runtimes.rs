//! Lanes: what blocking calls do their I/O on, each on its caller's thread.
//!
//! A hop to another thread and back costs more than the rest of a call, so a blocking call takes a lane (a runtime of one
//! thread and a pool of connections that lives on it), runs there, and puts it back for the next one.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::call::options::Deadline;
use crate::call::orchestrator::cut_off_in_queue;
use crate::error::kinds::Error;
use crate::error::resource_limits;
use crate::runtime::io_thread::STACK;

/// A runtime and the HTTP client whose connections live on it.
#[derive(Debug)]
pub(crate) struct Lane {
    /// There until the lane is dropped.
    runtime: Option<Runtime>,
    /// Made by the first call that runs here.
    pub(crate) http: Arc<OnceLock<reqwest::Client>>,
}

/// The lanes of a client in one process.
#[derive(Debug)]
pub(crate) struct Lanes {
    state: Mutex<State>,
    freed: Condvar,
    /// How many wait for the next call, and how many there may be.
    kept: usize,
    max: u32,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Lane>,
    made: u32,
}

thread_local! {
    /// How many lanes, of any client, the calls under way on this thread hold.
    static HELD: Arc<AtomicUsize> = Arc::default();
}

impl Lanes {
    pub(crate) fn new(kept: u32, max: u32) -> Lanes {
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        Lanes { state: Mutex::default(), freed: Condvar::new(), kept, max }
    }

    /// Takes the lane used last, or makes one, or waits for one when as many as allowed are out: until the deadline, and no longer
    /// than `slice`, after which there is `None`.
    ///
    /// A call within a call of the same thread, such as a signal handler's, never waits: the outer one goes on only after it, and
    /// so may one of another thread that waits for the outer one's lane. It gets a lane beyond the limit where there is no other.
    pub(crate) fn take(
        self: &Arc<Lanes>,
        deadline: Option<Deadline>,
        slice: Option<Duration>,
    ) -> Result<Option<(Lane, Room)>, Error> {
        let held = HELD.try_with(Arc::clone).unwrap_or_default();
        let nested = held.load(Ordering::Relaxed) > 0;
        let asked_again = slice.and_then(|slice| Instant::now().checked_add(slice));
        let mut state = self.lock();
        loop {
            if let Some(lane) = state.idle.pop() {
                drop(state);
                return Ok(Some((lane, Room::new(self, held))));
            }
            if state.made < self.max || nested {
                state.made += 1;
                break;
            }
            let now = Instant::now();
            if let Some(deadline) = deadline.filter(|deadline| deadline.end <= now) {
                return Err(cut_off_in_queue(deadline.limit));
            }
            if asked_again.is_some_and(|at| at <= now) {
                return Ok(None);
            }
            let until = deadline.map(|deadline| deadline.end).into_iter().chain(asked_again).min();
            state = match until {
                None => self.freed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let wait = until.saturating_duration_since(now);
                    self.freed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        drop(state);
        let room = Room::new(self, held);
        Ok(Some((Lane::new()?, room)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to one lane: given back with the lane for the next call, else, when there is none, for another lane.
#[derive(Debug)]
pub(crate) struct Room {
    lanes: Arc<Lanes>,
    /// Counts the lanes of the thread that took it.
    held: Arc<AtomicUsize>,
    lane: Option<Lane>,
}

impl Room {
    fn new(lanes: &Arc<Lanes>, held: Arc<AtomicUsize>) -> Room {
        held.fetch_add(1, Ordering::Relaxed);
        Room { lanes: lanes.clone(), held, lane: None }
    }

    pub(crate) fn give_back(mut self, lane: Lane) {
        self.lane = Some(lane);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.held.fetch_sub(1, Ordering::Relaxed);
        let lane = self.lane.take();
        let mut state = self.lanes.lock();
        let is_kept = state.made <= self.lanes.max && state.idle.len() < self.lanes.kept;
        let (kept, gone) = if is_kept { (lane, None) } else { (None, lane) };
        match kept {
            Some(lane) => state.idle.push(lane),
            None => state.made -= 1,
        }
        drop(state);
        self.lanes.freed.notify_one();
        drop(gone);
    }
}

impl Lane {
    fn new() -> Result<Lane, Error> {
        let fail = |e: std::io::Error| resource_limits::refused("the I/O of a call cannot be set up", &e);
        let runtime = Builder::new_current_thread().enable_all().thread_stack_size(STACK).build().map_err(fail)?;
        Ok(Lane { runtime: Some(runtime), http: Arc::default() })
    }

    /// Drives `call`, at most for `slice`; `None` where it is not done by then. The thread is not in the runtime afterwards, so that
    /// what runs before the next slice may be a call on another lane.
    pub(crate) fn drive<T>(&self, call: impl Future<Output = T>, slice: Option<Duration>) -> Option<T> {
        let runtime = self.runtime.as_ref()?;
        match slice {
            None => Some(runtime.block_on(call)),
            Some(slice) => runtime.block_on(async { tokio::time::timeout(slice, call).await.ok() }),
        }
    }

    /// Drops what was driven here, where it may be half-way, and lets the runtime close the connection whose answer nobody waits
    /// for any more.
    pub(crate) fn abandon<T>(&self, call: T) {
        let Some(runtime) = &self.runtime else { return };
        let context = runtime.enter();
        drop(call);
        drop(context);
        runtime.block_on(tokio::task::yield_now());
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::runtime::Builder;

    use super::{Lane, Lanes};

    #[test]
    fn a_lane_may_end_where_nothing_may_wait() {
        let lane = Lane::new().expect("a lane");
        Builder::new_current_thread().build().expect("a runtime").block_on(async { drop(lane) });
    }

    #[test]
    fn as_many_lanes_are_kept_as_allowed_and_more_may_be_out() {
        let lanes = Arc::new(Lanes::new(2, u32::MAX));
        let out: Vec<_> = (0..3).map(|_| lanes.take(None, None).expect("no error").expect("a lane")).collect();
        assert_eq!(lanes.lock().made, 3);
        for (lane, room) in out {
            room.give_back(lane);
        }
        let state = lanes.lock();
        assert_eq!((state.idle.len(), state.made), (2, 2));
    }

    #[test]
    fn a_thread_that_holds_a_lane_gets_another_one_and_the_limit_holds_again_afterwards() {
        let (some, others) = (Arc::new(Lanes::new(1, 1)), Arc::new(Lanes::new(1, 1)));
        let slice = Some(Duration::from_millis(1));
        let take = |lanes: &Arc<Lanes>| lanes.take(None, slice).expect("no error");
        let outer = take(&some).expect("the first lane");
        let elsewhere =
            |lanes: &Arc<Lanes>| std::thread::scope(|scope| scope.spawn(|| take(lanes)).join()).expect("no panic");
        assert!(elsewhere(&some).is_none());
        let held_elsewhere = elsewhere(&others).expect("the first lane");
        let inner = [take(&some).expect("a lane beyond the limit"), take(&others).expect("the same of another client")];
        for (lane, room) in inner.into_iter().chain([outer, held_elsewhere]) {
            room.give_back(lane);
        }
        for lanes in [&some, &others] {
            let (lane, room) = elsewhere(lanes).expect("the lane that was kept");
            assert_eq!(lanes.lock().made, 1);
            room.give_back(lane);
        }
    }
}
