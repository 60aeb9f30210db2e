//! Writes the generated files and removes those that are no longer generated, or with `--check` compares them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use similar::TextDiff;

use crate::emit::text::{Files, NOTICE};
use crate::errors::ErrorClasses;
use crate::options::Options;
use crate::paths::{Result, model_folder, root, write_text};
use crate::{emit, services};

/// Where generated files can be. Those that carry the notice and are not generated are stale.
const PLACES: &[&str] = &["crates/core/src", "docs", "node/generated", "node/lib", "python/chimeline"];

/// Folders of generated files alone, besides the reference of each service.
const FOLDERS: &[&str] = &["crates/core/src/schema/generated", "node/generated", "python/chimeline/_generated"];

/// How many lines of a difference are shown.
const SHOWN: usize = 100;

/// Generates everything.
pub fn run(check: bool) -> Result<()> {
    let services = services::load()?;
    let errors = ErrorClasses::load(&model_folder().join("errors.toml"))?;
    let options = Options::load(&model_folder().join("options.toml"))?;
    let files = emit::all(&services, &errors, &options)?;
    let changes = compare(&root(), &files)?;
    if check {
        changes.report(&root(), &files)?;
    } else {
        changes.apply(&root(), &files)?;
    }
    println!("{} generated files, {} written, {} removed", files.len(), changes.differing.len(), changes.stale.len());
    Ok(())
}

/// What is not as it should be below a folder, by path.
struct Changes {
    /// Files with another text, or missing.
    differing: Vec<String>,
    /// Files that are no longer generated.
    stale: Vec<String>,
}

/// Compares the tree with the files. Fails for a file by hand in a folder of generated files.
fn compare(top: &Path, files: &Files) -> Result<Changes> {
    let same = |(path, text): &(&String, &String)| fs::read_to_string(top.join(path)).is_ok_and(|old| old == **text);
    let differing = files.iter().filter(|file| !same(file)).map(|(path, _)| path.clone()).collect();
    let mut stale = Vec::new();
    for path in present(top)?.into_iter().filter(|path| !files.contains_key(path)) {
        let text = fs::read_to_string(top.join(&path)).unwrap_or_default();
        if text.lines().next().is_some_and(|line| line.contains(NOTICE)) {
            stale.push(path);
        } else if is_in_generated_folder(&path) {
            return Err(format!("{path} is in a folder of generated files, but not generated: move or delete it"));
        }
    }
    Ok(Changes { differing, stale })
}

fn is_in_generated_folder(path: &str) -> bool {
    let references = services::SERVICES.iter().map(|service| format!("docs/reference/{}", service.name));
    let mut folders = FOLDERS.iter().map(|folder| (*folder).to_owned()).chain(references);
    folders.any(|folder| path.strip_prefix(&folder).is_some_and(|rest| rest.starts_with('/')))
}

/// The files in the places where generated files can be.
fn present(top: &Path) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    let mut todo: Vec<String> =
        PLACES.iter().map(|place| (*place).to_owned()).filter(|p| top.join(p).exists()).collect();
    while let Some(folder) = todo.pop() {
        let fail = |e: std::io::Error| format!("{folder}: {e}");
        for entry in fs::read_dir(top.join(&folder)).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{folder}/{name}");
            if entry.file_type().map_err(fail)?.is_dir() {
                // Python's bytecode.
                if name != "__pycache__" {
                    todo.push(path);
                }
            } else {
                found.insert(path);
            }
        }
    }
    Ok(found)
}

impl Changes {
    fn apply(&self, top: &Path, files: &Files) -> Result<()> {
        for path in &self.differing {
            write_text(&top.join(path), &files[path])?;
        }
        for path in &self.stale {
            fs::remove_file(top.join(path)).map_err(|e| format!("{path}: {e}"))?;
        }
        Ok(())
    }

    /// Fails with the differences when there are any.
    fn report(&self, top: &Path, files: &Files) -> Result<()> {
        if self.differing.is_empty() && self.stale.is_empty() {
            return Ok(());
        }
        let mut out = vec!["the generated files are out of date; run `cargo xtask gen`".to_owned()];
        out.extend(self.differing.iter().map(|path| format!("  differs: {path}")));
        out.extend(self.stale.iter().map(|path| format!("  no longer generated: {path}")));
        let mut diff = Vec::new();
        for path in &self.differing {
            let old = fs::read_to_string(top.join(path)).unwrap_or_default();
            let text = TextDiff::from_lines(&old, &files[path]).unified_diff().header(path, "generated").to_string();
            diff.extend(text.lines().map(str::to_owned));
        }
        let more = diff.len().saturating_sub(SHOWN);
        out.extend(diff.into_iter().take(SHOWN));
        if more > 0 {
            out.push(format!("… {more} more lines"));
        }
        Err(out.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{NOTICE, compare};
    use crate::emit::text::Files;
    use crate::paths::write_text;

    const GENERATED: &str = "python/chimeline/_generated";

    /// A tree of its own with one generated file that is up to date.
    fn tree(name: &str) -> (PathBuf, Files) {
        let top = std::env::temp_dir().join(format!("chimeline-xtask-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&top);
        let text = format!("# {NOTICE}\nA = 1\n");
        let path = format!("{GENERATED}/chime.py");
        write_text(&top.join(&path), &text).unwrap();
        (top, Files::from([(path, text)]))
    }

    #[test]
    fn files_that_are_no_longer_generated_are_found_and_removed_wherever_they_are() {
        let (top, files) = tree("stale");
        write_text(&top.join("python/chimeline/services/old.py"), &format!("# {NOTICE}\n")).unwrap();
        write_text(&top.join("python/chimeline/config.py"), "by_hand = True\n").unwrap();
        write_text(&top.join(GENERATED).join("__pycache__/old.pyc"), "").unwrap();
        let changes = compare(&top, &files).unwrap();
        assert_eq!(changes.stale, ["python/chimeline/services/old.py"]);
        let text = changes.report(&top, &files).unwrap_err();
        assert!(text.contains("cargo xtask gen") && text.contains("services/old.py"), "{text}");
        changes.apply(&top, &files).unwrap();
        assert!(compare(&top, &files).unwrap().report(&top, &files).is_ok());
        assert!(top.join("python/chimeline/config.py").exists());
        fs::remove_dir_all(top).unwrap();
    }

    #[test]
    fn a_file_by_hand_in_a_folder_of_generated_files_is_refused() {
        let (top, files) = tree("foreign");
        write_text(&top.join(GENERATED).join("own.py"), "A = 1\n").unwrap();
        assert!(compare(&top, &files).err().unwrap().contains("own.py"));
        fs::remove_dir_all(top).unwrap();
    }

    #[test]
    fn a_difference_shows_its_lines_up_to_a_hundred() {
        let (top, mut files) = tree("diff");
        let path = format!("{GENERATED}/chime.py");
        files.insert(path.clone(), format!("# {NOTICE}\nA = 2\n"));
        let text = compare(&top, &files).unwrap().report(&top, &files).unwrap_err();
        assert!(text.contains("\n-A = 1\n+A = 2"), "{text}");
        files.insert(path, "B = 1\n".repeat(500));
        let long = compare(&top, &files).unwrap().report(&top, &files).unwrap_err();
        assert!(long.lines().count() < 110 && long.contains("more lines"), "{long}");
        fs::remove_dir_all(top).unwrap();
    }
}
