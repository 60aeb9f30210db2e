//! Idempotency tokens: what each stands for, and for how long.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::SystemTime;

use serde_json::{Map, Value};

/// The tokens that creations were made with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens(HashMap<String, Remembered>);

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

    pub(crate) fn remember(&mut self, token: String, fingerprint: u64, resource: u64) {
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
        self.0.iter().map(|(token, known)| (token.as_str(), known.fingerprint, known.resource, known.expiry))
    }
}

/// A number that inputs which differ have not in common.
pub(crate) fn fingerprint(input: &Map<String, Value>) -> u64 {
    fn feed(value: &Value, hasher: &mut DefaultHasher) {
        match value {
            Value::Object(map) => {
                let mut members: Vec<_> = map.iter().collect();
                members.sort_by_key(|(name, _)| *name);
                (1u8, members.len()).hash(hasher);
                for (name, value) in members {
                    name.hash(hasher);
                    feed(value, hasher);
                }
            }
            Value::Array(items) => {
                (2u8, items.len()).hash(hasher);
                for item in items {
                    feed(item, hasher);
                }
            }
            scalar => (3u8, scalar).hash(hasher),
        }
    }
    let mut hasher = DefaultHasher::new();
    let mut members: Vec<_> = input.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    for (name, value) in members {
        name.hash(&mut hasher);
        feed(value, &mut hasher);
    }
    hasher.finish()
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
