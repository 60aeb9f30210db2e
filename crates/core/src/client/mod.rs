//! A client of one service.

pub mod blocking;
pub(crate) mod blocking_runtimes;
pub mod loaded_credentials;
pub mod signed_get;

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use http::HeaderValue;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use crate::call::context::{CallContext, ClientContext};
use crate::call::options::{Call, Deadline};
use crate::call::orchestrator::{self, Response};
use crate::call::progress::Progress;
use crate::call::request;
use crate::client::blocking_runtimes::BlockingRuntimes;
use crate::codec::decode::decode;
use crate::codec::encode::{Invalid, encode};
use crate::codec::host::{HostBuilder, HostValue};
use crate::config::options::Options;
use crate::config::resolve::{Config, MAX_ASYNC_CONCURRENCY};
use crate::config::setting_resolver::CODE;
use crate::credentials::cache::Source;
use crate::credentials::host::HostCredentialsCache;
use crate::error::hint;
use crate::error::kinds::{Attempt, Error, ErrorKind};
use crate::error::panics;
use crate::http::transport::{Network, SocketOptions};
use crate::redact::excerpt;
use crate::retry::rate_limiter::RateLimit;
use crate::retry::standard::Quota;
use crate::runtime::environment::Environment;
use crate::runtime::host::{Asked, Door, Pump};
use crate::runtime::io_thread;
use crate::runtime::per_process::PerProcess;
use crate::schema::{Operation, Service};
use crate::signing::clock_skew::Skew;
use crate::signing::key::SigningKeys;

/// A client of one service; clones share their connections, credentials and retry quota.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

/// What a client is made of besides what its calls share: its connections, and the runtimes of blocking calls.
pub(crate) struct Inner {
    context: ClientContext,
    pool: Arc<PerProcess<Arc<OnceLock<reqwest::Client>>>>,
    /// One for each call of the I/O thread that may have a connection at once.
    permits: PerProcess<Arc<Semaphore>>,
    blocking_runtimes: Arc<PerProcess<Arc<BlockingRuntimes>>>,
}

impl Deref for Inner {
    type Target = ClientContext;

    fn deref(&self) -> &ClientContext {
        &self.context
    }
}

/// What a call under way tells its host.
#[derive(Debug)]
pub enum Event {
    /// It asks something, and goes on after the reply.
    Asked(Asked),
    /// Its outcome, after which nothing comes.
    Done(Result<Response, Error>),
}

/// A call under way on the process's I/O thread.
#[derive(Debug)]
pub struct Task {
    handle: AbortHandle,
    progress: Arc<Progress>,
}

impl Task {
    /// Drops the request. The call's outcome is then that it was cancelled. Gives the attempts that were made, the one under way
    /// included.
    #[expect(clippy::must_use_candidate, reason = "who aborts need not ask how far the call had come")]
    pub fn abort(&self) -> Vec<Attempt> {
        let attempts = self.progress.ended_by(ErrorKind::Cancelled);
        self.handle.abort();
        attempts
    }
}

/// Tells the outcome of a call once: by its own, else when the call is dropped by an abort or a panic.
struct CompletionGuard<F: FnOnce(Result<Response, Error>)> {
    done: Option<F>,
    operation: &'static str,
    progress: Arc<Progress>,
}

impl<F: FnOnce(Result<Response, Error>)> CompletionGuard<F> {
    fn complete(&mut self, outcome: Result<Response, Error>) {
        if let Some(done) = self.done.take() {
            done(outcome);
        }
    }
}

impl<F: FnOnce(Result<Response, Error>)> Drop for CompletionGuard<F> {
    fn drop(&mut self) {
        let message = "the call was cancelled".to_owned();
        let attempts = self.progress.ended_by(ErrorKind::Cancelled);
        let error = Error::new(ErrorKind::Cancelled, message).in_operation(self.operation);
        self.complete(Err(error.with_attempts(attempts)));
    }
}

/// Why an input cannot become a call.
#[derive(Debug)]
pub enum PrepareError<F> {
    /// An error of ours.
    Error(Error),
    /// The host raised while the input was read.
    Host(F),
}

impl Client {
    /// A client of `service` in the process's environment. Reads the environment and the shared config files; opens no connection.
    pub fn new(service: &'static Service, options: &Options) -> Result<Client, Error> {
        Client::in_world(service, options, Environment::default())
    }

    /// The same in an environment of the caller's.
    pub fn in_world(service: &'static Service, options: &Options, env: Environment) -> Result<Client, Error> {
        Client::with_host(service, options, env, None)
    }

    /// The same with credentials that its calls ask their host for, unless the options have some; clients may share them.
    pub fn with_host(
        service: &'static Service,
        options: &Options,
        env: Environment,
        credentials: Option<Arc<HostCredentialsCache>>,
    ) -> Result<Client, Error> {
        Client::with_peer(service, options, env, credentials, None)
    }

    /// The same, beside another client of the same session: what both have alike is shared, which is the TLS set-up, the connections,
    /// and the credentials that the providers find.
    pub fn with_peer(
        service: &'static Service,
        options: &Options,
        env: Environment,
        credentials: Option<Arc<HostCredentialsCache>>,
        peer: Option<&Client>,
    ) -> Result<Client, Error> {
        let options = &options.without_empty();
        let explained = |error: Error| {
            let client = hint::Client {
                service,
                region: options.region.as_deref().unwrap_or_default(),
                host: "",
                endpoint_source: options.endpoint_url.as_ref().map(|_| CODE),
                names: options.names,
            };
            let hint = hint::of(&client, "", &error);
            error.with_hint(hint)
        };
        panics::caught_now(|| Client::made(service, options, env, credentials, peer)).map_err(explained)
    }

    fn made(
        service: &'static Service,
        options: &Options,
        env: Environment,
        credentials: Option<Arc<HostCredentialsCache>>,
        peer: Option<&Client>,
    ) -> Result<Client, Error> {
        let service = Config::target(service, options)?;
        let config = Config::resolve(service, options, &env)?;
        let user_agent = HeaderValue::from_str(&config.user_agent)
            .map_err(|_| Error::new(ErrorKind::InvalidConfig, "the user agent cannot stand in a header".to_owned()))?;
        let Config { connect_timeout, read_timeout, tcp_keepalive, .. } = config;
        let socket = SocketOptions { connect_timeout, read_timeout, tcp_keepalive };
        let network = Network::new(config.tls.clone(), config.proxies.clone(), socket);
        let alike = peer.map(|peer| &peer.0).filter(|peer| peer.network.is_like(&network));
        let network = alike.map_or_else(|| Arc::new(network), |peer| peer.network.clone());
        let given = options.http_proxy.is_some() || options.https_proxy.is_some();
        let of_credentials = if given && options.proxies_of_service.unwrap_or_default() {
            network.as_in(&env.variables)
        } else {
            network.clone()
        };
        let found = alike.filter(|peer| {
            let from = |config: &Config| (config.profile.clone(), config.credentials_region.clone());
            peer.credentials.is_found() && from(&peer.config) == from(&config) && options.finds_credentials()
        });
        let credentials = match found {
            Some(peer) if credentials.is_none() => peer.credentials.clone(),
            _ => Arc::new(Source::new(options, &config, of_credentials, credentials)),
        };
        let connected = alike.filter(|peer| {
            let to =
                |config: &Config| (config.endpoint.url.clone(), config.max_pool_connections, config.max_concurrency);
            to(&peer.config) == to(&config)
        });
        let skew = Skew::starting_at(config.clock_offset);
        let endpoint = request::parsed(&config.endpoint.url)?;
        let context = ClientContext {
            credentials,
            service,
            config,
            quota: Quota::default(),
            rate: RateLimit::default(),
            skew,
            env,
            user_agent,
            signing_keys: SigningKeys::default(),
            endpoint,
            network,
        };
        let pool = connected.map_or_else(|| Arc::new(PerProcess::new()), |peer| peer.pool.clone());
        let blocking_runtimes =
            connected.map_or_else(|| Arc::new(PerProcess::new()), |peer| peer.blocking_runtimes.clone());
        Ok(Client(Arc::new(Inner { context, pool, permits: PerProcess::new(), blocking_runtimes })))
    }

    /// The same on a thread that may wait, for the files that are read may be slow. `done` is called once with the outcome, on
    /// a thread of the process's I/O runtime; where there is no such runtime, at once.
    pub fn make_in_background(
        service: &'static Service,
        options: Options,
        env: Environment,
        credentials: Option<Arc<HostCredentialsCache>>,
        done: impl FnOnce(Result<Client, Error>) + Send + 'static,
    ) {
        let io = match io_thread::io() {
            Ok(io) => io,
            Err(error) => return done(Err(error)),
        };
        let make = move || Client::with_host(service, &options, env, credentials);
        // Within a task, so that the outcome is known even where no thread can be started, at which tokio panics.
        let making = io.spawn(async move { tokio::task::spawn_blocking(make).await });
        io.spawn(async move {
            let outcome = making.await.flatten();
            done(outcome.unwrap_or_else(|error| Err(panics::of_task(error))));
        });
    }

    /// The service that the calls go to.
    #[must_use]
    pub fn service(&self) -> &'static Service {
        self.0.service
    }

    /// The resolved configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Checks and encodes the input of a call. All its faults come in one error.
    pub fn prepare<V: HostValue>(
        &self,
        operation: &'static Operation,
        input: &V,
    ) -> Result<Call, PrepareError<V::Violation>> {
        match encode(operation, input, self.0.config.validation, || (self.0.env.uuid)()) {
            Ok(encoded) => Ok(Call::new(operation, encoded, &self.0.config, self.0.credentials.questions())),
            Err(Invalid::Faults(faults)) => Err(PrepareError::Error(Error::invalid(operation.name, faults))),
            Err(Invalid::Host(fault)) => Err(PrepareError::Host(fault)),
        }
    }

    /// Makes the call on the current tokio runtime, which then owns the client's connections. It has no host to ask.
    pub async fn send(&self, call: &Call) -> Result<Response, Error> {
        self.send_noting(call, None, &Progress::default()).await
    }

    async fn send_noting(&self, call: &Call, door: Option<&Door>, progress: &Progress) -> Result<Response, Error> {
        let deadline = Deadline::of(&call.limits);
        let pool = self.0.pool.get(|| Ok(Arc::default()))?;
        let kept = usize::try_from(self.0.config.max_pool_connections).unwrap_or(usize::MAX);
        let http = self.http(&pool, kept, deadline).await;
        let http = &http.map_err(|e| self.0.explained(e, call.operation))?;
        let permits = self.0.permits.get(|| Ok(Arc::new(Semaphore::new(self.most_at_once()))))?;
        let (client, permits, knows_connections) = (&self.0.context, Some(&*permits), false);
        let context = CallContext { client, http, permits, knows_connections, call, door, deadline, progress };
        orchestrator::run(&context).await
    }

    /// Starts the call on the process's I/O thread. `done` is called once with the outcome, whatever becomes of the call; where
    /// there is no such thread, at once, and there is no task. It has no host to ask.
    pub fn start(&self, call: Call, done: impl FnOnce(Result<Response, Error>) + Send + 'static) -> Option<Task> {
        self.begin(call, None, done)
    }

    /// The same for a host of which the call may ask something: `on_event` is called with each question, and then once with
    /// the outcome. It must not block.
    pub fn start_with_host(
        &self,
        call: Call,
        pump: Pump,
        on_event: impl Fn(Event) + Send + Sync + 'static,
    ) -> Option<Task> {
        if !call.questions.any() {
            return self.begin(call, None, move |outcome| on_event(Event::Done(outcome)));
        }
        let (on_event, now) = (Arc::new(on_event), self.time_of(&call));
        let ask = on_event.clone();
        let door = Door::new(pump, now, move |asked| ask(Event::Asked(asked)));
        self.begin(call, Some(door), move |outcome| on_event(Event::Done(outcome)))
    }

    fn begin(
        &self,
        call: Call,
        door: Option<Door>,
        done: impl FnOnce(Result<Response, Error>) + Send + 'static,
    ) -> Option<Task> {
        let client = self.clone();
        let progress = Arc::new(Progress::default());
        let mut guard =
            CompletionGuard { done: Some(done), operation: call.operation.name, progress: progress.clone() };
        match io_thread::io() {
            Ok(io) => {
                let noted = progress.clone();
                let task = async move { guard.complete(client.send_noting(&call, door.as_ref(), &noted).await) };
                Some(Task { handle: io.spawn(task).abort_handle(), progress })
            }
            Err(error) => {
                guard.complete(Err(error.in_operation(call.operation.name)));
                None
            }
        }
    }

    /// Closes the connections that no call uses. The client stays usable.
    pub fn close(&self) {
        self.0.pool.clear();
        self.0.blocking_runtimes.clear();
    }

    /// Decodes a response of `operation` into the host's values.
    pub fn decode<B: HostBuilder>(
        &self,
        operation: &'static Operation,
        response: &Response,
        builder: &mut B,
    ) -> Result<(), Error> {
        let Some(output) = operation.output else { return Ok(()) };
        decode(output, &response.body, builder).map_err(|unreadable| {
            let (host, status) = (self.0.host(), response.metadata.status);
            let why = match response.metadata.content_encoding() {
                Some(encoding) => format!("it has the Content-Encoding {encoding}, which was not asked for"),
                None => format!("{}; it starts with {}", unreadable.0, excerpt(&response.body)),
            };
            let message = format!("the answer of {host} (HTTP {status}) cannot be read: {why}");
            let error = Error::new(ErrorKind::Response, message);
            self.0.explained(error, operation).with_attempts(response.attempts.clone())
        })
    }

    /// The host's time of day for a call that begins now.
    pub(crate) fn time_of(&self, call: &Call) -> SystemTime {
        call.now.unwrap_or_else(|| (self.0.env.now)())
    }

    pub(crate) fn context(&self) -> &ClientContext {
        &self.0
    }

    /// By how many seconds the service's clock is ahead of ours, as far as is known.
    #[must_use]
    pub fn clock_offset(&self) -> i64 {
        self.0.skew.seconds()
    }

    pub(crate) fn blocking_runtimes(&self) -> Result<Arc<BlockingRuntimes>, Error> {
        let Config { max_pool_connections, max_concurrency, .. } = self.0.config;
        self.0
            .blocking_runtimes
            .get(|| Ok(Arc::new(BlockingRuntimes::new(max_pool_connections, max_concurrency.unwrap_or(u32::MAX)))))
    }

    fn most_at_once(&self) -> usize {
        let most = self.0.config.max_concurrency.unwrap_or(MAX_ASYNC_CONCURRENCY);
        usize::try_from(most).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
    }

    /// The HTTP client that is kept in `made`, which is made the first time.
    pub(crate) async fn http(
        &self,
        made: &OnceLock<reqwest::Client>,
        idle_connections: usize,
        deadline: Option<Deadline>,
    ) -> Result<reqwest::Client, Error> {
        if let Some(http) = made.get() {
            return Ok(http.clone());
        }
        let idle_connections = if self.0.config.keep_alive { idle_connections } else { 0 };
        let making = self.0.network.client(&self.0.endpoint, idle_connections);
        let http = Box::pin(orchestrator::secured(deadline, making)).await?;
        Ok(made.get_or_init(|| http).clone())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.0.service.name).field(&self.0.host()).finish()
    }
}

#[cfg(test)]
mod tests {
    use crate::call::progress::Progress;
    use crate::schema::Operation;
    use crate::testing::fuzzing;

    /// Many may wait for a connection at once.
    #[test]
    fn a_call_that_waits_is_small() {
        const MOST: usize = 4096;
        let is_list = |(_, operation): &(_, &Operation)| operation.name == "ListMediaCapturePipelines";
        let (client, operation) = fuzzing::operations().into_iter().find(is_list).expect("an operation");
        let call = client.prepare(operation, &serde_json::json!({})).expect("a valid input");
        let progress = Progress::default();
        let size = size_of_val(&client.send_noting(&call, None, &progress));
        assert!(size <= MOST, "{size}");
    }
}
