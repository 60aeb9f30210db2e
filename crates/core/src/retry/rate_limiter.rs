//! The adaptive mode's rate limit: once the service throttles, calls wait for a token bucket whose rate follows a cubic
//! curve, back up to where it was throttled and carefully beyond.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::runtime::per_process::PerProcess;

/// The rate limit that the calls of a client share in one process. Times are since any fixed point.
#[derive(Debug, Default)]
pub(crate) struct RateLimit(PerProcess<Arc<Mutex<State>>>);

#[derive(Debug, Default)]
struct State {
    /// Nothing is limited before the first throttling.
    enabled: bool,
    /// Tokens a second.
    fill_rate: f64,
    capacity: f64,
    tokens: f64,
    filled_at: Option<f64>,
    /// Requests a second, measured and smoothed.
    measured: f64,
    counted: f64,
    counted_from: f64,
    rate_at_throttling: f64,
    throttled_at: f64,
}

const LEAST_RATE: f64 = 0.5;
const LEAST_CAPACITY: f64 = 1.0;
const SMOOTHING: f64 = 0.8;
/// What a throttling leaves of the rate.
const BETA: f64 = 0.7;
const SCALE: f64 = 0.4;

impl RateLimit {
    /// Takes a token, or says how long to wait before asking again.
    pub(crate) fn take(&self, now: Duration) -> Result<(), Duration> {
        let state = self.0.get_or_default();
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.enabled {
            return Ok(());
        }
        state.fill(now.as_secs_f64());
        if state.tokens >= 1.0 {
            state.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - state.tokens) / state.fill_rate))
    }

    /// Learns from an answer.
    pub(crate) fn on_response(&self, now: Duration, throttled: bool) {
        let state = self.0.get_or_default();
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now.as_secs_f64();
        state.measure(now);
        let rate = if throttled {
            let rate = if state.enabled { state.measured.min(state.fill_rate) } else { state.measured };
            state.rate_at_throttling = rate;
            state.throttled_at = now;
            state.enabled = true;
            rate * BETA
        } else {
            state.recovered(now)
        };
        let rate = rate.min(2.0 * state.measured);
        state.set_rate(rate, now);
    }
}

impl State {
    /// The rate on the way back, so many seconds after the throttling.
    fn recovered(&self, now: f64) -> f64 {
        let window = (self.rate_at_throttling * (1.0 - BETA) / SCALE).cbrt();
        SCALE * (now - self.throttled_at - window).powi(3) + self.rate_at_throttling
    }

    fn fill(&mut self, now: f64) {
        if let Some(filled_at) = self.filled_at {
            self.tokens = (self.tokens + (now - filled_at).max(0.0) * self.fill_rate).min(self.capacity);
        }
        self.filled_at = Some(now);
    }

    fn set_rate(&mut self, rate: f64, now: f64) {
        self.fill(now);
        self.fill_rate = rate.max(LEAST_RATE);
        self.capacity = rate.max(LEAST_CAPACITY);
        self.tokens = self.tokens.min(self.capacity);
    }

    /// Counts requests by halves of a second.
    fn measure(&mut self, now: f64) {
        let slot = (now * 2.0).floor() / 2.0;
        self.counted += 1.0;
        if slot > self.counted_from {
            let rate = self.counted / (slot - self.counted_from);
            self.measured = rate * SMOOTHING + self.measured * (1.0 - SMOOTHING);
            self.counted = 0.0;
            self.counted_from = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::RateLimit;

    fn at(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn nothing_is_limited_before_the_first_throttling() {
        let limit = RateLimit::default();
        for step in 0..1000_u32 {
            assert_eq!(limit.take(at(f64::from(step) / 1000.0)), Ok(()));
            limit.on_response(at(f64::from(step) / 1000.0), false);
        }
    }

    #[test]
    fn a_throttling_slows_calls_down_and_successes_speed_them_up_again() {
        let limit = RateLimit::default();
        // Ten calls a second for five seconds.
        for step in 0..50_u32 {
            limit.on_response(at(f64::from(step) / 10.0), false);
        }
        limit.on_response(at(5.0), true);
        let allowed_in_a_second = |from: f64| {
            let mut allowed = 0;
            for step in 0..1000_u32 {
                let now = at(from + f64::from(step) / 1000.0);
                if limit.take(now).is_ok() {
                    limit.on_response(now, false);
                    allowed += 1;
                }
            }
            allowed
        };
        // What had gathered in the bucket goes first.
        assert!(allowed_in_a_second(5.0) < 20);
        let slowed = allowed_in_a_second(6.0);
        assert!((4..=11).contains(&slowed), "{slowed} calls in the second after");
        let mut later = 0;
        for second in 0..20_u32 {
            later = allowed_in_a_second(7.0 + f64::from(second));
        }
        assert!(later > slowed, "{later} calls a second in the end");
    }

    #[test]
    fn a_client_that_was_throttled_at_once_still_may_call() {
        let limit = RateLimit::default();
        limit.on_response(at(0.1), true);
        let wait = limit.take(at(0.1)).expect_err("no token is there yet");
        assert!(wait <= Duration::from_secs(2), "{wait:?}");
        assert_eq!(limit.take(at(0.1) + wait + Duration::from_millis(1)), Ok(()));
    }
}
