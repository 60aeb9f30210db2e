//! Writes JSON as Python's `json.dumps` does, which is what botocore sends: ASCII only, `", "` and `": "`.

use std::fmt::Write as _;

/// Appends `text` as a JSON string.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    if is_plain(text) && text.is_ascii() {
        out.extend([text, "\""]);
        return;
    }
    let mut plain = 0;
    for (at, c) in text.char_indices() {
        let escaped = match c {
            ' ' | '!' | '#'..='[' | ']'..='\u{7f}' => continue,
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            _ => "",
        };
        out.push_str(text.get(plain..at).unwrap_or_default());
        plain = at + c.len_utf8();
        out.push_str(escaped);
        if escaped.is_empty() {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out.push_str(text.get(plain..).unwrap_or_default());
    out.push('"');
}

/// Whether nothing of the text needs an escape. Looks at all of it without a branch, which processors do many bytes at a time.
pub(crate) fn is_plain(text: &str) -> bool {
    let needs_escape = |b: u8| b < b' ' || b == b'"' || b == b'\\';
    !text.bytes().fold(false, |found, b| found | needs_escape(b))
}

#[cfg(test)]
mod tests {
    #[test]
    fn escapes_as_python_does() {
        let mut out = String::new();
        super::write_string(&mut out, "a\"\\\n\t\u{1}\u{7f}é😀/");
        assert_eq!(out, r#""a\"\\\n\t\u0001"#.to_owned() + "\u{7f}" + r#"\u00e9\ud83d\ude00/""#);
    }
}
