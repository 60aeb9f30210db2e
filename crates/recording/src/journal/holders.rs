//! Which processes still guard what a journal says: each holds a lock on a file of its own beside the journal, which the system lets
//! go when the process ends, however it does. So neither ids of processes nor hosts are compared, which containers repeat.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chimeline_core::runtime::environment::{Environment, Variables};

/// What this process holds of a journal.
struct Held {
    /// The process that took the lock: a fork of it must take its own.
    process: u32,
    name: String,
    guards: HashSet<String>,
    lock: File,
}

static HELD: Mutex<Option<HashMap<PathBuf, Held>>> = Mutex::new(None);

fn held() -> MutexGuard<'static, Option<HashMap<PathBuf, Held>>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds the journal for a guard. Gives the name of the file with the lock.
pub(super) fn hold(journal: &Path, guard: &str) -> std::io::Result<String> {
    let key = fs::canonicalize(journal)?;
    let process = std::process::id();
    let mut held = held();
    let known = held.get_or_insert_default();
    if known.get(&key).is_none_or(|own| own.process != process) {
        let id = (Environment::with_variables(Variables::default()).uuid)();
        let stem = journal.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{stem}.{id}.lock");
        let file = OpenOptions::new().write(true).create_new(true).open(journal.with_file_name(&name))?;
        file.lock()?;
        known.insert(key.clone(), Held { process, name, guards: HashSet::new(), lock: file });
    }
    let Some(own) = known.get_mut(&key) else { return Ok(String::new()) };
    own.guards.insert(guard.to_owned());
    Ok(own.name.clone())
}

/// Lets it go for a guard; with the last one the file with the lock goes too.
pub(super) fn release(journal: &Path, guard: &str) {
    let Ok(key) = fs::canonicalize(journal) else { return };
    let mut held = held();
    let Some(known) = held.as_mut() else { return };
    let Some(own) = known.get_mut(&key).filter(|own| own.process == std::process::id()) else { return };
    own.guards.remove(guard);
    if own.guards.is_empty()
        && let Some(own) = known.remove(&key)
    {
        drop(own.lock);
        // One that stays is removed by the next look.
        let _ = fs::remove_file(journal.with_file_name(own.name));
    }
}

/// Whether the process that holds that lock still is. Removes the file of one that is not.
pub(super) fn is_alive(journal: &Path, lock: &str) -> bool {
    let stem = journal.file_name().unwrap_or_default().to_string_lossy();
    // A name that a hand has changed leads to no other file.
    if !lock.starts_with(&*stem) || lock.contains(['/', '\\']) {
        return false;
    }
    let path = journal.with_file_name(lock);
    let Ok(file) = OpenOptions::new().write(true).open(&path) else { return false };
    match file.try_lock() {
        Ok(()) => {
            drop(file);
            let _ = fs::remove_file(path);
            false
        }
        // Where locks cannot be looked at, nobody's recording is stopped.
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => true,
    }
}
