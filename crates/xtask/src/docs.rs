//! Our own words about a service: one TOML file beside each model, complete and without anything that is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::Result;
use crate::model::{Model, Shape};

/// The documentation of one service.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Docs {
    pub service: String,
    pub operations: BTreeMap<String, String>,
    pub errors: BTreeMap<String, String>,
    #[serde(default)]
    pub shapes: BTreeMap<String, String>,
    pub members: BTreeMap<String, BTreeMap<String, String>>,
}

impl Docs {
    /// Reads the file and holds it against the model.
    pub fn load(file: &Path, model: &Model) -> Result<Docs> {
        let fail = |e: &dyn std::fmt::Display| format!("{}: {e}", file.display());
        let text = fs::read_to_string(file).map_err(|e| fail(&e))?;
        let docs: Docs = toml::from_str(&text).map_err(|e| fail(&e))?;
        let problems = docs.problems(model)?;
        if problems.is_empty() { Ok(docs) } else { Err(fail(&problems.join("\n  "))) }
    }

    /// What the member is, or nothing for a member that has no entry (which `load` refuses).
    pub fn member(&self, structure: &str, member: &str) -> &str {
        self.members.get(structure).and_then(|m| m.get(member)).map_or("", String::as_str)
    }

    fn problems(&self, model: &Model) -> Result<Vec<String>> {
        let mut out = Vec::new();
        let errors: BTreeSet<String> = model.errors().into_iter().map(|(name, _)| name.to_owned()).collect();
        let structures: Vec<&String> =
            model.shapes.iter().filter(|(_, s)| matches!(s, Shape::Structure { .. })).map(|(name, _)| name).collect();
        let direct: BTreeSet<&String> =
            model.operations.values().flat_map(|o| o.input.iter().chain(&o.output)).map(|r| &r.shape).collect();
        let nested = structures.iter().filter(|n| !direct.contains(*n) && !errors.contains(**n));
        differ("operations", &self.operations, model.operations.keys().cloned().collect(), &mut out);
        differ("shapes", &self.shapes, nested.map(|n| (*n).clone()).collect(), &mut out);
        differ("errors", &self.errors, errors, &mut out);
        for structure in structures {
            let names: BTreeSet<String> = model.members(structure)?.into_iter().map(|(name, _)| name).collect();
            let none = BTreeMap::new();
            differ(&format!("members.{structure}"), self.members.get(structure).unwrap_or(&none), names, &mut out);
        }
        for name in self.members.keys().filter(|name| !model.shapes.contains_key(*name)) {
            out.push(format!("members.{name}: not in the model"));
        }
        Ok(out)
    }
}

fn differ(table: &str, given: &BTreeMap<String, String>, wanted: BTreeSet<String>, out: &mut Vec<String>) {
    for name in &wanted {
        if given.get(name).is_none_or(|text| text.trim().is_empty()) {
            out.push(format!("{table}: no text for {name}"));
        }
    }
    for name in given.keys().filter(|name| !wanted.contains(*name)) {
        out.push(format!("{table}: {name} is not in the model"));
    }
}
