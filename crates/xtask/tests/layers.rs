//! The layers of each crate, as `tests/layers.json` lists them: an import goes to a later layer or stays in its own, and files
//! import each other in no circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex_lite::Regex;
use serde_json::Value;

#[test]
fn imports_go_down_and_in_no_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let table = fs::read_to_string(root.join("tests/layers.json")).expect("the table of layers");
    let table: Value = serde_json::from_str(&table).expect("JSON");
    let crates = table["rust"].as_object().expect("crates");
    assert!(!crates.is_empty());
    let mut faults = Vec::new();
    for (folder, layers) in crates {
        faults.extend(
            check(&root.join(folder), &layers_of(layers)).into_iter().map(|fault| format!("{folder}: {fault}")),
        );
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_import_upwards_and_a_circle_are_found() {
    let folder = std::env::temp_dir().join(format!("chimeline-layers-{}", std::process::id()));
    fs::create_dir_all(folder.join("low")).expect("a folder");
    fs::write(folder.join("high.rs"), "fn g() {}\n").expect("a file");
    fs::write(folder.join("low/mod.rs"), "mod inner;\nmod other;\nfn f() { crate::high::g() }\n").expect("a file");
    fs::write(folder.join("low/inner.rs"), "use super::other;\n").expect("a file");
    fs::write(folder.join("low/other.rs"), "fn g() {\n    use crate::low::inner as named;\n}\n").expect("a file");
    let faults = check(&folder, &[vec!["high".to_owned()], vec!["low".to_owned()]]);
    fs::remove_dir_all(&folder).expect("the folder");
    let faults = faults.join("\n");
    assert!(faults.contains("low/mod.rs imports high.rs, a layer above"), "{faults}");
    assert!(faults.contains("circle: low/inner.rs -> low/other.rs -> low/inner.rs"), "{faults}");
}

fn layers_of(table: &Value) -> Vec<Vec<String>> {
    let names = |layer: &Value| match layer {
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        name => vec![name.as_str().expect("a name").to_owned()],
    };
    table.as_array().expect("layers").iter().map(names).collect()
}

/// The faults of a crate whose layers are listed from the top down. Rooms of one layer do not import each other.
fn check(src: &Path, layers: &[Vec<String>]) -> Vec<String> {
    let mut files = BTreeMap::new();
    read(src, src, &mut files);
    let imports: BTreeMap<&String, BTreeSet<String>> =
        files.iter().map(|(path, text)| (path, imported(path, text, &files))).collect();
    let level = |file: &str| {
        let room = file.split('/').next().unwrap_or(file).trim_end_matches(".rs").to_owned();
        (layers.iter().position(|layer| layer.contains(&room)), room)
    };
    let mut faults = Vec::new();
    for (file, targets) in &imports {
        let (own, room) = level(file);
        if own.is_none() {
            faults.push(format!("{file} is in no layer: name {room} in tests/layers.json"));
        }
        for target in targets {
            let (other, other_room) = level(target);
            if room != other_room && other <= own {
                let how = if other == own { "another room of its layer" } else { "a layer above" };
                faults.push(format!("{file} imports {target}, {how}"));
            }
        }
    }
    let mut done = BTreeSet::new();
    for file in imports.keys() {
        faults.extend(circle(file, &imports, &mut Vec::new(), &mut done));
    }
    faults
}

fn read(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path: PathBuf = entry.expect("an entry").path();
        if path.is_dir() {
            read(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).expect("a file below").to_string_lossy().replace('\\', "/");
            files.insert(name, fs::read_to_string(&path).expect("a file"));
        }
    }
}

/// The files that a file imports, wherever in it but in its tests.
fn imported(path: &str, text: &str, files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let comments = Regex::new(r"(?m)//.*$").expect("a pattern");
    let tests = Regex::new(r"#\[cfg\(test\)\]\n(?:pub\(crate\) )?mod tests \{").expect("a pattern");
    let text = tests.splitn(text, 2).next().unwrap_or_default();
    let text = comments.replace_all(text, "");
    let paths =
        Regex::new(r"\b(?:crate|super|self)(?:::[A-Za-z_][A-Za-z0-9_]*)*(?:::\{[^;]*?\};)?").expect("a pattern");
    let module = module_of(path);
    let mut found = BTreeSet::new();
    for path_in_code in paths.find_iter(&text) {
        for full in expanded(path_in_code.as_str()) {
            let mut at: Vec<&str> = Vec::new();
            for (position, step) in full.split("::").enumerate() {
                match step {
                    "crate" => at.clear(),
                    "self" if position == 0 => at.clone_from(&module),
                    "super" => {
                        if position == 0 {
                            at.clone_from(&module);
                        }
                        at.pop();
                    }
                    name => at.push(name),
                }
            }
            found.extend(file_of(&at, files).filter(|file| file != path));
        }
    }
    found
}

/// The paths that a path with braces stands for.
fn expanded(text: &str) -> Vec<String> {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches(';').to_owned();
    let Some((prefix, rest)) = text.split_once("::{") else { return vec![text] };
    let inside = rest.strip_suffix('}').unwrap_or(rest);
    let (mut parts, mut depth, mut part) = (Vec::new(), 0, String::new());
    for c in inside.chars() {
        match c {
            ',' if depth == 0 => parts.push(std::mem::take(&mut part)),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                part.push(c);
            }
        }
    }
    parts.push(part);
    let each = parts.iter().map(|part| part.trim().split(" as ").next().unwrap_or_default());
    each.filter(|part| !part.is_empty()).flat_map(|part| expanded(&format!("{prefix}::{part}"))).collect()
}

fn module_of(path: &str) -> Vec<&str> {
    let mut steps: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    if matches!(steps.last(), Some(&"mod" | &"lib" | &"main")) {
        steps.pop();
    }
    steps
}

/// The file in which the longest part of the module path that is a file stands.
fn file_of(module: &[&str], files: &BTreeMap<String, String>) -> Option<String> {
    (1..=module.len()).rev().find_map(|length| {
        let name = module.get(..length)?.join("/");
        [format!("{name}.rs"), format!("{name}/mod.rs")].into_iter().find(|file| files.contains_key(file))
    })
}

fn circle(
    file: &String,
    imports: &BTreeMap<&String, BTreeSet<String>>,
    way: &mut Vec<String>,
    done: &mut BTreeSet<String>,
) -> Option<String> {
    if let Some(start) = way.iter().position(|known| known == file) {
        way.push(file.clone());
        return Some(format!("circle: {}", way.get(start..)?.join(" -> ")));
    }
    if done.contains(file) {
        return None;
    }
    way.push(file.clone());
    let found = imports.get(file)?.iter().find_map(|next| circle(next, imports, way, done));
    way.pop();
    done.insert(file.clone());
    found
}
