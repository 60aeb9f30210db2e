//! The clock that resources see: the real one, ahead or behind, or one that stands still.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::time;

/// A clock that a test moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clock {
    ahead: Duration,
    behind: Duration,
    frozen: Option<SystemTime>,
}

/// 9999-12-30T00:00:00Z, the last day that timestamps in responses can be.
const END: Duration = Duration::from_hours(70_389_480);

impl Clock {
    /// The time, when the real one is `real`.
    pub(crate) fn now(&self, real: SystemTime) -> SystemTime {
        let end = UNIX_EPOCH + END;
        let running = || real.checked_add(self.ahead)?.checked_sub(self.behind);
        self.frozen.or_else(running).unwrap_or(end).clamp(UNIX_EPOCH, end)
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        match &mut self.frozen {
            Some(time) => *time = time.checked_add(by).unwrap_or(UNIX_EPOCH + END).min(UNIX_EPOCH + END),
            None => self.ahead = self.ahead.saturating_add(by).min(END),
        }
    }

    pub(crate) fn set(&mut self, time: SystemTime, real: SystemTime) {
        if self.frozen.is_some() {
            self.frozen = Some(time);
            return;
        }
        (self.ahead, self.behind) = match time.duration_since(real) {
            Ok(ahead) => (ahead, Duration::ZERO),
            Err(e) => (Duration::ZERO, e.duration()),
        };
    }

    pub(crate) fn freeze(&mut self, real: SystemTime) {
        self.frozen = Some(self.now(real));
    }

    /// Lets a frozen clock run on from where it is.
    pub(crate) fn resume(&mut self, real: SystemTime) {
        if let Some(time) = self.frozen.take() {
            self.set(time, real);
        }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    pub(crate) fn export(&self) -> Value {
        json!({
            "ahead": self.ahead.as_secs_f64(),
            "behind": self.behind.as_secs_f64(),
            "frozen": self.frozen.map(time::text),
        })
    }

    pub(crate) fn import(value: &Value) -> Result<Clock, String> {
        let length = |name: &str| {
            let seconds = value.get(name).and_then(Value::as_f64).unwrap_or_default();
            Duration::try_from_secs_f64(seconds).map_err(|_| format!("clock: {name} is not a number of seconds"))
        };
        let frozen = match value.get("frozen").and_then(Value::as_str) {
            Some(text) => Some(time::parse(text).ok_or("clock: frozen is not a time")?),
            None => None,
        };
        Ok(Clock { ahead: length("ahead")?, behind: length("behind")?, frozen })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::Clock;

    #[test]
    fn a_frozen_clock_moves_only_by_hand() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let mut clock = Clock::default();
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now(at(10)), at(15));
        clock.freeze(at(10));
        assert_eq!(clock.now(at(90)), at(15));
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now(at(90)), at(20));
        clock.resume(at(90));
        assert_eq!(clock.now(at(91)), at(21));
        clock.set(at(1000), at(91));
        assert_eq!(clock.now(at(92)), at(1001));
        assert_eq!(Clock::import(&clock.export()), Ok(clock));
    }

    #[test]
    fn no_step_leads_beyond_the_last_day() {
        let mut clock = Clock::default();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!(jiff::Timestamp::try_from(clock.now(UNIX_EPOCH)).is_ok());
        clock.freeze(UNIX_EPOCH);
        clock.advance(Duration::MAX);
        assert!(jiff::Timestamp::try_from(clock.now(UNIX_EPOCH)).is_ok());
    }
}
