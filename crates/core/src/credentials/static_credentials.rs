//! The credentials that stand in the environment, or in one of the shared config files; and what may stand in any.

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity;

use crate::config::profile::{File, Profile};
use crate::config::setting_resolver::invalid_setting;
use crate::config::static_credentials::StaticCredentials;
use crate::credentials::providers::document::time;
use crate::credentials::refresh::Schedule;
use crate::error::kinds::{Error, ErrorKind};
use crate::runtime::environment::Environment;

/// The provider's name of credentials given in code.
pub(crate) const CODE: &str = "code";
/// The provider's name of credentials of the environment.
pub(crate) const ENVIRONMENT: &str = "env";

/// The credentials of the environment.
pub(crate) fn of_environment(env: &Environment) -> Result<Option<Credentials>, Error> {
    let Some(id) = env.variable("AWS_ACCESS_KEY_ID") else { return Ok(None) };
    let missing = || partial(ENVIRONMENT, "AWS_SECRET_ACCESS_KEY");
    let secret = env.variable("AWS_SECRET_ACCESS_KEY").ok_or_else(missing)?;
    let token = env.variable("AWS_SECURITY_TOKEN").or_else(|| env.variable("AWS_SESSION_TOKEN"));
    let name = "AWS_CREDENTIAL_EXPIRATION";
    let expiry = match env.variable(name) {
        None => None,
        Some(text) => {
            Some(time(&text).ok_or_else(|| invalid_setting(name, &text, "a time such as 2030-01-31T12:00:00Z"))?)
        }
    };
    Ok(Some(Credentials::new(id, secret, token, expiry, ENVIRONMENT)))
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

/// The credentials, unless they have expired by our clock or cannot be sent.
pub(crate) fn fresh(credentials: Credentials, provider: &str, env: &Environment) -> Result<Credentials, Error> {
    check(&credentials, provider)?;
    let now = (env.now)();
    if Schedule::new(credentials.expiry(), now).is_sendable(now) {
        return Ok(credentials);
    }
    let message = "Credentials were refreshed, but the refreshed credentials are still expired.";
    Err(Error::new(ErrorKind::CredentialRetrieval, message.to_owned()))
}

/// Fails for credentials given in code that no request can carry.
pub(crate) fn check_identity(identity: &Identity) -> Result<(), Error> {
    identity.data().map_or(Ok(()), |credentials| check(credentials, CODE))
}

/// Names the part that no request can carry, and what is wrong with it, but not its value.
fn check(credentials: &Credentials, provider: &str) -> Result<(), Error> {
    let parts = [
        ("access key id", "AWS_ACCESS_KEY_ID", Some(credentials.access_key_id()), true),
        ("secret access key", "AWS_SECRET_ACCESS_KEY", Some(credentials.secret_access_key()), true),
        // HTTP takes away the blanks around a header, so that a token with such is as good as one without.
        ("session token", "AWS_SESSION_TOKEN", credentials.session_token(), false),
    ];
    for (part, variable, value, to_the_byte) in parts {
        let Some(cause) = value.and_then(|value| fault(value, to_the_byte)) else { continue };
        let (place, kind) = match provider {
            CODE => ("given in code".to_owned(), ErrorKind::InvalidConfig),
            ENVIRONMENT => (format!("in the environment ({variable})"), ErrorKind::InvalidConfig),
            provider => (format!("from {provider}"), ErrorKind::CredentialRetrieval),
        };
        let cure = "it may have been copied with what stands around it";
        return Err(Error::new(
            kind,
            format!("the {part} {place} {cause}, which no request can be signed with; {cure}"),
        ));
    }
    Ok(())
}

fn fault(value: &str, to_the_byte: bool) -> Option<String> {
    if value.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let at = |index: usize| match index {
        0 => "begins with",
        _ if index + 1 == value.chars().count() => "ends with",
        _ => "contains",
    };
    for (index, c) in value.chars().enumerate() {
        let what = match c {
            '\n' => "a newline".to_owned(),
            '\r' => "a carriage return (a line break)".to_owned(),
            // A header may hold tabs.
            '\t' if !to_the_byte => continue,
            '\t' => "a tab (a control character)".to_owned(),
            c if c.is_ascii_control() => format!("the control character U+{:04X}", u32::from(c)),
            c => match at(index) {
                "contains" => continue,
                _ if to_the_byte && c.is_whitespace() => "a blank".to_owned(),
                _ => continue,
            },
        };
        return Some(format!("{} {what}", at(index)));
    }
    None
}

/// The error for a part that is missing.
pub(crate) fn partial(place: &str, missing: &str) -> Error {
    let message = format!("Partial credentials found in {place}, missing: {missing}");
    Error::new(ErrorKind::PartialCredentials, message)
}

/// Credentials given in code, for the signer.
pub(crate) fn identity(given: &StaticCredentials) -> Identity {
    let (id, secret, token) = (&given.access_key_id, &given.secret_access_key, &given.session_token);
    let token = token.clone().filter(|token| !token.is_empty());
    Identity::new(Credentials::new(id, secret, token, None, CODE), None)
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn what_no_request_can_carry_is_named_by_its_place() {
        for (value, to_the_byte, says) in [
            ("AKID\n", true, Some("ends with a newline")),
            ("\u{7}AKID", true, Some("begins with the control character U+0007")),
            ("AK\rID", false, Some("contains a carriage return (a line break)")),
            ("AKID ", true, Some("ends with a blank")),
            ("\u{a0}AKID", true, Some("begins with a blank")),
            ("AK ID", true, None),
            (" to  ken\t1 ", false, None),
            ("AK\u{e9}", true, None),
        ] {
            assert_eq!(fault(value, to_the_byte).as_deref(), says, "{value:?}");
        }
    }
}
