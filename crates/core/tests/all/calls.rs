//! Calls over real sockets, against a server that fails in chosen ways.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use chimeline_core::client::Unprepared;
use chimeline_core::{Client, Error, ErrorKind, Options, Response};
use serde_json::json;

use crate::support::{Server, Step, answer, client, options};

const CREATED: &str = r#"{"MediaCapturePipeline":{"MediaPipelineId":"p","Status":"Initializing"}}"#;

/// Creates a capture pipeline, on this thread.
fn create(client: &Client) -> Result<Response, Error> {
    let operation = client.service().operation("CreateMediaCapturePipeline").expect("a known operation");
    let input = json!({
        "SourceType": "ChimeSdkMeeting", "SourceArn": "arn:source", "SinkType": "S3Bucket", "SinkArn": "arn:sink",
    });
    let call = client.prepare(operation, &input).map_err(|unprepared| match unprepared {
        Unprepared::Error(error) => error,
        Unprepared::Host(never) => match never {},
    })?;
    client.call_blocking(&call, &mut || true)
}

fn once(options: Options) -> Options {
    Options { max_attempts: Some(1), ..options }
}

#[test]
fn faults_end_as_the_error_that_names_them() {
    use ErrorKind::{Client as Answered, ConnectionClosed, ReadTimeout, Response as Unreadable};
    let cut = answer(201, 500, CREATED);
    let endless = b"HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"Med".to_vec();
    // The fault, the kind of error, and how many requests reach the server: transient ones are tried three times.
    let cells = [
        ("closed before the answer", Step::Close, ConnectionClosed, 3),
        ("reset before the answer", Step::Reset, ConnectionClosed, 3),
        ("stalled before the answer", Step::Stall, ReadTimeout, 3),
        ("stalled in the head", Step::AnswerThenStall(b"HTTP/1.1 201 X\r\nCont".to_vec()), ReadTimeout, 3),
        ("closed in the head", Step::AnswerThenClose(b"HTTP/1.1 201 X\r\nCont".to_vec()), ConnectionClosed, 3),
        ("stalled in the body", Step::AnswerThenStall(cut.clone()), ReadTimeout, 3),
        ("closed in the body", Step::AnswerThenClose(cut), ConnectionClosed, 3),
        ("closed in a chunk", Step::AnswerThenClose(endless), ConnectionClosed, 3),
        ("not HTTP", Step::AnswerThenClose(b"220 mail ESMTP\r\n".to_vec()), ConnectionClosed, 3),
        ("a body that is no JSON", Step::json(201, "<html>"), Unreadable, 1),
        ("a body that ends early", Step::json(201, r#"{"MediaCapturePipeline":{"#), Unreadable, 1),
        ("an internal error", Step::error(500, "ServiceFailure"), Answered, 3),
        ("an unavailable service", Step::error(503, "ServiceUnavailable"), Answered, 3),
        ("a gateway's error page", Step::json(502, "<html>"), Answered, 3),
        ("a gateway's timeout", Step::json(504, ""), Answered, 3),
        ("a service that does not know the call", Step::error(501, "NotImplemented"), Answered, 1),
        ("a refusal", Step::error(403, "Forbidden"), Answered, 1),
        ("a limit", Step::error(400, "ResourceLimitExceeded"), Answered, 1),
        ("a redirect", Step::json(302, ""), Answered, 1),
    ];
    for (fault, step, kind, requests) in cells {
        let server = Server::start(vec![step]);
        let client = client(&Options { read_timeout: Some(0.1), ..server.options() });
        let error = match create(&client) {
            Err(error) => error,
            Ok(response) => {
                let operation = client.service().operation("CreateMediaCapturePipeline").expect("a known operation");
                client
                    .decode(operation, &response, &mut chimeline_core::value::JsonBuilder::default())
                    .expect_err(&format!("{fault} is no success"))
            }
        };
        assert_eq!(error.kind(), kind, "{fault}: {error}");
        assert_eq!(server.seen().len(), requests, "{fault}");
        assert_eq!(error.attempts().len(), requests, "{fault}");
        assert_eq!(error.operation(), Some("CreateMediaCapturePipeline"), "{fault}");
        assert!(!error.to_string().contains("arn:source"), "{fault}: {error}");
    }
}

#[test]
fn passing_faults_end_in_a_success() {
    for step in [Step::Close, Step::Reset, Step::Stall, Step::error(500, "ServiceFailure"), Step::json(503, "")] {
        let server = Server::start(vec![step.clone(), Step::json(201, CREATED)]);
        let response = create(&client(&Options { read_timeout: Some(0.1), ..server.options() })).expect("a success");
        assert_eq!(response.attempts.len(), 2, "{step:?}");
        let bodies: Vec<String> = server.seen().into_iter().map(|seen| seen.body).collect();
        assert_eq!(bodies[0], bodies[1], "the same token goes with each attempt");
        for (number, seen) in server.seen().iter().enumerate() {
            assert!(seen.head.starts_with("POST /media-capture-pipelines HTTP/1.1\r\n"), "{}", seen.head);
            let progress = format!("amz-sdk-request: attempt={}; max=3\r\n", number + 1);
            assert!(seen.head.contains(&progress), "{}", seen.head);
        }
    }
}

#[test]
fn a_connection_that_the_server_closed_while_idle_is_replaced() {
    let server = Server::start(vec![Step::AnswerThenClose(answer(201, CREATED.len(), CREATED))]);
    let client = client(&server.options());
    for _ in 0..3 {
        let response = create(&client).expect("a success");
        assert_eq!(response.attempts.len(), 1);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_deadline_ends_the_whole_call() {
    let server = Server::start(vec![Step::Stall]);
    let started = Instant::now();
    let options = Options { timeout: Some(0.25), read_timeout: Some(0.1), ..server.options() };
    let error = create(&client(&options)).expect_err("no success");
    assert_eq!(error.kind(), ErrorKind::CallTimeout, "{error}");
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(!error.attempts().is_empty(), "what was tried is told");
}

#[test]
fn hosts_that_cannot_be_reached() {
    let refused = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port");
    for url in [format!("http://{refused}"), "http://no-such-host.invalid".to_owned()] {
        let error = create(&client(&once(options(&url)))).expect_err("no success");
        assert_eq!(error.kind(), ErrorKind::EndpointConnection, "{error}");
        assert!(error.to_string().contains(&url), "{error}");
    }
}

#[test]
fn many_calls_at_once_share_the_io_thread() {
    let server = Server::start(vec![Step::json(201, CREATED)]);
    let client = client(&server.options());
    let operation = client.service().operation("ListMediaCapturePipelines").expect("a known operation");
    let (done, outcomes) = std::sync::mpsc::channel();
    for _ in 0..100 {
        let call = client.prepare(operation, &json!({})).expect("a good input");
        let done = done.clone();
        client.start(call, move |outcome| drop(done.send(outcome))).expect("a running thread");
    }
    for _ in 0..100 {
        outcomes.recv_timeout(Duration::from_secs(10)).expect("an outcome").expect("a success");
    }
}
