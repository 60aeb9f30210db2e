//! How resources change by themselves, how they end, and what ends with them.

use std::time::SystemTime;

use crate::kinds::Role;
use crate::state::{AccountState, Resource};

/// Why a resource ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// It is deleted by its owner: it is removed soon.
    Deleted,
    /// What it depends on has ended: it can still be read for a while.
    Dependency,
}

impl AccountState {
    /// Applies every state transition that is due by `now`, in the order of their times.
    pub(crate) fn settle(&mut self, now: SystemTime) {
        while let Some((at, number)) = self.schedule.first().copied().filter(|(at, _)| *at <= now) {
            self.schedule.pop_first();
            if let Some(resource) = self.resources.get_mut(&number) {
                resource.next_change = None;
                match resource.kind.role {
                    Role::Meeting => self.end(number, Cause::Dependency, at),
                    _ => self.advance(number, at),
                }
            }
        }
    }

    fn advance(&mut self, number: u64, at: SystemTime) {
        let Some(resource) = self.resources.get_mut(&number) else { return };
        let Some((next, pending)) = resource.pending_states.split_first() else {
            self.remove(number, at);
            return;
        };
        resource.pending_states = pending;
        self.enter(number, next, at);
        self.schedule_change(number, at);
    }

    /// Puts a resource into a state.
    fn enter(&mut self, number: u64, status: &'static str, at: SystemTime) {
        let stopped_retention = self.timing.stopped_retention;
        let Some(resource) = self.resources.get_mut(&number) else { return };
        let was_active = resource.is_active();
        let before = resource.status;
        if was_active && !crate::kinds::is_active(status) {
            self.unlist_active(number);
        }
        let Some(resource) = self.resources.get_mut(&number) else { return };
        resource.status = Some(status);
        resource.updated = at;
        let is_active = resource.is_active();
        let is_pipeline = resource.kind.role.is_pipeline();
        if is_pipeline && !is_active && resource.removed_after.is_none() {
            resource.removed_after = stopped_retention;
        }
        self.status_event(number, before, at);
        if was_active && !is_active && is_pipeline {
            self.pipeline_ended(number, at);
        }
    }

    /// What follows from the end of a pipeline's work.
    fn pipeline_ended(&mut self, number: u64, at: SystemTime) {
        let Some(resource) = self.resources.get_mut(&number) else { return };
        let (recorder, token) = (resource.recorder.take(), resource.token.clone());
        if let Some(recorder) = recorder {
            self.remove_attendee(recorder, at);
        }
        if let Some(token) = token {
            let expiry = self.timing.token_retention.and_then(|retention| at.checked_add(retention));
            self.tokens.expire(&token, expiry);
        }
        for waiting in self.waiting.remove(&number).unwrap_or_default() {
            if let Some(resource) = self.resources.get_mut(&waiting) {
                resource.waits_for = None;
                self.schedule_change(waiting, at);
            }
        }
    }

    /// Schedules the next change of a resource, counted from `since`.
    pub(super) fn schedule_change(&mut self, number: u64, since: SystemTime) {
        let Some(resource) = self.resources.get_mut(&number) else { return };
        if let Some(at) = resource.next_change.take() {
            self.schedule.remove(&(at, number));
        }
        let next = match resource.kind.role {
            Role::Meeting => self.timing.meeting_end(resource),
            _ if resource.waits_for.is_some() => None,
            _ if !resource.pending_states.is_empty() => since.checked_add(self.timing.transition_delay),
            _ => resource.removed_after.and_then(|length| since.checked_add(length)),
        };
        resource.next_change = next;
        if let Some(at) = next {
            self.schedule.insert((at, number));
        }
    }

    /// Ends a resource: it goes through its last states, or is removed at once where its kind has none. Its parts end with it.
    pub(crate) fn end(&mut self, number: u64, cause: Cause, at: SystemTime) {
        let Some(resource) = self.resources.get(&number) else { return };
        let stop = resource.kind.lifecycle.as_ref().and_then(|lifecycle| lifecycle.stop.split_first());
        match (resource.kind.role, stop) {
            (Role::Meeting, _) => self.end_meeting(number, at),
            (Role::Attendee, _) => self.remove_attendee(number, at),
            (_, None) => self.remove(number, at),
            (_, Some((first, pending))) => self.stop(number, first, pending, cause, at),
        }
    }

    fn stop(
        &mut self,
        number: u64,
        first: &'static str,
        pending: &'static [&'static str],
        cause: Cause,
        at: SystemTime,
    ) {
        for part in self.parts(number) {
            self.end(part, cause, at);
        }
        let (delay, retention) = (self.timing.transition_delay, self.timing.stopped_retention);
        let Some(resource) = self.resources.get_mut(&number) else { return };
        let is_removed = resource.kind.lifecycle.as_ref().is_some_and(|lifecycle| lifecycle.removed);
        let removed_after = if cause == Cause::Deleted { Some(delay) } else { retention };
        let was_active = resource.is_active();
        // Deleting twice is deleting once.
        if !was_active && (!is_removed || cause == Cause::Dependency || resource.removed_after == removed_after) {
            return;
        }
        if let Some(other) = resource.waits_for.take()
            && let Some(waiting) = self.waiting.get_mut(&other)
        {
            waiting.retain(|waiting| *waiting != number);
        }
        let Some(resource) = self.resources.get_mut(&number) else { return };
        resource.removed_after = if is_removed { removed_after } else { None };
        if was_active {
            resource.pending_states = pending;
            self.enter(number, first, at);
            self.schedule_change(number, at);
        } else if resource.pending_states.is_empty() {
            self.schedule_change(number, at);
        }
    }

    /// Puts a resource into a state that an operation or a test chooses, and those that follow.
    pub(crate) fn put_into(
        &mut self,
        number: u64,
        status: &'static str,
        pending: &'static [&'static str],
        at: SystemTime,
    ) {
        let Some(resource) = self.resources.get_mut(&number) else { return };
        let was_active = resource.is_active();
        resource.pending_states = pending;
        if crate::kinds::is_active(status) {
            resource.removed_after = None;
        }
        self.enter(number, status, at);
        if !was_active && crate::kinds::is_active(status) {
            self.relist(number);
        }
        self.schedule_change(number, at);
    }

    /// Puts a pipeline that a test makes active again back into the indexes.
    fn relist(&mut self, number: u64) {
        if let Some(mut resource) = self.resources.remove(&number) {
            if let Some(at) = resource.next_change.take() {
                self.schedule.remove(&(at, number));
            }
            self.put(number, *resource);
        }
    }
}

impl crate::state::Timing {
    /// When a meeting ends by itself: a while after the last attendee left or if none joined, at the latest after its
    /// maximum duration.
    fn meeting_end(&self, meeting: &Resource) -> Option<SystemTime> {
        let presence = &meeting.presence;
        let is_kept = presence.connected > 0 || (self.recorder_keeps_meeting && presence.recorders > 0);
        let empty = match (is_kept, presence.empty_since) {
            (true, _) => None,
            (false, Some(since)) => self.empty_meeting_timeout.and_then(|timeout| since.checked_add(timeout)),
            (false, None) => self.unjoined_meeting_timeout.and_then(|timeout| meeting.created.checked_add(timeout)),
        };
        let longest = self.max_meeting_duration.and_then(|duration| meeting.created.checked_add(duration));
        [empty, longest].into_iter().flatten().min()
    }
}
