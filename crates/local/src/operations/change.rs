//! The end of resources, and the replacement of their members.

use chimeline_core::schema::Location;
use serde_json::{Map, Value};

use crate::kinds::{ResourceKind, Role};
use crate::operations::lookup::requested;
use crate::request::{Request, ServiceError};
use crate::state::{AccountState, Cause};

pub(super) fn delete(
    state: &mut AccountState,
    request: &Request<'_>,
    kinds: &'static [&'static ResourceKind],
) -> Result<Map<String, Value>, ServiceError> {
    let (number, resource) = requested(state, request, kinds)?;
    if matches!(resource.kind.role, Role::InsightsConfiguration | Role::StreamPool) {
        let arn = resource.arn.as_deref().unwrap_or_default();
        let users = state.all().filter(|(_, other)| other.is_active() && other.is_pipeline_of(arn)).count();
        if users > 0 {
            let noun = resource.kind.noun;
            return Err(ServiceError::conflict(format!(
                "{noun} {} is in use by {users} active pipelines.",
                resource.id
            )));
        }
    }
    state.end(number, Cause::Deleted, request.now);
    Ok(Map::new())
}

pub(super) fn replace(
    state: &mut AccountState,
    request: &Request<'_>,
    kind: &'static ResourceKind,
) -> Result<Map<String, Value>, ServiceError> {
    let (number, _) = requested(state, request, &[kind])?;
    let Some(resource) = state.get_mut(number) else { return Ok(Map::new()) };
    for member in request.operation.input.members.iter().filter(|member| member.location == Location::Body) {
        match request.input.get(member.name) {
            Some(value) => resource.members.insert(member.name.to_owned(), value.clone()),
            None => resource.members.shift_remove(member.name),
        };
    }
    resource.updated = request.now;
    Ok(request.respond_with(resource))
}
