//! The fault matrix: each fault in each phase of a call, on the caller's thread and on the I/O thread, with what the call
//! comes to, how many requests reach the server and which attempts are recorded.

use std::net::TcpStream;
use std::time::Duration;

use chimeline_core::http::tls::{ClientCert, Pem, Trust};
use chimeline_core::{ErrorKind, Options};

use crate::authority::{Authority, Flaw, front, secure};
use crate::listeners::{FullBacklog, Speaking, refusing};
use crate::proxy::{Proxy, Tunnel};
use crate::support::{CREATED, Server, Step, Wire, answer, create, create_on_io_thread, isolated, options, reset};

/// A fault in a phase: what the client is made of, what it has to come to, and who saw how much of it.
struct Cell {
    name: &'static str,
    options: Options,
    server: Option<Server>,
    proxy: Option<Proxy>,
    /// Full for as long as the cell lives.
    _full: Option<FullBacklog>,
    due: Result<(), ErrorKind>,
    requests: usize,
    attempts: usize,
}

impl Cell {
    fn new(name: &'static str, server: Server, due: Result<(), ErrorKind>, requests: usize, attempts: usize) -> Cell {
        let options = patient(server.options(), due);
        Cell { name, options, server: Some(server), proxy: None, _full: None, due, requests, attempts }
    }

    /// A server that nobody reaches.
    fn unreached(name: &'static str, url: &str, kind: ErrorKind, attempts: usize) -> Cell {
        let options = patient(options(url), Err(kind));
        Cell { name, options, server: None, proxy: None, _full: None, due: Err(kind), requests: 0, attempts }
    }

    fn with(mut self, change: impl FnOnce(&mut Options)) -> Cell {
        change(&mut self.options);
        self
    }
}

/// Short is only the limit that is due, for a busy machine takes its time.
fn patient(options: Options, due: Result<(), ErrorKind>) -> Options {
    let seconds = |kind| Some(if due == Err(kind) { 0.2 } else { 10.0 });
    Options {
        connect_timeout: seconds(ErrorKind::ConnectTimeout),
        read_timeout: seconds(ErrorKind::ReadTimeout),
        ..options
    }
}

fn hold(cells: impl Fn() -> Vec<Cell>) {
    for on_io_thread in [false, true] {
        for cell in cells() {
            let Cell { name, options, server, proxy, due, requests, attempts, .. } = &cell;
            let client = isolated(options);
            let outcome = if on_io_thread { create_on_io_thread(&client) } else { create(&client) };
            match (&outcome, due) {
                (Ok(response), Ok(())) => assert_eq!(response.attempts.len(), *attempts, "{name}"),
                (Err(error), Err(kind)) => {
                    assert_eq!(error.kind(), *kind, "{name}: {error}");
                    assert_eq!(error.attempts().len(), *attempts, "{name}: {error}");
                    assert_eq!(error.operation(), Some("CreateMediaCapturePipeline"), "{name}");
                    let text = error.to_string();
                    assert!(!text.contains("arn:") && !text.contains("wJalr") && !text.contains("hunter2"), "{text}");
                }
                _ => panic!("{name}: {outcome:?}, due was {due:?}"),
            }
            let seen = server.as_ref().map(|server| server.seen().len()).unwrap_or_default();
            assert_eq!(seen, *requests, "{name}: requests");
            let poured = server.as_ref().map(Server::poured).unwrap_or_default();
            // What the client does not take stands in the buffers of both sockets.
            assert!(poured <= attempts * (16 << 20), "{name}: {poured} bytes were taken");
            if let Some(proxy) = proxy {
                assert_eq!(proxy.heads().len(), *attempts, "{name}: tunnels");
            }
        }
    }
}

fn another() -> Vec<u8> {
    let (_, Pem::Contents(pem)) = Authority::own(Flaw::None) else { panic!("a path") };
    pem
}

/// What stands in a PEM file.
fn contents(file: &Pem) -> Pem {
    Pem::Contents(std::fs::read(file.to_string()).expect("a file"))
}

fn created() -> Step {
    Step::json(201, CREATED)
}

#[test]
fn names_and_connections() {
    use ErrorKind::{ConnectTimeout, EndpointConnection};
    hold(|| {
        let full = FullBacklog::new();
        let full_url = format!("http://{}", full.address);
        let v6 = Server::over(("::1", 0), |socket| Some(Box::new(socket)), |_| created());
        let v6_url = format!("http://{}", v6.address);
        vec![
            Cell::unreached("a host without an address", "http://no-such-host.invalid", EndpointConnection, 3),
            Cell::unreached("a proxy without an address", "https://chime.example", ErrorKind::ProxyConnection, 3)
                .with(|options| options.https_proxy = Some("http://me:hunter2@no-such-host.invalid:3128".to_owned())),
            Cell::unreached("a port that refuses", &format!("http://{}", refusing("127.0.0.1")), EndpointConnection, 3),
            Cell::unreached(
                "a port that refuses over IPv6",
                &format!("http://{}", refusing("::1")),
                EndpointConnection,
                3,
            ),
            Cell { _full: Some(full), ..Cell::unreached("a host that does not answer", &full_url, ConnectTimeout, 3) },
            Cell::new("a host that answers over IPv6", v6, Ok(()), 1, 1)
                .with(|options| options.endpoint_url = Some(v6_url)),
        ]
    });
}

#[test]
fn tls() {
    use ErrorKind::{ConnectTimeout, ConnectionClosed, EndpointConnection, InvalidConfig, Ssl};
    let authority = Authority::new();
    let with = |name, flaw: Flaw, step: Step, due, requests, attempts| {
        let server = secure(authority.server(flaw), move |_| step.clone());
        let (url, bundle) = (format!("https://{}", server.address), authority.bundle.clone());
        Cell::new(name, server, due, requests, attempts).with(|options| {
            options.endpoint_url = Some(url);
            options.verify = Some(Trust::Bundle(bundle.into()));
        })
    };
    let asking = |name, shown: Option<ClientCert>, due, requests, attempts| {
        let server = secure(authority.asking_server(), |_| created());
        let (url, bundle) = (format!("https://{}", server.address), authority.bundle.clone());
        Cell::new(name, server, due, requests, attempts).with(|options| {
            options.endpoint_url = Some(url);
            options.verify = Some(Trust::Bundle(bundle.into()));
            options.client_cert = shown;
        })
    };
    let (shown, expired) = (authority.client(Flaw::None), authority.client(Flaw::Expired));
    let (chain, key) = (shown.chain.clone(), shown.key.clone());
    let as_text = || ClientCert { chain: contents(&chain), key: contents(&key) };
    let broken = |name, open: fn(TcpStream) -> Option<Box<dyn Wire>>, kind, attempts| {
        let server = Server::over(("127.0.0.1", 0), open, |_| created());
        let (url, bundle) = (format!("https://{}", server.address), authority.bundle.clone());
        Cell::new(name, server, Err(kind), 0, attempts).with(|options| {
            options.endpoint_url = Some(url);
            options.verify = Some(Trust::Bundle(bundle.into()));
        })
    };
    let own = |name, flaw: Flaw, trusted: fn(Vec<u8>) -> Vec<u8>, due, requests, attempts| {
        let (config, Pem::Contents(pem)) = Authority::own(flaw) else { panic!("a path") };
        let server = secure(config, |_| created());
        let url = format!("https://{}", server.address);
        Cell::new(name, server, due, requests, attempts).with(|options| {
            options.endpoint_url = Some(url);
            options.verify = Some(Trust::Bundle(Pem::Contents(trusted(pem))));
        })
    };
    let with_mark = |pem: Vec<u8>| [&b"\xef\xbb\xbfwords before\r\n"[..], &pem[..]].concat();
    let of_openssl = |pem: Vec<u8>| {
        let text = String::from_utf8(pem).expect("PEM");
        text.replace("CERTIFICATE", "TRUSTED CERTIFICATE").into_bytes()
    };
    let long = || Step::AnswerThenClose(answer(201, 500, CREATED));
    hold(|| {
        vec![
            own("one that is its own authority", Flaw::None, |pem| pem, Ok(()), 1, 1),
            own("such a one behind a byte order mark and words", Flaw::None, with_mark, Ok(()), 1, 1),
            own("such a one for another name", Flaw::OtherName, |pem| pem, Err(Ssl), 0, 1),
            own("such a one that has expired", Flaw::Expired, |pem| pem, Err(Ssl), 0, 1),
            own("such a one of OpenSSL's own form", Flaw::None, of_openssl, Err(Ssl), 0, 0),
            own("another one that is its own authority", Flaw::None, |_| another(), Err(Ssl), 0, 1),
            with("a certificate of a trusted authority", Flaw::None, created(), Ok(()), 1, 1),
            with("one of an authority that is not trusted", Flaw::None, created(), Err(Ssl), 0, 1)
                .with(|options| options.verify = Some(Trust::Platform)),
            with("one for another name", Flaw::OtherName, created(), Err(Ssl), 0, 1),
            with("one that has expired", Flaw::Expired, created(), Err(Ssl), 0, 1),
            with("one for another name, trusted without a look", Flaw::OtherName, created(), Ok(()), 1, 1)
                .with(|options| options.verify = Some(Trust::Anything)),
            with("a bundle that is not there", Flaw::None, created(), Err(Ssl), 0, 0)
                .with(|options| options.verify = Some(Trust::Bundle("/nowhere/ca.pem".into()))),
            broken("no TLS at all", |socket| Some(Box::new(Speaking(socket, b"HTTP/1.1 400 X\r\n\r\n"))), Ssl, 1),
            broken("an end in the handshake", |_| None, EndpointConnection, 3),
            broken("a reset in the handshake", |socket| (reset(&socket), None).1, EndpointConnection, 3),
            broken("no answer in the handshake", |socket| Some(Box::new(Speaking(socket, b""))), ConnectTimeout, 3),
            with("an end after the handshake", Flaw::None, Step::Close, Err(ConnectionClosed), 3, 3),
            with("a reset after the handshake", Flaw::None, Step::Reset, Err(ConnectionClosed), 3, 3),
            with("an end in the body", Flaw::None, long(), Err(ConnectionClosed), 3, 3),
            asking("a client's certificate", Some(shown.clone()), Ok(()), 1, 1),
            asking("one that is given as text", Some(as_text()), Ok(()), 1, 1)
                .with(|options| options.verify = Some(Trust::Bundle(contents(&authority.bundle.clone().into())))),
            asking("none where one is asked for", None, Err(Ssl), 0, 1),
            asking("one of a client that has expired", Some(expired.clone()), Err(Ssl), 0, 1),
            asking(
                "one without its key",
                Some(ClientCert { chain: chain.clone(), key: chain.clone() }),
                Err(InvalidConfig),
                0,
                0,
            ),
            asking(
                "one with another's key",
                Some(ClientCert { chain: chain.clone(), key: expired.key.clone() }),
                Err(InvalidConfig),
                0,
                0,
            ),
            asking("a key alone", Some(ClientCert { chain: key.clone(), key: key.clone() }), Err(InvalidConfig), 0, 0),
            asking(
                "one that is not there",
                Some(ClientCert { chain: "/nowhere.pem".into(), key: key.clone() }),
                Err(InvalidConfig),
                0,
                0,
            ),
        ]
    });
}

#[test]
fn proxies() {
    use ErrorKind::{ConnectTimeout, ConnectionClosed, EndpointConnection, ProxyConnection};
    let authority = Authority::new();
    let through = |name, tunnel: Tunnel, due, requests, attempts| {
        let server = secure(authority.server(Flaw::None), |_| created());
        let proxy = Proxy::start(tunnel);
        let (url, at) = (format!("https://{}", server.address), format!("http://me:hunter2@{}", proxy.address));
        let bundle = authority.bundle.clone();
        let cell = Cell::new(name, server, due, requests, attempts).with(|options| {
            options.endpoint_url = Some(url);
            options.https_proxy = Some(at);
            options.verify = Some(Trust::Bundle(bundle.into()));
        });
        Cell { proxy: Some(proxy), ..cell }
    };
    let over_tls = |cell: Cell| {
        let proxy = cell.proxy.as_ref().expect("a proxy").address;
        let at = format!("https://me:hunter2@{}", front(authority.server(Flaw::None), proxy));
        cell.with(|options| options.https_proxy = Some(at))
    };
    // "me:hunter2", as the proxy gets it, in small letters.
    let header = Tunnel::OpenFor("proxy-authorization: basic bwu6ahvudgvymg==\r\n");
    let bad_gateway = Tunnel::Refuse(b"HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n");
    hold(|| {
        let plain = Server::start(vec![created()]);
        let at = format!("http://{}", plain.address);
        vec![
            through("a proxy that tunnels", Tunnel::Open, Ok(()), 1, 1),
            through("a proxy that knows the user", header.clone(), Ok(()), 1, 1),
            through("a proxy that does not", Tunnel::OpenFor("nobody"), Err(ProxyConnection), 0, 3),
            through("a proxy that cannot", bad_gateway.clone(), Err(ProxyConnection), 0, 3),
            through("a proxy that speaks otherwise", Tunnel::Refuse(b"220 mail\r\n"), Err(ProxyConnection), 0, 3),
            through("a proxy that hangs up", Tunnel::Close, Err(ProxyConnection), 0, 3),
            through("a proxy that resets", Tunnel::Reset, Err(ProxyConnection), 0, 3),
            through("a proxy that is silent", Tunnel::Stall, Err(ConnectTimeout), 0, 3),
            through("a tunnel that is reset", Tunnel::OpenThenReset, Err(EndpointConnection), 0, 3),
            Cell::unreached("a proxy that is not there", "https://chime.example", ProxyConnection, 3)
                .with(|options| options.https_proxy = Some(format!("http://{}", refusing("127.0.0.1")))),
            over_tls(through("a proxy over TLS", header.clone(), Ok(()), 1, 1)),
            over_tls(through(
                "a proxy over TLS that does not know the user",
                Tunnel::OpenFor("nobody"),
                Err(ProxyConnection),
                0,
                3,
            )),
            Cell::new("a proxy for http", plain, Ok(()), 1, 1).with(|options| {
                options.endpoint_url = Some("http://chime.example".to_owned());
                options.http_proxy = Some(at);
            }),
            Cell::new("a proxy for http that hangs up", Server::start(vec![Step::Close]), Err(ConnectionClosed), 3, 3)
                .with(|options| {
                    options.http_proxy = options.endpoint_url.replace("http://chime.example".to_owned());
                }),
        ]
    });
}

#[test]
fn heads() {
    use ErrorKind::{Client as Answered, ConnectionClosed, ReadTimeout};
    let half = b"HTTP/1.1 201 X\r\nContent-Len".to_vec();
    let cell =
        |name, step: Step, kind, requests| Cell::new(name, Server::start(vec![step]), Err(kind), requests, requests);
    let redirect = |status: u16| {
        let to = refusing("127.0.0.1");
        Step::Answer(format!("HTTP/1.1 {status} X\r\nLocation: http://{to}/\r\nContent-Length: 0\r\n\r\n").into_bytes())
    };
    hold(|| {
        vec![
            cell("an end before it", Step::Close, ConnectionClosed, 3),
            cell("a reset before it", Step::Reset, ConnectionClosed, 3),
            cell("nothing", Step::Stall, ReadTimeout, 3),
            cell("an end in it", Step::AnswerThenClose(half.clone()), ConnectionClosed, 3),
            cell("a reset in it", Step::AnswerThenReset(half.clone()), ConnectionClosed, 3),
            cell("half of it", Step::AnswerThenStall(half.clone()), ReadTimeout, 3),
            cell("another protocol", Step::AnswerThenClose(b"220 mail ESMTP\r\n".to_vec()), ConnectionClosed, 3),
            cell("HTTP/0.9", Step::AnswerThenClose(CREATED.as_bytes().to_vec()), ConnectionClosed, 3),
            cell(
                "a status that is none",
                Step::AnswerThenClose(b"HTTP/1.1 99 X\r\n\r\n".to_vec()),
                ConnectionClosed,
                3,
            ),
            cell(
                "two lengths",
                Step::Answer(b"HTTP/1.1 201 X\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}".to_vec()),
                ConnectionClosed,
                3,
            ),
            cell(
                "a length that is none",
                Step::Answer(b"HTTP/1.1 201 X\r\nContent-Length: many\r\n\r\n{}".to_vec()),
                ConnectionClosed,
                3,
            ),
            cell(
                "a header without end",
                Step::Endless(b"HTTP/1.1 201 X\r\nA: ".to_vec(), vec![b'a'; 4096]),
                ConnectionClosed,
                3,
            ),
            cell(
                "headers without end",
                Step::Endless(b"HTTP/1.1 201 X\r\n".to_vec(), b"A: b\r\n".repeat(64)),
                ConnectionClosed,
                3,
            ),
            cell(
                "promises without end",
                Step::Trickle(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100), Duration::from_millis(1)),
                ReadTimeout,
                3,
            ),
            cell(
                "a trickle",
                Step::Trickle(answer(201, CREATED.len(), CREATED), Duration::from_millis(20)),
                ReadTimeout,
                3,
            ),
            cell("a redirect", redirect(301), Answered, 1),
            cell("a redirect that keeps the method", redirect(307), Answered, 1),
        ]
    });
}

#[test]
fn bodies() {
    use ErrorKind::{ConnectionClosed, ReadTimeout, Response};
    let cut = || answer(201, 500, CREATED);
    let chunk = |text: &str| format!("HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\n\r\n{text}").into_bytes();
    let cell = |name, step: Step, due, requests| {
        Cell::new(name, Server::start(vec![step]), due, requests, requests)
            .with(|options| options.response_limit = Some(1 << 16))
    };
    hold(|| {
        let deep = "[".repeat(100_000);
        vec![
            cell("an end in it", Step::AnswerThenClose(cut()), Err(ConnectionClosed), 3),
            cell("a reset in it", Step::AnswerThenReset(cut()), Err(ConnectionClosed), 3),
            cell("half of it", Step::AnswerThenStall(cut()), Err(ReadTimeout), 3),
            cell("a trickle", Step::Trickle(cut(), Duration::from_millis(10)), Err(ReadTimeout), 3)
                .with(|options| options.attempt_timeout = Some(0.2)),
            cell("an end in a chunk", Step::AnswerThenClose(chunk("ff\r\n{")), Err(ConnectionClosed), 3),
            cell("an end between chunks", Step::AnswerThenClose(chunk("2\r\n{}\r\n")), Err(ConnectionClosed), 3),
            cell("a chunk of no size", Step::Answer(chunk("many\r\n{}\r\n0\r\n\r\n")), Err(ConnectionClosed), 3),
            cell("more than allowed", Step::json(201, &" ".repeat(1 << 17)), Err(Response), 1),
            cell(
                "chunks without end",
                Step::Endless(chunk(""), b"10\r\n                \r\n".repeat(64)),
                Err(Response),
                1,
            ),
            cell("HTML", Step::json(200, "<html><body>Sign in</body></html>"), Err(Response), 1),
            cell("half of the JSON", Step::json(201, &CREATED[..30]), Err(Response), 1),
            cell(
                "no UTF-8",
                Step::Answer([&answer(201, 4, "")[..], &[b'"', 0xff, 0xfe, b'"']].concat()),
                Err(Response),
                1,
            ),
            cell(
                "lists within lists",
                Step::json(201, &format!("{{\"MediaCapturePipeline\":{deep}")),
                Err(Response),
                1,
            )
            .with(|options| options.response_limit = None),
            cell(
                "less than its length says, and the connection stays",
                Step::AnswerThenStall(cut()),
                Err(ReadTimeout),
                3,
            ),
            cell(
                "an end that is its length",
                Step::AnswerThenClose(format!("HTTP/1.1 201 X\r\n\r\n{CREATED}").into_bytes()),
                Ok(()),
                1,
            ),
        ]
    });
}

#[test]
fn answers() {
    let cell = |name, step: Step, requests| {
        Cell::new(name, Server::start(vec![step]), Err(ErrorKind::Client), requests, requests)
    };
    hold(|| {
        vec![
            cell("an internal error", Step::error(500, "ServiceFailure"), 3),
            cell("an unavailable service", Step::error(503, "ServiceUnavailable"), 3),
            cell("a gateway's error page", Step::json(502, "<html>"), 3),
            cell("a gateway's timeout", Step::json(504, ""), 3),
            cell("throttling by its status", Step::json(429, ""), 3),
            cell("throttling by its code", Step::error(400, "ThrottledClient"), 3),
            cell("a call that the service does not know", Step::error(501, "NotImplemented"), 1),
            cell("a refusal", Step::error(403, "Forbidden"), 1),
            cell("a limit", Step::error(400, "ResourceLimitExceeded"), 1),
        ]
    });
}
