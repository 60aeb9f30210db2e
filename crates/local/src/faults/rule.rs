//! The language of rules: JSON (or TOML) objects that say which requests a fault strikes, how often, and what it does.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::faults::catalogue;

/// A rule.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) id: String,
    /// As it was given, for who reads it back.
    pub(crate) given: Map<String, Value>,
    pub(crate) service: Option<String>,
    pub(crate) operation: Option<String>,
    /// Text that the request's path, query or body contains, such as an id or ARN.
    pub(crate) resource: Option<String>,
    /// The chance that a request which fits is struck.
    pub(crate) probability: f64,
    /// How many requests that fit pass before the first is struck.
    pub(crate) skip: usize,
    /// How many requests are still to be struck; `None` until the rule is removed.
    pub(crate) times: Option<usize>,
    /// A wait before the response, from and to.
    pub(crate) latency: Option<(Duration, Duration)>,
    pub(crate) effect: Option<Effect>,
    /// How many requests it struck.
    pub(crate) struck: usize,
}

/// What a fault does to a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Responds with an error.
    Error { code: String, status: u16, message: String },
    /// Responds with the service's throttling error, to every request or to those above a rate a second.
    Throttle { above: Option<f64> },
    /// Responds with an HTML page, as a proxy would.
    Html { status: u16 },
    /// Resets the connection, before the request is carried out or inside the response.
    Reset { inside: bool },
    /// Carries the request out and closes the connection after so many bytes of the response's body.
    Cut { after: Option<usize> },
    /// Sends nothing for so long, before the response's head or inside its body, or until the client gives up.
    Stall { inside: bool, length: Option<Duration> },
    /// Responds as a server whose clock is wrong by so many seconds.
    Clock { seconds: i64 },
}

const MEMBERS: &str = "id, service, operation, resource, probability, skip, times, latency, error, refusal, throttle, html, \
                       reset, cut, stall, clock";

impl Rule {
    /// Reads a rule; the error names the member, what it is and what is expected.
    pub(crate) fn parse(value: &Value, fallback_id: String) -> Result<Rule, String> {
        let Value::Object(given) = value else { return Err("a fault must be an object".to_owned()) };
        let mut rule = Rule {
            id: fallback_id,
            given: given.clone(),
            service: None,
            operation: None,
            resource: None,
            probability: 1.0,
            skip: 0,
            times: None,
            latency: None,
            effect: None,
            struck: 0,
        };
        for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
            rule.member(name, value)?;
        }
        if rule.effect.is_none() && rule.latency.is_none() {
            return Err(
                "the fault does nothing: give error, refusal, throttle, html, reset, cut, stall, clock or latency"
                    .to_owned(),
            );
        }
        Ok(rule)
    }

    fn member(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let invalid = |expected: &str| format!("invalid {name}: {value} (expected {expected})");
        let text = |expected: &str| value.as_str().map(str::to_owned).ok_or_else(|| invalid(expected));
        let count = || {
            let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
            count.ok_or_else(|| invalid("an integer >= 0"))
        };
        match name {
            "id" => {
                self.id = text("a string")?;
                if self.id.is_empty() || !self.id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
                    return Err(invalid("letters, digits, -, _ and ."));
                }
            }
            "service" => {
                let service = text("a service name")?;
                if chimeline_core::service(&service).is_none() {
                    return Err(invalid("chime, chime-sdk-media-pipelines or chime-sdk-meetings"));
                }
                self.service = Some(service);
            }
            "operation" => {
                let operation = text("the name of an operation, such as CreateMeeting")?;
                let mut services = chimeline_core::schema::generated::SERVICES.iter();
                if !services.any(|service| service.operation(&operation).is_some()) {
                    return Err(invalid("the name of an operation, such as CreateMeeting"));
                }
                self.operation = Some(operation);
            }
            "resource" => self.resource = Some(text("an id, ARN or name")?),
            "probability" => {
                let number = value.as_f64().filter(|number| (0.0..=1.0).contains(number));
                self.probability = number.ok_or_else(|| invalid("a number from 0 to 1"))?;
            }
            "skip" => self.skip = count()?,
            "times" => self.times = Some(count()?),
            "latency" => self.latency = Some(latency(value).ok_or_else(|| invalid("seconds >= 0, or [min, max]"))?),
            "error" => self.set(error(value)?)?,
            "refusal" => {
                let entry = value.as_str().and_then(catalogue::find);
                let entry = entry
                    .ok_or_else(|| invalid("a name of the catalogue, as GET /_local/faults/catalogue lists them"))?;
                let (code, message) = (entry.code.to_owned(), entry.message.to_owned());
                self.set(Effect::Error { code, status: entry.status, message })?;
            }
            "throttle" => {
                self.set(throttle(value).ok_or_else(|| invalid("true, or {\"above\": requests a second}"))?)?;
            }
            "html" => {
                self.set(Effect::Html { status: status(value).ok_or_else(|| invalid("a status from 300 to 599"))? })?;
            }
            "reset" => {
                let inside = place(value).ok_or_else(|| invalid("\"before\" or \"inside\""))?;
                self.set(Effect::Reset { inside })?;
            }
            "cut" => {
                let after = match value {
                    Value::Bool(true) => None,
                    _ => Some(count().map_err(|_| invalid("true, or a number of bytes"))?),
                };
                self.set(Effect::Cut { after })?;
            }
            "stall" => self.set(stall(value).ok_or_else(|| invalid("true, seconds, \"before\" or \"inside\""))?)?,
            "clock" => {
                let seconds = value.as_i64().filter(|seconds| seconds.unsigned_abs() < 1_000_000_000);
                self.set(Effect::Clock { seconds: seconds.ok_or_else(|| invalid("an integer number of seconds"))? })?;
            }
            _ => return Err(format!("unknown member {name} of a fault (known: {MEMBERS})")),
        }
        Ok(())
    }

    fn set(&mut self, effect: Effect) -> Result<(), String> {
        if self.effect.replace(effect).is_some() {
            return Err(
                "a fault does one thing: give only one of error, refusal, throttle, html, reset, cut, stall, clock"
                    .to_owned(),
            );
        }
        Ok(())
    }

    /// The rule as it was given, with its id and how often it struck.
    pub(crate) fn describe(&self) -> Value {
        let mut out = self.given.clone();
        out.insert("id".to_owned(), self.id.as_str().into());
        out.insert("struck".to_owned(), json!(self.struck));
        if let Some(times) = self.times {
            out.insert("remaining".to_owned(), json!(times));
        }
        out.into()
    }
}

fn error(value: &Value) -> Result<Effect, String> {
    let invalid = |name: &str, value: &Value, expected: &str| format!("invalid {name}: {value} (expected {expected})");
    let (code, status_given, message) = match value {
        Value::String(_) => (value, None, None),
        Value::Object(members) => {
            if let Some(unknown) = members.keys().find(|name| !["code", "status", "message"].contains(&name.as_str())) {
                return Err(format!("unknown member {unknown} of error (known: code, status, message)"));
            }
            (members.get("code").unwrap_or(&Value::Null), members.get("status"), members.get("message"))
        }
        _ => return Err(invalid("error", value, "an error code, or {code, status, message}")),
    };
    let code_expected = "a word such as \"ThrottledClientException\"";
    let word = code.as_str().filter(|code| !code.is_empty() && code.bytes().all(|b| b.is_ascii_graphic()));
    let word = word.ok_or_else(|| invalid("code", code, code_expected))?.to_owned();
    let modelled = chimeline_core::schema::generated::SERVICES.iter().find_map(|service| service.error(&word));
    let status = match status_given.filter(|given| !given.is_null()) {
        None => modelled.map_or(400, |error| error.status),
        Some(given) => {
            status(given).ok_or_else(|| invalid("status", given, "the status of an error, from 300 to 599"))?
        }
    };
    let message = match message.filter(|given| !given.is_null()) {
        None => "A fault that was asked for.".to_owned(),
        Some(given) => given.as_str().ok_or_else(|| invalid("message", given, "a string"))?.to_owned(),
    };
    Ok(Effect::Error { code: word, status, message })
}

fn status(value: &Value) -> Option<u16> {
    u16::try_from(value.as_u64()?).ok().filter(|status| (300..=599).contains(status))
}

fn latency(value: &Value) -> Option<(Duration, Duration)> {
    let (from, to) = match value {
        Value::Array(ends) if ends.len() == 2 => (seconds(&ends[0])?, seconds(&ends[1])?),
        _ => (seconds(value)?, seconds(value)?),
    };
    (from <= to).then_some((from, to))
}

fn throttle(value: &Value) -> Option<Effect> {
    match value {
        Value::Bool(true) => Some(Effect::Throttle { above: None }),
        Value::Object(members) if members.len() == 1 => {
            let above = members.get("above")?.as_f64().filter(|rate| *rate > 0.0)?;
            Some(Effect::Throttle { above: Some(above) })
        }
        _ => None,
    }
}

fn stall(value: &Value) -> Option<Effect> {
    match value {
        Value::Bool(true) => Some(Effect::Stall { inside: false, length: None }),
        Value::Number(_) => Some(Effect::Stall { inside: false, length: Some(seconds(value)?) }),
        _ => Some(Effect::Stall { inside: place(value)?, length: None }),
    }
}

/// Whether inside of the response rather than before it.
fn place(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(true) => Some(false),
        _ if value == "before" => Some(false),
        _ if value == "inside" => Some(true),
        _ => None,
    }
}

fn seconds(value: &Value) -> Option<Duration> {
    // A day, for a sleep cannot be longer than the timer's range.
    value.as_f64().filter(|seconds| (0.0..=86400.0).contains(seconds)).map(Duration::from_secs_f64)
}
