//! From options, environment variables and shared config files to the configuration of a client.
//!
//! Nothing here makes a connection or signs.

pub mod endpoint;
pub(crate) mod file_locations;
pub(crate) mod ini;
#[rustfmt::skip]
pub mod options;
pub(crate) mod profile;
pub mod resolve;
pub mod retry;
pub mod session;
pub(crate) mod setting_resolver;
pub(crate) mod shell_words;
pub(crate) mod sso_session;
pub mod static_credentials;
pub(crate) mod user_agent;
