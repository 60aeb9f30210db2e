//! What an answer of the service means: a success, or which error.

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::identity::Identity;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};

use crate::error::{Error, ResponseMetadata, ServiceError, class_of};
use crate::redact;
use crate::schema::{Location, Operation, Service};

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The answer, where an error quotes no session token: of a signature that is wrong the service quotes the signed headers.
    pub(crate) fn without_token(mut self, identity: &Identity) -> Answer {
        let keys: Option<&Credentials> = identity.data();
        let token = keys.and_then(Credentials::session_token).filter(|token| !token.is_empty() && !self.is_success());
        if let (Some(token), Ok(text)) = (token, std::str::from_utf8(&self.body))
            && text.contains(token)
        {
            self.body = text.replace(token, redact::HIDDEN).into();
        }
        self
    }

    /// The header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What the answer says besides its body.
    pub(crate) fn metadata(&self) -> ResponseMetadata {
        let mut headers: Vec<(String, String)> = Vec::with_capacity(self.headers.len());
        for name in self.headers.keys() {
            let values: Vec<String> = self.headers.get_all(name).iter().map(|value| latin1(value.as_bytes())).collect();
            headers.push((name.as_str().to_owned(), values.join(", ")));
        }
        let of = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let own = of("x-amzn-requestid");
        let host_id = if own.is_none() { of("x-amz-id-2") } else { None };
        ResponseMetadata { status: self.status, request_id: own.or_else(|| of("x-amz-request-id")), host_id, headers }
    }
}

/// HTTP headers are octets, which Python and browsers read as Latin-1.
fn latin1(octets: &[u8]) -> String {
    octets.iter().copied().map(char::from).collect()
}

/// The error that an answer is.
pub(crate) fn error_of(service: &Service, operation: &Operation, answer: &Answer) -> Error {
    let body = answer.body.trim_ascii();
    let mut error = ServiceError {
        code: None,
        message: None,
        members: Vec::new(),
        class: None,
        response: answer.metadata(),
        max_attempts_reached: false,
        retry_quota_reached: false,
    };
    // A 300 says nothing of an error, yet it is no success.
    if answer.status >= 500 && (body.is_empty() || body.starts_with(b"<html>")) {
        // From a proxy or a load balancer: the service itself did not speak, so a request id is not the service's.
        (error.response.request_id, error.response.host_id) = (None, None);
        error.code = Some(Value::String(answer.status.to_string()));
        let phrase = http::StatusCode::from_u16(answer.status).ok().and_then(|status| status.canonical_reason());
        error.message = Some(Value::String(phrase.unwrap_or_default().to_owned()));
    } else if answer.status != 300 {
        let members = members_of(&answer.body);
        let message = members.get("message").or_else(|| members.get("Message")).cloned();
        error.message = Some(message.unwrap_or_else(|| Value::String(String::new())));
        error.code = Some(code_of(answer, &members));
        add_modelled(service, answer, &members, &mut error);
    }
    Error::service(operation.name, error)
}

/// The members of an error's body; a text that is no JSON object is all message.
fn members_of(body: &[u8]) -> Map<String, Value> {
    if body.is_empty() {
        return Map::new();
    }
    serde_json::from_slice(body).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(body).into_owned();
        Map::from_iter([("message".to_owned(), Value::String(text))])
    })
}

fn code_of(answer: &Answer, members: &Map<String, Value>) -> Value {
    let header = answer.header("x-amzn-errortype").map(|text| Value::String(text.to_owned()));
    let in_body = || {
        ["code", "Code", "__type"].iter().find_map(|name| members.get(*name)).filter(|code| !code.is_null()).cloned()
    };
    match header.or_else(in_body) {
        // `prefix#Name:where it is defined`
        Some(Value::String(text)) => {
            let name = text.split(':').next().unwrap_or_default();
            Value::String(name.rsplit('#').next().unwrap_or_default().to_owned())
        }
        Some(other) => other,
        None => Value::String(answer.status.to_string()),
    }
}

fn add_modelled(service: &Service, answer: &Answer, members: &Map<String, Value>, error: &mut ServiceError) {
    let Some(code) = error.code.as_ref().and_then(Value::as_str) else { return };
    error.class = class_of(service, code);
    let Some(shape) = service.error(code) else { return };
    for member in shape.members {
        let value = match member.location {
            Location::Header => answer.header(member.wire).map(|text| Value::String(text.to_owned())),
            _ => members.get(member.wire).filter(|value| !value.is_null()).cloned(),
        };
        error.members.extend(value.map(|value| (member.name, value)));
    }
}
