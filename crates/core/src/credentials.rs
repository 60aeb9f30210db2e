//! Credentials: the keys given in code, or those that the providers find, kept while they are valid.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::call;
use crate::config::{Config, Options};
use crate::error::Error;
use crate::providers::Providers;
use crate::runtime::{self, PerProcess};
use crate::transport::Network;
use crate::world::World;

/// Where a client's credentials come from.
#[derive(Debug)]
pub(crate) enum Source {
    Fixed(Identity),
    Found(Found),
}

impl Source {
    /// The keys of the options, else what the providers find.
    pub(crate) fn new(options: &Options, config: &Config, network: Arc<Network>) -> Source {
        match &options.credentials {
            Some(keys) => Source::Fixed(call::identity(keys)),
            None => Source::Found(Found {
                providers: Arc::new(Providers::new(options, config, network)),
                kept: PerProcess::new(),
            }),
        }
    }

    /// Credentials that are valid now.
    pub(crate) async fn identity(&self, world: &World) -> Result<Identity, Error> {
        match self {
            Source::Fixed(identity) => Ok(identity.clone()),
            Source::Found(found) => found.identity(world).await,
        }
    }
}

/// What the providers find, kept and renewed ahead of its end by one task.
#[derive(Debug)]
pub(crate) struct Found {
    providers: Arc<Providers>,
    /// Each process has its own: the lock may have been held by another thread when it was forked.
    kept: PerProcess<Arc<Cache>>,
}

#[derive(Debug, Default)]
struct Cache {
    kept: RwLock<Option<Kept>>,
    /// Held by the one task that loads.
    loading: Arc<Mutex<()>>,
}

/// Credentials, and when to look for newer ones.
#[derive(Clone, Debug)]
struct Kept {
    identity: Identity,
    renew_at: Option<SystemTime>,
}

/// How long before their end credentials are renewed while calls go on with them.
const AHEAD: Duration = Duration::from_mins(5);
/// How long before their end they are no longer sent, for they may end on the way.
const MARGIN: Duration = Duration::from_secs(10);
/// How long a renewal that failed is not tried again.
const PAUSE: Duration = Duration::from_secs(10);

impl Found {
    async fn identity(&self, world: &World) -> Result<Identity, Error> {
        let cache = self.kept.get(|| Ok(Arc::default()))?;
        let now = (world.now)();
        if let Some(kept) = cache.kept(now + MARGIN) {
            if kept.is_due(now) {
                self.renew_ahead(&cache, world);
            }
            return Ok(kept.identity);
        }
        let _one_at_a_time = cache.loading.lock().await;
        let now = (world.now)();
        if let Some(kept) = cache.kept(now + MARGIN) {
            return Ok(kept.identity);
        }
        match self.providers.load(world).await {
            Ok(credentials) => Ok(cache.keep(credentials, now)),
            Err(error) => cache.kept(now).map(|kept| kept.identity).ok_or(error),
        }
    }

    /// Loads on the process's I/O thread, unless a task does so already.
    fn renew_ahead(&self, cache: &Arc<Cache>, world: &World) {
        let Ok(alone) = cache.loading.clone().try_lock_owned() else { return };
        let Ok(io) = runtime::io() else { return };
        io.spawn(renew(self.providers.clone(), cache.clone(), world.clone(), alone));
    }
}

async fn renew(providers: Arc<Providers>, cache: Arc<Cache>, world: World, _alone: OwnedMutexGuard<()>) {
    let now = (world.now)();
    // Another task may have done it since the call looked.
    if cache.kept(now).is_some_and(|kept| !kept.is_due(now)) {
        return;
    }
    match providers.load(&world).await {
        Ok(credentials) => drop(cache.keep(credentials, now)),
        Err(error) => {
            tracing::debug!(target: "chimeline", kind = error.kind().class(), "credentials were not renewed");
            cache.put_off(now + PAUSE);
        }
    }
}

impl Kept {
    fn is_due(&self, now: SystemTime) -> bool {
        self.renew_at.is_some_and(|at| at <= now)
    }
}

impl Cache {
    /// What is kept, if it is valid beyond `time`.
    fn kept(&self, time: SystemTime) -> Option<Kept> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.clone().filter(|kept| kept.identity.expiration().is_none_or(|end| end > time))
    }

    fn keep(&self, credentials: Credentials, now: SystemTime) -> Identity {
        let end = credentials.expiry();
        // Those that live for minutes only would be renewed at each call.
        let ahead = |end: SystemTime| end - AHEAD.min(end.duration_since(now).unwrap_or_default() / 2);
        let identity = Identity::new(credentials, end);
        let kept = Kept { identity: identity.clone(), renew_at: end.map(ahead) };
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        identity
    }

    fn put_off(&self, time: SystemTime) {
        if let Some(kept) = self.kept.write().unwrap_or_else(PoisonError::into_inner).as_mut() {
            kept.renew_at = Some(time);
        }
    }
}
