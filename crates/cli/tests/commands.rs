//! The program as a user starts it, against a local service.

use std::process::{Command, Output};
use std::time::Duration;

use chimeline_local::{LocalServer, Options};
use serde_json::{Value, json};

fn local() -> LocalServer {
    LocalServer::start(Options { transition_delay: Duration::from_millis(50), ..Options::default() }).expect("a server")
}

/// The program with an environment of the test's own.
fn run(server: &LocalServer, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chimeline"));
    command.env_clear().envs(server.environment()).env("HOME", std::env::temp_dir()).args(arguments);
    command.output().expect("the program starts")
}

fn json_of(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr)))
}

fn meeting(server: &LocalServer) -> String {
    let input =
        json!({"MediaRegion": "us-east-1", "ExternalMeetingId": "standup", "ClientRequestToken": "one"}).to_string();
    let made = json_of(&run(server, &["--json", "call", "create-meeting", &input]));
    made["Meeting"]["MeetingId"].as_str().expect("an id").to_owned()
}

#[test]
fn a_recording_is_started_listed_joined_and_stopped() {
    let server = local();
    let meeting = meeting(&server);
    let start = ["--json", "record", &meeting, "s3://recordings/standup", "--detach", "--tag", "team=a"];
    let made = json_of(&run(&server, &start));
    let again = json_of(&run(&server, &start));
    assert_eq!(made["MediaPipelineId"], again["MediaPipelineId"]);
    let id = made["MediaPipelineId"].as_str().expect("an id");
    let listed = json_of(&run(&server, &["--json", "ls"]));
    assert_eq!(listed["Pipelines"][0]["Pipeline"]["MediaPipelineId"], id);
    assert_eq!(listed["Pipelines"][0]["Kind"], "capture");
    assert_eq!(listed["Pipelines"][0]["Tags"], json!([{"Key": "team", "Value": "a"}]));
    let table = String::from_utf8(run(&server, &["ls"]).stdout).expect("text");
    assert!(table.starts_with("REGION") && table.contains(id) && table.contains("team=a"), "{table}");
    let files = String::from_utf8(run(&server, &["artifacts", id]).stdout).expect("text");
    assert!(files.contains("s3://recordings/standup/audio/"), "{files}");
    let stopped =
        json_of(&run(&server, &["--json", "stop", &meeting, "--concatenate-to", "s3://recordings/j", "--wait"]));
    assert_eq!(stopped[0]["MediaPipelineIds"], json!([id]));
    assert_eq!(stopped[0]["MediaConcatenationPipelines"].as_array().map(Vec::len), Some(1));
    let by_tag = run(&server, &["stop", "--tag", "team=a"]);
    assert!(by_tag.status.success(), "{by_tag:?}");
}

#[test]
fn a_recording_ends_after_its_longest_duration() {
    let server = local();
    let meeting = meeting(&server);
    let output = run(&server, &["--json", "record", &meeting, "s3://recordings", "--max-duration", "0.3"]);
    let done = json_of(&output);
    assert_eq!(done["Stopped"]["MediaPipelineIds"][0], done["MediaCapturePipeline"]["MediaPipelineId"]);
    let listed = json_of(&run(&server, &["--json", "ls"]));
    assert_eq!(listed["Pipelines"], json!([]));
}

#[test]
fn more_than_one_is_stopped_only_when_that_is_said() {
    let server = local();
    let id = "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11";
    let output = run(&server, &["stop", id, id]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--yes"));
    assert_eq!(run(&server, &["stop", id, id, "--yes"]).status.code(), Some(0));
    assert_eq!(run(&server, &["stop"]).status.code(), Some(2));
}

#[test]
fn policies_are_printed_without_a_service() {
    let server = local();
    let output = run(&server, &["policy", "bucket", "--bucket", "recordings", "--account", "111122223333"]);
    let policy = json_of(&output);
    assert_eq!(policy["Statement"][0]["Principal"]["Service"], "mediapipelines.chime.amazonaws.com");
    assert_eq!(
        run(&server, &["policy", "x", "--bucket", "recordings", "--account", "111122223333"]).status.code(),
        Some(2)
    );
    assert_eq!(run(&server, &["policy", "--account", "1"]).status.code(), Some(2));
}

#[test]
fn what_is_wrong_is_said_with_an_exit_code() {
    let server = local();
    let id = "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11";
    for (arguments, code, part) in [
        (vec!["record", "room", "s3://recordings"], 2, "meeting must be a meeting"),
        (vec!["record", id, "recordings"], 2, "sink must be a place in S3"),
        (vec!["record", id, "s3://recordings"], 1, "NotFound"),
        (vec!["call", "GetMeetings"], 2, "no operation"),
        (vec!["call", "GetMeeting", "{"], 2, "not JSON"),
        (vec!["call", "GetMeeting"], 1, "Missing required parameter"),
        (vec!["frobnicate"], 2, "unrecognized subcommand"),
        (vec!["record", id, "s3://recordings", "--tag", "x"], 2, "KEY=VALUE"),
    ] {
        let output = run(&server, &arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    let help = run(&server, &["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).contains("doctor"));
    let bash = run(&server, &["completions", "bash"]);
    assert!(String::from_utf8_lossy(&bash.stdout).contains("_chimeline"));
    assert!(run(&server, &["local", "--help"]).status.success());
}
