//! A read of another service of AWS, with the credentials and connections of a client: what a look at a bucket or a role needs.

use http::header::USER_AGENT;
use http::{HeaderMap, Method};

use crate::call::options::CallOptions;
use crate::call::request::parsed;
use crate::client::Client;
use crate::client::loaded_credentials::on_io_thread;
use crate::credentials::static_credentials::identity;
use crate::error::kinds::{Error, ErrorKind};
use crate::http::transport::Request;
use crate::runtime::builder;
use crate::signing::key::SigningKeys;
use crate::signing::sigv4::{SigningScope, sign_request};

/// The most bytes of an answer.
const LIMIT: usize = 8 << 20;

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct SignedAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body, as text.
    pub body: String,
}

impl Client {
    /// Gets a URL, signed for that service and Region. It is not retried.
    pub async fn get_signed(
        &self,
        service: &str,
        region: &str,
        url: &str,
        options: &CallOptions,
    ) -> Result<SignedAnswer, Error> {
        let inner = self.context();
        let target = parsed(url)?;
        let identity = match &options.credentials {
            Some(given) => identity(given),
            None => inner.credentials.identity(&inner.env, None).await?,
        };
        let scope = SigningScope { region, service, time: (inner.env.now)(), keys: &SigningKeys::default() };
        let mut headers = HeaderMap::new();
        sign_request(&mut headers, &Method::GET, &target, &[], &identity, &scope)?;
        headers.insert(USER_AGENT, inner.user_agent.clone());
        let http = inner.network.client(&target, 1).await?;
        let request = Request { method: Method::GET, url: target, headers, body: None };
        let answer = inner.network.exchange(&http, request, LIMIT).await?;
        Ok(SignedAnswer { status: answer.status, body: String::from_utf8_lossy(&answer.body).into_owned() })
    }

    /// The same on the process's I/O thread: `done` is called once with the outcome.
    pub fn start_get_signed(
        &self,
        [service, region, url]: [String; 3],
        options: CallOptions,
        done: impl FnOnce(Result<SignedAnswer, Error>) + Send + 'static,
    ) {
        let client = self.clone();
        on_io_thread(async move { client.get_signed(&service, &region, &url, &options).await }, done);
    }

    /// The same on this thread.
    pub fn get_signed_blocking(
        &self,
        service: &str,
        region: &str,
        url: &str,
        options: &CallOptions,
    ) -> Result<SignedAnswer, Error> {
        let runtime = builder::runtime()
            .map_err(|e| Error::new(ErrorKind::EndpointConnection, format!("no runtime can be started: {e}")))?;
        runtime.block_on(self.get_signed(service, region, url, options))
    }
}
