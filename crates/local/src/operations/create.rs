//! The creation of resources, once for each idempotency token.

use serde_json::{Map, Value};

use crate::kinds::{ResourceKind, Role, chime};
use crate::operations::{rules, tags};
use crate::request::{Request, ServiceError, TokenReuse};
use crate::state::{AccountState, Draft, Idempotency, fingerprint};

pub(super) fn create(
    state: &mut AccountState,
    request: &Request<'_>,
    kind: &'static ResourceKind,
) -> Result<Map<String, Value>, ServiceError> {
    let number = create_once(state, request, kind)?;
    Ok(state.get_or_ended(number).map(|resource| request.respond_with(resource)).unwrap_or_default())
}

/// Creates a resource of the request's input, or finds the one that the same token created.
pub(super) fn create_once(
    state: &mut AccountState,
    request: &Request<'_>,
    kind: &'static ResourceKind,
) -> Result<u64, ServiceError> {
    let member = request.operation.input.members.iter().find(|member| member.idempotency_token);
    let mut input = request.input.clone();
    let token = member.and_then(|member| input.shift_remove(member.name));
    let token = token.as_ref().and_then(Value::as_str).map(|token| token_key(request, kind, token));
    let fingerprint = fingerprint(&input);
    if let Some(token) = &token
        && let Some(number) = created_before(state, request, kind, token, fingerprint)?
    {
        return Ok(number);
    }
    let number = make(state, request, kind, Draft { members: input, ..Draft::default() })?;
    if let Some(token) = token {
        state.remember_token(&token, fingerprint, number);
    }
    Ok(number)
}

/// A meeting's token stands for the meeting, whichever operation creates it; other tokens stand for one operation's resource.
fn token_key(request: &Request<'_>, kind: &'static ResourceKind, token: &str) -> String {
    let what = if kind.role == Role::Meeting { kind.name } else { request.operation.name };
    format!("{} {what} {} {token}", request.service.name, request.region)
}

/// The resource that the token created, if it still stands for it.
fn created_before(
    state: &mut AccountState,
    request: &Request<'_>,
    kind: &'static ResourceKind,
    token: &str,
    fingerprint: u64,
) -> Result<Option<u64>, ServiceError> {
    let (number, is_same) = match state.check_token(token, fingerprint, request.now) {
        Idempotency::New => return Ok(None),
        Idempotency::Replay(number) => (number, true),
        Idempotency::Mismatch(number) => (number, false),
    };
    // The token of a meeting returns the meeting, whatever else differs: programs find or create one with it.
    if kind.role == Role::Meeting {
        return Ok(Some(number));
    }
    let has_ended = state.get_or_ended(number).is_some_and(|resource| !resource.is_active());
    match request.rules.token_reuse {
        TokenReuse::Create if has_ended => return Ok(None),
        TokenReuse::Refuse if has_ended => {
            return Err(ServiceError::bad("The ClientRequestToken was used before, for a pipeline that has ended."));
        }
        _ => {}
    }
    if is_same {
        Ok(Some(number))
    } else {
        Err(ServiceError::bad("The ClientRequestToken was used before, with other parameters."))
    }
}

/// Creates a resource of a draft, or finds the one that is already what is asked for.
pub(super) fn make(
    state: &mut AccountState,
    request: &Request<'_>,
    kind: &'static ResourceKind,
    mut draft: Draft,
) -> Result<u64, ServiceError> {
    let tags = draft.members.shift_remove("Tags");
    rules::prepare(state, request, kind, &mut draft)?;
    if let Some(existing) = draft.existing {
        return Ok(existing);
    }
    let name = kind.unique_name.and_then(|name| draft.members.get(name)).and_then(Value::as_str).map(str::to_owned);
    if let Some(name) = &name
        && state.find(&[kind], &request.region, name).is_some()
    {
        return Err(ServiceError::new(kind.name_taken_error, format!("{} {name} already exists.", kind.noun)));
    }
    check_quota(state, request, kind)?;
    let mut id = request.fresh().to_string();
    if kind.role == Role::StreamPool {
        id = format!("ChimeMediaPipelines-{}-{id}", name.as_deref().unwrap_or_default());
    }
    let arn = kind.arn.map(|(_, resource_type)| request.arn(resource_type, name.as_deref().unwrap_or(&id)));
    let number = state.insert(kind, id, arn, &request.region, draft, request.now);
    if let (Some(resource), Some(tags)) = (state.get_mut(number), tags) {
        tags::put(resource, &tags);
    }
    if kind.role.joins_meeting() {
        let mark: String = request.fresh().simple().to_string().chars().take(5).collect();
        state.add_recorder(number, request.fresh().to_string(), &mark, &rules::join_token(request), request.now);
    }
    Ok(number)
}

/// The quotas that are documented: 100 pipelines at once in us-east-1, which alone has the legacy service, and 10 elsewhere.
fn check_quota(state: &AccountState, request: &Request<'_>, kind: &'static ResourceKind) -> Result<(), ServiceError> {
    if !kind.role.is_pipeline() {
        return Ok(());
    }
    let documented = if &*request.region == "us-east-1" || kind.is(&chime::CAPTURE) { 100 } else { 10 };
    let quota = request.rules.pipeline_quota.unwrap_or(documented);
    if state.active_pipelines(&request.region, kind) < quota {
        Ok(())
    } else {
        Err(request.limit(format!("Limit reached: {quota} active pipelines.")))
    }
}
