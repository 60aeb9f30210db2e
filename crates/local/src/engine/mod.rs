//! The state of all accounts behind one clock: what requests and tests do to it, and the journal that keeps it.

mod clock;
mod control;
mod journal;
mod settings;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use chimeline_core::schema::{Operation, Service};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::operations;
use crate::request::{Input, Request, Rules, ServiceError};
use crate::state::{AccountState, Event, Resource, Timing};
use crate::time;

pub(crate) use clock::Clock;
pub(crate) use control::{ClockChange, Step};
use journal::Journal;
pub(crate) use journal::JournalError;

/// The accounts, their clock, and where their changes are kept.
#[derive(Debug)]
pub(crate) struct Engine {
    accounts: BTreeMap<String, AccountState>,
    pub(crate) clock: Clock,
    timing: Timing,
    rules: Rules,
    journal: Option<Journal>,
}

/// An operation to carry out.
pub(crate) struct Call<'c> {
    pub(crate) account: &'c str,
    pub(crate) region: &'c str,
    pub(crate) service: &'static Service,
    pub(crate) operation: &'static Operation,
    pub(crate) input: Input,
}

/// An event with the account that it is of.
pub(crate) type AccountEvent = (String, Event);

impl Engine {
    pub(crate) fn new(timing: Timing, rules: Rules) -> Engine {
        Engine { accounts: BTreeMap::new(), clock: Clock::default(), timing, rules, journal: None }
    }

    /// Reads the journal, and keeps every change in it from now on. Returns what could not be read.
    pub(crate) fn open_journal(&mut self, path: &Path) -> Result<Option<String>, JournalError> {
        let (journal, damage) = journal::open(path, self)?;
        self.journal = Some(journal);
        Ok(damage)
    }

    /// Keeps nothing from now on.
    pub(crate) fn close_journal(&mut self) {
        self.journal = None;
    }

    fn use_settings(&mut self, timing: Timing, rules: Rules) {
        (self.timing, self.rules) = (timing, rules);
        self.accounts.values_mut().for_each(|account| account.use_timing(timing));
    }

    /// Lets the time pass that has passed in every account.
    pub(crate) fn settle(&mut self, real: SystemTime) {
        let now = self.clock.now(real);
        self.accounts.values_mut().for_each(|account| account.settle(now));
    }

    /// Carries out an operation; returns the members of the response.
    pub(crate) fn call(
        &mut self,
        call: Call<'_>,
        real: SystemTime,
        fresh_id: &dyn Fn() -> Uuid,
    ) -> Result<Map<String, Value>, ServiceError> {
        let now = self.clock.now(real);
        let is_kept = self.journal.is_some() && operations::is_mutation(call.operation.method);
        let ids = RefCell::new(Vec::new());
        let recorded = || {
            let id = fresh_id();
            ids.borrow_mut().push(id);
            id
        };
        let kept = is_kept.then(|| (call.input.clone(), call.account.to_owned(), call.region.to_owned()));
        let (service, operation) = (call.service, call.operation);
        let outcome = self.carry_out(call, now, if is_kept { &recorded } else { fresh_id });
        if let (Some((input, account, region)), Ok(_)) = (kept, &outcome) {
            let ids: Vec<String> = ids.into_inner().iter().map(Uuid::to_string).collect();
            self.keep(&json!({
                "do": "call", "at": time::text(now), "account": account, "region": region, "service": service.name,
                "operation": operation.name, "input": input, "ids": ids,
            }))?;
        }
        outcome
    }

    fn carry_out(
        &mut self,
        call: Call<'_>,
        now: SystemTime,
        fresh_id: &dyn Fn() -> Uuid,
    ) -> Result<Map<String, Value>, ServiceError> {
        let timing = self.timing;
        if !self.accounts.contains_key(call.account) {
            self.accounts.insert(call.account.to_owned(), AccountState::new(timing));
        }
        let Some(state) = self.accounts.get_mut(call.account) else { return Ok(Map::new()) };
        state.settle(now);
        let request = Request {
            service: call.service,
            operation: call.operation,
            input: call.input,
            region: Arc::from(call.region),
            account: call.account,
            rules: &self.rules,
            now,
            fresh_id,
        };
        operations::run(state, &request)
    }

    /// Writes a change to the journal. A change that cannot be kept is not answered with a success.
    fn keep(&mut self, entry: &Value) -> Result<(), ServiceError> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        journal.append(entry).map_err(|why| {
            ServiceError::new(
                "ServiceFailureException",
                format!("The change cannot be written to the state file: {why}"),
            )
        })
    }

    /// Does again what an entry of the journal says; the error says why that is not possible.
    fn replay(&mut self, entry: &Value) -> Result<(), String> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).ok_or_else(|| format!("{name} is missing"));
        let now = time::parse(text("at")?).ok_or("at is not a time")?;
        if text("do")? != "call" {
            return self.replay_control(text("do")?, entry, now);
        }
        let service = chimeline_core::service(text("service")?).ok_or("the service is not known")?;
        let operation = service.operation(text("operation")?).ok_or("the operation is not known")?;
        let input = entry.get("input").and_then(Value::as_object).cloned().unwrap_or_default();
        let ids = entry.get("ids").and_then(Value::as_array).into_iter().flatten();
        let ids: Option<VecDeque<Uuid>> = ids.map(|id| id.as_str()?.parse().ok()).collect();
        let ids = ids.ok_or("an id is not a UUID")?;
        let ids = RefCell::new(ids);
        let is_short = std::cell::Cell::new(false);
        let fresh = || {
            let id = ids.borrow_mut().pop_front();
            is_short.set(is_short.get() || id.is_none());
            id.unwrap_or_default()
        };
        let call = Call { account: text("account")?, region: text("region")?, service, operation, input };
        self.carry_out(call, now, &fresh).map_err(|refusal| refusal.message)?;
        if is_short.get() || !ids.borrow().is_empty() {
            Err("the ids are not those of the operation".to_owned())
        } else {
            Ok(())
        }
    }

    /// The events since they were last taken.
    pub(crate) fn take_events(&mut self) -> Vec<AccountEvent> {
        let taken = self.accounts.iter_mut().flat_map(|(account, state)| {
            state.take_events().into_iter().map(|event| (account.clone(), event)).collect::<Vec<_>>()
        });
        let mut events: Vec<AccountEvent> = taken.collect();
        events.sort_by_key(|(_, event)| event.at);
        events
    }

    /// Every resource, with the one that it is part of.
    pub(crate) fn resources(&self) -> impl Iterator<Item = (&Resource, Option<&Resource>)> {
        self.accounts.values().flat_map(|state| {
            state.all().map(|(_, resource)| (resource, resource.parent.and_then(|parent| state.get(parent))))
        })
    }

    /// Whether no account has resources.
    pub(crate) fn is_empty(&self) -> bool {
        self.accounts.values().all(|state| state.all().next().is_none())
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self, real: SystemTime) -> Result<(), ServiceError> {
        self.accounts.clear();
        self.clock = Clock::default();
        self.keep_control("reset", json!({}), real)
    }

    /// The state of all accounts and the clock as JSON.
    pub(crate) fn export(&self) -> Value {
        let accounts: Map<String, Value> =
            self.accounts.iter().map(|(account, state)| (account.clone(), state.export())).collect();
        json!({"format": "chimeline-local-state", "version": 1, "clock": self.clock.export(), "accounts": accounts})
    }

    /// Replaces the state by an exported one; the error says what is wrong with it, and then nothing is changed.
    pub(crate) fn import(&mut self, value: &Value, real: SystemTime) -> Result<(), ServiceError> {
        self.load(value).map_err(ServiceError::bad)?;
        self.keep_control("import", json!({"state": value}), real)
    }

    fn load(&mut self, value: &Value) -> Result<(), String> {
        if value.get("format").and_then(Value::as_str) != Some("chimeline-local-state") {
            return Err("the document is not an exported state: its format is not chimeline-local-state".to_owned());
        }
        match value.get("version").and_then(Value::as_u64) {
            Some(1) => {}
            Some(other) => return Err(format!("the state has version {other}; this program reads version 1")),
            None => return Err("the state has no version".to_owned()),
        }
        let accounts = value.get("accounts").and_then(Value::as_object).ok_or("accounts must be an object")?;
        let accounts = accounts
            .iter()
            .map(|(account, state)| Ok((account.clone(), AccountState::import(self.timing, state)?)))
            .collect::<Result<BTreeMap<_, _>, String>>()?;
        self.clock = Clock::import(value.get("clock").unwrap_or(&Value::Null))?;
        self.accounts = accounts;
        Ok(())
    }

    /// Keeps what a test did to the state or its clock.
    fn keep_control(&mut self, what: &str, mut entry: Value, real: SystemTime) -> Result<(), ServiceError> {
        if self.journal.is_none() {
            return Ok(());
        }
        if let Some(entry) = entry.as_object_mut() {
            entry.insert("do".to_owned(), what.into());
            entry.insert("at".to_owned(), time::text(self.clock.now(real)).into());
            entry.insert("clock".to_owned(), self.clock.export());
        }
        self.keep(&entry)
    }
}
