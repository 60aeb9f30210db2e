//! Members that are sent as they were given, where nothing is checked: of a value that is not of its member's kind, what the
//! host's own JSON would be.

use crate::codec::host::{HostValue, Text};
use crate::schema::{Kind, Shape};

/// The JSON of a value of another kind than its member's; nothing for one that can be encoded, and for what JSON cannot say.
pub(crate) fn json<V: HostValue>(shape: &Shape, value: &V) -> Result<Option<String>, V::Violation> {
    Ok(if is_of_kind(shape, value)? { None } else { value.json_as_given() })
}

/// The text of such a value in a path or query.
pub(crate) fn text<V: HostValue>(shape: &Shape, value: &V) -> Result<Option<String>, V::Violation> {
    Ok(if is_of_kind(shape, value)? { None } else { value.text_as_given() })
}

/// Whether an item of a list is left out.
pub(crate) fn is_null<V: HostValue>(value: &V) -> bool {
    value.json_as_given().is_some_and(|json| json == "null")
}

fn is_of_kind<V: HostValue>(shape: &Shape, value: &V) -> Result<bool, V::Violation> {
    Ok(match &shape.kind {
        Kind::Structure(_) | Kind::Map { .. } => value.entries(&mut |_, _| Ok(()))?,
        Kind::List { .. } => value.items(&mut |_| Ok(()))?,
        Kind::String { .. } => !matches!(value.string()?, Text::Other),
        Kind::Integer { .. } => value.integer()?.is_some(),
        Kind::Boolean => value.boolean()?.is_some(),
        // A text may be a time, and is not changed into another form of it.
        Kind::Timestamp(_) => matches!(value.string()?, Text::Other) && value.timestamp()?.is_some(),
    })
}
