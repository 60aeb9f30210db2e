//! What becomes of a connection: kept for the next call, cut at any byte, or left behind by a panic.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chimeline_core::{ErrorKind, Options};
use serde_json::json;

use crate::support::{
    CREATED, Server, Step, Wire, answer, create, create_on_io_thread, creation, isolated, options, send,
    send_on_io_thread,
};

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

/// As in a process that is stopped and goes on: nobody looks at the connections while the server closes them, and the next
/// call is there before anybody does.
#[test]
fn a_connection_that_was_closed_while_the_runtime_stood_still_is_not_taken() {
    const LONG: Duration = Duration::from_secs(10);
    let sockets: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    let kept = sockets.clone();
    let open = move |socket: TcpStream| -> Option<Box<dyn Wire>> {
        kept.lock().expect("no panic").push(socket.try_clone().expect("a socket"));
        Some(Box::new(socket))
    };
    let server = Server::over(("127.0.0.1", 0), open, |_| created());
    let client = isolated(&Options { max_attempts: Some(1), ..server.options() });
    create_on_io_thread(&client).expect("a success");

    let other = Server::start(vec![created()]);
    let halting = isolated(&other.options());
    let ((stopped, stops), (go_on, goes_on)) = (channel(), channel::<()>());
    halting.start(creation(&halting, "arn:sink"), move |_| {
        stopped.send(()).expect("a test that waits");
        goes_on.recv_timeout(LONG).expect_err("the test drops it");
    });
    stops.recv_timeout(LONG).expect("a runtime that stands still");
    for socket in sockets.lock().expect("no panic").drain(..) {
        socket.shutdown(Shutdown::Both).expect("an open connection");
    }
    std::thread::sleep(Duration::from_millis(50));
    let (done, outcome) = channel();
    client.start(creation(&client, "arn:sink"), move |result| drop(done.send(result)));
    drop(go_on);
    outcome.recv_timeout(LONG).expect("an outcome").expect("a success at the first attempt");
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
    let client = isolated(&Options { max_concurrency: Some(1), ..server.options() });
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

/// A server that refuses a large request by its head responds, and closes with the rest unread: the kernel sends a reset behind
/// the response.
#[test]
fn the_response_of_a_server_that_closes_before_the_body_is_read() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.expect("a connection");
            let (mut head, mut piece) = (Vec::new(), [0; 1024]);
            while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                let length = socket.read(&mut piece).expect("a request");
                head.extend_from_slice(&piece[..length]);
            }
            let body = r#"{"Message": "too large"}"#;
            let head = "HTTP/1.1 413 X\r\nConnection: close\r\nx-amzn-errortype: BadRequestException\r\n";
            write!(socket, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).expect("a client that reads");
        }
    });
    let client = isolated(&Options { max_attempts: Some(1), ..options(&url) });
    for length in [10_000, 100_000, 8_000_000] {
        for on_io_thread in [false, true] {
            let call = creation(&client, &"x".repeat(length));
            let sent = if on_io_thread { send_on_io_thread(&client, call) } else { send(&client, &call) };
            let error = sent.expect_err("a refusal");
            assert_eq!(error.attempts()[0].status, Some(413), "{length} bytes: {error:?}");
            assert!(error.to_string().contains("too large"), "{length} bytes: {error}");
        }
    }
}
