//! Where the repository's files are, and reading them with errors that name the file.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// What fails says so in one text.
pub type Result<T> = std::result::Result<T, String>;

/// The repository's top folder.
pub fn root() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map(PathBuf::from).unwrap_or(here)
}

/// Where the models are kept.
pub fn model_folder() -> PathBuf {
    root().join("crates/xtask/model")
}

/// The text of a file.
pub fn read_text(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))
}

/// Writes a file, and its folder where there is none.
pub fn write_text(file: &Path, text: &str) -> Result<()> {
    let fail = |e: std::io::Error| format!("{}: {e}", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    fs::write(file, text).map_err(fail)
}

/// A TOML file as a value.
pub fn read_toml<T: DeserializeOwned>(file: &Path) -> Result<T> {
    toml::from_str(&read_text(file)?).map_err(|e| format!("{}: {e}", file.display()))
}

/// A JSON file as a value.
pub fn read_json<T: DeserializeOwned>(file: &Path) -> Result<T> {
    serde_json::from_str(&read_text(file)?).map_err(|e| format!("{}: {e}", file.display()))
}
