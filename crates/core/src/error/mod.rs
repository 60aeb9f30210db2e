//! The one error of the core, the errors that the service responds with, and hints at their cause.

pub(crate) mod cause;
pub mod hint;
mod hint_rows;
pub mod kinds;
pub mod network_cause;
pub(crate) mod panics;
pub(crate) mod resource_limits;
pub(crate) mod response;
