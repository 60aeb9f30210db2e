//! Points in time as the services and their users write them.

use jiff::civil::DateTime;
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
    /// A time in UTC, of seconds since 1970; nothing outside the years 1 to 9999.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Option<Timestamp> {
        let micros = (seconds * 1e6).round();
        // 0001-01-01 to 9999-12-31: what both hosts' types hold.
        (-62_135_596_800e6..253_402_300_800e6).contains(&micros).then_some(())?;
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        Some(Timestamp { micros: micros as i64, offset: Some(0) })
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
            let zoned = rfc2822::parse(text).ok()?;
            Some(Timestamp { micros: zoned.timestamp().as_microsecond(), offset: Some(zoned.offset().seconds()) })
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
        let offset = pieces.to_numeric_offset();
        let zone = offset.unwrap_or(Offset::UTC);
        let instant = zone.to_timestamp(civil).ok()?;
        let micros = instant.as_nanosecond().div_euclid(1000);
        Some(Timestamp { micros: i64::try_from(micros).ok()?, offset: offset.map(Offset::seconds) })
    }

    /// The calendar and clock in the timestamp's own offset.
    #[must_use]
    pub fn civil(self) -> Option<Civil> {
        let offset = Offset::from_seconds(self.offset.unwrap_or(0)).ok()?;
        let at = offset.to_datetime(jiff::Timestamp::from_microsecond(self.micros).ok()?);
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

    /// `2024-02-29T12:34:56Z` or with the fraction that is there.
    #[must_use]
    pub fn to_iso8601(self) -> String {
        jiff::Timestamp::from_microsecond(self.micros).map_or_else(|_| String::new(), |at| at.to_string())
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

#[cfg(test)]
mod tests {
    use super::Timestamp;

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
