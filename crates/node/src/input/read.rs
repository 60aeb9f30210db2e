//! Reads the two forms of an input.
//!
//! Tagged JSON is an array `[tag, ...]` for each value, so that no object of a user's can look like a tag:
//! `["j", scalar]`, `["a", [node, ...]]`, `["o", [[key, node, broken], ...], class]`, `["d", milliseconds or null]`,
//! `["n", digits]` for a bigint, `["s", text]` for a string with half of a surrogate pair, `["x", type, text]` for the rest.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Name, Value};

/// JSON as it is.
pub(super) struct Plain;

impl<'de> DeserializeSeed<'de> for Plain {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value<'de>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Plain {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Value<'de>, E> {
        Ok(Value::Boolean(boolean))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value<'de>, E> {
        Ok(Value::Whole(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "the text came from a double")]
    fn visit_u64<E>(self, number: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(number).map_or(Value::Number(number as f64), Value::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value<'de>, E> {
        Ok(Value::Number(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element_seed(Plain)? {
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(text) = map.next_key_seed(Words)? {
            let value = map.next_value_seed(Plain)?;
            // A null member is an absent one.
            if !matches!(value, Value::Null) {
                members.push((Name { text, broken: false }, value));
            }
        }
        Ok(Value::Object { class: Cow::Borrowed("Object"), members })
    }
}

/// A text, borrowed where it holds no escapes.
struct Words;

impl<'de> DeserializeSeed<'de> for Words {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Cow<'de, str>, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Words {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// A tagged value.
pub(super) struct Node;

impl<'de> DeserializeSeed<'de> for Node {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value<'de>, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Node {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tagged value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Value<'de>, A::Error> {
        let tag = due(parts.next_element_seed(Words)?)?;
        Ok(match &*tag {
            "j" => due(parts.next_element_seed(Plain)?)?,
            "a" => Value::Array(due(parts.next_element_seed(Nodes)?)?),
            "o" => {
                let members = due(parts.next_element_seed(Members)?)?;
                Value::Object { members, class: due(parts.next_element_seed(Words)?)? }
            }
            "d" => Value::Date(due(parts.next_element()?)?),
            "n" => Value::BigInt(due(parts.next_element_seed(Words)?)?),
            "s" => Value::LoneSurrogate(due(parts.next_element_seed(Words)?)?),
            _ => {
                let type_name = due(parts.next_element_seed(Words)?)?;
                Value::Foreign { type_name, text: due(parts.next_element_seed(Words)?)? }
            }
        })
    }
}

fn due<T, E: Error>(part: Option<T>) -> Result<T, E> {
    part.ok_or_else(|| E::custom("a tagged value that is cut off"))
}

struct Nodes;

impl<'de> DeserializeSeed<'de> for Nodes {
    type Value = Vec<Value<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Vec<Value<'de>>, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Nodes {
    type Value = Vec<Value<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tagged values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Value<'de>>, A::Error> {
        let mut out = Vec::new();
        while let Some(item) = items.next_element_seed(Node)? {
            out.push(item);
        }
        Ok(out)
    }
}

struct Members;

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Vec<(Name<'de>, Value<'de>)>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Name<'de>, Value<'de>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("members")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut out = Vec::new();
        while let Some(member) = items.next_element_seed(Member)? {
            // A null member is an absent one.
            if !matches!(member.1, Value::Null) {
                out.push(member);
            }
        }
        Ok(out)
    }
}

struct Member;

impl<'de> DeserializeSeed<'de> for Member {
    type Value = (Name<'de>, Value<'de>);

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Member {
    type Value = (Name<'de>, Value<'de>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
        let text = due(parts.next_element_seed(Words)?)?;
        let value = due(parts.next_element_seed(Node)?)?;
        Ok((Name { text, broken: due(parts.next_element()?)? }, value))
    }
}
