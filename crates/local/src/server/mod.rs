//! The server's life: it listens, serves on threads of its own, and stops.

mod connection;
mod reply;
mod service;

use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chimeline_core::error::kinds::{Error, ErrorKind};
use chimeline_core::runtime::{builder, fork};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use connection::Shared;

use crate::backend::Backend;
use crate::control;
use crate::http::route;
use crate::options::Options;

/// A local server, listening from the moment that it is made until it is stopped or dropped.
#[derive(Debug)]
pub struct LocalServer {
    url: String,
    backend: Arc<Backend>,
    notice: Option<String>,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    /// Each with what stops it.
    threads: Vec<(oneshot::Sender<()>, JoinHandle<()>)>,
    /// A fork copies this value but not the threads, which only its own process can wait for. A process is known by its forks,
    /// for in a PID namespace a child may have its parent's id.
    generation: u64,
}

/// More threads would wait for one another: what changes the state is done one after another.
const MAX_THREADS: usize = 4;

impl LocalServer {
    /// Starts a server. Fails when it cannot listen there, such as on a port that is in use.
    pub fn start(options: Options) -> Result<LocalServer, Error> {
        let address = SocketAddr::new(options.host, options.port);
        let fail = |e: &std::io::Error| {
            let why = if e.kind() == std::io::ErrorKind::AddrInUse { "it is in use".to_owned() } else { e.to_string() };
            Error::new(ErrorKind::InvalidConfig, format!("the local service cannot listen on {address}: {why}"))
        };
        let listener = TcpListener::bind(address).map_err(|e| fail(&e))?;
        listener.set_nonblocking(true).map_err(|e| fail(&e))?;
        let url = format!("http://{}", listener.local_addr().map_err(|e| fail(&e))?);
        let (backend, notice) = Backend::new(options)?;
        let running = Running { threads: Vec::new(), generation: fork::generation() };
        // Those that have started stop with it, should one of the next fail to start.
        let server = LocalServer { url, backend: Arc::new(backend), notice, running: Mutex::new(Some(running)) };
        let connections = Shared::default();
        let count = std::thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
        for number in 0..count {
            let listener = listener.try_clone().map_err(|e| fail(&e))?;
            let thread = server.spawn(listener, connections.clone(), number == 0).map_err(|e| fail(&e))?;
            if let Some(running) = server.lock().as_mut() {
                running.threads.push(thread);
            }
        }
        Ok(server)
    }

    /// Starts a thread that serves; `ticks` if it is the one that looks at the clock of resources.
    fn spawn(
        &self,
        listener: TcpListener,
        connections: Shared,
        ticks: bool,
    ) -> std::io::Result<(oneshot::Sender<()>, JoinHandle<()>)> {
        let runtime = builder::runtime()?;
        let (stop, stopped) = oneshot::channel();
        let backend = self.backend.clone();
        let run = move || serve(&runtime, listener, &backend, &connections, ticks, stopped);
        let thread = builder::thread("chimeline-local").spawn(run)?;
        Ok((stop, thread))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it listens, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it and closes its connections; what it kept in memory is gone for clients. Stopping twice is stopping once.
    pub fn stop(&self) {
        let running = self.lock().take();
        let Some(Running { threads, generation }) = running else { return };
        if generation == fork::generation() {
            // A thread that is gone already needs no message, and one that panicked has said so.
            let threads: Vec<JoinHandle<()>> = threads
                .into_iter()
                .map(|(stop, thread)| {
                    let _ = stop.send(());
                    thread
                })
                .collect();
            for thread in threads {
                let _ = thread.join();
            }
            self.backend.shut_down();
        }
    }

    /// The environment variables that point any AWS SDK to the server: credentials, region, and the endpoint of each service.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let options = &self.backend.options;
        let mut lines = Vec::new();
        if let Some(credentials) = options.credentials.first() {
            lines.push(("AWS_ACCESS_KEY_ID", credentials.access_key_id.clone()));
            lines.push(("AWS_SECRET_ACCESS_KEY", credentials.secret_access_key.clone()));
            lines.extend(credentials.session_token.clone().map(|token| ("AWS_SESSION_TOKEN", token)));
        }
        lines.push(("AWS_REGION", options.region.clone()));
        lines.push(("AWS_DEFAULT_REGION", options.region.clone()));
        for name in [
            "AWS_ENDPOINT_URL_CHIME",
            "AWS_ENDPOINT_URL_CHIME_SDK_MEDIA_PIPELINES",
            "AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS",
        ] {
            lines.push((name, self.url.clone()));
        }
        lines
    }

    /// [`LocalServer::environment`] as lines of a shell: `export NAME=value`.
    #[must_use]
    pub fn shell_lines(&self) -> String {
        let quote = |value: &str| format!("'{}'", value.replace('\'', r"'\''"));
        let plain = |value: &str| value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/".contains(&b));
        self.environment().iter().fold(String::new(), |lines, (name, value)| {
            let value = if plain(value) { value.clone() } else { quote(value) };
            format!("{lines}export {name}={value}\n")
        })
    }

    /// What is to be said at the start, such as that the state file was damaged.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Moves the clock of resources ahead, so that a test sees their next states without waiting.
    pub fn advance(&self, by: Duration) {
        use crate::engine::ClockChange::Advance;
        // A state file that cannot be written is an error of the next request, which must not be lost.
        let _ = self.backend.with_engine(|engine, now| engine.change_clock(Advance(by), now));
    }

    /// Responds to the next `times` requests with an error in place of what they ask for: the status, and an error code such
    /// as `ThrottledClientException`, or an HTML page where the code is empty. Fails for what cannot be in a response.
    pub fn fail_next(&self, times: usize, status: u16, code: &str) -> Result<(), Error> {
        let wrong = |why: String| Err(Error::new(ErrorKind::InvalidConfig, why));
        if !(300..=599).contains(&status) {
            return wrong(format!("status is {status}, which must be that of an error, from 300 to 599"));
        }
        if !code.bytes().all(|b| b.is_ascii_graphic()) {
            let rule = "which must be a word such as \"ThrottledClientException\", or empty";
            return wrong(format!("code is {code:?}, {rule}"));
        }
        self.add_fault(&match code {
            "" => json!({"times": times, "html": status}),
            _ => json!({"times": times, "error": {"code": code, "status": status}}),
        })
    }

    /// Has the JSON of each event handed to a function from now on, in their order; it must not wait.
    pub fn on_event(&self, handler: impl Fn(String) + Send + Sync + 'static) {
        self.backend.events.add_handler(Box::new(handler));
    }

    /// Adds a rule of faults. Fails for what is not a rule.
    pub fn add_fault(&self, rule: &Value) -> Result<(), Error> {
        let added = self.backend.faults.add(rule);
        added.map(|_| ()).map_err(|why| Error::new(ErrorKind::InvalidConfig, why))
    }

    /// Carries out a request of the control API: the method, the path below `/_local` with its query, and the JSON of the body,
    /// or null. Returns the status and body of the response.
    #[must_use]
    pub fn control(&self, method: &str, target: &str, body: &Value) -> (u16, Value) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        match route::pairs(query) {
            Some(query) => control::handle(&self.backend, method, path, &query, body),
            None => (400, json!({"error": "BadRequestException", "message": "the query is not UTF-8"})),
        }
    }
}

impl LocalServer {
    /// [`LocalServer::control`] for bindings: the body and the response's body as JSON text, empty for none. The error is the
    /// message of a refusal.
    pub fn control_json(&self, method: &str, target: &str, body: &str) -> Result<String, String> {
        let body = match body {
            "" => Value::Null,
            text => serde_json::from_str(text).map_err(|e| format!("the body is not JSON: {e}"))?,
        };
        match self.control(method, target, &body) {
            (200..300, Value::Null) => Ok(String::new()),
            (200..300, body) => Ok(body.to_string()),
            (_, body) => Err(body.get("message").and_then(Value::as_str).unwrap_or("refused").to_owned()),
        }
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Serves until it is stopped; dropping the runtime then closes every connection.
fn serve(
    runtime: &Runtime,
    listener: TcpListener,
    backend: &Arc<Backend>,
    connections: &Shared,
    ticks: bool,
    stopped: oneshot::Receiver<()>,
) {
    runtime.block_on(async move {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
        let ticking = async {
            if ticks {
                connection::tick(backend).await;
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = connection::accept(&listener, backend, connections) => {}
            () = ticking => {}
            _ = stopped => {}
        }
    });
}
