//! Credentials of a container's agent, of the instance metadata service and of a process, in an environment that is the client's
//! alone: how they are asked, what their failures say, and that a load goes on when the call that began it leaves.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chimeline_core::runtime::environment::Environment;
use chimeline_core::{CallOptions, Client, Error, ErrorKind, Options, StaticCredentials};
use serde_json::json;

use crate::peers::{self, header};
use crate::support::{Received, Server, Step, folder};

const AGENT: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const METADATA: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/// A service, a home folder, and the environment of a client.
struct Scene {
    service: Server,
    home: PathBuf,
    variables: Vec<(String, String)>,
    options: Options,
}

impl Scene {
    fn new() -> Scene {
        let (service, home) = (Server::start(vec![Step::json(200, "{}")]), folder());
        let variables =
            vec![("HOME".to_owned(), home.display().to_string()), ("PATH".to_owned(), "/usr/bin:/bin".to_owned())];
        let options = Options {
            region: Some("us-east-1".to_owned()),
            endpoint_url: Some(format!("http://{}", service.address)),
            max_attempts: Some(1),
            ..Options::default()
        };
        let scene = Scene { service, home, variables, options };
        scene.with("AWS_EC2_METADATA_DISABLED", "true")
    }

    fn with(mut self, name: &str, value: &str) -> Scene {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With that server as a container's agent.
    fn agent(self, server: &Server) -> Scene {
        let url = format!("http://{}/c", server.address);
        self.with(AGENT, &url)
    }

    /// With that server as the instance metadata service.
    fn metadata(self, server: &Server) -> Scene {
        let url = format!("http://{}", server.address);
        self.with("AWS_EC2_METADATA_DISABLED", "").with(METADATA, &url)
    }

    fn process(self, command: &str) -> Scene {
        std::fs::create_dir_all(self.home.join(".aws")).expect("a folder");
        let text = format!("[default]\ncredential_process = {command}\n");
        std::fs::write(self.home.join(".aws/config"), text).expect("a file");
        self
    }

    fn client(&self) -> Client {
        let env = Environment {
            variables: self.variables.iter().map(|(name, value)| (name, value)).collect(),
            sleep: Arc::new(|length| Environment::default().sleep.as_ref()(length / 20)),
            ..Environment::default()
        };
        let service = chimeline_core::service("chime-sdk-media-pipelines").expect("a known service");
        Client::in_world(service, &self.options, env).expect("a client")
    }

    /// The last request to the service.
    fn last(&self) -> Received {
        self.service.seen().pop().expect("a request")
    }

    /// The key that it was signed with.
    fn key(&self) -> String {
        let authorization = header(&self.last(), "authorization").expect("a signature");
        authorization.split_once("Credential=").and_then(|(_, rest)| rest.split_once('/')).expect("a key").0.to_owned()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.home));
    }
}

fn list(client: &Client) -> Result<(), Error> {
    list_with(client, &CallOptions::default())
}

fn list_with(client: &Client, options: &CallOptions) -> Result<(), Error> {
    let operation = client.service().operation("ListMediaPipelines").expect("a known operation");
    let call = client.prepare(operation, &json!({})).expect("a good input").with(options)?;
    client.call_blocking(&call, &mut || true).map(drop)
}

/// The same on the I/O thread.
fn list_there(client: &Client, options: &CallOptions) -> Result<(), Error> {
    let (done, outcome) = std::sync::mpsc::channel();
    let operation = client.service().operation("ListMediaPipelines").expect("a known operation");
    let call = client.prepare(operation, &json!({})).expect("a good input").with(options)?;
    client.start(call, move |result| drop(done.send(result))).expect("a running thread");
    outcome.recv_timeout(Duration::from_secs(20)).expect("an outcome").map(drop)
}

fn document(more: &serde_json::Value) -> String {
    let mut document = json!({
        "AccessKeyId": "AKFOUND", "SecretAccessKey": "S", "Token": "T", "Expiration": "2099-01-01T00:00:00+00:00",
    });
    document.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    document.to_string()
}

/// A metadata service: how often each step is asked, and what the list of roles and the role's document are.
fn metadata(list: Vec<Step>, role: Vec<Step>) -> Server {
    let (list, role) = (std::sync::Mutex::new(list), std::sync::Mutex::new(role));
    let next = |steps: &std::sync::Mutex<Vec<Step>>| {
        let mut steps = steps.lock().expect("no panic");
        if steps.len() > 1 { steps.remove(0) } else { steps[0].clone() }
    };
    Server::answering(move |seen| match peers::target(seen) {
        ("PUT", "/latest/api/token") => Step::json(200, "TOKEN"),
        ("GET", "/latest/meta-data/iam/security-credentials/") => next(&list),
        _ => next(&role),
    })
}

#[test]
fn an_agent_is_asked_three_times_and_its_error_is_shown() {
    for status in [301, 400, 403, 404, 429, 500] {
        let said = r#"{"code": "RoleMissing", "message": "no role for this task", "SecretAccessKey": "MARK"}"#;
        let agent = Server::start(vec![Step::json(status, said)]);
        let error = list(&Scene::new().agent(&agent).client()).expect_err("no credentials");
        assert_eq!(error.kind(), ErrorKind::CredentialRetrieval);
        let says = format!("the container's agent responded with HTTP {status}: RoleMissing: no role for this task");
        assert!(error.to_string().contains(&says) && !error.to_string().contains("MARK"), "{error}");
        assert_eq!(agent.seen().len(), 3, "{status}");

        let bad = [Step::json(status, ""), Step::Close, Step::json(200, &document(&json!({})))];
        let agent = Server::start(bad.to_vec());
        let scene = Scene::new().agent(&agent);
        list(&scene.client()).expect("a success");
        assert_eq!((scene.key().as_str(), agent.seen().len()), ("AKFOUND", 3), "{status}");
    }
}

#[test]
fn an_empty_or_null_token_of_an_agent_is_not_sent() {
    for token in [json!(null), json!("")] {
        let agent = Server::start(vec![Step::json(200, &document(&json!({"Token": token})))]);
        let scene = Scene::new().with("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "").agent(&agent);
        list(&scene.client()).expect("a success");
        assert_eq!(header(&scene.last(), "x-amz-security-token"), None);
        assert!(!header(&scene.last(), "authorization").expect("a signature").contains("token"));
    }
}

#[test]
fn a_load_goes_on_when_the_call_that_began_it_leaves() {
    for there in [false, true] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let agent = Server::answering(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(600));
            Step::json(200, &document(&json!({})))
        });
        let scene = Scene::new().agent(&agent);
        let client = scene.client();
        let short = CallOptions { timeout: Some(0.2), ..CallOptions::default() };
        let call = if there { list_there } else { list_with };
        let started = Instant::now();
        let mut failures = 0;
        while let Err(error) = call(&client, &short) {
            assert_eq!(error.kind(), ErrorKind::CallTimeout, "{error}");
            // Later ones may have credentials and yet no time left, on a busy machine.
            assert!(failures > 0 || error.to_string().contains("getting credentials"), "{error}");
            failures += 1;
            assert!(started.elapsed() < Duration::from_secs(10), "no call has credentials");
        }
        assert!(failures > 0);
        assert_eq!(asked.load(Ordering::SeqCst), 1, "one load serves all");
    }
}

#[test]
fn a_process_that_is_slow_is_started_once() {
    let scene = Scene::new();
    let log = scene.home.join("log");
    let command = format!(
        "sh -c \"echo x >> {}; sleep 0.6; echo '{{\\\"Version\\\": 1, \\\"AccessKeyId\\\": \\\"AKPROC\\\", \\\"SecretAccessKey\\\": \\\"S\\\"}}'\"",
        log.display()
    )
    .replace("; ", ";");
    let scene = scene.process(&command);
    let client = scene.client();
    let short = CallOptions { timeout: Some(0.2), ..CallOptions::default() };
    list_with(&client, &short).expect_err("the process takes longer");
    list(&client).expect("a success");
    assert_eq!(std::fs::read_to_string(&log).expect("a log"), "x\n");
    assert_eq!(scene.key(), "AKPROC");
}

#[test]
fn a_process_is_run_in_the_clients_environment_by_words_or_by_a_shell() {
    let printed = r#"{"Version": 1, "AccessKeyId": "AKPROC", "SecretAccessKey": "S", "SessionToken": ""}"#;
    let mut scene = Scene::new().with("PRINTED", printed).process("printenv PRINTED");
    list(&scene.client()).expect("a success");
    assert_eq!(scene.key(), "AKPROC");
    assert_eq!(header(&scene.last(), "x-amz-security-token"), None);

    scene = scene.process("echo \"$PRINTED\" | cat");
    let error = list(&scene.client()).expect_err("words");
    assert!(error.to_string().contains("what the process printed is of no use: it is not JSON"), "{error}");
    scene.options.process_in_shell = Some(true);
    list(&scene.client()).expect("a success in a shell");

    scene = scene.process("echo oh >&2; exit 3");
    let error = list(&scene.client()).expect_err("no credentials");
    assert!(error.to_string().contains("custom-process: the process ended with exit status: 3: oh"), "{error}");
}

#[test]
fn a_list_of_roles_is_read_by_its_first_line() {
    for (listed, path) in
        [("my-role\n", "my-role"), ("\n my role \r\n", "my%20role"), ("one\ntwo", "one"), (r"a\b", "a%5Cb")]
    {
        let service = metadata(vec![Step::json(200, listed)], vec![Step::json(200, &document(&json!({})))]);
        let scene = Scene::new().metadata(&service);
        list(&scene.client()).expect("a success");
        let asked = service.seen().pop().expect("a request");
        assert_eq!(peers::target(&asked).1, format!("/latest/meta-data/iam/security-credentials/{path}"));
        assert_eq!(header(&asked, "x-aws-ec2-metadata-token").as_deref(), Some("TOKEN"));
    }
}

#[test]
fn a_metadata_service_that_gives_pages_is_named() {
    let page = "<html>\n<body>Please log in</body></html>\n";
    for (list, role, says) in
        [(page, page, "it is not JSON"), ("", page, "gave an empty response"), ("\n", page, "lists no role")]
    {
        let service = metadata(vec![Step::json(200, list)], vec![Step::json(200, role)]);
        let error = self::list(&Scene::new().metadata(&service).client()).expect_err("no credentials");
        assert_eq!(error.kind(), ErrorKind::NoCredentials);
        let told = error.to_string();
        assert!(
            told.contains("iam-role: ") && told.contains("instance metadata service") && told.contains(says),
            "{told}"
        );
    }
}

#[test]
fn each_step_of_the_metadata_service_is_tried_as_often_as_is_allowed() {
    for bad in [
        Step::json(403, ""),
        Step::json(404, ""),
        Step::json(500, ""),
        Step::json(200, ""),
        Step::Close,
        Step::json(200, "<p>"),
    ] {
        let good = Step::json(200, &document(&json!({})));
        for (attempts, succeeds) in [("2", false), ("3", true)] {
            let service = metadata(vec![Step::json(200, "role")], vec![bad.clone(), bad.clone(), good.clone()]);
            let scene = Scene::new().metadata(&service).with("AWS_METADATA_SERVICE_NUM_ATTEMPTS", attempts);
            assert_eq!(list(&scene.client()).is_ok(), succeeds, "{bad:?}, {attempts}");
            assert_eq!(service.seen().len(), 2 + attempts.parse::<usize>().expect("a number"), "{bad:?}");
        }
    }
}

#[test]
fn a_metadata_service_that_does_not_respond_is_waited_for_once() {
    let service = Server::start(vec![Step::Stall]);
    let scene = Scene::new().metadata(&service).with("AWS_METADATA_SERVICE_TIMEOUT", "0.3");
    let started = Instant::now();
    for client in [scene.client(), scene.client()] {
        for _ in 0..20 {
            let error = list(&client).expect_err("no credentials");
            assert!(error.to_string().contains("hop limit"), "{error}");
        }
    }
    assert!(started.elapsed() < Duration::from_secs(3), "each call waited: {:?}", started.elapsed());
    assert_eq!(service.seen().len(), 1);
}

#[test]
fn what_cannot_be_sent_is_named_with_its_place_and_without_its_value() {
    let good =
        [("AWS_ACCESS_KEY_ID", "AKGOOD"), ("AWS_SECRET_ACCESS_KEY", "MARKsecret"), ("AWS_SESSION_TOKEN", "MARKtoken")];
    for (name, part) in
        good.iter().zip(["access key id", "secret access key", "session token"]).map(|((name, _), part)| (*name, part))
    {
        for (end, what) in [("\n", "ends with a newline"), ("\u{7}", "ends with the control character U+0007")] {
            let value =
                |known: &str, value: &str| if known == name { format!("{value}{end}") } else { value.to_owned() };
            let mut scene = Scene::new();
            for (known, text) in good {
                scene = scene.with(known, &value(known, text));
            }
            let of_environment = list(&scene.client()).expect_err("no request");
            let says = format!("the {part} in the environment ({name}) {what}");
            assert!(of_environment.to_string().contains(&says), "{of_environment}");
            let keys = StaticCredentials {
                access_key_id: value(good[0].0, good[0].1),
                secret_access_key: value(good[1].0, good[1].1),
                session_token: Some(value(good[2].0, good[2].1)),
            };
            let of_call =
                list_with(&scene.client(), &CallOptions { credentials: Some(keys.clone()), ..CallOptions::default() });
            scene.options.credentials = Some(keys);
            for error in [of_call.expect_err("no request"), list(&scene.client()).expect_err("no request")] {
                assert!(error.to_string().contains(&format!("the {part} given in code {what}")), "{error}");
                assert!(!error.to_string().contains("MARK"), "{error}");
            }
            assert!(scene.service.seen().is_empty());
        }
    }
}

#[test]
fn a_token_is_signed_as_it_arrives() {
    let now = std::time::UNIX_EPOCH + Duration::from_hours(500_000);
    let signature = |token: &str| {
        let mut scene = Scene::new();
        scene.options.credentials = Some(StaticCredentials {
            access_key_id: "AK".to_owned(),
            secret_access_key: "S".to_owned(),
            session_token: Some(token.to_owned()),
        });
        // All ports are one, so that the host is signed alike.
        scene.options.http_proxy = Some(format!("http://{}", scene.service.address));
        scene.options.endpoint_url = Some("http://chime.example".to_owned());
        let env = Environment {
            now: Arc::new(move || now),
            variables: [("A", "")].into_iter().collect(),
            ..Environment::default()
        };
        let service = chimeline_core::service("chime-sdk-media-pipelines").expect("a known service");
        list(&Client::in_world(service, &scene.options, env).expect("a client")).expect("a success");
        (header(&scene.last(), "x-amz-security-token"), header(&scene.last(), "authorization").expect("a signature"))
    };
    let (arrived, plain) = signature("to ken");
    assert_eq!(arrived.as_deref(), Some("to ken"));
    for (token, expected) in
        [("to ken ", "to ken"), (" to ken", "to ken"), ("to  ken", "to  ken"), ("to\tken", "to\tken")]
    {
        assert_eq!(signature(token), (Some(expected.to_owned()), plain.clone()), "{token:?}");
    }
    let (none, without) = signature("");
    assert!(none.is_none() && !without.contains("x-amz-security-token"), "{without}");
}
