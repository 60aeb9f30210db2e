//! A journal of the recordings that processes guard, so that what a killed one leaves can be stopped.
//!
//! It is a file of JSON lines, each on disk before the call that it announces: a heading with the account, then what each guard
//! does. A damaged one is read up to the damage and never written to again.

mod file;
mod holders;
mod lines;

use std::path::Path;

use serde_json::{Value, json};

use crate::engine::Failure;
use crate::flows::options;

/// The service that flows call the journal by.
pub(crate) const SERVICE: &str = "journal";

/// Does what a flow asks of a journal. `input` has the `path`, and:
///
/// - `Begin`: `account`, `guard` and what the entry says. Writes that a guard starts a recording; makes the file where there is none.
/// - `Note`: `guard`, `event`, `pipeline`. Writes what has become of it; `is_over` when the guard has ended.
/// - `Open`: gives `account`, `damage` and the `entries` of recordings that no guard has ended, each with `alive` where its process is.
pub fn journal(operation: &str, input: &Value) -> Result<Value, Failure> {
    let text = options::text(input, "journal", "")?;
    if text.is_empty() {
        return Err(Failure::wrong("journal", &input["journal"], "the path of a file"));
    }
    let path = Path::new(&text);
    match operation {
        "Begin" => begin(path, input),
        "Note" => note(path, input),
        "Open" => open(path),
        _ => Err(Failure::Invalid(format!("a journal has no operation {operation:?}"))),
    }
}

fn begin(path: &Path, input: &Value) -> Result<Value, Failure> {
    let guard = options::text(input, "guard", "")?;
    let account = options::text(input, "account", "")?;
    let mut journal = file::locked(path)?;
    let known = lines::read(&journal.text()?);
    if let Some(damage) = known.damage {
        return Err(said(path, &format!("is damaged, and left as it is: {damage}; give another file")));
    }
    match known.account {
        None => journal.append(&lines::heading(&account))?,
        Some(own) if own == account => {}
        Some(own) => return Err(foreign(path, &own, &account)),
    }
    let lock = holders::hold(path, &guard).map_err(|error| unwritten(path, &error))?;
    let mut line = input["entry"].clone();
    line["event"] = "starting".into();
    line["guard"] = guard.into();
    line["time"] = file::now().into();
    line["lock"] = lock.into();
    journal.append(&line)?;
    Ok(json!({}))
}

fn note(path: &Path, input: &Value) -> Result<Value, Failure> {
    let guard = options::text(input, "guard", "")?;
    let mut line = json!({"event": input["event"], "guard": guard, "time": file::now()});
    if input["pipeline"].is_string() {
        line["pipeline"] = input["pipeline"].clone();
    }
    // A process that cannot write any more has no hold of the recording either.
    let written = file::locked(path).and_then(|mut journal| journal.append(&line));
    if input["is_over"] == true {
        holders::release(path, &guard);
    }
    written.map(|()| json!({}))
}

fn open(path: &Path) -> Result<Value, Failure> {
    let text = file::read(path)?;
    let known = lines::read(&text);
    if known.account.is_none() && !text.is_empty() {
        let damage = known.damage.unwrap_or_default();
        return Err(said(path, &format!("is no journal of recordings, and left as it is: {damage}")));
    }
    let mut entries = known.open;
    for entry in &mut entries {
        let lock = entry["lock"].as_str().unwrap_or_default().to_owned();
        entry["alive"] = holders::is_alive(path, &lock).into();
    }
    Ok(json!({"account": known.account, "damage": known.damage, "entries": entries}))
}

/// That a journal is of another account than the credentials.
pub(crate) fn foreign(path: &Path, own: &str, account: &str) -> Failure {
    said(path, &format!("is of the account {own}, not of {account}; give the journal of {account}"))
}

fn said(path: &Path, what: &str) -> Failure {
    Failure::Recording(format!("the journal {} {what}", path.display()))
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    said(path, &format!("cannot be used: {error}"))
}
