//! Credentials, tokens, ARNs and ids of users are marked, calls of all kinds are made with every event logged, and the marks are
//! looked for where they do not belong: the log, errors, records of attempts and what `Debug` shows.

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use chimeline_core::client::PrepareError;
use chimeline_core::codec::encode::Validation;
use chimeline_core::codec::json_host::JsonBuilder;
use chimeline_core::runtime::environment::Environment;
use chimeline_core::{Client, Error, Options, Response, StaticCredentials, service};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::{Server, Step, answer, options};

/// What every marked text holds.
const MARK: &str = "MARK";
const ARN: &str = "arn:aws:chime:us-east-1:111122223333:meeting/MARKarn-0e8f2a3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c";
const USER: &str = "MARKuser";
const TOKEN: &str = "MARKtoken0123456789/abcdefghijklmnopqrstuvwxyz+0123456789==";

fn keys() -> StaticCredentials {
    StaticCredentials {
        access_key_id: "AKIAMARKID0123456789".to_owned(),
        secret_access_key: "MARKsecret0123456789/abcdefghijklmnopqrs".to_owned(),
        session_token: Some(TOKEN.to_owned()),
    }
}

#[test]
fn no_secret_leaves_by_the_log_an_error_or_a_debug_format() {
    listen();
    let mut shown = String::new();
    for step in steps() {
        let server = Server::start(vec![step.clone()]);
        for validation in [Validation::Standard, Validation::Strict] {
            let options = Options {
                credentials: Some(keys()),
                read_timeout: Some(0.1),
                max_attempts: Some(2),
                validation: Some(validation),
                ..server.options()
            };
            let client = meetings(
                &options,
                Environment { sleep: Arc::new(|_| Box::pin(std::future::ready(()))), ..Environment::default() },
            );
            note(&mut shown, &(&options, &client, client.config()));
            for input in [create(&json!(USER)), create(&json!("M")), create(&json!(5)), json!({ "Unknown": 1 })] {
                call(&mut shown, &client, "CreateMeeting", &input);
            }
            call(&mut shown, &client, "ListTagsForResource", &json!({ "ResourceARN": ARN }));
        }
        assert!(heard().sources.iter().any(|source| source.starts_with("reqwest")));
        assert!(server.seen().iter().any(|seen| seen.body.contains(USER) && seen.head.contains(TOKEN)), "{step:?}");
    }
    assert_clean(&shown);
}

#[test]
fn no_secret_of_a_proxy_leaves() {
    listen();
    let mut shown = String::new();
    let closed = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port");
    for url in [format!("http://MARKname:MARKpassword@{closed}"), "MARKname:MARKpassword@:::".to_owned()] {
        let (http_proxy, credentials) = (Some(url), Some(keys()));
        let options = Options { http_proxy, max_attempts: Some(1), credentials, ..options("http://chime.invalid") };
        call_found(&mut shown, &options);
    }
    assert_clean(&shown);
}

/// Providers read the environment of the process, so each is tried in a process of its own: this test, run again.
#[test]
fn no_secret_of_a_provider_leaves() {
    if Environment::default().variable(CHILD).is_some() {
        listen();
        let mut shown = String::new();
        call_found(&mut shown, &Options::default());
        return assert_clean(&shown);
    }
    let StaticCredentials { access_key_id: id, secret_access_key: secret, .. } = keys();
    let end = "2124-02-29T12:34:56Z";
    let set = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    assert!(with_environment(&set.into_iter().zip([&id[..], &secret, TOKEN]).collect::<Vec<_>>()));
    let found = json!({ "AccessKeyId": id, "SecretAccessKey": secret, "Token": TOKEN, "Expiration": end }).to_string();
    for (answer, good) in [(&found[..], true), (&found[..150], false)] {
        let container = Server::start(vec![Step::json(200, answer)]);
        let url = format!("http://{}/MARKpath", container.address);
        let environment =
            [("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url[..]), ("AWS_CONTAINER_AUTHORIZATION_TOKEN", TOKEN)];
        assert_eq!(with_environment(&environment), good, "{answer}");
        assert!(container.seen().iter().any(|seen| seen.head.contains(TOKEN)));
    }
    let folder = std::env::temp_dir().join(format!("chimeline-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (output, config) = (folder.join("output"), folder.join("config"));
    std::fs::write(&config, format!("[default]\ncredential_process = cat {}\n", output.display())).expect("a file");
    let found = found.replace("\"Token\"", "\"Version\":1,\"SessionToken\"");
    for (text, good) in [(&found[..], true), (&found[..150], false), ("MARKED", false)] {
        std::fs::write(&output, text).expect("a file");
        assert_eq!(with_environment(&[("AWS_CONFIG_FILE", config.to_str().expect("a path"))]), good, "{text}");
    }
    std::fs::remove_dir_all(&folder).expect("a folder");
}

const CHILD: &str = "CHIMELINE_TEST_CHILD";

/// Runs the test above in that environment and says whether its calls came to the service with the token that was found.
fn with_environment(environment: &[(&str, &str)]) -> bool {
    let server = Server::start(vec![Step::json(200, "{}")]);
    let child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "secrets::no_secret_of_a_provider_leaves"])
        .env_clear()
        .envs([
            (CHILD, "1"),
            ("PATH", "/usr/bin:/bin"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_REGION", "us-east-1"),
        ])
        .env("AWS_ENDPOINT_URL", format!("http://{}", server.address))
        .envs(environment.iter().copied())
        .output()
        .expect("a process");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    server.seen().iter().any(|seen| seen.head.contains(TOKEN))
}

/// A call whose keys or proxy are not the caller's to show.
fn call_found(shown: &mut String, options: &Options) {
    let client = meetings(options, Environment::default());
    call(shown, &client, "GetMeeting", &json!({ "MeetingId": "m" }));
    note(shown, &(options, &client, client.config()));
}

fn meetings(options: &Options, env: Environment) -> Client {
    Client::in_world(service("chime-sdk-meetings").expect("a known service"), options, env).expect("a client")
}

fn create(user: &Value) -> Value {
    json!({
        "ClientRequestToken": "MARKrequest", "MediaRegion": "us-east-1", "ExternalMeetingId": user, "MeetingHostId": USER,
        "NotificationsConfiguration": { "SnsTopicArn": ARN, "SqsQueueArn": ARN }, "TenantIds": [USER], "PrimaryMeetingId": USER,
    })
}

/// What a server may do; each body holds what must not be shown.
fn steps() -> Vec<Step> {
    let secret = json!({ "Meeting": { "MeetingArn": ARN, "ExternalMeetingId": USER }, "JoinToken": TOKEN }).to_string();
    let html = format!("<html><a href=\"{ARN}\">{ARN}</a> {TOKEN}");
    let coded = format!("{{\"Code\":\"x {TOKEN}\",\"Message\":\"m\"}}");
    let mut steps = vec![
        Step::json(200, &secret),
        Step::json(200, &secret[..60]),
        Step::json(200, &html),
        Step::json(200, &format!("\"{TOKEN}\"")),
        Step::json(200, &format!("{{\"Meeting\":\"{USER}\"}}")),
        Step::json(400, &coded),
        Step::AnswerThenClose(answer(200, 5000, &secret)),
        Step::AnswerThenStall(answer(200, 5000, &secret)),
        Step::AnswerThenClose(format!("HTTP/1.1 2{TOKEN}\r\n\r\n{secret}").into_bytes()),
        Step::AnswerThenClose(secret.clone().into_bytes()),
        Step::Close,
        Step::Reset,
        Step::Stall,
    ];
    // What the service says of a signature quotes the signed headers, and so the token.
    let canonical = format!("The Canonical String should have been 'POST\\n/\\n\\nx-amz-security-token:{TOKEN}\\n'");
    steps.push(Step::json(403, &format!("{{\"Code\":\"InvalidSignatureException\",\"Message\":\"{canonical}\"}}")));
    let errors = [
        (400, "BadRequestException"),
        (403, "ForbiddenException"),
        (404, "NotFoundException"),
        (429, "ThrottlingException"),
        (500, "ServiceFailureException"),
        (503, "ServiceUnavailableException"),
    ];
    steps.extend(errors.map(|(status, code)| Step::error(status, code)));
    steps
}

/// Makes the call on this thread and on the I/O thread, and notes all that may be shown of it.
fn call(shown: &mut String, client: &Client, operation: &str, input: &Value) {
    let operation = client.service().operation(operation).expect("a known operation");
    let prepare = || match client.prepare(operation, input) {
        Ok(call) => Ok(call),
        Err(PrepareError::Error(error)) => Err(error),
        Err(PrepareError::Host(never)) => match never {},
    };
    let call = match prepare() {
        Ok(call) => call,
        Err(error) => return note_error(shown, &error),
    };
    note(shown, &call);
    let here = client.call_blocking(&call, &mut || true);
    let (done, outcome) = std::sync::mpsc::channel();
    client.start(call, move |outcome| drop(done.send(outcome))).expect("a running thread");
    let there = outcome.recv_timeout(Duration::from_secs(10)).expect("an outcome");
    for outcome in [here, there] {
        let decoded = |response: Response| {
            note(shown, &(&response, &response.attempts));
            client.decode(operation, &response, &mut JsonBuilder::default())
        };
        if let Err(error) = outcome.and_then(decoded) {
            note_error(shown, &error);
        }
    }
}

fn note_error(shown: &mut String, error: &Error) {
    note(shown, &(error, error.to_string(), error.message(), error.hint(), error.attempts(), error.operation()));
}

fn note(shown: &mut String, what: &dyn Debug) {
    // Writing to a String cannot fail.
    let _ = writeln!(shown, "{what:?}");
}

/// Fails where a mark was shown or logged, or where nothing was logged that could hold one.
fn assert_clean(shown: &str) {
    assert!(shown.contains("Client(") && shown.contains("Call {"), "{shown}");
    let marked: BTreeSet<&str> = shown.lines().filter_map(around).collect();
    assert!(marked.is_empty(), "shown: {marked:#?}");
    let heard = heard();
    assert!(heard.sources.contains("chimeline"), "{:?}", heard.sources);
    assert!(heard.marked.is_empty(), "logged: {:#?}", heard.marked);
}

/// The place of the first mark in a line.
fn around(line: &str) -> Option<&str> {
    let at = line.find(MARK)?;
    line.get(line.floor_char_boundary(at.saturating_sub(120))..line.floor_char_boundary(at + 60))
}

/// What was logged by all tests of this process: by whom, and which lines hold a mark.
struct Heard {
    sources: BTreeSet<String>,
    marked: BTreeSet<String>,
}

static HEARD: Mutex<Heard> = Mutex::new(Heard { sources: BTreeSet::new(), marked: BTreeSet::new() });

fn heard() -> MutexGuard<'static, Heard> {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has every event of every crate kept from now on.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::subscriber::set_global_default(Listener).expect("no other subscriber");
        log::set_logger(&Listener).expect("no other logger");
        log::set_max_level(log::LevelFilter::Trace);
    });
}

struct Listener;

impl Listener {
    fn keep(source: &str, line: &str) {
        let mut heard = heard();
        heard.sources.insert(source.to_owned());
        heard.marked.extend(around(line).map(|place| format!("{source}: {place}")));
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line::default();
        span.record(&mut line);
        Listener::keep(span.metadata().target(), &line.0);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line::default();
        values.record(&mut line);
        Listener::keep("a span", &line.0);
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        Listener::keep(event.metadata().target(), &line.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        Listener::keep(record.target(), &record.args().to_string());
    }

    fn flush(&self) {}
}

/// The fields of an event.
#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{field}={value:?} ");
    }
}
