//! SigV4, and the clock that signatures are made by.

pub(crate) mod clock_skew;
pub(crate) mod date;
pub(crate) mod key;
pub(crate) mod sigv4;
