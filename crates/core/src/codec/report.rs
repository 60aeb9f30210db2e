//! What is wrong with a request, in botocore's words.

use std::fmt;

use serde_json::{Value, json};

/// One fault of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where, such as `ChimeSdkMeetingConfiguration.SourceConfiguration` or `Tags[0].Key`; empty for the request itself.
    pub path: String,
    /// What.
    pub reason: Reason,
}

/// What is wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A required member is not there.
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A member that the structure does not have.
    Unknown {
        /// The name that was given.
        name: String,
        /// The names that are there; none where the one that was meant says enough.
        known: Vec<&'static str>,
        /// The one that was probably meant, where the checks are strict or the host suggests names.
        near: Option<&'static str>,
    },
    /// A value of another type.
    Type {
        /// The value, as the host prints it.
        value: String,
        /// Its type, as the host prints it.
        type_name: String,
        /// The types that would do, as the host prints them.
        valid: &'static str,
    },
    /// Too few characters or items.
    Length {
        /// How many there are.
        length: usize,
        /// How many are due at the least.
        min: usize,
    },
    /// A number below the least.
    Range {
        /// The number.
        value: String,
        /// The least.
        min: i64,
    },
    /// Too many characters or items.
    TooLong {
        /// How many there are.
        length: usize,
        /// How many there may be.
        max: usize,
    },
    /// A number above the greatest.
    TooGreat {
        /// The number.
        value: String,
        /// The greatest.
        max: i64,
    },
    /// A text that is none of those allowed.
    NotOneOf {
        /// The text.
        value: String,
        /// Those allowed.
        allowed: &'static [&'static str],
        /// The one that was probably meant.
        near: Option<&'static str>,
    },
    /// A text of another form.
    Mismatch {
        /// The text.
        value: String,
        /// The regular expression that the whole of it must match.
        pattern: &'static str,
    },
    /// A text of another form than the documentation says.
    Form {
        /// The text.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
    /// Members that do not go together.
    Rule {
        /// Why.
        why: String,
    },
    /// A value that cannot stand where the operation puts it.
    Unsendable {
        /// Why.
        why: &'static str,
    },
}

impl Reason {
    /// The kind of fault in a word or two, for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Reason::Missing { .. } => "missing required field",
            Reason::Unknown { .. } => "unknown field",
            Reason::Type { .. } => "invalid type",
            Reason::Length { .. } | Reason::TooLong { .. } => "invalid length",
            Reason::Range { .. } | Reason::TooGreat { .. } => "invalid range",
            Reason::NotOneOf { .. } => "invalid enum value",
            Reason::Mismatch { .. } | Reason::Form { .. } => "invalid pattern",
            Reason::Rule { .. } => "invalid combination",
            Reason::Unsendable { .. } => "unsendable value",
        }
    }

    /// What else a program may want to know of it: the field of the report, and its value.
    #[must_use]
    pub fn detail(&self) -> Option<(&'static str, Value)> {
        match self {
            Reason::Missing { name } => Some(("required_name", json!(name))),
            Reason::Unknown { name, .. } => Some(("unknown_param", json!(name))),
            Reason::Length { min, .. } => Some(("min_allowed", json!(min))),
            Reason::Range { min, .. } => Some(("min_allowed", json!(min))),
            Reason::TooLong { max, .. } => Some(("max_allowed", json!(max))),
            Reason::TooGreat { max, .. } => Some(("max_allowed", json!(max))),
            Reason::NotOneOf { allowed, .. } => Some(("allowed", json!(allowed))),
            Reason::Mismatch { pattern, .. } => Some(("pattern", json!(pattern))),
            Reason::Type { .. } | Reason::Form { .. } | Reason::Rule { .. } | Reason::Unsendable { .. } => None,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "input" } else { &self.path };
        match &self.reason {
            Reason::Missing { name } => write!(f, "Missing required parameter in {path}: \"{name}\""),
            Reason::Unknown { name, known, near } => {
                write!(f, "Unknown parameter in {path}: \"{name}\"")?;
                if !known.is_empty() || near.is_none() {
                    write!(f, ", must be one of: {}", known.join(", "))?;
                }
                meant(f, *near)
            }
            Reason::Type { value, type_name, valid } => {
                write!(f, "Invalid type for parameter {path}, value: {value}, type: {type_name}, valid types: {valid}")
            }
            Reason::Length { length, min } => {
                write!(f, "Invalid length for parameter {path}, value: {length}, valid min length: {min}")
            }
            Reason::Range { value, min } => {
                write!(f, "Invalid value for parameter {path}, value: {value}, valid min value: {min}")
            }
            Reason::TooLong { length, max } => {
                write!(f, "Invalid length for parameter {path}, value: {length}, valid max length: {max}")
            }
            Reason::TooGreat { value, max } => {
                write!(f, "Invalid value for parameter {path}, value: {value}, valid max value: {max}")
            }
            Reason::NotOneOf { value, allowed, near } => {
                let allowed = allowed.join(", ");
                write!(f, "Invalid value for parameter {path}, value: {value}, must be one of: {allowed}")?;
                meant(f, *near)
            }
            Reason::Mismatch { value, pattern } => {
                write!(f, "Invalid value for parameter {path}, value: {value}, must match the pattern: {pattern}")
            }
            Reason::Form { value, expected } => {
                write!(f, "Invalid value for parameter {path}, value: {value}, must be {expected}")
            }
            Reason::Rule { why } => write!(f, "Invalid value for parameter {path}: {why}"),
            Reason::Unsendable { why } => write!(f, "Invalid value for parameter {path}: {why}"),
        }
    }
}

fn meant(f: &mut fmt::Formatter<'_>, near: Option<&str>) -> fmt::Result {
    near.map_or(Ok(()), |name| write!(f, ", did you mean \"{name}\"?"))
}

/// The whole report: one line for each fault.
#[must_use]
pub fn report(faults: &[Violation]) -> String {
    faults.iter().fold("Parameter validation failed:".to_owned(), |report, fault| format!("{report}\n{fault}"))
}
