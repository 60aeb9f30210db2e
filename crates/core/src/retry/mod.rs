//! The retry rules: which outcomes are tried again, after which delay, within which quota and rate.
//!
//! Pure rules over numbers and codes; the loop that follows them is `call::orchestrator`.

pub(crate) mod rate_limiter;
pub mod standard;
