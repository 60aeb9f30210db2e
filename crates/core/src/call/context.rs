//! What the calls of one client share, and what the steps of one call share.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use reqwest::Url;
use tokio::sync::Semaphore;

use crate::call::options::{Call, Deadline};
use crate::call::progress::Progress;
use crate::config::resolve::Config;
use crate::credentials::cache::Source;
use crate::error::hint;
use crate::error::kinds::Error;
use crate::http::transport::{Network, host_of};
use crate::retry::rate_limiter::RateLimit;
use crate::retry::standard::Quota;
use crate::runtime::environment::Environment;
use crate::runtime::host::Door;
use crate::schema::generated::options::OptionId;
use crate::schema::{Operation, Service};
use crate::signing::clock_skew::Skew;
use crate::signing::key::SigningKeys;

/// What the calls of one client share.
pub(crate) struct ClientContext {
    pub(crate) service: &'static Service,
    pub(crate) config: Config,
    pub(crate) credentials: Arc<Source>,
    pub(crate) quota: Quota,
    pub(crate) rate: RateLimit,
    pub(crate) skew: Skew,
    pub(crate) env: Environment,
    pub(crate) user_agent: HeaderValue,
    pub(crate) signing_keys: SigningKeys,
    /// The endpoint, which is a URL.
    pub(crate) endpoint: Url,
    pub(crate) network: Arc<Network>,
}

impl ClientContext {
    /// The host that its errors name.
    pub(crate) fn host(&self) -> String {
        host_of(&self.endpoint)
    }

    /// The error of a call of that operation, with the hint that it deserves.
    pub(crate) fn explained(&self, error: Error, operation: &Operation) -> Error {
        let error = error.in_operation(operation.name);
        let source = self.config.sources.iter().find(|(option, _)| *option == OptionId::EndpointUrl);
        let client = hint::Client {
            service: self.service,
            region: &self.config.endpoint.region,
            host: &self.host(),
            endpoint_source: source.map(|(_, source)| source.as_str()),
            names: self.config.names,
        };
        let hint = hint::of(&client, operation.name, &error);
        error.with_hint(hint)
    }
}

/// What all steps of one call share.
#[derive(Clone, Copy)]
pub(crate) struct CallContext<'c> {
    pub(crate) client: &'c ClientContext,
    pub(crate) http: &'c reqwest::Client,
    /// Each exchange takes one of these, where there are such.
    pub(crate) permits: Option<&'c Semaphore>,
    /// Whether the runtime learnt a moment ago which idle connections were closed.
    pub(crate) knows_connections: bool,
    pub(crate) call: &'c Call,
    /// Where the call asks its host, if it asks at all.
    pub(crate) door: Option<&'c Door>,
    pub(crate) deadline: Option<Deadline>,
    /// How far the call has come, for who ends it early.
    pub(crate) progress: &'c Progress,
}

/// What follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Stop,
    AtOnce,
    After(Duration),
}
