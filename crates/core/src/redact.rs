//! Text of unknown origin made fit to be quoted: short, printable, and without what looks like a secret.

/// The first bytes of a body, for an error that says what came instead of JSON.
#[must_use]
pub fn excerpt(body: &[u8]) -> String {
    const LENGTH: usize = 80;
    let text = String::from_utf8_lossy(body.get(..LENGTH.min(body.len())).unwrap_or_default());
    let dots = if body.len() > LENGTH { "..." } else { "" };
    format!("{text:?}{dots}")
}
