//! Identifiers that were replaced by the terms of the field: `tests/words.toml` lists them, and they do not come back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use regex_lite::Regex;

use crate::paths::root;

type Table = BTreeMap<String, BTreeMap<String, String>>;

const TABLE: &str = "tests/words.toml";

pub(crate) fn run() -> Result<(), String> {
    let root = root();
    let table = fs::read_to_string(root.join(TABLE)).map_err(|e| format!("{TABLE}: {e}"))?;
    let table: Table = toml::from_str(&table).map_err(|e| format!("{TABLE}: {e}"))?;
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(&root).output();
    let listed = listed.map_err(|e| format!("git ls-files: {e}"))?;
    let mut found = Vec::new();
    for file in String::from_utf8_lossy(&listed.stdout).split('\0') {
        let Some(words) = kind(file).and_then(|kind| table.get(kind)) else { continue };
        // A file that was deleted but not yet staged is listed too.
        let Ok(text) = fs::read_to_string(root.join(file)) else { continue };
        found.extend(in_text(&text, words)?.into_iter().map(|fault| format!("{file}:{fault}")));
    }
    if found.is_empty() { Ok(()) } else { Err(format!("replaced words:\n{}", found.join("\n"))) }
}

/// The part of the table that a file is held to, by its name.
fn kind(file: &str) -> Option<&'static str> {
    match Path::new(file).extension()?.to_str()? {
        "rs" if !file.ends_with("xtask/src/words.rs") => Some("rust"),
        "py" | "pyi" => Some("python"),
        "js" | "cjs" | "mjs" | "ts" | "cts" | "mts" => Some("javascript"),
        "md" => Some("documentation"),
        _ => None,
    }
}

fn in_text(text: &str, words: &BTreeMap<String, String>) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for (word, instead) in words {
        let word = Regex::new(&format!(r"\b{word}\b")).map_err(|e| format!("{word}: {e}"))?;
        let lines = text.lines().enumerate().filter(|(_, line)| word.is_match(line));
        found.extend(lines.map(|(at, line)| format!("{}: {} (say {instead:?})", at + 1, line.trim())));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_are_found_with_their_line_and_what_replaced_them() {
        let words = BTreeMap::from([("lane".to_owned(), "blocking runtime".to_owned())]);
        let found = in_text("a plane\nlet lane = 1;\n", &words).expect("a pattern");
        assert_eq!(found, ["2: let lane = 1; (say \"blocking runtime\")"]);
    }

    #[test]
    fn files_are_held_to_the_words_of_their_language() {
        assert_eq!(kind("crates/core/src/lib.rs"), Some("rust"));
        assert_eq!(kind("node/index.d.cts"), Some("javascript"));
        assert_eq!(kind("LICENSE"), None);
    }
}
