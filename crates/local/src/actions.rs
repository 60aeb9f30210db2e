//! What operations do. Most are one of a few things done to one kind of resource; the tables say which.

use chimeline_core::schema;
use serde_json::{Map, Value};

use crate::kind::{Draft, Kind};
use crate::page;
use crate::refusal::Refusal;
use crate::store::{Resource, Seen, Space};
use crate::work::{Work, filled};
use crate::{legacy, media_pipelines, meetings, tags};

/// What an operation does.
pub(crate) enum Action {
    /// Makes one.
    Create(&'static Kind),
    /// Answers with one.
    Get(&'static [&'static Kind]),
    /// Answers with a page of those that there are.
    List(&'static [&'static Kind]),
    /// Ends one.
    Delete(&'static [&'static Kind]),
    /// Puts the members that the caller gives in place of those that were there.
    Replace(&'static Kind),
    /// What only this operation does.
    Special(Special),
}

/// See [`Action::Special`]; the members of the answer.
pub(crate) type Special = fn(&mut Space, &Work<'_>) -> Result<Map<String, Value>, Refusal>;

/// A row of a table: an operation and what it does.
pub(crate) type Row = (&'static str, Action);

/// Does the work; gives the members of the answer.
pub(crate) fn run(space: &mut Space, work: &Work<'_>) -> Result<Map<String, Value>, Refusal> {
    match action(work.service.name, work.operation.name) {
        Some(Action::Create(kind)) => create(space, work, kind),
        Some(Action::Get(kinds)) => Ok(work.answer(found(space, work, kinds)?.1)),
        Some(Action::List(kinds)) => list(space, work, kinds),
        Some(Action::Delete(kinds)) => delete(space, work, kinds),
        Some(Action::Replace(kind)) => replace(space, work, kind),
        Some(Action::Special(special)) => special(space, work),
        None => Err(Refusal::with_status(404, "UnknownOperationException", "The operation is not known.")),
    }
}

fn action(service: &str, operation: &str) -> Option<&'static Action> {
    let table = match service {
        "chime" => legacy::ACTIONS,
        "chime-sdk-media-pipelines" => media_pipelines::ACTIONS,
        "chime-sdk-meetings" => meetings::ACTIONS,
        _ => return None,
    };
    table.iter().chain(tags::ACTIONS).find(|(name, _)| *name == operation).map(|(_, action)| action)
}

fn create(space: &mut Space, work: &Work<'_>, kind: &'static Kind) -> Result<Map<String, Value>, Refusal> {
    let number = create_once(space, work, kind)?;
    Ok(space.get(number).map(|resource| work.answer(resource)).unwrap_or_default())
}

/// Makes a resource of the request's input, or finds the one that the same token made.
pub(crate) fn create_once(space: &mut Space, work: &Work<'_>, kind: &'static Kind) -> Result<u64, Refusal> {
    let member = work.operation.input.members.iter().find(|member| member.idempotency_token);
    let mut input = work.input.clone();
    let token = member.and_then(|member| input.shift_remove(member.name));
    let (service, operation) = (work.service.name, work.operation.name);
    let token = token.as_ref().and_then(Value::as_str).map(|token| format!("{service} {operation} {token}"));
    match token.as_ref().map(|token| space.seen(token, &input)) {
        Some(Seen::Made(number)) => return Ok(number),
        Some(Seen::Otherwise) => {
            let code = if service == "chime-sdk-meetings" { "ConflictException" } else { "BadRequestException" };
            return Err(Refusal::new(code, "The ClientRequestToken was used before, with other parameters."));
        }
        Some(Seen::Never) | None => {}
    }
    let number = make(space, work, kind, Draft { members: input.clone(), ..Draft::default() })?;
    if let Some(token) = token {
        space.remember(token, input, number);
    }
    Ok(number)
}

/// Makes a resource of a draft, or finds the one that is already what is asked for.
pub(crate) fn make(space: &mut Space, work: &Work<'_>, kind: &'static Kind, mut draft: Draft) -> Result<u64, Refusal> {
    let tags = draft.members.shift_remove("Tags");
    (kind.prepare)(space, work, &mut draft)?;
    if let Some(existing) = draft.existing {
        return Ok(existing);
    }
    if let Some(name) = kind.name.and_then(|name| draft.members.get(name)).and_then(Value::as_str)
        && space.find(&[kind], name).is_some()
    {
        return Err(Refusal::new(kind.taken, format!("There is a {} {name} already.", kind.noun)));
    }
    check_quota(space, work, kind)?;
    let id = work.fresh().to_string();
    let arn = kind.arn.map(|(_, path)| {
        let name = kind.name.and_then(|name| draft.members.get(name)).and_then(Value::as_str);
        work.arn(path, name.unwrap_or(&id))
    });
    let number = space.insert(kind, id, arn, draft, work.now);
    if let (Some(resource), Some(tags)) = (space.get_mut(number), tags) {
        tags::put(resource, &tags);
    }
    Ok(number)
}

/// The quotas that are documented: 100 pipelines at once in us-east-1, which alone has the legacy service, and 10 elsewhere.
fn check_quota(space: &Space, work: &Work<'_>, kind: &'static Kind) -> Result<(), Refusal> {
    if !kind.is_pipeline {
        return Ok(());
    }
    let is_legacy = |kind: &'static Kind| kind.is(&legacy::CAPTURE);
    let documented = if work.region == "us-east-1" || is_legacy(kind) { 100 } else { 10 };
    let counts = |resource: &Resource| {
        resource.kind.is_pipeline && is_legacy(resource.kind) == is_legacy(kind) && resource.is_active()
    };
    let active = space.all().filter(|(_, resource)| counts(resource)).count();
    let quota = work.options.pipeline_quota.unwrap_or(documented);
    if active < quota { Ok(()) } else { Err(Refusal::limit(format!("Limit reached: {quota} active pipelines."))) }
}

/// The resource that the path names.
pub(crate) fn found<'s>(
    space: &'s Space,
    work: &Work<'_>,
    kinds: &[&'static Kind],
) -> Result<(u64, &'s Resource), Refusal> {
    let labels = work.operation.input.members.iter().filter(|m| m.location == schema::Location::Label);
    // The last label of a path is the resource itself, those in front of it are what it is part of.
    let labels: Vec<&str> = labels.map(|member| work.text(member.name)).collect();
    let identifier = labels.last().copied().unwrap_or_default();
    let noun = kinds.first().map_or("resource", |kind| kind.noun);
    let (number, resource) = space.find(kinds, identifier).ok_or_else(|| work.nothing(noun, identifier))?;
    if let (Some(parent), [whole, _]) = (resource.parent.and_then(|parent| space.get(parent)), labels.as_slice())
        && parent.id != *whole
        && parent.arn.as_deref() != Some(whole)
    {
        return Err(work.nothing(noun, identifier));
    }
    Ok((number, resource))
}

fn list(space: &Space, work: &Work<'_>, kinds: &'static [&'static Kind]) -> Result<Map<String, Value>, Refusal> {
    let page = page::of(work)?;
    let parent = match work.operation.input.members.iter().find(|m| m.location == schema::Location::Label) {
        Some(label) => {
            let identifier = work.text(label.name);
            let whole = space.find(&[&meetings::MEETING], identifier);
            Some(whole.ok_or_else(|| work.nothing("meeting", identifier))?.0)
        }
        None => None,
    };
    let belongs = |resource: &Resource| {
        kinds.iter().any(|kind| kind.is(resource.kind)) && (parent.is_none() || resource.parent == parent)
    };
    let mut rest = space.after(page.after).filter(|(_, resource)| belongs(resource)).peekable();
    let item = work.operation.page.and_then(|member| work.items(member));
    let Some((wire, item)) = item else { return Ok(Map::new()) };
    let mut items = Vec::new();
    let mut last = page.after;
    while items.len() < page.size
        && let Some((number, resource)) = rest.next()
    {
        items.push(Value::Object(filled(item, resource)));
        last = number;
    }
    let mut out = Map::new();
    out.insert(wire.to_owned(), items.into());
    if rest.peek().is_some() {
        out.insert("NextToken".to_owned(), page::token(work, last).into());
    }
    Ok(out)
}

fn delete(space: &mut Space, work: &Work<'_>, kinds: &'static [&'static Kind]) -> Result<Map<String, Value>, Refusal> {
    let (number, resource) = found(space, work, kinds)?;
    let arn = resource.arn.clone().unwrap_or_default();
    let depends = |other: &Resource| other.is_pipeline_of(&arn) && other.is_active();
    let users: Vec<u64> = space.all().filter(|(_, other)| depends(other)).map(|(number, _)| number).collect();
    let noun = resource.kind.noun;
    if resource.kind.is(&meetings::MEETING) {
        // What captures or streams a meeting ends with it.
        for user in users {
            space.end(user, work.now);
        }
    } else if !users.is_empty() && !resource.kind.is_pipeline {
        return Err(Refusal::conflict(format!("The {noun} is in use by {} active pipelines.", users.len())));
    }
    space.end(number, work.now);
    Ok(Map::new())
}

fn replace(space: &mut Space, work: &Work<'_>, kind: &'static Kind) -> Result<Map<String, Value>, Refusal> {
    let (number, _) = found(space, work, &[kind])?;
    let Some(resource) = space.get_mut(number) else { return Ok(Map::new()) };
    for member in work.operation.input.members.iter().filter(|m| m.location == schema::Location::Body) {
        match work.input.get(member.name) {
            Some(value) => resource.members.insert(member.name.to_owned(), value.clone()),
            None => resource.members.shift_remove(member.name),
        };
    }
    resource.updated = work.now;
    Ok(work.answer(resource))
}

impl Resource {
    /// Whether this is a pipeline that names `arn` as what it works on or with.
    fn is_pipeline_of(&self, arn: &str) -> bool {
        fn names(value: &Value, arn: &str) -> bool {
            match value {
                Value::String(text) => text == arn,
                Value::Array(items) => items.iter().any(|value| names(value, arn)),
                Value::Object(map) => map.values().any(|value| names(value, arn)),
                _ => false,
            }
        }
        self.kind.is_pipeline && self.members.values().any(|value| names(value, arn))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_operation_has_an_action() {
        for service in chimeline_core::schema::generated::SERVICES {
            for operation in service.operations {
                assert!(super::action(service.name, operation.name).is_some(), "{} {}", service.name, operation.name);
            }
        }
    }
}
