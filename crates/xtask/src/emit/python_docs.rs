//! What Python's documentation says: our words of the docs files, and the constraints of the model.

use std::fmt::Write as _;

use super::python_types::type_name;
use super::text::constraints;
use crate::model::{Model, Operation, Shape};
use crate::paths::Result;
use crate::services::Service;

/// The text of a client's class.
pub fn class_doc(service: &Service) -> String {
    format!(
        "{}\n\nCreated by ``client({:?})``; each method takes keyword arguments and returns a dict.",
        service.docs.service, service.names.name
    )
}

/// The text of a method: what it does, its arguments with all that they contain, the members of its result, its errors.
pub fn method_doc(service: &Service, operation: &Operation) -> Result<String> {
    let mut out = service.docs.operations.get(&operation.name).cloned().unwrap_or_default();
    if let Some(input) = &operation.input {
        out.push_str("\n\nKeyword arguments:\n");
        inputs(service, &input.shape, 4, &mut Vec::new(), &mut out)?;
    } else {
        out.push('\n');
    }
    if let Some(output) = &operation.output {
        let module = service.names.module;
        let _ = write!(
            out,
            "\nThe result is a dict with ``ResponseMetadata`` and, with types of ``chimeline.types.{module}``:\n"
        );
        outputs(service, &output.shape, &mut out)?;
    } else {
        out.push_str("\nThe result is a dict with ``ResponseMetadata`` alone.\n");
    }
    let errors: Vec<&str> = operation.errors.iter().map(|e| e.shape.as_str()).collect();
    let _ = write!(out, "\nErrors: {}.", errors.join(", "));
    Ok(out)
}

fn inputs(service: &Service, shape: &str, indent: usize, open: &mut Vec<String>, out: &mut String) -> Result<()> {
    let required = match service.model.shapes.get(shape) {
        Some(Shape::Structure { required, .. }) => required.as_slice(),
        _ => &[],
    };
    open.push(shape.to_owned());
    for (name, member) in service.model.members(shape)? {
        let mut facts = type_text(&service.model, &member.shape);
        if required.contains(&name) && !member.idempotency_token {
            facts.push_str(", required");
        }
        if let Some(limits) = service.model.shapes.get(&member.shape).and_then(constraints) {
            let _ = write!(facts, ", {limits}");
        }
        let text = service.docs.member(shape, &name);
        let values = values(&service.model, &member.shape);
        let _ = writeln!(out, "{}{name} ({facts}): {text}{values}", " ".repeat(indent));
        if let Some(inner) = structure_in(&service.model, &member.shape)
            && !open.contains(&inner)
        {
            inputs(service, &inner, indent + 4, open, out)?;
        }
    }
    open.pop();
    Ok(())
}

/// The members of a result. What they contain is documented at their types, whose names are given.
fn outputs(service: &Service, shape: &str, out: &mut String) -> Result<()> {
    for (name, member) in service.model.members(shape)? {
        let mut kind = type_text(&service.model, &member.shape);
        if let Some(inner) = structure_in(&service.model, &member.shape) {
            kind = kind.replace("dict", &type_name(service, &inner, true)?);
        }
        let text = service.docs.member(shape, &name);
        let _ = writeln!(out, "    {name} ({kind}): {text}{}", values(&service.model, &member.shape));
    }
    Ok(())
}

/// The structure that a value of the shape holds: itself, or the items of a list.
fn structure_in(model: &Model, shape: &str) -> Option<String> {
    match model.shapes.get(shape)? {
        Shape::Structure { .. } => Some(shape.to_owned()),
        Shape::List { member, .. } => structure_in(model, &member.shape),
        _ => None,
    }
}

fn type_text(model: &Model, shape: &str) -> String {
    match model.shapes.get(shape) {
        Some(Shape::Structure { .. } | Shape::Map { .. }) => "dict".to_owned(),
        Some(Shape::List { member, .. }) => format!("list of {}", type_text(model, &member.shape)),
        Some(Shape::Integer { .. }) => "int".to_owned(),
        Some(Shape::Boolean) => "bool".to_owned(),
        Some(Shape::Timestamp { .. }) => "datetime".to_owned(),
        Some(Shape::String { .. }) | None => "str".to_owned(),
    }
}

fn values(model: &Model, shape: &str) -> String {
    match model.shapes.get(shape) {
        Some(Shape::String { values, .. }) if !values.is_empty() => format!(" One of: {}.", values.join(", ")),
        Some(Shape::List { member, .. }) => values(model, &member.shape),
        _ => String::new(),
    }
}
