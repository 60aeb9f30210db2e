//! What a local server is started with.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use chimeline_core::Keys;
use chimeline_core::runtime::environment::{Variables, World};

/// How a local server is started. The defaults suit a test: a free port, the keys of [`Options::default_keys`].
#[derive(Clone)]
pub struct Options {
    /// The address to listen on: the loopback one, unless the machine's network is trusted.
    pub host: IpAddr,
    /// The port; 0 for one that is free.
    pub port: u16,
    /// The keys that the server knows; requests signed with others are refused.
    pub keys: Vec<Keys>,
    /// The region that [`LocalServer::environment`](crate::LocalServer::environment) names. Requests may be signed for any:
    /// each region has resources of its own.
    pub region: String,
    /// The account that owns everything, 12 digits.
    pub account_id: String,
    /// How long a pipeline stays in a passing state, such as `Initializing` or `Stopping`.
    pub pace: Duration,
    /// How many pipelines may be active at once in a region; nothing for the service's documented quotas.
    pub pipeline_quota: Option<usize>,
    /// The clock and the dice.
    pub world: World,
}

impl Options {
    /// The keys that a server knows when it is told none. They are no secret.
    #[must_use]
    pub fn default_keys() -> Keys {
        Keys {
            access_key_id: "AKIDCHIMELINELOCAL".to_owned(),
            secret_access_key: "chimeline-local-secret".to_owned(),
            session_token: None,
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            keys: vec![Options::default_keys()],
            region: "us-east-1".to_owned(),
            account_id: "111122223333".to_owned(),
            pace: Duration::from_millis(250),
            pipeline_quota: None,
            // It reads no variable.
            world: World::with_variables(Variables::default()),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Options({}:{}, {}, {})", self.host, self.port, self.region, self.account_id)
    }
}
