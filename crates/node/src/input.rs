//! Inputs as the core's host values: JSON, or tagged JSON for what JSON cannot say.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::Write as _;

use chimeline_core::codec::host::{Description, HostValue, Integer, Key, Text, TypeNames};
use chimeline_core::codec::timestamp::Timestamp;
use serde::Deserializer as _;
use serde_json::Value as Json;

mod read;

/// A JavaScript value, its texts borrowed from what came over.
#[derive(Debug)]
pub(crate) enum Value<'t> {
    Null,
    Boolean(bool),
    Whole(i64),
    Number(f64),
    BigInt(Cow<'t, str>),
    String(Cow<'t, str>),
    /// A string with half of a surrogate pair, as it looks with the half replaced.
    LoneSurrogate(Cow<'t, str>),
    /// Milliseconds since 1970; nothing for an invalid Date.
    Date(Option<f64>),
    Array(Vec<Value<'t>>),
    Object {
        class: Cow<'t, str>,
        members: Vec<(Name<'t>, Value<'t>)>,
    },
    /// What no member can be: a function, a symbol, a Map, NaN.
    Foreign {
        type_name: Cow<'t, str>,
        text: Cow<'t, str>,
    },
}

/// A key of an object.
#[derive(Debug)]
pub(crate) struct Name<'t> {
    pub(crate) text: Cow<'t, str>,
    /// Whether it holds half of a surrogate pair.
    pub(crate) broken: bool,
}

impl<'t> Value<'t> {
    /// Reads what JavaScript sent; nothing for JSON that a string with half of a surrogate pair made unreadable.
    pub(crate) fn read(text: &'t str, tagged: bool) -> Option<Value<'t>> {
        let mut json = serde_json::Deserializer::from_str(text);
        let value = if tagged { json.deserialize_seq(read::Node) } else { json.deserialize_any(read::Plain) };
        value.ok().filter(|_| json.end().is_ok())
    }

    fn type_name(&self) -> &str {
        match self {
            Value::Null => "null",
            Value::Boolean(_) => "boolean",
            Value::Whole(_) | Value::Number(_) => "number",
            Value::BigInt(_) => "bigint",
            Value::String(_) | Value::LoneSurrogate(_) => "string",
            Value::Date(_) => "Date",
            Value::Array(_) => "Array",
            Value::Object { class, .. } => class,
            Value::Foreign { type_name, .. } => type_name,
        }
    }

    /// What JavaScript's own JSON would be; nothing where it would lose the value.
    fn to_json(&self) -> Option<Json> {
        Some(match self {
            Value::Null => Json::Null,
            Value::Boolean(boolean) => Json::Bool(*boolean),
            Value::Whole(number) => Json::from(*number),
            Value::Number(number) => Json::from(*number),
            Value::BigInt(digits) => Json::from(digits.parse::<i64>().ok()?),
            Value::String(text) => Json::from(text.as_ref()),
            Value::Date(millis) => {
                let millis = (*millis)?;
                let whole = Timestamp::from_seconds((millis / 1000.0).floor())?.to_iso8601();
                Json::from(format!("{}.{:03}Z", whole.trim_end_matches('Z'), millis.rem_euclid(1000.0)))
            }
            Value::Array(items) => items.iter().map(Value::to_json).collect::<Option<Vec<_>>>()?.into(),
            Value::Object { members, .. } => {
                let json = members.iter().map(|(name, value)| Some((name.text.to_string(), value.to_json()?)));
                Json::Object(json.collect::<Option<_>>()?)
            }
            Value::Foreign { type_name, .. } if type_name == "undefined" => Json::Null,
            // NaN and the infinities, as texts.
            Value::Foreign { type_name, text } if type_name == "number" => Json::from(text.as_ref()),
            Value::Foreign { .. } | Value::LoneSurrogate(_) => return None,
        })
    }

    fn write(&self, out: &mut String, nested: bool) {
        // Writing to a String cannot fail.
        let _ = match self {
            Value::Null => write!(out, "null"),
            Value::Boolean(boolean) => write!(out, "{boolean}"),
            Value::Whole(number) => write!(out, "{number}"),
            Value::Number(number) => write!(out, "{number}"),
            Value::BigInt(number) => write!(out, "{number}n"),
            Value::String(text) | Value::LoneSurrogate(text) if nested => write!(out, "{text:?}"),
            Value::String(text) | Value::LoneSurrogate(text) | Value::Foreign { text, .. } => write!(out, "{text}"),
            Value::Date(None) => write!(out, "Invalid Date"),
            Value::Date(Some(millis)) => match Timestamp::from_seconds(millis / 1000.0) {
                Some(time) => write!(out, "{}", time.to_iso8601()),
                None => write!(out, "{millis} ms since 1970"),
            },
            Value::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { ", " });
                    item.write(out, true);
                }
                write!(out, "]")
            }
            Value::Object { members, .. } => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    let _ = write!(out, "{}{}: ", if at == 0 { " " } else { ", " }, name.text);
                    value.write(out, true);
                }
                write!(out, "{}", if members.is_empty() { "}" } else { " }" })
            }
        };
    }
}

impl HostValue for Value<'_> {
    type Violation = Infallible;

    const TYPES: TypeNames = TypeNames {
        map: "Object",
        list: "Array",
        string: "string",
        integer: "number (a whole one), bigint",
        boolean: "boolean",
        timestamp: "Date, number (seconds since 1970), timestamp-string",
        boolean_values: ["false", "true"],
        suggests_names: true,
    };

    fn string(&self) -> Result<Text<'_>, Infallible> {
        Ok(match self {
            Value::String(text) => Text::Unicode(Cow::Borrowed(text)),
            Value::LoneSurrogate(_) => Text::LoneSurrogate,
            _ => Text::Other,
        })
    }

    fn boolean(&self) -> Result<Option<bool>, Infallible> {
        Ok(if let Value::Boolean(boolean) = self { Some(*boolean) } else { None })
    }

    fn integer(&self) -> Result<Option<Integer>, Infallible> {
        Ok(match self {
            Value::Whole(number) => Some(Integer::Small(*number)),
            // Above what 64 bits hold: JavaScript writes such a number with an exponent.
            Value::Number(number) if number.fract() == 0.0 => Some(whole(&format!("{number:.0}"))),
            Value::BigInt(number) => Some(whole(number)),
            _ => None,
        })
    }

    fn timestamp(&self) -> Result<Option<Timestamp>, Infallible> {
        Ok(match self {
            Value::Date(Some(millis)) => Timestamp::from_seconds(millis / 1000.0),
            #[expect(clippy::cast_precision_loss, reason = "seconds of any real date fit a double")]
            Value::Whole(seconds) => Timestamp::from_seconds(*seconds as f64),
            Value::Number(seconds) => Timestamp::from_seconds(*seconds),
            Value::String(text) => Timestamp::parse(text),
            _ => None,
        })
    }

    fn entries(&self, each: &mut dyn FnMut(Key<'_>, &Self) -> Result<(), Infallible>) -> Result<bool, Infallible> {
        let Value::Object { members, .. } = self else { return Ok(false) };
        for (name, value) in members {
            let text: &str = &name.text;
            let non_string = name.broken.then(|| Description {
                value: text.to_owned(),
                type_name: "string with half of a surrogate pair".to_owned(),
            });
            each(Key { text: Cow::Borrowed(text), non_string }, value)?;
        }
        Ok(true)
    }

    fn items(&self, each: &mut dyn FnMut(&Self) -> Result<(), Infallible>) -> Result<bool, Infallible> {
        let Value::Array(items) = self else { return Ok(false) };
        for item in items {
            each(item)?;
        }
        Ok(true)
    }

    fn json_as_given(&self) -> Option<String> {
        self.to_json().map(|json| json.to_string())
    }

    fn text_as_given(&self) -> Option<String> {
        match self {
            Value::Null | Value::Object { .. } | Value::Foreign { .. } | Value::LoneSurrogate(_) | Value::Date(_) => {
                None
            }
            Value::String(text) => Some(text.clone().into_owned()),
            Value::Boolean(_) | Value::Whole(_) | Value::Number(_) | Value::BigInt(_) => self.json_as_given(),
            // As JavaScript has it: joined by commas.
            Value::Array(items) => Some(items.iter().map(Self::text_as_given).collect::<Option<Vec<_>>>()?.join(",")),
        }
    }

    fn describe(&self) -> Result<Description, Infallible> {
        let mut value = String::new();
        self.write(&mut value, false);
        Ok(Description { value, type_name: self.type_name().to_owned() })
    }
}

fn whole(digits: &str) -> Integer {
    digits.parse().map_or_else(|_| Integer::Big(digits.to_owned()), Integer::Small)
}
