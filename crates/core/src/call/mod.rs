//! The order of one call: prepared, attempted until it succeeds or must not be tried again, within its deadline.
//!
//! What belongs here knows a whole call. What knows one attempt's signature is in `signing`, one exchange in `http`, the retry rules in `retry`.

pub(crate) mod classify;
pub(crate) mod context;
pub mod options;
pub mod orchestrator;
pub(crate) mod progress;
pub(crate) mod questions;
pub(crate) mod request;
