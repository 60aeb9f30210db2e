//! How runtimes and threads are made without a look at the process's environment, which the host may write meanwhile.
//!
//! Tokio reads a variable for each builder of runtimes that is made, and the standard library one for the first thread whose stack
//! has no size. So there is one builder, made while the host holds still, and each thread's stack has a size.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::runtime::{Builder, Runtime};

use crate::runtime::per_process::PerProcess;

/// The bytes that each thread has for its stack.
const STACK: usize = 2 * 1024 * 1024;

/// Each process has its own: the lock may have been held by another thread when it was forked.
static BUILDER: PerProcess<SharedBuilder> = PerProcess::new();

#[derive(Clone, Debug)]
struct SharedBuilder(Arc<Mutex<Builder>>);

impl Default for SharedBuilder {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where it is made")]
    fn default() -> SharedBuilder {
        let mut builder = Builder::new_current_thread();
        builder.enable_all().thread_stack_size(STACK);
        SharedBuilder(Arc::new(Mutex::new(builder)))
    }
}

/// Makes the builder, unless this process has it. To be called on a thread of the host while no other may write the environment.
pub fn prepare() {
    drop(BUILDER.get_or_default());
}

/// A runtime of one thread, with I/O and time.
///
/// # Errors
/// Those of the operating system, such as for want of descriptors.
pub fn runtime() -> std::io::Result<Runtime> {
    BUILDER.get_or_default().0.lock().unwrap_or_else(PoisonError::into_inner).build()
}

/// A thread of that name, to be spawned.
#[must_use]
pub fn thread(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.to_owned()).stack_size(STACK)
}
