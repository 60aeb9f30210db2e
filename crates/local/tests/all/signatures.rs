//! Who may call: signatures, credentials, clocks.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use crate::support::{Api, Signer, send};
use chimeline_core::StaticCredentials;
use chimeline_core::runtime::environment::{Environment, Variables};
use chimeline_local::Options;
use serde_json::json;

const LIST: (&str, &str) = ("GET", "/media-capture-pipelines");

#[test]
fn a_signature_is_right_over_everything_that_is_signed() {
    let api = Api::start();
    let url = api.server.url();
    let signer = Signer::default();
    assert_eq!(signer.send(url, LIST.0, LIST.1, "").status, 200);
    let target = "/media-capture-pipelines?max-results=5&next-token=";
    assert_eq!(signer.send(url, "GET", target, "").status, 200);
    let headers = signer.headers(url, "GET", LIST.1, "");
    // The same signature over another query, another method, another body, another secret.
    for (method, target, body) in [("GET", target, ""), ("POST", LIST.1, ""), ("GET", LIST.1, "{}")] {
        let answer = send(url, method, target, &headers, body);
        assert_eq!((answer.status, answer.code()), (403, "InvalidSignatureException"), "{method} {target} {body}");
    }
    let credentials = StaticCredentials { secret_access_key: "another".to_owned(), ..Options::default_credentials() };
    let answer = Signer { credentials, ..Signer::default() }.send(url, LIST.0, LIST.1, "");
    assert_eq!((answer.status, answer.code()), (403, "InvalidSignatureException"));
    assert!(answer.body.starts_with("{\"message\":"), "{}", answer.body);
    assert!(answer.head.contains("\r\nx-amzn-requestid: "), "{}", answer.head);
}

#[test]
fn a_request_without_a_whole_authorization_is_refused() {
    let api = Api::start();
    let url = api.server.url();
    let refused = |headers: &str| {
        let answer = send(url, LIST.0, LIST.1, headers, "");
        assert_eq!(answer.status, 403, "{headers}");
        answer.code().to_owned()
    };
    assert_eq!(refused(""), "MissingAuthenticationTokenException");
    assert_eq!(refused("authorization: Bearer abc\r\n"), "IncompleteSignatureException");
    let whole = Signer::default().headers(url, LIST.0, LIST.1, "");
    for part in ["Credential=", "SignedHeaders=", "Signature=", "/aws4_request"] {
        assert_eq!(refused(&whole.replace(part, "x-")), "IncompleteSignatureException", "{part}");
    }
    assert_eq!(refused(&whole.replace("x-amz-date: ", "x-another: ")), "IncompleteSignatureException");
    assert_eq!(refused(&whole.replace("x-amz-date: 2", "x-amz-date: x")), "IncompleteSignatureException");
    assert_eq!(refused(&whole.replace("SignedHeaders=host;", "SignedHeaders=")), "InvalidSignatureException");
    assert_eq!(refused("authorization: AWS4-HMAC-SHA256 \u{ff}\r\n"), "MissingAuthenticationTokenException");
}

#[test]
fn only_known_keys_are_let_in() {
    let temporary = StaticCredentials {
        access_key_id: "ASIATEMPORARY".to_owned(),
        secret_access_key: "temporary".to_owned(),
        session_token: Some("session/token+1".to_owned()),
    };
    let api = Api::with(Options {
        credentials: vec![Options::default_credentials(), temporary.clone()],
        ..Options::default()
    });
    let url = api.server.url();
    let send = |credentials: StaticCredentials| {
        let answer = Signer { credentials, ..Signer::default() }.send(url, LIST.0, LIST.1, "");
        (answer.status, answer.code().to_owned())
    };
    let unknown = (403, "UnrecognizedClientException".to_owned());
    assert_eq!(send(Options::default_credentials()).0, 200);
    assert_eq!(send(temporary.clone()).0, 200);
    assert_eq!(send(StaticCredentials { session_token: Some("other".to_owned()), ..temporary.clone() }), unknown);
    assert_eq!(send(StaticCredentials { session_token: None, ..temporary }), unknown);
    assert_eq!(
        send(StaticCredentials { access_key_id: "AKIDNOBODY".to_owned(), ..Options::default_credentials() }),
        unknown
    );
}

#[test]
fn a_clock_may_be_wrong_by_five_minutes() {
    let now = UNIX_EPOCH + Duration::from_hours(500_000);
    let env = Environment { now: Arc::new(move || now), ..Environment::with_variables(Variables::default()) };
    let api = Api::with(Options { env, ..Options::default() });
    let send = |time| Signer { time, ..Signer::default() }.send(api.server.url(), LIST.0, LIST.1, "");
    let (limit, second) = (Duration::from_mins(5), Duration::from_secs(1));
    assert_eq!(send(now - limit).status, 200);
    assert_eq!(send(now + limit).status, 200);
    let late = send(now - limit - second);
    assert_eq!((late.status, late.code()), (403, "InvalidSignatureException"));
    assert!(
        late.body.contains("Signature expired: 20270115T075459Z is now earlier than 20270115T075500Z"),
        "{}",
        late.body
    );
    let early = send(now + limit + second);
    assert_eq!((early.status, early.code()), (403, "InvalidSignatureException"));
    assert!(early.body.contains("Signature not yet current: 20270115T080501Z is still later"), "{}", early.body);
    assert!(late.head.contains("date: Fri, 15 Jan 2027 08:00:00 GMT"), "{}", late.head);
}

#[test]
fn another_service_may_not_be_signed_for() {
    let api = Api::start();
    let answer = Signer { service: "s3", ..Signer::default() }.send(api.server.url(), LIST.0, LIST.1, "");
    assert_eq!((answer.status, answer.code()), (403, "InvalidSignatureException"));
}

#[test]
fn odd_paths_and_queries_are_signed_as_they_are_sent() {
    let api = Api::start();
    for id in ["a b/c%", "..", "é", "a+b", ""] {
        let code = api.call("chime", "GetMediaCapturePipeline", json!({"MediaPipelineId": id}));
        match code {
            Err(error) if error.service_error().is_some() => {
                assert_eq!(crate::support::code(&error), "BadRequestException", "{id}");
            }
            // What cannot be sent is refused by the client itself.
            other => assert_eq!(id, "..", "{other:?}"),
        }
    }
    let arn = "arn:aws:chime:us-east-1:111122223333:media-pipeline/a b+c";
    let code = api.code("chime-sdk-media-pipelines", "ListTagsForResource", json!({"ResourceARN": arn}));
    assert_eq!(code, "BadRequestException");
}
