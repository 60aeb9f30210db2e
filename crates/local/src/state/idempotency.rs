//! Idempotency tokens: what each stands for, and for how long.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value};

/// The tokens that creations were made with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens(HashMap<Arc<str>, Remembered>);

#[derive(Clone, Debug)]
struct Remembered {
    fingerprint: u64,
    resource: u64,
    /// When it is forgotten, once its resource has ended.
    expiry: Option<SystemTime>,
}

/// What an idempotency token says of a creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idempotency {
    /// The token is new.
    New,
    /// The resource was created before, with the same input.
    Replay(u64),
    /// The token was used for another input.
    Mismatch(u64),
}

impl Tokens {
    pub(crate) fn check(&mut self, token: &str, fingerprint: u64, now: SystemTime) -> Idempotency {
        let Some(known) = self.0.get(token) else { return Idempotency::New };
        if known.expiry.is_some_and(|expiry| expiry <= now) {
            self.0.remove(token);
            return Idempotency::New;
        }
        if known.fingerprint == fingerprint {
            Idempotency::Replay(known.resource)
        } else {
            Idempotency::Mismatch(known.resource)
        }
    }

    pub(crate) fn remember(&mut self, token: Arc<str>, fingerprint: u64, resource: u64) {
        self.0.insert(token, Remembered { fingerprint, resource, expiry: None });
    }

    pub(crate) fn expire(&mut self, token: &str, at: Option<SystemTime>) {
        if let Some(known) = self.0.get_mut(token) {
            known.expiry = at;
        }
    }

    pub(crate) fn forget(&mut self, token: &str) {
        self.0.remove(token);
    }

    /// Each token with its fingerprint, resource and expiry.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, u64, u64, Option<SystemTime>)> {
        self.0.iter().map(|(token, known)| (&**token, known.fingerprint, known.resource, known.expiry))
    }
}

/// A number that inputs which differ have not in common. It is kept in state files: the same in every version.
pub(crate) fn fingerprint(input: &Map<String, Value>) -> u64 {
    let mut canonical = String::new();
    write_members(input, &mut canonical);
    // FNV-1a.
    canonical.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// JSON with sorted members.
fn write_members(members: &Map<String, Value>, to: &mut String) {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    to.push('{');
    for (name, value) in members {
        to.push_str(&Value::from(name.as_str()).to_string());
        to.push(':');
        write_value(value, to);
        to.push(',');
    }
    to.push('}');
}

fn write_value(value: &Value, to: &mut String) {
    match value {
        Value::Object(members) => write_members(members, to),
        Value::Array(items) => {
            to.push('[');
            for item in items {
                write_value(item, to);
                to.push(',');
            }
            to.push(']');
        }
        scalar => to.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::fingerprint;

    fn of_input(input: &Value) -> u64 {
        fingerprint(input.as_object().expect("an object"))
    }

    #[test]
    fn inputs_are_equal_whatever_the_order_of_their_members() {
        assert_eq!(
            of_input(&json!({"a": 1, "b": {"c": [1], "d": null}})),
            of_input(&json!({"b": {"d": null, "c": [1]}, "a": 1}))
        );
        assert_ne!(of_input(&json!({"a": ["b", "c"]})), of_input(&json!({"a": ["c", "b"]})));
        assert_ne!(of_input(&json!({"a": {}})), of_input(&json!({"a": []})));
    }
}
