//! Signs a request with SigV4 for the headers that the service checks.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::{Dispatch, dispatcher};

use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};

/// Adds the signature of the request and what belongs to it to `headers`. Signed are the host, the content type and the
/// headers added here: others may be changed on the way.
#[expect(clippy::too_many_arguments, reason = "SigV4 signs just these")]
pub(crate) fn sign_request(
    headers: &mut HeaderMap,
    method: &str,
    url: &str,
    body: &[u8],
    endpoint: &Endpoint,
    signing_name: &str,
    identity: &Identity,
    now: SystemTime,
) -> Result<(), Error> {
    let fail = |e: &dyn std::fmt::Display| {
        Error::new(ErrorKind::InvalidConfig, format!("the request could not be signed: {e}"))
    };
    let parameters = v4::SigningParams::builder()
        .identity(identity)
        .region(&endpoint.signing_region)
        .name(signing_name)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|e| fail(&e))?
        .into();
    let content_type = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let signed = content_type.map(|value| ("content-type", value)).into_iter();
    let request = SignableRequest::new(method, url, signed, SignableBody::Bytes(body)).map_err(|e| fail(&e))?;
    // The signer logs the URL and the body, which may hold what is sensitive.
    let signed = dispatcher::with_default(&Dispatch::none(), || sign(request, &parameters));
    let (instructions, _) = signed.map_err(|e| fail(&e))?.into_parts();
    let (added, _) = instructions.into_parts();
    for header in added {
        let mut value = HeaderValue::from_str(header.value()).map_err(|e| fail(&e))?;
        value.set_sensitive(header.sensitive());
        headers.insert(HeaderName::from_static(header.name()), value);
    }
    Ok(())
}
