//! The keys that signatures are made with: derived of a secret for a day, a Region and a service, which costs more than the signature
//! itself.

use std::fmt;
use std::sync::RwLock;
use std::time::SystemTime;

use aws_sigv4::sign::v4::generate_signing_key;
use ring::digest::{Digest, SHA256, digest};

use crate::signing::date::AmzDate;

/// The key of one day, Region and service.
pub(crate) type SigningKey = [u8; 32];

/// The key that was used last. Who finds it locked, as for ever in a forked process, derives its own.
#[derive(Default)]
pub(crate) struct SigningKeys(RwLock<Option<Derived>>);

struct Derived {
    /// The digest of the secret, which outlives no call by this.
    secret: Digest,
    day: String,
    region: String,
    service: String,
    key: SigningKey,
}

impl SigningKeys {
    /// The key for these.
    pub(crate) fn key(
        &self,
        secret: &str,
        time: SystemTime,
        date: &AmzDate,
        region: &str,
        service: &str,
    ) -> SigningKey {
        let day = date.day();
        let digest = digest(&SHA256, secret.as_bytes());
        let is_for = |known: &&Derived| {
            known.secret.as_ref() == digest.as_ref()
                && (&*known.day, &*known.region, &*known.service) == (day, region, service)
        };
        if let Ok(known) = self.0.try_read()
            && let Some(known) = known.as_ref().filter(is_for)
        {
            return known.key;
        }
        let derived = generate_signing_key(secret, time, region, service);
        let mut key = SigningKey::default();
        key.copy_from_slice(derived.as_ref());
        if let Ok(mut known) = self.0.try_write() {
            let [day, region, service] = [day, region, service].map(str::to_owned);
            *known = Some(Derived { secret: digest, day, region, service, key });
        }
        key
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKeys")
    }
}
