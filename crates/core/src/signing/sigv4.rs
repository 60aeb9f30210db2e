//! Signs a request with SigV4 for the headers that the service checks.

use std::borrow::Cow;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::{Dispatch, dispatcher};

use crate::error::kinds::{Error, ErrorKind};

/// For what a request is signed, and when.
pub(crate) struct SigningScope<'s> {
    pub(crate) region: &'s str,
    pub(crate) service: &'s str,
    pub(crate) time: SystemTime,
    pub(crate) settings: SigningSettings,
}

/// Adds the signature of the request and what belongs to it to `headers`, in place of an earlier one. Signed are the host and
/// the headers that [`is_signed`] says.
pub(crate) fn sign_request(
    headers: &mut HeaderMap,
    method: &str,
    url: &str,
    body: &[u8],
    identity: &Identity,
    scope: SigningScope<'_>,
) -> Result<(), Error> {
    let fail = |e: &dyn std::fmt::Display| {
        Error::new(ErrorKind::InvalidConfig, format!("the request could not be signed: {e}"))
    };
    let token = token_of(identity);
    let has_token = identity.data::<Credentials>().is_some_and(|credentials| credentials.session_token().is_some());
    let without_token = has_token.then(|| stripped(identity));
    let parameters = v4::SigningParams::builder()
        .identity(without_token.as_ref().unwrap_or(identity))
        .region(scope.region)
        .name(scope.service)
        .time(scope.time)
        .settings(scope.settings)
        .build()
        .map_err(|e| fail(&e))?
        .into();
    for earlier in OF_SIGNATURE {
        headers.remove(*earlier);
    }
    let values =
        headers.keys().filter(|name| is_signed(name)).filter_map(|name| Some((name.as_str(), joined(headers, name)?)));
    let values: Vec<(&str, Cow<'_, str>)> = values.collect();
    // The signer takes a token to the byte; a header is signed as it arrives.
    let signed_token = token.map(|token| token.split_whitespace().collect::<Vec<_>>().join(" "));
    let signed = values.iter().map(|(name, value)| (*name, value.as_ref()));
    let signed = signed.chain(signed_token.as_deref().map(|token| (SECURITY_TOKEN, token)));
    let request = SignableRequest::new(method, url, signed, SignableBody::Bytes(body)).map_err(|e| fail(&e))?;
    // The signer logs the URL and the body, which may hold what is sensitive.
    let signed = dispatcher::with_default(&Dispatch::none(), || sign(request, &parameters));
    let (instructions, _) = signed.map_err(|e| fail(&e))?.into_parts();
    let (added, _) = instructions.into_parts();
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(token.trim_matches([' ', '\t'])).map_err(|e| fail(&e))?;
        value.set_sensitive(true);
        headers.insert(HeaderName::from_static(SECURITY_TOKEN), value);
    }
    for header in added {
        let mut value = HeaderValue::from_str(header.value()).map_err(|e| fail(&e))?;
        value.set_sensitive(header.sensitive());
        headers.insert(HeaderName::from_static(header.name()), value);
    }
    Ok(())
}

/// Whether a header is part of the signature. Others may be changed on the way, or by a proxy.
pub(crate) fn is_signed(name: &HeaderName) -> bool {
    !UNSIGNED.contains(&name.as_str())
}

/// The value as the signer takes it: several of one name as one. A value that is not ASCII is left unsigned.
fn joined<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Cow<'h, str>> {
    let mut values = headers.get_all(name).iter().map(|value| value.to_str().ok());
    let first = values.next()??;
    let Some(second) = values.next() else { return Some(Cow::Borrowed(first)) };
    let mut all = vec![first, second?];
    for value in values {
        all.push(value?);
    }
    Some(Cow::Owned(all.join(",")))
}

const UNSIGNED: &[&str] = &[
    "amz-sdk-invocation-id",
    "amz-sdk-request",
    "authorization",
    "connection",
    "content-length",
    "expect",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];

const SECURITY_TOKEN: &str = "x-amz-security-token";
const OF_SIGNATURE: &[&str] = &["authorization", "x-amz-date", SECURITY_TOKEN];

/// The session token; an empty one is none.
fn token_of(identity: &Identity) -> Option<&str> {
    identity.data::<Credentials>()?.session_token().filter(|token| !token.is_empty())
}

/// The same credentials without their token.
fn stripped(identity: &Identity) -> Identity {
    let Some(credentials) = identity.data::<Credentials>() else { return identity.clone() };
    let (id, secret) = (credentials.access_key_id(), credentials.secret_access_key());
    Identity::new(Credentials::new(id, secret, None, None, "signer"), None)
}
