//! The file that keeps the state: JSON lines, each written before its response; read and compacted at the start.
//!
//! The first line names the format, its version and the settings that what follows was written with; the next is a snapshot of
//! the state; then comes one line a change.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::engine::{Engine, settings};

/// An open journal.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    /// The length of what is whole.
    length: u64,
    /// The file as it was before it was compacted, whose lock another process may be trying to get.
    _before: File,
}

/// Why a journal cannot be used.
#[derive(Debug)]
pub(crate) struct JournalError(pub(crate) String);

const FORMAT: &str = "chimeline-local-journal";
const VERSION: u64 = 1;

impl Journal {
    pub(crate) fn append(&mut self, entry: &Value) -> std::io::Result<()> {
        // One write a line: what a killed process wrote is whole lines, but perhaps the last.
        let mut line = entry.to_string();
        line.push('\n');
        let written = self.file.write_all(line.as_bytes());
        match written {
            Ok(()) => self.length += u64::try_from(line.len()).unwrap_or_default(),
            // Part of a line would make what follows unreadable.
            Err(_) => self.file.set_len(self.length)?,
        }
        written
    }
}

/// Reads a journal into an empty engine and compacts it. Also returns the damage that it was read up to.
pub(crate) fn open(path: &Path, engine: &mut Engine) -> Result<(Journal, Option<String>), JournalError> {
    let shown = path.display();
    let fail =
        |what: &str, e: &dyn std::fmt::Display| JournalError(format!("the state file {shown} cannot be {what}: {e}"));
    let before = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(|e| fail("opened", &e))?;
    lock(&before).map_err(|e| fail("used", &e))?;
    let damage = read(&before, path, engine)?;
    let damage = match damage {
        Some(why) => {
            let aside = beside(path, ".damaged");
            std::fs::copy(path, &aside).map_err(|e| fail("kept aside", &e))?;
            Some(format!("the state file {shown} is damaged: {why}; it is kept as {}", aside.display()))
        }
        None => None,
    };
    let compacted = beside(path, ".new");
    let write = || -> std::io::Result<(File, u64)> {
        let mut file = OpenOptions::new().append(true).create(true).open(&compacted)?;
        lock(&file)?;
        file.set_len(0)?;
        let settings = settings::export(&engine.timing, &engine.rules);
        let head = json!({"format": FORMAT, "version": VERSION, "settings": settings});
        let snapshot = json!({"do": "snapshot", "state": engine.export()});
        // In one piece: a file takes each write by itself.
        file.write_all(format!("{head}\n{snapshot}\n").as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&compacted, path)?;
        let length = file.metadata()?.len();
        Ok((file, length))
    };
    let (file, length) = write().map_err(|e| fail("written", &e))?;
    Ok((Journal { file, length, _before: before }, damage))
}

/// Makes sure that no other server writes to the file.
fn lock(file: &File) -> std::io::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            Err(std::io::Error::new(std::io::ErrorKind::ResourceBusy, "another server uses it"))
        }
        // Some network file systems have no locks.
        Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

/// Reads up to the end or the first damage, which is returned.
fn read(file: &File, path: &Path, engine: &mut Engine) -> Result<Option<String>, JournalError> {
    let (timing, rules) = (engine.timing, engine.rules);
    let damage = read_lines(file, path, engine);
    engine.use_settings(timing, rules);
    damage
}

fn read_lines(file: &File, path: &Path, engine: &mut Engine) -> Result<Option<String>, JournalError> {
    let mut lines = BufReader::new(file).split(b'\n').enumerate();
    let Some((_, first)) = lines.next() else { return Ok(None) };
    let first: Value = first.ok().and_then(|line| serde_json::from_slice(&line).ok()).unwrap_or_default();
    if first.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(JournalError(format!("{} is not a state file of this program", path.display())));
    }
    match first.get("version").and_then(Value::as_u64) {
        Some(VERSION) => {}
        version => {
            let version =
                version.map_or_else(|| "an unknown version".to_owned(), |version| format!("version {version}"));
            let shown = path.display();
            return Err(JournalError(format!(
                "the state file {shown} has {version}; this program reads version {VERSION}"
            )));
        }
    }
    let settings = first.get("settings").and_then(Value::as_object).cloned().unwrap_or_default();
    match settings::import(&settings) {
        Ok((timing, rules)) => engine.use_settings(timing, rules),
        Err(why) => return Ok(Some(format!("line 1: {why}"))),
    }
    for (at, line) in lines {
        let line = match line {
            Ok(line) => line,
            Err(e) => return Ok(Some(format!("line {}: {e}", at + 1))),
        };
        if line.is_empty() {
            continue;
        }
        let entry: Value = match serde_json::from_slice(&line) {
            Ok(entry) => entry,
            Err(e) => return Ok(Some(format!("line {}: {e}", at + 1))),
        };
        let is_snapshot = entry.get("do").and_then(Value::as_str) == Some("snapshot");
        let state = entry.get("state").unwrap_or(&Value::Null);
        let outcome = if is_snapshot { engine.load(state) } else { engine.replay(&entry) };
        if let Err(why) = outcome {
            return Ok(Some(format!("line {}: {why}", at + 1)));
        }
    }
    Ok(None)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
