//! `cargo xtask version X.Y.Z`: one version in all manifests and locks, and a changelog that has it.

use std::fs;

use crate::paths::{Result, read_text, root, write_text};

/// A file that holds the version, and what stands before and behind it there.
struct Place {
    file: &'static str,
    before: &'static str,
    after: &'static str,
    /// How often it stands there.
    times: usize,
}

/// The manifests and the npm lock; those of Cargo follow from them.
const PLACES: &[Place] = &[
    Place { file: "Cargo.toml", before: "[workspace.package]\nversion = \"", after: "\"", times: 1 },
    Place { file: "package.json", before: "\"name\": \"chimeline\",\n  \"version\": \"", after: "\"", times: 1 },
    Place { file: "package-lock.json", before: "\"name\": \"chimeline\",\n  \"version\": \"", after: "\"", times: 1 },
    Place {
        file: "package-lock.json",
        before: "\"name\": \"chimeline\",\n      \"version\": \"",
        after: "\"",
        times: 1,
    },
];

/// Sets the version. The changelog's newest entry has to be that version's, with something in it.
pub fn run(version: &str) -> Result<()> {
    check_form(version)?;
    check_changelog(&read_text(&root().join("CHANGELOG.md"))?, version)?;
    for place in PLACES {
        let file = root().join(place.file);
        let text = read_text(&file)?;
        let new = replaced(&text, place, version)?;
        if new != text {
            write_text(&file, &new)?;
        }
    }
    let locks = ["Cargo.lock", "crates/core/fuzz/Cargo.lock"];
    for lock in locks {
        let file = root().join(lock);
        let text = read_text(&file)?;
        let new = with_crates(&text, version);
        if new != text {
            fs::write(&file, new).map_err(|e| format!("{lock}: {e}"))?;
        }
    }
    println!("version {version} in {} places", PLACES.len() + locks.len());
    Ok(())
}

/// Three numbers, and perhaps a pre-release as `-rc.1`.
fn check_form(version: &str) -> Result<()> {
    let (numbers, pre) = version.split_once('-').map_or((version, None), |(numbers, pre)| (numbers, Some(pre)));
    let parts: Vec<&str> = numbers.split('.').collect();
    let number = |part: &&str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && (*part == "0" || !part.starts_with('0'))
    };
    let named = pre.is_none_or(|pre| !pre.is_empty() && pre.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.'));
    if parts.len() == 3 && parts.iter().all(number) && named {
        Ok(())
    } else {
        Err(format!("a version is written as 1.2.3 or 1.2.3-rc.1, not {version:?}"))
    }
}

/// The newest entry of the changelog is `## VERSION`, perhaps with a date or `(unreleased)` behind it, and is not empty.
fn check_changelog(text: &str, version: &str) -> Result<()> {
    let mut entries = text.split("\n## ").skip(1);
    let newest = entries.next().ok_or("CHANGELOG.md has no entry `## VERSION`")?;
    let (title, body) = newest.split_once('\n').unwrap_or((newest, ""));
    let name = title.trim_start_matches('[').split([' ', ']']).next().unwrap_or_default();
    if name != version {
        return Err(format!("the newest entry of CHANGELOG.md is of {name}, not of {version}"));
    }
    if !body.lines().any(|line| line.starts_with("- ")) {
        return Err(format!("the entry of {version} in CHANGELOG.md says nothing"));
    }
    Ok(())
}

fn replaced(text: &str, place: &Place, version: &str) -> Result<String> {
    let found = text.matches(place.before).count();
    if found != place.times {
        return Err(format!("{}: the version stands in {found} places, not {}", place.file, place.times));
    }
    let (before, rest) = text.split_once(place.before).unwrap_or_default();
    let (_, behind) = rest.split_once(place.after).ok_or_else(|| format!("{}: the version has no end", place.file))?;
    Ok(format!("{before}{}{version}{}{behind}", place.before, place.after))
}

/// The lock with the version at the workspace's own crates, which have no source.
fn with_crates(lock: &str, version: &str) -> String {
    let own = |name: &str| name.starts_with("chimeline") || name == "xtask";
    let packages = lock.split("[[package]]\n").map(|package| {
        let name = package.strip_prefix("name = \"").and_then(|rest| rest.split('"').next()).unwrap_or_default();
        if !own(name) || name.ends_with("-fuzz") || package.contains("\nsource = ") {
            return package.to_owned();
        }
        let line = |line: &str| {
            if line.starts_with("version = ") { format!("version = \"{version}\"\n") } else { format!("{line}\n") }
        };
        package.split_terminator('\n').map(line).collect::<Vec<_>>().concat()
    });
    packages.collect::<Vec<_>>().join("[[package]]\n")
}

#[cfg(test)]
mod tests {
    use super::{PLACES, check_changelog, check_form, replaced, with_crates};
    use crate::paths::{read_text, root};

    #[test]
    fn versions_of_another_form_are_refused() {
        for version in ["1.2.3", "0.1.0", "1.2.3-rc.1"] {
            assert_eq!(check_form(version), Ok(()), "{version}");
        }
        for version in ["", "1.2", "1.2.3.4", "v1.2.3", "1.02.3", "1.2.x", "1.2.3-", "1.2.3-a b"] {
            assert!(check_form(version).is_err(), "{version}");
        }
    }

    #[test]
    fn the_newest_entry_of_the_changelog_must_be_of_the_version_and_say_something() {
        let text = "# Changelog\n\n## 0.2.0 (2026-01-05)\n\n- New.\n\n## 0.1.0\n\n- First.\n";
        assert_eq!(check_changelog(text, "0.2.0"), Ok(()));
        assert!(check_changelog(text, "0.1.0").unwrap_err().contains("0.2.0"));
        assert!(check_changelog("# Changelog\n\n## 0.2.0\n\n## 0.1.0\n\n- First.\n", "0.2.0").is_err());
        assert!(check_changelog("# Changelog\n", "0.2.0").is_err());
    }

    #[test]
    fn every_place_is_found_in_this_repository() {
        for place in PLACES {
            let text = read_text(&root().join(place.file)).unwrap();
            let new = replaced(&text, place, "9.8.7").unwrap();
            assert!(new.contains(&format!("{}9.8.7{}", place.before, place.after)), "{}", place.file);
        }
        let lock = with_crates(&read_text(&root().join("Cargo.lock")).unwrap(), "9.8.7");
        assert!(lock.contains("name = \"chimeline-core\"\nversion = \"9.8.7\"\n"));
        assert!(lock.matches("version = \"9.8.7\"").count() >= 6);
        assert_eq!(lock.lines().count(), read_text(&root().join("Cargo.lock")).unwrap().lines().count());
    }
}
