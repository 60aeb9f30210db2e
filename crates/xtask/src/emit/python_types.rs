//! The types of what the Python clients take and return.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::docstring::docstring;
use super::text::{Files, NOTICE};
use crate::model::{Member, Shape};
use crate::paths::Result;
use crate::services::Service;

/// One module a service, and the one at its public path.
pub fn emit(services: &[Service], files: &mut Files) -> Result<()> {
    for service in services {
        let module = service.names.module;
        files.insert(format!("python/chimeline/_generated/{module}_types.py"), types(service)?);
        let thin = format!(
            "# {NOTICE}\n\"\"\"Types of what the {} clients take and return.\"\"\"\n\nfrom .._generated import {module}_types\nfrom .._generated.{module}_types import *\n\n__all__: list[str] = []\n__all__ += {module}_types.__all__\n",
            service.model.metadata.service_full_name
        );
        files.insert(format!("python/chimeline/types/{module}.py"), thin);
    }
    Ok(())
}

/// The name of a type in the module of a service's types.
pub fn type_name(service: &Service, shape: &str, output: bool) -> Result<String> {
    let both = service.model.structures(false)?.contains(shape) && service.model.structures(true)?.contains(shape);
    Ok(if output && both { format!("{shape}Output") } else { shape.to_owned() })
}

/// Annotations are evaluated when a class is created, so that its required keys are known: what a class needs comes
/// before it.
fn types(service: &Service) -> Result<String> {
    let model = &service.model;
    let mut structures: Vec<(String, bool)> = Vec::new();
    for output in [false, true] {
        for shape in model.structures(output)? {
            needed_first(service, &shape, output, &mut Vec::new(), &mut structures)?;
        }
    }
    let enums = reached_enums(service, &structures)?;
    let mut names: BTreeSet<String> = enums.iter().cloned().collect();
    for (shape, output) in &structures {
        names.insert(type_name(service, shape, *output)?);
    }
    names.insert("Timestamp".to_owned());
    let mut common = "Items, Response";
    if model.operations.values().any(|operation| operation.output.is_none()) {
        names.insert("EmptyResponse".to_owned());
        common = "EmptyResponse, Items, Response";
    }
    let list: Vec<String> = names.iter().map(|name| format!("    {name:?},\n")).collect();
    let mut out = format!(
        "# {NOTICE}\n\"\"\"Types of what the {} clients take and return.\"\"\"\n\nfrom datetime import datetime\nfrom typing import Literal, Union\n\n{RUNTIME}\nfrom ..types.common import {common}\n\n__all__ = [\n{}]\n\nTimestamp = Union[datetime, int, float, str]\n",
        model.metadata.service_full_name,
        list.concat()
    );
    for name in &enums {
        if let Some(Shape::String { values, .. }) = model.shapes.get(name) {
            let list: Vec<String> = values.iter().map(|v| format!("    {v:?},\n")).collect();
            let _ = write!(out, "{name} = Literal[\n{}]\n", list.concat());
        }
    }
    for (shape, output) in &structures {
        structure(service, shape, *output, &mut out)?;
    }
    Ok(out)
}

const RUNTIME: &str = "from .._typing import NotRequired, TypedDict";

/// Adds the structure behind those that it contains. One that inputs and outputs write alike is there once.
fn needed_first(
    service: &Service,
    shape: &str,
    output: bool,
    open: &mut Vec<String>,
    out: &mut Vec<(String, bool)>,
) -> Result<()> {
    if open.iter().any(|name| name == shape) {
        return Err(format!("{shape} contains itself, which types in the order of their use cannot express"));
    }
    match service.model.shape(shape)? {
        Shape::Structure { .. } => {
            open.push(shape.to_owned());
            for (_, member) in service.model.members(shape)? {
                needed_first(service, &member.shape, output, open, out)?;
            }
            open.pop();
            let entry = (shape.to_owned(), output);
            if !out.contains(&entry) {
                out.push(entry);
            }
        }
        Shape::List { member: inner, .. } | Shape::Map { value: inner, .. } => {
            needed_first(service, &inner.shape, output, open, out)?;
        }
        _ => {}
    }
    Ok(())
}

/// The enumerations that members refer to.
fn reached_enums(service: &Service, structures: &[(String, bool)]) -> Result<BTreeSet<String>> {
    let mut out = BTreeSet::new();
    for (structure, _) in structures {
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
    Ok(out)
}

fn structure(service: &Service, shape: &str, output: bool, out: &mut String) -> Result<()> {
    let Shape::Structure { required, .. } = service.model.shape(shape)? else { return Ok(()) };
    let operations = || service.model.operations.values();
    let is_result = operations().filter_map(|o| o.output.as_ref()).any(|result| result.shape == shape);
    let (base, root) =
        if output && is_result { ("Response", "The result of") } else { ("TypedDict", "The keyword arguments of") };
    let doc = service
        .docs
        .shapes
        .get(shape)
        .cloned()
        .unwrap_or_else(|| format!("{root} {}.", shape.trim_end_matches("Request").trim_end_matches("Response")));
    let members = service.model.members(shape)?;
    // A service sends every member of its model; a token is missing on the last page.
    let optional = |(name, member): &(String, Member)| {
        if output { name == "NextToken" } else { !required.contains(name) || member.idempotency_token }
    };
    let all_optional = !members.is_empty() && members.iter().all(optional) && base == "TypedDict";
    let total = if all_optional { ", total=False" } else { "" };
    let _ = writeln!(out, "\n\nclass {}({base}{total}):\n{}", type_name(service, shape, output)?, docstring(&doc, 4));
    for entry in &members {
        let (name, member) = entry;
        let kind = type_of(service, &member.shape, output)?;
        let kind = if optional(entry) && !all_optional { format!("NotRequired[{kind}]") } else { kind };
        let _ = writeln!(out, "\n    {name}: {kind}\n{}", docstring(service.docs.member(shape, name), 4));
    }
    Ok(())
}

fn type_of(service: &Service, shape: &str, output: bool) -> Result<String> {
    Ok(match service.model.shape(shape)? {
        Shape::Structure { .. } => type_name(service, shape, output)?,
        Shape::List { member, .. } => {
            let item = type_of(service, &member.shape, output)?;
            if output { format!("list[{item}]") } else { format!("Items[{item}]") }
        }
        Shape::Map { value, .. } => format!("dict[str, {}]", type_of(service, &value.shape, output)?),
        Shape::String { values, .. } if !values.is_empty() => shape.to_owned(),
        Shape::Integer { .. } => "int".to_owned(),
        Shape::Boolean => "bool".to_owned(),
        Shape::Timestamp { .. } => if output { "datetime" } else { "Timestamp" }.to_owned(),
        Shape::String { .. } => "str".to_owned(),
    })
}
