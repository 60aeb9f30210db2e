//! The roles that a profile names, each assumed with the credentials of the next, down to some that are found otherwise.

use std::time::Duration;

use crate::config::profile::Profile;
use crate::credentials::static_credentials::partial;
use crate::error::kinds::{Error, ErrorKind};

/// A role to assume.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    /// The profile that names it.
    pub(crate) profile: String,
    pub(crate) arn: String,
    pub(crate) session_name: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) duration: Option<Duration>,
    /// The device whose code it needs.
    pub(crate) mfa_serial: Option<String>,
}

/// What the last of the roles is assumed with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SourceCredentials {
    /// One of `SOURCES`.
    Source(String),
    /// What a profile has besides a role.
    Profile(String),
}

/// What `credential_source` may name.
pub(crate) const ENVIRONMENT: &str = "Environment";
pub(crate) const CONTAINER: &str = "EcsContainer";
pub(crate) const INSTANCE: &str = "Ec2InstanceMetadata";
const SOURCES: [&str; 3] = [ENVIRONMENT, CONTAINER, INSTANCE];

/// Whether credentials of the profile are those of a role.
pub(crate) fn names_role(profile: &Profile, name: &str) -> bool {
    // With a token of a web identity a role needs no other credentials.
    profile.of(name, "role_arn").is_some() && profile.of(name, "web_identity_token_file").is_none()
}

/// The roles of the profile, its own first, and what the last one is assumed with.
pub(crate) fn chain(profile: &Profile) -> Result<(Vec<Role>, SourceCredentials), Error> {
    let mut name = profile.name.clone();
    let (mut roles, mut visited) = (Vec::new(), Vec::new());
    loop {
        let get = |key| profile.of(&name, key);
        roles.push(Role {
            profile: name.clone(),
            mfa_serial: get("mfa_serial"),
            arn: get("role_arn").unwrap_or_default(),
            session_name: get("role_session_name"),
            external_id: get("external_id"),
            duration: get("duration_seconds").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs),
        });
        let next = match (get("source_profile"), get("credential_source")) {
            (Some(_), Some(_)) => {
                return Err(invalid(format!(
                    "The profile \"{name}\" contains both source_profile and credential_source."
                )));
            }
            (None, None) => return Err(partial("assume-role", "source_profile or credential_source")),
            (None, Some(source)) if SOURCES.contains(&source.as_str()) => {
                return Ok((roles, SourceCredentials::Source(source)));
            }
            (None, Some(source)) => {
                return Err(invalid(format!(
                    "The credential source \"{source}\" referenced in profile \"{name}\" is not valid."
                )));
            }
            (Some(next), None) => next,
        };
        if !profile.has(&next) {
            return Err(invalid(format!(
                "The source_profile \"{next}\" referenced in the profile \"{name}\" does not exist."
            )));
        }
        let has_keys =
            ["aws_access_key_id", "aws_secret_access_key"].iter().any(|key| profile.of(&next, key).is_some());
        visited.push(name.clone());
        if visited.contains(&next) && !(next == name && has_keys) {
            let visited: Vec<String> = visited.iter().map(|name| format!("'{name}'")).collect();
            let message = format!(
                "Infinite loop in credential configuration detected. Attempting to load from profile {next} which has \
                 already been visited. Visited profiles: [{}]",
                visited.join(", ")
            );
            return Err(Error::new(ErrorKind::InfiniteLoopConfig, message));
        }
        if has_keys || !names_role(profile, &next) {
            return Ok((roles, SourceCredentials::Profile(next)));
        }
        name = next;
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidConfig, message)
}

/// The error where a code is needed and there is nobody to give it.
pub(crate) fn no_code(profile: &str) -> Error {
    let cure = "give temporary keys of that role, or name a credential_process";
    let message = format!(
        "Error when retrieving credentials from assume-role: profile {profile:?} has an mfa_serial, and nobody can be \
         asked for a code here; {cure}"
    );
    Error::new(ErrorKind::CredentialRetrieval, message)
}
