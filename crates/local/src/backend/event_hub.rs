//! Where events go: to who asks for them, to a file, to a webhook.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::engine::AccountEvent;
use crate::options::Options;

/// The events of late, and the sinks that get each.
#[derive(Debug)]
pub(crate) struct EventHub {
    recent: Mutex<Recent>,
    more: Condvar,
    file: Option<Mutex<File>>,
    webhook: Option<SyncSender<String>>,
}

#[derive(Debug, Default)]
struct Recent {
    /// The number of the first event that is kept.
    first: u64,
    events: VecDeque<Value>,
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
        let webhook = options.events_webhook.as_deref().map(start_webhook).transpose()?;
        Ok(EventHub { recent: Mutex::default(), more: Condvar::new(), file, webhook })
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
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
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
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let is_late = |recent: &mut Recent| recent.end() <= from;
        let recent = self.more.wait_timeout_while(recent, wait, is_late).unwrap_or_else(PoisonError::into_inner).0;
        let skipped = usize::try_from(from.saturating_sub(recent.first)).unwrap_or(usize::MAX);
        let events: Vec<&Value> = recent.events.iter().skip(skipped).collect();
        json!({"events": events, "next": recent.end().max(from)})
    }

    /// Forgets the events; their numbers go on.
    pub(crate) fn clear(&self) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.first = recent.end();
        recent.events.clear();
    }
}

impl Recent {
    fn end(&self) -> u64 {
        self.first + u64::try_from(self.events.len()).unwrap_or_default()
    }
}

/// Starts the thread that posts events; it ends when the hub is dropped.
fn start_webhook(url: &str) -> Result<SyncSender<String>, String> {
    let uri: http::Uri =
        url.parse().map_err(|_| format!("invalid events_webhook: {url:?} (expected an http:// URL)"))?;
    let host = uri.host().ok_or_else(|| format!("invalid events_webhook: {url:?} (expected a host)"))?.to_owned();
    let address = (host.trim_matches(['[', ']']).to_owned(), uri.port_u16().unwrap_or(80));
    let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
    let path = uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let (sender, events) = sync_channel::<String>(MAX_RECENT);
    let run = move || {
        for event in events {
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: {authority}\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n",
                event.len()
            );
            // Best effort, as the service's delivery is.
            let _ = post(&address, &head, &event);
        }
    };
    let started = std::thread::Builder::new().name("chimeline-events".to_owned()).spawn(run);
    started.map(|_| sender).map_err(|e| format!("the thread of events cannot start: {e}"))
}

fn post(address: &(String, u16), head: &str, body: &str) -> std::io::Result<()> {
    const TIMEOUT: Duration = Duration::from_secs(5);
    let address = (address.0.as_str(), address.1).to_socket_addrs()?.next();
    let address = address.ok_or(std::io::ErrorKind::NotFound)?;
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    // Until the receiver has it, lest a reset overtake it.
    stream.read(&mut [0; 512]).map(|_| ())
}
