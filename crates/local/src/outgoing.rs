//! Requests that the local service and its command make themselves: events to a webhook, objects to an S3 endpoint, and control
//! requests.

use std::time::Duration;

use bytes::Bytes;
use chimeline_core::http::other::OtherClient;
use chimeline_core::runtime::builder;
use chimeline_core::runtime::environment::Environment;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use tokio::runtime::Runtime;
use url::Url;

/// What a URL must be, in words.
pub(crate) const URL_FORM: &str = "an http:// or https:// URL with a host";

/// The URL, if requests can be sent to it.
pub(crate) fn parse_url(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// The headers of a JSON body.
pub(crate) fn json_headers() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}

/// Sends requests to one server, and waits for each.
#[derive(Debug)]
pub(crate) struct Sender {
    runtime: Runtime,
    environment: Environment,
    timeout: Duration,
    /// Made with the first request: certificates are read then.
    client: Option<OtherClient>,
}

impl Sender {
    pub(crate) fn new(environment: Environment, timeout: Duration) -> std::io::Result<Sender> {
        let runtime = builder::runtime()?;
        Ok(Sender { runtime, environment, timeout, client: None })
    }

    /// The status and body of the response.
    pub(crate) fn send(
        &mut self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: impl Into<Bytes>,
    ) -> Result<(u16, Bytes), String> {
        let Sender { runtime, environment, timeout, client } = self;
        let body = body.into();
        let outcome = runtime.block_on(async {
            let client = match client {
                Some(client) => client,
                None => client.insert(OtherClient::new(url, environment, *timeout).await?),
            };
            client.send(method, url.clone(), headers, body).await
        });
        outcome.map_err(|error| error.message().to_owned())
    }
}
