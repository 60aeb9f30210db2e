//! Verifies SigV4: recomputes a request's signature with the secret of the key that it names.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use chimeline_core::StaticCredentials;
use subtle::ConstantTimeEq;

use crate::http::Received;
use crate::request::ServiceError;

/// How far a request's clock may be from the server's.
const SKEW: Duration = Duration::from_mins(5);

/// The `Authorization` header, taken apart.
struct Claim<'r> {
    access_key_id: &'r str,
    date: &'r str,
    region: &'r str,
    service: &'r str,
    signed_headers: &'r str,
    signature: &'r str,
}

/// Who a request is from, and for which region.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) region: String,
}

/// Checks the signature against the accounts' credentials.
pub(crate) fn verify<'k>(
    request: &Received,
    mut accounts: impl Iterator<Item = (&'k StaticCredentials, &'k str)>,
    signing_name: &str,
    now: SystemTime,
) -> Result<Caller, ServiceError> {
    let authorization = request.header("authorization").ok_or_else(|| {
        ServiceError::with_status(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    })?;
    let claim = Claim::parse(authorization)?;
    let token = request.header("x-amz-security-token");
    // A key is known by its id and, where it is a temporary one, its token.
    let is_known =
        |key: &StaticCredentials| key.access_key_id == claim.access_key_id && key.session_token.as_deref() == token;
    let (key, account) = accounts.find(|(key, _)| is_known(key)).ok_or_else(|| {
        let message = "The security token included in the request is invalid.";
        ServiceError::with_status(403, "UnrecognizedClientException", message)
    })?;
    if claim.service != signing_name {
        return Err(invalid_signature(format!("Credential should be scoped to correct service: '{signing_name}'.")));
    }
    let stamp = request.header("x-amz-date").ok_or_else(|| incomplete("it needs an 'X-Amz-Date' header"))?;
    let time = parse_time(stamp).ok_or_else(|| incomplete("'X-Amz-Date' must be as in 20240229T123456Z"))?;
    if stamp.get(..8) != Some(claim.date) {
        return Err(invalid_signature(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: {stamp}"
        )));
    }
    check_clock(stamp, time, now)?;
    let expected = signature(request, &claim, key, time).ok_or_else(mismatch)?;
    if bool::from(expected.as_bytes().ct_eq(claim.signature.as_bytes())) {
        Ok(Caller { account: account.to_owned(), region: claim.region.to_owned() })
    } else {
        Err(mismatch())
    }
}

/// The caller that a request names, where signatures are not checked; `fallback` where it names none.
pub(crate) fn claimed<'k>(
    request: &Received,
    mut accounts: impl Iterator<Item = (&'k StaticCredentials, &'k str)>,
    fallback: Caller,
) -> Caller {
    let Some(Ok(claim)) = request.header("authorization").map(Claim::parse) else { return fallback };
    let account = accounts.find(|(key, _)| key.access_key_id == claim.access_key_id);
    let account = account.map_or(fallback.account, |(_, account)| account.to_owned());
    Caller { account, region: claim.region.to_owned() }
}

impl<'r> Claim<'r> {
    fn parse(header: &'r str) -> Result<Claim<'r>, ServiceError> {
        let fields =
            header.strip_prefix("AWS4-HMAC-SHA256 ").ok_or_else(|| incomplete("it must be AWS4-HMAC-SHA256"))?;
        let field = |name: &str| {
            let mut pairs = fields.split(',').filter_map(|pair| pair.trim().split_once('='));
            let found = pairs.find(|(key, _)| *key == name).map(|(_, value)| value);
            found.filter(|value| !value.is_empty()).ok_or_else(|| incomplete(&format!("it needs '{name}'")))
        };
        let scope: Vec<&str> = field("Credential")?.split('/').collect();
        let &[access_key_id, date, region, service, "aws4_request"] = scope.as_slice() else {
            return Err(incomplete("'Credential' must be KEY/DATE/REGION/SERVICE/aws4_request"));
        };
        let (signed_headers, signature) = (field("SignedHeaders")?, field("Signature")?);
        Ok(Claim { access_key_id, date, region, service, signed_headers, signature })
    }
}

/// The signature that the request should have.
fn signature(request: &Received, claim: &Claim<'_>, key: &StaticCredentials, time: SystemTime) -> Option<String> {
    let mut settings = SigningSettings::default();
    // What the client says it signed is what is signed, be it a header that signers usually leave out.
    settings.excluded_headers = None;
    let credentials = Credentials::new(
        &*key.access_key_id,
        &*key.secret_access_key,
        key.session_token.clone(),
        None,
        "chimeline-local",
    );
    let identity = Identity::from(credentials);
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(claim.region)
        .name(claim.service)
        .time(time)
        .settings(settings)
        .build()
        .ok()?
        .into();
    let mut headers = Vec::new();
    for name in claim.signed_headers.split(';') {
        for value in request.headers.get_all(name) {
            headers.push((name, value.to_str().ok()?));
        }
    }
    let path = request.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let url = format!("http://{}{path}", request.header("host")?);
    let body = SignableBody::Bytes(&request.body);
    let signable = SignableRequest::new(request.method.as_str(), url, headers.into_iter(), body).ok()?;
    let (instructions, signature) = sign(signable, &parameters).ok()?.into_parts();
    // The signer adds what must be signed; a request that does not say that it signed the same was signed in another way.
    let (_, expected) = instructions.headers().find(|(name, _)| *name == "authorization")?;
    let same = Claim::parse(expected).is_ok_and(|expected| expected.signed_headers == claim.signed_headers);
    same.then_some(signature)
}

fn check_clock(stamp: &str, time: SystemTime, now: SystemTime) -> Result<(), ServiceError> {
    let (low, high) = (now.checked_sub(SKEW).unwrap_or(UNIX_EPOCH), now + SKEW);
    if time < low {
        let (low, now) = (format_time(low), format_time(now));
        return Err(invalid_signature(format!(
            "Signature expired: {stamp} is now earlier than {low} ({now} - 5 min.)"
        )));
    }
    if time > high {
        let (high, now) = (format_time(high), format_time(now));
        return Err(invalid_signature(format!(
            "Signature not yet current: {stamp} is still later than {high} ({now} + 5 min.)"
        )));
    }
    Ok(())
}

const STAMP: &str = "%Y%m%dT%H%M%SZ";

fn parse_time(stamp: &str) -> Option<SystemTime> {
    let civil = jiff::civil::DateTime::strptime(STAMP, stamp).ok()?;
    let seconds = jiff::tz::Offset::UTC.to_timestamp(civil).ok()?.as_second();
    UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

fn format_time(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(|_| String::new(), |time| time.strftime(STAMP).to_string())
}

fn incomplete(why: &str) -> ServiceError {
    ServiceError::with_status(
        403,
        "IncompleteSignatureException",
        format!("The Authorization header is not complete: {why}."),
    )
}

fn invalid_signature(message: String) -> ServiceError {
    ServiceError::with_status(403, "InvalidSignatureException", message)
}

fn mismatch() -> ServiceError {
    invalid_signature(
        "The signature of the request is not the one that its contents and the secret key give.".to_owned(),
    )
}
