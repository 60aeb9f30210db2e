//! What an answer of the service means: a success, or which error.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use crate::codec::lenient_json;
use crate::error::kinds::{Error, ResponseMetadata, ServiceError, class_of};
use crate::redact;
use crate::schema::{Location, Operation, Service};

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl RawResponse {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What the answer says besides its body.
    pub(crate) fn metadata(&self) -> ResponseMetadata {
        let mut headers: Vec<(String, String)> = Vec::with_capacity(self.headers.len());
        for name in self.headers.keys() {
            let mut values = self.headers.get_all(name).iter().map(|value| latin1(value.as_bytes()));
            let mut joined = values.next().unwrap_or_default();
            values.for_each(|value| joined.extend([", ", &value]));
            headers.push((name.as_str().to_owned(), joined));
        }
        let of = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let own = of("x-amzn-requestid");
        let host_id = if own.is_none() { of("x-amz-id-2") } else { None };
        ResponseMetadata { status: self.status, request_id: own.or_else(|| of("x-amz-request-id")), host_id, headers }
    }
}

impl ResponseMetadata {
    /// The `Content-Encoding` of the body, fit to be quoted, if it has one: no request asks for any.
    pub(crate) fn content_encoding(&self) -> Option<String> {
        let (_, encoding) = self.headers.iter().find(|(name, _)| name == "content-encoding")?;
        let plain = encoding.is_empty() || encoding.eq_ignore_ascii_case("identity");
        (!plain).then(|| redact::code(encoding))
    }
}

/// HTTP headers are octets, which Python and browsers read as Latin-1.
fn latin1(octets: &[u8]) -> String {
    match str::from_utf8(octets) {
        Ok(text) if text.is_ascii() => text.to_owned(),
        _ => octets.iter().copied().map(char::from).collect(),
    }
}

/// The error that an answer is. What it quotes of `token`, the session token of its request, is hidden.
pub(crate) fn error_of(service: &Service, operation: &Operation, answer: &RawResponse, token: Option<&str>) -> Error {
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
    let names_its_class = body.is_empty() && answer.header(ERROR_TYPE).is_some();
    // A 300 says nothing of an error, yet it is no success.
    if answer.status >= 500 && (body.is_empty() || body.starts_with(b"<html>")) && !names_its_class {
        // From a proxy or a load balancer: the service itself did not speak, so a request id is not the service's.
        (error.response.request_id, error.response.host_id) = (None, None);
        error.code = Some(Value::String(answer.status.to_string()));
        error.message = Some(Value::String(phrase_of(answer.status)));
    } else if answer.status >= 500 && names_its_class {
        error.code = Some(code_of(answer, &Members::new()));
        error.message = Some(Value::String(phrase_of(answer.status)));
        add_modelled(service, answer, &Members::new(), &mut error);
    } else if answer.status != 300 {
        let members = members_of(answer, &error.response);
        error.message = Some(message_of(&members));
        error.code = Some(code_of(answer, &members));
        add_modelled(service, answer, &members, &mut error);
    }
    // After it was read, for a token may be any word, that of a member's name too.
    if let Some(token) = token.filter(|token| redact::may_be_token(token)) {
        hide(&mut error, token);
    }
    Error::service(operation.name, error)
}

const ERROR_TYPE: &str = "x-amzn-errortype";

type Members = BTreeMap<String, Value>;

fn phrase_of(status: u16) -> String {
    let phrase = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    phrase.unwrap_or_default().to_owned()
}

/// The members of an error's body; a text that is no JSON object is all message.
fn members_of(answer: &RawResponse, metadata: &ResponseMetadata) -> Members {
    if answer.body.is_empty() {
        return Members::new();
    }
    let text = lenient_json::text(&answer.body);
    lenient_json::members(&text).unwrap_or_else(|| {
        let message = match metadata.content_encoding() {
            Some(encoding) => format!("the body has the Content-Encoding {encoding}, which was not asked for"),
            None => String::from_utf8_lossy(&answer.body).into_owned(),
        };
        Members::from([("message".to_owned(), Value::String(message))])
    })
}

/// The first message that says something; where none does, the first one.
fn message_of(members: &Members) -> Value {
    let given = || ["message", "Message"].iter().filter_map(|name| members.get(*name));
    let says_something = |message: &&Value| !message.is_null() && message.as_str() != Some("");
    let message = given().find(says_something).or_else(|| given().next());
    message.cloned().unwrap_or_else(|| Value::String(String::new()))
}

fn code_of(answer: &RawResponse, members: &Members) -> Value {
    let header = answer.header(ERROR_TYPE).map(|text| Value::String(text.to_owned()));
    let in_body = || {
        let mut given = ["code", "Code", "__type"].iter().filter_map(|name| members.get(*name));
        given.find(|code| !code.is_null()).cloned()
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

fn add_modelled(service: &Service, answer: &RawResponse, members: &Members, error: &mut ServiceError) {
    let Some(code) = error.code.as_ref().and_then(Value::as_str) else { return };
    error.class = class_of(service, code);
    let Some(shape) = error.class.and_then(|class| service.error(class)) else { return };
    for member in shape.structure.members {
        let value = match member.location {
            Location::Header => answer.header(member.wire).map(|text| Value::String(text.to_owned())),
            _ => members.get(member.wire).filter(|value| !value.is_null()).cloned(),
        };
        error.members.extend(value.map(|value| (member.name, value)));
    }
}

/// Hides the token in all texts of an error: of a signature that is wrong the service quotes the signed headers.
fn hide(error: &mut ServiceError, token: &str) {
    let members = error.members.iter_mut().map(|(_, value)| value);
    for value in error.code.iter_mut().chain(&mut error.message).chain(members) {
        hide_in(value, token);
    }
    for (_, text) in &mut error.response.headers {
        *text = text.replace(token, redact::HIDDEN);
    }
}

fn hide_in(value: &mut Value, token: &str) {
    match value {
        Value::String(text) if text.contains(token) => *text = text.replace(token, redact::HIDDEN),
        Value::Array(items) => items.iter_mut().for_each(|item| hide_in(item, token)),
        Value::Object(members) => members.values_mut().for_each(|item| hide_in(item, token)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderName, HeaderValue};
    use serde_json::{Value, json};

    use super::{RawResponse, error_of};
    use crate::error::kinds::{Error, ServiceError};

    fn error(status: u16, headers: &[(&'static str, &'static str)], body: &[u8], token: Option<&str>) -> Error {
        let service = crate::service("chime-sdk-meetings").expect("a known service");
        let of = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let headers: HeaderMap = headers.iter().map(of).collect();
        let answer = RawResponse { status, headers, body: Bytes::copy_from_slice(body) };
        error_of(service, service.operation("GetMeeting").expect("a known operation"), &answer, token)
    }

    fn said(error: &Error) -> (Value, Value, Option<&'static str>) {
        let ServiceError { code, message, class, .. } = error.service_error().expect("an error of the service").clone();
        (code.unwrap_or_default(), message.unwrap_or_default(), class)
    }

    #[test]
    fn nothing_in_a_body_hides_its_code() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        let kind = "\"__type\":\"NotFoundException\"";
        for rest in [
            ",\"Detail\":\"\\ud83d\"",
            ",\"Detail\":1e400",
            &format!(",\"Detail\":{deep}"),
            ",\"code\":null",
            ",\"Code\":null",
            ",\"code\":null,\"Code\":null",
            ",\"Code\":\"Throttling\",\"Code\":null",
        ] {
            let body = format!("{{{kind}{rest},\"message\":\"said\"}}");
            let due = (json!("NotFoundException"), json!("said"), Some("NotFoundException"));
            assert_eq!(said(&error(404, &[], body.as_bytes(), None)), due, "{body}");
        }
        let body = b"{\"__type\":\"NotFoundException\",\"message\":\"caf\xe9 \\ud83d\"}";
        assert_eq!(said(&error(404, &[], body, None)).1, json!("caf\u{fffd} \u{fffd}"));
    }

    #[test]
    fn a_message_that_says_nothing_gives_way() {
        for body in [
            json!({"message": null, "Message": "said"}),
            json!({"message": "", "Message": "said"}),
            json!({"message": "said", "Message": "other"}),
            json!({"message": "said", "Message": ""}),
        ] {
            assert_eq!(said(&error(400, &[], body.to_string().as_bytes(), None)).1, json!("said"), "{body}");
        }
        assert_eq!(said(&error(400, &[], br#"{"message":null}"#, None)).1, Value::Null);
    }

    #[test]
    fn a_5xx_without_a_body_is_the_class_that_its_header_names() {
        let headers = [("x-amzn-errortype", "ServiceUnavailableException:http://x/"), ("retry-after", "7")];
        let named = error(503, &headers, b" ", None);
        let class = "ServiceUnavailableException";
        assert_eq!(said(&named), (json!(class), json!("Service Unavailable"), Some(class)));
        let members = &named.service_error().expect("an error of the service").members;
        assert_eq!(members[..], [("RetryAfterSeconds", json!("7"))]);
        assert_eq!(said(&error(503, &headers, b"<html>busy</html>", None)).0, json!("503"));
    }

    #[test]
    fn an_error_of_a_short_code_has_its_members() {
        let short = error(404, &[], br#"{"Code":"NotFound","Message":"m","RequestId":"r"}"#, None);
        let members = &short.service_error().expect("an error of the service").members;
        assert_eq!(members[..], [("Code", json!("NotFound")), ("Message", json!("m")), ("RequestId", json!("r"))]);
    }

    #[test]
    fn a_token_is_hidden_where_it_can_be_one() {
        let token = "IQoJb3JpZ2luX2VjE/IQoJb3JpZ2luX2VjE=";
        let body = json!({"__type": "NotFoundException", "message": format!("of {token}"), "RequestId": [token]});
        // As some writers of JSON escape it.
        let body = body.to_string().replace('/', "\\/");
        let hidden =
            error(404, &[("x-quoted", "a IQoJb3JpZ2luX2VjE/IQoJb3JpZ2luX2VjE=")], body.as_bytes(), Some(token));
        let service = hidden.service_error().expect("an error of the service");
        assert!(!format!("{service:?}{hidden}").contains("IQoJ"), "{service:?}");
        assert_eq!(said(&hidden).1, json!("of ***"));
        let text = "the latest test of NotFoundException";
        for token in ["e", "test", "Message", "NotFoundException", "Code"] {
            let body = json!({"Code": "NotFoundException", "Message": text}).to_string();
            let due = (json!("NotFoundException"), json!(text), Some("NotFoundException"));
            assert_eq!(said(&error(404, &[], body.as_bytes(), Some(token))), due, "{token}");
        }
    }

    #[test]
    fn an_encoding_that_nobody_asked_for_is_named() {
        let gzip = [("content-encoding", "gzip"), ("x-amzn-errortype", "NotFoundException")];
        let (code, message, _) = said(&error(404, &gzip, b"\x1f\x8b\x08", None));
        let due = "the body has the Content-Encoding gzip, which was not asked for";
        assert_eq!((code, message), (json!("NotFoundException"), json!(due)));
        assert_eq!(said(&error(404, &gzip, br#"{"message":"m"}"#, None)).1, json!("m"), "a label that is wrong");
    }
}
