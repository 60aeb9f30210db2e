//! Credentials that end are renewed ahead of their end, once for all calls; what changed on disk is seen; failures say what
//! failed and no secret. STS is a server on loopback, and the clock is the test's.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use chimeline_core::runtime::environment::Environment;
use chimeline_core::{Client, Error, ErrorKind, Options, Response};
use serde_json::json;

use crate::peers::{self, header};
use crate::support::{Received, Server, Step, folder};

/// A home with a profile whose role is assumed at a server, a clock, and how the server gives keys.
struct Scene {
    server: Server,
    home: PathBuf,
    seconds: Arc<AtomicU64>,
    loads: Arc<AtomicUsize>,
    sts: Arc<Mutex<Sts>>,
    variables: HashMap<String, String>,
}

/// What STS does.
#[derive(Clone, Copy, Debug)]
struct Sts {
    /// How long it takes.
    takes: Duration,
    /// The status of its answer.
    status: u16,
    /// How many seconds its keys are valid.
    valid: u64,
}

/// In seconds.
const HOUR: u64 = 3600;
const ROLE: &str = "[default]\nrole_arn = arn:aws:iam::111122223333:role/one\nsource_profile = base\n\
                    [profile base]\naws_access_key_id = AKBASE\naws_secret_access_key = MARKbase\n";

impl Scene {
    fn new(config: &str) -> Scene {
        let seconds = Arc::new(AtomicU64::new(1_800_000_000));
        let loads = Arc::new(AtomicUsize::new(0));
        let sts = Arc::new(Mutex::new(Sts { takes: Duration::ZERO, status: 200, valid: HOUR }));
        let (clock, count, how) = (seconds.clone(), loads.clone(), sts.clone());
        let server = Server::answering(move |seen| {
            if peers::target(seen).0 == "GET" {
                return Step::json(200, "{}");
            }
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            let Sts { takes, status, valid } = *how.lock().expect("no panic");
            std::thread::sleep(takes);
            let body = if status == 200 { keys(number, clock.load(Ordering::SeqCst) + valid) } else { refusal() };
            Step::json(status, &body)
        });
        let home = folder();
        let url = format!("http://{}", server.address);
        let variables = [
            ("HOME", home.display().to_string()),
            ("AWS_CONFIG_FILE", home.join("config").display().to_string()),
            ("AWS_ENDPOINT_URL_STS", url),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ];
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let scene = Scene { server, home, seconds, loads, sts, variables };
        scene.write(config);
        scene
    }

    /// Replaces the config file.
    fn write(&self, config: &str) {
        std::fs::write(self.home.join("config"), config).expect("a new file");
    }

    fn env(&self) -> Environment {
        let clock = self.seconds.clone();
        Environment {
            now: Arc::new(move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst))),
            variables: self.variables.iter().collect(),
            ..Environment::default()
        }
    }

    fn client(&self) -> Client {
        let options = Options {
            region: Some("us-east-1".to_owned()),
            endpoint_url: Some(format!("http://{}", self.server.address)),
            ..Options::default()
        };
        let service = chimeline_core::service("chime-sdk-media-pipelines").expect("a known service");
        Client::in_world(service, &options, self.env()).expect("a client")
    }

    fn sts(&self, change: impl FnOnce(&mut Sts)) {
        change(&mut self.sts.lock().expect("no panic"));
    }

    /// Moves the clock.
    fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    /// Calls until there were that many loads: a call starts none while the one before is under way.
    fn call_until_loads(&self, client: &Client, number: usize) {
        let started = Instant::now();
        while self.loads() < number {
            assert!(started.elapsed() < Duration::from_secs(10), "{} loads, not {number}", self.loads());
            list(client).expect("a success");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The key that the last call was signed with.
    fn last_key(&self) -> String {
        let calls: Vec<Received> =
            self.server.seen().into_iter().filter(|seen| peers::target(seen).0 == "GET").collect();
        let authorization = header(calls.last().expect("a call"), "authorization").expect("a signature");
        authorization.split_once("Credential=").and_then(|(_, rest)| rest.split_once('/')).expect("a key").0.to_owned()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.home));
    }
}

/// STS's answer to the load of that number.
fn keys(number: usize, end: u64) -> String {
    format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
         <AccessKeyId>AK{number}</AccessKeyId><SecretAccessKey>MARKsecret</SecretAccessKey>\
         <SessionToken>MARKtoken</SessionToken><Expiration>{}</Expiration></Credentials></AssumeRoleResult>\
         </AssumeRoleResponse>",
        time(end)
    )
}

fn refusal() -> String {
    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>AccessDenied</Code>\
     <Message>User: arn:aws:iam::111122223333:user/MARKuser is not authorized to perform: sts:AssumeRole</Message></Error>\
     <RequestId>r-1</RequestId></ErrorResponse>"
        .to_owned()
}

/// ISO 8601 of seconds since 1970, for times of January 2027.
fn time(seconds: u64) -> String {
    // 2027-01-01T00:00:00Z.
    let since = seconds - 1_798_761_600;
    let (day, rest) = (since / 86_400, since % 86_400);
    format!("2027-01-{:02}T{:02}:{:02}:{:02}Z", day + 1, rest / 3600, rest % 3600 / 60, rest % 60)
}

fn list(client: &Client) -> Result<Response, Error> {
    let operation = client.service().operation("ListMediaPipelines").expect("a known operation");
    let call = client.prepare(operation, &json!({})).expect("a good input");
    client.call_blocking(&call, &mut || true)
}

/// Starts that many calls at once.
fn start(client: &Client, number: usize) -> Receiver<Result<Response, Error>> {
    let (done, outcomes) = channel();
    let operation = client.service().operation("ListMediaPipelines").expect("a known operation");
    for _ in 0..number {
        let call = client.prepare(operation, &json!({})).expect("a good input");
        let done = done.clone();
        client.start(call, move |outcome| drop(done.send(outcome)));
    }
    outcomes
}

#[test]
fn one_load_serves_all_calls() {
    let scene = Scene::new(ROLE);
    scene.sts(|sts| sts.takes = Duration::from_millis(50));
    let client = scene.client();
    let outcomes = start(&client, 64);
    for _ in 0..64 {
        outcomes.recv_timeout(Duration::from_secs(10)).expect("an outcome").expect("a success");
    }
    list(&client).expect("a success");
    assert_eq!((scene.loads(), scene.last_key().as_str()), (1, "AK1"));
}

#[test]
fn keys_are_renewed_ahead_of_their_end_by_one_load_while_calls_go_on() {
    let scene = Scene::new(ROLE);
    let client = scene.client();
    list(&client).expect("a success");
    scene.pass(HOUR - 301);
    list(&client).expect("a success");
    assert_eq!(scene.loads(), 1, "it is not yet time");

    scene.pass(2);
    scene.sts(|sts| sts.takes = Duration::from_millis(300));
    let outcomes = start(&client, 64);
    for _ in 0..64 {
        outcomes.recv_timeout(Duration::from_secs(10)).expect("an outcome").expect("a success");
    }
    assert_eq!(scene.last_key(), "AK1", "no call waits for the new keys");
    scene.call_until_loads(&client, 2);
    wait_for_key(&scene, &client, "AK2");
    assert_eq!(scene.loads(), 2);
}

#[test]
fn a_renewal_that_fails_keeps_the_keys_while_they_are_valid() {
    let scene = Scene::new(ROLE);
    let client = scene.client();
    list(&client).expect("a success");
    scene.sts(|sts| sts.status = 403);
    scene.pass(HOUR - 200);
    for _ in 0..20 {
        list(&client).expect("a success with the keys of before");
    }
    scene.call_until_loads(&client, 2);
    assert_eq!((scene.loads(), scene.last_key().as_str()), (2, "AK1"), "it is not tried again at once");

    // The pause counts from the end of the failed load, which may come only after the clock was moved.
    for _ in 0..5 {
        scene.pass(11);
        for _ in 0..100 {
            list(&client).expect("a success with the keys of before");
            if scene.loads() > 2 {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        if scene.loads() > 2 {
            break;
        }
    }
    assert!(scene.loads() > 2, "it is tried again after the pause");

    scene.pass(200);
    let error = list(&client).expect_err("the keys have ended");
    assert_eq!(error.kind(), ErrorKind::CredentialRetrieval);
    scene.sts(|sts| sts.status = 200);
    list(&client).expect("a success, for failures are not kept");
}

#[test]
fn short_lived_keys_are_not_renewed_at_each_call() {
    let scene = Scene::new(ROLE);
    scene.sts(|sts| sts.valid = 240);
    let client = scene.client();
    for _ in 0..10 {
        list(&client).expect("a success");
    }
    assert_eq!(scene.loads(), 1);
    scene.pass(120);
    scene.call_until_loads(&client, 2);
}

#[test]
fn keys_that_are_written_later_are_seen() {
    let scene = Scene::new("");
    let client = scene.client();
    let error = list(&client).expect_err("no keys");
    assert_eq!(error.kind(), ErrorKind::NoCredentials);
    scene.write("[default]\naws_access_key_id = AKLATER\naws_secret_access_key = S\n");
    list(&client).expect("a success");
    assert_eq!(scene.last_key(), "AKLATER");
}

#[test]
fn files_may_be_indented_and_one_that_cannot_be_parsed_is_named() {
    let scene = Scene::new("  [default]\n  ; keys\n  aws_access_key_id = AKINDENTED\n  aws_secret_access_key = S\n");
    list(&scene.client()).expect("a success");
    assert_eq!(scene.last_key(), "AKINDENTED");

    scene.write("[default]\n  credential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"AKPROC\", \"SecretAccessKey\": \"S\"}'\n");
    list(&scene.client()).expect("a success");
    assert_eq!(scene.last_key(), "AKPROC");

    scene.write("[default]\n  services = s\n[services s]\n  chime_sdk_media_pipelines =\n    endpoint_url = http://here.example\n");
    let service = chimeline_core::service("chime-sdk-media-pipelines").expect("a known service");
    let options = Options { region: Some("us-east-1".to_owned()), ..Options::default() };
    let client = Client::in_world(service, &options, scene.env()).expect("a client");
    assert_eq!(client.config().endpoint.url, "http://here.example");

    scene.write("[default]\nregion = us-east-1\nmaybe\n");
    let error = Client::in_world(service, &options, scene.env()).expect_err("no client");
    let due = format!("Unable to parse config file: {} (line 3: ", scene.home.join("config").display());
    assert!(error.kind() == ErrorKind::ConfigParse && error.to_string().starts_with(&due), "{error}");
}

#[test]
fn each_provider_that_has_none_says_why() {
    let scene = Scene::new("[default]\nregion = us-east-1\n");
    let told = list(&scene.client()).expect_err("no keys").to_string();
    let due = [
        "Unable to locate credentials (env: AWS_ACCESS_KEY_ID is not set",
        "assume-role: profile \"default\" has no role_arn",
        "assume-role-with-web-identity: AWS_WEB_IDENTITY_TOKEN_FILE and web_identity_token_file are not set",
        "sso: profile \"default\" has no sso_account_id",
        "shared-credentials-file, config-file: profile \"default\" has no aws_access_key_id",
        "login: profile \"default\" has no login_session",
        "custom-process: profile \"default\" has no credential_process",
        "container-role: neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set",
        "iam-role: AWS_EC2_METADATA_DISABLED is true",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with AWS_PROFILE, or pass the keys to the client",
    ];
    for part in due {
        assert!(told.contains(part), "{part:?} is not in {told:?}");
    }
}

#[test]
fn settings_of_the_metadata_service_that_are_none_name_themselves() {
    let (endpoint, mode) = (ErrorKind::InvalidImdsEndpoint, ErrorKind::InvalidImdsEndpointMode);
    for (variable, value, allowed, kind) in [
        ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "many", "an integer of at least 1", ErrorKind::InvalidConfig),
        ("AWS_METADATA_SERVICE_TIMEOUT", "0", "a positive number of seconds", ErrorKind::InvalidConfig),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "nowhere", "a URL such as http://169.254.169.254", endpoint),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5", "\"IPv4\" or \"IPv6\"", mode),
    ] {
        let mut scene = Scene::new("");
        scene.variables.remove("AWS_EC2_METADATA_DISABLED");
        scene.variables.insert(variable.to_owned(), value.to_owned());
        let error = list(&scene.client()).expect_err("no keys");
        let due = format!("{variable} is {value:?}, which must be {allowed}");
        assert!(error.kind() == kind && error.to_string().starts_with(&due), "{error}");
    }
}

#[test]
fn a_refusal_is_told_without_secrets() {
    let scene = Scene::new(ROLE);
    scene.sts(|sts| sts.status = 403);
    let error = list(&scene.client()).expect_err("no keys");
    let told = format!("{error} {error:?}");
    assert!(told.contains("Error when retrieving credentials from assume-role: "), "{told}");
    assert!(told.contains("AccessDenied") && told.contains("not authorized to perform"), "{told}");
    for secret in ["MARK", "arn:"] {
        assert!(!told.contains(secret), "{secret} is in {told}");
    }
}

#[test]
fn the_traffic_of_credentials_takes_the_proxy() {
    let mut scene = Scene::new(ROLE);
    let proxy = format!("http://{}", scene.server.address);
    scene.variables.insert("http_proxy".to_owned(), proxy);
    scene.variables.insert("AWS_ENDPOINT_URL_STS".to_owned(), "http://sts.example.invalid".to_owned());
    list(&scene.client()).expect("a success");
    let targets: Vec<String> = scene.server.seen().iter().map(|seen| peers::target(seen).1.to_owned()).collect();
    assert_eq!(targets.first().map(String::as_str), Some("http://sts.example.invalid/"), "{targets:?}");
}

fn wait_for_key(scene: &Scene, client: &Client, key: &str) {
    let started = Instant::now();
    loop {
        list(client).expect("a success");
        if scene.last_key() == key {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{} is still used", scene.last_key());
        std::thread::sleep(Duration::from_millis(5));
    }
}
