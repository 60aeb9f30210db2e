//! Credentials that a person's login, a container's agent or a program gives, each in a process of its own, whose
//! environment is the client's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use chimeline_core::runtime::environment::Environment;
use chimeline_core::{Client, Error, ErrorKind, Options};
use serde_json::json;

use crate::peers::{self, END, Peers, header};
use crate::support::{Received, Server, Step, alone, folder};

/// Runs the ignored test of that name in `home`, which it removes, with the server's URL in `PEER`.
fn run(test: &str, home: &Path, server: &Server, variables: &[(&str, &str)]) {
    let url = format!("http://{}", server.address);
    let mut all = vec![("PEER", url.as_str()), ("AWS_REGION", "us-east-1"), ("AWS_EC2_METADATA_DISABLED", "true")];
    all.extend(variables);
    let done = alone(&format!("logins::{test}"), home, &all, Stdio::null());
    fs::remove_dir_all(home).expect("the home");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
}

fn write(home: &Path, name: &str, text: &str) {
    let path = home.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
    fs::write(path, text).expect("a new file");
}

fn variable(name: &str) -> Option<String> {
    Environment::default().variable(name)
}

fn home() -> PathBuf {
    variable("HOME").expect("a home").into()
}

/// A client of the peer that waits a twentieth of its time, and whose clock is the returned seconds.
fn client() -> (Client, Arc<AtomicU64>) {
    let seconds = Arc::new(AtomicU64::new(1_800_000_000));
    let clock = seconds.clone();
    let now = move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst));
    let short = |length: Duration| Environment::default().sleep.as_ref()(length / 20);
    let env = Environment { now: Arc::new(now), sleep: Arc::new(short), ..Environment::default() };
    let options = Options { endpoint_url: variable("PEER"), ..Options::default() };
    let service = chimeline_core::service("chime-sdk-media-pipelines").expect("a known service");
    (Client::in_world(service, &options, env).expect("a client"), seconds)
}

fn list(client: &Client) -> Result<(), Error> {
    let operation = client.service().operation("ListMediaPipelines").expect("a known operation");
    let call = client.prepare(operation, &json!({})).expect("a good input");
    client.call_blocking(&call, &mut || true).map(drop)
}

/// The keys that calls were signed with.
fn keys(server: &Server) -> Vec<String> {
    let calls = server.seen().into_iter().filter(|seen| peers::target(seen).1.starts_with(peers::SERVICE));
    let key = |seen: Received| {
        Some(header(&seen, "authorization")?.split_once("Credential=")?.1.split_once('/')?.0.to_owned())
    };
    calls.filter_map(key).collect()
}

#[test]
fn a_new_sso_login_is_seen_without_a_restart() {
    let (home, server) = (folder(), Peers::default().start());
    let url = format!("http://{}", server.address);
    write(
        &home,
        ".aws/config",
        "[default]\nsso_session = my\nsso_account_id = 111122223333\nsso_role_name = R\n\
         [sso-session my]\nsso_region = us-east-1\nsso_start_url = https://start.example/d\n",
    );
    run("sso", &home, &server, &[("AWS_ENDPOINT_URL_SSO", &url), ("AWS_ENDPOINT_URL_SSO_OIDC", &url)]);
    assert_eq!(keys(&server), ["AKSSO"]);
}

#[test]
#[ignore = "a part of the test above"]
fn sso() {
    let (client, _) = client();
    let error = list(&client).expect_err("nobody is logged in");
    assert_eq!(error.kind(), ErrorKind::CredentialRetrieval);
    assert!(error.to_string().contains("`aws sso login --profile default` opens a new session"), "{error}");
    // The name of the file is the SHA-1 of the session's.
    write(
        &home(),
        ".aws/sso/cache/3ece1471f44f63177cbc35ba0b904e0c096b6783.json",
        r#"{"startUrl": "https://start.example/d", "region": "us-east-1", "accessToken": "T", "expiresAt": "2031-01-01T00:00:00Z"}"#,
    );
    list(&client).expect("a success");
}

#[test]
fn the_keys_of_a_console_login_are_used() {
    let (home, server) = (folder(), Peers::default().start());
    write(&home, ".aws/config", "[default]\nlogin_session = arn:aws:sts::111122223333:assumed-role/Admin/u\n");
    // The name of the file is the SHA-256 of the session's.
    write(
        &home,
        ".aws/login/cache/948e65805b09228055bbf9f507bc8afda8a4a3b40a17c0c0ce7b543f6b16c21c.json",
        r#"{"accessToken": {"accessKeyId": "AKLOGIN", "secretAccessKey": "S", "sessionToken": "T", "accountId": "111122223333",
            "expiresAt": "2031-01-01T00:00:00Z"}, "tokenType": "aws_sigv4", "refreshToken": "R", "idToken": "I",
            "clientId": "arn:aws:signin:::devtools/same-device", "dpopKey": "K"}"#,
    );
    run("one_call", &home, &server, &[]);
    assert_eq!(keys(&server), ["AKLOGIN"]);
}

#[test]
#[ignore = "a part of other tests"]
fn one_call() {
    list(&client().0).expect("a success");
}

#[test]
fn a_containers_agent_is_asked_without_the_proxy() {
    let (home, server) = (folder(), Peers::default().start());
    let (agent, proxy) = (format!("http://{}/creds", server.address), format!("http://{}", server.address));
    run("one_call", &home, &server, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &agent), ("http_proxy", &proxy)]);
    let seen = server.seen();
    let targets: Vec<&str> = seen.iter().map(|seen| peers::target(seen).1).collect();
    // A proxy is asked for a whole URL.
    assert_eq!(targets, ["/creds", &format!("{proxy}{}", peers::SERVICE)]);
}

#[test]
fn a_token_of_a_containers_agent_that_was_replaced_is_read_anew() {
    let (home, server) = (folder(), Peers::default().start());
    write(&home, "token", "FIRST");
    let (url, file) = (format!("http://{}/creds", server.address), home.join("token").display().to_string());
    let variables =
        [("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str()), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &file)];
    run("token_file", &home, &server, &variables);
    let agent = server.seen().into_iter().filter(|seen| peers::target(seen).1 == "/creds");
    let tokens: Vec<String> = agent.filter_map(|seen| header(&seen, "authorization")).collect();
    assert_eq!(tokens, ["FIRST", "SECOND"]);
}

#[test]
#[ignore = "a part of the test above"]
fn token_file() {
    let (client, seconds) = client();
    list(&client).expect("a success");
    write(&home(), "token", "SECOND");
    // So near to the expiry of the agent's credentials, 2031-01-01, that they are asked for again; what comes is as old.
    seconds.store(END - 5, Ordering::SeqCst);
    let error = list(&client).expect_err("credentials that are about to expire");
    assert_eq!(error.kind(), ErrorKind::CredentialRetrieval);
}

#[test]
fn keys_that_have_ended_are_not_sent() {
    let server = Peers::default().start();
    let url = format!("http://{}/creds", server.address);
    run("ended", &folder(), &server, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url)]);
    assert!(keys(&server).is_empty());
}

#[test]
#[ignore = "a part of the test above"]
fn ended() {
    let (client, seconds) = client();
    seconds.store(END, Ordering::SeqCst);
    let error = list(&client).expect_err("keys that have ended");
    assert_eq!(error.kind(), ErrorKind::CredentialRetrieval);
    let due = "Credentials were refreshed, but the refreshed credentials are still expired.";
    assert!(error.to_string().starts_with(due), "{error}");
}

#[test]
fn what_a_provider_answers_is_not_quoted() {
    let secret = r#"{"AccessKeyId": "MARKid", "SecretAccessKey": "MARKsecret", "Token": "MARKtoken"}"#;
    for step in [Step::json(404, secret), Step::json(200, secret), Step::json(200, "MARKsecret")] {
        let server = Server::start(vec![step]);
        let url = format!("http://{}/creds", server.address);
        run("no_secret", &folder(), &server, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url)]);
    }
    let server = Peers::default().start();
    for output in [secret, "MARKsecret", r#"{"Version": 1, "AccessKeyId": "MARKid", "SecretAccessKey": 5}"#] {
        let home = folder();
        write(&home, ".aws/config", &format!("[default]\ncredential_process = echo '{output}'\n"));
        run("no_secret", &home, &server, &[]);
    }
}

#[test]
#[ignore = "a part of the test above"]
fn no_secret() {
    let error = list(&client().0).expect_err("no keys");
    assert_eq!(error.kind(), ErrorKind::CredentialRetrieval, "{error}");
    let told = format!("{error} {error:?}");
    assert!(!told.contains("MARK"), "{told}");
}
