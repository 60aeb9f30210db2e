//! The one I/O thread of a process, made at the first asynchronous call.
//!
//! A fork copies the memory but not the threads: what belongs to another process id is left alone for ever (joining or
//! dropping it would hang), and the child makes its own.

use std::sync::{Mutex, PoisonError};

use tokio::runtime::{Builder, Handle};

use crate::error::{Error, ErrorKind};

static IO: PerProcess<Handle> = PerProcess::new();

/// A value that each process makes for itself.
#[derive(Debug)]
pub(crate) struct PerProcess<T>(Mutex<Option<(u32, T)>>);

impl<T: Clone> PerProcess<T> {
    pub(crate) const fn new() -> PerProcess<T> {
        PerProcess(Mutex::new(None))
    }

    /// The value of this process, which `make` makes the first time.
    pub(crate) fn get(&self, make: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if let Some((owner, value)) = slot.as_ref()
            && *owner == process
        {
            return Ok(value.clone());
        }
        let value = make()?;
        if let Some(foreign) = slot.replace((process, value.clone())) {
            std::mem::forget(foreign);
        }
        Ok(value)
    }

    /// Forgets the value; that of another process is left alone.
    pub(crate) fn clear(&self) {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((owner, value)) = taken
            && owner != std::process::id()
        {
            std::mem::forget(value);
        }
    }
}

/// The runtime of this process's I/O thread.
pub(crate) fn io() -> Result<Handle, Error> {
    IO.get(|| {
        let fail =
            |e: std::io::Error| Error::new(ErrorKind::InvalidConfig, format!("the I/O thread cannot be started: {e}"));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(fail)?;
        let handle = runtime.handle().clone();
        let run = move || runtime.block_on(std::future::pending::<()>());
        std::thread::Builder::new().name("chimeline-io".to_owned()).spawn(run).map_err(fail)?;
        Ok(handle)
    })
}
