//! What a call asks its host: credentials by the cases of `tests/vectors/credentials.json`, and requests, responses and retries.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use chimeline_core::client::blocking::Step as BlockingStep;
use chimeline_core::client::{Event, Task};
use chimeline_core::runtime::environment::{Environment, Variables};
use chimeline_core::runtime::host::{HostCredentials, HttpResponse, Pump, Question, Questions, Reply};
use chimeline_core::{Call, CallOptions, Client, Error, ErrorKind, HostCredentialsCache, Options, Response};
use serde_json::{Value, json};

use crate::support::{CREATED, Server, Step, isolated};

const SOON: Duration = Duration::from_secs(10);

/// A client whose calls ask for credentials.
fn asking(server: &Server, cache: &Arc<HostCredentialsCache>) -> Client {
    let service = chimeline_core::service("chime").expect("a known service");
    let options = Options { credentials: None, ..server.options() };
    let env = Environment::with_variables(Variables::default());
    Client::with_host(service, &options, env, Some(cache.clone())).expect("good options")
}

fn list(client: &Client, options: &CallOptions) -> Call {
    let operation = client.service().operation("ListMediaCapturePipelines").expect("a known operation");
    client.prepare(operation, &json!({})).expect("a good input").with(options).expect("good options")
}

/// Makes the call on this thread with what answers its questions.
fn blocking(
    client: &Client,
    call: &Call,
    answer: &mut dyn FnMut(&Question) -> Option<Reply>,
) -> Result<Response, Error> {
    let mut blocking = client.blocking(call);
    loop {
        match blocking.step(None) {
            BlockingStep::Done(outcome) => return outcome,
            BlockingStep::InterruptCheck => {}
            BlockingStep::Asked(asked) => {
                let (question, reply) = asked.into_parts();
                if let Some(answer) = answer(&question) {
                    reply(answer);
                }
            }
        }
    }
}

/// Starts the call for an event loop.
fn started(client: &Client, call: Call, pump: u64) -> (Receiver<Event>, Task) {
    let (sender, events) = channel();
    let task = client.start_with_host(call, Pump::Loop(pump), move |event| drop(sender.send(event)));
    (events, task.expect("a running thread"))
}

fn next(events: &Receiver<Event>) -> Event {
    events.recv_timeout(SOON).expect("an event")
}

fn credentials(id: &str, expiration: Option<SystemTime>) -> Reply {
    Reply::Credentials(HostCredentials {
        access_key_id: id.to_owned(),
        secret_access_key: "SK".to_owned(),
        session_token: None,
        expiration,
        source: "vault".to_owned(),
        cacheable: true,
    })
}

fn id_of(server: &Server) -> String {
    let head = server.seen().last().expect("a request").head.clone();
    let id = head.split("Credential=").nth(1).expect("a signature");
    id.split('/').next().expect("an id").to_owned()
}

/// The user's function of a case.
struct Function {
    returns: Vec<Value>,
    asked: u64,
}

impl Function {
    fn answer(&mut self, now: SystemTime) -> Reply {
        self.asked += 1;
        let given = if self.returns.len() > 1 { self.returns.remove(0) } else { self.returns[0].clone() };
        if given["raises"] == true {
            return Reply::Failed("vault raised".to_owned());
        }
        let expiration = given["expires_in"].as_f64().map(|seconds| match Duration::try_from_secs_f64(seconds) {
            Ok(ahead) => now + ahead,
            Err(_) => now - Duration::from_secs_f64(-seconds),
        });
        credentials(given["id"].as_str().expect("an id"), expiration)
    }
}

fn check(case: &str, call: &Value, server: &Server, before: usize, outcome: Result<(), Error>) {
    if let Some(says) = call["error"].as_str() {
        let error = outcome.expect_err(case);
        assert_eq!(error.kind(), ErrorKind::CredentialRetrieval, "{case}: {error}");
        assert_eq!(error.is_raised_by_host(), says == "raised", "{case}: {error}");
        assert!(error.message().contains(if says == "raised" { "vault raised" } else { says }), "{case}: {error}");
        assert_eq!(server.seen().len(), before, "{case}");
    } else {
        outcome.expect(case);
        assert!(call["signed"].as_array().expect("ids").contains(&json!(id_of(server))), "{case}");
    }
}

#[test]
fn credentials_of_the_host_are_asked_for_and_sent_by_the_cases() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/credentials.json");
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(file).expect("the cases")).expect("JSON");
    assert!(cases.len() > 8);
    for (case, awaited) in cases.iter().flat_map(|case| [(case, false), (case, true)]) {
        let name = case["name"].as_str().expect("a name");
        let server = Server::start(vec![Step::json(200, "{}")]);
        let client = asking(&server, &Arc::default());
        let mut function = Function { returns: case["returns"].as_array().expect("a list").clone(), asked: 0 };
        let mut now = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        for made in case["calls"].as_array().expect("a list") {
            now += Duration::from_secs(made["after"].as_u64().unwrap_or_default());
            for _ in 0..made["times"].as_u64().unwrap_or(1) {
                let before = server.seen().len();
                let call = list(&client, &CallOptions { now: Some(now), ..CallOptions::default() });
                let outcome = if awaited {
                    let (events, _task) = started(&client, call, 7);
                    loop {
                        match next(&events) {
                            Event::Done(outcome) => break outcome,
                            Event::Asked(asked) => asked.into_parts().1(function.answer(now)),
                        }
                    }
                } else {
                    blocking(&client, &call, &mut |_| Some(function.answer(now)))
                };
                check(name, made, &server, before, outcome.map(drop));
            }
            assert_eq!(made["asked"], function.asked, "{name}");
        }
    }
}

#[test]
fn a_load_is_shared_within_a_pump_and_by_no_other() {
    let server = Server::start(vec![Step::json(200, "{}")]);
    let cache = Arc::default();
    let (client, other) = (asking(&server, &cache), asking(&server, &cache));
    let call = || list(&client, &CallOptions::default());
    let (first, _task) = started(&client, call(), 1);
    let Event::Asked(asked) = next(&first) else { panic!("it did not ask") };
    let (second, _task) = started(&client, call(), 1);
    let (elsewhere, _task) = started(&other, list(&other, &CallOptions::default()), 2);
    let Event::Asked(asked_elsewhere) = next(&elsewhere) else { panic!("another loop waits for itself alone") };
    let mut questions = 0;
    blocking(&other, &list(&other, &CallOptions::default()), &mut |_| {
        questions += 1;
        Some(credentials("AKBLOCKING", None))
    })
    .expect("a blocked thread waits for no loop");
    assert_eq!((questions, id_of(&server)), (1, "AKBLOCKING".to_owned()));
    assert!(second.try_recv().is_err(), "it waits");
    asked.into_parts().1(credentials("AKFIRST", None));
    for events in [&first, &second] {
        assert!(matches!(next(events), Event::Done(Ok(_))));
    }
    drop(asked_elsewhere);
    let Event::Done(Ok(_)) = next(&elsewhere) else { panic!("what another load brought serves it, too") };
}

#[test]
fn a_call_that_leaves_without_a_reply_leaves_the_load_to_another() {
    let server = Server::start(vec![Step::json(200, "{}")]);
    let client = asking(&server, &Arc::default());
    let call = || list(&client, &CallOptions::default());
    let (first, task) = started(&client, call(), 1);
    let Event::Asked(asked) = next(&first) else { panic!("it did not ask") };
    let (second, _task) = started(&client, call(), 1);
    task.abort();
    assert!(matches!(next(&first), Event::Done(Err(error)) if error.kind() == ErrorKind::Cancelled));
    assert!(second.recv_timeout(Duration::from_millis(20)).is_err(), "the reply may still come");
    drop(asked);
    let Event::Asked(asked) = next(&second) else { panic!("it did not ask") };
    asked.into_parts().1(credentials("AKSECOND", None));
    assert!(matches!(next(&second), Event::Done(Ok(_))));
    assert_eq!(id_of(&server), "AKSECOND");
}

#[test]
fn a_host_that_is_gone_ends_the_call_and_one_that_cannot_be_asked_is_said() {
    let server = Server::start(vec![Step::json(200, "{}")]);
    let client = asking(&server, &Arc::default());
    let call = list(&client, &CallOptions::default());
    let error = blocking(&client, &call, &mut |_| None).expect_err("no reply");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(error.message().starts_with("the host that the call asks is gone"), "{error}");
    let error = blocking(&client, &call, &mut |_| Some(Reply::Proceed)).expect_err("no credentials");
    assert!(error.message().starts_with("the host did not reply with credentials"), "{error}");
    let (done, outcome) = channel();
    client.start(call, move |outcome| drop(done.send(outcome)));
    let error = outcome.recv_timeout(SOON).expect("an outcome").expect_err("nobody to ask");
    assert!(error.message().starts_with("the credentials come from the host, which this call cannot ask"), "{error}");
    assert!(server.seen().is_empty());
}

#[test]
fn a_call_within_the_load_of_its_own_thread_loads_for_itself_and_other_threads_wait_until_their_deadline() {
    let server = Server::start(vec![Step::json(200, "{}")]);
    let client = asking(&server, &Arc::default());
    let call = || list(&client, &CallOptions::default());
    let mut nested = None;
    blocking(&client, &call(), &mut |_| {
        nested = Some(blocking(&client, &call(), &mut |_| Some(credentials("AKNESTED", None))));
        let limited = CallOptions { timeout: Some(0.05), ..CallOptions::default() };
        let waiting = list(&client, &limited);
        // The nested load has brought credentials for all.
        thread::scope(|scope| scope.spawn(|| blocking(&client, &waiting, &mut |_| None)).join())
            .expect("no panic")
            .expect("a success");
        Some(credentials("AKOUTER", None))
    })
    .expect("a success");
    nested.expect("a call").expect("a success");

    let client = asking(&server, &Arc::default());
    let waited = AtomicBool::new(false);
    blocking(&client, &list(&client, &CallOptions::default()), &mut |_| {
        let limited = CallOptions { timeout: Some(0.05), ..CallOptions::default() };
        let waiting = list(&client, &limited);
        let error = thread::scope(|scope| scope.spawn(|| blocking(&client, &waiting, &mut |_| None)).join())
            .expect("no panic")
            .expect_err("no credentials in time");
        assert_eq!(error.kind(), ErrorKind::CallTimeout);
        assert!(error.message().contains("getting credentials for attempt 1"), "{error}");
        waited.store(true, Ordering::Relaxed);
        Some(credentials("AKOUTER", None))
    })
    .expect("a success");
    assert!(waited.load(Ordering::Relaxed));
}

#[test]
fn a_reply_after_the_deadline_sends_nothing_and_serves_the_next_call() {
    let server = Server::start(vec![Step::json(200, "{}")]);
    let client = asking(&server, &Arc::default());
    let limited = list(&client, &CallOptions { timeout: Some(0.05), ..CallOptions::default() });
    let error = blocking(&client, &limited, &mut |_| {
        thread::sleep(Duration::from_millis(80));
        Some(credentials("AKLATE", None))
    })
    .expect_err("too late");
    assert!(error.message().contains("it was getting credentials for attempt 1"), "{error}");
    assert!(server.seen().is_empty());
    blocking(&client, &limited, &mut |_| None).expect("a success");
    assert_eq!(id_of(&server), "AKLATE");
}

#[test]
fn requests_and_responses_pass_through_the_host() {
    let server = Server::start(vec![Step::error(400, "BadRequest"), Step::json(201, CREATED)]);
    let client = isolated(&server.options());
    let asks = Questions::named(["request", "attempts", "exchanges", "retries"]).expect("known names");
    let call = list(&client, &CallOptions { questions: asks, ..CallOptions::default() });
    let order = Mutex::new(Vec::new());
    let again = AtomicU32::new(0);
    let response = blocking(&client, &call, &mut |question| {
        let (name, reply) = match question {
            Question::Request { request } => {
                let mut request = request.clone();
                request.headers.insert("x-call", "1".parse().expect("a value"));
                ("request", Reply::Send(request))
            }
            Question::Attempt { request, .. } => {
                let mut request = request.clone();
                assert!(!request.headers.contains_key("authorization") && request.headers.contains_key("x-call"));
                request.method = "POST".to_owned();
                request.body = "{}".into();
                ("attempt", Reply::Send(request))
            }
            Question::Exchange { request, .. } => {
                assert!(request.headers["authorization"].to_str().expect("text").contains("x-call"));
                ("exchange", Reply::Send(request.clone()))
            }
            Question::Received { outcome, .. } => {
                let status = outcome.as_ref().expect("a response").status;
                (
                    "received",
                    if again.swap(1, Ordering::Relaxed) == 0 {
                        assert_eq!(status, 400);
                        Reply::Proceed
                    } else {
                        Reply::Respond(HttpResponse { status: 200, headers: http::HeaderMap::new(), body: "{}".into() })
                    },
                )
            }
            Question::Retry { error, proposed, .. } => match error {
                Some(error) => {
                    assert_eq!((error.kind(), *proposed), (ErrorKind::Client, None));
                    ("retry", Reply::RetryAfter(Some(Duration::ZERO)))
                }
                None => ("retry", Reply::Proceed),
            },
            other => panic!("{other:?}"),
        };
        order.lock().expect("no panic").push(name);
        Some(reply)
    })
    .expect("a success");
    assert_eq!((response.attempts.len(), response.metadata.status), (2, 200));
    let attempt = ["attempt", "exchange", "received", "retry"];
    assert_eq!(order.into_inner().expect("no panic"), [&["request"][..], &attempt, &attempt].concat());
    for seen in server.seen() {
        assert!(seen.head.starts_with("POST ") && seen.head.contains("x-call: 1"), "{}", seen.head);
        assert_eq!(seen.body, "{}");
    }
}

#[test]
fn what_a_function_of_the_host_raises_ends_the_call_without_a_retry() {
    let server = Server::start(vec![Step::json(200, "{}")]);
    let client = isolated(&server.options());
    for name in ["request", "attempts", "exchanges", "retries"] {
        let asks = Questions::named([name]).expect("a known name");
        let call = list(&client, &CallOptions { questions: asks, ..CallOptions::default() });
        let mut asked = 0;
        let error = blocking(&client, &call, &mut |_| {
            asked += 1;
            Some(Reply::Failed("raised".to_owned()))
        })
        .expect_err("no success");
        assert!(error.is_raised_by_host(), "{error}");
        assert_eq!(asked, 1, "{name}");
        let error = blocking(&client, &call, &mut |_| Some(Reply::Code("1".to_owned()))).expect_err("no success");
        assert!(error.message().starts_with("the host's reply does not fit the question"), "{error}");
    }
}
