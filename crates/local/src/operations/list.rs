//! Pages of resources.

use chimeline_core::schema::Location;
use serde_json::{Map, Value};

use crate::kinds::ResourceKind;
use crate::kinds::meetings::MEETING;
use crate::operations::lookup::by_identifier;
use crate::request::{Request, ServiceError, pagination, render};
use crate::state::AccountState;

pub(super) fn list(
    state: &AccountState,
    request: &Request<'_>,
    kinds: &'static [&'static ResourceKind],
) -> Result<Map<String, Value>, ServiceError> {
    let page = pagination::requested_page(request)?;
    let parent = match request.operation.input.members.iter().find(|member| member.location == Location::Label) {
        Some(label) => {
            let identifier = request.text(label.name);
            let whole = by_identifier(state, request, &[&MEETING], identifier);
            Some(whole.ok_or_else(|| ServiceError::not_found(MEETING.noun, identifier))?.0)
        }
        None => None,
    };
    let item = request.operation.page.and_then(|member| render::list_member(request.operation, member));
    let Some((wire, structure)) = item else { return Ok(Map::new()) };
    let mut numbers = state.page(kinds, &request.region, parent, page.after, page.size.saturating_add(1));
    let has_more = numbers.len() > page.size;
    numbers.truncate(page.size);
    let resources = numbers.iter().filter_map(|number| state.get(*number));
    let items: Vec<Value> = resources.map(|resource| render::members(structure, resource).into()).collect();
    let mut out = Map::new();
    out.insert(wire.to_owned(), items.into());
    if let Some(last) = numbers.last().filter(|_| has_more) {
        out.insert("NextToken".to_owned(), pagination::next_token(request, *last).into());
    }
    Ok(out)
}
