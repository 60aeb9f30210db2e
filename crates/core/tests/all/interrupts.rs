//! What a blocking call's thread does meanwhile, such as a handler of signals, and what a call that is cut off leaves behind.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use chimeline_core::runtime::environment::Environment;
use chimeline_core::{Client, Error, ErrorKind, Options, Response};
use serde_json::json;

use crate::support::{CREATED, Server, Step, create, isolated};

const LONG: Duration = Duration::from_secs(10);

/// A call whose thread is asked meanwhile.
fn list(client: &Client, interrupt_check: &mut dyn FnMut() -> bool) -> Result<Response, Error> {
    let operation = client.service().operation("ListMediaCapturePipelines").expect("a known operation");
    client.call_blocking(&client.prepare(operation, &json!({})).expect("a good input"), interrupt_check)
}

/// Ends a call that waits for its answer by a handler, which makes another call first.
fn a_handler_calls_within_a_call(client: &Client) {
    let mut made = None;
    let error = list(client, &mut || {
        made = Some(create(client));
        false
    })
    .expect_err("no success");
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    made.expect("an interrupt check").expect("a success");
}

fn stalling_lists() -> Server {
    Server::answering(|seen| if seen.head.starts_with("GET") { Step::Stall } else { Step::json(201, CREATED) })
}

#[test]
fn a_handler_may_call_while_a_call_waits_for_its_answer() {
    let server = stalling_lists();
    let client = isolated(&Options { read_timeout: Some(10.0), ..server.options() });
    a_handler_calls_within_a_call(&client);
}

#[test]
fn a_handler_may_call_while_a_call_waits_for_a_connection() {
    let server = stalling_lists();
    let options = Options { max_concurrency: Some(1), read_timeout: Some(10.0), ..server.options() };
    let client = isolated(&options);
    let (taken, is_taken) = channel();
    let (done, outcomes) = channel();
    let holder = client.clone();
    let (release, released) = channel::<()>();
    thread::spawn(move || {
        list(&holder, &mut || {
            let _ = taken.send(());
            released.try_recv().is_err()
        })
    });
    is_taken.recv_timeout(LONG).expect("an interrupt check");
    thread::spawn(move || {
        let mut made = None;
        let outcome = list(&client, &mut || {
            let _ = release.send(());
            made = Some(create(&client));
            false
        });
        let _ = done.send((outcome, made));
    });
    let (outcome, made) = outcomes.recv_timeout(LONG).expect("no deadlock");
    assert_eq!(outcome.expect_err("no success").kind(), ErrorKind::Cancelled);
    made.expect("an interrupt check").expect("a success");
}

#[test]
fn a_call_that_is_cut_off_closes_its_connection() {
    for (timeout, goes_on, kind) in [(0.1, true, ErrorKind::CallTimeout), (10.0, false, ErrorKind::Cancelled)] {
        let server = stalling_lists();
        let options = Options { timeout: Some(timeout), read_timeout: Some(10.0), ..server.options() };
        let client = isolated(&options);
        let error = list(&client, &mut || goes_on).expect_err("no success");
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(server.seen().len(), 1);
        let ended = Instant::now();
        while server.open() > 0 {
            assert!(ended.elapsed() < Duration::from_secs(2), "{kind:?}: the connection stands");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_call_that_is_given_up_tells_its_attempts() {
    let busy = "HTTP/1.1 429 X\r\nContent-Length: 0\r\nx-amzn-errortype: ThrottlingException\r\n\r\n";
    let server = Server::start(vec![Step::Answer(busy.into()), Step::Stall]);
    let client = isolated(&server.options());
    let operation = client.service().operation("ListMediaCapturePipelines").expect("a known operation");
    let call = client.prepare(operation, &json!({})).expect("a good input");
    let (done, outcome) = channel();
    let task = client.start(call, move |outcome| drop(done.send(outcome))).expect("a running thread");
    wait_for(|| server.seen().len() == 2);
    let codes: Vec<_> = task.abort().into_iter().map(|attempt| attempt.code.unwrap_or_default()).collect();
    assert_eq!(codes, ["ThrottlingException", "CallCancelledError"]);
    let error = outcome.recv_timeout(LONG).expect("an outcome").expect_err("no success");
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Cancelled, 2));

    let error = list(&client, &mut || false).expect_err("no success");
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Cancelled, 1), "an interrupted one too");
}

#[test]
fn a_handler_may_call_with_the_only_connection_taken_by_the_call_that_it_interrupts() {
    let server = stalling_lists();
    let options =
        Options { max_concurrency: Some(1), timeout: Some(5.0), read_timeout: Some(10.0), ..server.options() };
    let client = isolated(&options);
    for _ in 0..3 {
        a_handler_calls_within_a_call(&client);
    }
}

#[test]
fn calls_of_one_thread_may_end_in_any_order() {
    let server = Server::answering(|_| Step::json(201, CREATED));
    let client = isolated(&Options { max_concurrency: Some(1), ..server.options() });
    let operation = client.service().operation("ListMediaCapturePipelines").expect("a known operation");
    let call = client.prepare(operation, &json!({})).expect("a good input");
    let (mut first, mut second) = (client.blocking(&call), client.blocking(&call));
    let short = Some(Duration::from_micros(1));
    let _ = (first.step(short), second.step(short), first.step(short));
    for call in [&mut first, &mut second] {
        let chimeline_core::client::blocking::Step::Done(outcome) = call.step(None) else {
            panic!("a step without an end")
        };
        outcome.expect("a success");
    }
}

#[test]
fn a_panic_is_an_internal_error_with_its_message() {
    let server = Server::answering(|_| Step::json(201, CREATED));
    let service = chimeline_core::service("chime-sdk-media-pipelines").expect("a known service");
    let variables = [("AWS_EC2_METADATA_DISABLED", "true")].into_iter().collect();
    let rng = || panic!("no rng: {}", 6);
    let env = Environment { invocation_id: Arc::new(rng), ..Environment::with_variables(variables) };
    let client = Client::in_world(service, &server.options(), env).expect("a client");
    let operation = client.service().operation("ListMediaCapturePipelines").expect("a known operation");
    let call = || client.prepare(operation, &json!({})).expect("a good input");
    let (done, outcome) = channel();
    let _task = client.start(call(), move |outcome| drop(done.send(outcome)));
    let blocking = client.call_blocking(&call(), &mut || true);
    for outcome in [outcome.recv_timeout(LONG).expect("an outcome"), blocking] {
        let error = outcome.expect_err("no success");
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(error.message().contains("no rng: 6"), "{error}");
        assert_eq!(error.operation(), Some("ListMediaCapturePipelines"));
    }
}

fn wait_for(happened: impl Fn() -> bool) {
    let since = Instant::now();
    while !happened() {
        assert!(since.elapsed() < LONG, "it does not happen");
        thread::sleep(Duration::from_millis(1));
    }
}
