//! What tests do to the clock, meetings and pipelines.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::engine::{Clock, Engine};
use crate::kinds::meetings::{ATTENDEE, MEETING};
use crate::kinds::{Role, chime, media_pipelines};
use crate::request::{MeetingArn, ServiceError};
use crate::state::{AccountState, Cause};
use crate::time;

/// How a test moves the clock.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ClockChange {
    Advance(Duration),
    Set(SystemTime),
    Freeze,
    Resume,
}

/// What a test lets an attendee do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Join,
    Leave,
    Drop,
}

impl Engine {
    pub(crate) fn change_clock(&mut self, change: ClockChange, real: SystemTime) -> Result<(), ServiceError> {
        match change {
            ClockChange::Advance(by) => self.clock.advance(by),
            ClockChange::Set(time) => self.clock.set(time, real),
            ClockChange::Freeze => self.clock.freeze(real),
            ClockChange::Resume => self.clock.resume(real),
        }
        self.settle(real);
        self.keep_control("clock", json!({}), real)
    }

    /// An attendee, by id or external user id, or all of them, joins or leaves a meeting. Returns how many did.
    pub(crate) fn attend(
        &mut self,
        meeting: &str,
        attendee: Option<&str>,
        step: Step,
        real: SystemTime,
    ) -> Result<usize, ServiceError> {
        let now = self.clock.now(real);
        let count = self.attend_at(meeting, attendee, step, now)?;
        self.keep_control(step.name(), json!({"meeting": meeting, "attendee": attendee}), real)?;
        Ok(count)
    }

    fn attend_at(
        &mut self,
        id: &str,
        attendee: Option<&str>,
        step: Step,
        now: SystemTime,
    ) -> Result<usize, ServiceError> {
        let state = self.account_of(id, now, |state, id| state.meeting(id).is_some());
        let state = state.ok_or_else(|| ServiceError::not_found(MEETING.noun, id))?;
        let id = MeetingArn::parse(id).map_or(id, |arn| arn.id);
        let (number, meeting) = state.meeting(id).ok_or_else(|| ServiceError::not_found(MEETING.noun, id))?;
        let max = meeting.members.get("MeetingFeatures").and_then(|features| features.get("Attendee"));
        let max = max.and_then(|attendee| attendee.get("MaxCount")?.as_u64());
        let connected = meeting.presence.connected;
        let is_chosen = |part: &u64| {
            let is_named = |part: &crate::state::Resource| {
                attendee.is_none_or(|name| part.id == name || part.text("ExternalUserId") == name)
            };
            state.get(*part).is_some_and(|part| part.kind.is(&ATTENDEE) && is_named(part))
                && (attendee.is_some() || !state.is_recorder(*part))
        };
        let chosen: Vec<u64> = state.parts(number).into_iter().filter(is_chosen).collect();
        if let (true, Some(attendee)) = (chosen.is_empty(), attendee) {
            return Err(ServiceError::not_found(ATTENDEE.noun, attendee));
        }
        let is_connected = |part: &u64| state.get(*part).is_some_and(|part| part.presence.is_connected);
        let chosen: Vec<u64> = chosen.into_iter().filter(|part| is_connected(part) != (step == Step::Join)).collect();
        if step == Step::Join
            && let Some(max) = max
            && connected + chosen.len() > usize::try_from(max).unwrap_or(usize::MAX)
        {
            return Err(ServiceError::bad(format!("the meeting lets in at most {max} attendees")));
        }
        for attendee in &chosen {
            match step {
                Step::Join => state.join(*attendee, now),
                Step::Leave | Step::Drop => state.leave(*attendee, step == Step::Drop, now),
            }
        }
        Ok(chosen.len())
    }

    /// Ends a meeting as its own end would.
    pub(crate) fn end_meeting(&mut self, id: &str, real: SystemTime) -> Result<(), ServiceError> {
        let now = self.clock.now(real);
        self.end_meeting_at(id, now)?;
        self.keep_control("end", json!({"meeting": id}), real)
    }

    fn end_meeting_at(&mut self, id: &str, now: SystemTime) -> Result<(), ServiceError> {
        let state = self.account_of(id, now, |state, id| state.meeting(id).is_some());
        let state = state.ok_or_else(|| ServiceError::not_found(MEETING.noun, id))?;
        let id = MeetingArn::parse(id).map_or(id, |arn| arn.id);
        if let Some((number, _)) = state.meeting(id) {
            state.end(number, Cause::Dependency, now);
        }
        Ok(())
    }

    /// Puts a pipeline or pool into a state, with the reason of a failure.
    pub(crate) fn force(
        &mut self,
        id: &str,
        status: &str,
        reason: Option<&str>,
        real: SystemTime,
    ) -> Result<(), ServiceError> {
        let now = self.clock.now(real);
        self.force_at(id, status, reason, now)?;
        self.keep_control("force", json!({"resource": id, "status": status, "reason": reason}), real)
    }

    fn force_at(&mut self, id: &str, status: &str, reason: Option<&str>, now: SystemTime) -> Result<(), ServiceError> {
        let kinds: Vec<_> = chime::KINDS.iter().chain(media_pipelines::KINDS).copied().collect();
        let found = |state: &AccountState, id: &str| state.find_anywhere(&kinds, id).is_some();
        let state = self.account_of(id, now, found).ok_or_else(|| ServiceError::not_found("Resource", id))?;
        let (number, resource) =
            state.find_anywhere(&kinds, id).ok_or_else(|| ServiceError::not_found("Resource", id))?;
        let known = resource.kind.state(status);
        let status =
            known.ok_or_else(|| ServiceError::bad(format!("{status:?} is not a state of {}", resource.kind.noun)))?;
        let pending: &'static [&'static str] = match (resource.kind.role, status) {
            (Role::StreamPool, _) => &[],
            (_, "Initializing") => &["InProgress"],
            (_, "Stopping") => &["Stopped"],
            _ => &[],
        };
        state.change_members(number, |members| {
            // No operation returns it: it is for whoever reads the exported state.
            match reason {
                Some(reason) => members.insert("FailureReason".to_owned(), reason.into()),
                None => members.shift_remove("FailureReason"),
            };
        });
        state.put_into(number, status, pending, now);
        Ok(())
    }

    /// The state of the account that has this resource, with its time settled.
    fn account_of(
        &mut self,
        id: &str,
        now: SystemTime,
        has: impl Fn(&AccountState, &str) -> bool,
    ) -> Option<&mut AccountState> {
        let id = MeetingArn::parse(id).map_or(id, |arn| arn.id);
        self.accounts.values_mut().find_map(|state| {
            state.settle(now);
            has(state, id).then_some(state)
        })
    }

    /// The meetings with their attendees and who of them is connected.
    pub(crate) fn meetings(&self) -> Value {
        let mut out = Vec::new();
        for (account, state) in &self.accounts {
            for (number, meeting) in state.all().filter(|(_, resource)| resource.kind.is(&MEETING)) {
                let parts = state.parts(number);
                let attendees = parts.iter().filter_map(|part| state.get(*part).filter(|part| part.kind.is(&ATTENDEE)));
                let attendees: Vec<Value> = attendees
                    .map(|attendee| {
                        json!({
                            "attendee_id": attendee.id,
                            "external_user_id": attendee.text("ExternalUserId"),
                            "connected": attendee.presence.is_connected,
                        })
                    })
                    .collect();
                let pipelines = state.pipelines_of_meeting(&meeting.id).into_iter();
                let pipelines: Vec<&str> =
                    pipelines.filter_map(|number| state.get(number)).map(|pipeline| pipeline.id.as_str()).collect();
                out.push(json!({
                    "meeting_id": meeting.id,
                    "external_meeting_id": meeting.text("ExternalMeetingId"),
                    "account_id": account,
                    "region": &*meeting.region,
                    "created": time::text(meeting.created),
                    "ends": meeting.next_change.map(time::text),
                    "attendees": attendees,
                    "pipelines": pipelines,
                }));
            }
        }
        out.into()
    }

    /// The pipelines of all accounts, the newest first.
    pub(crate) fn pipelines(&self, max: usize) -> Value {
        let mut found = Vec::new();
        for (account, state) in &self.accounts {
            found.extend(state.all().filter(|(_, resource)| resource.kind.role.is_pipeline()).map(|(_, pipeline)| {
                let meeting = pipeline.meeting.as_ref().map(|meeting| meeting.id.as_str());
                let described = json!({
                    "id": pipeline.id,
                    "kind": pipeline.kind.member,
                    "status": pipeline.status,
                    "account_id": account,
                    "region": &*pipeline.region,
                    "meeting_id": meeting,
                    "created": time::text(pipeline.created),
                    "updated": time::text(pipeline.updated),
                });
                (pipeline.created, described)
            }));
        }
        found.sort_by_key(|(created, _)| std::cmp::Reverse(*created));
        found.into_iter().take(max).map(|(_, described)| described).collect()
    }

    pub(super) fn replay_control(&mut self, what: &str, entry: &Value, now: SystemTime) -> Result<(), String> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let required = |name: &str| text(name).ok_or_else(|| format!("{name} is missing"));
        if let Some(clock) = entry.get("clock") {
            self.clock = Clock::import(clock)?;
        }
        self.accounts.values_mut().for_each(|state| state.settle(now));
        let outcome = match what {
            "clock" => Ok(()),
            "reset" => {
                self.accounts.clear();
                Ok(())
            }
            "import" => return self.load(entry.get("state").unwrap_or(&Value::Null)),
            "end" => self.end_meeting_at(required("meeting")?, now),
            "force" => self.force_at(required("resource")?, required("status")?, text("reason"), now),
            other => match Step::by_name(other) {
                Some(step) => self.attend_at(required("meeting")?, text("attendee"), step, now).map(|_| ()),
                None => return Err(format!("{other:?} is not a change that this program knows")),
            },
        };
        outcome.map_err(|refusal| refusal.message)
    }
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Step::Join => "join",
            Step::Leave => "leave",
            Step::Drop => "drop",
        }
    }

    fn by_name(name: &str) -> Option<Step> {
        [Step::Join, Step::Leave, Step::Drop].into_iter().find(|step| step.name() == name)
    }
}
