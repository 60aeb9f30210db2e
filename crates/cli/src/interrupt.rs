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
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
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

/// Whether calls and waits end because of a signal: not while the order of a command's end is kept.
pub(crate) fn caught_now() -> bool {
    caught() && !FINISHING.load(Ordering::SeqCst)
}

static FINISHING: AtomicBool = AtomicBool::new(false);

/// From now on calls and waits come to their end, whatever signal came.
pub(crate) fn finish() {
    FINISHING.store(true, Ordering::SeqCst);
}
