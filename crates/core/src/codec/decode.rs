//! Response to host value: one pass over the JSON, directed by the schema, into the host's builder.
//!
//! As lenient as botocore where a value is of another type than the model says, and strict where the text is no JSON.

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::codec::host::{HostBuilder, Slot};
use crate::codec::lenient_json;
use crate::codec::timestamp::Timestamp;
use crate::redact;
use crate::schema::{Kind, Location, Member, Shape, Structure};

/// Why a body could not be read: one short line, which quotes no more of the body than may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(pub String);

/// Decodes the members of `output` from `body` into `builder`. An empty body has no members.
pub fn decode<B: HostBuilder>(output: &'static Structure, body: &[u8], builder: &mut B) -> Result<(), Unreadable> {
    if body.is_empty() {
        return Ok(());
    }
    let text = lenient_json::text(body);
    // The parser's own error for another value would quote the whole of it.
    if !text.trim_start_matches([' ', '\n', '\r', '\t']).starts_with('{') {
        return Err(Unreadable("not a JSON object".to_owned()));
    }
    let mut walk = Walk { builder, last_only: false, repeated: false };
    let first = walk.root(output, &text);
    if first.is_ok() && !walk.repeated {
        return Ok(());
    }
    // Of a member that stands twice the last one counts, whatever the others are.
    walk.builder.restart().map_err(|e| Unreadable(e.to_string()))?;
    walk.last_only = true;
    let last = walk.root(output, &text);
    let done = match first {
        // The places that the second pass speaks of are those within a member.
        Err(first) if !walk.repeated => last.map_err(|_| first),
        _ => last,
    };
    done.map_err(|e| Unreadable(format!("unexpected JSON: {e}")))
}

/// One pass over a text.
struct Walk<'b, B> {
    builder: &'b mut B,
    /// Whether only the last of members of the same name is read. Finding it costs another pass over their values.
    last_only: bool,
    /// Whether a member stood twice.
    repeated: bool,
}

impl<B: HostBuilder> Walk<'_, B> {
    fn root(&mut self, output: &'static Structure, text: &str) -> serde_json::Result<()> {
        let mut json = serde_json::Deserializer::from_str(text);
        json.deserialize_map(RootVisitor { walk: self, output })?;
        json.end()
    }

    fn members<'de, A: MapAccess<'de>>(&mut self, structure: &'static Structure, mut map: A) -> Result<(), A::Error> {
        if self.last_only {
            return self.last_members(structure, map);
        }
        let mut present = 0_u64;
        while let Some(name) = map.next_key_seed(KeySeed)? {
            match position(structure, &name) {
                Some((at, member)) => {
                    self.repeated |= present & (1 << at) != 0;
                    present |= 1 << at;
                    map.next_value_seed(ValueSeed {
                        walk: self,
                        slot: Slot::Member(member),
                        shape: Some(member.shape),
                    })?;
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn last_members<'de, A: MapAccess<'de>>(
        &mut self,
        structure: &'static Structure,
        mut map: A,
    ) -> Result<(), A::Error> {
        let mut last: Vec<Option<&'de RawValue>> = vec![None; structure.members.len()];
        while let Some(name) = map.next_key_seed(KeySeed)? {
            match position(structure, &name).and_then(|(at, _)| last.get_mut(at)) {
                Some(value) => *value = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        for (member, json) in structure.members.iter().zip(last) {
            if let Some(json) = json {
                let at = ValueSeed { walk: self, slot: Slot::Member(member), shape: Some(member.shape) };
                at.deserialize(&mut serde_json::Deserializer::from_str(json.get())).map_err(A::Error::custom)?;
            }
        }
        Ok(())
    }
}

/// The member that a name of the body stands for, and its place among them.
fn position(structure: &'static Structure, name: &str) -> Option<(usize, &'static Member)> {
    structure.members.iter().enumerate().find(|(_, member)| member.wire == name && member.location == Location::Body)
}

struct RootVisitor<'w, 'b, B> {
    walk: &'w mut Walk<'b, B>,
    output: &'static Structure,
}

impl<'de, B: HostBuilder> Visitor<'de> for RootVisitor<'_, '_, B> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.walk.members(self.output, map)
    }
}

/// A key, borrowed from the text where it holds no escapes.
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = std::borrow::Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = std::borrow::Cow<'de, str>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(std::borrow::Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(std::borrow::Cow::Owned(text.to_owned()))
    }
}

/// A value, where it belongs and what it should be; with no shape it is passed on as it is.
struct ValueSeed<'w, 'b, 's, B> {
    walk: &'w mut Walk<'b, B>,
    slot: Slot<'s>,
    shape: Option<&'static Shape>,
}

impl<'de, B: HostBuilder> DeserializeSeed<'de> for ValueSeed<'_, '_, '_, B> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<B: HostBuilder> ValueSeed<'_, '_, '_, B> {
    fn place(&self) -> String {
        let name = match self.slot {
            Slot::Member(member) => member.name,
            Slot::Entry(key) => &redact::code(key),
            Slot::Item => "an item",
        };
        format!("{name} ({})", self.shape.map_or("a value", |shape| shape.name))
    }

    fn wrong<E: serde::de::Error>(&self, found: &str) -> E {
        E::custom(format!("{found} for {}", self.place()))
    }

    fn seconds<E: serde::de::Error>(self, seconds: f64) -> Result<(), E> {
        let time = Timestamp::from_seconds(seconds).ok_or_else(|| self.wrong("a number out of range"))?;
        self.walk.builder.timestamp(self.slot, time).map_err(E::custom)
    }
}

impl<'de, B: HostBuilder> Visitor<'de> for ValueSeed<'_, '_, '_, B> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place())
    }

    /// Null members are dropped; lists and maps keep their nulls.
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        match self.slot {
            Slot::Member(_) => Ok(()),
            slot => self.walk.builder.null(slot).map_err(E::custom),
        }
    }

    fn visit_bool<E: serde::de::Error>(self, boolean: bool) -> Result<(), E> {
        match self.shape.map(|shape| &shape.kind) {
            None | Some(Kind::Boolean | Kind::String { .. }) => {
                self.walk.builder.boolean(self.slot, boolean).map_err(E::custom)
            }
            Some(Kind::Integer { .. }) => self.walk.builder.integer(self.slot, i64::from(boolean)).map_err(E::custom),
            Some(Kind::Timestamp(_)) => self.seconds(f64::from(u8::from(boolean))),
            Some(_) => Err(self.wrong("a boolean")),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        match self.shape.map(|shape| &shape.kind) {
            None | Some(Kind::Integer { .. } | Kind::String { .. }) => {
                self.walk.builder.integer(self.slot, number).map_err(E::custom)
            }
            Some(Kind::Boolean) => self.walk.builder.boolean(self.slot, false).map_err(E::custom),
            #[expect(clippy::cast_precision_loss, reason = "seconds of any real date fit a double")]
            Some(Kind::Timestamp(_)) => self.seconds(number as f64),
            Some(_) => Err(self.wrong("a number")),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            Err(_) => Err(self.wrong("a number out of range")),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        // Past this a double no longer tells a whole number from its neighbours.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match self.shape.map(|shape| &shape.kind) {
            Some(Kind::Timestamp(_)) => self.seconds(number),
            Some(Kind::Boolean) => self.walk.builder.boolean(self.slot, false).map_err(E::custom),
            None | Some(Kind::Integer { .. } | Kind::String { .. }) if number.abs() > EXACT => {
                Err(self.wrong("a number out of range"))
            }
            #[expect(
                clippy::cast_possible_truncation,
                reason = "cut towards zero, as int() does; the range was checked"
            )]
            Some(Kind::Integer { .. }) => self.walk.builder.integer(self.slot, number as i64).map_err(E::custom),
            None | Some(Kind::String { .. }) => self.walk.builder.float(self.slot, number).map_err(E::custom),
            Some(_) => Err(self.wrong("a number")),
        }
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        match self.shape.map(|shape| &shape.kind) {
            None | Some(Kind::String { .. }) => self.walk.builder.string(self.slot, text).map_err(E::custom),
            Some(Kind::Timestamp(_)) => {
                let time = Timestamp::parse(text)
                    .ok_or_else(|| self.wrong(&format!("no timestamp: {}", redact::value(text))))?;
                self.walk.builder.timestamp(self.slot, time).map_err(E::custom)
            }
            Some(Kind::Boolean) => {
                self.walk.builder.boolean(self.slot, text.eq_ignore_ascii_case("true")).map_err(E::custom)
            }
            Some(Kind::Integer { .. }) => match text.trim().parse() {
                Ok(number) => self.walk.builder.integer(self.slot, number).map_err(E::custom),
                Err(_) => Err(self.wrong(&format!("not an integer: {}", redact::value(text)))),
            },
            Some(_) => Err(self.wrong("a string")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let shape = match self.shape.map(|shape| &shape.kind) {
            Some(Kind::List { item, .. }) => Some(*item),
            None | Some(Kind::String { .. }) => None,
            Some(Kind::Boolean) => {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                return self.walk.builder.boolean(self.slot, false).map_err(A::Error::custom);
            }
            Some(_) => return Err(self.wrong("a list")),
        };
        self.walk.builder.open_list(self.slot).map_err(A::Error::custom)?;
        while items.next_element_seed(ValueSeed { walk: &mut *self.walk, slot: Slot::Item, shape })?.is_some() {}
        self.walk.builder.close().map_err(A::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let values = match self.shape.map(|shape| &shape.kind) {
            Some(Kind::Structure(structure)) => {
                self.walk.builder.open_map(self.slot).map_err(A::Error::custom)?;
                self.walk.members(structure, map)?;
                return self.walk.builder.close().map_err(A::Error::custom);
            }
            Some(Kind::Map { value, .. }) => Some(*value),
            None | Some(Kind::String { .. }) => None,
            Some(Kind::Boolean) => {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                return self.walk.builder.boolean(self.slot, false).map_err(A::Error::custom);
            }
            Some(_) => return Err(self.wrong("an object")),
        };
        self.walk.builder.open_map(self.slot).map_err(A::Error::custom)?;
        while let Some(key) = map.next_key_seed(KeySeed)? {
            map.next_value_seed(ValueSeed { walk: &mut *self.walk, slot: Slot::Entry(&key), shape: values })?;
        }
        self.walk.builder.close().map_err(A::Error::custom)
    }
}
