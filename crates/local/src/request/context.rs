//! The context of one operation.

use std::sync::Arc;
use std::time::SystemTime;

use chimeline_core::schema::{self, Operation};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::request::ServiceError;
use crate::state::Resource;

/// The members of an operation's input, by the names of users.
pub(crate) type Input = Map<String, Value>;

/// A request that is authenticated and whose input is valid.
pub(crate) struct Request<'a> {
    pub(crate) service: &'static schema::Service,
    pub(crate) operation: &'static Operation,
    pub(crate) input: Input,
    /// The control region that it is signed for.
    pub(crate) region: Arc<str>,
    /// The caller's account.
    pub(crate) account: &'a str,
    pub(crate) rules: &'a Rules,
    /// The time that resources see.
    pub(crate) now: SystemTime,
    /// Where fresh ids come from: the random generator, or the journal that is replayed.
    pub(crate) fresh_id: &'a dyn Fn() -> Uuid,
}

/// Rules of behaviour that the options choose.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    /// The quota of active pipelines in a region; `None` for the documented ones.
    pub(crate) pipeline_quota: Option<usize>,
    /// Whether a meeting that the server never had can be a pipeline's source.
    pub(crate) unknown_meetings: UnknownMeetings,
    /// What a pipeline's token that is used again returns once the pipeline has ended.
    pub(crate) token_reuse: TokenReuse,
}

/// What a token that is used again returns once its pipeline has ended, as long as the token is remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenReuse {
    /// The pipeline as it was at its end.
    #[default]
    Replay,
    /// A new pipeline.
    Create,
    /// An error.
    Refuse,
}

/// What becomes of a pipeline whose source is a meeting of the caller that the server never had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownMeetings {
    /// It is created, for tests that fake meetings.
    #[default]
    Allow,
    /// It is refused, as the service does.
    Refuse,
}

impl TokenReuse {
    pub(crate) fn name(self) -> &'static str {
        match self {
            TokenReuse::Replay => "replay",
            TokenReuse::Create => "create",
            TokenReuse::Refuse => "refuse",
        }
    }

    pub(crate) fn by_name(name: &str) -> Option<TokenReuse> {
        let all = [TokenReuse::Replay, TokenReuse::Create, TokenReuse::Refuse];
        all.into_iter().find(|choice| choice.name() == name)
    }
}

impl UnknownMeetings {
    pub(crate) fn name(self) -> &'static str {
        match self {
            UnknownMeetings::Allow => "allow",
            UnknownMeetings::Refuse => "refuse",
        }
    }

    pub(crate) fn by_name(name: &str) -> Option<UnknownMeetings> {
        [UnknownMeetings::Allow, UnknownMeetings::Refuse].into_iter().find(|choice| choice.name() == name)
    }
}

impl Request<'_> {
    /// A member of the input that is text.
    pub(crate) fn text(&self, member: &str) -> &str {
        self.input.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// A fresh id.
    pub(crate) fn fresh(&self) -> Uuid {
        (self.fresh_id)()
    }

    /// The ARN of a resource of the caller.
    pub(crate) fn arn(&self, resource_type: &str, id: &str) -> String {
        format!("arn:aws:chime:{}:{}:{resource_type}/{id}", self.region, self.account)
    }

    /// The members of the response that hold this resource.
    pub(crate) fn respond_with(&self, resource: &Resource) -> Map<String, Value> {
        self.operation.output.map(|output| super::render::response_members(output, resource)).unwrap_or_default()
    }

    /// The refusal of what breaks a limit of the service.
    pub(crate) fn limit(&self, message: impl Into<String>) -> ServiceError {
        ServiceError::limit(self.service, message)
    }
}
