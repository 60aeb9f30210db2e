//! Roles that need the code of a device. Their credentials are shared with the AWS CLI, through the files of its cache, so that a
//! code is asked for once for both.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::Credentials;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Map, Value, json};

use crate::config::file_locations;
use crate::credentials::providers::assume_role::Role;
use crate::credentials::providers::document::time;
use crate::credentials::providers::sso::iso;
use crate::runtime::environment::Environment;
use crate::runtime::files::{self, hex};

/// The codes that a load has, by the profiles whose roles need them.
#[derive(Debug, Default)]
pub(crate) struct MfaCodes {
    given: HashMap<String, String>,
    /// The first that it had not.
    missing: Mutex<Option<MfaDevice>>,
}

/// A device whose code a role needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MfaDevice {
    /// The profile that names it.
    pub profile: String,
    /// Its serial number, or its ARN.
    pub serial: String,
}

/// The AWS CLI takes no credentials out of its cache that end sooner.
const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_mins(15);

impl MfaCodes {
    pub(crate) fn new(given: HashMap<String, String>) -> MfaCodes {
        MfaCodes { given, missing: Mutex::default() }
    }

    /// The code for that profile; that there is none is noted.
    pub(crate) fn of(&self, profile: &str, serial: &str) -> Option<&str> {
        let code = self.given.get(profile).map(String::as_str);
        if code.is_none() {
            let device = MfaDevice { profile: profile.to_owned(), serial: serial.to_owned() };
            self.missing.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(device);
        }
        code
    }

    /// The device whose code was missing.
    pub(crate) fn missing(self) -> Option<MfaDevice> {
        self.missing.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The credentials of the role that the cache has, if it needs a code and they last.
pub(crate) async fn cached(role: &Role, env: &Environment, provider: &'static str) -> Option<Credentials> {
    let object = files::read_object(&path(role, env)?).await.ok()?;
    let given = object.get("Credentials")?.as_object()?;
    let member = |name: &str| given.get(name).and_then(Value::as_str).map(str::to_owned);
    // The AWS CLI writes the name of the time zone.
    let expiry = member("Expiration").and_then(|text| time(&text.replace("UTC", "Z")))?;
    if expiry <= (env.now)() + REFRESH_BEFORE_EXPIRY {
        return None;
    }
    let token = member("SessionToken").filter(|token| !token.is_empty());
    Some(Credentials::new(member("AccessKeyId")?, member("SecretAccessKey")?, token, Some(expiry), provider))
}

/// Puts them there, if the role needs a code. Without them the next program asks for one.
pub(crate) async fn cache(role: &Role, env: &Environment, credentials: &Credentials) {
    let (Some(path), Some(expiry)) = (path(role, env), credentials.expiry()) else { return };
    let given = json!({
        "AccessKeyId": credentials.access_key_id(),
        "SecretAccessKey": credentials.secret_access_key(),
        "SessionToken": credentials.session_token().unwrap_or_default(),
        "Expiration": iso(expiry),
    });
    if let Err(cause) = files::write_object(&path, &Map::from_iter([("Credentials".to_owned(), given)])).await {
        tracing::debug!(target: "chimeline", %cause, "the credentials of a role were not kept");
    }
}

fn path(role: &Role, env: &Environment) -> Option<PathBuf> {
    role.mfa_serial.as_ref()?;
    let home = file_locations::home(env)?;
    let key = hex(digest(&SHA1_FOR_LEGACY_USE_ONLY, key(role).as_bytes()).as_ref());
    Some(PathBuf::from(home).join(".aws/cli/cache").join(key + ".json"))
}

/// What the AWS CLI names its files by: the parameters of the call, as Python writes them to JSON.
fn key(role: &Role) -> String {
    let text =
        |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("\"{name}\": {}", quoted(value)));
    let members = [
        role.duration.map(|duration| format!("\"DurationSeconds\": {}", duration.as_secs())),
        text("ExternalId", &role.external_id),
        Some(format!("\"RoleArn\": {}", quoted(&role.arn))),
        text("RoleSessionName", &role.session_name),
        text("SerialNumber", &role.mfa_serial),
    ];
    format!("{{{}}}", members.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for c in Value::from(text).to_string().chars() {
        if c.is_ascii() && c != '\x7f' {
            out.push(c);
        } else {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Role, key, quoted};

    #[test]
    fn parameters_are_written_as_python_writes_them() {
        let role = Role {
            profile: "p".to_owned(),
            arn: "arn:aws:iam::1:role/r".to_owned(),
            session_name: None,
            external_id: Some("x".to_owned()),
            duration: Some(std::time::Duration::from_mins(15)),
            mfa_serial: Some("arn:aws:iam::1:mfa/m".to_owned()),
        };
        let due = "{\"DurationSeconds\": 900, \"ExternalId\": \"x\", \"RoleArn\": \"arn:aws:iam::1:role/r\", \
                   \"SerialNumber\": \"arn:aws:iam::1:mfa/m\"}";
        assert_eq!(key(&role), due);
        assert_eq!(quoted("a\"\\\n\u{7f}é😀/"), r#""a\"\\\n\u007f\u00e9\ud83d\ude00/""#);
    }
}
