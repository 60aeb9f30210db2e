//! What lets straight code be driven from outside, one call at a time.

mod failure;
mod host;
mod json;
mod plan;

pub use failure::{Failure, HostError};
pub(crate) use host::{Host, Reply};
pub use json::{JsonPlan, evaluate};
pub use plan::{Call, Outcome, Plan, Step};
