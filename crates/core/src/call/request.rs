//! The HTTP request of a call: made of its encoded input, then signed for each attempt.

use std::time::SystemTime;

use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use reqwest::Url;

use crate::call::context::ClientContext;
use crate::call::options::Call;
use crate::credentials::cache::Source;
use crate::error::kinds::{Error, ErrorKind};
use crate::http::transport::Request;
use crate::signing::sigv4::{SigningScope, sign_request};

/// The request of a call, without what is particular to an attempt.
pub(crate) fn unsigned(client: &ClientContext, call: &Call, url: &Url, invocation_id: &str) -> Result<Request, Error> {
    const INVOCATION_ID: HeaderName = HeaderName::from_static("amz-sdk-invocation-id");
    let method = Method::from_bytes(call.operation.method.as_bytes()).map_err(|e| unsendable(&e))?;
    let mut headers = HeaderMap::with_capacity(8);
    let body = call.encoded.body.as_ref().map(|text| Bytes::copy_from_slice(text.as_bytes()));
    if body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(USER_AGENT, client.user_agent.clone());
    headers.insert(INVOCATION_ID, HeaderValue::from_str(invocation_id).map_err(|e| unsendable(&e))?);
    if let Some(trace) = &call.trace {
        headers.insert(HeaderName::from_static("x-amzn-trace-id"), trace.clone());
    }
    Ok(Request { method, url: url.clone(), headers, body })
}

/// Notes which attempt it is, for the service.
pub(crate) fn mark_attempt(request: &mut Request, number: u32, max_attempts: u32) -> Result<(), Error> {
    const REQUEST: HeaderName = HeaderName::from_static("amz-sdk-request");
    let progress = format!("attempt={number}; max={max_attempts}");
    request.headers.insert(REQUEST, HeaderValue::from_str(&progress).map_err(|e| unsendable(&e))?);
    Ok(())
}

/// The request, signed for that time unless the client does not sign; its length is noted anew, for the host may have changed the body.
pub(crate) fn signed(
    client: &ClientContext,
    mut request: Request,
    identity: &Identity,
    time: SystemTime,
) -> Result<Request, Error> {
    let Request { method, url, headers, body } = &mut request;
    body.take_if(|body| body.is_empty());
    headers.remove(CONTENT_LENGTH);
    if body.is_none() && *method != Method::GET {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    if matches!(*client.credentials, Source::Unsigned) {
        return Ok(request);
    }
    let scope = SigningScope {
        region: &client.config.endpoint.signing_region,
        service: client.service.signing_name,
        time,
        keys: &client.signing_keys,
    };
    sign_request(headers, method, url, body.as_deref().unwrap_or_default(), identity, &scope)?;
    Ok(request)
}

fn unsendable(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidConfig, format!("the request cannot be made: {error}"))
}

/// The endpoint's URL with the path and the query of the call. They are encoded, and so need no parser.
pub(crate) fn url_of(client: &ClientContext, call: &Call) -> Url {
    let (mut url, encoded) = (client.endpoint.clone(), &call.encoded);
    match client.endpoint.path().trim_end_matches('/') {
        "" => url.set_path(&encoded.path),
        base => url.set_path(&[base, &encoded.path].concat()),
    }
    if !encoded.query.is_empty() {
        url.set_query(Some(&encoded.query));
    }
    url
}

pub(crate) fn parsed(url: &str) -> Result<Url, Error> {
    // The text may hold the caller's data, which an error must not.
    Url::parse(url).map_err(|e| Error::new(ErrorKind::InvalidEndpoint, format!("Invalid endpoint: {e}")))
}
