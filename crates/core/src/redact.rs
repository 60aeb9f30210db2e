//! Text of unknown origin made fit to be quoted: short, on one line, and without what looks like a secret.

use std::fmt::Write as _;

/// The start of a body, for an error that says what came instead of JSON. Of what stands in quotes only the names of members
/// are shown, as in `{"Attendee":{"JoinToken":"***"}}`.
#[must_use]
pub(crate) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body.get(..WINDOW).unwrap_or(body));
    quoted(&without_values(whole_words(&text, body.len() > WINDOW)), body.len() > WINDOW)
}

/// A value of unknown length, such as a timestamp that is none.
#[must_use]
pub(crate) fn value(text: &str) -> String {
    let end = text.floor_char_boundary(WINDOW);
    quoted(whole_words(text.get(..end).unwrap_or_default(), end < text.len()), end < text.len())
}

/// An error code for the record of attempts and the log: as it is if it is a name, else as a value.
#[must_use]
pub(crate) fn code(text: &str) -> String {
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if text.len() <= LENGTH && text.bytes().all(is_name) { text.to_owned() } else { value(text) }
}

/// What another program says of a failure, whole, but for ARNs and keys. Paths and URLs of hosts stay readable.
#[must_use]
pub(crate) fn message(text: &str) -> String {
    let is_place = |word: &str| word.starts_with('/') || word.contains("://");
    without(text, |word| is_secret(word) && (!is_place(word) || is_arn(word)))
}

/// Whether a session token may be one: those of tests (`test`, `token`) are words that stand in any text.
#[must_use]
pub(crate) fn may_be_token(text: &str) -> bool {
    // No word of an error is as long.
    const LONG: usize = 48;
    let (letters, digits) = letters_and_digits(text);
    text.len() >= LONG || text.len() >= KEY_LENGTH && letters > 2 && digits > 0
}

/// How many characters are shown, those of escapes included.
const LENGTH: usize = 80;
/// How many bytes are looked at. Hidden words make the text shorter, so this is more than is shown.
const WINDOW: usize = 1024;
/// What stands in place of what is hidden.
pub(crate) const HIDDEN: &str = "***";
/// From this length on a word of letters and digits may be a key, a token or an id.
const KEY_LENGTH: usize = 16;

/// The text without its last word where it was cut, for half of a secret does not look like one.
fn whole_words(text: &str, cut: bool) -> &str {
    if cut { text.trim_end_matches(in_word) } else { text }
}

fn quoted(text: &str, cut: bool) -> String {
    let masked = without_secrets(text);
    let mut length = 0;
    let fits = |c: &char| {
        length += c.escape_debug().count();
        length <= LENGTH
    };
    let shown: String = masked.chars().take_while(fits).collect();
    let dots = if cut || shown.len() < masked.len() { "..." } else { "" };
    format!("{shown:?}{dots}")
}

/// Hides what stands in double quotes, unless a colon follows and it is a name.
fn without_values(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, string)) = rest.split_once('"') {
        let length = string_length(string);
        let (inside, after) = string.split_at(length.unwrap_or(string.len()));
        let after = after.strip_prefix('"').unwrap_or_default();
        let name = length.is_some() && after.trim_start().starts_with(':');
        // Writing to a String cannot fail.
        let _ = write!(out, "{before}\"{}\"", if name || inside.is_empty() { inside } else { HIDDEN });
        rest = after;
    }
    out + rest
}

/// How many bytes stand before the closing quote; nothing where none does.
fn string_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|b| {
        let closes = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        closes
    })
}

/// Hides ARNs, and long words that mix letters and digits: keys, tokens and signatures are such.
fn without_secrets(text: &str) -> String {
    without(text, is_secret)
}

fn without(text: &str, hides: impl Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_inclusive(|c| !in_word(c)) {
        let end = word.trim_end_matches(|c| !in_word(c));
        out.push_str(if hides(end) { HIDDEN } else { end });
        out.push_str(word.get(end.len()..).unwrap_or_default());
    }
    out
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || "+/=_-.:~%".contains(c)
}

fn is_secret(word: &str) -> bool {
    let (letters, digits) = letters_and_digits(word);
    // A timestamp has two letters at most.
    let key_like = word.len() >= KEY_LENGTH && letters > 2 && digits > 0;
    key_like || is_arn(word)
}

fn letters_and_digits(text: &str) -> (usize, usize) {
    let count = |is: fn(&u8) -> bool| text.bytes().filter(is).count();
    (count(u8::is_ascii_alphabetic), count(u8::is_ascii_digit))
}

fn is_arn(word: &str) -> bool {
    word.to_ascii_lowercase().contains("arn:")
}

#[cfg(test)]
mod tests {
    use super::{code, excerpt, message, value};

    #[test]
    fn what_came_is_recognised() {
        assert_eq!(excerpt(b"<html><body>Sign in</body></html>"), r#""<html><body>Sign in</body></html>""#);
        assert_eq!(excerpt(b"502 Bad Gateway"), r#""502 Bad Gateway""#);
        assert_eq!(excerpt(b"a\nb\xff"), "\"a\\nb\u{fffd}\"");
        assert_eq!(excerpt(b""), r#""""#);
        assert_eq!(value("2024-02-30T00:00:00.000Z"), r#""2024-02-30T00:00:00.000Z""#);
        assert_eq!(code("ThrottledClientException"), "ThrottledClientException");
    }

    #[test]
    fn a_message_keeps_its_places() {
        let text = "cannot read /home/user1/.aws/sso/cache/0123456789abcdef.json from http://127.0.0.1:8080";
        assert_eq!(message(text), text);
        let told = message("User: arn:aws:iam::1:user/u has AKIAIOSFODNN7EXAMPLE");
        assert_eq!(told, "User: *** has ***");
    }

    #[test]
    fn secrets_are_hidden() {
        let json = br#"{"ExternalUserId": "al\"ice", "n": 1, "JoinToken":"ct"#;
        let shown = r#"{"ExternalUserId": "***", "n": 1, "JoinToken":"***""#;
        assert_eq!(excerpt(json), format!("{shown:?}"));
        for secret in [
            "arn:aws:chime::123456789012:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b",
            "ARN:aws:s3:::b",
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        ] {
            assert_eq!(excerpt(format!("<p>of {secret}, no").as_bytes()), r#""<p>of ***, no""#);
            assert_eq!(value(secret), r#""***""#);
        }
    }

    #[test]
    fn half_a_secret_is_hidden_too() {
        for length in 900..1024 {
            let text = format!("{}wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "1a2b3c4d5e6f7g8h ".repeat(length / 17));
            let padded = format!("{}{text}", " ".repeat(length % 17));
            assert!(!excerpt(padded.as_bytes()).contains("wJal"), "{length}");
            assert!(!value(&padded).contains("wJal"), "{length}");
        }
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(value(&"no ".repeat(5000)), format!("{:?}...", &"no ".repeat(27)[..80]));
        assert_eq!(code(&"x".repeat(81)), format!("{:?}...", "x".repeat(80)));
        assert_eq!(code("a\nb"), r#""a\nb""#);
        assert_eq!(excerpt(&[1; 5000]), format!("\"{}\"...", "\\u{1}".repeat(16)));
    }
}
