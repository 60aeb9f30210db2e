//! Why a request is refused, and how the response says so.

use chimeline_core::schema::Service;
use serde_json::{Map, Value};

/// An error to respond with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceError {
    /// Such as `BadRequestException`.
    pub(crate) code: String,
    /// One line for people.
    pub(crate) message: String,
    /// The HTTP status of a code that the service's model does not name.
    status: u16,
    keeps_status: bool,
}

impl ServiceError {
    /// One of the errors that the service's model names, which gives its status.
    pub(crate) fn new(code: &str, message: impl Into<String>) -> ServiceError {
        ServiceError::with_status(400, code, message)
    }

    /// An error of the layer in front of the services.
    pub(crate) fn with_status(status: u16, code: &str, message: impl Into<String>) -> ServiceError {
        ServiceError { code: code.to_owned(), message: message.into(), status, keeps_status: false }
    }

    /// The body is not what the operation reads.
    pub(crate) fn unreadable(message: impl Into<String>) -> ServiceError {
        ServiceError::with_status(400, "SerializationException", message)
    }

    /// The input breaks a rule.
    pub(crate) fn bad(message: impl Into<String>) -> ServiceError {
        ServiceError::new("BadRequestException", message)
    }

    /// There is no such resource.
    pub(crate) fn not_found(noun: &str, identifier: &str) -> ServiceError {
        ServiceError::new("NotFoundException", format!("{noun} {identifier} not found"))
    }

    /// The caller may not do that.
    pub(crate) fn forbidden(message: impl Into<String>) -> ServiceError {
        ServiceError::with_status(403, "ForbiddenException", message)
    }

    /// The state of a resource does not allow it.
    pub(crate) fn conflict(message: impl Into<String>) -> ServiceError {
        ServiceError::new("ConflictException", message)
    }

    /// A limit of a service is reached.
    pub(crate) fn limit(service: &Service, message: impl Into<String>) -> ServiceError {
        let is_meetings = service.name == "chime-sdk-meetings";
        let code = if is_meetings { "LimitExceededException" } else { "ResourceLimitExceededException" };
        ServiceError::new(code, message)
    }

    /// With its own status, whatever the service's model says.
    pub(crate) fn given_status(mut self) -> ServiceError {
        self.keeps_status = true;
        self
    }

    /// The status and body of the response; `service` is the one called, where that is known.
    pub(crate) fn render(&self, service: Option<&Service>, request_id: &str) -> (u16, Value) {
        let mut body = Map::new();
        let Some(shape) = service.and_then(|service| service.error(&self.code)) else {
            body.insert("message".to_owned(), self.message.clone().into());
            return (self.status, Value::Object(body));
        };
        for member in shape.structure.members {
            let value = match member.name {
                "Code" => short(&self.code),
                "Message" => &self.message,
                "RequestId" => request_id,
                _ => continue,
            };
            body.insert(member.wire.to_owned(), value.into());
        }
        let status = if self.keeps_status { self.status } else { shape.status };
        (status, Value::Object(body))
    }
}

/// The short form of a code, which bodies have: `Throttled` of `ThrottledClientException`.
fn short(code: &str) -> &str {
    let name = code.strip_suffix("Exception").unwrap_or(code);
    name.strip_suffix("Client").unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use chimeline_core::service;
    use serde_json::json;

    use super::ServiceError;

    #[test]
    fn a_modelled_error_has_its_status_and_members() {
        let refusal = ServiceError::new("ThrottledClientException", "slow down");
        let (status, body) = refusal.render(service("chime-sdk-media-pipelines"), "id-1");
        assert_eq!((status, body), (429, json!({"Code": "Throttled", "Message": "slow down", "RequestId": "id-1"})));
        let (status, body) = refusal.render(service("chime"), "id-1");
        assert_eq!((status, body), (429, json!({"Code": "Throttled", "Message": "slow down"})));
    }

    #[test]
    fn another_error_has_a_message_only() {
        let refusal = ServiceError::with_status(403, "InvalidSignatureException", "no");
        assert_eq!(refusal.render(service("chime"), "id-1"), (403, json!({"message": "no"})));
    }
}
