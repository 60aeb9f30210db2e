//! The resource that a request's path names.

use chimeline_core::schema::Location;

use crate::kinds::ResourceKind;
use crate::request::{MeetingArn, Request, ServiceError};
use crate::state::{AccountState, Resource};

/// The resource of one of these kinds that the path names.
pub(super) fn requested<'s>(
    state: &'s AccountState,
    request: &Request<'_>,
    kinds: &[&'static ResourceKind],
) -> Result<(u64, &'s Resource), ServiceError> {
    let labels = request.operation.input.members.iter().filter(|member| member.location == Location::Label);
    // The last label of a path is the resource itself, those in front of it are what it is part of.
    let labels: Vec<&str> = labels.map(|member| request.text(member.name)).collect();
    let identifier = labels.last().copied().unwrap_or_default();
    let noun = kinds.first().map_or("Resource", |kind| kind.noun);
    let not_found = || ServiceError::not_found(noun, identifier);
    let (number, resource) = by_identifier(state, request, kinds, identifier).ok_or_else(not_found)?;
    if let (Some(parent), [whole, _]) = (resource.parent.and_then(|parent| state.get(parent)), labels.as_slice())
        && parent.id != *whole
        && parent.arn.as_deref() != Some(whole)
    {
        return Err(not_found());
    }
    Ok((number, resource))
}

/// The resource of one of these kinds with that id, name or ARN; a meeting's ARN in either form.
pub(super) fn by_identifier<'s>(
    state: &'s AccountState,
    request: &Request<'_>,
    kinds: &[&'static ResourceKind],
    identifier: &str,
) -> Option<(u64, &'s Resource)> {
    let found = state.find(kinds, &request.region, identifier);
    found.or_else(|| {
        let arn = MeetingArn::parse(identifier).filter(|arn| arn.account == request.account)?;
        let found = state.find(kinds, &request.region, arn.id)?;
        (arn.region.is_empty() || arn.region == &*found.1.region).then_some(found)
    })
}
