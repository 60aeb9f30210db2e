//! JSON as a host: [`serde_json::Value`] as input, JSON text as output.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt::Write as _;

use serde_json::Value;

use crate::codec::host::{Description, HostBuilder, HostValue, Integer, Key, Slot, Text, TypeNames};
use crate::codec::json::is_plain;
use crate::codec::timestamp::Timestamp;

impl HostValue for Value {
    type Violation = Infallible;

    const TYPES: TypeNames = TypeNames {
        map: "object",
        list: "array",
        string: "string",
        integer: "integer",
        boolean: "boolean",
        timestamp: "timestamp-string, number",
        boolean_values: ["false", "true"],
        suggests_names: false,
    };

    fn string(&self) -> Result<Text<'_>, Infallible> {
        Ok(self.as_str().map_or(Text::Other, |text| Text::Unicode(Cow::Borrowed(text))))
    }

    fn boolean(&self) -> Result<Option<bool>, Infallible> {
        Ok(self.as_bool())
    }

    fn integer(&self) -> Result<Option<Integer>, Infallible> {
        Ok(self.as_i64().map(Integer::Small).or_else(|| self.as_u64().map(|number| Integer::Big(number.to_string()))))
    }

    fn timestamp(&self) -> Result<Option<Timestamp>, Infallible> {
        Ok(match self {
            Value::String(text) => Timestamp::parse(text),
            Value::Number(number) => number.as_f64().and_then(Timestamp::from_seconds),
            _ => None,
        })
    }

    fn entries(&self, each: &mut dyn FnMut(Key<'_>, &Self) -> Result<(), Infallible>) -> Result<bool, Infallible> {
        let Value::Object(map) = self else { return Ok(false) };
        for (key, value) in map {
            each(Key { text: Cow::Borrowed(key), non_string: None }, value)?;
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

    fn describe(&self) -> Result<Description, Infallible> {
        let type_name = match self {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let value = self.as_str().map_or_else(|| self.to_string(), str::to_owned);
        Ok(Description { value, type_name: type_name.to_owned() })
    }
}

/// Writes a response as a JSON object: its members as the schema has them, timestamps as milliseconds since 1970.
#[derive(Debug)]
pub struct JsonBuilder {
    text: String,
    /// The bracket that closes each map and list that is open.
    open: Vec<char>,
    first: bool,
}

impl Default for JsonBuilder {
    fn default() -> JsonBuilder {
        JsonBuilder { text: "{".to_owned(), open: Vec::new(), first: true }
    }
}

impl JsonBuilder {
    /// The finished text.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }

    /// Adds an entry whose value is JSON already.
    pub fn raw_entry(&mut self, key: &str, json: &str) {
        self.separate(Slot::Entry(key));
        self.text.push_str(json);
    }

    fn separate(&mut self, slot: Slot<'_>) {
        if !std::mem::take(&mut self.first) {
            self.text.push(',');
        }
        let key = match slot {
            Slot::Member(member) => member.name,
            Slot::Entry(key) => key,
            Slot::Item => return,
        };
        self.quote(key);
        self.text.push(':');
    }

    fn quote(&mut self, text: &str) {
        if is_plain(text) {
            self.text.push('"');
            self.text.push_str(text);
            self.text.push('"');
        } else {
            self.text.push_str(&Value::from(text).to_string());
        }
    }

    fn display(&mut self, slot: Slot<'_>, value: impl std::fmt::Display) {
        self.separate(slot);
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{value}");
    }

    fn begin(&mut self, slot: Slot<'_>, opening: char, closing: char) {
        self.separate(slot);
        self.text.push(opening);
        self.open.push(closing);
        self.first = true;
    }
}

impl HostBuilder for JsonBuilder {
    type Violation = Infallible;

    fn null(&mut self, slot: Slot<'_>) -> Result<(), Infallible> {
        self.display(slot, "null");
        Ok(())
    }

    fn boolean(&mut self, slot: Slot<'_>, value: bool) -> Result<(), Infallible> {
        self.display(slot, value);
        Ok(())
    }

    fn integer(&mut self, slot: Slot<'_>, value: i64) -> Result<(), Infallible> {
        self.display(slot, value);
        Ok(())
    }

    fn float(&mut self, slot: Slot<'_>, value: f64) -> Result<(), Infallible> {
        self.display(slot, Value::from(value));
        Ok(())
    }

    fn string(&mut self, slot: Slot<'_>, value: &str) -> Result<(), Infallible> {
        self.separate(slot);
        self.quote(value);
        Ok(())
    }

    fn timestamp(&mut self, slot: Slot<'_>, value: Timestamp) -> Result<(), Infallible> {
        self.display(slot, value.micros.div_euclid(1000));
        Ok(())
    }

    fn open_map(&mut self, slot: Slot<'_>) -> Result<(), Infallible> {
        self.begin(slot, '{', '}');
        Ok(())
    }

    fn open_list(&mut self, slot: Slot<'_>) -> Result<(), Infallible> {
        self.begin(slot, '[', ']');
        Ok(())
    }

    fn close(&mut self) -> Result<(), Infallible> {
        self.text.extend(self.open.pop());
        self.first = false;
        Ok(())
    }

    fn restart(&mut self) -> Result<(), Infallible> {
        *self = JsonBuilder::default();
        Ok(())
    }
}
