//! Which failures are tried again, how often and after how long: `tests/vectors/retries.json`, observed from botocore 1.44.5
//! over real sockets, with time and dice held still.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use chimeline_core::world::World;
use chimeline_core::{Client, Options};
use serde_json::{Value, json};

use crate::support::{Server, Step, answer, options};

/// Scenarios in which this client differs on purpose: what starts their names, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("400 with code ThrottledClientException", "this service's own throttling is retried as throttling"),
    ("400 with code Throttled", "the short name of this service's own throttling"),
    ("429 with code ThrottledClientException", "this service's own throttling is retried as throttling"),
    ("connection: short", "a body shorter than its Content-Length is a broken connection"),
    ("invalid JSON in a 200", "a success that cannot be read is an error"),
    ("Retry-After", "it is honoured, within the bound of x-amz-retry-after"),
];

#[test]
fn failures_are_tried_again_as_botocore_tries_them() {
    let mut ran = 0;
    let mut failed = Vec::new();
    for case in cases() {
        let name = case["name"].as_str().unwrap_or_default();
        let left_out =
            LEFT_OUT.iter().any(|(start, _)| name.starts_with(start)) && name != "400 with code ThrottledException";
        if left_out || !case["quota"].is_null() {
            continue;
        }
        ran += 1;
        let given = outcome(&case);
        if given != case["expect"] {
            failed.push(format!("{name} ({}):\n   given {given}\n   due   {}", case["mode"], case["expect"]));
        }
    }
    assert!(failed.is_empty(), "{} of {ran} differ:\n{}", failed.len(), failed.join("\n"));
    assert!(ran > 200, "only {ran} cases ran");
}

#[test]
fn the_quota_of_a_client_bounds_its_retries() {
    for case in cases().into_iter().filter(|case| !case["quota"].is_null()) {
        let name = case["name"].as_str().unwrap_or_default();
        let step = match name.rsplit(' ').next() {
            Some("500") => Step::json(500, ""),
            Some("429") => Step::json(429, ""),
            Some("ThrottlingException") => Step::error(400, "ThrottlingException"),
            Some("reset") => Step::Reset,
            other => panic!("unknown fault {other:?}"),
        };
        let server = Server::start(vec![step]);
        let (client, _) = client(&server.options(), 1.0);
        let due = case["quota"]["attempts"].as_array().expect("a list");
        for (number, due) in due.iter().enumerate() {
            let error = list(&client).expect_err("a failure");
            assert_eq!(json!(error.attempts().len()), *due, "{name}, call {number}");
        }
    }
}

fn cases() -> Vec<Value> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/retries.json");
    serde_json::from_str(&std::fs::read_to_string(file).expect("a file of cases")).expect("a list of cases")
}

fn outcome(case: &Value) -> Value {
    let server = Server::start(steps(&case["script"]));
    let url = if case["script"] == "refused" {
        "http://127.0.0.1:1".to_owned()
    } else {
        format!("http://{}", server.address)
    };
    let options = Options {
        retry_mode: case["mode"].as_str().map(str::to_owned),
        max_attempts: case["max_attempts"].as_u64().and_then(|most| most.try_into().ok()),
        read_timeout: Some(0.1),
        ..options(&url)
    };
    let (client, _) = client(&options, case["random"].as_f64().expect("a number"));
    let done = list(&client);
    let attempts = match &done {
        Ok(response) => &response.attempts,
        Err(error) => error.attempts(),
    };
    let delays: Vec<f64> =
        attempts.iter().filter_map(|attempt| attempt.delay).map(|delay| delay.as_secs_f64()).collect();
    let progress: Vec<String> = server.seen().iter().filter_map(|seen| header(&seen.head, "amz-sdk-request")).collect();
    let invocations: Vec<String> =
        server.seen().iter().filter_map(|seen| header(&seen.head, "amz-sdk-invocation-id")).collect();
    assert!(invocations.windows(2).all(|pair| pair[0] == pair[1]), "{case}");
    let (error, reached) = match &done {
        Ok(response) => (None, Some(response.max_attempts_reached)),
        Err(error) => {
            let answered = error.service_error();
            (Some(error.kind().class()), answered.map(|answered| answered.max_attempts_reached))
        }
    };
    json!({
        "requests": server.seen().len(),
        "delays": delays,
        "progress": progress,
        "error": error,
        "max_attempts_reached": reached,
    })
}

fn list(client: &Client) -> Result<chimeline_core::Response, chimeline_core::Error> {
    let operation = client.service().operation("ListMediaCapturePipelines").expect("a known operation");
    let call = client.prepare(operation, &json!({})).expect("a good input");
    client.call_blocking(&call, &mut || true)
}

/// A client whose clock moves only when it waits, and what it waited.
fn client(options: &Options, random: f64) -> (Client, Arc<Mutex<Vec<Duration>>>) {
    let waits = Arc::new(Mutex::new(Vec::new()));
    let (slept, clock) = (waits.clone(), waits.clone());
    let world = World {
        now: Arc::new(move || {
            let waited: Duration = clock.lock().expect("no panic").iter().sum();
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_210_096) + waited
        }),
        random: Arc::new(move || random),
        variable: Arc::new(|_| None),
        sleep: Arc::new(move |length| {
            slept.lock().expect("no panic").push(length);
            Box::pin(std::future::ready(()))
        }),
        ..World::default()
    };
    let service = chimeline_core::service("chime-sdk-media-pipelines").expect("a known service");
    (Client::in_world(service, options, world).expect("a client"), waits)
}

fn steps(script: &Value) -> Vec<Step> {
    match script {
        Value::Array(several) => several.iter().flat_map(steps).collect(),
        Value::String(fault) => vec![match fault.as_str() {
            "reset" => Step::Reset,
            "close" | "refused" => Step::Close,
            "hang" => Step::Stall,
            "garbage" => Step::AnswerThenClose(b"garbage garbage\r\n\r\n".to_vec()),
            other => panic!("unknown fault {other}"),
        }],
        _ => {
            let status = script["status"].as_u64().expect("a status");
            let body = script["body"].as_str().unwrap_or("{}");
            let mut bytes = answer(status.try_into().expect("a status"), body.len(), body);
            for (name, value) in script["headers"].as_object().into_iter().flatten() {
                let line = format!("{name}: {}\r\n", value.as_str().unwrap_or_default());
                let end_of_status = bytes.iter().position(|b| *b == b'\n').expect("a status line") + 1;
                bytes.splice(end_of_status..end_of_status, line.bytes());
            }
            vec![Step::Answer(bytes)]
        }
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned()))
}
