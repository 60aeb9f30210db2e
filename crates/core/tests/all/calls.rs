//! Calls over real sockets, against a server that fails in chosen ways.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use chimeline_core::http::tls::Trust;
use chimeline_core::runtime::environment::Environment;
use chimeline_core::{Client, ErrorKind, Options};
use serde_json::json;

use crate::support::{CREATED, Server, Step, client, create, create_on_io_thread, creation, folder, isolated, options};

fn once(options: Options) -> Options {
    Options { max_attempts: Some(1), ..options }
}

#[test]
fn passing_faults_end_in_a_success() {
    for step in [Step::Close, Step::Reset, Step::Stall, Step::error(500, "ServiceFailure"), Step::json(503, "")] {
        let server = Server::start(vec![step.clone(), Step::json(201, CREATED)]);
        let response = create(&isolated(&Options { read_timeout: Some(0.1), ..server.options() })).expect("a success");
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

#[test]
fn hosts_of_no_proxy_are_reached_directly() {
    let server = Server::start(vec![Step::json(201, CREATED)]);
    let nobody = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port");
    let reached = |no_proxy: String| {
        let variables = [("http_proxy", format!("http://{nobody}")), ("no_proxy", no_proxy)].into_iter().collect();
        let env = Environment { variables, ..Environment::default() };
        let service = chimeline_core::service("chime").expect("a known service");
        let client = Client::in_world(service, &once(server.options()), env).expect("a client");
        create(&client).map_err(|error| error.kind()).map(drop)
    };
    for direct in [server.address.to_string(), "127.0.0.1".to_owned(), "x,127.0.0.0/8".to_owned(), "*".to_owned()] {
        assert_eq!(reached(direct.clone()), Ok(()), "{direct}");
    }
    for other in ["127.0.0.1:1", "localhost", ""] {
        assert_eq!(reached(other.to_owned()), Err(ErrorKind::ProxyConnection), "{other}");
    }
}

#[test]
fn a_proxy_that_is_given_is_used_or_refused() {
    for text in [
        "http://me:a b@HOST",
        "http://me:a\"b@HOST",
        "http://me:a<b@HOST",
        "http://me:a^b@HOST",
        "http://me:a{b@HOST",
        "http://me:a|b@HOST",
        "http://me:\u{e4}@HOST",
        "//HOST",
        "HOST",
        " http://HOST ",
        "http://me:a/b@HOST",
        "socks5://HOST",
    ] {
        let (server, proxy) =
            (Server::start(vec![Step::json(201, CREATED)]), Server::start(vec![Step::json(201, CREATED)]));
        let url = text.replace("HOST", &proxy.address.to_string());
        for in_code in [false, true] {
            let variables = [("HTTP_PROXY", url.clone())].into_iter().filter(|_| !in_code).collect();
            let env = Environment { variables, ..Environment::default() };
            let options = Options { http_proxy: in_code.then(|| url.clone()), ..once(server.options()) };
            let service = chimeline_core::service("chime").expect("a known service");
            let outcome = create(&Client::in_world(service, &options, env).expect("a client"));
            assert_eq!(server.seen().len(), 0, "{text:?} goes direct");
            match outcome {
                Ok(_) => assert!(!proxy.seen().is_empty(), "{text:?}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{text:?}: {error}");
                    assert!(!error.to_string().contains("me:"), "{error}");
                }
            }
        }
    }
}

#[test]
fn an_empty_proxy_of_the_code_puts_those_of_the_environment_out() {
    let server = Server::start(vec![Step::json(201, CREATED)]);
    let variables = [("http_proxy", "http://127.0.0.1:9")].into_iter().collect();
    let env = Environment { variables, ..Environment::default() };
    let options = Options { https_proxy: Some(String::new()), ..once(server.options()) };
    let service = chimeline_core::service("chime").expect("a known service");
    create(&Client::in_world(service, &options, env).expect("a client")).expect("a success");
}

/// A FIFO that nobody writes stands for a file of a network share that is slow.
#[cfg(unix)]
#[test]
fn a_bundle_that_is_slow_to_read_keeps_no_other_call_waiting() {
    let folder = folder();
    let fifo = folder.join("ca.pem");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    let verify = Some(Trust::Bundle(fifo.clone().into()));
    let slow = client(&Options { verify, timeout: Some(0.3), ..options("https://127.0.0.1:9") });
    let server = Server::start(vec![Step::json(201, CREATED)]);
    let (done, outcome) = std::sync::mpsc::channel();
    slow.start(creation(&slow, "arn:sink"), move |result| drop(done.send(result))).expect("a running thread");
    let started = Instant::now();
    let other = isolated(&once(server.options()));
    create_on_io_thread(&other).expect("a success");
    assert!(started.elapsed() < Duration::from_secs(5));
    let of_io_thread = outcome.recv_timeout(Duration::from_secs(5)).expect("an outcome").expect_err("no certificates");
    for error in [of_io_thread, create(&slow).expect_err("no certificates")] {
        assert_eq!(error.kind(), ErrorKind::CallTimeout, "{error}");
        assert!(error.to_string().contains("certificates"), "{error}");
    }
    // Lets the thread go that reads.
    std::fs::write(&fifo, "no certificate").expect("a reader");
    std::fs::remove_dir_all(folder).expect("the folder");
}
