//! Credentials: those given in code, those that a function of the host's user returns, or those that the providers find,
//! cached while they are valid.
//!
//! A load of the providers is the task of the cache that keeps what it finds, on the process's I/O thread: calls wait for it and may leave, and
//! it goes on without them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity;
use tokio::sync::watch;

use crate::config::options::Options;
use crate::config::resolve::Config;
use crate::credentials::host::HostCredentialsCache;
use crate::credentials::provider_chain::Providers;
use crate::credentials::providers::mfa::{MfaCodes, MfaDevice};
use crate::credentials::refresh::Schedule;
use crate::credentials::static_credentials;
use crate::error::cause::Cause;
use crate::error::kinds::{Error, ErrorKind};
use crate::http::transport::Network;
use crate::runtime::environment::Environment;
use crate::runtime::host::{Door, Questions};
use crate::runtime::io_thread;
use crate::runtime::per_process::PerProcess;

/// Where a client's credentials come from.
#[derive(Debug)]
pub(crate) enum Source {
    Fixed(Identity),
    CachedProvider(CachedProvider),
    Host(Arc<HostCredentialsCache>),
    /// Of a client that does not sign.
    Unsigned,
}

impl Source {
    /// The credentials of the options, else those of the host, else what the providers find.
    pub(crate) fn new(
        options: &Options,
        config: &Config,
        network: Arc<Network>,
        host: Option<Arc<HostCredentialsCache>>,
    ) -> Source {
        if options.unsigned.unwrap_or_default() {
            return Source::Unsigned;
        }
        match (&options.credentials, host) {
            (Some(keys), _) => Source::Fixed(static_credentials::identity(keys)),
            (None, Some(host)) => Source::Host(host),
            (None, None) => Source::CachedProvider(CachedProvider {
                providers: Arc::new(Providers::new(options, config, network)),
                kept: PerProcess::new(),
            }),
        }
    }

    /// Whether the providers find them.
    pub(crate) fn is_found(&self) -> bool {
        matches!(self, Source::CachedProvider(_))
    }

    /// What its calls ask their host.
    pub(crate) fn questions(&self) -> Questions {
        Questions { credentials: matches!(self, Source::Host(_)), ..Questions::default() }
    }

    /// Credentials that are valid now. What loads them is on the heap, for few calls need it.
    pub(crate) async fn identity(&self, env: &Environment, door: Option<&Door>) -> Result<Identity, Error> {
        match self {
            Source::Host(host) => Box::pin(host.identity(door)).await,
            Source::Fixed(identity) => {
                static_credentials::check_identity(identity)?;
                Ok(identity.clone())
            }
            Source::CachedProvider(found) => match found.fresh(env)? {
                Some(identity) => Ok(identity),
                None => Box::pin(found.load(env)).await,
            },
            Source::Unsigned => Ok(Identity::new((), None)),
        }
    }
}

/// What the providers find, kept and refreshed ahead of its expiry.
#[derive(Debug)]
pub(crate) struct CachedProvider {
    providers: Arc<Providers>,
    /// Each process has its own: its locks may have been held by another thread when it was forked.
    kept: PerProcess<Arc<Cache>>,
}

#[derive(Debug, Default)]
struct Cache {
    kept: RwLock<Option<CachedCredentials>>,
    /// The load that is under way.
    load: Mutex<Option<Load>>,
}

#[derive(Clone, Debug)]
struct CachedCredentials {
    identity: Identity,
    schedule: Schedule,
}

/// What those who wait for a load get: its outcome, once there is one. Each makes an error of its own of the parts.
type Load = watch::Receiver<Option<Result<Identity, (ErrorKind, String)>>>;

/// What a call finds where it looks for a load.
enum Joined {
    Loaded(Identity),
    Loading(Load),
}

impl CachedProvider {
    /// What the providers find with these codes of devices, past the cache; where another one is needed, its device.
    pub(crate) async fn load_with(
        &self,
        env: &Environment,
        codes: MfaCodes,
    ) -> Result<Result<Credentials, MfaDevice>, Error> {
        self.providers.load_with(env, codes).await
    }

    /// Those that are kept and may be sent.
    fn fresh(&self, env: &Environment) -> Result<Option<Identity>, Error> {
        let cache = self.kept.get(|| Ok(Arc::default()))?;
        let now = (env.now)();
        let Some(CachedCredentials { identity, schedule }) = cache.kept().filter(|kept| kept.schedule.is_sendable(now))
        else {
            return Ok(None);
        };
        if schedule.wants_refresh(now) {
            // What it fails of does not concern a call that has credentials.
            drop(self.join(&cache, env));
        }
        Ok(Some(identity))
    }

    /// What the load that is under way, or a new one, comes to.
    async fn load(&self, env: &Environment) -> Result<Identity, Error> {
        let cache = self.kept.get(|| Ok(Arc::default()))?;
        let mut load = match self.join(&cache, env)? {
            Joined::Loaded(identity) => return Ok(identity),
            Joined::Loading(load) => load,
        };
        let outcome = load.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        match outcome {
            Some(Ok(identity)) => Ok(identity),
            Some(Err((kind, message))) => {
                let of_connection = (kind.is_transient() || kind == ErrorKind::Ssl).then_some(Cause::OfCredentials);
                Err(Error::new(kind, message).with_cause(of_connection))
            }
            None => {
                let message = "Error when retrieving credentials: the load was cancelled";
                Err(Error::new(ErrorKind::CredentialRetrieval, message.to_owned()))
            }
        }
    }

    /// The load that is under way, or a new one.
    fn join(&self, cache: &Arc<Cache>, env: &Environment) -> Result<Joined, Error> {
        let mut under_way = cache.load();
        // One whose task is gone left no outcome.
        if let Some(load) = under_way.as_ref().filter(|load| load.has_changed().is_ok()) {
            return Ok(Joined::Loading(load.clone()));
        }
        let now = (env.now)();
        // Another load may have ended since the call looked.
        if let Some(CachedCredentials { identity, schedule }) = cache.kept()
            && schedule.is_sendable(now)
            && !schedule.wants_refresh(now)
        {
            return Ok(Joined::Loaded(identity));
        }
        let io = io_thread::io()?;
        let (done, load) = watch::channel(None);
        *under_way = Some(load.clone());
        let (providers, cache, env) = (self.providers.clone(), cache.clone(), env.clone());
        io.spawn(async move {
            let loaded = Box::pin(providers.load(&env)).await;
            let outcome = cache.settle(loaded, &env);
            done.send_replace(Some(outcome));
        });
        Ok(Joined::Loading(load))
    }
}

impl Cache {
    fn kept(&self) -> Option<CachedCredentials> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn load(&self) -> MutexGuard<'_, Option<Load>> {
        self.load.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what a load found, and makes way for the next load.
    fn settle(&self, loaded: Result<Credentials, Error>, env: &Environment) -> Result<Identity, (ErrorKind, String)> {
        let now = (env.now)();
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let outcome = match loaded {
            Ok(credentials) => {
                let schedule = Schedule::new(credentials.expiry(), now);
                let expiry = credentials.expiry();
                let identity = Identity::new(credentials, expiry);
                *kept = Some(CachedCredentials { identity: identity.clone(), schedule });
                Ok(identity)
            }
            Err(error) => {
                tracing::debug!(target: "chimeline", kind = error.kind().class(), "credentials were not loaded");
                if let Some(kept) = kept.as_mut() {
                    kept.schedule.defer_refresh(now);
                }
                Err((error.kind(), error.message().to_owned()))
            }
        };
        drop(kept);
        *self.load() = None;
        outcome
    }
}
