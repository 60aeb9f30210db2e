//! The core's tables.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use minijinja::context;
use serde_json::Value;

use super::text::{Files, NOTICE, render};
use crate::errors::ErrorClasses;
use crate::model::{Location, Member, Model, Operation, Shape, TimestampFormat};
use crate::paths::{Result, model_folder, read_json};
use crate::services::Service;

const FOLDER: &str = "crates/core/src/schema/generated";

/// One table a service, the kinds of errors, and the partitions.
pub fn emit(services: &[Service], errors: &ErrorClasses, files: &mut Files) -> Result<()> {
    let mut module = format!(
        "// {NOTICE}\n\n//! The services' tables, and the kinds of errors, and the options of clients.\n\n#[rustfmt::skip]\npub mod kinds;\n#[rustfmt::skip]\npub mod options;\n"
    );
    for service in services {
        let name = service.names.module;
        let _ = writeln!(module, "#[rustfmt::skip]\npub mod {name};");
        files.insert(format!("{FOLDER}/{name}.rs"), table(service)?);
    }
    let list: Vec<String> = services.iter().map(|s| format!("&{}::SERVICE", s.names.module)).collect();
    let _ = writeln!(module, "#[rustfmt::skip]\npub mod partitions;\n");
    let _ = writeln!(
        module,
        "/// All services.\npub static SERVICES: &[&crate::schema::Service] = &[{}];",
        list.join(", ")
    );
    files.insert(format!("{FOLDER}/mod.rs"), module);
    files.insert(format!("{FOLDER}/partitions.rs"), partitions()?);
    files.insert(format!("{FOLDER}/kinds.rs"), kinds(errors)?);
    Ok(())
}

fn kinds(errors: &ErrorClasses) -> Result<String> {
    let kinds = errors.kinds().map(|(kind, row)| context! { kind, class => row.name, text => row.text_in(None) });
    render("kinds.rs", context! { kinds => kinds.collect::<Vec<_>>() })
}

fn table(service: &Service) -> Result<String> {
    let model = &service.model;
    let symbols = symbols(model)?;
    let metadata = &model.metadata;
    let signing_name = metadata.signing_name.as_ref().unwrap_or(&metadata.endpoint_prefix);
    let global = model.endpoint.global.as_ref().map_or("None".to_owned(), |g| {
        format!(
            "Some(GlobalEndpoint {{ partition: {:?}, url: {:?}, signing_region: {:?} }})",
            g.partition, g.url, g.signing_region
        )
    });
    let mut out = format!(
        "// {NOTICE}\n\n//! {} ({}), from {} {}.\n\n",
        metadata.service_full_name, metadata.uid, model.source.package, model.source.version
    );
    let _ = writeln!(
        out,
        "use crate::schema::{{Endpoint, ErrorShape, {}Kind, Location, Member, Operation, Segment, Service, Shape, Structure{}}};\n",
        if model.endpoint.global.is_some() { "GlobalEndpoint, " } else { "" },
        if model.shapes.values().any(|s| matches!(s, Shape::Timestamp { .. })) { ", TimestampFormat" } else { "" }
    );
    let _ = writeln!(out, "/// The service.\npub static SERVICE: Service = Service {{");
    let _ = writeln!(
        out,
        "    name: {:?}, class: {:?}, service_id: {:?}, api_version: {:?}, signing_name: {signing_name:?},",
        service.names.name, service.names.class, metadata.service_id, metadata.api_version
    );
    let known = model.endpoint.known.iter().map(|(partition, names)| format!("({partition:?}, &{names:?})"));
    let known = known.collect::<Vec<_>>().join(", ");
    let _ = writeln!(
        out,
        "    endpoint: Endpoint {{ prefix: {:?}, global: {global}, known: &[{known}] }},",
        model.endpoint.prefix
    );
    let _ = writeln!(out, "    operations: OPERATIONS,\n    errors: ERRORS,\n    symbols: SYMBOLS,\n}};\n");
    let names: Vec<String> = symbols.iter().map(|s| format!("{s:?}")).collect();
    let _ = writeln!(out, "static SYMBOLS: &[&str] = &[{}];\n", names.join(", "));

    out.push_str("static OPERATIONS: &[Operation] = &[\n");
    for operation in model.operations.values() {
        self::operation(model, operation, &mut out)?;
    }
    out.push_str("];\n\nstatic ERRORS: &[ErrorShape] = &[\n");
    for (name, status) in model.errors() {
        let _ = writeln!(
            out,
            "    ErrorShape {{ name: {name:?}, status: {status}, structure: Structure {{ members: &[{}], required: &[] }} }},",
            members(model, name, &symbols)?
        );
    }
    out.push_str("];\n\n");
    let errors: BTreeSet<&str> = model.errors().into_iter().map(|(name, _)| name).collect();
    for (name, shape) in model.shapes.iter().filter(|(name, _)| !errors.contains(name.as_str())) {
        self::shape(model, name, shape, &symbols, &mut out)?;
    }
    Ok(out)
}

fn symbols(model: &Model) -> Result<Vec<String>> {
    let mut names = BTreeSet::new();
    for shape in model.shapes.keys() {
        names.extend(model.members(shape)?.into_iter().map(|(name, _)| name));
    }
    Ok(names.into_iter().collect())
}

fn operation(model: &Model, operation: &Operation, out: &mut String) -> Result<()> {
    let (path, query) = operation.http.request_uri.split_once('?').unwrap_or((&operation.http.request_uri, ""));
    let mut segments = Vec::new();
    let mut rest = path;
    while let Some((literal, tail)) = rest.split_once('{') {
        let (label, tail) = tail.split_once('}').ok_or_else(|| format!("{}: {path}", operation.name))?;
        segments.extend([format!("Segment::Literal({literal:?})"), format!("Segment::Label({label:?})")]);
        rest = tail;
    }
    if !rest.is_empty() {
        segments.push(format!("Segment::Literal({rest:?})"));
    }
    let page = model.paging(operation)?.map_or("None".to_owned(), |p| format!("Some({:?})", p.result));
    let input = operation.input.as_ref().map_or("&Structure { members: &[], required: &[] }".to_owned(), |r| {
        format!("&{}_MEMBERS", constant(&r.shape))
    });
    let output =
        operation.output.as_ref().map_or("None".to_owned(), |r| format!("Some(&{}_MEMBERS)", constant(&r.shape)));
    let _ = writeln!(
        out,
        "    Operation {{ name: {:?}, method: {:?}, path: &[{}], query: {query:?}, status: {}, input: {input}, output: {output}, page: {page} }},",
        operation.name,
        operation.http.method,
        segments.join(", "),
        operation.http.response_code
    );
    Ok(())
}

fn shape(model: &Model, name: &str, shape: &Shape, symbols: &[String], out: &mut String) -> Result<()> {
    let upper = constant(name);
    let mut secret = false;
    let kind = match shape {
        Shape::Structure { required, .. } => {
            let names: Vec<String> = model.members(name)?.into_iter().map(|(name, _)| name).collect();
            let places = required.iter().map(|r| {
                names
                    .iter()
                    .position(|n| n == r)
                    .map(|n| n.to_string())
                    .ok_or_else(|| format!("{name}: requires {r}, which it has not"))
            });
            let places: Vec<String> = places.collect::<Result<_>>()?;
            let direct = model.operations.values().any(|o| o.input.iter().chain(&o.output).any(|r| r.shape == name));
            let structure = format!(
                "Structure {{ members: &[{}], required: &[{}] }}",
                members(model, name, symbols)?,
                places.join(", ")
            );
            if direct {
                let _ = writeln!(out, "static {upper}_MEMBERS: Structure = {structure};");
                return Ok(());
            }
            format!("Kind::Structure({structure})")
        }
        Shape::List { member, min, max } => {
            format!("Kind::List {{ item: &{}, min: {min:?}, max: {max:?} }}", constant(&member.shape))
        }
        Shape::Map { key, value, sensitive } => {
            secret = *sensitive;
            format!("Kind::Map {{ key: &{}, value: &{} }}", constant(&key.shape), constant(&value.shape))
        }
        Shape::String { values, min, max, pattern, sensitive } => {
            secret = *sensitive;
            format!("Kind::String {{ min: {min:?}, max: {max:?}, pattern: {pattern:?}, values: &{values:?} }}")
        }
        Shape::Integer { min, max } => format!("Kind::Integer {{ min: {min:?}, max: {max:?} }}"),
        Shape::Boolean => "Kind::Boolean".to_owned(),
        Shape::Timestamp { format } => {
            // rest-json's default for a body member is epoch seconds.
            let format = format.unwrap_or(TimestampFormat::UnixTimestamp);
            format!(
                "Kind::Timestamp(TimestampFormat::{})",
                if format == TimestampFormat::Iso8601 { "Iso8601" } else { "UnixTimestamp" }
            )
        }
    };
    let _ = writeln!(out, "static {upper}: Shape = Shape {{ name: {name:?}, sensitive: {secret}, kind: {kind} }};");
    Ok(())
}

fn members(model: &Model, structure: &str, symbols: &[String]) -> Result<String> {
    let mut out = String::new();
    for (name, member) in model.members(structure)? {
        let Member { shape, location, location_name, idempotency_token } = &member;
        let location = match location {
            None => "Body",
            Some(Location::Uri) => "Label",
            Some(Location::Querystring) => "Query",
            Some(Location::Header) => "Header",
        };
        let wire = location_name.as_ref().unwrap_or(&name);
        let symbol = symbols.binary_search(&name).map_err(|_| format!("{name}: no symbol"))?;
        let _ = write!(
            out,
            "\n    Member {{ name: {name:?}, wire: {wire:?}, location: Location::{location}, shape: &{}, idempotency_token: {idempotency_token}, symbol: {symbol} }},",
            constant(shape)
        );
    }
    if !out.is_empty() {
        out.push('\n');
    }
    Ok(out)
}

fn constant(name: &str) -> String {
    let mut out = String::new();
    let mut lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && lower {
            out.push('_');
        }
        lower = !c.is_ascii_uppercase();
        out.push(c.to_ascii_uppercase());
    }
    out
}

fn partitions() -> Result<String> {
    let known: Value = read_json(&model_folder().join("partitions.json"))?;
    let mut out = format!(
        "// {NOTICE}\n\n//! The partitions, from {} {}.\n\n",
        text_of(&known["source"]["package"])?,
        text_of(&known["source"]["version"])?
    );
    out.push_str("use crate::schema::Partition;\n\n/// The partitions; the first one is the guess for an unknown region.\npub static PARTITIONS: &[Partition] = &[\n");
    for partition in known["partitions"].as_array().ok_or("no partitions")? {
        let regions: Vec<&str> =
            partition["regions"].as_array().ok_or("no regions")?.iter().filter_map(Value::as_str).collect();
        if partition["supportsFIPS"] != true || partition["supportsDualStack"] != true {
            return Err("a partition without FIPS or dual-stack: the endpoint rules need its error".into());
        }
        let dual_stack = partition["dualStack"] == true;
        let _ = writeln!(
            out,
            "    Partition {{ id: {:?}, prefixes: &{:?}, regions: &{regions:?}, dns_suffix: {:?}, dual_stack_dns_suffix: {:?}, dual_stack: {dual_stack} }},",
            text_of(&partition["id"])?,
            region_prefixes(text_of(&partition["regionRegex"])?)?,
            text_of(&partition["dnsSuffix"])?,
            text_of(&partition["dualStackDnsSuffix"])?
        );
    }
    out.push_str("];\n");
    Ok(out)
}

/// `^(us|eu)\-\w+\-\d+$` gives `us-` and `eu-`; what follows is the same in every partition, and another form is refused.
fn region_prefixes(regex: &str) -> Result<Vec<String>> {
    let unknown = || format!("a region's pattern of an unknown form: {regex}");
    let head =
        regex.strip_prefix('^').and_then(|r| r.strip_suffix(r"\-\w+\-\d+$")).ok_or_else(unknown)?.replace(r"\-", "-");
    let (before, choices) = match head.split_once('(') {
        Some((before, rest)) => (before, rest.strip_suffix(')').ok_or_else(unknown)?),
        None => (head.as_str(), ""),
    };
    Ok(choices.split('|').map(|choice| format!("{before}{choice}-")).collect())
}

fn text_of(value: &Value) -> Result<&str> {
    value.as_str().ok_or_else(|| format!("a text was due, not {value}"))
}
