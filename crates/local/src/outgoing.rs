//! Requests that the local service and its command make themselves: events to a webhook, and control requests.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Whether requests can be sent to that URL: it must be `http://` and name a host.
pub(crate) fn parse_url(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    (uri.scheme_str() == Some("http") && uri.host().is_some_and(|host| !host.is_empty())).then_some(uri)
}

/// The headers of a JSON body.
pub(crate) fn json_headers() -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
}

/// Sends a request on a connection of its own; returns the status and body of the response.
pub(crate) async fn send(
    method: Method,
    url: &Uri,
    headers: HeaderMap,
    body: impl Into<Bytes>,
    timeout: Duration,
) -> Result<(u16, Bytes), String> {
    match tokio::time::timeout(timeout, exchange(method, url, headers, body.into())).await {
        Ok(outcome) => outcome.map_err(|why| why.to_string()),
        Err(_) => Err(format!("no response within {} seconds", timeout.as_secs_f64())),
    }
}

async fn exchange(
    method: Method,
    url: &Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(u16, Bytes), Box<dyn std::error::Error>> {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    let stream = TcpStream::connect((host, url.port_u16().unwrap_or(80))).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let mut request = Request::builder()
        .method(method)
        .uri(url.path_and_query().map_or("/", |path| path.as_str()))
        .header(HOST, url.authority().map_or(host, |authority| authority.as_str()))
        .header(CONNECTION, "close")
        .body(Full::new(body))?;
    request.headers_mut().extend(headers);
    let response = async move {
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        Ok::<_, hyper::Error>((status, response.into_body().collect().await?.to_bytes()))
    };
    // The connection moves only while it is polled.
    let (response, _) = tokio::join!(response, connection);
    Ok(response?)
}
