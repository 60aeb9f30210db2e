//! What the guard of a recording writes to its journal, if it has one.

use serde_json::{Value, json};

use super::options;
use crate::engine::{Failure, Host};
use crate::journal::SERVICE;

/// The journal of a guard.
pub(crate) struct Journal {
    path: String,
    guard: String,
}

/// What has become of a guard.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noted {
    /// Its recording runs.
    Started,
    /// Its recording is about to be stopped.
    Stopping,
    /// Its recording is stopped.
    Stopped,
    /// The service has refused to start it.
    NotStarted,
    /// It has ended, and whether it records on is not known.
    Unconfirmed,
}

impl Journal {
    pub(crate) fn new(path: &str, guard: &str) -> Journal {
        Journal { path: path.to_owned(), guard: guard.to_owned() }
    }

    pub(crate) fn read(input: &Value) -> Result<Option<Journal>, Failure> {
        let path = options::text(input, "journal", "")?;
        if path.is_empty() {
            return Ok(None);
        }
        let guard = options::text(input, "guard", "")?;
        if guard.is_empty() {
            return Err(Failure::wrong("guard", &input["guard"], "the id of a guard, which a journal needs"));
        }
        Ok(Some(Journal { path, guard }))
    }

    /// Writes that a recording is about to start.
    pub(crate) async fn begin(&self, host: &Host, account: &str, entry: Value) -> Result<(), Failure> {
        let input = json!({"journal": self.path, "guard": self.guard, "account": account, "entry": entry});
        host.call(SERVICE, "Begin", input).await?;
        Ok(())
    }

    pub(crate) async fn note(&self, host: &Host, noted: Noted, pipeline: Option<&str>) -> Result<(), Failure> {
        let (event, is_over) = match noted {
            Noted::Started => ("started", false),
            Noted::Stopping => ("stopping", false),
            Noted::Stopped => ("stopped", true),
            Noted::NotStarted => ("not started", true),
            Noted::Unconfirmed => ("unconfirmed", true),
        };
        let mut input = json!({"journal": self.path, "guard": self.guard, "event": event, "is_over": is_over});
        if let Some(pipeline) = pipeline {
            input["pipeline"] = pipeline.into();
        }
        host.call(SERVICE, "Note", input).await?;
        Ok(())
    }
}
