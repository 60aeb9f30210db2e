//! The command line's way to the control API of a service that runs: `control advance 60`.

use std::time::Duration;

use chimeline_core::runtime::environment::Environment;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use url::Url;

use crate::command::{complain, say};
use crate::control::{PREFIX, Parameter, ROUTES, Route};
use crate::outgoing;

const TIMEOUT: Duration = Duration::from_mins(1);

/// The variable that the service prints, which a shell that evaluated the lines has.
const URL_VARIABLE: &str = "AWS_ENDPOINT_URL_CHIME_SDK_MEDIA_PIPELINES";

const INTRODUCTION: &str = "\
control [--url URL] COMMAND [ARGUMENT...]

Drives a local service that runs, at URL or where $AWS_ENDPOINT_URL_CHIME_SDK_MEDIA_PIPELINES says, and prints its response as JSON.
Arguments are given in their order or as --name=value; JSON may be given as @FILE.

";

/// A request that the arguments ask for.
#[derive(Debug, PartialEq)]
struct Asked {
    method: &'static str,
    target: String,
    body: String,
}

/// Runs a control command. Returns the exit code: 0, 1 when the service refuses or does not respond, 2 for arguments that are not
/// understood.
pub(super) fn run(arguments: &[String]) -> i32 {
    if arguments.is_empty() || arguments.iter().any(|argument| matches!(argument.as_str(), "--help" | "-h")) {
        say(&format!("{INTRODUCTION}{}", help()));
        return i32::from(arguments.is_empty()) * 2;
    }
    let env = Environment::default();
    match parse(arguments, env.variable(URL_VARIABLE)) {
        Ok((url, asked)) => match send(&url, env, &asked) {
            Ok(text) => {
                say(&text);
                0
            }
            Err(why) => {
                complain(&why);
                1
            }
        },
        Err(why) => {
            complain(&format!("{why}; control --help lists the commands"));
            2
        }
    }
}

fn help() -> String {
    ROUTES.iter().fold(String::new(), |lines, route| {
        let usage = arguments_of(route).fold(route.command.to_owned(), |usage, (name, is_required)| {
            let name = name.to_ascii_uppercase();
            if is_required { format!("{usage} {name}") } else { format!("{usage} [{name}]") }
        });
        let queries = route.query.iter().fold(usage, |usage, query| format!("{usage} [--{}=...]", query.name));
        format!("{lines}  {queries}\n      {}\n", route.summary)
    })
}

/// The arguments that are given in their order, and whether each must be.
fn arguments_of(route: &'static Route) -> impl Iterator<Item = (&'static str, bool)> {
    let free = route.is_free_form.then_some(("json", true));
    labels(route).map(|name| (name, true)).chain(free).chain(route.body.iter().map(|member| (member.name, false)))
}

fn labels(route: &'static Route) -> impl Iterator<Item = &'static str> {
    route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn parse(arguments: &[String], mut url: Option<String>) -> Result<(Url, Asked), String> {
    let (mut given, mut named) = (Vec::new(), Vec::new());
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--").map(|argument| argument.split_once('=').unwrap_or((argument, "true"))) {
            Some(("url", "true")) => url = Some(arguments.next().ok_or("--url needs a value")?.clone()),
            Some(("url", value)) => url = Some(value.to_owned()),
            Some((name, value)) => named.push((name.replace('-', "_"), value)),
            None => given.push(argument.as_str()),
        }
    }
    let (command, mut given) =
        given.split_first().map(|(first, rest)| (*first, rest.iter())).ok_or("no command is given")?;
    let route = ROUTES.iter().find(|route| route.command == command);
    let route = route.ok_or_else(|| format!("unknown command {command}"))?;
    let mut target = PREFIX.to_owned();
    for part in route.path.split('/').skip(1) {
        let part = match part.strip_prefix('{') {
            Some(label) => {
                let value = given.next().ok_or_else(|| format!("{command} needs {}", label.trim_end_matches('}')))?;
                utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
            }
            None => part.to_owned(),
        };
        target = format!("{target}/{part}");
    }
    let mut body = Map::new();
    let mut text = String::new();
    if route.is_free_form {
        text = json_text(given.next().ok_or_else(|| format!("{command} needs json"))?)?;
    }
    for member in route.body {
        if let Some(value) = given.next() {
            body.insert(member.name.to_owned(), value_of(member, value)?);
        }
    }
    if let Some(unexpected) = given.next() {
        return Err(format!("unexpected argument {unexpected}"));
    }
    let mut separator = '?';
    for (name, value) in named {
        if let Some(member) = route.body.iter().find(|member| member.name == name) {
            body.insert(name, value_of(member, value)?);
        } else if route.query.iter().any(|query| query.name == name) {
            target = format!("{target}{separator}{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC));
            separator = '&';
        } else {
            return Err(format!("unknown argument --{name}"));
        }
    }
    if !body.is_empty() {
        text = Value::Object(body).to_string();
    }
    let url = url.ok_or_else(|| format!("the service's URL is not given, by --url or {URL_VARIABLE}"))?;
    let parsed = outgoing::parse_url(&url).and_then(|base| base.join(&target).ok());
    let full = parsed.ok_or_else(|| format!("--url must be {}, not {url}", outgoing::URL_FORM))?;
    Ok((full, Asked { method: route.method, target, body: text }))
}

/// An argument as the member's type has it.
fn value_of(member: &Parameter, text: &str) -> Result<Value, String> {
    let expected = || format!("{} must be a {}, not {text}", member.name, member.kind);
    match member.kind {
        "string" => Ok(text.into()),
        "boolean" => text.parse::<bool>().map(Value::from).map_err(|_| expected()),
        _ => match serde_json::from_str(text) {
            Ok(Value::Number(number)) => Ok(Value::Number(number)),
            _ => Err(expected()),
        },
    }
}

fn json_text(given: &str) -> Result<String, String> {
    let text = match given.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).map_err(|e| format!("{path} cannot be read: {e}"))?,
        None => given.to_owned(),
    };
    let value: Value = serde_json::from_str(&text).map_err(|e| format!("the argument is not JSON: {e}"))?;
    Ok(value.to_string())
}

fn send(url: &Url, env: Environment, asked: &Asked) -> Result<String, String> {
    let method = Method::from_bytes(asked.method.as_bytes()).map_err(|e| e.to_string())?;
    let mut http = outgoing::Sender::new(env, TIMEOUT).map_err(|e| e.to_string())?;
    let response = http.send(method, url, outgoing::json_headers(), asked.body.clone());
    let (status, body) = response.map_err(|why| format!("{url} does not respond: {why}"))?;
    let value: Value = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body).map_err(|_| format!("{url} responds with {status} and no JSON"))?
    };
    if !(200..300).contains(&status) {
        let message = value.get("message").and_then(Value::as_str).unwrap_or("refused");
        return Err(format!("{message} ({status})"));
    }
    if value.is_null() { Ok(String::new()) } else { Ok(format!("{value:#}\n")) }
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn asked(line: &str) -> Result<(String, String), String> {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let (_, asked) = parse(&arguments, Some("http://127.0.0.1:1".to_owned()))?;
        Ok((format!("{} {}", asked.method, asked.target), asked.body))
    }

    #[test]
    fn a_command_is_a_request_of_the_table() {
        let of = |line: &str| asked(line).expect(line);
        assert_eq!(of("advance 1.5"), ("POST /_local/clock/advance".to_owned(), r#"{"seconds":1.5}"#.to_owned()));
        assert_eq!(of("advance --seconds=2").1, r#"{"seconds":2}"#);
        assert_eq!(of("leave a/b ann --dropped").0, "POST /_local/meetings/a%2Fb/leave");
        assert_eq!(of("leave m ann --dropped").1, r#"{"attendee":"ann","dropped":true}"#);
        assert_eq!(of("requests --status=503 --limit=2").0, "GET /_local/requests?status=503&limit=2");
        assert_eq!(of(r#"add-fault {"html":502}"#).1, r#"{"html":502}"#);
    }

    #[test]
    fn what_is_no_command_is_refused_with_the_reason() {
        let error = |line: &str| asked(line).expect_err(line);
        assert_eq!(error("forward"), "unknown command forward");
        assert_eq!(error("advance x"), "seconds must be a number, not x");
        assert_eq!(error("remove-fault"), "remove-fault needs fault_id");
        assert_eq!(error("reset now"), "unexpected argument now");
        assert_eq!(error("reset --hard"), "unknown argument --hard");
        assert!(error("add-fault {").contains("not JSON"));
        assert!(error("health --url=ftp://x").contains("http://"));
    }
}
