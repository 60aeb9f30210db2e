//! The one error of the core, the errors that the service responds with, and hints at their cause.

pub mod hint;
pub mod kinds;
pub(crate) mod panics;
pub(crate) mod resource_limits;
pub(crate) mod response;
