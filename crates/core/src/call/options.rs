//! One call: what is sent, and within which limits.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::identity::Identity;
use http::HeaderValue;
use tokio::time::Instant;

use crate::codec::encode::Encoded;
use crate::config::resolve::Config;
use crate::config::setting_resolver::{AT_LEAST_ONE, duration, invalid_option};
use crate::config::static_credentials::StaticCredentials;
use crate::credentials::static_credentials;
use crate::error::kinds::Error;
use crate::runtime::host::Questions;
use crate::schema::Operation;
use crate::schema::generated::options::{OptionId, OptionNames};

/// A call whose input was checked and encoded.
pub struct Call {
    pub(crate) operation: &'static Operation,
    pub(crate) encoded: Encoded,
    pub(crate) limits: Limits,
    /// In place of the client's credentials.
    pub(crate) identity: Option<Identity>,
    /// The trace of AWS Lambda that it belongs to.
    pub(crate) trace: Option<HeaderValue>,
    /// What it asks its host.
    pub(crate) questions: Questions,
    /// The host's time of day.
    pub(crate) now: Option<SystemTime>,
}

/// What one call does otherwise than its client; what is left out is the client's.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    /// Seconds for the whole call, retries included.
    pub timeout: Option<f64>,
    /// For how long they count already: where the host began with the call some time before, such as to resolve its options.
    pub started_ago: Option<Duration>,
    /// Seconds for one attempt, from its connection to the last byte of its answer.
    pub attempt_timeout: Option<f64>,
    /// Attempts in all.
    pub max_attempts: Option<u32>,
    /// Credentials to sign with.
    pub credentials: Option<StaticCredentials>,
    /// The trace of the Lambda invocation that makes the call: `_X_AMZN_TRACE_ID` as it is at the call, for it changes with
    /// each invocation. One that cannot be a header is left out.
    pub trace_id: Option<String>,
    /// What the call asks its host, besides what all calls of its client ask.
    pub questions: Questions,
    /// The time of day by the host's clock, which the expiry of its credentials goes by; the process's where left out.
    pub now: Option<SystemTime>,
    /// What the users of the binding call the options.
    pub names: OptionNames,
}

/// How long and how often a call tries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) timeout: Option<Duration>,
    pub(crate) started: Option<Instant>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) max_attempts: u32,
}

impl Limits {
    pub(crate) fn of(config: &Config) -> Limits {
        Limits {
            timeout: config.timeout,
            started: None,
            attempt_timeout: config.attempt_timeout,
            max_attempts: config.retry.max_attempts,
        }
    }

    fn with(self, options: &CallOptions) -> Result<Limits, Error> {
        let names = &options.names;
        let seconds = |option, value: Option<f64>| {
            value.map(|value| duration(names.key(option), option, value, names)).transpose()
        };
        if options.max_attempts == Some(0) {
            let option = OptionId::MaxAttempts;
            return Err(invalid_option(names.key(option), option, "0", AT_LEAST_ONE));
        }
        Ok(Limits {
            timeout: seconds(OptionId::Timeout, options.timeout)?.or(self.timeout),
            started: options.started_ago.and_then(|ago| Instant::now().checked_sub(ago)).or(self.started),
            attempt_timeout: seconds(OptionId::AttemptTimeout, options.attempt_timeout)?.or(self.attempt_timeout),
            max_attempts: options.max_attempts.unwrap_or(self.max_attempts),
        })
    }
}

/// When a call has to be over, and the limit that says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub(crate) limit: Duration,
    pub(crate) end: Instant,
}

impl Deadline {
    /// The deadline of a call that starts now, unless it started before; nothing where it has no limit, or one beyond what clocks count.
    pub(crate) fn of(limits: &Limits) -> Option<Deadline> {
        let limit = limits.timeout?;
        let end = limits.started.unwrap_or_else(Instant::now).checked_add(limit)?;
        Some(Deadline { limit, end })
    }
}

impl CallOptions {
    /// Fails for a limit that is none.
    pub fn check(&self) -> Result<(), Error> {
        let none = Limits { timeout: None, started: None, attempt_timeout: None, max_attempts: 1 };
        none.with(self).map(drop)
    }
}

impl Call {
    /// A call within the limits of its client.
    pub(crate) fn new(operation: &'static Operation, encoded: Encoded, config: &Config, questions: Questions) -> Call {
        Call { operation, encoded, limits: Limits::of(config), identity: None, trace: None, questions, now: None }
    }

    /// What the input was encoded to. It may hold what is sensitive.
    #[must_use]
    pub fn encoded(&self) -> &Encoded {
        &self.encoded
    }

    /// The same call with options of its own.
    pub fn with(mut self, options: &CallOptions) -> Result<Call, Error> {
        self.limits = self.limits.with(options)?;
        if let Some(given) = &options.credentials {
            let identity = static_credentials::identity(given);
            static_credentials::check_identity(&identity)?;
            self.identity = Some(identity);
            self.questions.credentials = false;
        }
        self.questions = self.questions.and(options.questions);
        self.now = options.now.or(self.now);
        if let Some(id) = &options.trace_id {
            self.trace = HeaderValue::from_str(id).ok();
        }
        Ok(self)
    }
}

impl fmt::Debug for Call {
    /// Without the input, which may hold what is sensitive.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &self.operation.name)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
