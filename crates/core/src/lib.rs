//! The client for the Amazon Chime SDK control plane: it validates a request, signs it, sends it, retries it, and reads
//! the answer. It knows HTTP and the services' schema, and no host language: that is what [`host`] is for.

pub mod blocking;
pub mod call;
pub mod client;
pub mod config;
pub mod decode;
pub mod encode;
pub mod endpoint;
pub mod error;
pub mod fork;
#[doc(hidden)]
pub mod fuzzing;
pub mod generated;
pub mod host;
pub mod orchestrate;
pub mod retry;
pub mod schema;
pub mod timestamp;
pub mod tls;
pub mod validate;
pub mod value;
pub mod world;

mod agent;
mod chain;
mod connector;
mod container;
mod credentials;
mod document;
mod exhaustion;
mod files;
mod hint;
mod ini;
mod json;
mod judge;
mod keys;
mod lane;
mod lenient;
mod login;
mod metadata;
mod panics;
mod places;
mod process;
mod profile;
mod providers;
mod proxies;
mod rate;
mod redact;
mod refresh;
mod respond;
mod roles;
mod rules;
mod runtime;
mod sessions;
mod sign;
mod skew;
mod sso;
mod strict;
mod sts;
mod transport;
mod value_path;
#[cfg(test)]
mod vectors;
mod words;

pub use call::{Call, CallOptions};
pub use client::{Client, Unprepared};
pub use config::{Config, Keys, Options};
pub use error::{Error, ErrorKind};
pub use orchestrate::Response;

/// The service of that name, such as `chime-sdk-media-pipelines`.
#[must_use]
pub fn service(name: &str) -> Option<&'static schema::Service> {
    generated::SERVICES.iter().copied().find(|service| service.name == name)
}
