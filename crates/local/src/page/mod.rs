//! The page at `/`: what the service has and does, live. It is driven by the control API and served where that is.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{Receiver, channel};

use crate::backend::Backend;
use crate::control;

/// A file of the page: its path, media type and text.
static FILES: &[(&str, &str, &str)] = &[
    ("/", "text/html; charset=utf-8", include_str!("page.html")),
    ("/_local/page.css", "text/css; charset=utf-8", include_str!("page.css")),
    ("/_local/page.js", "text/javascript; charset=utf-8", include_str!("page.js")),
];

/// Where the page gets what it shows, as server-sent events.
pub(crate) const STREAM: &str = "/_local/stream";

/// How often the state is looked at for who watches it.
const INTERVAL: Duration = Duration::from_millis(250);

/// Keeps proxies and browsers from closing a stream in which nothing happens.
const KEEP_ALIVE: u32 = 40;

/// The media type and text of a file of the page.
pub(crate) fn file(path: &str) -> Option<(&'static str, &'static str)> {
    FILES.iter().find(|(name, ..)| *name == path).map(|(_, kind, text)| (*kind, *text))
}

/// The overview, and each that differs from the one before, until the reader is gone.
pub(crate) fn stream(backend: Arc<Backend>) -> Receiver<Bytes> {
    let (sender, receiver) = channel(1);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(INTERVAL);
        let (mut last, mut quiet) = (String::new(), 0);
        loop {
            ticks.tick().await;
            let (_, overview) = control::handle(&backend, "GET", "/overview", &[], &serde_json::Value::Null);
            let text = overview.to_string();
            quiet += 1;
            let message = if text != last {
                format!("data: {text}\n\n")
            } else if quiet >= KEEP_ALIVE {
                ": still here\n\n".to_owned()
            } else if sender.is_closed() {
                return;
            } else {
                continue;
            };
            (last, quiet) = (text, 0);
            if sender.send(Bytes::from(message)).await.is_err() {
                return;
            }
        }
    });
    receiver
}
