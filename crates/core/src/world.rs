//! The clock, the dice and the environment, injected so that tests hold them still. Everything else reads them here.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

type Now = dyn Fn() -> SystemTime + Send + Sync;
type Random = dyn Fn() -> f64 + Send + Sync;
type Variable = dyn Fn(&str) -> Option<String> + Send + Sync;
type FreshUuid = dyn Fn() -> Uuid + Send + Sync;
type Sleep = dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// What a client takes from outside itself.
#[derive(Clone)]
pub struct World {
    /// The time of day.
    pub now: Arc<Now>,
    /// A number from 0 to 1, drawn anew each time.
    pub random: Arc<Random>,
    /// An environment variable.
    pub variable: Arc<Variable>,
    /// A fresh version 4 UUID.
    pub uuid: Arc<FreshUuid>,
    /// A wait of that length.
    pub sleep: Arc<Sleep>,
}

impl Default for World {
    /// The real one.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the real world comes in")]
    fn default() -> World {
        World {
            now: Arc::new(SystemTime::now),
            random: Arc::new(fastrand::f64),
            variable: Arc::new(|name| std::env::var(name).ok()),
            uuid: Arc::new(Uuid::new_v4),
            sleep: Arc::new(|length| Box::pin(tokio::time::sleep(length))),
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}
