//! Credentials that a function of the host's user returns: asked for by the call that finds them missing or due for a
//! refresh, through its own door to the host.
//!
//! There is one load for each pump and not one for all: an awaited and a blocking client may share these credentials, and a
//! thread must never wait for what only its own event loop could answer. What any load brings serves all.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, ThreadId};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity;
use tokio::sync::watch;

use crate::credentials::refresh::Schedule;
use crate::credentials::static_credentials::{self, CODE};
use crate::error::kinds::{Error, ErrorKind};
use crate::runtime::fork;
use crate::runtime::host::{Door, HostClock, HostCredentials, Pump, Question, Reply, host_is_gone};
use crate::runtime::per_process::PerProcess;

/// The credentials of one function of the host's user, cached for all clients that share it.
#[derive(Default)]
pub struct HostCredentialsCache {
    /// Each process has its own: its locks may have been held by another thread when it was forked.
    cache: PerProcess<Arc<Cache>>,
}

#[derive(Default)]
struct Cache {
    kept: RwLock<Option<CachedCredentials>>,
    /// The load of each pump, while one is under way.
    loads: Mutex<HashMap<Pump, Load>>,
}

#[derive(Clone)]
struct CachedCredentials {
    identity: Identity,
    schedule: Schedule,
}

/// What those who wait for a load get: its outcome, once there is one.
type Awaited = watch::Receiver<Option<Outcome>>;
type Outcome = Result<Identity, Failure>;

/// Each call makes an error of its own of it.
#[derive(Clone)]
struct Failure {
    kind: ErrorKind,
    message: String,
    raised: bool,
}

struct Load {
    /// The thread whose call asked.
    thread: ThreadId,
    outcome: Awaited,
}

/// What a call finds where it looks for a load.
enum Joined {
    Fresh(Identity),
    UnderWay(Awaited),
    /// By a question of this call.
    Asked(Awaited),
}

/// A load under way: whoever replies settles it. Dropped without a reply, it makes way for another call's question.
struct Loading {
    cache: Arc<Cache>,
    pump: Pump,
    /// Whether others wait for it: not so within a load of the same thread.
    shared: bool,
    clock: HostClock,
    generation: u64,
    done: Option<watch::Sender<Option<Outcome>>>,
}

impl HostCredentialsCache {
    /// Credentials that are valid now.
    pub(crate) async fn identity(&self, door: Option<&Door>) -> Result<Identity, Error> {
        let Some(door) = door else {
            let message = "the credentials come from the host, which this call cannot ask";
            return Err(Error::new(ErrorKind::CredentialRetrieval, message.to_owned()));
        };
        let (cache, clock) = (self.cache.get_or_default(), door.clock());
        loop {
            let now = clock.now();
            let sendable = cache.kept().filter(|kept| kept.schedule.is_sendable(now));
            if let Some(CachedCredentials { identity, schedule }) = &sendable
                && !schedule.wants_refresh(now)
            {
                return Ok(identity.clone());
            }
            let (mut load, asked) = match cache.join(door) {
                Joined::Fresh(identity) => return Ok(identity),
                Joined::UnderWay(load) => (load, false),
                Joined::Asked(load) => (load, true),
            };
            if let Some(kept) = &sendable
                && !(asked && door.pump() == Pump::Threads)
            {
                // The refresh goes on beside the call. A blocked thread cannot do both: it is the one that replies.
                return Ok(kept.identity.clone());
            }
            let outcome = load.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
            let still = sendable.filter(|kept| kept.schedule.is_sendable(clock.now()));
            match (outcome, still) {
                (Some(Ok(identity)), _) => return Ok(identity),
                (_, Some(kept)) => return Ok(kept.identity),
                (Some(Err(failure)), None) => return Err(failure.into_error()),
                (None, None) if asked => {
                    // Another pump's load may have brought some meanwhile.
                    let kept = cache.kept().filter(|kept| kept.schedule.is_sendable(clock.now()));
                    return kept.map(|kept| kept.identity).ok_or_else(host_is_gone);
                }
                // The call that asked left without a reply: it is another one's turn.
                (None, None) => {}
            }
        }
    }
}

impl Cache {
    /// The pump's load that is under way, or a new one by a question of this call.
    fn join(self: &Arc<Cache>, door: &Door) -> Joined {
        let (pump, clock, thread) = (door.pump(), door.clock(), thread::current().id());
        let mut loads = self.loads();
        // Another load may have ended since the call looked.
        let now = clock.now();
        if let Some(CachedCredentials { identity, schedule }) = self.kept()
            && schedule.is_sendable(now)
            && !schedule.wants_refresh(now)
        {
            return Joined::Fresh(identity);
        }
        let shared = match loads.get(&pump) {
            None => true,
            // A call within the load of this very thread, such as a signal handler's, would wait for what waits for it.
            Some(load) if pump == Pump::Threads && load.thread == thread => false,
            Some(load) => return Joined::UnderWay(load.outcome.clone()),
        };
        let (done, outcome) = watch::channel(None);
        if shared {
            loads.insert(pump, Load { thread, outcome: outcome.clone() });
        }
        drop(loads);
        let generation = fork::generation();
        let loading = Loading { cache: self.clone(), pump, shared, clock, generation, done: Some(done) };
        door.put(Question::Credentials, move |reply| loading.settle(reply));
        Joined::Asked(outcome)
    }

    fn kept(&self) -> Option<CachedCredentials> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn loads(&self) -> MutexGuard<'_, HashMap<Pump, Load>> {
        self.loads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loading {
    /// Keeps what the host replied, and gives it to those who wait.
    fn settle(mut self, reply: Reply) {
        if self.generation != fork::generation() {
            return;
        }
        let now = self.clock.now();
        let loaded = match reply {
            Reply::Credentials(given) => identity(given, now),
            Reply::Failed(message) => Err(Failure { kind: ErrorKind::CredentialRetrieval, message, raised: true }),
            _ => Err(failure("the host did not reply with credentials".to_owned())),
        };
        let mut kept = self.cache.kept.write().unwrap_or_else(PoisonError::into_inner);
        match &loaded {
            Ok((identity, true)) => {
                let schedule = Schedule::new(identity.expiration(), now);
                *kept = Some(CachedCredentials { identity: identity.clone(), schedule });
            }
            Ok((_, false)) => {}
            Err(_) => {
                if let Some(kept) = kept.as_mut() {
                    kept.schedule.defer_refresh(now);
                }
            }
        }
        drop(kept);
        self.make_way();
        if let Some(done) = self.done.take() {
            done.send_replace(Some(loaded.map(|(identity, _)| identity)));
        }
    }

    fn make_way(&self) {
        if self.shared {
            self.cache.loads().remove(&self.pump);
        }
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        let Some(done) = self.done.take() else { return };
        if self.generation == fork::generation() {
            self.make_way();
        } else {
            // It is the parent's, whose locks may be held for ever here.
            std::mem::forget((done, self.cache.clone()));
        }
    }
}

/// The credentials, and whether other calls may use them.
fn identity(given: HostCredentials, now: SystemTime) -> Result<(Identity, bool), Failure> {
    let HostCredentials { access_key_id, secret_access_key, session_token, expiration, source, cacheable } = given;
    if let Some(expiration) = expiration
        && !Schedule::new(Some(expiration), now).is_sendable(now)
    {
        let when = match now.duration_since(expiration) {
            Ok(ago) => format!("expired {:.0} s ago", ago.as_secs_f64()),
            Err(left) => format!("expire in {:.0} s, which is too soon", left.duration().as_secs_f64()),
        };
        return Err(failure(format!("the credentials that {source} gave {when}; they are not sent")));
    }
    let token = session_token.filter(|token| !token.is_empty());
    let credentials = Credentials::new(access_key_id, secret_access_key, token, expiration, CODE);
    let identity = Identity::new(credentials, expiration);
    match static_credentials::check_identity(&identity) {
        Ok(()) => Ok((identity, cacheable)),
        Err(error) => Err(Failure { kind: error.kind(), message: error.message().to_owned(), raised: false }),
    }
}

fn failure(message: String) -> Failure {
    Failure { kind: ErrorKind::CredentialRetrieval, message, raised: false }
}

impl Failure {
    fn into_error(self) -> Error {
        let error = Error::new(self.kind, self.message);
        if self.raised { error.raised_by_host() } else { error }
    }
}

impl fmt::Debug for HostCredentialsCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostCredentialsCache")
    }
}
