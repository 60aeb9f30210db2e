//! Idempotency tokens that follow from what is asked for, so that whoever asks again asks for the same.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};

/// The token of a request that these parts identify: 58 of the signs that the service takes.
pub(crate) fn token(parts: &[&str]) -> String {
    // The length of each part keeps ("ab", "c") apart from ("a", "bc").
    let mut text = String::new();
    for part in parts {
        let _ = write!(text, "{}:{part};", part.len());
    }
    let hash = digest(&SHA256, text.as_bytes());
    let mut token = "chimeline-".to_owned();
    for byte in hash.as_ref().iter().take(24) {
        let _ = write!(token, "{byte:02x}");
    }
    token
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn tokens_follow_from_their_parts_alone() {
        assert_eq!(token(&["a", "b"]), token(&["a", "b"]));
        assert_ne!(token(&["ab", "c"]), token(&["a", "bc"]));
        let token = token(&["recording", "111122223333"]);
        assert_eq!(token.len(), 58);
        assert!(token.bytes().all(|byte| byte == b'-' || byte.is_ascii_alphanumeric()));
    }
}
