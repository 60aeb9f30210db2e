//! The JSON files that AWS's programs share: read and written on tokio's blocking pool.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// The object that a file holds.
pub(crate) async fn read_object(path: &Path) -> Result<Map<String, Value>, String> {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let shown = path.display();
        let bytes = fs::read(&path).map_err(|e| format!("the file {shown} cannot be read: {e}"))?;
        // The reader's own error would quote the text.
        serde_json::from_slice(&bytes).map_err(|_| format!("the file {shown} holds no JSON object"))
    });
    read.await.map_err(|e| format!("a file was given up: {e}"))?
}

/// Replaces the file as a whole, readable by its owner alone, in a folder that is made where it is missing.
pub(crate) async fn write_object(path: &Path, object: &Map<String, Value>) -> Result<(), String> {
    let (path, text) = (path.to_owned(), Value::Object(object.clone()).to_string());
    let write = tokio::task::spawn_blocking(move || replace(&path, text.as_bytes()));
    write.await.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}

fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut new = path.as_os_str().to_owned();
    new.push(format!(".{}", std::process::id()));
    let new = PathBuf::from(new);
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(&new)?.write_all(text)?;
    fs::rename(&new, path)
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(if half < 10 { b'0' + half } else { b'a' - 10 + half });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
