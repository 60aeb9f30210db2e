//! Ctrl-C and SIGTERM as a flag, for commands that have something to put in order before they end.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

static CAUGHT: AtomicBool = AtomicBool::new(false);
static LISTENING: OnceLock<()> = OnceLock::new();

/// From now on the signals set the flag instead of ending the process.
pub(crate) fn listen() {
    LISTENING.get_or_init(|| {
        let (ready, is_ready) = sync_channel(1);
        // Where no thread can be started, the signals end the process as ever.
        let started = thread::Builder::new().name("signals".to_owned()).spawn(move || wait(&ready));
        if started.is_ok() {
            // Not before the signals are caught: what is then begun must not be cut off.
            let _ = is_ready.recv();
        }
    });
}

fn wait(ready: &SyncSender<()>) {
    let Ok(runtime) = chimeline_core::runtime::builder::runtime() else { return };
    runtime.block_on(async {
        let Ok(mut signals) = Signals::new() else { return };
        let _ = ready.send(());
        while signals.next().await {
            CAUGHT.store(true, Ordering::SeqCst);
        }
    });
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> bool {
        tokio::select! {
            caught = self.interrupt.recv() => caught.is_some(),
            caught = self.terminate.recv() => caught.is_some(),
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        tokio::signal::windows::ctrl_c().map(Signals)
    }

    async fn next(&mut self) -> bool {
        self.0.recv().await.is_some()
    }
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
