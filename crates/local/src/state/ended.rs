//! Pipelines that are gone but not forgotten: a token that is used again and a concatenation still refer to them; and the ids of
//! meetings that have ended, which are no sources any more.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::state::Resource;

/// The pipelines that were removed last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended {
    resources: HashMap<u64, Resource>,
    arns: HashMap<String, u64>,
    order: VecDeque<(SystemTime, u64)>,
    meetings: HashSet<String>,
    /// The ids of the meetings, the first to end first.
    meeting_order: VecDeque<String>,
}

/// A concatenation takes captures of the last 30 days.
const RETENTION: Duration = Duration::from_hours(30 * 24);

/// Bounds the memory of a server that runs for long.
const MAX_ENDED: usize = 10_000;

/// As above; an id takes less.
const MAX_MEETINGS: usize = 100_000;

impl Ended {
    pub(crate) fn add(&mut self, number: u64, resource: Resource, at: SystemTime) {
        if let Some(arn) = &resource.arn {
            self.arns.insert(arn.clone(), number);
        }
        self.resources.insert(number, resource);
        self.order.push_back((at, number));
    }

    pub(crate) fn add_meeting(&mut self, id: String) {
        if self.meeting_order.len() >= MAX_MEETINGS
            && let Some(first) = self.meeting_order.pop_front()
        {
            self.meetings.remove(&first);
        }
        if self.meetings.insert(id.clone()) {
            self.meeting_order.push_back(id);
        }
    }

    pub(crate) fn has_meeting(&self, id: &str) -> bool {
        self.meetings.contains(id)
    }

    /// The ids of the meetings that have ended, the first to end first.
    pub(crate) fn meetings(&self) -> impl Iterator<Item = &str> {
        self.meeting_order.iter().map(String::as_str)
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Resource> {
        self.resources.get(&number)
    }

    pub(crate) fn by_arn(&self, arn: &str) -> Option<&Resource> {
        self.resources.get(self.arns.get(arn)?)
    }

    /// Forgets what is too old or too much; returns the tokens that they were created with.
    pub(crate) fn prune(&mut self, now: SystemTime, token_retention: Option<Duration>) -> Vec<Arc<str>> {
        let retention = token_retention.unwrap_or(Duration::MAX).max(RETENTION);
        let mut tokens = Vec::new();
        while let Some((at, number)) = self.order.front().copied()
            && (self.order.len() > MAX_ENDED || at.checked_add(retention).is_some_and(|end| end <= now))
        {
            self.order.pop_front();
            let Some(resource) = self.resources.remove(&number) else { continue };
            if let Some(arn) = resource.arn {
                self.arns.remove(&arn);
            }
            tokens.extend(resource.token);
        }
        tokens
    }

    /// The pipelines, with when each was removed.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (SystemTime, u64, &Resource)> {
        self.order.iter().filter_map(|(at, number)| Some((*at, *number, self.resources.get(number)?)))
    }
}
