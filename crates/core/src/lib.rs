//! The client for the Amazon Chime SDK control plane: it validates a request, signs it, sends it, retries it, and reads
//! the response. It knows HTTP and the services' schema, and no host language: that is what [`codec::host`] is for.
//!
//! The modules are layers, from the top down: a module uses those below it, and `tests/layers.json` holds that.

#[doc(hidden)]
pub mod testing;

pub mod client;

pub mod call;
pub mod retry;

pub(crate) mod credentials;
pub(crate) mod signing;

pub mod config;
pub mod http;
pub mod runtime;

pub mod codec;
pub mod error;
pub mod schema;

mod redact;

pub use call::options::{Call, CallOptions};
pub use call::orchestrator::Response;
pub use client::{Client, PrepareError};
pub use config::options::{OptionSource, Options};
pub use config::resolve::{Config, SettingValue};
pub use config::static_credentials::StaticCredentials;
pub use credentials::host::HostCredentialsCache;
pub use credentials::providers::mfa::MfaDevice;
pub use credentials::smithy_http::read_process_environment;
pub use error::kinds::{Error, ErrorKind};
pub use schema::generated::options::{OptionId, OptionNames};

/// The service of that name, such as `chime-sdk-media-pipelines`.
#[must_use]
pub fn service(name: &str) -> Option<&'static schema::Service> {
    schema::generated::SERVICES.iter().copied().find(|service| service.name == name)
}
