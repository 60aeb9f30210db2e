//! What the service remembers: the resources of one region, their names, and the idempotency tokens.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::kind::{Draft, Kind, is_active};

/// The resources of a region, in the order of their creation.
#[derive(Debug, Default)]
pub(crate) struct Space {
    resources: BTreeMap<u64, Resource>,
    last: u64,
    /// Ids, ARNs and names, each with its resource.
    names: HashMap<String, u64>,
    /// The resources whose state will change by itself.
    moving: BTreeSet<u64>,
    tokens: HashMap<String, Remembered>,
}

/// A resource.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) kind: &'static Kind,
    pub(crate) id: String,
    pub(crate) arn: Option<String>,
    pub(crate) members: Map<String, Value>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) parent: Option<u64>,
    pub(crate) created: SystemTime,
    pub(crate) updated: SystemTime,
    /// The state, of a kind that has any.
    pub(crate) state: Option<&'static str>,
    /// The states that follow by themselves.
    ahead: &'static [&'static str],
    /// Since when the state, or the wait for another resource, lasts.
    since: SystemTime,
    after: Option<u64>,
    vanishes: bool,
    /// The idempotency token that stands for its creation.
    token: Option<String>,
}

/// A creation that an idempotency token stands for.
#[derive(Debug)]
struct Remembered {
    input: Map<String, Value>,
    resource: u64,
}

/// What an idempotency token says of a creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It is new.
    Never,
    /// It was made, and still is there.
    Made(u64),
    /// The token was used for another input.
    Otherwise,
}

impl Resource {
    /// Whether it still does its work.
    pub(crate) fn is_active(&self) -> bool {
        self.state.is_none_or(is_active)
    }

    /// The name that the caller gave.
    fn name(&self) -> Option<String> {
        let name = self.members.get(self.kind.name?)?.as_str()?;
        Some(named(self.kind, name))
    }

    fn moves(&self) -> bool {
        !self.ahead.is_empty() || self.vanishes
    }
}

/// The key of a name, which only resources of one kind share.
fn named(kind: &Kind, name: &str) -> String {
    format!("{} {name}", kind.member)
}

impl Space {
    /// Lets the time pass that has passed.
    pub(crate) fn settle(&mut self, now: SystemTime, pace: Duration) {
        // A resource that ends lets those that wait for it begin, so they come after it.
        for number in self.moving.clone() {
            self.settle_one(number, now, pace);
        }
    }

    fn settle_one(&mut self, number: u64, now: SystemTime, pace: Duration) {
        let Some(after) = self.resources.get(&number).map(|resource| resource.after) else { return };
        if after.is_some_and(|other| self.resources.get(&other).is_some_and(Resource::is_active)) {
            if let Some(resource) = self.resources.get_mut(&number) {
                resource.since = now;
            }
            return;
        }
        let Some(resource) = self.resources.get_mut(&number) else { return };
        while resource.moves()
            && let Some(due) = resource.since.checked_add(pace).filter(|due| *due <= now)
        {
            resource.since = due;
            if let Some((next, ahead)) = resource.ahead.split_first() {
                resource.state = Some(next);
                resource.ahead = ahead;
                resource.updated = resource.since;
            } else {
                self.remove(number);
                return;
            }
        }
        if !resource.moves() {
            self.moving.remove(&number);
        }
    }

    /// Adds a resource.
    pub(crate) fn insert(
        &mut self,
        kind: &'static Kind,
        id: String,
        arn: Option<String>,
        draft: Draft,
        now: SystemTime,
    ) -> u64 {
        self.last += 1;
        let number = self.last;
        let states = kind.course.as_ref().and_then(|course| course.start.split_first());
        let resource = Resource {
            kind,
            id,
            arn,
            members: draft.members,
            tags: BTreeMap::new(),
            parent: draft.parent,
            created: now,
            updated: now,
            state: states.map(|(first, _)| *first),
            ahead: states.map_or(&[], |(_, ahead)| ahead),
            since: now,
            after: draft.after,
            vanishes: false,
            token: None,
        };
        if resource.moves() {
            self.moving.insert(number);
        }
        let names = [Some(resource.id.clone()), resource.arn.clone(), resource.name()];
        self.names.extend(names.into_iter().flatten().map(|name| (name, number)));
        self.resources.insert(number, resource);
        number
    }

    /// Ends a resource: it goes through its last states, or is gone at once where its kind has none. Its parts go with it.
    pub(crate) fn end(&mut self, number: u64, now: SystemTime) {
        let Some(resource) = self.resources.get_mut(&number) else { return };
        let Some((course, (first, ahead))) =
            resource.kind.course.as_ref().and_then(|course| Some((course, course.stop.split_first()?)))
        else {
            self.remove(number);
            return;
        };
        let ended = !resource.is_active();
        if ended && (resource.moves() || !course.vanishes) {
            return;
        }
        if !ended {
            resource.state = Some(first);
            resource.ahead = ahead;
            resource.updated = now;
        }
        resource.after = None;
        resource.vanishes = course.vanishes;
        resource.since = now;
        self.moving.insert(number);
        for part in self.parts(number) {
            self.end(part, now);
        }
    }

    /// Puts a resource into a state for good.
    pub(crate) fn put(&mut self, number: u64, state: &'static str, ahead: &'static [&'static str], now: SystemTime) {
        let Some(resource) = self.resources.get_mut(&number) else { return };
        resource.state = Some(state);
        resource.ahead = ahead;
        resource.since = now;
        resource.updated = now;
        if resource.moves() {
            self.moving.insert(number);
        }
    }

    fn remove(&mut self, number: u64) {
        self.moving.remove(&number);
        let Some(resource) = self.resources.remove(&number) else { return };
        for name in [Some(resource.id.clone()), resource.arn.clone(), resource.name()].into_iter().flatten() {
            self.names.remove(&name);
        }
        if let Some(token) = resource.token {
            self.tokens.remove(&token);
        }
        for part in self.parts(number) {
            self.remove(part);
        }
    }

    fn parts(&self, whole: u64) -> Vec<u64> {
        self.resources.iter().filter(|(_, part)| part.parent == Some(whole)).map(|(number, _)| *number).collect()
    }

    /// The resource of one of these kinds with that id, ARN or name.
    pub(crate) fn find(&self, kinds: &[&'static Kind], identifier: &str) -> Option<(u64, &Resource)> {
        let names = kinds.iter().filter(|kind| kind.name.is_some()).map(|kind| named(kind, identifier));
        std::iter::once(identifier.to_owned()).chain(names).find_map(|name| {
            let number = *self.names.get(&name)?;
            let resource = self.resources.get(&number)?;
            kinds.iter().any(|kind| kind.is(resource.kind)).then_some((number, resource))
        })
    }

    /// The resource with that ARN.
    pub(crate) fn with_arn(&mut self, arn: &str) -> Option<&mut Resource> {
        let number = *self.names.get(arn)?;
        self.resources.get_mut(&number).filter(|resource| resource.arn.as_deref() == Some(arn))
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Resource> {
        self.resources.get(&number)
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Resource> {
        self.resources.get_mut(&number)
    }

    /// The resources that came after `number`, oldest first.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = (u64, &Resource)> {
        self.resources.range(number.saturating_add(1)..).map(|(number, resource)| (*number, resource))
    }

    /// The resources, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u64, &Resource)> {
        self.after(0)
    }

    /// What the token of a creation says of it.
    pub(crate) fn seen(&self, token: &str, input: &Map<String, Value>) -> Seen {
        match self.tokens.get(token) {
            Some(known) if known.input == *input => Seen::Made(known.resource),
            Some(_) => Seen::Otherwise,
            None => Seen::Never,
        }
    }

    /// Remembers what a token stands for, as long as it is there.
    pub(crate) fn remember(&mut self, token: String, input: Map<String, Value>, number: u64) {
        if let Some(resource) = self.resources.get_mut(&number)
            && resource.token.is_none()
        {
            resource.token = Some(token.clone());
            self.tokens.insert(token, Remembered { input, resource: number });
        }
    }
}
