//! One HTTP exchange over a pool of connections, and what each way of failing is called.

use std::error::Error as StdError;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method};
use reqwest::{Url, redirect, retry};
use rustls::ClientConfig;
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, spawn_blocking, yield_now};

use crate::error::kinds::{Error, ErrorKind};
use crate::error::network_cause::network_cause;
use crate::error::panics;
use crate::error::resource_limits;
use crate::error::response::RawResponse;
use crate::http::cause::{self, chain};
use crate::http::large_body;
use crate::http::proxy::{Proxies, Usable};
use crate::http::tls::{self, Tls};
use crate::runtime::environment::Variables;
use crate::runtime::per_process::PerProcess;

/// How connections are made, for the service's traffic and for that of credentials.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) tls: Tls,
    pub(crate) proxies: Proxies,
    pub(crate) socket: SocketOptions,
    configured: OnceLock<ClientConfig>,
    reading: PerProcess<Arc<Mutex<Option<Reading>>>>,
}

/// What holds for each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SocketOptions {
    pub(crate) connect_timeout: Duration,
    pub(crate) read_timeout: Duration,
    /// Whether TCP asks a silent peer whether it is still there.
    pub(crate) tcp_keepalive: bool,
}

impl SocketOptions {
    /// The defaults, but for both limits.
    pub(crate) fn within(limit: Duration) -> SocketOptions {
        SocketOptions { connect_timeout: limit, read_timeout: limit, tcp_keepalive: true }
    }
}

/// The task that reads certificates.
type Reading = JoinHandle<Result<ClientConfig, Error>>;

/// How long a connection is silent before TCP asks whether its peer is still there; two more times, and it is given up.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

impl Network {
    pub(crate) fn new(tls: Tls, proxies: Proxies, socket: SocketOptions) -> Network {
        let (configured, reading) = (OnceLock::new(), PerProcess::new());
        Network { tls, proxies, socket, configured, reading }
    }

    /// Whether connections are made in the same way.
    pub(crate) fn is_like(&self, other: &Network) -> bool {
        self.tls == other.tls && self.proxies == other.proxies && self.socket == other.socket
    }

    /// The same with the proxies of the environment.
    pub(crate) fn as_in(&self, variables: &Variables) -> Arc<Network> {
        let (proxies, _) = Proxies::of_environment(variables);
        Arc::new(Network::new(self.tls.clone(), proxies, self.socket))
    }

    /// A client for requests to the host of `url`, with a pool of its own, which belongs to the runtime that it is first
    /// used on. Certificates are read only where they will be needed: the platform's take milliseconds.
    pub(crate) async fn client(&self, url: &Url, idle_connections: usize) -> Result<reqwest::Client, Error> {
        let fail = |e: reqwest::Error| {
            Error::new(ErrorKind::InvalidConfig, format!("the HTTP client cannot be set up: {}", cause_of(&e)))
        };
        let proxy = self.proxies.before(url)?;
        let over_tls = url.scheme() == "https" || proxy.is_some_and(|proxy| proxy.url.scheme() == "https");
        let configuration = if over_tls { self.configuration().await? } else { tls::unused()? };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(configuration)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .connect_timeout(self.socket.connect_timeout)
            .read_timeout(self.socket.read_timeout)
            .pool_idle_timeout(Duration::from_secs(90))
            .pool_max_idle_per_host(idle_connections)
            .tcp_nodelay(true)
            .tcp_keepalive(self.socket.tcp_keepalive.then_some(KEEP_ALIVE))
            .tcp_keepalive_interval(self.socket.tcp_keepalive.then_some(KEEP_ALIVE))
            .tcp_keepalive_retries(self.socket.tcp_keepalive.then_some(3));
        for proxy in self.proxies.in_client() {
            builder = builder.proxy(proxy);
        }
        builder.build().map_err(fail)
    }

    /// The configuration of TLS. Its files are read once, by a thread that may wait, for one may be slow; a call that
    /// leaves at its deadline leaves that thread to the calls behind it.
    async fn configuration(&self) -> Result<ClientConfig, Error> {
        let reading = self.reading.get(|| Ok(Arc::default()))?;
        loop {
            if let Some(config) = self.configured.get() {
                return Ok(config.clone());
            }
            let mut reading = reading.lock().await;
            if self.configured.get().is_some() {
                continue;
            }
            let task = reading.get_or_insert_with(|| {
                let tls = self.tls.clone();
                spawn_blocking(move || tls::configuration(&tls))
            });
            let done = task.await;
            *reading = None;
            match done {
                Ok(config) => drop(self.configured.set(config?)),
                // The runtime of the call that began it has ended.
                Err(e) if e.is_cancelled() => {}
                Err(e) => return Err(panics::of_task(e)),
            }
        }
    }

    /// Sends the request and reads the whole answer, of at most `limit` bytes. Of a process that stood still the runtime may not yet
    /// know which idle connections were closed meanwhile: it looks first.
    pub(crate) async fn exchange(
        &self,
        http: &reqwest::Client,
        request: Request,
        limit: usize,
    ) -> Result<RawResponse, Error> {
        // The runtime looks before it comes back here.
        yield_now().await;
        self.exchange_at_once(http, request, limit).await
    }

    /// The same where the runtime has looked a moment ago.
    pub(crate) async fn exchange_at_once(
        &self,
        http: &reqwest::Client,
        request: Request,
        limit: usize,
    ) -> Result<RawResponse, Error> {
        let url = request.url.clone();
        let failed = |error: reqwest::Error| self.failure(&error, &url);
        let mut sent = reqwest::Request::new(request.method, request.url);
        *sent.headers_mut() = request.headers;
        *sent.body_mut() = request.body.map(large_body::body);
        let mut response = http.execute(sent).await.map_err(failed)?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Bytes::new();
        let mut joined = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + joined.len() + chunk.len() > limit {
                let host = host_of(&url);
                let message = format!("the answer of {host} (HTTP {status}) is longer than {limit} bytes");
                return Err(Error::new(ErrorKind::Response, message));
            }
            // Most answers are one chunk, which needs no copy.
            if body.is_empty() && joined.is_empty() {
                body = chunk;
            } else {
                joined.extend_from_slice(&std::mem::take(&mut body));
                joined.extend_from_slice(&chunk);
            }
        }
        let body = if joined.is_empty() { body } else { joined.freeze() };
        Ok(RawResponse { status, headers, body })
    }

    /// The error that a failed exchange is.
    fn failure(&self, error: &reqwest::Error, url: &Url) -> Error {
        let (cause, host) = (cause_of(error), host_of(url));
        if let Some(cure) = chain(error).filter_map(<dyn StdError>::downcast_ref).find_map(resource_limits::cure) {
            let text = format!("Could not connect to the endpoint URL: \"{host}\" ({cause}; {cure})");
            return Error::new(ErrorKind::EndpointConnection, text);
        }
        let untrusted = || (ErrorKind::Ssl, format!("SSL validation failed for {host}: {cause}"));
        let proxy = self.proxies.before(url).ok().flatten();
        let (kind, text) = if error.is_connect() {
            let in_tunnel = || chain(error).any(|e| e.to_string().contains("tunnel"));
            // A proxy that takes the requests themselves is all that is connected to. One that is silent in its own handshake
            // cannot be told from a host behind it that is, and is the likelier.
            let of_proxy = |proxy: &Usable| {
                url.scheme() == "http" || in_tunnel() || (error.is_timeout() && proxy.url.scheme() == "https")
            };
            if proxy.is_some_and(of_proxy) {
                (ErrorKind::ProxyConnection, format!("Failed to connect to proxy for \"{host}\": {cause}"))
            } else if error.is_timeout() {
                (ErrorKind::ConnectTimeout, format!("Connect timeout on endpoint URL: \"{host}\" ({cause})"))
            } else if chain(error).any(is_tls) {
                untrusted()
            } else {
                (ErrorKind::EndpointConnection, format!("Could not connect to the endpoint URL: \"{host}\" ({cause})"))
            }
        } else if chain(error).any(is_alert) {
            untrusted()
        } else if error.is_timeout() {
            (ErrorKind::ReadTimeout, format!("Read timeout on endpoint URL: \"{host}\" ({cause})"))
        } else if error.is_builder() {
            (ErrorKind::InvalidConfig, format!("the request to {host} cannot be made: {cause}"))
        } else if chain(error).any(|e| e.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)) {
            (ErrorKind::ConnectionClosed, format!("the answer of {host} is not HTTP: {cause}"))
        } else {
            let text = format!(
                "Connection was closed before we received a valid response from endpoint URL: \"{host}\" ({cause})"
            );
            (ErrorKind::ConnectionClosed, text)
        };
        let error_cause = cause::of(error, kind, url.scheme(), proxy.is_none());
        Error::new(kind, text).with_cause(error_cause).with_network_cause(network_cause(chain(error)))
    }
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

/// Scheme, host and port: what an error may say of a URL, whose path and query hold the caller's data.
pub(crate) fn host_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    error.is::<rustls::Error>()
}

/// Whether the server refuses the client. In TLS 1.3 it does so after the handshake, as the client sees it.
fn is_alert(error: &(dyn StdError + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(rustls::Error::AlertReceived(_)))
}

/// The innermost cause, which holds neither the URL nor anything of the request.
fn cause_of(error: &reqwest::Error) -> String {
    chain(error).skip(1).last().map_or_else(|| "no cause is known".to_owned(), ToString::to_string)
}
