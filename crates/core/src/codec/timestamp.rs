//! Points in time as the services and their users write them.

use std::time::SystemTime;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, date};
use jiff::fmt::{rfc2822, temporal};
use jiff::tz::Offset;

/// A point in time to the microsecond, with what was said of its offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Microseconds since 1970 in UTC; of a time without an offset, as if it were UTC.
    pub micros: i64,
    /// The offset from UTC in seconds; nothing where none was said.
    pub offset: Option<i32>,
}

/// A timestamp taken apart in its own offset: what a calendar and a clock on the wall would show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// The year, 1 to 9999.
    pub year: i16,
    /// The month, 1 to 12.
    pub month: i8,
    /// The day of the month.
    pub day: i8,
    /// The hour, 0 to 23.
    pub hour: i8,
    /// The minute.
    pub minute: i8,
    /// The second.
    pub second: i8,
    /// The microsecond.
    pub micro: i32,
}

impl Timestamp {
    /// A time in UTC, of seconds since 1970, rounded as Python rounds them; nothing outside the years 1 to 9999.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Option<Timestamp> {
        Timestamp::from_host(seconds).filter(|time| time.civil().is_some())
    }

    /// The same of a time of the host's calendar, whose years are 1 to 9999 in an offset of its own: in UTC it may be of a day
    /// before or after them.
    #[must_use]
    pub fn from_host(seconds: f64) -> Option<Timestamp> {
        const DAY: f64 = 86_400.0;
        (-62_135_596_800.0 - DAY..253_402_300_800.0 + DAY).contains(&seconds).then_some(())?;
        // The fraction on its own: its digits are lost in a product with the whole.
        let fraction = (seconds.fract() * 1e6).round_ties_even();
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        Some(Timestamp { micros: seconds.trunc() as i64 * 1_000_000 + fraction as i64, offset: Some(0) })
    }

    /// Reads ISO 8601 (extended or compact, with or without an offset), RFC 822 dates, and seconds since 1970.
    ///
    /// Digits beyond the microsecond are cut off. Years are those of [`Civil`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Timestamp> {
        Timestamp::parse_any_year(text.trim()).filter(|time| time.civil().is_some())
    }

    fn parse_any_year(text: &str) -> Option<Timestamp> {
        let only_digits_in_front = text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains('.');
        let looks_iso = only_digits_in_front && text.len() >= 8 || text.contains('-');
        if let Some(parsed) = looks_iso.then(|| Timestamp::parse_iso(text)).flatten() {
            return Some(parsed);
        }
        if let Ok(seconds) = text.parse::<f64>() {
            return Timestamp::from_seconds(seconds);
        }
        Timestamp::parse_iso(text).or_else(|| {
            if let Ok(zoned) = rfc2822::parse(text) {
                let offset = Some(zoned.offset().seconds());
                return Some(Timestamp { micros: zoned.timestamp().as_microsecond(), offset });
            }
            // The last days of the calendar, of which the other parser does not know what they are elsewhere.
            let civil = DateTime::strptime("%a, %d %b %Y %H:%M:%S GMT", text).ok()?;
            Timestamp::of(civil, Some(Offset::UTC))
        })
    }

    fn parse_iso(text: &str) -> Option<Timestamp> {
        static PARSER: temporal::DateTimeParser = temporal::DateTimeParser::new();
        // Only digits: seconds since 1970, unless it is a compact date, which has a `T`.
        if text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let pieces = PARSER.parse_pieces(text).ok()?;
        if pieces.time_zone_annotation().is_some() {
            return None;
        }
        let civil = DateTime::from_parts(pieces.date(), pieces.time().unwrap_or_default());
        Timestamp::of(civil, pieces.to_numeric_offset())
    }

    fn of(civil: DateTime, offset: Option<Offset>) -> Option<Timestamp> {
        let seconds = i64::from(offset.map_or(0, Offset::seconds));
        let since_epoch = civil.duration_since(EPOCH.to_datetime(jiff::civil::Time::midnight())).as_micros();
        let micros = i64::try_from(since_epoch).ok()? - seconds * 1_000_000;
        Some(Timestamp { micros, offset: offset.map(Offset::seconds) })
    }

    /// The calendar and clock in the timestamp's own offset.
    #[must_use]
    pub fn civil(self) -> Option<Civil> {
        let at = self.wall_clock(self.offset.unwrap_or(0))?;
        (1..=9999).contains(&at.year()).then(|| Civil {
            year: at.year(),
            month: at.month(),
            day: at.day(),
            hour: at.hour(),
            minute: at.minute(),
            second: at.second(),
            micro: at.subsec_nanosecond() / 1000,
        })
    }

    fn wall_clock(self, offset: i32) -> Option<DateTime> {
        let since_epoch = SignedDuration::from_micros(self.micros) + SignedDuration::from_secs(i64::from(offset));
        EPOCH.to_datetime(jiff::civil::Time::midnight()).checked_add(since_epoch).ok()
    }

    /// `2024-02-29T12:34:56Z` or with the fraction that is there; a time that is of no year in UTC with its offset.
    #[must_use]
    pub fn to_iso8601(self) -> String {
        let in_year = |at: &DateTime| (1..=9999).contains(&at.year());
        if let Some(at) = self.wall_clock(0).filter(in_year) {
            return format!("{at}Z");
        }
        let Some(offset) = self.offset else { return String::new() };
        let Some(at) = self.wall_clock(offset).filter(in_year) else { return String::new() };
        let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
        format!("{at}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// Seconds since 1970 as JSON has them: a whole number, or a fraction down to the microsecond.
    #[must_use]
    pub fn to_epoch_json(self) -> String {
        // Through a double, the microseconds of times after 2106 would be lost.
        let sign = if self.micros < 0 { "-" } else { "" };
        let (seconds, micros) = (self.micros.unsigned_abs() / 1_000_000, self.micros.unsigned_abs() % 1_000_000);
        let fraction = format!(".{micros:06}");
        format!("{sign}{seconds}{}", fraction.trim_end_matches('0').trim_end_matches('.'))
    }
}

const EPOCH: Date = date(1970, 1, 1);

/// The time of an HTTP date, in any of its three forms.
pub(crate) fn http_date(text: &str) -> Option<SystemTime> {
    let text = text.trim();
    httpdate::parse_http_date(text).ok().or_else(|| {
        // With a zone of its own, as mail has it.
        let seconds = u64::try_from(rfc2822::parse(text).ok()?.timestamp().as_second()).ok()?;
        SystemTime::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(seconds))
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Timestamp, http_date};

    fn micros(text: &str) -> Option<(i64, Option<i32>)> {
        Timestamp::parse(text).map(|t| (t.micros, t.offset))
    }

    #[test]
    fn reads_every_form_of_the_same_instant() {
        let utc = Some((1_709_210_096_000_000, Some(0)));
        for text in [
            "2024-02-29T12:34:56Z",
            "20240229T123456Z",
            "Thu, 29 Feb 2024 12:34:56 GMT",
            "1709210096",
            "2024-02-29 12:34:56Z",
        ] {
            assert_eq!(micros(text), utc, "{text}");
        }
        assert_eq!(micros("2024-02-29T12:34:56"), Some((1_709_210_096_000_000, None)));
        assert_eq!(micros("2024-02-29T12:34:56+02:00"), Some((1_709_202_896_000_000, Some(7200))));
        assert_eq!(micros("1709210096.789"), Some((1_709_210_096_789_000, Some(0))));
        assert_eq!(micros("2024-02-29T12:34:56.1234567Z"), Some((1_709_210_096_123_456, Some(0))));
    }

    #[test]
    fn times_reach_the_end_of_the_calendar_in_every_offset() {
        for (text, seconds, iso) in [
            ("9999-12-31T23:59:59Z", 253_402_300_799, "9999-12-31T23:59:59Z"),
            ("9999-12-31T00:00:00+14:00", 253_402_164_000, "9999-12-30T10:00:00Z"),
            ("9999-12-31T22:00:00-01:59", 253_402_300_740, "9999-12-31T23:59:00Z"),
            ("9999-12-31T23:59:59-05:30", 253_402_320_599, "9999-12-31T23:59:59-05:30"),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799, "9999-12-31T23:59:59Z"),
            ("253402300799", 253_402_300_799, "9999-12-31T23:59:59Z"),
            ("0001-01-01T00:00:00Z", -62_135_596_800, "0001-01-01T00:00:00Z"),
            ("0001-01-01T00:00:00+05:00", -62_135_614_800, "0001-01-01T00:00:00+05:00"),
        ] {
            let time = Timestamp::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((time.micros, time.to_iso8601().as_str()), (seconds * 1_000_000, iso), "{text}");
        }
        assert_eq!(Timestamp::from_seconds(253_402_300_800.0), None);
        // Python's `datetime.max`, whose last microsecond a double does not hold.
        assert_eq!(
            Timestamp::from_host(253_402_300_800.0).map(Timestamp::to_epoch_json).as_deref(),
            Some("253402300800")
        );
        assert_eq!(Timestamp::from_host(253_500_000_000.0), None);
    }

    /// What `datetime.fromtimestamp(seconds, timezone.utc)` gives.
    #[test]
    fn numbers_round_as_python_rounds_them() {
        for (seconds, micros) in [
            (1_700_000_000.123_456_5, 1_700_000_000_123_456),
            (1_700_000_000.123_457_5, 1_700_000_000_123_457),
            (1_234_567_890.000_000_5, 1_234_567_890_000_000),
            (0.000_000_5, 0),
            (0.000_001_5, 2),
            (-0.000_001_5, -2),
            (-1.999_999_9, -2_000_000),
        ] {
            assert_eq!(Timestamp::from_seconds(seconds).map(|time| time.micros), Some(micros), "{seconds}");
        }
    }

    #[test]
    fn an_http_date_has_three_forms() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_210_096);
        for text in [
            "Thu, 29 Feb 2024 12:34:56 GMT",
            "Thursday, 29-Feb-24 12:34:56 GMT",
            "Thu Feb 29 12:34:56 2024",
            " Thu, 29 Feb 2024 14:34:56 +0200",
        ] {
            assert_eq!(http_date(text), Some(time), "{text}");
        }
        assert_eq!(http_date("Fri Mar  1 00:00:00 2024"), Some(SystemTime::UNIX_EPOCH + Duration::from_hours(474_792)));
        assert_eq!(http_date("yesterday"), None);
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "not a date",
            "2024-02-30T00:00:00Z",
            "2020-13-45",
            "0000-01-01",
            "-000001-01-01",
            "1e400",
            "nan",
            "inf",
        ] {
            assert_eq!(micros(text), None, "{text}");
        }
    }

    #[test]
    fn writes_epoch_seconds_as_json() {
        assert_eq!(Timestamp { micros: 1_680_674_828_000_000, offset: Some(0) }.to_epoch_json(), "1680674828");
        assert_eq!(Timestamp { micros: 1_680_674_828_123_456, offset: None }.to_epoch_json(), "1680674828.123456");
        assert_eq!(Timestamp { micros: -1_500_000, offset: None }.to_epoch_json(), "-1.5");
        assert_eq!(Timestamp { micros: -500_000, offset: None }.to_epoch_json(), "-0.5");
        assert_eq!(Timestamp { micros: 4_452_263_919_086_123, offset: None }.to_epoch_json(), "4452263919.086123");
    }
}
