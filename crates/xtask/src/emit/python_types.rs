//! The types of what the Python clients take and give.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::python::{is_structure, type_name};
use super::python_docs::docstring;
use super::{Files, NOTICE};
use crate::Result;
use crate::model::{Service, Shape};

/// One module a service.
pub fn emit(services: &[Service], files: &mut Files) -> Result<()> {
    for service in services {
        files.insert(format!("python/chimeline/types/{}.py", service.names.module), types(service)?);
    }
    Ok(())
}

fn types(service: &Service) -> Result<String> {
    let model = &service.model;
    let mut out = format!(
        "# {NOTICE}\n\"\"\"Types of what the {} clients take and give.\"\"\"\n\n",
        model.metadata.service_full_name
    );
    out.push_str("from __future__ import annotations\n\nfrom datetime import datetime\nfrom typing import Literal, TypedDict, Union\n\n");
    out.push_str("from .common import Items, Response\n\n__all__ = [\n");
    let inputs = model.structures(false)?;
    let outputs = model.structures(true)?;
    let results: BTreeSet<&String> =
        model.operations.values().filter_map(|o| o.output.as_ref()).map(|r| &r.shape).collect();
    let reached = reached_shapes(service, &inputs, &outputs)?;
    let mut names: Vec<String> = reached.clone();
    for shape in &inputs {
        names.push(type_name(service, shape, false)?);
    }
    for shape in &outputs {
        names.push(type_name(service, shape, true)?);
    }
    names.sort();
    names.dedup();
    for name in &names {
        let _ = writeln!(out, "    {name:?},");
    }
    out.push_str("]\n\nTimestamp = Union[datetime, int, float, str]\n");
    for name in &reached {
        if let Some(Shape::String { values, .. }) = model.shapes.get(name) {
            let list: Vec<String> = values.iter().map(|v| format!("    {v:?},\n")).collect();
            let _ = write!(out, "{name} = Literal[\n{}]\n", list.concat());
        }
    }
    for shape in &inputs {
        input(service, shape, &mut out)?;
    }
    for shape in &outputs {
        output(service, shape, results.contains(shape), &mut out)?;
    }
    Ok(out)
}

/// The enums that members refer to.
fn reached_shapes(service: &Service, inputs: &BTreeSet<String>, outputs: &BTreeSet<String>) -> Result<Vec<String>> {
    let mut out = BTreeSet::new();
    for structure in inputs.union(outputs) {
        for (_, member) in service.model.members(structure)? {
            let mut shape = member.shape;
            while let Some(Shape::List { member, .. }) = service.model.shapes.get(&shape) {
                shape.clone_from(&member.shape);
            }
            if matches!(service.model.shapes.get(&shape), Some(Shape::String { values, .. }) if !values.is_empty()) {
                out.insert(shape);
            }
        }
    }
    Ok(out.into_iter().collect())
}

fn input(service: &Service, shape: &str, out: &mut String) -> Result<()> {
    let Shape::Structure { required, .. } = service.model.shape(shape)? else { return Ok(()) };
    let name = type_name(service, shape, false)?;
    let members = service.model.members(shape)?;
    let needed = |n: &str, token: bool| required.iter().any(|r| r == n) && !token;
    let (must, may): (Vec<_>, Vec<_>) = members.into_iter().partition(|(n, m)| needed(n, m.idempotency_token));
    let doc = service
        .docs
        .shapes
        .get(shape)
        .cloned()
        .unwrap_or_else(|| format!("The keyword arguments of {}.", shape.trim_end_matches("Request")));
    let base = if must.is_empty() || may.is_empty() { "TypedDict".to_owned() } else { format!("_{name}Required") };
    if base != "TypedDict" {
        let _ = writeln!(out, "\n\nclass {base}(TypedDict):");
        members_of(service, shape, &must, false, out)?;
    }
    let (rest, total) = if base == "TypedDict" && may.is_empty() { (&must, "") } else { (&may, ", total=False") };
    let _ = writeln!(out, "\n\nclass {name}({base}{total}):");
    out.push_str(&docstring(&doc, 4));
    members_of(service, shape, rest, false, out)
}

fn output(service: &Service, shape: &str, result: bool, out: &mut String) -> Result<()> {
    let name = type_name(service, shape, true)?;
    if !result && service.model.structures(false)?.contains(shape) && name == shape {
        return Ok(());
    }
    let members = service.model.members(shape)?;
    let (may, must): (Vec<_>, Vec<_>) = members.into_iter().partition(|(name, _)| name == "NextToken");
    let mut base = if result { "Response" } else { "TypedDict" }.to_owned();
    if !may.is_empty() {
        let _ = writeln!(out, "\n\nclass _{name}Optional({base}, total=False):");
        members_of(service, shape, &may, true, out)?;
        base = format!("_{name}Optional");
    }
    let doc = service
        .docs
        .shapes
        .get(shape)
        .cloned()
        .unwrap_or_else(|| format!("The result of {}.", shape.trim_end_matches("Response")));
    let _ = writeln!(out, "\n\nclass {name}({base}):");
    out.push_str(&docstring(&doc, 4));
    members_of(service, shape, &must, true, out)
}

fn members_of(
    service: &Service,
    shape: &str,
    members: &[(String, crate::model::Member)],
    output: bool,
    out: &mut String,
) -> Result<()> {
    for (name, member) in members {
        let _ = writeln!(out, "\n    {name}: {}", type_of(service, &member.shape, output)?);
        out.push_str(&docstring(service.docs.member(shape, name), 4));
    }
    if members.is_empty() {
        out.push('\n');
    }
    Ok(())
}

fn type_of(service: &Service, shape: &str, output: bool) -> Result<String> {
    Ok(match service.model.shape(shape)? {
        Shape::Structure { .. } if is_structure(service, shape) => type_name(service, shape, output)?,
        Shape::List { member, .. } => {
            let item = type_of(service, &member.shape, output)?;
            if output { format!("list[{item}]") } else { format!("Items[{item}]") }
        }
        Shape::Map { value, .. } => format!("dict[str, {}]", type_of(service, &value.shape, output)?),
        Shape::String { values, .. } if !values.is_empty() => shape.to_owned(),
        Shape::Integer { .. } => "int".to_owned(),
        Shape::Boolean => "bool".to_owned(),
        Shape::Timestamp { .. } => if output { "datetime" } else { "Timestamp" }.to_owned(),
        Shape::String { .. } | Shape::Structure { .. } => "str".to_owned(),
    })
}
