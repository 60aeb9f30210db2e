//! The server as a server: what is no proper request, its start and its end.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use crate::support::{Api, Signer, send};
use chimeline_local::{LocalServer, Options, run_command};
use serde_json::json;

#[test]
fn what_is_no_operation_is_unknown() {
    let api = Api::start();
    for (method, target) in
        [("POST", "/"), ("PATCH", "/meetings"), ("OPTIONS", "*"), ("POST", "/tags?operation=x"), ("GET", "//")]
    {
        let answer = send(api.server.url(), method, target, "", "");
        assert_eq!((answer.status, answer.code()), (404, "UnknownOperationException"), "{method} {target}");
    }
    let head = send(api.server.url(), "HEAD", "/meetings", "", "");
    assert_eq!((head.status, head.body.as_str()), (404, ""));
}

#[test]
fn a_body_that_cannot_be_read_is_refused() {
    let api = Api::start();
    let url = api.server.url();
    let signer = Signer::default();
    let nested = "[".repeat(10_000);
    for body in ["{", "[]", "\"text\"", "null garbage", "{\"a\":1}}", nested.as_str()] {
        let answer = signer.send(url, "POST", "/media-capture-pipelines", body);
        assert_eq!((answer.status, answer.code()), (400, "SerializationException"), "{body:.20}");
    }
    let headers = signer.headers(url, "POST", "/media-capture-pipelines", "a=b") + "content-type: text/plain\r\n";
    let answer = send(url, "POST", "/media-capture-pipelines", &headers, "a=b");
    assert_eq!((answer.status, answer.code()), (400, "SerializationException"));
    let answer = send(url, "GET", "/media-capture-pipelines/%FF", "", "");
    assert_eq!((answer.status, answer.code()), (400, "SerializationException"));
}

#[test]
fn a_body_has_a_limit() {
    let api = Api::start();
    let body = " ".repeat((1 << 20) + 1);
    let answer = send(api.server.url(), "POST", "/media-capture-pipelines", "", &body);
    assert_eq!((answer.status, answer.code()), (413, "RequestEntityTooLargeException"));
}

#[test]
fn bytes_that_are_no_http_harm_nobody() {
    let api = Api::start();
    let url = api.server.url();
    for bytes in
        [&b"\x16\x03\x01\x00\xa5\x01\x00"[..], b"GET\r\n\r\n", b"\r\n\r\n\r\n\r\n", b"GET / HTTP/1.1\r\nhost\r\n\r\n"]
    {
        let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    // A client that goes away in the middle of a body.
    let mut broken = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    broken.write_all(b"POST /meetings HTTP/1.1\r\ncontent-length: 100\r\n\r\n{").unwrap();
    drop(broken);
    assert_eq!(Signer::default().send(url, "GET", "/media-capture-pipelines", "").status, 200);
}

#[test]
fn unknown_and_null_members_are_passed_over() {
    let api = Api::start();
    let body = json!({
        "SourceType": "ChimeSdkMeeting", "SourceArn": "arn:aws:chime::111122223333:meeting:0e8f2a3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c", "SinkType": "S3Bucket",
        "SinkArn": "arn:aws:s3:::recordings", "NotAMember": {"a": [1]}, "ChimeSdkMeetingConfiguration": null,
    });
    let answer = Signer::default().send(api.server.url(), "POST", "/media-capture-pipelines", &body.to_string());
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert!(!answer.body.contains("NotAMember"), "{}", answer.body);
}

#[test]
fn faults_come_as_they_were_asked_for() {
    let api = Api::start();
    api.server.fail_next(1, 429, "ThrottledClientException").expect("a fault");
    api.server.fail_next(1, 502, "").expect("a fault");
    assert_eq!(api.code("chime", "ListMediaCapturePipelines", json!({})), "ThrottledClientException");
    let html = send(api.server.url(), "GET", "/media-capture-pipelines", "", "");
    assert_eq!((html.status, html.code()), (502, ""));
    assert!(html.head.contains("content-type: text/html"), "{}", html.head);
    api.call("chime", "ListMediaCapturePipelines", json!({})).unwrap();
}

#[test]
fn a_stopped_server_answers_nobody_and_frees_its_port() {
    let server = LocalServer::start(Options::default()).unwrap();
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let open = TcpStream::connect(&address).unwrap();
    server.stop();
    server.stop();
    assert!(TcpStream::connect(&address).is_err());
    drop(open);
    let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let again = LocalServer::start(Options { port, ..Options::default() }).unwrap();
    assert!(again.url().ends_with(&address));
    let taken = LocalServer::start(Options { port, ..Options::default() }).unwrap_err();
    assert_eq!(taken.message(), format!("the local service cannot listen on {address}: it is in use"));
}

#[test]
fn the_lines_for_a_shell_point_an_sdk_to_the_server() {
    let mut credentials = Options::default_credentials();
    credentials.secret_access_key = "it's a secret".to_owned();
    let server = LocalServer::start(Options { credentials: vec![credentials], ..Options::default() }).unwrap();
    let lines = server.shell_lines();
    assert!(lines.starts_with("export AWS_ACCESS_KEY_ID=AKIDCHIMELINELOCAL\n"), "{lines}");
    assert!(lines.contains("export AWS_SECRET_ACCESS_KEY='it'\\''s a secret'\n"), "{lines}");
    assert!(lines.contains(&format!("export AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS={}\n", server.url())), "{lines}");
}

#[test]
fn the_command_says_what_it_does_not_understand() {
    let run = |arguments: &[&str]| run_command(&arguments.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(run(&["--help"]), 0);
    assert_eq!(run(&["--port"]), 2);
    assert_eq!(run(&["--port=many"]), 2);
    assert_eq!(run(&["--prot", "1"]), 2);
    assert_eq!(run(&["--pace", "-1"]), 2);
    let server = LocalServer::start(Options::default()).unwrap();
    let port = server.url().rsplit_once(':').unwrap().1;
    assert_eq!(run(&["--port", port]), 1);
}
