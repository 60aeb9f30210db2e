//! Connections: how many there may be, how long a client may take, and how each ends.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use crate::backend::Backend;
use crate::server::service::{Disconnect, receive, serve};

/// How often the clock of resources is looked at, so that events are sent though nobody asks.
const TICK: Duration = Duration::from_millis(50);

const TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// The connections that are open, and those of them that wait for a request, the longest first.
#[derive(Default)]
pub(super) struct Connections {
    open: usize,
    idle: BTreeMap<u64, AbortHandle>,
    turns: u64,
}

/// What the threads that accept connections have in common.
pub(super) type Shared = Arc<Mutex<Connections>>;

/// Applies what the time brings to resources, for ever.
pub(super) async fn tick(backend: &Backend) {
    let mut tick = tokio::time::interval(TICK);
    loop {
        tick.tick().await;
        backend.tick();
    }
}

/// Serves connections for ever.
pub(super) async fn accept(listener: &TcpListener, backend: &Arc<Backend>, connections: &Shared) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Such as too many open files: one that waits makes room, or others are closed in a moment.
            lock(connections).evict();
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        // Without it a response may wait for an acknowledgement; a socket that is gone fails later anyway.
        let _ = stream.set_nodelay(true);
        let turn = {
            let mut connections = lock(connections);
            if connections.open >= backend.options.max_connections && !connections.evict() {
                // All are being served. A socket that takes no few bytes at once is closed without them.
                let _ = stream.try_write(TOO_MANY);
                continue;
            }
            connections.open += 1;
            connections.next_turn()
        };
        let slot = Slot { connections: connections.clone(), turn: Arc::new(AtomicU64::new(turn)) };
        let task = tokio::spawn(serve_connection(stream, backend.clone(), slot));
        // The task starts after this: the loop does not wait meanwhile.
        lock(connections).idle.insert(turn, task.abort_handle());
    }
}

/// A connection's place among those that are open, which it gives back when it ends.
struct Slot {
    connections: Shared,
    /// Its key among the idle ones.
    turn: Arc<AtomicU64>,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut connections = lock(&self.connections);
        connections.open = connections.open.saturating_sub(1);
        connections.idle.remove(&self.turn.load(Ordering::Relaxed));
    }
}

impl Connections {
    /// The key of one that begins to wait, behind all others.
    fn next_turn(&mut self) -> u64 {
        self.turns += 1;
        self.turns
    }

    /// Closes the connection that waits longest for a request; whether there was one.
    fn evict(&mut self) -> bool {
        let longest = self.idle.pop_first();
        longest.is_some_and(|(_, connection)| {
            connection.abort();
            true
        })
    }
}

fn lock(connections: &Shared) -> std::sync::MutexGuard<'_, Connections> {
    connections.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve_connection(stream: TcpStream, backend: Arc<Backend>, slot: Slot) {
    let reset = Arc::new(AtomicBool::new(false));
    let timeout = backend.options.request_timeout;
    let io = Io { inner: TokioIo::new(stream), reset: reset.clone() };
    let service = service_fn(move |request| {
        let (backend, reset) = (backend.clone(), reset.clone());
        let (connections, turn) = (slot.connections.clone(), slot.turn.clone());
        async move {
            // Until its request is whole it waits, however slow it is.
            let received = receive(&backend, request).await;
            // While it is served it does not, and nothing evicts it.
            let handle = lock(&connections).idle.remove(&turn.load(Ordering::Relaxed));
            let response = serve(backend, received, reset).await;
            if let Some(handle) = handle {
                let mut connections = lock(&connections);
                let next = connections.next_turn();
                turn.store(next, Ordering::Relaxed);
                connections.idle.insert(next, handle);
            }
            response.map_err(|Disconnect| std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(timeout);
    let mut connection = builder.serve_connection(io, service);
    // A connection that breaks concerns only its client.
    if let Err(e) = (&mut connection).await
        && e.is_timeout()
    {
        let _ = connection.into_parts().io.inner.inner_mut().write_all(TOO_SLOW).await;
    }
}

/// A socket that is reset rather than closed, if a fault says so.
struct Io {
    inner: TokioIo<TcpStream>,
    reset: Arc<AtomicBool>,
}

impl Drop for Io {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Then it is closed in order, which a client sees as well.
            let _ = self.inner.inner().set_zero_linger();
        }
    }
}

impl Read for Io {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl Write for Io {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, buffers)
    }
}
