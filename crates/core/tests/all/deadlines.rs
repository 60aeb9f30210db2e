//! The deadline of a whole call, in each of its phases: the call ends then, says where it was, and leaves no connection.

use std::pin::Pin;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use chimeline_core::http::tls::Trust;
use chimeline_core::runtime::environment::{Environment, Variables};
use chimeline_core::{Client, ErrorKind, Options};

use crate::authority::Authority;
use crate::listeners::{FullBacklog, Speaking};
use crate::proxy::{Proxy, Tunnel};
use crate::support::{CREATED, Server, Step, Wire, answer, create, create_on_io_thread, options};

/// A phase that does not end: what its error says of it, and the records of the attempts.
struct Cell {
    name: &'static str,
    options: Options,
    server: Option<Server>,
    says: &'static str,
    attempts: usize,
}

/// A client that waits for ever between two attempts.
fn client(options: &Options) -> Client {
    let sleep = |_| -> Pin<Box<dyn Future<Output = ()> + Send>> { Box::pin(std::future::pending()) };
    let env = Environment { sleep: Arc::new(sleep), variables: Variables::default(), ..Environment::default() };
    Client::in_world(chimeline_core::service("chime").expect("a known service"), options, env).expect("a client")
}

#[test]
fn a_call_ends_at_its_deadline_wherever_it_is() {
    const LIMIT: f64 = 0.2;
    let full = FullBacklog::new();
    let authority = Authority::new();
    let proxy = Proxy::start(Tunnel::Stall);
    let answering = |name, step: Step, says| {
        let server = Server::start(vec![step]);
        Cell { name, options: server.options(), server: Some(server), says, attempts: 1 }
    };
    let cells = || {
        let silent = |socket| Some(Box::new(Speaking(socket, b"")) as Box<dyn Wire>);
        let handshake = Server::over(("127.0.0.1", 0), silent, |_| Step::Close);
        let secure = Options {
            verify: Some(Trust::Bundle(authority.bundle.clone().into())),
            ..options(&format!("https://{}", handshake.address))
        };
        // Without certificates, whose reading takes longer than the limit on a busy machine.
        let tunnel = Options {
            https_proxy: Some(format!("http://{}", proxy.address)),
            verify: Some(Trust::Anything),
            ..options("https://chime.example")
        };
        vec![
            Cell {
                name: "a connection",
                options: options(&format!("http://{}", full.address)),
                server: None,
                says: "in attempt 1, connecting",
                attempts: 1,
            },
            Cell {
                name: "a handshake",
                options: secure,
                server: Some(handshake),
                says: "in attempt 1, connecting",
                attempts: 1,
            },
            Cell { name: "a tunnel", options: tunnel, server: None, says: "in attempt 1, connecting", attempts: 1 },
            answering("a head", Step::Stall, "waiting for its response"),
            answering("a body", Step::AnswerThenStall(answer(201, 500, CREATED)), "waiting for its response"),
            answering(
                "a trickle",
                Step::Trickle(answer(201, 500, &" ".repeat(500)), Duration::from_millis(2)),
                "waiting for its response",
            ),
            answering("the wait between attempts", Step::error(500, "ServiceFailure"), "waiting before attempt 2"),
        ]
    };
    for on_io_thread in [false, true] {
        for Cell { name, options, server, says, attempts } in cells() {
            let options =
                Options { timeout: Some(LIMIT), connect_timeout: Some(10.0), read_timeout: Some(10.0), ..options };
            let client = client(&options);
            let started = Instant::now();
            let outcome = if on_io_thread { create_on_io_thread(&client) } else { create(&client) };
            let took = started.elapsed().as_secs_f64();
            let error = outcome.expect_err(name);
            assert_eq!(error.kind(), ErrorKind::CallTimeout, "{name}: {error}");
            assert!((LIMIT..LIMIT + 2.0).contains(&took), "{name}: it took {took} s");
            assert!(error.to_string().contains(says), "{name}: {error}");
            assert_eq!(error.attempts().len(), attempts, "{name}");
            client.close();
            let Some(server) = server else { continue };
            while server.open() > 0 {
                assert!(started.elapsed() < Duration::from_secs(5), "{name}: the connection stands");
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
}
