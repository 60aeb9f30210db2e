//! The context of one operation, and the helpers that build its response.

mod context;
mod meeting_arn;
pub(crate) mod pagination;
mod refusal;
pub(crate) mod render;

pub(crate) use context::{Input, Request, Rules};
pub use context::{TokenReuse, UnknownMeetings};
pub(crate) use meeting_arn::MeetingArn;
pub(crate) use refusal::ServiceError;
