//! The keys that signatures are made with: derived of a secret for a day, a Region and a service, which costs more than the signature
//! itself.

use std::fmt;
use std::sync::RwLock;

use ring::digest::{Digest, SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};

/// The key that was used last. Who finds it locked, as for ever in a forked process, derives its own.
#[derive(Default)]
pub(crate) struct SigningKeys(RwLock<Option<Derived>>);

struct Derived {
    /// The digest of the secret, which outlives no call by this.
    secret: Digest,
    day: String,
    region: String,
    service: String,
    key: Key,
}

impl SigningKeys {
    /// The key for these.
    pub(crate) fn key(&self, secret: &str, day: &str, region: &str, service: &str) -> Key {
        let digest = digest(&SHA256, secret.as_bytes());
        let is_for = |known: &&Derived| {
            known.secret.as_ref() == digest.as_ref()
                && (&*known.day, &*known.region, &*known.service) == (day, region, service)
        };
        if let Ok(known) = self.0.try_read()
            && let Some(known) = known.as_ref().filter(is_for)
        {
            return known.key.clone();
        }
        let first = Key::new(HMAC_SHA256, ["AWS4", secret].concat().as_bytes());
        let next = |key: Key, part: &str| Key::new(HMAC_SHA256, sign(&key, part.as_bytes()).as_ref());
        let key = [day, region, service, "aws4_request"].into_iter().fold(first, next);
        if let Ok(mut known) = self.0.try_write() {
            let [day, region, service] = [day, region, service].map(str::to_owned);
            *known = Some(Derived { secret: digest, day, region, service, key: key.clone() });
        }
        key
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys")
    }
}
