//! What the service checks that the schema cannot say, and adds to what the caller gave, before it creates a resource.

mod insights;
mod meetings;
mod pipelines;

use crate::kinds::{ResourceKind, Role};
use crate::request::{Request, ServiceError};
use crate::state::{AccountState, Draft};

pub(super) use meetings::{check_capabilities, join_token};

/// Checks and completes a draft.
pub(super) fn prepare(
    state: &AccountState,
    request: &Request<'_>,
    kind: &'static ResourceKind,
    draft: &mut Draft,
) -> Result<(), ServiceError> {
    match kind.role {
        Role::Meeting => meetings::prepare_meeting(state, request, draft),
        Role::Attendee => meetings::prepare_attendee(state, request, draft),
        Role::Capture => pipelines::prepare_capture(state, request, draft),
        Role::Concatenation => pipelines::prepare_concatenation(state, request, draft),
        Role::LiveConnector => pipelines::prepare_live_connector(state, request, draft),
        Role::Stream => pipelines::prepare_stream(state, request, draft),
        Role::Insights => insights::prepare_pipeline(state, request, draft),
        Role::InsightsTask => insights::prepare_task(state, request, draft),
        Role::InsightsConfiguration | Role::StreamPool => Ok(()),
    }
}
