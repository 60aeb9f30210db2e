//! Our own words about the services: `model/docs.toml` for what is the same in all of them, and one file beside each
//! model. Together they are complete, and hold nothing that is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use crate::model::{Model, Shape};
use crate::paths::{Result, read_toml};

/// Texts that the services share.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// By the name of the error.
    errors: BTreeMap<String, String>,
    /// By the name of the member, wherever a service's own file says nothing else.
    members: BTreeMap<String, String>,
}

impl Shared {
    /// Reads the file.
    pub fn load(file: &Path) -> Result<Shared> {
        read_toml(file)
    }

    /// Fails for an entry that no service uses.
    pub fn check_used(&self, all: &[&Docs]) -> Result<()> {
        let errors: BTreeSet<&String> = all.iter().flat_map(|docs| docs.errors.keys()).collect();
        let members: BTreeSet<&String> = all.iter().flat_map(|docs| &docs.shared_members).collect();
        let unused = |table: &BTreeMap<String, String>, used: &BTreeSet<&String>| -> Vec<String> {
            table.keys().filter(|name| !used.contains(*name)).cloned().collect()
        };
        let names = [unused(&self.errors, &errors), unused(&self.members, &members)].concat();
        if names.is_empty() { Ok(()) } else { Err(format!("docs.toml: no service uses {}", names.join(", "))) }
    }
}

/// What a service's own file holds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    /// What the service is for.
    service: String,
    operations: BTreeMap<String, String>,
    #[serde(default)]
    shapes: BTreeMap<String, String>,
    /// By the name of the member, in every structure of this service.
    #[serde(default)]
    names: BTreeMap<String, String>,
    /// By structure and member.
    #[serde(default)]
    members: BTreeMap<String, BTreeMap<String, String>>,
}

/// The documentation of one service.
pub struct Docs {
    pub service: String,
    pub operations: BTreeMap<String, String>,
    pub errors: BTreeMap<String, String>,
    pub shapes: BTreeMap<String, String>,
    members: BTreeMap<String, BTreeMap<String, String>>,
    shared_members: BTreeSet<String>,
}

impl Docs {
    /// Reads the service's file and holds it against the model.
    pub fn load(file: &Path, shared: &Shared, model: &Model) -> Result<Docs> {
        let own: Own = read_toml(file)?;
        let mut problems = Vec::new();
        let docs = resolve(own, shared, model, &mut problems)?;
        if problems.is_empty() { Ok(docs) } else { Err(format!("{}: {}", file.display(), problems.join("\n  "))) }
    }

    /// What the member is, or nothing for a member that has no entry (which `load` refuses).
    pub fn member(&self, structure: &str, member: &str) -> &str {
        self.members.get(structure).and_then(|m| m.get(member)).map_or("", String::as_str)
    }
}

fn resolve(own: Own, shared: &Shared, model: &Model, problems: &mut Vec<String>) -> Result<Docs> {
    let names: BTreeSet<String> = model.errors().into_iter().map(|(name, _)| name.to_owned()).collect();
    let mut errors = BTreeMap::new();
    for name in &names {
        match shared.errors.get(name) {
            Some(text) => drop(errors.insert(name.clone(), text.clone())),
            None => problems.push(format!("errors: no text for {name}")),
        }
    }
    let mut members: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let (mut used_names, mut shared_members) = (BTreeSet::new(), BTreeSet::new());
    let structures = model.shapes.iter().filter(|(_, shape)| matches!(shape, Shape::Structure { .. }));
    let structures: Vec<&String> = structures.map(|(name, _)| name).collect();
    for structure in &structures {
        let texts = members.entry((*structure).clone()).or_default();
        for (name, _) in model.members(structure)? {
            let special = own.members.get(*structure).and_then(|m| m.get(&name));
            let text = special.or_else(|| {
                let own_text = own.names.get(&name)?;
                used_names.insert(name.clone());
                Some(own_text)
            });
            let text = text.or_else(|| {
                let shared_text = shared.members.get(&name)?;
                shared_members.insert(name.clone());
                Some(shared_text)
            });
            match text {
                Some(text) => drop(texts.insert(name, text.clone())),
                None => problems.push(format!("members.{structure}: no text for {name}")),
            }
        }
    }
    for (structure, texts) in &own.members {
        let known = members.get(structure);
        let unknown = texts.keys().filter(|name| known.is_none_or(|known| !known.contains_key(*name)));
        problems.extend(unknown.map(|name| format!("members.{structure}: {name} is not in the model")));
    }
    let unused = own.names.keys().filter(|name| !used_names.contains(*name));
    problems.extend(unused.map(|name| format!("names: {name} is in no structure, or each has its own text")));

    let direct: BTreeSet<&String> =
        model.operations.values().flat_map(|o| o.input.iter().chain(&o.output)).map(|r| &r.shape).collect();
    let nested = structures.iter().filter(|name| !direct.contains(*name) && !names.contains(**name));
    differ("operations", &own.operations, &model.operations.keys().cloned().collect(), problems);
    differ("shapes", &own.shapes, &nested.map(|name| (*name).clone()).collect(), problems);
    Ok(Docs { service: own.service, operations: own.operations, errors, shapes: own.shapes, members, shared_members })
}

fn differ(table: &str, given: &BTreeMap<String, String>, wanted: &BTreeSet<String>, out: &mut Vec<String>) {
    for name in wanted {
        if given.get(name).is_none_or(|text| text.trim().is_empty()) {
            out.push(format!("{table}: no text for {name}"));
        }
    }
    for name in given.keys().filter(|name| !wanted.contains(*name)) {
        out.push(format!("{table}: {name} is not in the model"));
    }
}
