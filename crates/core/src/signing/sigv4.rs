//! Signs a request with SigV4 for the headers that the service checks.

use std::borrow::Cow;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::sign::v4::calculate_signature;
use aws_smithy_runtime_api::client::identity::Identity;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use ring::digest;

use crate::error::kinds::{Error, ErrorKind};
use crate::runtime::files::hex;
use crate::signing::date::AmzDate;
use crate::signing::key::SigningKeys;

/// For what a request is signed, and when.
pub(crate) struct SigningScope<'s> {
    pub(crate) region: &'s str,
    pub(crate) service: &'s str,
    pub(crate) time: SystemTime,
    pub(crate) keys: &'s SigningKeys,
}

/// Adds the signature of the request and what belongs to it to `headers`, in place of an earlier one. Signed are the host and
/// the headers that [`is_signed`] says.
pub(crate) fn sign_request(
    headers: &mut HeaderMap,
    method: &Method,
    url: &Url,
    body: &[u8],
    identity: &Identity,
    scope: &SigningScope<'_>,
) -> Result<(), Error> {
    let fail = |e: &dyn std::fmt::Display| {
        Error::new(ErrorKind::InvalidConfig, format!("the request could not be signed: {e}"))
    };
    let credentials = identity.data::<Credentials>().ok_or_else(|| fail(&"there are no credentials"))?;
    let date = AmzDate::of(scope.time).ok_or_else(|| fail(&"the time is none of the calendar"))?;
    // S3 reads paths as they are, and wants the checksum of the body.
    let is_s3 = scope.service == "s3";
    for earlier in OF_SIGNATURE {
        headers.remove(*earlier);
    }
    let checksum = hex(digest::digest(&digest::SHA256, body).as_ref());
    headers.insert(DATE, HeaderValue::from_str(date.time()).map_err(|e| fail(&e))?);
    if is_s3 {
        headers.insert(CHECKSUM, HeaderValue::from_str(&checksum).map_err(|e| fail(&e))?);
    }
    if let Some(token) = credentials.session_token().filter(|token| !token.is_empty()) {
        let mut value = HeaderValue::from_str(token.trim_matches([' ', '\t'])).map_err(|e| fail(&e))?;
        value.set_sensitive(true);
        headers.insert(SECURITY_TOKEN, value);
    }

    let mut canonical = String::with_capacity(640);
    canonical.extend([method.as_str(), "\n"]);
    write_path(&mut canonical, url.path(), is_s3);
    canonical.push('\n');
    write_query(&mut canonical, url);
    canonical.push('\n');
    let names = write_headers(&mut canonical, headers, url);
    canonical.extend(["\n", &names, "\n", &checksum]);

    let SigningScope { region, service, .. } = scope;
    let credential_scope = format!("{}/{region}/{service}/aws4_request", date.day());
    let hashed = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let to_sign = [ALGORITHM, "\n", date.time(), "\n", &credential_scope, "\n", &hashed].concat();
    let key = scope.keys.key(credentials.secret_access_key(), scope.time, &date, region, service);
    let signature = calculate_signature(key, to_sign.as_bytes());
    let id = credentials.access_key_id();
    let value = format!("{ALGORITHM} Credential={id}/{credential_scope}, SignedHeaders={names}, Signature={signature}");
    headers.insert(http::header::AUTHORIZATION, HeaderValue::try_from(value).map_err(|e| fail(&e))?);
    Ok(())
}

/// Whether a header is part of the signature. Others may be changed on the way, or by a proxy.
pub(crate) fn is_signed(name: &HeaderName) -> bool {
    !UNSIGNED.contains(&name.as_str())
}

/// The path as the signature has it: with no empty segment, and encoded once more; that of S3 as it is.
fn write_path(out: &mut String, path: &str, is_s3: bool) {
    if is_s3 {
        out.push_str(path);
        return;
    }
    // A URL has no dot segments.
    let mut last = '\0';
    for c in utf8_percent_encode(path, IN_PATH).flat_map(str::chars) {
        if (last, c) != ('/', '/') {
            out.push(c);
        }
        last = c;
    }
}

/// The pairs of the query in the order of their encoded texts.
fn write_query(out: &mut String, url: &Url) {
    if url.query().is_none() {
        return;
    }
    let encoded = |text: Cow<'_, str>| utf8_percent_encode(&text, IN_QUERY).to_string();
    let mut pairs: Vec<_> = url.query_pairs().map(|(name, value)| (encoded(name), encoded(value))).collect();
    pairs.sort_unstable();
    for (at, (name, value)) in pairs.iter().enumerate() {
        out.extend([if at == 0 { "" } else { "&" }, name, "=", value]);
    }
}

/// A line for each signed header, and their names.
fn write_headers(out: &mut String, headers: &HeaderMap, url: &Url) -> String {
    let values = headers.keys().filter(|name| is_signed(name));
    let values = values.filter_map(|name| Some((name.as_str(), joined(headers, name)?)));
    let mut signed: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(headers.len() + 1);
    signed.push(("host", Cow::Borrowed(url.authority())));
    signed.extend(values);
    signed.sort_unstable_by_key(|(name, _)| *name);
    let mut names = String::with_capacity(64);
    for (at, (name, value)) in signed.iter().enumerate() {
        names.extend([if at == 0 { "" } else { ";" }, *name]);
        out.extend([*name, ":"]);
        // A token is signed as it arrives, for HTTP knows no tabs beside blanks.
        let blank: fn(char) -> bool = if *name == SECURITY_TOKEN { char::is_whitespace } else { |c| c == ' ' };
        for (at, word) in value.split(blank).filter(|word| !word.is_empty()).enumerate() {
            out.extend([if at == 0 { "" } else { " " }, word]);
        }
        out.push('\n');
    }
    names
}

/// The value as the signature has it: several of one name as one. A value that is not ASCII is left unsigned, unless it is the token.
fn joined<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Cow<'h, str>> {
    let text = |value: &'h HeaderValue| match name.as_str() {
        SECURITY_TOKEN => str::from_utf8(value.as_bytes()).ok(),
        _ => value.to_str().ok(),
    };
    let mut values = headers.get_all(name).iter().map(text);
    let first = values.next()??;
    let Some(second) = values.next() else { return Some(Cow::Borrowed(first)) };
    let mut all = vec![first, second?];
    for value in values {
        all.push(value?);
    }
    Some(Cow::Owned(all.join(",")))
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const CHECKSUM: &str = "x-amz-content-sha256";
const DATE: &str = "x-amz-date";
const SECURITY_TOKEN: &str = "x-amz-security-token";
const OF_SIGNATURE: &[&str] = &["authorization", DATE, SECURITY_TOKEN];

/// What stays as it is: the unreserved characters of RFC 3986.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const IN_PATH: &AsciiSet = &IN_QUERY.remove(b'/');

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

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use aws_credential_types::Credentials;
    use aws_sigv4::http_request::{self, SignableBody, SignableRequest, SigningSettings};
    use aws_sigv4::sign::v4;
    use aws_smithy_runtime_api::client::identity::Identity;
    use http::{HeaderMap, HeaderName, HeaderValue, Method};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use reqwest::Url;

    use super::{SigningKeys, SigningScope, sign_request};

    /// What AWS's own signer adds.
    fn by_aws(request: SignableRequest<'_>, identity: &Identity, time: SystemTime, service: &str) -> [String; 2] {
        let mut settings = SigningSettings::default();
        if service == "s3" {
            settings.percent_encoding_mode = http_request::PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = http_request::UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = http_request::PayloadChecksumKind::XAmzSha256;
        }
        let parameters = v4::SigningParams::builder().identity(identity).region("eu-central-1").name(service);
        let parameters = parameters.time(time).settings(settings).build().expect("whole parameters").into();
        let (instructions, _) =
            http_request::sign(request, &parameters).expect("a request that can be signed").into_parts();
        ["x-amz-date", "authorization"].map(|name| {
            let mut added = instructions.headers().filter(|(added, _)| *added == name);
            added.next().map(|(_, value)| value.to_owned()).expect("a header that is added")
        })
    }

    proptest! {
        /// One cache of keys for all, so that a key of other credentials, another day or service would be seen.
        #[test]
        fn a_signature_is_the_one_that_awss_own_signer_makes(
            (method, service) in (prop::sample::select(vec!["GET", "POST", "DELETE"]), prop::sample::select(vec!["chime", "s3"])),
            (path, query) in ("(/{1,2}[ -~\u{e9}]{0,9}){0,4}/?", prop::option::of("[ -~\u{e9}&=+%]{0,30}")),
            headers in vec(("x-[a-z]{1,3}", "[ -~]{0,12}"), 0..4),
            body in vec(any::<u8>(), 0..200),
            (secret, token) in ("[A-Za-z/+]{4}", prop::option::of("[A-Za-z]{1,8}")),
            seconds in 0_u64..=253_402_000_000,
        ) {
            static KEYS: std::sync::LazyLock<SigningKeys> = std::sync::LazyLock::new(SigningKeys::default);
            let text = format!("http://localhost:8080{path}{}", query.map(|query| format!("?{query}")).unwrap_or_default());
            let Ok(url) = Url::parse(&text) else { return Ok(()) };
            prop_assume!(url.as_str().parse::<http::Uri>().is_ok() && url.fragment().is_none());
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            let identity = Identity::new(Credentials::new("AKID", secret, token, None, "test"), None);
            let mut given = HeaderMap::new();
            for (name, value) in &headers {
                given.insert(HeaderName::try_from(name).expect("a name"), HeaderValue::try_from(value).expect("a value"));
            }
            let mut ours = given.clone();
            let scope = SigningScope { region: "eu-central-1", service, time, keys: &KEYS };
            let method: Method = method.parse().expect("a method");
            sign_request(&mut ours, &method, &url, &body, &identity, &scope).expect("a signature");
            let values = given.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII")));
            let request = SignableRequest::new(method.as_str(), url.as_str(), values, SignableBody::Bytes(&body)).expect("a request");
            let theirs = by_aws(request, &identity, time, service);
            prop_assert_eq!(["x-amz-date", "authorization"].map(|name| ours[name].to_str().expect("ASCII").to_owned()), theirs);
        }
    }

    #[test]
    fn a_header_is_signed_as_it_arrives_and_a_repeated_one_as_one() {
        let sign = |token: &str, values: &[&str]| {
            let identity =
                Identity::new(Credentials::new("AKID", "secret", Some(token.to_owned()), None, "test"), None);
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("x-name", HeaderValue::from_str(value).expect("a value"));
            }
            let (url, time) = (Url::parse("https://localhost/a").expect("a URL"), SystemTime::UNIX_EPOCH);
            let scope = SigningScope { region: "r", service: "s", time, keys: &SigningKeys::default() };
            sign_request(&mut headers, &Method::GET, &url, b"", &identity, &scope).expect("a signature");
            headers["authorization"].clone()
        };
        assert_eq!(sign(" a \t b ", &["one"]), sign("a b", &["one"]));
        assert_eq!(sign("t", &["one", "two"]), sign("t", &["one,two"]));
        assert_ne!(sign("t", &["one"]), sign("t", &["two"]));
    }
}
