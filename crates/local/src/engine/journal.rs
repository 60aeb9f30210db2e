//! The file that keeps the state: JSON lines, each written before its response; read and compacted at the start.
//!
//! The first line names the format and its version; the next may be a snapshot of the state; then one line a change.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::engine::Engine;

/// An open journal.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
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
        self.file.write_all(line.as_bytes())
    }
}

/// Reads a journal into an empty engine and compacts it. Also returns the damage that it was read up to.
pub(crate) fn open(path: &Path, engine: &mut Engine) -> Result<(Journal, Option<String>), JournalError> {
    let shown = path.display();
    let fail =
        |what: &str, e: &dyn std::fmt::Display| JournalError(format!("the state file {shown} cannot be {what}: {e}"));
    let damage = match File::open(path) {
        Ok(file) => read(file, path, engine)?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(fail("read", &e)),
    };
    let damage = match damage {
        Some(why) => {
            let aside = beside(path, ".damaged");
            std::fs::copy(path, &aside).map_err(|e| fail("kept aside", &e))?;
            Some(format!("the state file {shown} is damaged: {why}; it is kept as {}", aside.display()))
        }
        None => None,
    };
    let compacted = beside(path, ".new");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&compacted)?;
        writeln!(file, "{}", json!({"format": FORMAT, "version": VERSION}))?;
        writeln!(file, "{}", json!({"do": "snapshot", "state": engine.export()}))?;
        file.sync_all()?;
        std::fs::rename(&compacted, path)
    };
    write().map_err(|e| fail("written", &e))?;
    let file = OpenOptions::new().append(true).open(path).map_err(|e| fail("written", &e))?;
    Ok((Journal { file }, damage))
}

/// Reads up to the end or the first damage, which is returned.
fn read(file: File, path: &Path, engine: &mut Engine) -> Result<Option<String>, JournalError> {
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
