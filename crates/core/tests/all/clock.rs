//! A clock of ours that is wrong: what becomes of calls that were signed by it at the same time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, SystemTime};

use chimeline_core::runtime::environment::{Environment, Variables};
use chimeline_core::{Client, Options};
use serde_json::json;

use crate::support::{Received, Server, Step};

const HOUR: Duration = Duration::from_hours(1);
const CALLS: usize = 20;
const LONG: Duration = Duration::from_secs(20);

/// A client whose clock is an hour slow.
fn slow(options: &Options) -> Client {
    let now = Arc::new(|| real_now().checked_sub(HOUR).expect("a time after 1970"));
    let env = Environment { now, variables: Variables::default(), ..Environment::default() };
    Client::in_world(chimeline_core::service("chime").expect("a known service"), options, env).expect("a client")
}

/// Whether the request was signed about now.
fn is_fresh(seen: &Received) -> bool {
    let signed = seen.head.lines().find_map(|line| line.strip_prefix("x-amz-date: ")).expect("a signed request");
    let signed = chimeline_core::codec::timestamp::Timestamp::parse(signed).expect("a time").micros / 1_000_000;
    let now = real_now().duration_since(SystemTime::UNIX_EPOCH).expect("a time after 1970").as_secs();
    now.abs_diff(signed.unsigned_abs()) < 300
}

fn refusal(headers: &str) -> Step {
    let date = httpdate::fmt_http_date(real_now());
    let head = format!("HTTP/1.1 403 X\r\nContent-Length: 0\r\nDate: {date}\r\n{headers}");
    Step::Answer(format!("{head}x-amzn-errortype: InvalidSignatureException\r\n\r\n").into_bytes())
}

fn list(client: &Client) -> chimeline_core::Call {
    let operation = client.service().operation("ListMediaCapturePipelines").expect("a known operation");
    client.prepare(operation, &json!({})).expect("a good input")
}

#[test]
fn calls_at_once_on_a_slow_clock_all_succeed() {
    // Every first attempt has come before one of them is answered.
    let (arrived, all_here) = (Mutex::new(0), Condvar::new());
    let server = Server::answering(move |seen| {
        if is_fresh(seen) {
            return Step::json(200, "{}");
        }
        let mut count = arrived.lock().expect("no panic in the server");
        *count += 1;
        all_here.notify_all();
        drop(all_here.wait_timeout_while(count, LONG, |count| *count < CALLS).expect("no panic in the server"));
        refusal("")
    });
    let client = slow(&Options { max_concurrency: Some(20), ..server.options() });
    let (done, outcomes) = channel();
    for _ in 0..CALLS {
        let done = done.clone();
        client.start(list(&client), move |outcome| drop(done.send(outcome))).expect("a running thread");
    }
    for _ in 0..CALLS {
        let response = outcomes.recv_timeout(LONG).expect("an outcome").expect("a success");
        assert_eq!(response.attempts.len(), 2);
    }
    assert_eq!(server.seen().len(), 2 * CALLS);
    assert_eq!(client.call_blocking(&list(&client), &mut || true).expect("a success").attempts.len(), 1);
}

#[test]
fn the_date_of_a_cached_answer_is_not_learnt() {
    let server = Server::answering(|_| refusal("Age: 3600\r\n"));
    let client = slow(&server.options());
    let error = client.call_blocking(&list(&client), &mut || true).expect_err("no success");
    assert_eq!(error.attempts().len(), 1);
}

#[test]
fn a_service_that_refuses_every_time_is_asked_once_more() {
    // Its own clock runs away.
    let count = AtomicUsize::new(1);
    let server = Server::answering(move |_| {
        let hours = u32::try_from(count.fetch_add(1, Ordering::Relaxed)).expect("few requests");
        let date = httpdate::fmt_http_date(real_now() + HOUR * hours);
        let head = format!("HTTP/1.1 403 X\r\nContent-Length: 0\r\nDate: {date}\r\n");
        Step::Answer(format!("{head}x-amzn-errortype: RequestTimeTooSkewed\r\n\r\n").into_bytes())
    });
    let client = slow(&server.options());
    let error = client.call_blocking(&list(&client), &mut || true).expect_err("no success");
    assert_eq!(error.attempts().len(), 2);
}

fn real_now() -> SystemTime {
    (Environment::default().now)()
}
