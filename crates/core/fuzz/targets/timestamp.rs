//! What is read as a timestamp is one that both hosts can hold, and is read the same when it is written in UTC.
#![no_main]

use chimeline_core::codec::timestamp::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(time) = Timestamp::parse(text) else { return };
    assert!(time.civil().is_some(), "{time:?}");
    let utc = Timestamp { offset: Some(0), ..time };
    // In UTC it may be of the year before the first or after the last.
    if utc.civil().is_some() {
        assert_eq!(Timestamp::parse(&utc.to_iso8601()), Some(utc));
    }
    assert!(utc.to_epoch_json().parse::<f64>().is_ok_and(f64::is_finite));
});
