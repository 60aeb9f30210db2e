//! What the service remembers of an account, and how it changes by itself as the clock moves.

mod account;
mod ended;
mod event;
mod idempotency;
mod presence;
mod resource;
mod snapshot;
mod transitions;

pub(crate) use account::AccountState;
pub(crate) use event::Event;
pub(crate) use idempotency::{Idempotency, fingerprint};
pub(crate) use resource::{Draft, MeetingRef, Resource};
pub(crate) use transitions::Cause;

use std::time::Duration;

/// How long things last. `None` is for ever.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    pub(crate) transition_delay: Duration,
    pub(crate) unjoined_meeting_timeout: Option<Duration>,
    pub(crate) empty_meeting_timeout: Option<Duration>,
    pub(crate) max_meeting_duration: Option<Duration>,
    pub(crate) recorder_keeps_meeting: bool,
    pub(crate) stopped_retention: Option<Duration>,
    pub(crate) token_retention: Option<Duration>,
}
