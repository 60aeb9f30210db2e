//! The server's life: it listens, serves on a thread of its own, and stops.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chimeline_core::error::kinds::{Error, ErrorKind};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::options::Options;
use crate::service::Service;

/// A local server, listening from the moment that it is made until it is stopped or dropped.
#[derive(Debug)]
pub struct LocalServer {
    url: String,
    service: Arc<Service>,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
    /// A fork copies this value but not the thread, which only its own process can wait for.
    process: u32,
}

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
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|e| fail(&e))?;
        let (stop, stopped) = oneshot::channel();
        let service = Arc::new(Service::new(options));
        let shared = service.clone();
        let run = move || serve(&runtime, listener, shared, stopped);
        let thread = std::thread::Builder::new().name("chimeline-local".to_owned()).spawn(run).map_err(|e| fail(&e))?;
        let running = Running { stop, thread, process: std::process::id() };
        Ok(LocalServer { url, service, running: Mutex::new(Some(running)) })
    }

    /// Where it listens, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it and closes its connections; what it kept in memory is gone for clients. Stopping twice is stopping once.
    pub fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { stop, thread, process }) = running else { return };
        if process == std::process::id() {
            // The thread that is gone already needs no message, and one that panicked has said so.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }

    /// The environment variables that point any AWS SDK to the server: keys, region, and the endpoint of each service.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let options = self.service.options();
        let mut lines = Vec::new();
        if let Some(keys) = options.keys.first() {
            lines.push(("AWS_ACCESS_KEY_ID", keys.access_key_id.clone()));
            lines.push(("AWS_SECRET_ACCESS_KEY", keys.secret_access_key.clone()));
            lines.extend(keys.session_token.clone().map(|token| ("AWS_SESSION_TOKEN", token)));
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

    /// Moves the clock of resources ahead, so that a test sees their next states without waiting.
    pub fn advance(&self, by: Duration) {
        self.service.advance(by);
    }

    /// Answers the next `times` requests with an error in place of what they ask for: the status, and an error code such as
    /// `ThrottledClientException`. Fails for what cannot stand in an answer.
    pub fn fail_next(&self, times: usize, status: u16, code: &str) -> Result<(), Error> {
        let wrong = |message: String| Err(Error::new(ErrorKind::InvalidConfig, message));
        if !(300..=599).contains(&status) {
            return wrong(format!("status is {status}, which must be that of an error, from 300 to 599"));
        }
        if !code.bytes().all(|b| b.is_ascii_graphic()) {
            return wrong(format!(
                "code is {code:?}, which must be a word such as \"ThrottledClientException\", or empty"
            ));
        }
        self.service.fail_next(times, status, code);
        Ok(())
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Serves until told to stop; dropping the runtime then closes every connection.
fn serve(runtime: &Runtime, listener: TcpListener, service: Arc<Service>, stopped: oneshot::Receiver<()>) {
    runtime.block_on(async move {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
        tokio::select! {
            () = accept(&listener, &service) => {}
            _ = stopped => {}
        }
    });
}

async fn accept(listener: &tokio::net::TcpListener, service: &Arc<Service>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Such as too many open files: others may be closed in a moment.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        // Without it an answer may wait for an acknowledgement; a socket that is gone fails later anyway.
        let _ = stream.set_nodelay(true);
        let service = service.clone();
        tokio::spawn(async move {
            let answer = service_fn(move |request| {
                let service = service.clone();
                async move { Ok::<_, Infallible>(service.answer(request).await) }
            });
            // A connection that breaks concerns only its client.
            let _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}
