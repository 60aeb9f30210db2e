//! The resources of one account in every region, with the indexes that keep requests fast.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::kinds::{ResourceKind, Role, chime};
use crate::state::ended::Ended;
use crate::state::idempotency::{Idempotency, Tokens};
use crate::state::resource::{Draft, Presence, Resource};
use crate::state::{Event, Timing};

/// The resources of an account, in the order of their creation.
#[derive(Clone, Debug)]
pub(crate) struct AccountState {
    pub(super) timing: Timing,
    /// Boxed: nodes of the map have room for many.
    pub(super) resources: BTreeMap<u64, Box<Resource>>,
    pub(super) last: u64,
    /// Ids, ARNs and unique names, each with its resource.
    names: HashMap<String, u64>,
    /// The resources of a region and kind.
    listings: HashMap<(Arc<str>, &'static str), BTreeSet<u64>>,
    /// The resources that are part of another.
    parts: HashMap<u64, BTreeSet<u64>>,
    /// The active pipelines of a meeting, by its id.
    of_meeting: HashMap<String, Vec<u64>>,
    /// How many pipelines are active, in a region and of the legacy service or its successor.
    active: HashMap<(Arc<str>, bool), usize>,
    /// The changes to come by themselves, the earliest first.
    pub(super) schedule: BTreeSet<(SystemTime, u64)>,
    /// The resources that wait for another's end.
    pub(super) waiting: HashMap<u64, Vec<u64>>,
    pub(super) tokens: Tokens,
    pub(super) ended: Ended,
    pub(super) events: Vec<Event>,
}

impl AccountState {
    pub(crate) fn new(timing: Timing) -> AccountState {
        AccountState {
            timing,
            resources: BTreeMap::new(),
            last: 0,
            names: HashMap::new(),
            listings: HashMap::new(),
            parts: HashMap::new(),
            of_meeting: HashMap::new(),
            active: HashMap::new(),
            schedule: BTreeSet::new(),
            waiting: HashMap::new(),
            tokens: Tokens::default(),
            ended: Ended::default(),
            events: Vec::new(),
        }
    }

    /// What is scheduled already stays as it is.
    pub(crate) fn use_timing(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// Adds a resource; returns its number.
    pub(crate) fn insert(
        &mut self,
        kind: &'static ResourceKind,
        id: String,
        arn: Option<String>,
        region: &Arc<str>,
        draft: Draft,
        now: SystemTime,
    ) -> u64 {
        self.last += 1;
        let number = self.last;
        let states = kind.lifecycle.as_ref().and_then(|lifecycle| lifecycle.start.split_first());
        let resource = Resource {
            kind,
            id,
            arn,
            region: region.clone(),
            members: draft.members,
            tags: BTreeMap::new(),
            parent: draft.parent,
            created: now,
            updated: now,
            status: states.map(|(first, _)| *first),
            pending_states: states.map_or(&[], |(_, pending)| pending),
            next_change: None,
            waits_for: draft.waits_for,
            removed_after: None,
            token: None,
            meeting: draft.meeting,
            recorder: None,
            presence: Presence::default(),
        };
        self.put(number, resource);
        self.schedule_change(number, now);
        self.created_event(number, now);
        number
    }

    /// Puts a resource into the indexes.
    pub(super) fn put(&mut self, number: u64, resource: Resource) {
        let names = [Some(resource.id.clone()), resource.arn.clone(), unique_name(&resource)];
        self.names.extend(names.into_iter().flatten().map(|name| (name, number)));
        self.listings.entry((resource.region.clone(), resource.kind.name)).or_default().insert(number);
        if let Some(whole) = resource.parent {
            self.parts.entry(whole).or_default().insert(number);
        }
        if let Some(at) = resource.next_change {
            self.schedule.insert((at, number));
        }
        if let Some(other) = resource.waits_for {
            self.waiting.entry(other).or_default().push(number);
        }
        if resource.kind.role.is_pipeline() && resource.is_active() {
            *self.active.entry(quota_of(&resource)).or_default() += 1;
            if let Some(meeting) = &resource.meeting {
                let pipelines = self.of_meeting.entry(meeting.id.clone()).or_default();
                // In their order, be it that one is active again.
                let at = pipelines.partition_point(|other| *other < number);
                pipelines.insert(at, number);
            }
        }
        self.resources.insert(number, Box::new(resource));
    }

    /// Notes that a pipeline is not active any more.
    pub(super) fn unlist_active(&mut self, number: u64) {
        let Some(resource) = self.resources.get(&number) else { return };
        if let Some(count) = self.active.get_mut(&quota_of(resource)) {
            *count = count.saturating_sub(1);
        }
        if let Some(meeting) = &resource.meeting
            && let Some(pipelines) = self.of_meeting.get_mut(&meeting.id)
        {
            pipelines.retain(|other| *other != number);
            if pipelines.is_empty() {
                self.of_meeting.remove(&meeting.id);
            }
        }
    }

    /// Removes a resource with its parts.
    pub(super) fn remove(&mut self, number: u64, at: SystemTime) {
        for part in self.parts(number) {
            self.remove(part, at);
        }
        let Some(resource) = self.resources.get(&number) else { return };
        if resource.kind.role.is_pipeline() && resource.is_active() {
            self.unlist_active(number);
        }
        let Some(resource) = self.resources.remove(&number) else { return };
        if let Some(at) = resource.next_change {
            self.schedule.remove(&(at, number));
        }
        for name in [Some(resource.id.clone()), resource.arn.clone(), unique_name(&resource)].into_iter().flatten() {
            self.names.remove(&name);
        }
        if let Some(listing) = self.listings.get_mut(&(resource.region.clone(), resource.kind.name)) {
            listing.remove(&number);
        }
        self.parts.remove(&number);
        if let Some(whole) = resource.parent
            && let Some(parts) = self.parts.get_mut(&whole)
        {
            parts.remove(&number);
        }
        if resource.kind.role == Role::Meeting {
            self.ended.add_meeting(resource.id.clone());
        }
        if resource.kind.role.is_pipeline() {
            self.ended.add(number, *resource, at);
            for token in self.ended.prune(at, self.timing.token_retention) {
                self.tokens.forget(&token);
            }
        } else if let Some(token) = resource.token {
            self.tokens.forget(&token);
        }
    }

    /// The resources that are part of another, oldest first.
    pub(crate) fn parts(&self, whole: u64) -> Vec<u64> {
        self.parts.get(&whole).into_iter().flatten().copied().collect()
    }

    /// The active pipelines that work on a meeting, oldest first.
    pub(crate) fn pipelines_of_meeting(&self, meeting_id: &str) -> Vec<u64> {
        self.of_meeting.get(meeting_id).into_iter().flatten().copied().collect()
    }

    /// How many pipelines are active in the region, of the legacy service or of its successor.
    pub(crate) fn active_pipelines(&self, region: &Arc<str>, kind: &'static ResourceKind) -> usize {
        self.active.get(&(region.clone(), kind.is(&chime::CAPTURE))).copied().unwrap_or_default()
    }

    /// The resource of one of these kinds with that id, ARN or name, in any region.
    pub(crate) fn find_anywhere(&self, kinds: &[&'static ResourceKind], identifier: &str) -> Option<(u64, &Resource)> {
        let number = *self.names.get(identifier)?;
        let resource = self.get(number)?;
        kinds.iter().any(|kind| kind.is(resource.kind)).then_some((number, resource))
    }

    /// The resource of one of these kinds with that id, ARN or name, in the region.
    pub(crate) fn find(
        &self,
        kinds: &[&'static ResourceKind],
        region: &str,
        identifier: &str,
    ) -> Option<(u64, &Resource)> {
        let with_names = kinds.iter().filter(|kind| kind.unique_name.is_some());
        let mut names = with_names.map(|kind| name_key(kind, region, identifier));
        let found = self.find_anywhere(kinds, identifier);
        let found = found.or_else(|| names.find_map(|name| self.find_anywhere(kinds, &name)));
        found.filter(|(_, resource)| *resource.region == *region)
    }

    /// The resource with that ARN.
    pub(crate) fn with_arn(&mut self, arn: &str) -> Option<&mut Resource> {
        let number = *self.names.get(arn)?;
        self.get_mut(number).filter(|resource| resource.arn.as_deref() == Some(arn))
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Resource> {
        self.resources.get(&number).map(|resource| &**resource)
    }

    /// The resource of that number, be it one that has ended and is gone.
    pub(crate) fn get_or_ended(&self, number: u64) -> Option<&Resource> {
        self.get(number).or_else(|| self.ended.get(number))
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Resource> {
        self.resources.get_mut(&number).map(|resource| &mut **resource)
    }

    /// A pipeline that is there or was there not long ago.
    pub(crate) fn pipeline_by_arn(&self, arn: &str) -> Option<&Resource> {
        let here = self.names.get(arn).and_then(|number| self.get(*number));
        here.or_else(|| self.ended.by_arn(arn))
    }

    /// The next resources of these kinds behind `after`, oldest first: those of a region, or the parts of one resource.
    pub(crate) fn page(
        &self,
        kinds: &[&'static ResourceKind],
        region: &Arc<str>,
        parent: Option<u64>,
        after: u64,
        max: usize,
    ) -> Vec<u64> {
        let behind = after.saturating_add(1)..;
        let is_kind = |number: &&u64| {
            self.resources.get(number).is_some_and(|resource| kinds.iter().any(|kind| kind.is(resource.kind)))
        };
        if let Some(parent) = parent {
            let parts = self.parts.get(&parent).map(|parts| parts.range(behind));
            return parts.into_iter().flatten().filter(is_kind).take(max).copied().collect();
        }
        let mut numbers: Vec<u64> = Vec::new();
        for kind in kinds {
            let listing = self.listings.get(&(region.clone(), kind.name));
            numbers.extend(listing.into_iter().flat_map(|listing| listing.range(behind.clone())).take(max));
        }
        numbers.sort_unstable();
        numbers.truncate(max);
        numbers
    }

    /// The resources, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u64, &Resource)> {
        self.resources.iter().map(|(number, resource)| (*number, &**resource))
    }

    /// What the token of a creation says of it.
    pub(crate) fn check_token(&mut self, token: &str, fingerprint: u64, now: SystemTime) -> Idempotency {
        self.tokens.check(token, fingerprint, now)
    }

    /// Remembers what a token stands for. A resource has one token, that of its creation.
    pub(crate) fn remember_token(&mut self, token: &str, fingerprint: u64, number: u64) {
        if let Some(resource) = self.resources.get_mut(&number)
            && resource.token.is_none()
        {
            let token: Arc<str> = token.into();
            resource.token = Some(token.clone());
            self.tokens.remember(token, fingerprint, number);
        }
    }

    /// The events since they were last taken.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// The meeting of that id, in any region.
    pub(crate) fn meeting(&self, id: &str) -> Option<(u64, &Resource)> {
        self.find_anywhere(&[&crate::kinds::meetings::MEETING], id)
    }

    /// Whether a meeting of that id has ended.
    pub(crate) fn has_ended(&self, meeting_id: &str) -> bool {
        self.ended.has_meeting(meeting_id)
    }

    /// Replaces members of a resource.
    pub(crate) fn change_members(&mut self, number: u64, change: impl FnOnce(&mut Map<String, Value>)) {
        if let Some(resource) = self.resources.get_mut(&number) {
            change(&mut resource.members);
        }
    }
}

/// What the quotas of active pipelines count together.
fn quota_of(resource: &Resource) -> (Arc<str>, bool) {
    (resource.region.clone(), resource.kind.is(&chime::CAPTURE))
}

fn unique_name(resource: &Resource) -> Option<String> {
    let name = resource.members.get(resource.kind.unique_name?)?.as_str()?;
    Some(name_key(resource.kind, &resource.region, name))
}

/// The key of a name, which only resources of one kind and region share.
fn name_key(kind: &ResourceKind, region: &str, name: &str) -> String {
    format!("{} {region} {name}", kind.name)
}
