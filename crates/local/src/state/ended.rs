//! Pipelines that are gone but not forgotten: a token that is used again and a concatenation still refer to them.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use crate::state::Resource;

/// The pipelines that were removed last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended {
    resources: HashMap<u64, Resource>,
    arns: HashMap<String, u64>,
    order: VecDeque<(SystemTime, u64)>,
}

/// A concatenation takes captures of the last 30 days.
const RETENTION: Duration = Duration::from_hours(30 * 24);

/// Bounds the memory of a server that runs for long.
const MAX_ENDED: usize = 10_000;

impl Ended {
    pub(crate) fn add(&mut self, number: u64, resource: Resource, at: SystemTime) {
        if let Some(arn) = &resource.arn {
            self.arns.insert(arn.clone(), number);
        }
        self.resources.insert(number, resource);
        self.order.push_back((at, number));
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Resource> {
        self.resources.get(&number)
    }

    pub(crate) fn by_arn(&self, arn: &str) -> Option<&Resource> {
        self.resources.get(self.arns.get(arn)?)
    }

    /// Forgets what is too old or too much; returns the tokens that they were created with.
    pub(crate) fn prune(&mut self, now: SystemTime, token_retention: Option<Duration>) -> Vec<String> {
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
