//! The credentials of a client, for whoever asks for them beside its calls.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::mpsc::sync_channel;
use std::time::SystemTime;

use aws_credential_types::Credentials;

use crate::client::Client;
use crate::config::static_credentials::StaticCredentials;
use crate::credentials::cache::Source;
use crate::credentials::providers::mfa::{MfaCodes, MfaDevice};
use crate::error::kinds::{Error, ErrorKind};
use crate::error::panics::caught;
use crate::runtime::io_thread;

/// Credentials as a client signs with them.
#[derive(Debug)]
pub struct LoadedCredentials {
    /// The access key, its secret and its token.
    pub keys: StaticCredentials,
    /// Until when they are valid, where that is limited.
    pub expiration: Option<SystemTime>,
}

impl LoadedCredentials {
    fn new(credentials: &Credentials, expiration: Option<SystemTime>) -> LoadedCredentials {
        let keys = StaticCredentials {
            access_key_id: credentials.access_key_id().to_owned(),
            secret_access_key: credentials.secret_access_key().to_owned(),
            session_token: credentials.session_token().map(str::to_owned),
        };
        LoadedCredentials { keys, expiration: credentials.expiry().or(expiration) }
    }
}

impl Client {
    /// Finds the credentials that calls are signed with, valid now, other than those of a host's function, and keeps them for calls;
    /// a client that does not sign has none. `done` is called once with the outcome, on a thread of the process's I/O runtime; where
    /// there is no such runtime, at once.
    pub fn find_credentials(&self, done: impl FnOnce(Result<LoadedCredentials, Error>) + Send + 'static) {
        let client = self.clone();
        let load = async move {
            let context = client.context();
            let identity = context.credentials.identity(&context.env, None).await?;
            let Some(credentials) = identity.data::<Credentials>() else {
                return Err(Error::new(ErrorKind::NoCredentials, "Unable to locate credentials".to_owned()));
            };
            Ok(LoadedCredentials::new(credentials, identity.expiration()))
        };
        on_io_thread(load, done);
    }

    /// The same on a thread that may wait for them.
    pub fn load_credentials(&self) -> Result<LoadedCredentials, Error> {
        let (sender, receiver) = sync_channel(1);
        self.find_credentials(move |found| drop(sender.send(found)));
        let ended = |_| Error::new(ErrorKind::CredentialRetrieval, "the load of credentials was cut off".to_owned());
        receiver.recv().map_err(ended)?
    }

    /// Loads credentials on the process's I/O thread, with codes of devices by the profiles that need them. `done` is called once: with
    /// the credentials, or with the device whose code is needed too.
    pub fn load_with_mfa_codes(
        &self,
        codes: HashMap<String, String>,
        done: impl FnOnce(Result<Result<LoadedCredentials, MfaDevice>, Error>) + Send + 'static,
    ) {
        let client = self.clone();
        let load = async move {
            let context = client.context();
            let Source::CachedProvider(found) = &*context.credentials else {
                let message = "the client has credentials of its own, and loads none".to_owned();
                return Err(Error::new(ErrorKind::InvalidConfig, message));
            };
            let loaded = found.load_with(&context.env, MfaCodes::new(codes)).await?;
            Ok(loaded.map(|credentials| LoadedCredentials::new(&credentials, None)))
        };
        on_io_thread(load, done);
    }
}

/// Does it on the process's I/O thread; where there is no such runtime, `done` has the error at once.
pub(super) fn on_io_thread<T: 'static>(
    load: impl Future<Output = Result<T, Error>> + Send + 'static,
    done: impl FnOnce(Result<T, Error>) + Send + 'static,
) {
    match io_thread::io() {
        Ok(io) => drop(io.spawn(async move { done(caught(pin!(load)).await) })),
        Err(error) => done(Err(error)),
    }
}
