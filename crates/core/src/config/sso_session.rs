//! What a profile says of an SSO session that a person opened with `aws sso login`.

use crate::config::profile::Profile;
use crate::error::kinds::{Error, ErrorKind};

/// A role of an account, and the session that gives its credentials.
#[derive(Debug)]
pub(crate) struct Session {
    /// The name of the `sso-session` section, if there is one.
    pub(crate) name: Option<String>,
    pub(crate) account_id: String,
    pub(crate) role_name: String,
    pub(crate) start_url: String,
    pub(crate) region: String,
}

impl Session {
    /// The session of the profile, if it is to get credentials from one.
    pub(crate) fn of(profile: &Profile) -> Result<Option<Session>, Error> {
        if !is_configured(profile) {
            return Ok(None);
        }
        let name = profile.get("sso_session");
        if let Some(name) = &name
            && !profile.has_session(name)
        {
            return Err(missing_session(name));
        }
        let mut missing = Vec::new();
        let mut required = |value: Option<String>, key: &'static str| {
            value.unwrap_or_else(|| {
                missing.push(key);
                String::new()
            })
        };
        let session = Session {
            role_name: required(profile.get("sso_role_name"), "sso_role_name"),
            account_id: required(profile.get("sso_account_id"), "sso_account_id"),
            start_url: required(shared(profile, name.as_deref(), "sso_start_url")?, "sso_start_url"),
            region: required(shared(profile, name.as_deref(), "sso_region")?, "sso_region"),
            name,
        };
        if missing.is_empty() {
            return Ok(Some(session));
        }
        Err(invalid(format!(
            "The profile \"{}\" is configured to use SSO but is missing required configuration: {}",
            profile.name,
            missing.join(", ")
        )))
    }
}

/// Fails for a session that the profile names and the files do not have, or that says too little for any use of it.
pub(crate) fn check(profile: &Profile) -> Result<(), Error> {
    let Some(name) = profile.get("sso_session") else { return Ok(()) };
    if !profile.has_session(&name) {
        return Err(missing_session(&name));
    }
    let missing: Vec<&str> =
        ["sso_start_url", "sso_region"].into_iter().filter(|key| profile.of_session(&name, key).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(invalid(format!(
        "The profile \"{}\" is configured to use the SSO token provider but is missing the following configuration: {}.",
        profile.name,
        missing.join(", ")
    )))
}

/// Whether the profile is to get credentials from a session.
fn is_configured(profile: &Profile) -> bool {
    ["sso_role_name", "sso_account_id"].iter().any(|key| profile.get(key).is_some())
}

fn missing_session(name: &str) -> Error {
    invalid(format!("The specified sso-session does not exist: \"{name}\""))
}

/// A setting of the profile's session, which the profile may repeat but not contradict.
fn shared(profile: &Profile, session: Option<&str>, key: &str) -> Result<Option<String>, Error> {
    let own = profile.get(key);
    let of_session = session.and_then(|name| profile.of_session(name, key));
    match (&own, &of_session) {
        (Some(own), Some(of_session)) if own != of_session => Err(invalid(format!(
            "The value for {key} is inconsistent between profile ({own}) and sso-session ({of_session})."
        ))),
        _ => Ok(of_session.or(own)),
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}
