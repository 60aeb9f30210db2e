//! The shared config files: where they are, what is found in them, and what becomes of a client where they cannot be read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use chimeline_core::http::tls::Trust;
use chimeline_core::runtime::environment::Environment;
use chimeline_core::{Client, Error, Options, StaticCredentials};
use serde_json::json;

use crate::support::{Server, Step, folder};

/// A client in an environment whose home is `home`, with these variables besides.
fn client_at(home: &Path, variables: &[(&str, &str)], options: &Options) -> Result<Client, Error> {
    let home = [("HOME", home.to_str().expect("a Unicode path")), ("AWS_EC2_METADATA_DISABLED", "true")];
    let env = Environment { variables: home.iter().chain(variables).copied().collect(), ..Environment::default() };
    let service = chimeline_core::service("chime-sdk-media-pipelines").expect("a known service");
    Client::in_world(service, options, env)
}

fn call(client: &Client) -> Result<(), Error> {
    let operation = client.service().operation("ListMediaPipelines").expect("a known operation");
    let call = client.prepare(operation, &json!({})).expect("a good input");
    client.call_blocking(&call, &mut || true).map(drop)
}

/// A home with the texts of the two files.
fn home_with(config: &str, credentials: &str) -> PathBuf {
    let home = folder();
    fs::create_dir(home.join(".aws")).expect("a new folder");
    fs::write(home.join(".aws/config"), config).expect("a new file");
    fs::write(home.join(".aws/credentials"), credentials).expect("a new file");
    home
}

const KEYS: &str = "aws_access_key_id = AK\naws_secret_access_key = SK\n";

#[test]
fn profiles_are_found_by_the_names_that_a_shell_reads_in_their_headers() {
    let names = [
        ("profile \"my team\"", "my team"),
        ("profile 'dev'", "dev"),
        ("profile my\\ team", "my team"),
        ("profile\t\u{e9}quipe", "\u{e9}quipe"),
        ("profile a#b", "a#b"),
        ("profile a]b", "a]b"),
        ("profile \"o'neil\"", "o'neil"),
        ("profiles x", "x"),
    ];
    for (header, name) in names {
        let home = home_with(&format!("[{header}]\nregion: eu-west-1 # home\n{KEYS}"), "");
        let options = Options { profile: Some(name.to_owned()), ..Options::default() };
        let client = client_at(&home, &[], &options).unwrap_or_else(|e| panic!("[{header}]: {e}"));
        assert_eq!(client.config().endpoint.region, "eu-west-1", "[{header}]");
    }
    // Those of the credentials file are as they are written; those of other kinds are no profiles.
    for (header, name) in [("\"x\"", "x"), (" x ", "x"), ("profile x", "x")] {
        let home = home_with(
            "[services x]\n[sso-session x]\n[Profile x]\n[profile x y]\n[x]\n",
            &format!("[{header}]\n{KEYS}"),
        );
        let options = Options { profile: Some(name.to_owned()), ..Options::default() };
        let error = client_at(&home, &[], &options).expect_err("no such profile");
        assert_eq!(error.kind().class(), "ProfileNotFound", "[{header}]");
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_as_absent_and_is_named_where_nothing_is_found() {
    let home = home_with("[default]\nregion = eu-west-1\n", "");
    let at = home.to_str().expect("a Unicode path");
    let options = Options {
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some("http://127.0.0.1:9".to_owned()),
        ..Options::default()
    };
    let nowhere = format!("{at}/nowhere");
    for place in [at, nowhere.as_str(), "/dev/null/x"] {
        let client = client_at(&home, &[("AWS_CONFIG_FILE", place)], &options).expect("a client");
        let error = call(&client).expect_err("no credentials");
        assert_eq!(error.kind().class(), "NoCredentialsError");
        assert!(error.message().contains(place), "{error}");
        let named = Options { profile: Some("p".to_owned()), ..options.clone() };
        let error = client_at(&home, &[("AWS_CONFIG_FILE", place)], &named).expect_err("no profile");
        assert!(error.message().contains(place), "{error}");
    }
    let client = client_at(&home, &[("AWS_SHARED_CREDENTIALS_FILE", "$HOME/.aws/keys")], &options).expect("a client");
    fs::write(home.join(".aws/keys"), format!("[default]\n{KEYS}")).expect("a new file");
    assert_eq!(call(&client).expect_err("nobody listens").kind().class(), "EndpointConnectionError");
}

#[test]
fn a_services_section_that_is_missing_matters_only_where_its_url_is_asked_for() {
    for section in ["", "[services s]\n", "[services s]\nchime_sdk_media_pipelines =\n"] {
        let home = home_with(&format!("[default]\nregion = eu-west-1\nservices = s\n{KEYS}{section}"), "");
        let given = Options { endpoint_url: Some("http://127.0.0.1:9".to_owned()), ..Options::default() };
        let client = client_at(&home, &[], &given).expect("a client");
        assert_eq!(call(&client).expect_err("nobody listens").kind().class(), "EndpointConnectionError", "{section}");
        let variable = [("AWS_ENDPOINT_URL", "http://127.0.0.1:9")];
        let client = client_at(&home, &variable, &Options::default()).expect("a client");
        assert_eq!(call(&client).expect_err("nobody listens").kind().class(), "EndpointConnectionError", "{section}");
    }
}

#[test]
fn an_empty_text_is_as_one_that_is_left_out() {
    let empty = || Some(String::new());
    let home = home_with(
        "[default]\nregion = eu-west-1\nretry_mode =\nmax_attempts =\nca_bundle =\nservices =\nsso_session =\nrole_arn =\nendpoint_url =\n",
        "",
    );
    let options = Options {
        region: empty(),
        namespace: empty(),
        endpoint_url: empty(),
        profile: empty(),
        retry_mode: empty(),
        defaults_mode: empty(),
        user_agent: empty(),
        user_agent_extra: empty(),
        app_id: empty(),
        verify: Some(Trust::Bundle(PathBuf::new().into())),
        credentials: Some(StaticCredentials {
            access_key_id: "AK".to_owned(),
            secret_access_key: "SK".to_owned(),
            session_token: empty(),
        }),
        ..Options::default()
    };
    let names = [
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
        "AWS_DEFAULT_PROFILE",
        "AWS_RETRY_MODE",
        "AWS_MAX_ATTEMPTS",
        "AWS_CA_BUNDLE",
        "AWS_CONFIG_FILE",
        "AWS_ENDPOINT_URL",
        "AWS_DEFAULTS_MODE",
        "AWS_USE_FIPS_ENDPOINT",
    ];
    let variables: Vec<(&str, &str)> = names.into_iter().map(|name| (name, "")).collect();
    let client = client_at(&home, &variables, &options).expect("a client");
    let none = client_at(&home, &[], &Options::default()).expect("a client");
    assert_eq!(client.config().endpoint.url, none.config().endpoint.url);
    assert_eq!(client.config().user_agent, none.config().user_agent);
    assert_eq!(client.config().trust(), &Trust::Platform);
    let sources = &client.config().sources;
    assert!(sources.iter().all(|(_, source)| source == "default" || source.starts_with("profile")), "{sources:?}");
}

#[test]
fn a_client_of_a_local_server_reads_no_files_and_takes_no_proxy_of_the_environment() {
    let home = home_with("[default\nnonsense", "[");
    let variables = [("AWS_PROFILE", "missing"), ("HTTP_PROXY", "http://127.0.0.1:9")];
    let options = Options { region: Some("us-east-1".to_owned()), local: Some(true), ..Options::default() };
    let client = client_at(&home, &variables, &options).expect("a client");
    assert!(client.config().proxies().is_empty());
    assert_eq!(client.config().profile, None);
}

#[test]
fn a_session_that_the_profile_names_must_be_there() {
    let home = home_with(&format!("[default]\nregion = eu-west-1\nsso_session = x\n{KEYS}[sso-session y]\n"), "");
    let error = client_at(&home, &[], &Options::default()).expect_err("no such session");
    assert_eq!(error.to_string(), "The specified sso-session does not exist: \"x\"");
}

#[cfg(unix)]
fn fifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
}

#[cfg(unix)]
#[test]
fn a_file_that_is_slow_to_read_keeps_no_other_call_waiting_and_its_own_until_its_timeout() {
    let home = home_with("", "");
    let server = Server::start(vec![Step::json(200, "{}")]);
    let options = Options {
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some(format!("http://{}", server.address)),
        timeout: Some(1.0),
        ..Options::default()
    };
    let slow = client_at(&home, &[], &options).expect("a client");
    let keys =
        StaticCredentials { access_key_id: "AK".to_owned(), secret_access_key: "SK".to_owned(), session_token: None };
    let other = client_at(&home, &[], &Options { credentials: Some(keys), ..options }).expect("a client");
    fs::remove_file(home.join(".aws/credentials")).expect("the file");
    fifo(&home.join(".aws/credentials"));
    let (sender, outcomes) = mpsc::channel();
    for (name, client) in [("slow", &slow), ("other", &other)] {
        let operation = client.service().operation("ListMediaPipelines").expect("a known operation");
        let call = client.prepare(operation, &json!({})).expect("a good input");
        let sender = sender.clone();
        client.start(call, move |outcome| sender.send((name, outcome)).expect("a receiver"));
    }
    let (first, outcome) = outcomes.recv_timeout(Duration::from_secs(20)).expect("an outcome");
    assert_eq!((first, outcome.is_ok()), ("other", true));
    let (second, outcome) = outcomes.recv_timeout(Duration::from_secs(20)).expect("an outcome");
    assert_eq!((second, outcome.expect_err("a timeout").kind().class()), ("slow", "CallTimeoutError"));
    assert_eq!(call(&slow).expect_err("a timeout").kind().class(), "CallTimeoutError");
}

#[cfg(unix)]
#[test]
fn a_client_that_is_made_in_the_background_keeps_nobody_waiting_for_its_files() {
    let home = folder();
    let file = home.join("config");
    fifo(&file);
    let variables = [("AWS_CONFIG_FILE", file.as_os_str())].into_iter().collect();
    let env = Environment { variables, ..Environment::default() };
    let service = chimeline_core::service("chime-sdk-media-pipelines").expect("a known service");
    let (sender, outcomes) = mpsc::channel();
    Client::make_in_background(service, Options::default(), env, None, move |made| {
        sender.send(made).expect("a receiver");
    });
    outcomes.recv_timeout(Duration::from_millis(200)).expect_err("the file gives nothing yet");
    fs::write(&file, "[default]\nregion = eu-west-1\n").expect("a reader");
    let client = outcomes.recv_timeout(Duration::from_secs(10)).expect("an outcome").expect("a client");
    assert_eq!(client.config().endpoint.region, "eu-west-1");
    fs::remove_dir_all(&home).expect("the test's home");
}
