//! Requests to servers that are none of the services: a webhook, an S3 endpoint.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use reqwest::Url;

use crate::error::kinds::{Error, ErrorKind};
use crate::http::proxy::Proxies;
use crate::http::tls::{Pem, Tls, Trust};
use crate::http::transport::{Network, Request, SocketOptions};
use crate::runtime::environment::Environment;

/// A client with a pool of its own, which belongs to the runtime that it is made on. It uses no proxies and follows no redirects.
#[derive(Debug)]
pub struct OtherClient {
    network: Network,
    http: reqwest::Client,
    timeout: Duration,
}

/// What is read of a response at most.
const LIMIT: usize = 1 << 28;

impl OtherClient {
    /// A client for the server of `url`. It trusts whom the bundle of `AWS_CA_BUNDLE` names, or whom the platform trusts.
    pub async fn new(url: &Url, environment: &Environment, timeout: Duration) -> Result<OtherClient, Error> {
        let bundle = environment.variable("AWS_CA_BUNDLE").map(|path| Trust::Bundle(Pem::File(path.into())));
        let variables = environment.variables.clone();
        let tls = Tls { trust: bundle.unwrap_or_default(), variables, ..Tls::default() };
        let network = Network::new(tls, Proxies::default(), SocketOptions::within(timeout));
        let http = network.client(url, 4).await?;
        Ok(OtherClient { network, http, timeout })
    }

    /// Sends a request; returns the status and body of the response. The error does not name the URL's path or query.
    pub async fn send(&self, method: Method, url: Url, headers: HeaderMap, body: Bytes) -> Result<(u16, Bytes), Error> {
        let request = Request { method, url, headers, body: Some(body) };
        let exchange = self.network.exchange(&self.http, request, LIMIT);
        let Ok(outcome) = tokio::time::timeout(self.timeout, exchange).await else {
            let message = format!("no response within {} seconds", self.timeout.as_secs_f64());
            return Err(Error::new(ErrorKind::ReadTimeout, message));
        };
        outcome.map(|answer| (answer.status, answer.body))
    }
}
