//! The standard retry rules: which outcomes are tried again, how long to wait, and the quota that bounds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::runtime::per_process::PerProcess;

/// Why an attempt may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retryable {
    /// Too many requests: wait longer.
    Throttling,
    /// A passing fault.
    Transient,
    /// No answer in time.
    Timeout,
}

impl Retryable {
    /// Whether an answer of the service with this status and code is worth another attempt.
    pub(crate) fn of_answer(status: u16, code: &str) -> Option<Retryable> {
        if status == 429 || THROTTLING_CODES.contains(&code) {
            return Some(Retryable::Throttling);
        }
        let transient =
            matches!(status, 500 | 502 | 503 | 504) || matches!(code, "RequestTimeout" | "RequestTimeoutException");
        transient.then_some(Retryable::Transient)
    }

    fn cost(self) -> u32 {
        match self {
            Retryable::Throttling => 5,
            Retryable::Transient | Retryable::Timeout => 14,
        }
    }

    fn base(self) -> Duration {
        match self {
            Retryable::Throttling => Duration::from_secs(1),
            Retryable::Transient | Retryable::Timeout => Duration::from_millis(50),
        }
    }

    /// How long to wait after the failure of attempt number `attempt` (from 1). `random` is from 0 to 1; `asked` is what
    /// the service asked for, which may raise the delay by 5 seconds at the most.
    pub(crate) fn delay(self, attempt: u32, random: f64, asked: Option<Duration>) -> Duration {
        const CAP: Duration = Duration::from_secs(20);
        const MOST_MORE: Duration = Duration::from_secs(5);
        let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let computed = self.base().saturating_mul(factor).min(CAP).mul_f64(random.clamp(0.0, 1.0));
        asked.map_or(computed, |asked| asked.clamp(computed, computed + MOST_MORE))
    }
}

/// The error codes that mean "too many requests" in any AWS service, and this service's own.
const THROTTLING_CODES: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttled",
    "ThrottledClient",
    "ThrottledClientException",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// What all calls of a client in one process may spend on retries together: it keeps a failing service from being flooded with
/// them.
#[derive(Debug, Default)]
pub(crate) struct Quota(PerProcess<Arc<Left>>);

#[derive(Debug)]
struct Left(AtomicU32);

impl Default for Left {
    fn default() -> Left {
        Left(AtomicU32::new(Quota::FULL))
    }
}

impl Quota {
    const FULL: u32 = 500;

    /// Takes the cost of a retry; nothing when there is not that much left.
    pub(crate) fn take(&self, reason: Retryable) -> Option<u32> {
        let cost = reason.cost();
        let take = |left: u32| left.checked_sub(cost);
        let left = self.0.get_or_default();
        left.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok().map(|_| cost)
    }

    /// A success gives back what its last retry cost, or 1 when it needed none.
    pub(crate) fn give_back(&self, cost: Option<u32>) {
        let more = |left: u32| Some((left + cost.unwrap_or(1)).min(Quota::FULL));
        // It always gives a number.
        let _ = self.0.get_or_default().0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Quota, Retryable};

    #[test]
    fn this_services_own_throttling_is_throttling() {
        assert_eq!(Retryable::of_answer(429, ""), Some(Retryable::Throttling));
        assert_eq!(Retryable::of_answer(400, "ThrottledClientException"), Some(Retryable::Throttling));
        assert_eq!(Retryable::of_answer(400, "ResourceLimitExceededException"), None);
        assert_eq!(Retryable::of_answer(501, ""), None);
        assert_eq!(Retryable::of_answer(503, "ServiceUnavailableException"), Some(Retryable::Transient));
    }

    #[test]
    fn the_delay_doubles_up_to_its_cap_and_follows_the_service_within_bounds() {
        let millis = |reason: Retryable, attempt, asked| reason.delay(attempt, 1.0, asked).as_millis();
        assert_eq!(millis(Retryable::Transient, 1, None), 50);
        assert_eq!(millis(Retryable::Transient, 3, None), 200);
        assert_eq!(millis(Retryable::Throttling, 9, None), 20_000);
        assert_eq!(millis(Retryable::Transient, 1, Some(Duration::from_mins(1))), 5_050);
        assert_eq!(millis(Retryable::Throttling, 1, Some(Duration::from_millis(10))), 1_000);
    }

    #[test]
    fn the_quota_runs_out_and_comes_back() {
        let quota = Quota::default();
        let taken = std::iter::repeat_with(|| quota.take(Retryable::Transient)).take_while(Option::is_some).count();
        assert_eq!(taken, 35);
        assert_eq!(quota.take(Retryable::Throttling), Some(5));
        quota.give_back(Some(14));
        assert_eq!(quota.take(Retryable::Transient), Some(14));
    }
}
