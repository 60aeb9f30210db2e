//! From the I/O thread to an asyncio event loop.
//!
//! Outcomes are queued, and one byte on a socket wakes the loop for as many of them as have come: the I/O thread never
//! waits for the interpreter lock, and never attaches to an interpreter that may be shutting down. Everything that touches
//! Python runs on the loop's own thread.

use std::collections::{HashMap, VecDeque};
use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chimeline_core::client::Task;
use chimeline_core::runtime::fork;
use chimeline_core::schema::Operation;
use chimeline_core::{Error, Response};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::client::NativeClient;
use crate::errors;

/// What belongs to one event loop: its pending calls, and the outcomes that wait for it.
///
/// The loop keeps it, as what it calls for a socket, and it keeps futures, which keep the loop: the garbage collector sees that
/// circle, and frees it when nobody else has the loop.
#[pyclass(frozen, weakref, module = "chimeline._native")]
pub(crate) struct Bridge {
    shared: Arc<Shared>,
    receiver: platform::Receiver,
    pending: Mutex<HashMap<u64, Pending>>,
    /// Taken from `shared`, and not yet given to their futures.
    arrived: Mutex<VecDeque<Outcome>>,
    next: AtomicU64,
    /// The process that made it.
    generation: u64,
}

struct Shared {
    outcomes: Mutex<Vec<Outcome>>,
    sender: platform::Sender,
}

struct Pending {
    future: Py<PyAny>,
    client: Py<NativeClient>,
    operation: &'static Operation,
    task: Option<Task>,
}

type Outcome = (u64, Result<Response, Error>);

#[pymethods]
impl Bridge {
    /// A bridge; its owner has the loop call `drain` when `fileno()` can be read.
    #[new]
    fn new() -> PyResult<Bridge> {
        let (sender, receiver) = platform::pair()?;
        Ok(Bridge {
            shared: Arc::new(Shared { outcomes: Mutex::default(), sender }),
            receiver,
            pending: Mutex::default(),
            arrived: Mutex::default(),
            next: AtomicU64::new(0),
            generation: fork::generation(),
        })
    }

    /// What the loop waits on.
    fn fileno(&self) -> i64 {
        platform::fileno(&self.receiver)
    }

    /// Whether this process made it. In a forked one its socket is the parent's, and so are the calls.
    fn is_of_this_process(&self) -> bool {
        self.generation == fork::generation()
    }

    /// Starts a call whose outcome goes to `future`; gives the number that cancels it.
    fn start(
        &self,
        py: Python<'_>,
        client: Py<NativeClient>,
        operation: &str,
        params: Bound<'_, PyAny>,
        future: Py<PyAny>,
        options: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<u64> {
        let native = client.get();
        let (operation, call) = native.prepare(py, operation, params, options)?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let shared = self.shared.clone();
        let task = native.client.start(call, move |outcome| shared.push((number, outcome)));
        self.lock_pending().insert(number, Pending { future, client, operation, task });
        Ok(number)
    }

    /// Drops the request of a call that nobody waits for any more.
    fn cancel(&self, number: u64) {
        if !self.is_of_this_process() {
            return;
        }
        let pending = self.lock_pending().remove(&number);
        if let Some(task) = pending.and_then(|pending| pending.task) {
            task.abort();
        }
    }

    /// Gives the outcomes that have come to their futures: each by itself, so that one which cannot be given holds up no other.
    fn drain(&self, py: Python<'_>) {
        if !self.is_of_this_process() {
            return;
        }
        platform::clear(&self.receiver);
        let outcomes = std::mem::take(&mut *self.shared.outcomes.lock().unwrap_or_else(PoisonError::into_inner));
        self.lock_arrived().extend(outcomes);
        // One at a time, for what runs meanwhile may drain too.
        loop {
            let Some((number, outcome)) = self.lock_arrived().pop_front() else { return };
            let Some(pending) = self.lock_pending().remove(&number) else { continue };
            pending.settle(py, &outcome);
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Whoever holds the lock runs, and so the bridge is in use.
        let Ok(pending) = self.pending.try_lock() else { return Ok(()) };
        for Pending { future, client, .. } in pending.values() {
            visit.call(future)?;
            visit.call(client)?;
        }
        Ok(())
    }

    fn __clear__(&self) {
        self.abandon();
    }
}

impl Bridge {
    /// Drops the requests of a loop that is gone, for which nobody waits.
    fn abandon(&self) {
        if !self.is_of_this_process() {
            return;
        }
        let abandoned = std::mem::take(&mut *self.lock_pending());
        for task in abandoned.into_values().filter_map(|pending| pending.task) {
            task.abort();
        }
    }

    fn lock_pending(&self) -> MutexGuard<'_, HashMap<u64, Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_arrived(&self) -> MutexGuard<'_, VecDeque<Outcome>> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pending {
    /// Gives the outcome to the future. One that cannot take it has what it raised as its exception, else is cancelled: whoever
    /// waits for it does not wait for ever.
    fn settle<'py>(self, py: Python<'py>, outcome: &Result<Response, Error>) {
        let future = self.future.bind(py);
        let give = |result: PyResult<Bound<'py, PyDict>>| match result {
            Ok(dict) => future.call_method1(pyo3::intern!(py, "set_result"), (dict,)),
            Err(error) => future.call_method1(pyo3::intern!(py, "set_exception"), (error.into_value(py),)),
        };
        let done = || future.call_method0(pyo3::intern!(py, "done"))?.is_truthy();
        let settled = done().and_then(|done| {
            if done {
                return Ok(());
            }
            give(match outcome {
                Ok(response) => self.client.get().result(py, self.operation, response),
                Err(error) => Err(errors::raised(py, error)),
            })
            .map(drop)
        });
        let Err(raised) = settled else { return };
        let shown = raised.clone_ref(py);
        if give(Err(raised)).or_else(|_| future.call_method0(pyo3::intern!(py, "cancel"))).is_err() {
            shown.write_unraisable(py, Some(future));
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        if self.is_of_this_process() {
            self.abandon();
        } else {
            // The tasks are the parent's, whose locks may be held for ever here.
            std::mem::forget(std::mem::take(&mut *self.lock_pending()));
        }
    }
}

impl Shared {
    fn push(&self, outcome: Outcome) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.push(outcome);
        // The first one wakes the loop, which then takes all that have come meanwhile.
        if outcomes.len() == 1 {
            drop(outcomes);
            platform::wake(&self.sender);
        }
    }
}

/// A pair of connected sockets; `socketpair` where there is one, else a loopback connection, as asyncio itself does it.
mod platform {
    use std::io;

    use super::{Read, Write};

    #[cfg(unix)]
    pub(super) type Sender = std::os::unix::net::UnixStream;
    #[cfg(not(unix))]
    pub(super) type Sender = std::net::TcpStream;
    pub(super) type Receiver = Sender;

    #[cfg(unix)]
    pub(super) fn pair() -> io::Result<(Sender, Receiver)> {
        let (sender, receiver) = Sender::pair()?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        Ok((sender, receiver))
    }

    #[cfg(not(unix))]
    pub(super) fn pair() -> io::Result<(Sender, Receiver)> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        let sender = Sender::connect(listener.local_addr()?)?;
        let (receiver, _) = listener.accept()?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        Ok((sender, receiver))
    }

    #[cfg(unix)]
    pub(super) fn fileno(receiver: &Receiver) -> i64 {
        i64::from(std::os::fd::AsRawFd::as_raw_fd(receiver))
    }

    #[cfg(not(unix))]
    pub(super) fn fileno(receiver: &Receiver) -> i64 {
        i64::try_from(std::os::windows::io::AsRawSocket::as_raw_socket(receiver)).unwrap_or(-1)
    }

    /// A full buffer is as good: the loop will wake for what is in it.
    pub(super) fn wake(mut sender: &Sender) {
        let _ = sender.write(&[1]);
    }

    pub(super) fn clear(mut receiver: &Receiver) {
        let mut buffer = [0; 64];
        while receiver.read(&mut buffer).is_ok_and(|n| n == buffer.len()) {}
    }
}
