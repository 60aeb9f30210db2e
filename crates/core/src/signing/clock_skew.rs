//! The difference between our clock and the service's, learnt when the service says that a signature's time is wrong.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use crate::codec::timestamp::http_date;
use crate::error::response::RawResponse;

/// What is added to our clock for signatures, in seconds; the calls of a client share it.
#[derive(Debug, Default)]
pub(crate) struct Skew(AtomicI64);

/// The times of an attempt that was answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// The time of its signature: our clock's when it was sent, and the correction of then.
    pub(crate) signed: SystemTime,
    /// How long the answer took.
    pub(crate) took: Duration,
    /// Our clock's time when the answer had come.
    pub(crate) received: SystemTime,
}

impl Skew {
    /// What is known before any answer.
    pub(crate) fn starting_at(seconds: i64) -> Skew {
        Skew(AtomicI64::new(seconds))
    }

    /// The seconds that are added.
    pub(crate) fn seconds(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The service's time, as far as it is known.
    pub(crate) fn corrected(&self, now: SystemTime) -> SystemTime {
        moved(now, self.0.load(Ordering::Relaxed))
    }

    /// Learns the service's time from an answer that refuses ours. Says whether a new signature may do better: whether its time
    /// would be another one, as after a call beside this one has corrected the clock, or somebody has set it.
    pub(crate) fn update(&self, answer: &RawResponse, code: &str, times: Times) -> bool {
        if !CODES.contains(&code) {
            return false;
        }
        if let Some(seconds) = ahead_by(answer, times)
            && seconds.abs_diff(self.0.load(Ordering::Relaxed)) >= TOLERANCE.as_secs()
        {
            self.0.store(seconds, Ordering::Relaxed);
        }
        let (old, new) = (times.signed + times.took, self.corrected(times.received));
        new.duration_since(old).unwrap_or_else(|behind| behind.duration()) >= TOLERANCE
    }
}

/// A clock that differs by less than the service forgives is not the reason.
const TOLERANCE: Duration = Duration::from_mins(4);

/// By how many seconds the service's clock was ahead of ours in the middle between sending and receiving. A cache's answer does not
/// say. Counted back from the later time, for our clock may have been set since the earlier one.
fn ahead_by(answer: &RawResponse, times: Times) -> Option<i64> {
    if answer.headers.contains_key("age") {
        return None;
    }
    let theirs = http_date(answer.header("date")?)?;
    let ours = times.received.checked_sub(times.took / 2)?;
    match theirs.duration_since(ours) {
        Ok(ahead) => i64::try_from(ahead.as_secs()).ok(),
        Err(behind) => i64::try_from(behind.duration().as_secs()).ok().map(|seconds| -seconds),
    }
}

fn moved(time: SystemTime, seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    let moved = if seconds < 0 { time.checked_sub(by) } else { time.checked_add(by) };
    moved.unwrap_or(time)
}

/// The codes by which AWS's services refuse a signature for its time, some of them for other reasons too.
const CODES: &[&str] = &[
    "AuthFailure",
    "InvalidSignatureException",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
];

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    use super::{Skew, Times};
    use crate::error::response::RawResponse;

    const HOUR: Duration = Duration::from_hours(1);
    const STALE: &str = "InvalidSignatureException";
    /// An hour after [`ours`].
    const LATER: &str = "Thu, 29 Feb 2024 13:34:56 GMT";

    fn ours() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_210_096)
    }

    fn refusal(date: &'static str) -> RawResponse {
        let mut headers = HeaderMap::new();
        headers.insert("date", HeaderValue::from_static(date));
        RawResponse { status: 403, headers, body: Bytes::new() }
    }

    /// An attempt that was signed now and answered at once.
    fn at_once(skew: &Skew) -> Times {
        Times { signed: skew.corrected(ours()), took: Duration::ZERO, received: ours() }
    }

    #[test]
    fn a_stale_signature_teaches_the_services_time() {
        let skew = Skew::default();
        let answer = refusal(LATER);
        assert!(skew.update(&answer, STALE, at_once(&skew)));
        assert_eq!(skew.corrected(ours()), ours() + HOUR);
        assert!(!skew.update(&answer, STALE, at_once(&skew)), "the corrected time is right, so it was not the time");
        assert!(skew.update(&refusal("Thu, 29 Feb 2024 11:34:56 GMT"), "RequestTimeTooSkewed", at_once(&skew)));
        assert_eq!(skew.corrected(ours()), ours() - HOUR);
    }

    #[test]
    fn calls_at_once_are_all_tried_again() {
        let skew = Skew::default();
        let signed_together = at_once(&skew);
        for call in 0..20 {
            assert!(skew.update(&refusal(LATER), STALE, signed_together), "call {call}");
        }
        assert_eq!(skew.corrected(ours()), ours() + HOUR);
        let mut cached = refusal("Thu, 29 Feb 2024 01:00:00 GMT");
        cached.headers.insert("age", HeaderValue::from_static("45000"));
        assert!(skew.update(&cached, STALE, signed_together), "what another call has learnt is enough");
        assert_eq!(skew.corrected(ours()), ours() + HOUR, "a cache's date is not the service's time");
    }

    #[test]
    fn a_clock_that_was_set_meanwhile_is_no_reason_to_give_up() {
        // Signed by a slow clock, which is right when the answer comes.
        let skew = Skew::default();
        let times = Times { signed: ours() - HOUR, took: Duration::from_secs(1), received: ours() };
        assert!(skew.update(&refusal("Thu, 29 Feb 2024 12:34:56 GMT"), STALE, times));
        assert_eq!(skew.corrected(ours()), ours());
        // Corrected by an hour and back again, between the signature and its answer.
        let corrected = Times { signed: ours() + HOUR, ..at_once(&skew) };
        assert!(skew.update(&refusal("Thu, 29 Feb 2024 12:34:56 GMT"), STALE, corrected));
        assert_eq!(skew.corrected(ours()), ours());
    }

    #[test]
    fn the_clocks_are_compared_in_the_middle_of_an_exchange() {
        let skew = Skew::default();
        let took = Duration::from_mins(8);
        // The service's clock is right: it answered after four minutes.
        let times = Times { signed: ours(), took, received: ours() + took };
        assert!(!skew.update(&refusal("Thu, 29 Feb 2024 12:38:56 GMT"), STALE, times));
        assert_eq!(skew.corrected(ours()), ours());
        assert!(skew.update(&refusal("Thu, 29 Feb 2024 13:38:56 GMT"), STALE, times));
        assert_eq!(skew.corrected(ours()), ours() + HOUR);
    }

    #[test]
    fn other_refusals_teach_nothing() {
        let skew = Skew::default();
        assert!(!skew.update(&refusal(LATER), "ForbiddenException", at_once(&skew)));
        assert!(!skew.update(&refusal("Thu, 29 Feb 2024 12:35:56 GMT"), STALE, at_once(&skew)));
        assert!(!skew.update(&refusal("yesterday"), STALE, at_once(&skew)));
        assert_eq!(skew.corrected(ours()), ours());
    }
}
