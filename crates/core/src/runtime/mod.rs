//! What calls run on: the I/O thread, the runtimes of blocking calls, what a fork leaves, the completion queue, the door to the host, and the environment that is injected.
//!
//! Mistakes cost most here: hangs, lost calls, crashes at exit.

pub mod builder;
pub mod completion;
pub mod environment;
pub(crate) mod files;
pub mod fork;
pub mod host;
pub(crate) mod io_thread;
pub(crate) mod per_process;
