//! Host values to requests and responses to host values, directed by the schema.
//!
//! Nothing here knows of connections, credentials or retries.

pub(crate) mod as_given;
pub mod decode;
pub(crate) mod documented_rules;
pub mod encode;
pub mod host;
pub(crate) mod json;
pub mod json_host;
pub(crate) mod lenient_json;
pub(crate) mod pattern;
pub mod report;
pub(crate) mod strict;
pub mod timestamp;
pub(crate) mod value_path;
