//! Operations on media pipelines that are more than one of the common actions.

use serde_json::{Map, Value};

use crate::kinds::media_pipelines::{INSIGHTS, STREAM_POOL};
use crate::operations::lookup::requested;
use crate::request::{Request, ServiceError};
use crate::state::AccountState;

type Outcome = Result<Map<String, Value>, ServiceError>;

pub(super) fn pause_or_resume(state: &mut AccountState, request: &Request<'_>) -> Outcome {
    let (number, pipeline) = requested(state, request, &[&INSIGHTS])?;
    let next = match (request.text("UpdateStatus"), pipeline.status.unwrap_or_default()) {
        ("Pause", "InProgress") => "Paused",
        ("Resume", "Paused") => "InProgress",
        (update, status) => {
            return Err(ServiceError::conflict(format!("A pipeline that is {status} cannot {update}.")));
        }
    };
    state.put_into(number, next, &[], request.now);
    Ok(Map::new())
}

pub(super) fn update_pool(state: &mut AccountState, request: &Request<'_>) -> Outcome {
    let (number, pool) = requested(state, request, &[&STREAM_POOL])?;
    if pool.status != Some("ACTIVE") {
        return Err(ServiceError::conflict(format!("The pool is {}.", pool.status.unwrap_or_default())));
    }
    if let Some(Value::Object(change)) = request.input.get("StreamConfiguration") {
        state.change_members(number, |members| {
            if let Some(Value::Object(configuration)) = members.get_mut("StreamConfiguration") {
                configuration.extend(change.clone());
            }
        });
    }
    state.put_into(number, "UPDATING", &["ACTIVE"], request.now);
    Ok(state.get(number).map(|pool| request.respond_with(pool)).unwrap_or_default())
}
