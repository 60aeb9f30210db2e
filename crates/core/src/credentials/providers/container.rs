//! The agent that gives credentials to what runs in a container of ECS or EKS.

use std::net::IpAddr;
use std::time::Duration;

use aws_credential_types::Credentials;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderMap, HeaderValue, Method};
use reqwest::Url;

use crate::credentials::providers::document::{self, Form};
use crate::credentials::smithy_http::exchange;
use crate::error::response::RawResponse;
use crate::http::transport::{Network, Request};
use crate::runtime::environment::Environment;

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
/// Where a relative URI is asked for.
const AGENT: &str = "http://169.254.170.2";
/// Besides loopback, where the agent may be asked without TLS: the request holds a token.
const HOSTS: [&str; 4] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost"];
const ATTEMPTS: u32 = 3;
const LIMIT: Duration = Duration::from_secs(2);
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// Why there are none; an agent that is set up and fails ends the search.
pub(crate) enum None {
    NotSetUp(String),
    Failed(String),
}

/// Asks the agent that the environment names.
pub(crate) async fn credentials(
    network: &Network,
    env: &Environment,
    provider: &'static str,
) -> Result<Credentials, None> {
    let url = match (env.variable(RELATIVE), env.variable(FULL)) {
        (Some(path), _) => format!("{AGENT}{path}"),
        (_, Some(url)) => url,
        _ => return Err(None::NotSetUp(format!("neither {RELATIVE} nor {FULL} is set"))),
    };
    of_url(network, env, &url, provider).await.map_err(None::Failed)
}

async fn of_url(
    network: &Network,
    env: &Environment,
    url: &str,
    provider: &'static str,
) -> Result<Credentials, String> {
    let url = allowed(url)?;
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(token) = token(env).await? {
        headers.insert(AUTHORIZATION, token);
    }
    let mut number = 1;
    let document = loop {
        let request = Request { method: Method::GET, url: url.clone(), headers: headers.clone(), body: Option::None };
        let cause = match exchange(network, request, LIMIT).await {
            Ok(RawResponse { status: 200, body, .. }) => match document::members(&body) {
                Ok(document) => break document,
                Err(cause) => format!("the response of the container's agent is of no use: {cause}"),
            },
            Ok(RawResponse { status, body, .. }) => {
                let said = document::fault(&body).map(|said| format!(": {said}")).unwrap_or_default();
                format!("the container's agent responded with HTTP {status}{said}")
            }
            Err(error) => format!("the container's agent cannot be asked: {}", error.message()),
        };
        if number == ATTEMPTS {
            return Err(cause);
        }
        number += 1;
        (env.sleep)(RETRY_DELAY).await;
    };
    let form = Form { token: "Token", expires: true };
    document::credentials(&document, form, provider)
        .map_err(|cause| format!("the response of the container's agent is of no use: {cause}"))
}

/// The URL, if its host may be sent a token.
fn allowed(text: &str) -> Result<Url, String> {
    let text = text.trim_start();
    let text = if text.starts_with("//") { format!("http:{text}") } else { text.to_owned() };
    // A parser of URLs takes away a blank at the end.
    let url = Url::parse(&text.replace(' ', "%20")).map_err(|e| format!("{FULL} is no URL: {e}"))?;
    if url.scheme() == "https" {
        return Ok(url);
    }
    // As it is written: the parser reads `127.1` and `2130706433` as addresses, which others read as names.
    let authority =
        text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        Option::None => host.split(':').next().unwrap_or_default(),
    };
    let is_loopback = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if url.scheme() == "http" && (is_loopback || HOSTS.contains(&host.to_ascii_lowercase().as_str())) {
        return Ok(url);
    }
    Err(format!(
        "{FULL} must be an https URL, or an http URL of a loopback address or of one of {}: no other host may get the token",
        HOSTS.join(", ")
    ))
}

/// The token that the agent asks for; the file is replaced from time to time.
async fn token(env: &Environment) -> Result<Option<HeaderValue>, String> {
    let (name, token) = match (env.variable(TOKEN_FILE), env.variable(TOKEN)) {
        (Some(path), _) => {
            let read = tokio::task::spawn_blocking(move || {
                std::fs::read_to_string(&path).map_err(|e| format!("the token file {path:?} cannot be read: {e}"))
            });
            (TOKEN_FILE, read.await.map_err(|e| format!("the token file was given up: {e}"))??)
        }
        (_, Some(token)) => (TOKEN, token),
        _ => return Ok(Option::None),
    };
    // Headers are octets of Latin-1.
    let octets: Option<Vec<u8>> = token.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    let header = octets.and_then(|octets| HeaderValue::from_bytes(&octets).ok());
    let mut header = header.ok_or_else(|| {
        format!("the token of {name} cannot stand in a header: it holds a newline or another control character")
    })?;
    header.set_sensitive(true);
    Ok(Some(header))
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn only_hosts_of_agents_are_asked_without_tls() {
        for url in [
            "http://127.0.0.1:1/c",
            "http://127.1.2.3/c",
            "http://[::1]:1/c",
            "http://user:pw@localhost:1/c",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "//127.0.0.1/c",
            "https://agent.example/c",
        ] {
            assert!(allowed(url).is_ok(), "{url}");
        }
        for url in [
            "http://agent.example/c",
            "http://127.1/c",
            "http://2130706433/c",
            "http://0.0.0.0/c",
            "http://[::ffff:127.0.0.1]/c",
            "http://169.254.169.254/c",
            "http://localhost@agent.example/c",
            "http://agent.example#@localhost/c",
            "ftp://127.0.0.1/c",
            "/c",
            "",
        ] {
            assert!(allowed(url).is_err(), "{url}");
        }
        assert_eq!(allowed("http://localhost/a b ").expect("a URL").path(), "/a%20b%20");
    }
}
