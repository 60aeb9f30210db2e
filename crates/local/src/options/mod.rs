//! What a local server is started with.

mod parse;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use chimeline_core::StaticCredentials;
use chimeline_core::runtime::environment::{Environment, Variables};

use crate::request::Rules;
pub use crate::request::{TokenReuse, UnknownMeetings};
use crate::state::Timing;

pub(crate) use parse::{FLAGS, OPTION_HELP, normalized};

/// How a local server is started. The defaults suit a test: a free port, the credentials of [`Options::default_credentials`].
#[derive(Clone)]
pub struct Options {
    /// The address to listen on: the loopback one, unless the machine's network is trusted.
    pub host: IpAddr,
    /// The port; 0 for one that is free.
    pub port: u16,
    /// The credentials of [`Options::account_id`]; requests signed with unknown ones are refused.
    pub credentials: Vec<StaticCredentials>,
    /// The region that [`LocalServer::environment`](crate::LocalServer::environment) names. Requests may be signed for any:
    /// each region has resources of its own.
    pub region: String,
    /// The account of [`Options::credentials`], 12 digits.
    pub account_id: String,
    /// Further accounts, each with resources of its own.
    pub accounts: Vec<Account>,
    /// Whether requests must be signed. Otherwise the region and access key are still read from a signature that is there.
    pub authenticate: bool,
    /// How long a resource stays in a transitional state, such as `Initializing` or `Stopping`.
    pub transition_delay: Duration,
    /// How many pipelines may be active at once in a region; `None` for the service's documented quotas.
    pub pipeline_quota: Option<usize>,
    /// Whether a pipeline may name a meeting that this server never had, for tests that fake meetings. One that it had and that has
    /// ended is refused in any case.
    pub unknown_meetings: UnknownMeetings,
    /// After how long a meeting ends that nobody joined; `None` for never.
    pub unjoined_meeting_timeout: Option<Duration>,
    /// How long after its last attendee left a meeting ends; `None` for never.
    pub empty_meeting_timeout: Option<Duration>,
    /// How long after its creation a meeting ends at the latest; `None` for never.
    pub max_meeting_duration: Option<Duration>,
    /// Whether a pipeline's attendee keeps a meeting from ending by itself.
    pub recorder_keeps_meeting: bool,
    /// How long a pipeline that ended by itself can be read; `None` for ever.
    pub stopped_retention: Option<Duration>,
    /// How long the token of a pipeline is remembered after the pipeline's end; `None` for ever.
    pub token_retention: Option<Duration>,
    /// What a remembered token returns after its pipeline's end.
    pub token_reuse: TokenReuse,
    /// Whether the control API is served; `None` for where the server listens on a loopback address.
    pub control: Option<bool>,
    /// A TOML or JSON file with rules of faults.
    pub faults: Option<PathBuf>,
    /// The file that keeps the state.
    pub state: Option<PathBuf>,
    /// A JSON file with an exported state to start with, unless there is a state already.
    pub seed: Option<PathBuf>,
    /// A file that events are appended to, one JSON line each.
    pub events_file: Option<PathBuf>,
    /// An `http://` URL that events are posted to.
    pub events_webhook: Option<String>,
    /// A folder that captures and concatenations write files to.
    pub artifacts: Option<PathBuf>,
    /// The `http://` URL of an S3 endpoint that they write objects to.
    pub artifacts_endpoint: Option<String>,
    /// The credentials for that endpoint; the first of [`Options::credentials`] unless given.
    pub artifacts_credentials: Option<StaticCredentials>,
    /// How many requests the control API remembers.
    pub recorded_requests: usize,
    /// How long a client may take to send a request's head, and again for its body.
    pub request_timeout: Duration,
    /// How many connections may be open at once; the one that waits longest for a request makes room for another.
    pub max_connections: usize,
    /// The clock and the random generator.
    pub env: Environment,
}

/// An account and the credentials that its requests are signed with.
#[derive(Clone)]
pub struct Account {
    /// The account, 12 digits.
    pub account_id: String,
    /// Its access key.
    pub credentials: StaticCredentials,
}

impl Options {
    /// The credentials that a server knows when it is given none. They are no secret.
    #[must_use]
    pub fn default_credentials() -> StaticCredentials {
        StaticCredentials {
            access_key_id: "AKIDCHIMELINELOCAL".to_owned(),
            secret_access_key: "chimeline-local-secret".to_owned(),
            session_token: None,
        }
    }

    /// Every access key with its account.
    pub(crate) fn all_accounts(&self) -> impl Iterator<Item = (&StaticCredentials, &str)> {
        let first = self.credentials.iter().map(|credentials| (credentials, self.account_id.as_str()));
        first.chain(self.accounts.iter().map(|account| (&account.credentials, account.account_id.as_str())))
    }

    pub(crate) fn serves_control(&self) -> bool {
        self.control.unwrap_or_else(|| self.host.is_loopback())
    }

    pub(crate) fn timing(&self) -> Timing {
        Timing {
            transition_delay: self.transition_delay,
            unjoined_meeting_timeout: self.unjoined_meeting_timeout,
            empty_meeting_timeout: self.empty_meeting_timeout,
            max_meeting_duration: self.max_meeting_duration,
            recorder_keeps_meeting: self.recorder_keeps_meeting,
            stopped_retention: self.stopped_retention,
            token_retention: self.token_retention,
        }
    }

    pub(crate) fn rules(&self) -> Rules {
        Rules {
            pipeline_quota: self.pipeline_quota,
            unknown_meetings: self.unknown_meetings,
            token_reuse: self.token_reuse,
        }
    }
}

impl Default for Options {
    fn default() -> Options {
        const DAY: Duration = Duration::from_hours(24);
        Options {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            credentials: vec![Options::default_credentials()],
            region: "us-east-1".to_owned(),
            account_id: "111122223333".to_owned(),
            accounts: Vec::new(),
            authenticate: true,
            transition_delay: Duration::from_millis(250),
            pipeline_quota: None,
            unknown_meetings: UnknownMeetings::Allow,
            unjoined_meeting_timeout: Some(Duration::from_mins(5)),
            empty_meeting_timeout: Some(Duration::from_mins(5)),
            max_meeting_duration: Some(DAY),
            recorder_keeps_meeting: false,
            stopped_retention: Some(30 * DAY),
            token_retention: Some(DAY),
            token_reuse: TokenReuse::Replay,
            control: None,
            faults: None,
            state: None,
            seed: None,
            events_file: None,
            events_webhook: None,
            artifacts: None,
            artifacts_endpoint: None,
            artifacts_credentials: None,
            recorded_requests: 1000,
            request_timeout: Duration::from_secs(30),
            max_connections: 2048,
            // It reads no variable.
            env: Environment::with_variables(Variables::default()),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Options({}:{}, {}, {})", self.host, self.port, self.region, self.account_id)
    }
}

impl fmt::Debug for Account {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({}, {})", self.account_id, self.credentials.access_key_id)
    }
}
