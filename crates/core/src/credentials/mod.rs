//! Where credentials come from, and how they are cached and refreshed.
//!
//! One provider a file in `providers`; their order is `provider_chain`.

pub(crate) mod cache;
pub(crate) mod host;
pub(crate) mod provider_chain;
pub(crate) mod providers;
pub(crate) mod refresh;
pub(crate) mod smithy_http;
pub(crate) mod static_credentials;
