//! The clients that commands call through, and what drives flows with them.

use std::collections::HashMap;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, SystemTime};

use chimeline_core::codec::json_host::JsonBuilder;
use chimeline_core::codec::timestamp::Timestamp;
use chimeline_core::runtime::environment::Environment;
use chimeline_core::{CallOptions, Client, Error, ErrorKind, Options, PrepareError, service};
use chimeline_recording::{Call, Failure, HostError, Outcome, Plan, Step};
use serde_json::{Map, Value, json};

use crate::arguments::Shared;
use crate::{FAILED, INTERRUPTED, MISUSED, interrupt};

/// Why a command fails, and its exit code.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) service_code: Option<String>,
    pub(crate) code: u8,
    /// The HTTP status, where a service has answered.
    pub(crate) status: Option<u16>,
}

impl CommandError {
    pub(crate) fn new(message: impl Into<String>) -> CommandError {
        CommandError { message: message.into(), hint: None, service_code: None, code: FAILED, status: None }
    }

    pub(crate) fn misuse(message: impl Into<String>) -> CommandError {
        CommandError { code: MISUSED, ..CommandError::new(message) }
    }

    fn interrupted() -> CommandError {
        CommandError { code: INTERRUPTED, ..CommandError::new("interrupted") }
    }
}

impl From<Error> for CommandError {
    fn from(error: Error) -> CommandError {
        let code = error.service_error().and_then(|service| service.code.as_ref()?.as_str().map(str::to_owned));
        let status = error.service_error().map(|service| service.response.status);
        CommandError {
            hint: error.hint().map(str::to_owned),
            service_code: code,
            status,
            ..CommandError::new(error.message())
        }
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> CommandError {
        let code = if matches!(failure, Failure::Invalid(_)) { MISUSED } else { FAILED };
        CommandError { code, ..CommandError::new(failure.to_string()) }
    }
}

/// A variable of the environment; an empty one is as unset.
pub(crate) fn variable(name: &str) -> Option<String> {
    Environment::default().variable(name).filter(|value| !value.is_empty())
}

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    (Environment::default().now)().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// An id that nothing else has.
pub(crate) fn fresh_id() -> String {
    (Environment::default().uuid)().to_string()
}

/// The clients of one Region, made when first needed.
#[derive(Debug)]
pub(crate) struct Session {
    options: Options,
    clients: HashMap<String, Client>,
    /// Until when the credentials last that the code of a device gave, if they end.
    until: Option<SystemTime>,
}

impl Session {
    pub(crate) fn new(shared: &Shared) -> Session {
        let options = Options {
            region: shared.region.clone(),
            profile: shared.profile.clone(),
            endpoint_url: shared.endpoint_url.clone(),
            user_agent_extra: Some("chimeline-cli".to_owned()),
            ..Options::default()
        };
        Session { options, clients: HashMap::new(), until: None }
    }

    /// The same for another Region.
    pub(crate) fn in_region(&self, region: &str) -> Session {
        Session {
            options: Options { region: Some(region.to_owned()), ..self.options.clone() },
            clients: HashMap::new(),
            until: self.until,
        }
    }

    /// URLs of other services in place of AWS's own: those of the variables that the SDKs read. A service that stands in for AWS
    /// is asked for the account, too.
    pub(crate) fn endpoints(&self) -> Value {
        let own = |name: &str| variable(&format!("AWS_ENDPOINT_URL_{}", name.to_uppercase()));
        let mut found: Map<String, Value> =
            ["s3", "sts", "iam"].iter().filter_map(|name| Some(((*name).to_owned(), own(name)?.into()))).collect();
        let all = self.options.endpoint_url.clone().or_else(|| variable("AWS_ENDPOINT_URL"));
        if let Some(url) = all {
            for name in ["s3", "sts", "iam"] {
                found.entry(name).or_insert_with(|| url.as_str().into());
            }
        }
        found.into()
    }

    /// The Region of the command line.
    pub(crate) fn chosen_region(&self) -> Option<String> {
        self.options.region.clone()
    }

    /// Whether requests go to AWS's own endpoints, of which each Region has its own.
    pub(crate) fn is_at_aws(&self) -> bool {
        let named = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CHIME_SDK_MEDIA_PIPELINES"];
        self.options.endpoint_url.is_none() && named.iter().all(|name| variable(name).is_none())
    }

    pub(crate) fn client(&mut self, name: &str) -> Result<&Client, Error> {
        if !self.clients.contains_key(name) {
            let unknown = || Error::new(ErrorKind::UnknownService, format!("Unknown service: {name:?}"));
            let made = Client::new(service(name).ok_or_else(unknown)?, &self.options)?;
            self.clients.insert(name.to_owned(), made);
        }
        self.clients.get(name).ok_or_else(|| Error::new(ErrorKind::UnknownService, name.to_owned()))
    }

    /// The Region of the client of media pipelines.
    pub(crate) fn region(&mut self) -> Result<String, Error> {
        Ok(self.client("chime-sdk-media-pipelines")?.config().endpoint.region.clone())
    }

    /// Makes a call; timestamps of the output are ISO 8601.
    pub(crate) fn call(&mut self, name: &str, operation: &str, input: &Value) -> Result<Value, CommandError> {
        self.with_credentials(|session| session.attempt(name, operation, input)).map_err(CommandError::from)
    }

    /// Does it, and again where the credentials are those of a role that needs the code of a device, once that is given.
    fn with_credentials<T>(&mut self, mut act: impl FnMut(&mut Session) -> Result<T, Error>) -> Result<T, Error> {
        const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_mins(1);
        if self.until.is_some_and(|until| until <= (Environment::default().now)() + REFRESH_BEFORE_EXPIRY) {
            self.until = None;
            self.options.credentials = None;
            self.clients.clear();
        }
        let outcome = act(self);
        let Err(error) = &outcome else { return outcome };
        let lacks = matches!(error.kind(), ErrorKind::NoCredentials | ErrorKind::CredentialRetrieval);
        if lacks && std::io::stdin().is_terminal() && self.asked_for_code()? { act(self) } else { outcome }
    }

    /// Asks for the codes of devices that the profile's role needs; gives whether it needs any.
    fn asked_for_code(&mut self) -> Result<bool, Error> {
        let client = self.client("chime-sdk-media-pipelines")?.clone();
        let mut codes = HashMap::new();
        loop {
            let (sender, receiver) = sync_channel(1);
            client.load_with_mfa_codes(codes.clone(), move |loaded| drop(sender.send(loaded)));
            let ended =
                |_| Error::new(ErrorKind::CredentialRetrieval, "the load of credentials was cut off".to_owned());
            match receiver.recv().map_err(ended)?? {
                Ok(_) if codes.is_empty() => return Ok(false),
                Ok(loaded) => {
                    self.until = loaded.expiration;
                    self.options.credentials = Some(loaded.keys);
                    self.clients.clear();
                    return Ok(true);
                }
                Err(device) => {
                    let _ = write!(std::io::stderr(), "Enter MFA code for {}: ", device.serial);
                    let mut code = String::new();
                    if std::io::stdin().lock().read_line(&mut code).is_err() || code.trim().is_empty() {
                        let message = format!("no code of the device {} was given", device.serial);
                        return Err(Error::new(ErrorKind::CredentialRetrieval, message));
                    }
                    codes.insert(device.profile, code.trim().to_owned());
                }
            }
        }
    }

    fn attempt(&mut self, name: &str, operation: &str, input: &Value) -> Result<Value, Error> {
        let client = self.client(name)?;
        let unknown = || Error::new(ErrorKind::InvalidConfig, format!("{name} has no operation {operation}"));
        let operation = client.service().operation(operation).ok_or_else(unknown)?;
        let call = match client.prepare(operation, input) {
            Ok(call) => call,
            Err(PrepareError::Error(error)) => return Err(error),
            Err(PrepareError::Host(never)) => match never {},
        };
        let response = client.call_blocking(&call, &mut || !interrupt::caught_now())?;
        let mut builder = JsonBuilder::default();
        client.decode(operation, &response, &mut builder)?;
        let mut output = serde_json::from_str(&builder.finish()).unwrap_or_default();
        iso(&mut output);
        Ok(output)
    }

    /// The result of a flow. `tell` gets what it tells on its way; where it gives false, the flow is left.
    pub(crate) fn drive(
        &mut self,
        flow: &str,
        input: &Value,
        tell: &mut dyn FnMut(&Value) -> bool,
    ) -> Result<Value, CommandError> {
        let mut plan = Plan::new(flow, input)?;
        let mut answers: Vec<Result<Value, CommandError>> = Vec::new();
        let mut outcome = None;
        loop {
            let nothing = || Some(Outcome::Output(Value::Null));
            outcome = match plan.step(outcome) {
                Step::Call(call) => Some(self.answer(&call, &mut answers)),
                Step::Sleep(seconds) => {
                    pause(seconds)?;
                    nothing()
                }
                Step::Emit(value) => {
                    if !tell(&resolved(&value, &answers)) {
                        return Ok(Value::Null);
                    }
                    nothing()
                }
                Step::Done(value) => return Ok(resolved(&value, &answers)),
                Step::Failed(Failure::Call(number)) => {
                    return Err(match answers.into_iter().nth(number) {
                        Some(Err(error)) => error,
                        _ => CommandError::new("a call failed"),
                    });
                }
                Step::Failed(failure) => return Err(failure.into()),
            };
        }
    }

    fn answer(&mut self, call: &Call, answers: &mut Vec<Result<Value, CommandError>>) -> Outcome {
        let made = if call.service == "journal" {
            return match chimeline_recording::journal(&call.operation, &call.input) {
                Ok(output) => {
                    answers.push(Ok(output.clone()));
                    Outcome::Output(output)
                }
                Err(failure) => {
                    let message = failure.to_string();
                    answers.push(Err(failure.into()));
                    Outcome::Error(HostError { message, ..HostError::default() })
                }
            };
        } else if call.operation == "SignedGet" {
            self.with_credentials(|session| session.get_signed(&call.input))
        } else {
            self.with_credentials(|session| session.attempt(&call.service, &call.operation, &call.input))
        };
        match made {
            Ok(output) => {
                answers.push(Ok(output.clone()));
                Outcome::Output(output)
            }
            Err(error) => {
                let told = host_error(&error);
                answers.push(Err(error.into()));
                Outcome::Error(told)
            }
        }
    }

    fn get_signed(&mut self, input: &Value) -> Result<Value, Error> {
        let text = |name: &str| input[name].as_str().unwrap_or_default().to_owned();
        let client = self.client("chime-sdk-media-pipelines")?;
        let answer =
            client.get_signed_blocking(&text("service"), &text("region"), &text("url"), &CallOptions::default())?;
        Ok(json!({"status": answer.status, "body": answer.body}))
    }
}

fn host_error(error: &Error) -> HostError {
    let service = error.service_error();
    HostError {
        code: service.and_then(|service| service.code.as_ref()?.as_str().map(str::to_owned)),
        class: if service.is_none() { Some(error.kind().class().to_owned()) } else { None },
        status: service.map(|service| service.response.status),
        message: service.and_then(|s| s.message.as_ref()?.as_str()).unwrap_or_else(|| error.message()).to_owned(),
    }
}

/// Waits; Ctrl-C ends it.
pub(crate) fn pause(seconds: f64) -> Result<(), CommandError> {
    const SLICE: f64 = 0.05;
    let mut left = seconds;
    while left > 0.0 {
        if interrupt::caught_now() {
            return Err(CommandError::interrupted());
        }
        thread::sleep(Duration::from_secs_f64(left.min(SLICE)));
        left -= SLICE;
    }
    Ok(())
}

/// A result with the answers in the places that refer to them.
fn resolved(value: &Value, answers: &[Result<Value, CommandError>]) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| resolved(item, answers)).collect(),
        Value::Object(members) => match members.get("$answer").and_then(Value::as_u64) {
            Some(number) => {
                let number = usize::try_from(number).unwrap_or(usize::MAX);
                let answer = answers.get(number).and_then(|answer| answer.as_ref().ok());
                let path = members.get("$path").and_then(Value::as_array).into_iter().flatten();
                let path: Vec<&str> = path.filter_map(Value::as_str).collect();
                path.iter().fold(answer.cloned().unwrap_or_default(), |found, name| found[*name].clone())
            }
            None => members.iter().map(|(name, item)| (name.clone(), resolved(item, answers))).collect(),
        },
        other => other.clone(),
    }
}

/// Writes timestamps, which are milliseconds in what the core builds, as ISO 8601.
fn iso(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(iso),
        Value::Object(members) => {
            for (name, inner) in members.iter_mut() {
                match inner.as_i64() {
                    Some(millis) if name.ends_with("Timestamp") => {
                        let micros = millis.saturating_mul(1000);
                        *inner = Timestamp { micros, offset: Some(0) }.to_iso8601().into();
                    }
                    _ => iso(inner),
                }
            }
        }
        _ => {}
    }
}
