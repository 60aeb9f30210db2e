//! What each process makes for itself.
//!
//! A fork copies the memory but not the threads: what belongs to another process is left alone for ever (joining or dropping
//! it would hang), and the child makes its own.

use std::mem::ManuallyDrop;
use std::sync::{Mutex, MutexGuard, PoisonError};

use once_cell::race::OnceBox;

use crate::error::kinds::Error;
use crate::runtime::fork;

/// A value that each process makes for itself.
#[derive(Debug)]
pub(crate) struct PerProcess<T>(OnceBox<Slot<T>>);

/// The value of one process, and then those of the processes that were forked from it. The way to one's own slot takes no
/// lock: at the fork another thread may have held it, for ever then.
#[derive(Debug)]
struct Slot<T> {
    generation: u64,
    value: Mutex<Option<ManuallyDrop<T>>>,
    next: OnceBox<Slot<T>>,
}

impl<T: Clone> PerProcess<T> {
    /// The value of this process, which `make` makes the first time.
    pub(crate) fn get(&self, make: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let mut slot = self.lock();
        if let Some(value) = slot.as_deref() {
            return Ok(value.clone());
        }
        let value = make()?;
        *slot = Some(ManuallyDrop::new(value.clone()));
        Ok(value)
    }
}

impl<T: Clone + Default> PerProcess<T> {
    /// The value of this process, which is the default one the first time.
    pub(crate) fn get_or_default(&self) -> T {
        T::clone(self.lock().get_or_insert_with(ManuallyDrop::default))
    }
}

impl<T> Default for PerProcess<T> {
    fn default() -> PerProcess<T> {
        PerProcess::new()
    }
}

impl<T> PerProcess<T> {
    pub(crate) const fn new() -> PerProcess<T> {
        PerProcess(OnceBox::new())
    }

    /// Forgets the value of this process.
    pub(crate) fn clear(&self) {
        let taken = self.lock().take();
        drop(taken.map(ManuallyDrop::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, Option<ManuallyDrop<T>>> {
        let generation = fork::generation();
        let mut link = &self.0;
        loop {
            let slot =
                link.get_or_init(|| Box::new(Slot { generation, value: Mutex::new(None), next: OnceBox::new() }));
            if slot.generation == generation {
                return slot.value.lock().unwrap_or_else(PoisonError::into_inner);
            }
            link = &slot.next;
        }
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        self.clear();
    }
}
