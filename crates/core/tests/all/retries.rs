//! Which failures are tried again, how often and after how long: `tests/vectors/retries.json`, observed from botocore 1.44.5
//! over real sockets, with time and rng held still.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use chimeline_core::runtime::environment::{Environment, Variables};
use chimeline_core::{Client, Options};
use serde_json::{Value, json};

use crate::support::{Server, Step, answer, options};

/// The cases in which this client differs on purpose: their mode, if it is one mode alone, what starts their names, and why.
const LEFT_OUT: &[(Option<&str>, &str, &str)] = &[
    (Some("legacy"), "", "the mode is taken, with its 5 attempts, but the rules are those of standard"),
    (None, "400 with code ThrottledClientException", "this service's own throttling is retried as throttling"),
    (None, "400 with code Throttled", "the short name of this service's own throttling"),
    (None, "429 with code ThrottledClientException", "this service's own throttling is retried as throttling"),
    (None, "connection: short", "a body shorter than its Content-Length is a broken connection"),
    (None, "invalid JSON in a 200", "a success that cannot be read is an error"),
    (None, "Retry-After", "it is honoured, within the bound of x-amz-retry-after"),
];

/// The reason why a case does not run, for one that does not.
fn left_out(case: &Value) -> Option<&'static str> {
    let name = case["name"].as_str().unwrap_or_default();
    let is_case = |(mode, start, _): &&(Option<&str>, &str, &str)| {
        // A general code of AWS, whose name starts alike.
        let other = name == "400 with code ThrottledException" && mode.is_none();
        mode.is_none_or(|mode| case["mode"] == mode) && name.starts_with(start) && !other
    };
    LEFT_OUT.iter().find(is_case).map(|(_, _, why)| *why)
}

#[test]
fn failures_are_tried_again_as_botocore_tries_them() {
    let mut failed = Vec::new();
    let cases: Vec<Value> = cases().into_iter().filter(|case| case["quota"].is_null()).collect();
    let (out, run): (Vec<_>, Vec<_>) = cases.iter().partition(|case| left_out(case).is_some());
    assert_eq!((run.len(), out.len()), (327, 133), "each case runs, or is left out for a reason");
    for case in &run {
        let given = outcome(case);
        if given != case["expect"] {
            let name = case["name"].as_str().unwrap_or_default();
            failed.push(format!("{name} ({}):\n   given {given}\n   due   {}", case["mode"], case["expect"]));
        }
    }
    assert!(failed.is_empty(), "{} of {} differ:\n{}", failed.len(), run.len(), failed.join("\n"));
}

#[test]
fn the_quota_of_a_client_bounds_its_retries() {
    for case in cases().into_iter().filter(|case| !case["quota"].is_null() && left_out(case).is_none()) {
        let name = case["name"].as_str().unwrap_or_default();
        let fault = match name.rsplit(' ').next() {
            Some("500") => Step::json(500, ""),
            Some("429") => Step::json(429, ""),
            Some("ThrottlingException") => Step::error(400, "ThrottlingException"),
            Some("reset") => Step::Reset,
            Some("timeout") => Step::Stall,
            other => panic!("unknown fault {other:?}"),
        };
        let once = fault.clone();
        let next = Arc::new(Mutex::new(VecDeque::new()));
        let script = next.clone();
        let server =
            Server::answering(move |_| script.lock().expect("no panic").pop_front().unwrap_or_else(|| fault.clone()));
        let retry_mode = case["mode"].as_str().map(str::to_owned);
        let read_timeout = Some(if matches!(once, Step::Stall) { 0.02 } else { 5.0 });
        let (client, _) = client(&Options { read_timeout, retry_mode, ..server.options() }, 1.0);
        let failing = || list(&client).expect_err("a failure");
        let succeed = || next.lock().expect("no panic").push_back(Step::json(200, "{}"));
        let Value::Object(quota) = &case["quota"] else { panic!("no quota") };
        for (number, due) in quota["attempts"].as_array().expect("a list").iter().enumerate() {
            assert_eq!(json!(failing().attempts().len()), *due, "{name}, call {number}");
        }
        if let Some(answered) = failing().service_error() {
            assert!(answered.retry_quota_reached && !answered.max_attempts_reached, "{name}");
        }
        for step in quota["after_successes"].as_array().expect("a list") {
            for _ in 0..step[0].as_u64().expect("a count") {
                succeed();
                list(&client).expect("a success");
            }
            assert_eq!(json!(failing().attempts().len()), step[1], "{name}, after {} successes", step[0]);
        }
        // A call that fails once and then succeeds, where the quota has enough left for it.
        next.lock().expect("no panic").push_back(once);
        succeed();
        let attempts = list(&client).map_or_else(|error| error.attempts().len(), |response| response.attempts.len());
        assert_eq!(json!(attempts), quota["then_once"], "{name}, failing once");
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
        read_timeout: Some(if case["script"].to_string().contains("hang") { 0.1 } else { 5.0 }),
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
    // On a busy machine the client may give an attempt up before the server has read its request.
    let due = case["expect"]["requests"].as_u64().expect("a count");
    (0..100)
        .take_while(|_| server.seen().len() as u64 != due)
        .for_each(|_| std::thread::sleep(Duration::from_millis(10)));
    let mut progress: Vec<String> =
        server.seen().iter().filter_map(|seen| header(&seen.head, "amz-sdk-request")).collect();
    progress.sort_by_key(|text| (text.len(), text.clone()));
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
    let env = Environment {
        now: Arc::new(move || {
            let waited: Duration = clock.lock().expect("no panic").iter().sum();
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_210_096) + waited
        }),
        random: Arc::new(move || random),
        variables: Variables::default(),
        sleep: Arc::new(move |length| {
            slept.lock().expect("no panic").push(length);
            Box::pin(std::future::ready(()))
        }),
        ..Environment::default()
    };
    let service = chimeline_core::service("chime-sdk-media-pipelines").expect("a known service");
    (Client::in_world(service, options, env).expect("a client"), waits)
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
