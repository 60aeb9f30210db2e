//! Pages of lists: how long each is, where it starts, and the token of the next.

use chimeline_core::schema::Kind;
use serde_json::Value;

use crate::request::{Request, ServiceError};

/// The page that a request asks for.
#[derive(Debug)]
pub(crate) struct Page {
    /// The number of the last resource of the page before.
    pub(crate) after: u64,
    /// The maximum number of items.
    pub(crate) size: usize,
}

/// The page that the request asks for: the longest one, where it does not say.
pub(crate) fn requested_page(request: &Request<'_>) -> Result<Page, ServiceError> {
    let member = request.operation.input.members.iter().find(|member| member.name == "MaxResults");
    let max = match member.map(|member| &member.shape.kind) {
        Some(Kind::Integer { max: Some(max), .. }) => *max,
        _ => 100,
    };
    let size = request.input.get("MaxResults").and_then(Value::as_i64).unwrap_or(max);
    let after = match request.text("NextToken") {
        "" => 0,
        token => parse_token(request, token)
            .ok_or_else(|| ServiceError::bad("NextToken is not one that this operation returned."))?,
    };
    Ok(Page { after, size: usize::try_from(size).unwrap_or(usize::MAX) })
}

/// The token of the page behind the resource with that number: opaque, and good for this operation only.
pub(crate) fn next_token(request: &Request<'_>, number: u64) -> String {
    format!("{:016x}{number:016x}", token_checksum(request, number))
}

fn parse_token(request: &Request<'_>, token: &str) -> Option<u64> {
    let (given, number) = token.split_at_checked(16)?;
    let number = u64::from_str_radix(number, 16).ok()?;
    (u64::from_str_radix(given, 16).ok()? == token_checksum(request, number)).then_some(number)
}

/// FNV-1a over what a token is good for, so that one that was altered or is another list's is seen as such.
fn token_checksum(request: &Request<'_>, number: u64) -> u64 {
    let text = format!("{} {} {} {}", request.service.name, request.operation.name, request.region, number);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
