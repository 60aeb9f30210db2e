//! The HTTP client, the clock and the waits that AWS's credentials providers use: those of the service's traffic.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::body::SdkBody;
use http::Method;

use crate::error::{Error, ErrorKind};
use crate::transport::{Network, Request};
use crate::world::World;

/// A client over `network`, within the limits that each provider asks for.
pub(crate) fn http_client(network: Arc<Network>) -> SharedHttpClient {
    http_client_fn(move |settings, _| {
        SharedHttpConnector::new(Connector { network: network.clone(), limit: limit(settings) })
    })
    .into_shared()
}

/// The time for a whole exchange, where a provider limits both of its parts.
fn limit(settings: &HttpConnectorSettings) -> Option<Duration> {
    Some(settings.connect_timeout()? + settings.read_timeout()?)
}

#[derive(Clone, Debug)]
struct Connector {
    network: Arc<Network>,
    limit: Option<Duration>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Connector { network, limit } = self.clone();
        HttpConnectorFuture::new(async move {
            let sending = send(&network, request);
            match limit {
                None => sending.await,
                Some(limit) => tokio::time::timeout(limit, sending).await.unwrap_or_else(|_| {
                    let message = format!("no answer within {} s", limit.as_secs_f64());
                    Err(ConnectorError::timeout(Box::new(Error::new(ErrorKind::ReadTimeout, message))))
                }),
            }
        })
    }
}

async fn send(network: &Network, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    const LIMIT: usize = 1 << 20;
    let user = |e: &dyn fmt::Display| ConnectorError::user(e.to_string().into());
    let request = request.try_into_http1x().map_err(|e| user(&e))?;
    let (parts, body) = request.into_parts();
    let body = body.bytes().map(bytes::Bytes::copy_from_slice).ok_or_else(|| user(&"a streaming body"))?;
    let url = reqwest::Url::parse(&parts.uri.to_string()).map_err(|e| user(&e))?;
    // Made when first needed, and without idle connections: a connection lives on the runtime that made it, and the
    // next refresh may be on another.
    let http = network.client(&url, 0).await.map_err(|e| user(&e))?;
    let body = (parts.method != Method::GET).then_some(body);
    let sent = Request { method: parts.method, url, headers: parts.headers, body };
    let answer = network.exchange(&http, sent, LIMIT).await.map_err(|e| match e.kind() {
        kind if kind.is_timeout() => ConnectorError::timeout(Box::new(e)),
        _ => ConnectorError::io(Box::new(e)),
    })?;
    let mut response = http::Response::new(SdkBody::from(answer.body));
    *response.status_mut() = http::StatusCode::from_u16(answer.status).map_err(|e| user(&e))?;
    *response.headers_mut() = answer.headers;
    response.try_into().map_err(|e| user(&e))
}

/// The clock and the waits of the client's world.
pub(crate) struct Timer(pub(crate) World);

impl TimeSource for Timer {
    fn now(&self) -> SystemTime {
        (self.0.now)()
    }
}

impl AsyncSleep for Timer {
    fn sleep(&self, length: Duration) -> Sleep {
        // The lock, which nobody else can hold, makes of a future that may move between threads one that they may share.
        let mut wait = Mutex::new((self.0.sleep)(length));
        Sleep::new(poll_fn(move |context| {
            wait.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(context)
        }))
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timer")
    }
}
