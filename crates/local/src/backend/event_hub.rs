//! Where events go: to who asks for them, to a file, to a webhook.

use std::collections::VecDeque;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chimeline_core::runtime::builder;
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::engine::AccountEvent;
use crate::options::Options;
use crate::outgoing;

/// The events of late, and the sinks that get each.
pub(crate) struct EventHub {
    recent: Mutex<Recent>,
    more: Condvar,
    file: Option<Mutex<File>>,
    webhook: Option<SyncSender<String>>,
    handlers: Mutex<Vec<EventHandler>>,
}

/// What is called with the JSON of each event, in their order. It must not wait.
pub(crate) type EventHandler = Box<dyn Fn(String) + Send + Sync>;

#[derive(Debug, Default)]
struct Recent {
    /// The number of the first event that is kept.
    first: u64,
    events: VecDeque<Value>,
    /// Whether no more will come.
    is_closed: bool,
}

/// Bounds the memory of a server that runs for long.
const MAX_RECENT: usize = 10_000;

impl EventHub {
    pub(crate) fn new(options: &Options) -> Result<EventHub, String> {
        let open = |path: &std::path::PathBuf| {
            let file = OpenOptions::new().create(true).append(true).open(path);
            file.map(Mutex::new).map_err(|e| format!("the events file {} cannot be written: {e}", path.display()))
        };
        let file = options.events_file.as_ref().map(open).transpose()?;
        let webhook = options.events_webhook.as_deref().map(|url| start_webhook(url, options)).transpose()?;
        Ok(EventHub { recent: Mutex::default(), more: Condvar::new(), file, webhook, handlers: Mutex::default() })
    }

    /// Delivers events, in their order.
    pub(crate) fn deliver(&self, events: &[AccountEvent], fresh_id: impl Fn() -> Uuid) {
        let envelopes: Vec<Value> =
            events.iter().map(|(account, event)| event.envelope(account, &fresh_id().to_string())).collect();
        if let Some(file) = &self.file {
            let mut lines = String::new();
            for event in &envelopes {
                lines.push_str(&event.to_string());
                lines.push('\n');
            }
            // Delivery is best effort, as the service's is: a full disk is no reason to fail requests.
            let _ = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(lines.as_bytes());
        }
        if let Some(webhook) = &self.webhook {
            // One that is too slow for so many events loses some.
            for event in &envelopes {
                drop(webhook.try_send(event.to_string()));
            }
        }
        for handler in self.handlers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            for event in &envelopes {
                handler(event.to_string());
            }
        }
        let mut recent = self.lock();
        for event in envelopes {
            if recent.events.len() >= MAX_RECENT {
                recent.events.pop_front();
                recent.first += 1;
            }
            recent.events.push_back(event);
        }
        self.more.notify_all();
    }

    /// The events from number `from` on, after a wait for one of at most `wait`; and the number that follows.
    pub(crate) fn since(&self, from: u64, wait: Duration) -> Value {
        let recent = self.lock();
        let is_late = |recent: &mut Recent| recent.end() <= from && !recent.is_closed;
        let recent = self.more.wait_timeout_while(recent, wait, is_late).unwrap_or_else(PoisonError::into_inner).0;
        let skipped = usize::try_from(from.saturating_sub(recent.first)).unwrap_or(usize::MAX);
        let events: Vec<&Value> = recent.events.iter().skip(skipped).collect();
        json!({"events": events, "next": recent.end().max(from)})
    }

    /// Forgets the events; their numbers go on.
    pub(crate) fn clear(&self) {
        let mut recent = self.lock();
        recent.first = recent.end();
        recent.events.clear();
    }

    /// Lets nobody wait any longer.
    pub(crate) fn close(&self) {
        self.handlers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.lock().is_closed = true;
        self.more.notify_all();
    }

    /// Has each event from now on handed to `handler`.
    pub(crate) fn add_handler(&self, handler: EventHandler) {
        self.handlers.lock().unwrap_or_else(PoisonError::into_inner).push(handler);
    }

    fn lock(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for EventHub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventHub").finish_non_exhaustive()
    }
}

impl Recent {
    fn end(&self) -> u64 {
        self.first + u64::try_from(self.events.len()).unwrap_or_default()
    }
}

/// Starts the thread that posts events; it ends when the hub is dropped.
fn start_webhook(url: &str, options: &Options) -> Result<SyncSender<String>, String> {
    const TIMEOUT: Duration = Duration::from_secs(5);
    let parsed = outgoing::parse_url(url);
    let url = parsed.ok_or_else(|| format!("events_webhook must be {}, not {url:?}", outgoing::URL_FORM))?;
    let fail = |e: std::io::Error| format!("the thread of events cannot start: {e}");
    let mut http = outgoing::Sender::new(options.env.clone(), TIMEOUT).map_err(fail)?;
    let (sender, events) = sync_channel::<String>(MAX_RECENT);
    let run = move || {
        for event in events {
            // Best effort, as the service's delivery is.
            let _ = http.send(Method::POST, &url, outgoing::json_headers(), event);
        }
    };
    let started = builder::thread("chimeline-events").spawn(run);
    started.map(|_| sender).map_err(fail)
}
