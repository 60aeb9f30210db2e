//! From the I/O thread to an asyncio event loop.
//!
//! Events are queued, and one byte on a socket wakes the loop for as many of them as have come: the I/O thread never
//! waits for the interpreter lock, and never attaches to an interpreter that may be shutting down. Everything that touches
//! Python runs on the loop's own thread.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chimeline_core::client::{Event, Task};
use chimeline_core::runtime::completion::{Abort, CallTable, CompletionQueue, Wake};
use chimeline_core::runtime::fork;
use chimeline_core::runtime::host::{Asked, Pump};
use chimeline_core::schema::Operation;
use chimeline_core::{Error, Response};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PySet};

use crate::client::NativeClient;
use crate::question::{Failure, Question};

/// What belongs to one event loop: its pending calls, and what has come for it: their outcomes, and what they ask meanwhile.
///
/// The loop keeps it, as what it calls for a socket, and it keeps futures, which keep the loop: the garbage collector sees that
/// circle, and frees it when nobody else has the loop.
#[pyclass(frozen, weakref, module = "chimeline._native")]
pub(crate) struct Bridge {
    queue: Arc<CompletionQueue<(u64, Event), Socket>>,
    receiver: platform::Receiver,
    pending: Mutex<CallTable<Pending>>,
    /// Tasks of the loop that go on when their call has ended.
    tasks: Py<PySet>,
    next: AtomicU64,
    /// No other loop of the process has it.
    pump: Pump,
    /// The process that made it.
    generation: u64,
}

/// The end of the pair that wakes the loop.
#[derive(Clone)]
struct Socket(Arc<platform::Sender>);

impl Wake for Socket {
    fn wake(&self) {
        platform::wake(&self.0);
    }
}

struct Pending {
    /// What waits for the next event of the call.
    future: Py<PyAny>,
    /// What the user's function raised in reply to a question of the call.
    failure: Option<Failure>,
    client: Py<NativeClient>,
    operation: &'static Operation,
    task: Option<Task>,
}

static BRIDGES: AtomicU64 = AtomicU64::new(1);

#[pymethods]
impl Bridge {
    /// A bridge; its owner has the loop call `drain` when `fileno()` can be read.
    /// With `shares_loads` its calls wait for what those of other such bridges load.
    #[new]
    #[pyo3(signature = (*, shares_loads=false))]
    fn new(py: Python<'_>, shares_loads: bool) -> PyResult<Bridge> {
        let (sender, receiver) = platform::pair()?;
        Ok(Bridge {
            queue: Arc::new(CompletionQueue::new(Some(Socket(Arc::new(sender))))),
            receiver,
            pending: Mutex::default(),
            tasks: PySet::empty(py)?.unbind(),
            next: AtomicU64::new(0),
            pump: Pump::Loop(if shares_loads { 0 } else { BRIDGES.fetch_add(1, Ordering::Relaxed) }),
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

    /// Tasks of the loop that nobody else keeps.
    #[getter]
    fn tasks(&self, py: Python<'_>) -> Py<PySet> {
        self.tasks.clone_ref(py)
    }

    /// Starts a call whose outcome goes to `future`; gives the number that cancels it. Where the call asks something, the future
    /// has a tuple instead: the question, and the future for what comes next.
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
        let queue = self.queue.clone();
        let task = native.client.start_with_host(call, self.pump, move |event| queue.push((number, event)));
        self.lock_pending().insert(number, Pending { future, failure: None, client, operation, task });
        Ok(number)
    }

    /// Drops the request of a call that nobody waits for any more.
    fn cancel(&self, number: u64) {
        if !self.is_of_this_process() {
            return;
        }
        let pending = self.lock_pending().remove(number);
        if let Some(pending) = pending {
            pending.abort();
        }
    }

    /// Replies to a question of the call that the user's function failed, with the text that the call then fails with. Where it
    /// raised, `exception` takes the place of the call's error, or is its cause.
    fn fail(&self, number: u64, question: &Question, message: String, exception: Option<Py<PyAny>>, is_cause: bool) {
        // Before the reply, upon which the outcome may come at once.
        if let (Some(exception), Some(pending)) = (exception, self.lock_pending().get_mut(number)) {
            pending.failure = Some(Failure { exception, is_cause });
        }
        question.fail(message);
    }

    /// Gives what has come to the futures: each by itself, so that one which cannot be given holds up no other.
    fn drain(&self, py: Python<'_>) {
        if !self.is_of_this_process() {
            return;
        }
        platform::clear(&self.receiver);
        self.queue.collect();
        while let Some((number, event)) = self.queue.pop() {
            // What a call asks that nobody waits for any more is dropped, and who else waits for the reply learns so.
            let Some(pending) = self.lock_pending().remove(number) else { continue };
            match event {
                Event::Done(outcome) => pending.settle(py, &outcome),
                Event::Asked(asked) => self.ask(py, number, pending, asked),
            }
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // Whoever holds the lock runs, and so the bridge is in use.
        let Ok(pending) = self.pending.try_lock() else { return Ok(()) };
        for Pending { future, client, failure, .. } in pending.iter() {
            visit.call(future)?;
            visit.call(client)?;
            if let Some(failure) = failure {
                visit.call(&failure.exception)?;
            }
        }
        visit.call(&self.tasks)
    }

    fn __clear__(&self) {
        self.abandon();
    }
}

impl Bridge {
    /// Gives what a call asks to its future, in whose place another one waits from now on.
    fn ask(&self, py: Python<'_>, number: u64, mut pending: Pending, asked: Asked) {
        let asking = pending.future.bind(py).clone();
        let following = asking
            .call_method0(pyo3::intern!(py, "get_loop"))
            .and_then(|of| of.call_method0(pyo3::intern!(py, "create_future")));
        let following = match following {
            Ok(following) => following,
            Err(raised) => return pending.refuse(py, raised),
        };
        pending.future = following.clone().unbind();
        self.lock_pending().insert(number, pending);
        let given = Bound::new(py, Question::from(asked)).and_then(|question| give(&asking, Ok((question, following))));
        if let Err(raised) = given
            && let Some(pending) = self.lock_pending().remove(number)
        {
            Pending { future: asking.unbind(), ..pending }.refuse(py, raised);
        }
    }

    /// Drops the requests of a loop that is gone, for which nobody waits.
    fn abandon(&self) {
        if !self.is_of_this_process() {
            return;
        }
        let abandoned = self.lock_pending().take_all();
        for pending in abandoned {
            pending.abort();
        }
    }

    fn lock_pending(&self) -> MutexGuard<'_, CallTable<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Abort for Pending {
    fn abort(self) {
        if let Some(task) = self.task {
            task.abort();
        }
    }
}

impl Pending {
    /// Gives the outcome to the future. One that cannot take it has what it raised as its exception, else is cancelled: whoever
    /// waits for it does not wait for ever.
    fn settle(mut self, py: Python<'_>, outcome: &Result<Response, Error>) {
        let result = match outcome {
            Ok(response) => self.client.get().result(py, self.operation, response),
            Err(error) => Err(Failure::raised(py, error, self.failure.take())),
        };
        if let Err(raised) = give(self.future.bind(py), result) {
            self.refuse(py, raised);
        }
    }

    fn refuse(self, py: Python<'_>, raised: PyErr) {
        let future = self.future.bind(py);
        let shown = raised.clone_ref(py);
        let refused = give(future, Err::<Bound<'_, PyAny>, _>(raised));
        if refused.or_else(|_| future.call_method0(pyo3::intern!(py, "cancel")).map(drop)).is_err() {
            shown.write_unraisable(py, Some(future));
        }
        self.abort();
    }
}

/// Gives the future its result, unless it is done, as one that was cancelled.
fn give<'py>(future: &Bound<'py, PyAny>, result: PyResult<impl IntoPyObject<'py>>) -> PyResult<()> {
    let py = future.py();
    if future.call_method0(pyo3::intern!(py, "done"))?.is_truthy()? {
        return Ok(());
    }
    match result {
        Ok(result) => future.call_method1(pyo3::intern!(py, "set_result"), (result,)),
        Err(error) => future.call_method1(pyo3::intern!(py, "set_exception"), (error.into_value(py),)),
    }
    .map(drop)
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
