//! Settings and credentials, found as botocore finds them: `tests/vectors/config.json`, observed from botocore 1.44.5 over real
//! environments, files and sockets.
//!
//! Each case runs in a process of its own, for AWS's providers read the environment of theirs.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use chimeline_core::http::tls::Trust;
use chimeline_core::runtime::environment::Environment;
use chimeline_core::schema::generated::options::{NODE, PYTHON};
use chimeline_core::{Client, Error, OptionId, Options, StaticCredentials};
use serde_json::{Value, json};

use crate::peers::{self, Peers, header, told};
use crate::support::{Received, alone, folder};

#[test]
fn settings_and_credentials_are_found_where_botocore_finds_them() {
    let cases = cases();
    let is_left_out = |case: &Value| case["python"] == true || !case["left_out"].is_null();
    let (left, run): (Vec<_>, Vec<_>) = cases.into_iter().partition(is_left_out);
    let counted = (run.len(), left.len());
    let failed = in_parallel(run, |case| {
        let (given, due) = (outcome(case), due(case));
        (given != due).then(|| format!("{}\n   given {given}\n   due   {due}", case["name"]))
    });
    assert!(failed.is_empty(), "{} differ:\n{}", failed.len(), failed.join("\n"));
    assert_eq!(counted, (RUN, LEFT_OUT), "191 cases were observed");
}

/// How many cases run. Those with `ours` expect what is due of this client, and say why it is not what botocore does.
const RUN: usize = 178;
/// How many are left out: those that only the Python package has (`python`), and those that say why (`left_out`).
const LEFT_OUT: usize = 13;

/// The time that botocore was observed at.
const NOW: Duration = Duration::from_hours(498_696);

fn cases() -> Vec<Value> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/config.json");
    serde_json::from_str(&fs::read_to_string(file).expect("a file of cases")).expect("a list of cases")
}

fn in_parallel(cases: Vec<Value>, run: impl Fn(&Value) -> Option<String> + Sync) -> Vec<String> {
    let (rest, failed) = (Mutex::new(cases.into_iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(case) = rest.lock().expect("no panic").next() else { return };
                    let difference = run(&case);
                    failed.lock().expect("no panic").extend(difference);
                }
            });
        }
    });
    failed.into_inner().expect("no panic")
}

/// What the case makes of a client: its settings, what it sends, or its error.
fn outcome(case: &Value) -> Value {
    let home = folder();
    let status = |name: &str| case["server"][name].as_u64().and_then(|status| status.try_into().ok());
    let peers =
        Peers { token: status("token_status"), role: status("role_status"), container: status("container_status") };
    let server = peers.start();
    let address = server.address.to_string();
    let text = case.to_string().replace("127.0.0.1:PORT", &address).replace("$HOME", &home.display().to_string());
    let case: Value = serde_json::from_str(&text).expect("the case");
    write_files(&home, &case["files"]);
    let mut told_by_child = in_process(&home, &address, &case);
    let (calls, others): (Vec<Received>, Vec<Received>) =
        server.seen().into_iter().partition(|seen| peers::target(seen).1.starts_with(peers::SERVICE));
    told_by_child["seen"] = others.iter().map(told).collect();
    // The second call is signed with the keys that are due.
    if let [call, signed_with_the_due] = calls.as_slice() {
        let keys = &case["expect"]["credentials"];
        let same = header(call, "authorization") == header(signed_with_the_due, "authorization");
        told_by_child["credentials"] = if same { keys.clone() } else { json!(header(call, "authorization")) };
    }
    if let Some(call) = calls.first()
        && !case["expect"]["client"].is_null()
    {
        let client = &mut told_by_child["client"];
        client["credential"] = header(call, "authorization").and_then(|text| credential(&text)).into();
        client["progress"] = header(call, "amz-sdk-request").into();
        client["user_agent"] = own_parts(&header(call, "user-agent").unwrap_or_default()).into();
    }
    // Ours may say more than botocore, behind its text.
    let due = case["expect"]["message"].as_str().filter(|due| !due.is_empty());
    if let (Some(due), Some(given)) = (due, told_by_child["message"].as_str())
        && given.starts_with(due)
    {
        told_by_child["message"] = due.into();
    }
    fs::remove_dir_all(&home).expect("the case's home");
    // Home and port are new each time.
    let text =
        told_by_child.to_string().replace(&address, "127.0.0.1:PORT").replace(&home.display().to_string(), "$HOME");
    serde_json::from_str(&text).expect("an outcome")
}

/// What is due of the case: what it expects, and the defaults of all that it does not mention.
fn due(case: &Value) -> Value {
    let text = case["expect"].to_string().replace("botocore-session-<epoch seconds>", "chimeline-session-1795305600");
    let mut due: Value = serde_json::from_str(&text).expect("the same");
    if due["seen"].is_null() {
        due["seen"] = json!([]);
    }
    let called = due["error"].is_null();
    if let Some(Value::Object(client)) = due.get_mut("client") {
        let defaults = json!({
            "retries": {}, "connect_timeout": 3.1, "read_timeout": 60.0, "max_pool_connections": 10, "verify": true,
            "proxies": {}, "progress": "attempt=1; max=3", "user_agent": [],
        });
        for (name, value) in defaults.as_object().expect("an object") {
            client.entry(name).or_insert(value.clone());
        }
        if !called {
            client.retain(|name, _| name != "progress" && name != "user_agent");
        }
        let retries = &mut client["retries"];
        let mode = retries["mode"].as_str().unwrap_or("standard").to_owned();
        if retries["total_max_attempts"].is_null() {
            retries["total_max_attempts"] = if mode == "legacy" { 5 } else { 3 }.into();
        }
        retries["mode"] = mode.into();
    }
    due
}

fn credential(authorization: &str) -> Option<String> {
    Some(authorization.split_once("Credential=")?.1.split_once(',')?.0.to_owned())
}

/// The parts of a user agent that the case decides.
fn own_parts(agent: &str) -> Vec<&str> {
    let common = ["chimeline/", "ua/", "os/", "md/", "lang/", "cfg/"];
    agent.split(' ').filter(|part| !common.iter().any(|start| part.starts_with(start))).collect()
}

fn write_files(home: &Path, files: &Value) {
    for (name, text) in files.as_object().into_iter().flatten() {
        let path = home.join(name.strip_prefix("~/").expect("a file of the home"));
        fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
        fs::write(path, text.as_str().expect("a text")).expect("a new file");
    }
}

/// Runs `one_case` in a process with the environment of the case.
fn in_process(home: &Path, address: &str, case: &Value) -> Value {
    let answer = home.join("outcome.json");
    let text = case.to_string().to_ascii_lowercase();
    let no_metadata =
        ("AWS_EC2_METADATA_DISABLED", if text.contains("metadata_service_endpoint") { "" } else { "true" });
    let of_case = case["env"].as_object().into_iter().flatten();
    let of_case = of_case.map(|(name, value)| (name.as_str(), value.as_str().expect("a text")));
    let variables: Vec<_> = std::iter::once(no_metadata).chain(of_case).collect();
    let input = home.join("case.json");
    fs::write(&input, json!({"case": case, "address": address, "answer": answer}).to_string()).expect("a new file");
    let input = fs::File::open(input).expect("the case");
    let done = alone("configuration::one_case", home, &variables, input.into());
    match fs::read_to_string(answer) {
        Ok(found) => serde_json::from_str(&found).expect("an outcome"),
        Err(_) => json!({"failed": String::from_utf8_lossy(&done.stdout)}),
    }
}

#[test]
#[ignore = "a part of the test above, which gives it a case and an environment"]
fn one_case() {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).expect("an input");
    let input: Value = serde_json::from_str(&input).expect("a case");
    let (case, address) = (&input["case"], input["address"].as_str().expect("an address"));
    let found = in_this_environment(case, &format!("http://{address}"));
    fs::write(input["answer"].as_str().expect("a path"), found.to_string()).expect("a new file");
}

fn in_this_environment(case: &Value, url: &str) -> Value {
    let options = options(case);
    let client = match client(&options) {
        Ok(client) => client,
        Err(error) => return failure(&error),
    };
    let mut found = json!({});
    if !case["expect"]["client"].is_null() {
        found["client"] = settings(&client);
    }
    let options = Options { endpoint_url: Some(url.to_owned()), ..options };
    if let Err(error) = list(&options) {
        found.as_object_mut().expect("an object").append(failure(&error).as_object_mut().expect("an object"));
        return found;
    }
    let keys = &case["expect"]["credentials"];
    if !keys.is_null() {
        let text = |name: &str| keys[name].as_str().map(str::to_owned);
        let due = StaticCredentials {
            access_key_id: text("access_key").expect("a key"),
            secret_access_key: text("secret_key").expect("a secret"),
            session_token: text("token"),
        };
        list(&Options { credentials: Some(due), ..options }).expect("a call");
    }
    found
}

fn failure(error: &Error) -> Value {
    json!({"error": error.kind().class(), "message": error.to_string()})
}

fn list(options: &Options) -> Result<(), Error> {
    let client = client(options)?;
    let operation = client.service().operation("ListMediaPipelines").expect("a known operation");
    let call = client.prepare(operation, &json!({})).expect("a good input");
    client.call_blocking(&call, &mut || true).map(drop)
}

/// A client whose clock stands still.
fn client(options: &Options) -> Result<Client, Error> {
    let env = Environment { now: Arc::new(|| SystemTime::UNIX_EPOCH + NOW), ..Environment::default() };
    let service = chimeline_core::service("chime-sdk-media-pipelines").expect("a known service");
    Client::in_world(service, options, env)
}

fn options(case: &Value) -> Options {
    let given = |name: &str| match &case["client"][name] {
        Value::Null => &case["client"]["config"][name],
        value => value,
    };
    let text = |name: &str| given(name).as_str().map(str::to_owned);
    let whole = |name: &str| given(name).as_u64().map(|number| number.try_into().expect("a small number"));
    let keys = text("aws_access_key_id").map(|access_key_id| StaticCredentials {
        access_key_id,
        secret_access_key: text("aws_secret_access_key").expect("a secret"),
        session_token: None,
    });
    // Credentials were observed without a client, which needs a region.
    let region =
        (case["asks"] == "credentials" && case["env"]["AWS_DEFAULT_REGION"].is_null()).then(|| "us-east-1".to_owned());
    Options {
        region: text("region_name").or(region),
        endpoint_url: text("endpoint_url"),
        ignore_configured_endpoint_urls: given("ignore_configured_endpoint_urls").as_bool(),
        use_fips: given("use_fips_endpoint").as_bool(),
        profile: case["profile"].as_str().map(str::to_owned),
        credentials: keys,
        connect_timeout: given("connect_timeout").as_f64(),
        read_timeout: given("read_timeout").as_f64(),
        max_pool_connections: whole("max_pool_connections"),
        retry_mode: given("retries")["mode"].as_str().map(str::to_owned),
        max_attempts: given("retries")["total_max_attempts"].as_u64().map(|number| number.try_into().expect("small")),
        verify: match given("verify") {
            Value::Bool(false) => Some(Trust::Anything),
            Value::String(path) => Some(Trust::Bundle(path.into())),
            _ => None,
        },
        http_proxy: given("proxies")["http"].as_str().map(str::to_owned),
        https_proxy: given("proxies")["https"].as_str().map(str::to_owned),
        user_agent: text("user_agent"),
        user_agent_extra: text("user_agent_extra"),
        ..Options::default()
    }
}

fn settings(client: &Client) -> Value {
    let config = client.config();
    json!({
        "region": config.endpoint.region,
        "endpoint_url": config.endpoint.url,
        "retries": {"mode": config.retry.mode.name(), "total_max_attempts": config.retry.max_attempts},
        "connect_timeout": config.connect_timeout.as_secs_f64(),
        "read_timeout": config.read_timeout.as_secs_f64(),
        "max_pool_connections": config.max_pool_connections,
        "verify": match config.trust() {
            Trust::Platform => json!(true),
            Trust::Bundle(pem) => json!(pem.to_string()),
            Trust::Anything => json!(false),
        },
        "proxies": config.proxies().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
    })
}

#[test]
fn a_user_agent_has_its_parts_in_order_and_one_that_is_given_stands_alone() {
    let agent = |options: &Options| {
        let variables = [("AWS_EXECUTION_ENV", "AWS_Lambda x"), ("AWS_SDK_UA_APP_ID", "app(1)")].into_iter().collect();
        let env = Environment { variables, ..Environment::default() };
        let service = chimeline_core::service("chime").expect("a known service");
        Client::in_world(service, options, env).expect("a client").config().user_agent.clone()
    };
    let extra = Options { user_agent_extra: Some("extra/1\r\nx: y".to_owned()), ..Options::default() };
    let standard = agent(&extra);
    assert!(standard.starts_with("chimeline/"), "{standard}");
    let rest = " lang/rust exec-env/AWS_Lambda-x cfg/retry-mode#standard app/app-1- extra/1x: y";
    assert!(standard.ends_with(rest), "{standard}");
    assert_eq!(agent(&Options { user_agent: Some("mine/1".to_owned()), ..extra }), "mine/1 extra/1x: y");
}

#[cfg(unix)]
#[test]
fn a_client_that_is_made_in_the_background_keeps_nobody_waiting_for_its_files() {
    let home = folder();
    let fifo = home.join("config");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
    assert!(made.success());
    let variables = [("AWS_CONFIG_FILE", fifo.as_os_str())].into_iter().collect();
    let env = Environment { variables, ..Environment::default() };
    let service = chimeline_core::service("chime-sdk-media-pipelines").expect("a known service");
    let (sender, outcomes) = std::sync::mpsc::channel();
    Client::make_in_background(service, Options::default(), env, None, move |made| {
        sender.send(made).expect("a receiver");
    });
    outcomes.recv_timeout(Duration::from_millis(200)).expect_err("the file gives nothing yet");
    fs::write(&fifo, "[default]\nregion = eu-west-1\n").expect("a reader");
    let client = outcomes.recv_timeout(Duration::from_secs(10)).expect("an outcome").expect("a client");
    assert_eq!(client.config().endpoint.region, "eu-west-1");
    fs::remove_dir_all(&home).expect("the test's home");
}

#[test]
fn an_option_that_is_refused_is_named_with_its_value_and_unit_by_the_host() {
    let refused = |options: Options| {
        let region = Some("us-east-1".to_owned());
        client(&Options { region, ..options }).expect_err("a refused option")
    };
    let timeout = |names| Options { read_timeout: Some(-0.25), names, ..Options::default() };
    let error = refused(timeout(PYTHON));
    assert_eq!(error.option(), Some((OptionId::ReadTimeout, "-0.25")));
    assert!(
        error.message().starts_with("read_timeout is \"-0.25\", which must be a positive number of seconds"),
        "{error}"
    );
    let error = refused(timeout(NODE));
    assert_eq!(error.option(), Some((OptionId::ReadTimeout, "-250")));
    let expected = "requestHandler.socketTimeout is \"-250\", which must be a positive number of milliseconds";
    assert!(error.message().starts_with(expected), "{error}");
    let error = refused(Options { defaults_mode: Some("fast".to_owned()), names: NODE, ..Options::default() });
    assert_eq!(error.option(), Some((OptionId::DefaultsMode, "fast")));
    assert!(error.message().starts_with("defaultsMode is \"fast\""), "{error}");
}

/// Each has a name in each language, and no two share the key by which a binding hands them over.
#[test]
fn options_are_told_apart_by_their_keys() {
    for names in [PYTHON, NODE] {
        let keys: BTreeSet<&str> = OptionId::ALL.into_iter().map(|option| names.key(option)).collect();
        assert_eq!(keys.len(), OptionId::ALL.len());
        assert!(OptionId::ALL.into_iter().all(|option| !names.name(option).is_empty()));
    }
    assert!(OptionId::ALL.into_iter().all(|option| OptionId::named(option.row().id) == Some(option)));
}
