//! Credentials: the keys given in code, or AWS's default chain over our own HTTP client.

use std::error::Error as StdError;
use std::sync::{Arc, RwLock};
use std::time::{Duration, SystemTime};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_types::region::Region;
use http::Method;
use tokio::sync::{Mutex, OnceCell};

use crate::call;
use crate::config::{Config, Options};
use crate::error::{Error, ErrorKind};
use crate::transport::{Network, Request, exchange};
use crate::world::World;

/// Where a client's credentials come from.
#[derive(Debug)]
pub(crate) enum Source {
    Fixed(Identity),
    Chain(Chain),
}

impl Source {
    /// The keys of the options, else the chain.
    pub(crate) fn new(options: &Options, config: &Config, network: Arc<Network>) -> Source {
        match &options.credentials {
            Some(keys) => Source::Fixed(call::identity(keys)),
            None => Source::Chain(Chain {
                // A profile that the code names stands above the environment's keys; one that the environment names does not.
                environment: options.profile.is_none(),
                profile: config.profile.clone(),
                region: config.credentials_region.clone(),
                network,
                provider: OnceCell::new(),
                cached: RwLock::new(None),
                refreshing: Mutex::new(()),
            }),
        }
    }

    /// Credentials that are valid now.
    pub(crate) async fn identity(&self, world: &World) -> Result<Identity, Error> {
        match self {
            Source::Fixed(identity) => Ok(identity.clone()),
            Source::Chain(chain) => chain.identity(world).await,
        }
    }
}

fn identity(credentials: Credentials) -> Identity {
    let expiry = credentials.expiry();
    Identity::new(credentials, expiry)
}

/// AWS's default chain, its result kept until shortly before it expires.
#[derive(Debug)]
pub(crate) struct Chain {
    environment: bool,
    profile: Option<String>,
    region: Option<String>,
    network: Arc<Network>,
    provider: OnceCell<DefaultCredentialsChain>,
    cached: RwLock<Option<Identity>>,
    /// Held by the one call that loads.
    refreshing: Mutex<()>,
}

impl Chain {
    async fn identity(&self, world: &World) -> Result<Identity, Error> {
        let now = (world.now)();
        if let Some(identity) = self.fresh(now) {
            return Ok(identity);
        }
        let _one_at_a_time = self.refreshing.lock().await;
        if let Some(identity) = self.fresh(now) {
            return Ok(identity);
        }
        let of_environment = if self.environment { environment(world)? } else { None };
        let credentials = if let Some(credentials) = of_environment {
            credentials
        } else {
            let provider = self.provider.get_or_init(|| self.provider()).await;
            provider.provide_credentials().await.map_err(|e| failure(&e))?
        };
        let loaded = identity(credentials);
        *self.cached.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(loaded.clone());
        Ok(loaded)
    }

    /// What was loaded before, unless it is about to expire.
    fn fresh(&self, now: SystemTime) -> Option<Identity> {
        const MARGIN: Duration = Duration::from_secs(10);
        let cached = self.cached.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        cached.clone().filter(|identity| identity.expiration().is_none_or(|end| end > now + MARGIN))
    }

    async fn provider(&self) -> DefaultCredentialsChain {
        let connector = SharedHttpConnector::new(Connector(self.network.clone()));
        let region = self.region.clone().map(Region::new);
        let config = ProviderConfig::empty()
            .with_http_client(http_client_fn(move |_, _| connector.clone()))
            .with_sleep_impl(TokioSleep::new())
            .with_region(region.clone());
        let mut builder = DefaultCredentialsChain::builder().configure(config).region(region);
        if let Some(profile) = &self.profile {
            builder = builder.profile_name(profile);
        }
        builder.build().await
    }
}

/// The keys of the environment: the chain's first provider, here without the cost of setting up the others.
fn environment(world: &World) -> Result<Option<Credentials>, Error> {
    let named = |name: &str| (world.variable)(name).filter(|value| !value.is_empty());
    let Some(id) = named("AWS_ACCESS_KEY_ID") else { return Ok(None) };
    let secret = named("AWS_SECRET_ACCESS_KEY").ok_or_else(|| {
        let message = "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY".to_owned();
        Error::new(ErrorKind::PartialCredentials, message)
    })?;
    let token = named("AWS_SECURITY_TOKEN").or_else(|| named("AWS_SESSION_TOKEN"));
    Ok(Some(Credentials::new(id, secret, token, None, "environment")))
}

/// The credentials' traffic takes the same road as the service's.
#[derive(Clone, Debug)]
struct Connector(Arc<Network>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        const LIMIT: usize = 1 << 20;
        let network = self.0.clone();
        HttpConnectorFuture::new(async move {
            let user = |e: &dyn std::fmt::Display| ConnectorError::user(e.to_string().into());
            // Made when first needed, and without idle connections: a connection lives on the runtime that made it, and the
            // next refresh may be on another.
            let secure = request.uri().starts_with("https:");
            let http = network.client(secure, 0).map_err(|e| user(&e))?;
            let request = request.try_into_http1x().map_err(|e| user(&e))?;
            let (parts, body) = request.into_parts();
            let body = body.bytes().map(bytes::Bytes::copy_from_slice).ok_or_else(|| user(&"a streaming body"))?;
            let url = reqwest::Url::parse(&parts.uri.to_string()).map_err(|e| user(&e))?;
            let body = (parts.method != Method::GET).then_some(body);
            let sent = Request { method: parts.method, url, headers: parts.headers, body };
            let answer = exchange(&http, sent, LIMIT).await.map_err(|e| match e.kind() {
                kind if kind.is_timeout() => ConnectorError::timeout(Box::new(e)),
                _ => ConnectorError::io(Box::new(e)),
            })?;
            let mut response = http::Response::new(SdkBody::from(answer.body));
            *response.status_mut() = http::StatusCode::from_u16(answer.status).map_err(|e| user(&e))?;
            *response.headers_mut() = answer.headers;
            response.try_into().map_err(|e| user(&e))
        })
    }
}

fn failure(error: &CredentialsError) -> Error {
    let mut causes = Vec::new();
    let mut source: Option<&dyn StdError> = Some(error);
    while let Some(cause) = source {
        let text = cause.to_string();
        if causes.last() != Some(&text) {
            causes.push(text);
        }
        source = cause.source();
    }
    let report = causes.join(": ");
    match error {
        CredentialsError::CredentialsNotLoaded(_) => {
            let cure = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with AWS_PROFILE, or pass the keys to the client";
            Error::new(ErrorKind::NoCredentials, format!("Unable to locate credentials: {report}; {cure}"))
        }
        _ => Error::new(ErrorKind::CredentialRetrieval, format!("Error when retrieving credentials: {report}")),
    }
}
