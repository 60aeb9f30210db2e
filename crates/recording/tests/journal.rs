//! What stands in a journal when a call is made, and what `reap` makes of it. The journal is a real file; the service is scripted.

use std::fs;
use std::path::{Path, PathBuf};

use chimeline_recording::{Call, Failure, HostError, Outcome, Plan, Step, journal};
use serde_json::{Value, json};

const MEETING: &str = "arn:aws:chime::111122223333:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b";
const ID: &str = "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11";

/// A folder of the test's own.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder");
    path
}

/// Runs a flow; `service` answers the calls that are not of the journal.
fn run(flow: &str, input: &Value, mut service: impl FnMut(&Call) -> Outcome) -> Result<Value, Failure> {
    let mut plan = Plan::new(flow, input)?;
    let mut outcome = None;
    loop {
        outcome = Some(match plan.step(outcome) {
            Step::Call(call) if call.service == "journal" => match journal(&call.operation, &call.input) {
                Ok(output) => Outcome::Output(output),
                Err(failure) => Outcome::Error(HostError { message: failure.to_string(), ..HostError::default() }),
            },
            Step::Call(call) => service(&call),
            Step::Sleep(_) | Step::Emit(_) => Outcome::Output(Value::Null),
            Step::Done(value) => return Ok(value),
            Step::Failed(failure) => return Err(failure),
        });
    }
}

fn capture(status: &str) -> Outcome {
    let arn = format!("arn:aws:chime:us-east-1:111122223333:media-pipeline/{ID}");
    Outcome::Output(json!({"MediaCapturePipeline": {
        "MediaPipelineId": ID, "MediaPipelineArn": arn, "SourceArn": MEETING, "Status": status,
    }}))
}

fn refused(status: u16, code: &str) -> Outcome {
    Outcome::Error(HostError { status: Some(status), code: Some(code.to_owned()), ..HostError::default() })
}

fn events(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("a journal");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.map(|line| line["event"].as_str().unwrap_or("heading").to_owned()).collect()
}

fn start(path: &Path, guard: &str) -> Value {
    json!({"meeting": MEETING, "sink": "s3://bucket", "journal": path, "guard": guard, "region": "us-east-1"})
}

#[test]
fn the_journal_has_each_step_before_the_service() {
    let path = folder("steps").join("journal");
    let mut seen = Vec::new();
    run("start_recording", &start(&path, "g"), |call| {
        seen.push((call.operation.clone(), events(&path).len()));
        capture("InProgress")
    })
    .expect("a start");
    assert_eq!(seen, [("CreateMediaCapturePipeline".to_owned(), 2), ("GetMediaCapturePipeline".to_owned(), 2)]);
    assert_eq!(fs::read_dir(path.parent().expect("a folder")).expect("a folder").count(), 2);
    let stop = json!({"target": ID, "journal": path, "guard": "g"});
    run("stop_recording", &stop, |_| {
        assert_eq!(events(&path), ["heading", "starting", "started", "stopping"]);
        Outcome::Output(json!({}))
    })
    .expect("a stop");
    assert_eq!(events(&path), ["heading", "starting", "started", "stopping", "stopped"]);
    assert_eq!(fs::read_dir(path.parent().expect("a folder")).expect("a folder").count(), 1);
}

#[test]
fn a_refused_start_is_closed_and_an_unanswered_one_stays_open() {
    let path = folder("refused").join("journal");
    run("start_recording", &start(&path, "a"), |_| refused(400, "BadRequestException")).expect_err("refused");
    run("start_recording", &start(&path, "b"), |_| {
        Outcome::Error(HostError { class: Some("ReadTimeoutError".to_owned()), ..HostError::default() })
    })
    .expect_err("unanswered");
    assert_eq!(events(&path), ["heading", "starting", "not started", "starting", "unconfirmed"]);
    let open = journal("Open", &json!({"journal": path})).expect("a journal");
    assert_eq!(open["entries"].as_array().map(Vec::len), Some(1));
    assert_eq!((&open["entries"][0]["guard"], &open["entries"][0]["alive"]), (&json!("b"), &json!(false)));
    // The meeting records: it is what the unanswered start has made.
    let input = json!({"journal": path, "region": "us-east-1", "now": 0});
    let mut calls = Vec::new();
    let found = run("reap", &input, |call| {
        calls.push(call.operation.clone());
        match call.operation.as_str() {
            "ListMediaCapturePipelines" => Outcome::Output(json!({"MediaCapturePipelines": [{
                "MediaPipelineId": ID, "MediaPipelineArn": format!("arn:aws:chime:us-east-1:111122223333:media-pipeline/{ID}"),
            }]})),
            "GetMediaCapturePipeline" => capture("InProgress"),
            _ => Outcome::Output(json!({})),
        }
    })
    .expect("a reap");
    assert_eq!(found["MediaPipelineIds"], json!([ID]));
    assert_eq!(calls.last().map(String::as_str), Some("DeleteMediaCapturePipeline"));
    assert_eq!(events(&path).last().map(String::as_str), Some("stopped"));
}

#[test]
fn what_a_journal_cannot_take_is_not_started() {
    let path = folder("unwritable").join("none/journal");
    let mut calls = 0;
    run("start_recording", &start(&path, "g"), |_| {
        calls += 1;
        capture("InProgress")
    })
    .expect_err("no journal");
    assert_eq!(calls, 0);
    // One that can no longer be written to when the recording runs: it is stopped.
    let path = folder("lost").join("journal");
    let mut deleted = false;
    run("start_recording", &start(&path, "g"), |call| {
        if call.operation == "CreateMediaCapturePipeline" {
            fs::remove_file(&path).expect("a journal");
            fs::create_dir(&path).expect("a folder in its place");
        }
        deleted |= call.operation == "DeleteMediaCapturePipeline";
        capture("InProgress")
    })
    .expect_err("no journal any more");
    assert!(deleted);
}

#[test]
fn another_place_and_another_account_are_left_alone() {
    let path = folder("places").join("journal");
    let heading = json!({"journal": "chimeline", "version": 1, "account": "111122223333"});
    let entry = json!({"event": "starting", "guard": "g", "service": "chime-sdk-media-pipelines", "region": "eu-west-2", "meeting": ID});
    fs::write(&path, format!("{heading}\n{entry}\n")).expect("a journal");
    let listed = |account: &'static str| {
        move |call: &Call| {
            assert_eq!(call.operation, "ListMediaCapturePipelines");
            Outcome::Output(
                json!({"MediaCapturePipelines": [{"MediaPipelineArn": format!("arn:aws:chime:eu-west-2:{account}:media-pipeline/{ID}")}]}),
            )
        }
    };
    let here = json!({"journal": path, "region": "us-east-1"});
    let left = run("reap", &here, listed("111122223333")).expect("a reap");
    assert!(left["Left"][0]["Reason"].as_str().is_some_and(|why| why.contains("in eu-west-2")), "{left}");
    let failure = run("reap", &here, listed("999988887777")).expect_err("another account");
    assert!(failure.to_string().contains("is of the account 111122223333, not of 999988887777"), "{failure}");
}
