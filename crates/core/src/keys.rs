//! The keys that stand in the environment, or in one of the shared config files.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;

use crate::chain::{variable, wrong};
use crate::error::{Error, ErrorKind};
use crate::profile::{File, Profile};
use crate::timestamp::Timestamp;
use crate::world::World;

/// The keys of the environment.
pub(crate) fn of_environment(world: &World) -> Result<Option<Credentials>, Error> {
    let Some(id) = variable(world, "AWS_ACCESS_KEY_ID") else { return Ok(None) };
    let secret = variable(world, "AWS_SECRET_ACCESS_KEY").ok_or_else(|| partial("env", "AWS_SECRET_ACCESS_KEY"))?;
    let token = variable(world, "AWS_SECURITY_TOKEN").or_else(|| variable(world, "AWS_SESSION_TOKEN"));
    let name = "AWS_CREDENTIAL_EXPIRATION";
    let end = match variable(world, name) {
        None => None,
        Some(text) => Some(time(&text).ok_or_else(|| wrong(name, &text, "a time such as 2030-01-31T12:00:00Z"))?),
    };
    Ok(Some(Credentials::new(id, secret, token, end, "env")))
}

/// The keys that one of the files has for a profile.
pub(crate) fn of_file(profile: &Profile, file: File) -> Result<Option<Credentials>, Error> {
    let profile = profile.of_file(&profile.name, file);
    let named = |key| profile.get(key);
    let Some(id) = named("aws_access_key_id") else { return Ok(None) };
    let place = file.provider();
    let secret = named("aws_secret_access_key").ok_or_else(|| partial(place, "aws_secret_access_key"))?;
    let token = named("aws_security_token").or_else(|| named("aws_session_token"));
    Ok(Some(Credentials::new(id, secret, token, None, place)))
}

/// The credentials, unless they have ended by our clock.
pub(crate) fn fresh(credentials: Credentials, world: &World) -> Result<Credentials, Error> {
    if credentials.expiry().is_none_or(|end| end > (world.now)()) {
        return Ok(credentials);
    }
    let message = "Credentials were refreshed, but the refreshed credentials are still expired.";
    Err(Error::new(ErrorKind::CredentialRetrieval, message.to_owned()))
}

/// The error for a part that is missing.
pub(crate) fn partial(place: &str, missing: &str) -> Error {
    let message = format!("Partial credentials found in {place}, missing: {missing}");
    Error::new(ErrorKind::PartialCredentials, message)
}

fn time(text: &str) -> Option<SystemTime> {
    let micros = Timestamp::parse(text)?.micros;
    UNIX_EPOCH.checked_add(Duration::from_micros(u64::try_from(micros).ok()?))
}
