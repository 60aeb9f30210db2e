//! Times as text and back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A time such as `2024-02-29T12:34:56.5Z`; empty for one that is out of range.
pub(crate) fn text(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(|_| String::new(), |time| time.to_string())
}

/// A time from text such as `2024-02-29T12:34:56Z`; `None` for what is not one, or lies before 1970.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let nanos = text.parse::<jiff::Timestamp>().ok()?.as_nanosecond();
    let (seconds, nanos) = (nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000));
    UNIX_EPOCH.checked_add(Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanos).ok()?))
}
