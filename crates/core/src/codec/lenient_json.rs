//! JSON as services send it, read as far as it can be.
//!
//! Half of a surrogate pair and octets that are not UTF-8 become U+FFFD. Of an error's members none is lost for what stands in
//! another: a number out of every range, nesting of any depth.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;
use serde_json::value::RawValue;

/// The text of a body that JSON parsers take, where it is JSON.
pub(crate) fn text(body: &[u8]) -> Cow<'_, str> {
    // The check alone is much faster than the replacement.
    if let Ok(text) = std::str::from_utf8(body) {
        return without_halves(text);
    }
    let text = String::from_utf8_lossy(body);
    Cow::Owned(without_halves(&text).into_owned())
}

/// The members of an object, by their names; of a name that stands twice the last one. Nothing for what is no JSON object.
pub(crate) fn members(text: &str) -> Option<BTreeMap<String, Value>> {
    let read = |text: &str| {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
        Some(members.into_iter().map(|(name, raw)| (name, value(raw.get()))).collect())
    };
    read(text).or_else(|| read(&without_slips(text)))
}

/// The value of a text that is JSON; the text itself for a value that no host can hold.
fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned()))
}

/// With U+FFFD for each escape that is half of a surrogate pair.
fn without_halves(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut kept, mut at) = (0, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let start = at + found;
        at = match (unit(text, start), unit(text, start + ESCAPE)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => start + 2 * ESCAPE,
            (Some(0xD800..=0xDFFF), _) => {
                out.push_str(text.get(kept..start).unwrap_or_default());
                out.push_str("\\ufffd");
                kept = start + ESCAPE;
                kept
            }
            // What is escaped may be a backslash, or a character of many octets where this is no JSON.
            _ => start + 1 + text.get(start + 1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8),
        };
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    Cow::Owned(out)
}

/// How long `\u0000` is.
const ESCAPE: usize = 6;

/// The UTF-16 code unit whose escape starts there.
fn unit(text: &str, start: usize) -> Option<u16> {
    let digits = text.get(start..start + ESCAPE)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

/// Without what JSON does not have but some writers of it have: a byte order mark, `NaN` and `Infinity`, and control characters
/// within strings.
fn without_slips(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut out = String::with_capacity(text.len() + 16);
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if in_string {
            in_string = c != '"' || escaped;
            escaped = c == '\\' && !escaped;
            if c.is_ascii_control() {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            } else {
                out.push(c);
            }
            continue;
        }
        in_string = c == '"';
        let number =
            |rest: &str| ["NaN", "Infinity", "-Infinity"].iter().find(|name| rest.starts_with(**name)).copied();
        let from_here = text.get(text.len() - rest.as_str().len() - c.len_utf8()..).unwrap_or_default();
        match number(from_here) {
            Some(name) => {
                out.push_str("null");
                rest = from_here.get(name.len()..).unwrap_or_default().chars();
            }
            None => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{members, text};

    #[test]
    fn half_a_pair_and_bad_octets_are_replaced() {
        for (body, due) in [
            (&b"{\"a\":\"plain \\\\ud83d \\u00e9\"}"[..], "{\"a\":\"plain \\\\ud83d \\u00e9\"}"),
            (b"\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\""),
            (b"\"\\uD83D\"", "\"\\ufffd\""),
            (b"\"\\ude00\\ud83d\"", "\"\\ufffd\\ufffd\""),
            (b"\"\\ud83d\\ud83d\\ude00\"", "\"\\ufffd\\ud83d\\ude00\""),
            (b"\"\\ud83d\\u0041\"", "\"\\ufffd\\u0041\""),
            (b"\"caf\xe9\"", "\"caf\u{fffd}\""),
            (b"\"\xff \\ud83d\"", "\"\u{fffd} \\ufffd\""),
            (b"\\", "\\"),
            (b"\\u", "\\u"),
            (b"\\\xc3\xa9\\ud800", "\\\u{e9}\\ufffd"),
            (b"\"\\\\\\ud83d\"", "\"\\\\\\ufffd\""),
        ] {
            assert_eq!(text(body), due);
        }
    }

    #[test]
    fn no_member_is_lost_for_another() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for odd in ["1e400", "-1e400", &deep, "NaN", "-Infinity", "\"a\nb\"", "\"\\\"\t\"", "{\"x\":1,\"x\":null}"] {
            let body = format!("{{\"Other\":{odd},\"message\":\"NaN \\\"Infinity\"}}");
            let members = members(&body).unwrap_or_else(|| panic!("{}", &odd[..odd.len().min(20)]));
            assert_eq!(members.get("message"), Some(&json!("NaN \"Infinity")));
            assert!(members.contains_key("Other"));
        }
        let members = members("\u{feff}{\"message\":\"a\\n\",\"n\":1e400,\"n\":2,\"m\":1,\"m\":null,\"s\":\"a\u{1}\"}")
            .expect("an object");
        let due = [("m", Value::Null), ("message", json!("a\n")), ("n", json!(2)), ("s", json!("a\u{1}"))];
        assert_eq!(members, due.map(|(name, value)| (name.to_owned(), value)).into());
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        for text in ["", "[]", "null", "\"code\"", "{\"code\":\"a", "{\"code\":\"a\",}", "<html>", "\u{feff}"] {
            assert_eq!(members(text), None, "{text}");
        }
    }
}
