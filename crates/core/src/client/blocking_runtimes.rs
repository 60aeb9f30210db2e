//! BlockingRuntimes: what blocking calls do their I/O on, each on its caller's thread.
//!
//! A hop to another thread and back costs more than the rest of a call, so a blocking call takes a blocking runtime (a runtime of one
//! thread and a pool of connections that lives on it), runs there, and puts it back for the next one.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::Instant;

use crate::call::options::Deadline;
use crate::call::orchestrator::cut_off_in_queue;
use crate::error::kinds::Error;
use crate::error::resource_limits;
use crate::runtime::builder;

/// A runtime and the HTTP client whose connections live on it.
#[derive(Debug)]
pub(crate) struct BlockingRuntime {
    /// There until the blocking runtime is dropped.
    runtime: Option<Runtime>,
    /// Made by the first call that runs here.
    pub(crate) http: Arc<OnceLock<reqwest::Client>>,
    /// Since when nobody has looked which of its connections were closed.
    driven: Option<Instant>,
}

/// A call that follows another one so soon need not look again which connections were closed: it would be a system call of its own.
const JUST_DRIVEN: Duration = Duration::from_micros(250);

/// The blocking runtimes of a client in one process.
#[derive(Debug)]
pub(crate) struct BlockingRuntimes {
    state: Mutex<State>,
    freed: Condvar,
    /// How many wait for the next call, and how many there may be.
    kept: usize,
    max: u32,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<BlockingRuntime>,
    made: u32,
    /// How many threads wait for one; to wake nobody would be a system call too.
    waiting: u32,
}

thread_local! {
    /// How many blocking runtimes, of any client, the calls under way on this thread hold.
    static HELD: Arc<AtomicUsize> = Arc::default();
}

impl BlockingRuntimes {
    pub(crate) fn new(kept: u32, max: u32) -> BlockingRuntimes {
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        BlockingRuntimes { state: Mutex::default(), freed: Condvar::new(), kept, max }
    }

    /// Takes the blocking runtime used last, or makes one, or waits for one when as many as allowed are out: until the deadline, and no longer
    /// than `slice`, after which there is `None`.
    ///
    /// A call within a call of the same thread, such as a signal handler's, never waits: the outer one goes on only after it, and
    /// so may one of another thread that waits for the outer one's blocking runtime. It gets a blocking runtime beyond the limit where there is no other.
    pub(crate) fn take(
        self: &Arc<BlockingRuntimes>,
        deadline: Option<Deadline>,
        slice: Option<Duration>,
    ) -> Result<Option<(BlockingRuntime, RuntimePermit)>, Error> {
        let held = HELD.try_with(Arc::clone).unwrap_or_default();
        let nested = held.load(Ordering::Relaxed) > 0;
        let asked_again = slice.and_then(|slice| Instant::now().checked_add(slice));
        let mut state = self.lock();
        loop {
            if let Some(blocking_runtime) = state.idle.pop() {
                drop(state);
                return Ok(Some((blocking_runtime, RuntimePermit::new(self, held))));
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
            state.waiting += 1;
            state = match until {
                None => self.freed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let wait = until.saturating_duration_since(now);
                    self.freed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0
                }
            };
            state.waiting -= 1;
        }
        drop(state);
        let permit = RuntimePermit::new(self, held);
        Ok(Some((BlockingRuntime::new()?, permit)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to one blocking runtime: given back with the blocking runtime for the next call, else, when there is none, for another blocking runtime.
#[derive(Debug)]
pub(crate) struct RuntimePermit {
    blocking_runtimes: Arc<BlockingRuntimes>,
    /// Counts the blocking runtimes of the thread that took it.
    held: Arc<AtomicUsize>,
    blocking_runtime: Option<BlockingRuntime>,
}

impl RuntimePermit {
    fn new(blocking_runtimes: &Arc<BlockingRuntimes>, held: Arc<AtomicUsize>) -> RuntimePermit {
        held.fetch_add(1, Ordering::Relaxed);
        RuntimePermit { blocking_runtimes: blocking_runtimes.clone(), held, blocking_runtime: None }
    }

    pub(crate) fn give_back(mut self, blocking_runtime: BlockingRuntime) {
        self.blocking_runtime = Some(blocking_runtime);
    }
}

impl Drop for RuntimePermit {
    fn drop(&mut self) {
        self.held.fetch_sub(1, Ordering::Relaxed);
        let blocking_runtime = self.blocking_runtime.take();
        let mut state = self.blocking_runtimes.lock();
        let is_kept = state.made <= self.blocking_runtimes.max && state.idle.len() < self.blocking_runtimes.kept;
        let (kept, gone) = if is_kept { (blocking_runtime, None) } else { (None, blocking_runtime) };
        match kept {
            Some(blocking_runtime) => state.idle.push(blocking_runtime),
            None => state.made -= 1,
        }
        let is_awaited = state.waiting > 0;
        drop(state);
        if is_awaited {
            self.blocking_runtimes.freed.notify_one();
        }
        drop(gone);
    }
}

impl BlockingRuntime {
    fn new() -> Result<BlockingRuntime, Error> {
        let fail = |e: std::io::Error| resource_limits::refused("the I/O of a call cannot be set up", &e);
        let runtime = builder::runtime().map_err(fail)?;
        Ok(BlockingRuntime { runtime: Some(runtime), http: Arc::default(), driven: None })
    }

    /// Whether it has looked a moment ago which of its connections were closed.
    pub(crate) fn knows_connections(&self) -> bool {
        self.driven.is_some_and(|driven| driven.elapsed() < JUST_DRIVEN)
    }

    /// Drives `call`, at most for `slice`; `None` where it is not done by then. The thread is not in the runtime afterwards, so that
    /// what runs before the next slice may be a call on another blocking runtime.
    pub(crate) fn drive<T>(&mut self, call: impl Future<Output = T>, slice: Option<Duration>) -> Option<T> {
        let runtime = self.runtime.as_ref()?;
        let done = match slice {
            None => Some(runtime.block_on(call)),
            Some(slice) => runtime.block_on(async { tokio::time::timeout(slice, call).await.ok() }),
        };
        // A runtime looks for what has come before it polls the call to its end.
        self.driven = Some(Instant::now());
        done
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

impl Drop for BlockingRuntime {
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

    use super::{BlockingRuntime, BlockingRuntimes};

    #[test]
    fn a_lane_may_end_where_nothing_may_wait() {
        let blocking_runtime = BlockingRuntime::new().expect("a blocking runtime");
        crate::runtime::builder::runtime().expect("a runtime").block_on(async { drop(blocking_runtime) });
    }

    #[test]
    fn as_many_lanes_are_kept_as_allowed_and_more_may_be_out() {
        let blocking_runtimes = Arc::new(BlockingRuntimes::new(2, u32::MAX));
        let out: Vec<_> = (0..3)
            .map(|_| blocking_runtimes.take(None, None).expect("no error").expect("a blocking runtime"))
            .collect();
        assert_eq!(blocking_runtimes.lock().made, 3);
        for (blocking_runtime, permit) in out {
            permit.give_back(blocking_runtime);
        }
        let state = blocking_runtimes.lock();
        assert_eq!((state.idle.len(), state.made), (2, 2));
    }

    #[test]
    fn a_thread_that_holds_a_lane_gets_another_one_and_the_limit_holds_again_afterwards() {
        let (some, others) = (Arc::new(BlockingRuntimes::new(1, 1)), Arc::new(BlockingRuntimes::new(1, 1)));
        let slice = Some(Duration::from_millis(1));
        let take = |blocking_runtimes: &Arc<BlockingRuntimes>| blocking_runtimes.take(None, slice).expect("no error");
        let outer = take(&some).expect("the first blocking runtime");
        let elsewhere = |blocking_runtimes: &Arc<BlockingRuntimes>| {
            std::thread::scope(|scope| scope.spawn(|| take(blocking_runtimes)).join()).expect("no panic")
        };
        assert!(elsewhere(&some).is_none());
        let held_elsewhere = elsewhere(&others).expect("the first blocking runtime");
        let inner = [
            take(&some).expect("a blocking runtime beyond the limit"),
            take(&others).expect("the same of another client"),
        ];
        for (blocking_runtime, permit) in inner.into_iter().chain([outer, held_elsewhere]) {
            permit.give_back(blocking_runtime);
        }
        for blocking_runtimes in [&some, &others] {
            let (blocking_runtime, permit) = elsewhere(blocking_runtimes).expect("the blocking runtime that was kept");
            assert_eq!(blocking_runtimes.lock().made, 1);
            permit.give_back(blocking_runtime);
        }
    }
}
