//! The names that callers give: meetings, pipelines and buckets in every form, and the tokens that follow from them.

mod bucket;
mod meeting;
mod pipeline;
mod token;

pub(crate) use bucket::Bucket;
pub(crate) use meeting::Meeting;
pub(crate) use pipeline::Pipeline;
pub(crate) use token::token;

/// Whether a text has the form of the ids of meetings, attendees and pipelines.
pub(crate) fn is_id(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// The account of an ARN, if it is one.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
