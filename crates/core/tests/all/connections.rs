//! What becomes of a connection: kept for the next call, cut at any byte, or left behind by a panic.

use std::time::Duration;

use chimeline_core::{ErrorKind, Options};
use serde_json::json;

use crate::support::{CREATED, Server, Step, answer, create, create_on_io_thread, isolated};

fn created() -> Step {
    Step::json(201, CREATED)
}

/// What happens to a connection that was kept for the next call.
#[test]
fn kept_connections() {
    let good = answer(201, CREATED.len(), CREATED);
    let with_more = [&good[..], b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"].concat();
    let closing = format!("HTTP/1.1 201 X\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{CREATED}", CREATED.len());
    // The fault behind the first answer, the attempts of the second call, and the requests of both.
    let cells = [
        ("closed while idle", vec![Step::AnswerThenClose(good.clone()), created()], 1, 2),
        ("reset while idle", vec![Step::AnswerThenReset(good.clone()), created()], 1, 2),
        ("closed as it was announced", vec![Step::AnswerThenClose(closing.into_bytes()), created()], 1, 2),
        ("an answer that nobody asked for", vec![Step::Answer(with_more), created()], 1, 2),
        ("closed at the next request", vec![created(), Step::Close, created()], 2, 3),
        ("reset at the next request", vec![created(), Step::Reset, created()], 2, 3),
        ("silent at the next request", vec![created(), Step::Stall, created()], 2, 3),
        ("cut in the next answer", vec![created(), Step::AnswerThenClose(answer(201, 500, CREATED)), created()], 2, 3),
    ];
    for on_io_thread in [false, true] {
        for (name, steps, attempts, requests) in &cells {
            let server = Server::start(steps.clone());
            let silent = steps.iter().any(|step| matches!(step, Step::Stall));
            let options = Options { read_timeout: Some(if silent { 0.2 } else { 10.0 }), ..server.options() };
            let client = isolated(&options);
            let call = || if on_io_thread { create_on_io_thread(&client) } else { create(&client) };
            assert_eq!(call().expect(name).attempts.len(), 1, "{name}");
            std::thread::sleep(Duration::from_millis(20));
            assert_eq!(call().expect(name).attempts.len(), *attempts, "{name}");
            assert_eq!(server.seen().len(), *requests, "{name}");
        }
    }
}

/// The answer ends, or is reset, behind each of its bytes.
#[test]
fn every_byte() {
    let whole = answer(201, CREATED.len(), CREATED);
    for length in 0..=whole.len() {
        let part = || whole[..length].to_vec();
        for step in [Step::AnswerThenClose(part()), Step::AnswerThenReset(part())] {
            let server = Server::start(vec![step]);
            let options = Options { max_attempts: Some(1), ..server.options() };
            let client = isolated(&options);
            match create(&client) {
                Ok(_) => assert_eq!(length, whole.len()),
                Err(error) => {
                    assert!(length < whole.len(), "{error}");
                    assert_eq!(error.kind(), ErrorKind::ConnectionClosed, "{length}: {error}");
                }
            }
            assert_eq!(server.seen().len(), 1);
        }
    }
}

/// A call that panics, as a binding's own code might, leaves its place to the next one.
#[test]
fn a_panic_takes_no_connection_away() {
    let server = Server::start(vec![Step::Stall, created()]);
    let client = isolated(&Options { max_pool_connections: Some(1), ..server.options() });
    let operation = client.service().operation("ListMediaCapturePipelines").expect("a known operation");
    let call = client.prepare(operation, &json!({})).expect("a good input");
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| client.call_blocking(&call, &mut || panic!("as a test asked"))).join()
    });
    assert!(ended.is_err());
    client.call_blocking(&call, &mut || true).expect("a success");
}

/// Else a peer that went without a word holds the connection for ever.
#[cfg(target_os = "linux")]
#[test]
fn tcp_asks_whether_the_peer_of_an_idle_connection_is_still_there() {
    let server = Server::start(vec![created()]);
    let client = isolated(&server.options());
    create(&client).expect("a success");
    let peer = format!("0100007F:{:04X}", server.address.port());
    let sockets = std::fs::read_to_string("/proc/self/net/tcp").expect("the kernel's sockets");
    let ours = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ours = ours.filter(|columns| columns.get(2) == Some(&&*peer) && columns[3] == "01").collect::<Vec<_>>();
    let [connection] = &ours[..] else { panic!("not one connection: {ours:?}") };
    let (timer, jiffies) = connection[5].split_once(':').expect("a timer and its time");
    assert_eq!(timer, "02", "the timer of TCP keep-alive");
    assert!(u64::from_str_radix(jiffies, 16).is_ok_and(|left| left <= 1500), "{jiffies} are more than 15 s");
}
