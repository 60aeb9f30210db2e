//! One input of each operation for its page in the reference: `examples.json` beside the model.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use crate::model::Model;
use crate::paths::{Result, read_json};

/// The inputs by the operation's name.
pub type Examples = BTreeMap<String, Map<String, Value>>;

/// Reads the file, which has every operation and no other.
pub fn load(file: &Path, model: &Model) -> Result<Examples> {
    let examples: Examples = read_json(file)?;
    let absent = model.operations.keys().filter(|name| !examples.contains_key(*name));
    let unknown = examples.keys().filter(|name| !model.operations.contains_key(*name));
    let wrong: Vec<&str> = absent.chain(unknown).map(String::as_str).collect();
    if wrong.is_empty() {
        Ok(examples)
    } else {
        Err(format!("{}: one example each: {}", file.display(), wrong.join(", ")))
    }
}
