//! The JSON document of credentials that a container's agent, the metadata service or a process gives.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use serde_json::{Map, Value};

use crate::codec::lenient_json;
use crate::codec::timestamp::Timestamp;
use crate::redact;

/// What a document has to have besides the access key and its secret.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    /// The member of the session token.
    pub(crate) token: &'static str,
    /// Whether the token and the expiry must be there, though the token may be null.
    pub(crate) expires: bool,
}

/// The members of a document. What is no JSON in members beside those of the credentials, such as `NaN`, is no fault.
pub(crate) fn members(body: &[u8]) -> Result<Value, String> {
    let strict = match serde_json::from_slice(body) {
        Ok(document) => return Ok(document),
        Err(error) => error,
    };
    // A byte order mark is none of that: botocore refuses such a document.
    let text = std::str::from_utf8(body).ok().filter(|text| !text.starts_with('\u{feff}'));
    let lenient = text.and_then(lenient_json::members);
    // The reader's own error would quote the text.
    let invalid = || format!("it is not JSON (line {}, column {})", strict.line(), strict.column());
    lenient.map(|members| members.into_iter().collect::<Map<_, _>>().into()).ok_or_else(invalid)
}

/// The credentials of a document, or what is wrong with it, without its values.
pub(crate) fn credentials(document: &Value, form: Form, provider: &'static str) -> Result<Credentials, String> {
    let members = document.as_object().ok_or_else(|| format!("it is {}, not an object", kind(document)))?;
    let required = |name: &str| text(members, name)?.ok_or_else(|| format!("it has no {name}"));
    let (id, secret) = (required("AccessKeyId")?, required("SecretAccessKey")?);
    if form.expires && !members.contains_key(form.token) {
        return Err(format!("it has no {}", form.token));
    }
    let token = text(members, form.token)?.filter(|token| !token.is_empty());
    let name = "Expiration";
    let expiry = match text(members, name)? {
        Some(at) => {
            Some(time(&at).ok_or_else(|| format!("its {name} is {}, not a time with a zone", redact::value(&at)))?)
        }
        None if form.expires => return Err(format!("it has no {name}")),
        None => None,
    };
    Ok(Credentials::new(id, secret, token, expiry, provider))
}

/// The code and the message of an error's document.
pub(crate) fn fault(body: &[u8]) -> Option<String> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let of = |names: [&str; 2]| names.iter().find_map(|name| document.get(name)?.as_str());
    let parts: Vec<&str> = [of(["code", "Code"]), of(["message", "Message"])]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect();
    (!parts.is_empty()).then(|| redact::message(&one_line(&parts.join(": "))))
}

/// The text on one line.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A point in time whose zone is known.
pub(crate) fn time(text: &str) -> Option<SystemTime> {
    let time = Timestamp::parse(text).filter(|time| time.offset.is_some())?;
    let since = Duration::from_micros(time.micros.unsigned_abs());
    if time.micros < 0 { UNIX_EPOCH.checked_sub(since) } else { UNIX_EPOCH.checked_add(since) }
}

/// A member that is text; null is as absent.
fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(format!("its {name} is {}, not a string", kind(other))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Form, credentials, fault, members, time};

    const AGENT: Form = Form { token: "Token", expires: true };

    #[test]
    fn an_expiration_is_read_in_each_form_with_a_zone() {
        let utc = time("2099-01-01T00:00:00Z").expect("a time");
        for form in [
            "2099-01-01T00:00:00+00:00",
            "2099-01-01T02:00:00+02:00",
            "2099-01-01 00:00:00Z",
            "2099-01-01 00:00:00+00:00",
            "2099-01-01T00:00:00.000000+00:00",
            "2099-01-01t00:00:00z",
            "20990101T000000Z",
            "Thu, 01 Jan 2099 00:00:00 GMT",
        ] {
            assert_eq!(time(form), Some(utc), "{form}");
        }
        for form in ["", "soon", "2099-01-01", "2099-01-01T00:00:00"] {
            assert_eq!(time(form), None, "{form}");
        }
    }

    #[test]
    fn a_document_may_hold_what_is_no_json_beside_its_credentials() {
        let body = br#"{"AccessKeyId": "A", "SecretAccessKey": "S", "Version": 1, "Other": NaN}"#;
        let document = members(body).expect("a document");
        let form = Form { token: "Token", expires: false };
        assert_eq!(credentials(&document, form, "test").expect("credentials").access_key_id(), "A");
        for invalid in [&b"<html>"[..], b"", b"\xEF\xBB\xBF{}", b"{\"AccessKeyId\": \"\xFF\"}"] {
            assert!(members(invalid).expect_err("no document").starts_with("it is not JSON"));
        }
    }

    #[test]
    fn what_is_wrong_with_a_document_is_said_without_its_values() {
        let good =
            json!({"AccessKeyId": "A", "SecretAccessKey": "S", "Token": null, "Expiration": "2099-01-01T00:00:00Z"});
        let found = credentials(&good, AGENT, "p").expect("credentials");
        assert_eq!((found.session_token(), found.expiry()), (None, time("2099-01-01T00:00:00Z")));
        for (change, says) in [
            (json!({"AccessKeyId": 5}), "its AccessKeyId is a number, not a string"),
            (json!({"SecretAccessKey": null}), "it has no SecretAccessKey"),
            (json!({"Expiration": "soon"}), "its Expiration is \"soon\", not a time with a zone"),
        ] {
            let mut bad = good.clone();
            bad.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
            assert_eq!(credentials(&bad, AGENT, "p").expect_err("no credentials"), says);
        }
        assert_eq!(credentials(&json!(null), AGENT, "p").expect_err("no credentials"), "it is null, not an object");
    }

    #[test]
    fn an_error_of_an_agent_is_its_code_and_message() {
        let body = br#"{"code": "RoleMissing", "message": "no role\nfor this task", "SecretAccessKey": "S"}"#;
        assert_eq!(fault(body).as_deref(), Some("RoleMissing: no role for this task"));
        assert_eq!(fault(b"<html>"), None);
    }
}
