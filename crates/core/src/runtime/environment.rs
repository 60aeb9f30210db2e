//! The clock, the rng and the environment, injected so that tests hold them still. Everything else reads them here.

use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use crate::runtime::fork;

type Now = dyn Fn() -> SystemTime + Send + Sync;
type Random = dyn Fn() -> f64 + Send + Sync;
type FreshUuid = dyn Fn() -> Uuid + Send + Sync;
type Sleep = dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// What a client takes from outside itself.
#[derive(Clone)]
pub struct Environment {
    /// The time of day.
    pub now: Arc<Now>,
    /// A number from 0 to 1, drawn anew each time.
    pub random: Arc<Random>,
    /// The environment variables.
    pub variables: Variables,
    /// A fresh version 4 UUID.
    pub uuid: Arc<FreshUuid>,
    /// The same where it only tells calls apart, and a repeated one does no harm.
    pub invocation_id: Arc<FreshUuid>,
    /// A wait of that length.
    pub sleep: Arc<Sleep>,
}

impl Default for Environment {
    /// The real one, with the process's environment as it is now.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock, random numbers and variables of the process"
    )]
    fn default() -> Environment {
        Environment::with_variables(std::env::vars_os().collect())
    }
}

impl Environment {
    /// The real one, with the environment that a host hands over. The process's own is not read, which another thread of the
    /// host may write meanwhile.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the clock, random numbers and variables of the process"
    )]
    #[must_use]
    pub fn with_variables(variables: Variables) -> Environment {
        Environment {
            now: Arc::new(SystemTime::now),
            random: Arc::new(random),
            variables,
            uuid: Arc::new(Uuid::new_v4),
            invocation_id: Arc::new(invocation_id),
            sleep: Arc::new(|length| Box::pin(tokio::time::sleep(length))),
        }
    }

    /// An environment variable. An empty one is as unset: compose files and CI write those for what they do not have.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).filter(|value| !value.is_empty())
    }
}

/// From the operating system: a generator in memory would go on alike in every forked process and in every copy of a restored
/// memory image, whose retries would then come together.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the clock, random numbers and variables of the process"
)]
#[expect(clippy::cast_precision_loss, reason = "exactly as many bits as a number has")]
fn random() -> f64 {
    let (_, drawn) = Uuid::new_v4().as_u64_pair();
    (drawn & ((1 << f64::MANTISSA_DIGITS) - 1)) as f64 / (1_u64 << f64::MANTISSA_DIGITS) as f64
}

/// From a generator of this thread, which saves a call the way into the operating system. Its seed is its process's own, but a copy
/// of a restored memory image goes on alike.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the clock, random numbers and variables of the process"
)]
fn invocation_id() -> Uuid {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    thread_local! {
        static STATE: Cell<Option<(u64, u64, u64)>> = const { Cell::new(None) };
    }
    let generation = fork::generation();
    let (_, high, low) = STATE.get().filter(|(of, ..)| *of == generation).unwrap_or_else(|| {
        let (high, low) = Uuid::new_v4().as_u64_pair();
        (generation, high, low)
    });
    // SplitMix64, twice: each step is a permutation, so that none comes again before all have come.
    let mixed = |state: u64| {
        let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ (state >> 31)
    };
    let (high, low) = (high.wrapping_add(ODD), low.wrapping_add(ODD));
    STATE.set(Some((generation, high, low)));
    let drawn = (u128::from(mixed(high)) << 64) | u128::from(mixed(low));
    uuid::Builder::from_random_bytes(drawn.to_be_bytes()).into_uuid()
}

/// A snapshot of environment variables.
///
/// libc's environment is not read again once a client is made: the host may write it from another thread meanwhile, which is
/// a data race, and a host such as a worker thread of Node has an environment of its own.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(Arc<HashMap<OsString, OsString>>);

impl Variables {
    /// The variable of that name; nothing for one that is not Unicode.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(OsStr::new(name))?.to_str().map(str::to_owned)
    }

    /// All of them, for a process that is started.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Variables {
        Variables(Arc::new(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }
}

impl fmt::Debug for Variables {
    /// Without their values, of which some are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Variables({})", self.0.len())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::invocation_id;

    #[test]
    fn no_invocation_id_comes_twice_on_any_thread() {
        const THREADS: usize = 4;
        const EACH: usize = 1000;
        let draw = || (0..EACH).map(|_| invocation_id()).collect::<Vec<_>>();
        let drawing: Vec<_> = (0..THREADS).map(|_| thread::spawn(draw)).collect();
        let drawn = drawing.into_iter().flat_map(|thread| thread.join().expect("no panic"));
        let different: HashSet<_> = drawn.inspect(|id| assert_eq!(id.get_version_num(), 4)).collect();
        assert_eq!(different.len(), THREADS * EACH);
    }
}
