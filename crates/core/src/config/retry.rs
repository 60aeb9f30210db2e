//! How a client retries.

/// How a client retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryConfig {
    /// The rules.
    pub mode: RetryMode,
    /// How many attempts a call has in all; 1 turns retries off.
    pub max_attempts: u32,
}

/// The sets of retry rules that the SDKs name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryMode {
    /// The standard rules.
    Standard,
    /// The standard rules, and calls that slow down once the service throttles.
    Adaptive,
    /// The standard rules under the name of botocore's former ones, with its 5 attempts.
    Legacy,
}

impl RetryMode {
    /// The mode of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<RetryMode> {
        match name {
            "standard" => Some(RetryMode::Standard),
            "adaptive" => Some(RetryMode::Adaptive),
            "legacy" => Some(RetryMode::Legacy),
            _ => None,
        }
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            RetryMode::Standard => "standard",
            RetryMode::Adaptive => "adaptive",
            RetryMode::Legacy => "legacy",
        }
    }

    /// How many attempts a call has when nobody says.
    #[must_use]
    pub fn default_attempts(self) -> u32 {
        match self {
            RetryMode::Standard | RetryMode::Adaptive => 3,
            RetryMode::Legacy => 5,
        }
    }
}
