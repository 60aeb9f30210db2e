//! A way in for the fuzz targets and the property tests, which hand a client answers without a server's help.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::IgnoredAny;

use crate::call::classify::{Attempted, Classification, attempt_record, classify};
use crate::call::options::Call;
use crate::call::orchestrator::Response;
use crate::client::Client;
use crate::codec::encode::Encoded;
use crate::codec::json_host::JsonBuilder;
use crate::config::options::Options;
use crate::config::static_credentials::StaticCredentials;
use crate::credentials::static_credentials::identity;
use crate::error::kinds::{Error, ErrorKind};
use crate::error::response::RawResponse;
use crate::runtime::environment::{Environment, Variables};
use crate::runtime::host::Questions;
use crate::schema::generated::SERVICES;
use crate::schema::{Operation, Service};
use crate::signing::clock_skew::Times;

/// Every operation, each with a client of its service that knows nothing of this machine and can reach nothing.
///
/// # Panics
/// When the client of a service cannot be made.
#[must_use]
pub fn operations() -> Vec<(Client, &'static Operation)> {
    let options = Options {
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some("http://127.0.0.1:1".to_owned()),
        credentials: Some(keys()),
        ..Options::default()
    };
    let env = Environment { variables: Variables::default(), ..Environment::default() };
    let of = |service: &&'static Service| {
        let client = Client::in_world(service, &options, env.clone()).expect("a client of good options");
        service.operations.iter().map(move |operation| (client.clone(), operation))
    };
    SERVICES.iter().flat_map(of).collect()
}

/// The session token that the attempts of [`outcome`] are signed with.
pub const TOKEN: &str = "IQoJb3JpZ2luX2VjE0123456789";

pub(super) fn keys() -> StaticCredentials {
    StaticCredentials { access_key_id: "AKID".to_owned(), secret_access_key: "secret".to_owned(), session_token: None }
}

/// Fails where an outcome is not what a host can be given: a result is JSON, and what is said of an answer that cannot be read is
/// one short line, however long and strange the answer is.
///
/// # Panics
/// When it is not so.
pub fn check(outcome: &Result<String, Error>) {
    const SHORT: usize = 600;
    let short = |text: &str| text.len() < SHORT && !text.contains('\n');
    match outcome {
        Ok(result) => assert!(serde_json::from_str::<IgnoredAny>(result).is_ok(), "no JSON: {result}"),
        Err(error) => {
            assert!(!error.to_string().contains(TOKEN), "{error}");
            assert!(error.kind() == ErrorKind::Client || short(error.message()), "{error}");
            assert!(error.attempts().iter().filter_map(|attempt| attempt.code.as_deref()).all(short), "{error:?}");
        }
    }
}

/// What a call comes to whose only attempt has this answer: the JSON of its result, or its error. Headers that HTTP does not
/// allow are left out.
pub fn outcome(
    client: &Client,
    operation: &'static Operation,
    status: u16,
    headers: &[(&str, &[u8])],
    body: &[u8],
) -> Result<String, Error> {
    let allowed = headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?))
    });
    let headers: HeaderMap = allowed.collect();
    let answer = RawResponse { status, headers, body: Bytes::copy_from_slice(body) };
    let inner = client.context();
    let encoded = Encoded { path: String::new(), query: String::new(), body: None };
    let call = Call::new(operation, encoded, client.config(), Questions::default());
    let now = (inner.env.now)();
    let keys = StaticCredentials { session_token: Some(TOKEN.to_owned()), ..keys() };
    let times = Times { signed: now, took: Duration::ZERO, received: now };
    let attempted = Attempted { outcome: Ok(answer), identity: Some(identity(&keys)), times: Some(times) };
    let classification = classify(inner, &call, attempted, now);
    let attempts = vec![attempt_record(&classification, Duration::ZERO)];
    match classification {
        Classification::Failure { error, .. } => Err(error.with_attempts(attempts)),
        Classification::Success(answer) => {
            let metadata = answer.metadata();
            let response = Response { body: answer.body, metadata, attempts, max_attempts_reached: false };
            let mut builder = JsonBuilder::default();
            client.decode(operation, &response, &mut builder)?;
            Ok(builder.finish())
        }
    }
}
