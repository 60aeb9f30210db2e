//! Ctrl-C and SIGTERM as a flag, for commands that have something to put in order before they end.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

static CAUGHT: AtomicBool = AtomicBool::new(false);
static LISTENING: OnceLock<()> = OnceLock::new();

/// From now on the signals set the flag instead of ending the process.
pub(crate) fn listen() {
    LISTENING.get_or_init(|| {
        // Where no thread can be started, the signals end the process as ever.
        drop(thread::Builder::new().name("signals".to_owned()).spawn(wait));
    });
}

fn wait() {
    let Ok(runtime) = chimeline_core::runtime::builder::runtime() else { return };
    runtime.block_on(async {
        while stop_signal().await {
            CAUGHT.store(true, Ordering::SeqCst);
        }
    });
}

#[cfg(unix)]
async fn stop_signal() -> bool {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return false };
    tokio::select! {
        caught = tokio::signal::ctrl_c() => caught.is_ok(),
        caught = terminate.recv() => caught.is_some(),
    }
}

#[cfg(windows)]
async fn stop_signal() -> bool {
    tokio::signal::ctrl_c().await.is_ok()
}

/// Whether a signal came since [`listen`].
pub(crate) fn caught() -> bool {
    CAUGHT.load(Ordering::SeqCst)
}

static HELD: AtomicBool = AtomicBool::new(false);

/// Whether calls and waits end because of a signal: not within [`hold`].
pub(crate) fn caught_now() -> bool {
    caught() && !HELD.load(Ordering::SeqCst)
}

/// Does what must come to its end, whatever signal comes meanwhile.
pub(crate) fn hold<T>(act: impl FnOnce() -> T) -> T {
    HELD.store(true, Ordering::SeqCst);
    let done = act();
    HELD.store(false, Ordering::SeqCst);
    done
}
