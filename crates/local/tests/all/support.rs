//! A server, clients of it, and requests made by hand.
#![allow(dead_code, reason = "each test program uses a part")]

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::identity::Identity;
use chimeline_core::client::PrepareError;
use chimeline_core::codec::encode::Validation;
use chimeline_core::codec::json_host::JsonBuilder;
use chimeline_core::runtime::environment::{Environment, Variables};
use chimeline_core::{Client, Error, StaticCredentials, service};
use chimeline_local::{LocalServer, Options, UnknownMeetings};
use serde_json::Value;

pub const PACE: Duration = Duration::from_hours(1);

/// A server whose states change only when the test moves its clock, and the operations that were called on it.
pub struct Api {
    pub server: LocalServer,
    called: Mutex<BTreeSet<String>>,
}

impl Api {
    pub fn start() -> Api {
        Api::with(faked())
    }

    /// A server that knows only what it is told, as the service does.
    pub fn strict() -> Api {
        Api::with(Options {
            transition_delay: Duration::from_secs(1),
            unknown_meetings: UnknownMeetings::Refuse,
            ..Options::default()
        })
    }

    pub fn with(options: Options) -> Api {
        Api { server: LocalServer::start(options).unwrap(), called: Mutex::default() }
    }

    /// Calls an operation of `service/region` with the core's client, which checks only types.
    #[expect(clippy::needless_pass_by_value, reason = "inputs are written in place")]
    pub fn call(&self, place: &str, operation: &str, input: Value) -> Result<Value, Error> {
        let (service, region) = place.split_once('/').unwrap_or((place, "us-east-1"));
        self.called.lock().unwrap().insert(operation.to_owned());
        let client = client(service, region, self.server.url(), Options::default_credentials());
        call(&client, operation, &input)
    }

    /// The error code that a call ends with.
    pub fn code(&self, place: &str, operation: &str, input: Value) -> String {
        code(&self.call(place, operation, input).expect_err(operation))
    }

    /// Lets a state pass.
    pub fn step(&self) {
        self.server.advance(PACE);
    }

    /// The operations of the service that were not called.
    pub fn not_called(&self, name: &str) -> Vec<&'static str> {
        let called = self.called.lock().unwrap();
        let operations = service(name).unwrap().operations.iter().map(|operation| operation.name);
        operations.filter(|name| !called.contains(*name)).collect()
    }
}

/// Options for tests that fake meetings, which nobody joins and which do not end by themselves.
pub fn faked() -> Options {
    Options {
        transition_delay: PACE,
        unjoined_meeting_timeout: None,
        empty_meeting_timeout: None,
        max_meeting_duration: None,
        ..Options::default()
    }
}

pub fn client(name: &str, region: &str, url: &str, credentials: StaticCredentials) -> Client {
    let options = chimeline_core::Options {
        region: Some(region.to_owned()),
        endpoint_url: Some(url.to_owned()),
        credentials: Some(credentials),
        max_attempts: Some(1),
        validation: Some(Validation::Off),
        ..chimeline_core::Options::default()
    };
    let env = Environment::with_variables(Variables::default());
    Client::in_world(service(name).unwrap(), &options, env).unwrap()
}

pub fn call(client: &Client, operation: &str, input: &Value) -> Result<Value, Error> {
    let operation = client.service().operation(operation).unwrap();
    let call = match client.prepare(operation, input) {
        Ok(call) => call,
        Err(PrepareError::Error(error)) => return Err(error),
        Err(PrepareError::Host(never)) => match never {},
    };
    let response = client.call_blocking(&call, &mut || true)?;
    assert_eq!(response.metadata.status, operation.status, "{}", operation.name);
    let mut builder = JsonBuilder::default();
    client.decode(operation, &response, &mut builder)?;
    Ok(serde_json::from_str(&builder.finish()).unwrap())
}

pub fn code(error: &Error) -> String {
    let service = error.service_error().unwrap_or_else(|| panic!("{error}"));
    service.code.as_ref().and_then(Value::as_str).unwrap().to_owned()
}

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The code of an error, as rest-json has it.
    pub fn code(&self) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix("x-amzn-errortype: "));
        line.unwrap_or_default().trim()
    }
}

/// Sends bytes and reads until the server closes the connection.
fn exchange(url: &str, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // The server may answer and close before it has read everything.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// What to sign a request with, other than the right things.
pub struct Signer {
    pub credentials: StaticCredentials,
    pub time: SystemTime,
    pub service: &'static str,
}

impl Default for Signer {
    fn default() -> Signer {
        Signer {
            credentials: Options::default_credentials(),
            time: (Environment::with_variables(Variables::default()).now)(),
            service: "chime",
        }
    }
}

impl Signer {
    /// The headers that sign a request.
    pub fn headers(&self, url: &str, method: &str, target: &str, body: &str) -> String {
        let credentials = Credentials::new(
            &*self.credentials.access_key_id,
            &*self.credentials.secret_access_key,
            self.credentials.session_token.clone(),
            None,
            "test",
        );
        let identity = Identity::from(credentials);
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name(self.service)
            .time(self.time)
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let uri = format!("{url}{target}");
        let body = SignableBody::Bytes(body.as_bytes());
        let request = SignableRequest::new(method, uri, std::iter::empty(), body).unwrap();
        let (instructions, _) = sign(request, &parameters).unwrap().into_parts();
        instructions.headers().fold(String::new(), |lines, (name, value)| format!("{lines}{name}: {value}\r\n"))
    }

    /// Sends a signed request with a JSON body.
    pub fn send(&self, url: &str, method: &str, target: &str, body: &str) -> Answer {
        send(url, method, target, &self.headers(url, method, target, body), body)
    }
}

/// Sends a request with these headers.
pub fn send(url: &str, method: &str, target: &str, headers: &str, body: &str) -> Answer {
    let host = url.strip_prefix("http://").unwrap();
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    exchange(url, request.as_bytes())
}
