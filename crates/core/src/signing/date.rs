//! A time as signatures have it.

use std::time::SystemTime;

use jiff::tz::Offset;

/// `20240229T123456Z`.
pub(crate) struct AmzDate([u8; 16]);

impl AmzDate {
    /// Nothing for a time outside the years 0 to 9999.
    pub(crate) fn of(time: SystemTime) -> Option<AmzDate> {
        let at = Offset::UTC.to_datetime(jiff::Timestamp::try_from(time).ok()?);
        let year = u16::try_from(at.year()).ok()?;
        let mut text = *b"00000000T000000Z";
        let parts = [
            (0, u8::try_from(year / 100).ok()?),
            (2, u8::try_from(year % 100).ok()?),
            (4, at.month().unsigned_abs()),
            (6, at.day().unsigned_abs()),
            (9, at.hour().unsigned_abs()),
            (11, at.minute().unsigned_abs()),
            (13, at.second().unsigned_abs()),
        ];
        for (place, number) in parts {
            if let Some([tens, ones]) = text.get_mut(place..place + 2) {
                (*tens, *ones) = (b'0' + number / 10, b'0' + number % 10);
            }
        }
        Some(AmzDate(text))
    }

    pub(crate) fn time(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The day of it.
    pub(crate) fn day(&self) -> &str {
        self.time().get(..8).unwrap_or_default()
    }
}
