//! The last requests, for tests that look at what a program sent.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use crate::time;

/// The recorded requests, the newest last.
#[derive(Debug)]
pub(crate) struct RequestLog {
    max: usize,
    records: Mutex<VecDeque<Record>>,
}

/// A request and its response.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) at: SystemTime,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) service: Option<&'static str>,
    pub(crate) operation: Option<&'static str>,
    pub(crate) region: Option<String>,
    pub(crate) account: Option<String>,
    pub(crate) input: Option<Map<String, Value>>,
    pub(crate) status: u16,
    pub(crate) error: Option<String>,
    pub(crate) output: Option<Value>,
    pub(crate) duration: Duration,
    pub(crate) faults: Vec<String>,
}

/// Which requests are asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) service: Option<String>,
    pub(crate) operation: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) limit: Option<usize>,
}

impl RequestLog {
    pub(crate) fn new(max: usize) -> RequestLog {
        RequestLog { max, records: Mutex::default() }
    }

    pub(crate) fn add(&self, record: Record) {
        if self.max == 0 {
            return;
        }
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.len() >= self.max {
            records.pop_front();
        }
        records.push_back(record);
    }

    pub(crate) fn clear(&self) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The requests that fit, newest first.
    pub(crate) fn list(&self, filter: &Filter) -> Value {
        let records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |record: &&Record| {
            filter.service.as_deref().is_none_or(|service| record.service == Some(service))
                && filter.operation.as_deref().is_none_or(|operation| record.operation == Some(operation))
                && filter.status.is_none_or(|status| record.status == status)
        };
        records.iter().rev().filter(fits).take(filter.limit.unwrap_or(usize::MAX)).map(Record::describe).collect()
    }
}

impl Record {
    fn describe(&self) -> Value {
        let mut input = self.input.clone().map(Value::Object);
        let mut output = self.output.clone();
        input.iter_mut().chain(&mut output).for_each(mask);
        json!({
            "request_id": self.id,
            "time": time::text(self.at),
            "method": self.method,
            "path": self.path,
            "service": self.service,
            "operation": self.operation,
            "region": self.region,
            "account_id": self.account,
            "input": input,
            "status": self.status,
            "error": self.error,
            "output": output,
            "duration": self.duration.as_secs_f64(),
            "faults": self.faults,
        })
    }
}

/// What takes the place of a secret.
const MASK: &str = "***";

/// Masks join tokens, and the URLs of live streams, which hold their keys.
fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match (name.as_str(), &mut *value) {
                    ("JoinToken", secret) => *secret = MASK.into(),
                    ("RTMPConfiguration", Value::Object(configuration)) => {
                        configuration.entry("Url").and_modify(|url| *url = MASK.into());
                    }
                    _ => mask(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn secrets_are_masked_wherever_they_are() {
        let mut value = json!({
            "Attendees": [{"JoinToken": "secret", "AttendeeId": "a"}],
            "Sinks": [{"RTMPConfiguration": {"Url": "rtmps://host/secret"}}],
        });
        super::mask(&mut value);
        assert!(!value.to_string().contains("secret"), "{value}");
        assert_eq!(value["Attendees"][0]["AttendeeId"], "a");
    }
}
