//! The services that give credentials, as one server on loopback: STS, SSO, a container's agent, the instance metadata; and
//! the service that they are for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Received, Server, Step};

/// The statuses of peers that answer otherwise than well.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peers {
    /// Of the instance metadata's token.
    pub token: Option<u16>,
    /// Of the instance metadata's role.
    pub role: Option<u16>,
    /// Of the container's agent.
    pub container: Option<u16>,
}

/// The path of the service's list of pipelines.
pub const SERVICE: &str = "/sdk-media-pipelines";

impl Peers {
    /// Runs them all at one address.
    pub fn start(self) -> Server {
        Server::answering(move |seen| self.step(seen))
    }

    fn step(self, seen: &Received) -> Step {
        let (method, target) = target(seen);
        match (method, target) {
            ("GET", target) if target.contains(SERVICE) => Step::json(200, "{}"),
            ("POST", "/") => Step::json(200, &assumed(&form(&seen.body))),
            ("GET", target) if target.starts_with("/federation/credentials") => {
                let keys = json!({"roleCredentials": {
                    "accessKeyId": "AKSSO", "secretAccessKey": "SKSSO", "sessionToken": "TKSSO", "expiration": END * 1000,
                }});
                Step::json(200, &keys.to_string())
            }
            ("PUT", "/latest/api/token") => match self.token {
                Some(status) => Step::json(status, "refused"),
                None => Step::Answer(
                    b"HTTP/1.1 200 X\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\nContent-Length: 9\r\n\r\nIMDSTOKEN"
                        .to_vec(),
                ),
            },
            ("GET", "/latest/meta-data/iam/security-credentials/") => {
                Step::json(self.role.unwrap_or(200), "the-role")
            }
            ("GET", "/latest/meta-data/iam/security-credentials/the-role") => {
                Step::json(200, &keys("AKIMDS", "SKIMDS", "TKIMDS"))
            }
            ("GET", target) if target.starts_with("/creds") => {
                Step::json(self.container.unwrap_or(200), &keys("AKCONTAINER", "SKC", "TKC"))
            }
            _ => Step::json(404, "{}"),
        }
    }
}

/// When all keys end: 2031-01-01T00:00:00Z.
pub const END: u64 = 1_924_992_000;

fn keys(id: &str, secret: &str, token: &str) -> String {
    json!({
        "Code": "Success", "Type": "AWS-HMAC", "LastUpdated": "2026-01-01T00:00:00Z",
        "AccessKeyId": id, "SecretAccessKey": secret, "Token": token, "Expiration": "2031-01-01T00:00:00Z",
    })
    .to_string()
}

/// The answer of STS: the key id says which role.
fn assumed(form: &BTreeMap<String, String>) -> String {
    let action = form.get("Action").map_or("", String::as_str);
    let role = form.get("RoleArn").and_then(|arn| arn.rsplit('/').next()).unwrap_or_default();
    format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials>\
         <AccessKeyId>AKSTS{role}</AccessKeyId><SecretAccessKey>SKSTS</SecretAccessKey><SessionToken>TKSTS</SessionToken>\
         <Expiration>2031-01-01T00:00:00Z</Expiration></Credentials></{action}Result></{action}Response>"
    )
}

/// The method and the target of a request.
pub fn target(seen: &Received) -> (&str, &str) {
    let mut words = seen.head.split(' ');
    (words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

/// What is told of a request to a peer: method, path, the headers that carry keys and tokens, and the form.
pub fn told(seen: &Received) -> Value {
    let (method, path) = target(seen);
    let mut told = json!({"method": method, "path": path});
    let names =
        ["authorization", "x-amz-sso_bearer_token", "x-aws-ec2-metadata-token", "x-aws-ec2-metadata-token-ttl-seconds"];
    for name in names {
        let Some(value) = header(seen, name) else { continue };
        // Of a signature, who signed for what.
        let value = match value.split_once(", SignedHeaders") {
            Some((who, _)) => who.replace("/20261122/", "/DATE/"),
            None => value,
        };
        told["headers"][name] = value.into();
    }
    if method == "POST" {
        told["form"] = json!(form(&seen.body));
    }
    told
}

/// A header, by its name in lower case.
pub fn header(seen: &Received, name: &str) -> Option<String> {
    seen.head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

fn form(body: &str) -> BTreeMap<String, String> {
    let url = reqwest::Url::parse(&format!("http://form/?{body}")).expect("a form");
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}
