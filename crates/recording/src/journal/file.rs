//! The file of a journal: read whole, written line by line, each line on disk when its write returns.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;
use std::time::SystemTime;

use chimeline_core::runtime::environment::{Environment, Variables};
use serde_json::Value;

use super::{said, unwritten};
use crate::engine::Failure;

/// A journal that nobody else writes to meanwhile.
pub(super) struct Locked<'p> {
    path: &'p Path,
    file: File,
}

/// Opens it, or makes it; until what is given is dropped, others wait.
pub(super) fn locked(path: &Path) -> Result<Locked<'_>, Failure> {
    let file = opened(path).map_err(|error| unwritten(path, &error))?;
    Ok(Locked { path, file })
}

fn opened(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    let file = match options.clone().create_new(true).open(path) {
        Ok(file) => {
            // The name of a new file is on disk when its folder is.
            #[cfg(unix)]
            if let Some(folder) = path.parent() {
                let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
                File::open(folder)?.sync_all()?;
            }
            file
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => options.open(path)?,
        Err(error) => return Err(error),
    };
    file.lock()?;
    Ok(file)
}

impl Locked<'_> {
    pub(super) fn text(&mut self) -> Result<String, Failure> {
        let mut bytes = Vec::new();
        self.file.read_to_end(&mut bytes).map_err(|error| unwritten(self.path, &error))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(super) fn append(&mut self, line: &Value) -> Result<(), Failure> {
        let text = format!("{line}\n");
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|error| unwritten(self.path, &error))
    }
}

/// What stands in a journal that is there.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    match whole(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(said(path, "does not exist")),
        Err(error) => Err(unwritten(path, &error)),
    }
}

/// Not in the middle of another process's write.
fn whole(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.lock_shared()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Seconds since 1970.
pub(super) fn now() -> f64 {
    let since = (Environment::with_variables(Variables::default()).now)().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}
