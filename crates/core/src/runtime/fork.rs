//! Which process this is, among those that were forked from one another.
//!
//! The process id does not say: in a PID namespace of its own a child may have its parent's.

use std::sync::atomic::{AtomicU64, Ordering};

static FORKS: AtomicU64 = AtomicU64::new(0);

/// A number that a forked child does not share with its parent. Where it differs from the one noted with a value, that value is
/// a copy of another process's: its threads are not here, and its locks may be held for ever.
#[must_use]
pub fn generation() -> u64 {
    #[cfg(unix)]
    handler::register();
    FORKS.load(Ordering::Relaxed)
}

#[cfg(unix)]
mod handler {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::FORKS;

    static REGISTERED: AtomicBool = AtomicBool::new(false);

    /// Threads that come here at once register it twice, so that a fork counts twice, which does no harm. A lock would: a fork
    /// in the meantime would leave it held in the child.
    pub(super) fn register() {
        if REGISTERED.load(Ordering::Acquire) {
            return;
        }
        #[expect(unsafe_code, reason = "only the C library sees every fork, whichever language makes it")]
        // SAFETY: the handler is a function of this module that does what is allowed in a forked child, an atomic addition.
        let refused = unsafe { libc::pthread_atfork(None, None, Some(count)) };
        if refused == 0 {
            REGISTERED.store(true, Ordering::Release);
        }
    }

    extern "C" fn count() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }
}
