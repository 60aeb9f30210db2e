//! The difference between our clock and the service's, learnt when the service says that a signature's time is wrong.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use crate::respond::Answer;

/// What is added to our clock for signatures, in seconds; the calls of a client share it.
#[derive(Debug, Default)]
pub(crate) struct Skew(AtomicI64);

impl Skew {
    /// The service's time, as far as it is known.
    pub(crate) fn corrected(&self, now: SystemTime) -> SystemTime {
        let seconds = self.0.load(Ordering::Relaxed);
        let by = Duration::from_secs(seconds.unsigned_abs());
        let moved = if seconds < 0 { now.checked_sub(by) } else { now.checked_add(by) };
        moved.unwrap_or(now)
    }

    /// Learns the service's time from an answer that refuses ours. Says whether a new signature may do better.
    pub(crate) fn learn(&self, answer: &Answer, code: &str, now: SystemTime) -> bool {
        // A clock that differs by less than the service forgives is not the reason.
        const TOLERANCE: Duration = Duration::from_mins(4);
        if !CODES.contains(&code) {
            return false;
        }
        let Some(theirs) = answer.header("date").and_then(httpdate) else { return false };
        let signed_at = self.corrected(now);
        let apart = theirs.duration_since(signed_at).unwrap_or_else(|behind| behind.duration());
        if apart < TOLERANCE {
            return false;
        }
        let seconds = match theirs.duration_since(now) {
            Ok(ahead) => i64::try_from(ahead.as_secs()).unwrap_or(0),
            Err(behind) => i64::try_from(behind.duration().as_secs()).map_or(0, |seconds| -seconds),
        };
        self.0.store(seconds, Ordering::Relaxed);
        true
    }
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

/// The time of an HTTP date.
pub(crate) fn httpdate(text: &str) -> Option<SystemTime> {
    let date = jiff::fmt::rfc2822::parse(text).ok()?;
    let seconds = u64::try_from(date.timestamp().as_second()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};

    use super::Skew;
    use crate::respond::Answer;

    fn refusal(date: &'static str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert("date", HeaderValue::from_static(date));
        Answer { status: 403, headers, body: Bytes::new() }
    }

    #[test]
    fn a_stale_signature_teaches_the_services_time() {
        let ours = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_210_096);
        let skew = Skew::default();
        let answer = refusal("Thu, 29 Feb 2024 13:34:56 GMT");
        assert!(skew.learn(&answer, "InvalidSignatureException", ours));
        assert_eq!(skew.corrected(ours), ours + Duration::from_hours(1));
        assert!(
            !skew.learn(&answer, "InvalidSignatureException", ours),
            "the corrected time is right, so it was not the time"
        );
        assert!(skew.learn(&refusal("Thu, 29 Feb 2024 11:34:56 GMT"), "RequestTimeTooSkewed", ours));
        assert_eq!(skew.corrected(ours), ours - Duration::from_hours(1));
    }

    #[test]
    fn other_refusals_teach_nothing() {
        let ours = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_210_096);
        let skew = Skew::default();
        assert!(!skew.learn(&refusal("Thu, 29 Feb 2024 13:34:56 GMT"), "ForbiddenException", ours));
        assert!(!skew.learn(&refusal("Thu, 29 Feb 2024 12:35:56 GMT"), "InvalidSignatureException", ours));
        assert!(!skew.learn(&refusal("yesterday"), "InvalidSignatureException", ours));
        assert_eq!(skew.corrected(ours), ours);
    }
}
