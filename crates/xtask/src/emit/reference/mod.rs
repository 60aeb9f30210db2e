//! The pages of the reference, one an operation: members with types and limits, result, errors, examples.

pub mod tables;

use std::fmt::Write as _;

use crate::emit::exceptions::exceptions;
use crate::emit::literals::{self, Language};
use crate::emit::text::{Files, NOTICE, constraints};
use crate::model::{Model, Operation, Shape};
use crate::paths::Result;
use crate::services::Service;

/// Where the pages are.
pub const FOLDER: &str = "docs/reference";

/// A folder a service: a page an operation, and a list of them.
pub fn emit(services: &[Service], files: &mut Files) -> Result<()> {
    for service in services {
        let folder = format!("{FOLDER}/{}", service.names.name);
        for operation in service.model.operations.values() {
            files.insert(format!("{folder}/{}.md", operation.snake_name()), page(services, service, operation)?);
        }
        files.insert(format!("{folder}/index.md"), index(service));
    }
    Ok(())
}

fn page(services: &[Service], service: &Service, operation: &Operation) -> Result<String> {
    let mut out = head(&operation.name);
    let Operation { http, .. } = operation;
    let text = service.docs.operations.get(&operation.name).map_or("", String::as_str);
    let _ = write!(
        out,
        "{text}\n\n| Python | Node | HTTP |\n| --- | --- | --- |\n| `client.{}(...)` | `client.{}({{...}})`, `{}Command` | `{} {}`, {} |\n",
        operation.snake_name(),
        operation.camel_name(),
        operation.name,
        http.method,
        http.request_uri,
        http.response_code,
    );
    let _ = write!(out, "\n{}", examples(service, operation)?);
    out.push_str("\n## Request\n\n");
    match &operation.input {
        Some(input) if !service.model.members(&input.shape)?.is_empty() => {
            out.push_str("| member | type | limits | |\n| --- | --- | --- | --- |\n");
            rows(service, &input.shape, "", true, &mut Vec::new(), &mut out)?;
        }
        _ => out.push_str("It takes no members.\n"),
    }
    out.push_str("\n## Result\n\n");
    match &operation.output {
        Some(output) if !service.model.members(&output.shape)?.is_empty() => {
            out.push_str("| member | type | |\n| --- | --- | --- |\n");
            rows(service, &output.shape, "", false, &mut Vec::new(), &mut out)?;
        }
        _ => out.push_str("Nothing beside `ResponseMetadata` (Node: `$metadata`).\n"),
    }
    if let Some(paging) = service.model.paging(operation)? {
        let _ = write!(
            out,
            "\nPages: `client.get_paginator({:?})` in Python, `paginate{}` in Node; the items are in `{}`.\n",
            operation.snake_name(),
            operation.name,
            paging.result
        );
    }
    out.push_str("\n## Errors\n\n| error | status | |\n| --- | --- | --- |\n");
    let known = exceptions(services);
    for error in &operation.errors {
        let status = service.model.errors().into_iter().find(|(name, _)| *name == error.shape).map_or(0, |(_, s)| s);
        let text = known.get(error.shape.as_str()).map_or_else(String::new, crate::emit::exceptions::Exception::doc);
        let first = text.lines().next().unwrap_or_default().to_owned();
        let _ = writeln!(
            out,
            "| [{0}](../errors.md#{1}) | {status} | {2} |",
            error.shape,
            error.shape.to_lowercase(),
            cell(&first)
        );
    }
    Ok(out)
}

fn head(title: &str) -> String {
    format!("<!-- {NOTICE} -->\n\n# {title}\n\n")
}

fn examples(service: &Service, operation: &Operation) -> Result<String> {
    let empty = serde_json::Map::new();
    let given = service.examples.get(&operation.name).unwrap_or(&empty);
    let written = |language, function: String| match &operation.input {
        Some(input) => literals::call(language, &function, &service.model, &input.shape, given),
        None => Ok(format!("{function}()")),
    };
    let python = written(Language::Python, format!("response = await client.{}", operation.snake_name()))?;
    let node = written(Language::JavaScript, format!("const response = await client.{}", operation.camel_name()))?;
    Ok(format!(
        "```python\nimport chimeline\n\nclient = chimeline.client({name:?})\n{python}\n```\n\n```js\nimport {{ {class} }} from \"chimeline\";\n\nconst client = new {class}({{}});\n{node};\n```\n",
        name = service.names.name,
        class = service.names.class,
    ))
}

/// A row a member, and below it those of the structures that it holds, by their paths.
fn rows(
    service: &Service,
    shape: &str,
    path: &str,
    input: bool,
    open: &mut Vec<String>,
    out: &mut String,
) -> Result<()> {
    let required = match service.model.shapes.get(shape) {
        Some(Shape::Structure { required, .. }) => required.as_slice(),
        _ => &[],
    };
    open.push(shape.to_owned());
    for (name, member) in service.model.members(shape)? {
        let (kind, inner, suffix) = kind(&service.model, &member.shape);
        let path = format!("{path}{name}");
        let text = cell(service.docs.member(shape, &name));
        let _ = write!(out, "| `{path}` | {kind}");
        if input {
            let given = if member.idempotency_token { ", made where it is left out" } else { ", **required**" };
            let given = if required.contains(&name) || member.idempotency_token { given } else { "" };
            let _ = write!(out, "{given} | {}", limits(&service.model, &member.shape));
        }
        let _ = writeln!(out, " | {text} |");
        if let Some(inner) = inner.filter(|inner| !open.contains(inner)) {
            rows(service, &inner, &format!("{path}{suffix}."), input, open, out)?;
        }
    }
    open.pop();
    Ok(())
}

/// The type in words, the structure that a value holds, and what follows the name in the path of its members.
fn kind(model: &Model, shape: &str) -> (String, Option<String>, &'static str) {
    match model.shapes.get(shape) {
        Some(Shape::Structure { .. }) => ("object".to_owned(), Some(shape.to_owned()), ""),
        Some(Shape::Map { .. }) => ("map of strings".to_owned(), None, ""),
        Some(Shape::List { member, .. }) => {
            let (inner, structure, _) = kind(model, &member.shape);
            (format!("list of {inner}s"), structure, "[]")
        }
        Some(Shape::Integer { .. }) => ("integer".to_owned(), None, ""),
        Some(Shape::Boolean) => ("boolean".to_owned(), None, ""),
        Some(Shape::Timestamp { .. }) => ("timestamp".to_owned(), None, ""),
        Some(Shape::String { .. }) | None => ("string".to_owned(), None, ""),
    }
}

/// Ranges, values and patterns; of a list also those of its items.
fn limits(model: &Model, shape: &str) -> String {
    let Some(found) = model.shapes.get(shape) else { return String::new() };
    let mut parts: Vec<String> = constraints(found).into_iter().collect();
    match found {
        Shape::String { values, .. } if !values.is_empty() => {
            parts.push(values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", "));
        }
        Shape::String { pattern: Some(pattern), .. } if pattern != ".*" => {
            parts.push(format!("`{}`", pattern.replace('|', "\\|")));
        }
        Shape::List { member, .. } => {
            let inner = limits(model, &member.shape);
            if !inner.is_empty() {
                parts.push(format!("each {inner}"));
            }
        }
        _ => {}
    }
    parts.join("; ")
}

/// Text for the cell of a table.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace("``", "`")
}

fn index(service: &Service) -> String {
    let mut out = head(service.names.name);
    let _ = write!(
        out,
        "{}\n\n`chimeline.client({name:?})` in Python, `new {class}({{}})` in Node, where commands are in `chimeline/client-{name}`.\n\n| operation | Python | Node | |\n| --- | --- | --- | --- |\n",
        service.docs.service,
        name = service.names.name,
        class = service.names.class,
    );
    for operation in service.model.operations.values() {
        let text = service.docs.operations.get(&operation.name).map_or("", String::as_str);
        let first = text.split_inclusive(". ").next().unwrap_or_default().trim();
        let method = operation.snake_name();
        let _ = writeln!(
            out,
            "| [{}]({method}.md) | `{method}` | `{}` | {} |",
            operation.name,
            operation.camel_name(),
            cell(first)
        );
    }
    if !service.waiters.is_empty() {
        out.push_str(
            "\n## Waiters\n\n| Python | Node | asks | every | at most | |\n| --- | --- | --- | --- | --- | --- |\n",
        );
        for (name, waiter) in &service.waiters {
            let operation = service.model.operations.get(&waiter.operation);
            let method = operation.map_or_else(String::new, Operation::snake_name);
            let _ = writeln!(
                out,
                "| `get_waiter({:?})` | `waitUntil{name}` | [{}]({method}.md) | {} s | {} times | {} |",
                crate::model::snake_name(name),
                waiter.operation,
                waiter.delay,
                waiter.max_attempts,
                cell(&waiter.description)
            );
        }
    }
    out
}
