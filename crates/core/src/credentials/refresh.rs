//! When credentials are refreshed, and until when they are sent. All that keeps credentials goes by these rules.

use std::time::{Duration, SystemTime};

/// How long before their expiry credentials are refreshed while calls go on with them.
const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_mins(5);
/// How long before their expiry they are no longer sent, for they may expire on the way.
const EXPIRY_BUFFER: Duration = Duration::from_secs(10);
/// How long a refresh that failed is not tried again while the credentials are valid.
const RETRY_DELAY: Duration = Duration::from_secs(10);

/// The times of some credentials; none for those that do not expire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    expiry: Option<SystemTime>,
    refresh_at: Option<SystemTime>,
}

impl Schedule {
    /// For credentials that were loaded `now`.
    pub(crate) fn new(expiry: Option<SystemTime>, now: SystemTime) -> Schedule {
        // Those that live for minutes only would be refreshed at each call.
        let ahead = |expiry: SystemTime| REFRESH_BEFORE_EXPIRY.min(expiry.duration_since(now).unwrap_or_default() / 2);
        Schedule { expiry, refresh_at: expiry.map(|expiry| expiry - ahead(expiry)) }
    }

    /// Whether a request may be signed with them.
    pub(crate) fn is_sendable(&self, now: SystemTime) -> bool {
        self.expiry.is_none_or(|expiry| now + EXPIRY_BUFFER < expiry)
    }

    /// Whether it is time to look for newer ones.
    pub(crate) fn wants_refresh(&self, now: SystemTime) -> bool {
        self.refresh_at.is_some_and(|at| at <= now)
    }

    /// Notes a refresh that failed.
    pub(crate) fn defer_refresh(&mut self, now: SystemTime) {
        self.refresh_at = self.refresh_at.map(|_| now + RETRY_DELAY);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::Schedule;

    #[test]
    fn credentials_are_refreshed_ahead_of_their_expiry_and_never_sent_just_before_it() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        let at = |seconds| now + Duration::from_secs(seconds);
        for (lifetime, refresh, last) in [(3600, 3300, 3589), (600, 300, 589), (240, 120, 229), (30, 15, 19)] {
            let mut schedule = Schedule::new(Some(at(lifetime)), now);
            assert!(!schedule.wants_refresh(at(refresh - 1)) && schedule.wants_refresh(at(refresh)), "{lifetime}");
            assert!(schedule.is_sendable(at(last)) && !schedule.is_sendable(at(last + 1)), "{lifetime}");
            schedule.defer_refresh(at(refresh));
            assert!(!schedule.wants_refresh(at(refresh + 9)) && schedule.wants_refresh(at(refresh + 10)), "{lifetime}");
        }
        assert!(!Schedule::new(Some(at(10)), now).is_sendable(now), "they may expire on the way");
        assert!(!Schedule::new(Some(now - Duration::from_mins(1)), now).is_sendable(now));
        let lasting = Schedule::new(None, now);
        assert!(lasting.is_sendable(at(1 << 30)) && !lasting.wants_refresh(at(1 << 30)));
    }
}
