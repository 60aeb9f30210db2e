//! Why a plan ends without a result.

use serde_json::Value;

/// Why a plan fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// What the caller gave cannot be right; nothing was asked for. The text names the member and the rule.
    Invalid(String),
    /// The call whose outcome has this number failed; its error is the plan's.
    Call(usize),
    /// What the recording needs is not so, though every call was answered.
    Recording(String),
}

/// An error of a call, as whoever made the call tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostError {
    /// The service's error code; nothing where the service did not answer.
    pub code: Option<String>,
    /// The class of an error that no service answered, such as `ReadTimeoutError`.
    pub class: Option<String>,
    /// The HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// What the error says.
    pub message: String,
}

/// The classes of errors of connections and limits of time.
const UNANSWERED: [&str; 8] = [
    "CallTimeoutError",
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "ConnectionError",
    "EndpointConnectionError",
    "HTTPClientError",
    "ProxyConnectionError",
    "ReadTimeoutError",
];

impl HostError {
    /// Whether the code is that name, in short or in full.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        code == name || code.strip_suffix("Exception") == Some(name)
    }

    /// Whether what was asked for does not exist, or not any more.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.is("NotFound")
    }

    /// Whether the same call may go better in a while.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        let throttled =
            ["ThrottledClient", "Throttled", "Throttling", "TooManyRequests"].iter().any(|name| self.is(name));
        let unanswered = self.class.as_deref().is_some_and(|class| UNANSWERED.contains(&class));
        throttled || unanswered || self.status.is_some_and(|status| status >= 500)
    }

    /// Whether a limit of the service is reached.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.is("ResourceLimitExceeded") || self.is("LimitExceeded")
    }

    /// Whether the idempotency token was refused: it stands for another request.
    #[must_use]
    pub fn is_about_the_token(&self) -> bool {
        let refused = self.is("BadRequest") || self.is("Conflict") || self.is("UnprocessableEntity");
        let text = self.message.to_ascii_lowercase();
        refused && (text.contains("clientrequesttoken") || text.contains("idempoten"))
            || self.is("IdempotentParameterMismatch")
    }
}

impl Failure {
    /// Input that cannot be right.
    pub(crate) fn wrong(member: &str, value: &Value, rule: &str) -> Failure {
        let kind = match value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "a map",
        };
        let shown = match value {
            Value::String(text) => format!("{text:?}, {kind}"),
            Value::Array(_) | Value::Object(_) | Value::Null => kind.to_owned(),
            other => format!("{other}, {kind}"),
        };
        Failure::Invalid(format!("{member} must be {rule}, not {shown}"))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Invalid(text) | Failure::Recording(text) => f.write_str(text),
            Failure::Call(number) => write!(f, "call {number} failed"),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::HostError;

    fn error(code: &str, message: &str) -> HostError {
        HostError { code: Some(code.to_owned()), class: None, status: Some(400), message: message.to_owned() }
    }

    #[test]
    fn codes_are_known_in_short_and_in_full() {
        assert!(error("NotFound", "").is_gone() && error("NotFoundException", "").is_gone());
        assert!(error("ResourceLimitExceededException", "").is_limit());
        assert!(error("ThrottledClientException", "").is_passing() && error("Throttled", "").is_passing());
        assert!(!error("Forbidden", "").is_passing());
        assert!(
            HostError { status: Some(503), code: Some("ServiceUnavailable".to_owned()), ..HostError::default() }
                .is_passing()
        );
        let unanswered = |class: &str| HostError { class: Some(class.to_owned()), ..HostError::default() };
        assert!(unanswered("ReadTimeoutError").is_passing() && !unanswered("ParamValidationError").is_passing());
    }

    #[test]
    fn only_a_refusal_of_the_token_is_one() {
        assert!(
            error("BadRequestException", "The ClientRequestToken was used before, with other parameters.")
                .is_about_the_token()
        );
        assert!(error("IdempotentParameterMismatch", "").is_about_the_token());
        assert!(!error("BadRequestException", "The meeting has ended").is_about_the_token());
        assert!(!error("Forbidden", "ClientRequestToken").is_about_the_token());
    }
}
