//! The JavaScript modules: a table a service, the errors, and the package's top.

use std::fmt::Write as _;

use minijinja::{Value, context};

use super::exceptions::exceptions;
use super::text::{Files, NOTICE, render};
use crate::errors::{ErrorClass, ErrorClasses, Language};
use crate::model::{Operation, Shape};
use crate::paths::Result;
use crate::services::{Service, subpath};

pub const FOLDER: &str = "node/generated";
pub const JAVASCRIPT: Language = Language::Javascript;

/// One CommonJS and one ES module for each subpath.
pub fn emit(services: &[Service], own: &ErrorClasses, files: &mut Files) -> Result<()> {
    for service in services {
        let name = subpath(service.names);
        files.insert(format!("{FOLDER}/{name}.cjs"), table(service, services)?);
        files.insert(format!("{FOLDER}/{name}.mjs"), reexport(&name, &exports(service)?));
    }
    files.insert(format!("{FOLDER}/errors.cjs"), errors(services, own)?);
    files.insert(format!("{FOLDER}/version.cjs"), version());
    files.insert(format!("{FOLDER}/index.cjs"), index(services));
    files.insert(format!("{FOLDER}/index.mjs"), reexport("index", &top_exports(services, own)));
    Ok(())
}

/// The enumerations that the service's operations reach: name and values.
pub fn enumerations(service: &Service) -> Vec<(&str, &[String])> {
    let strings = service.model.shapes.iter();
    let listed = strings.filter_map(|(name, shape)| match shape {
        Shape::String { values, .. } if !values.is_empty() => Some((name.as_str(), values.as_slice())),
        _ => None,
    });
    listed.collect()
}

/// Enumerations whose keys the AWS SDK writes in capitals, though their values are names: `SendReceive` is `SEND_RECEIVE`.
const IN_CAPITALS: &[&str] = &[
    "ContentResolution",
    "MediaCapabilities",
    "MediaInsightsPipelineConfigurationElementType",
    "MediaPlacementNetworkType",
    "VideoResolution",
    "VoiceAnalyticsConfigurationStatus",
];

/// The key of a value in its enumeration, as the AWS SDK has it: `en-US` is `EN_US`, `InProgress` is mostly itself.
pub fn enumeration_key(enumeration: &str, value: &str) -> String {
    let is_name = value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name && value.chars().any(|c| c.is_ascii_uppercase()) && !IN_CAPITALS.contains(&enumeration) {
        return value.to_owned();
    }
    let mut out = String::new();
    let mut inside = false;
    for c in value.chars() {
        if inside && c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
        inside = is_name && !c.is_ascii_uppercase();
    }
    out
}

/// What a service's module exports.
fn exports(service: &Service) -> Result<Vec<String>> {
    let class = service.names.class;
    let mut out = vec![class.to_owned(), format!("{class}Client"), format!("{class}ServiceException")];
    for operation in service.model.operations.values() {
        out.push(format!("{}Command", operation.name));
        if service.model.paging(operation)?.is_some() {
            out.push(format!("paginate{}", operation.name));
        }
    }
    out.extend(service.model.errors().into_iter().map(|(name, _)| name.to_owned()));
    out.extend(enumerations(service).into_iter().map(|(name, _)| name.to_owned()));
    for name in service.waiters.keys() {
        out.extend([format!("waitFor{name}"), format!("waitUntil{name}")]);
    }
    out.extend(["$Command".to_owned(), "__Client".to_owned()]);
    out.sort();
    Ok(out)
}

/// What the package itself exports.
pub fn top_exports(services: &[Service], own: &ErrorClasses) -> Vec<String> {
    let clients = services.iter().flat_map(|s| {
        let class = s.names.class;
        [class.to_owned(), format!("{class}Client"), format!("{class}ServiceException")]
    });
    let own = own.of(JAVASCRIPT).map(|class| class.name_in(JAVASCRIPT));
    let errors = exceptions(services).into_keys().chain(own).map(str::to_owned);
    let mut out: Vec<String> = clients.chain(errors).collect();
    out.sort();
    out
}

fn reexport(name: &str, exports: &[String]) -> String {
    let list: Vec<String> = exports.iter().map(|export| format!("  {export},\n")).collect();
    format!(
        "// {NOTICE}\nimport module from \"./{name}.cjs\";\n\nexport const {{\n{}}} = module;\nexport default module;\n",
        list.concat()
    )
}

/// The operations that other services have and this one has not, by the class of the service.
fn elsewhere(service: &Service, services: &[Service]) -> String {
    let mut out = String::new();
    for other in services.iter().filter(|other| other.names.name != service.names.name) {
        let operations = other.model.operations.values().map(|operation| operation.name.as_str());
        let names: Vec<String> = operations
            .filter(|name| !service.model.operations.contains_key(*name))
            .map(|name| format!("{name:?}"))
            .collect();
        let _ = writeln!(out, "    {}: [{}],", other.names.class, names.join(", "));
    }
    out
}

fn table(service: &Service, services: &[Service]) -> Result<String> {
    let mut out = format!(
        "// {NOTICE}\n\"use strict\";\nconst {{ defineService }} = require(\"../lib/client/service.cjs\");\nconst errors = require(\"./errors.cjs\");\n\n"
    );
    let metadata = &service.model.metadata;
    let _ = writeln!(
        out,
        "const table = {{\n  name: {:?},\n  class: {:?},\n  serviceId: {:?},\n  apiVersion: {:?},\n  operations: {{",
        service.names.name, service.names.class, metadata.service_id, metadata.api_version
    );
    for operation in service.model.operations.values() {
        let dates = dates(service, operation)?.unwrap_or_else(|| "null".to_owned());
        let page = service.model.paging(operation)?.is_some();
        let _ = writeln!(out, "    {}: {{ dates: {dates}, page: {page} }},", operation.name);
    }
    out.push_str("  },\n  errors: [\n");
    for (name, _) in service.model.errors() {
        let _ = writeln!(out, "    {name:?},");
    }
    out.push_str("  ],\n  enums: {\n");
    for (name, values) in enumerations(service) {
        let list: Vec<String> = values.iter().map(|v| format!("{}: {v:?}", enumeration_key(name, v))).collect();
        let _ = writeln!(out, "    {name}: {{ {} }},", list.join(", "));
    }
    out.push_str("  },\n  waiters: {\n");
    for (name, waiter) in &service.waiters {
        let _ = writeln!(out, "    {name}: {},", waiter.literal("    "));
    }
    out.push_str("  },\n  elsewhere: {\n");
    out.push_str(&elsewhere(service, services));
    out.push_str("  },\n};\n\nmodule.exports = defineService(table, errors);\n");
    Ok(out)
}

/// Where timestamps stand in an operation's output.
fn dates(service: &Service, operation: &Operation) -> Result<Option<String>> {
    match &operation.output {
        Some(output) => plan(service, &output.shape, &mut Vec::new()),
        None => Ok(None),
    }
}

fn plan(service: &Service, shape: &str, open: &mut Vec<String>) -> Result<Option<String>> {
    if open.iter().any(|name| name == shape) {
        return Err(format!("{shape} holds itself, which the plan of timestamps cannot say"));
    }
    open.push(shape.to_owned());
    let found = match service.model.shape(shape)? {
        Shape::Timestamp { .. } => Some("1".to_owned()),
        Shape::List { member, .. } => plan(service, &member.shape, open)?.map(|item| format!("[{item}]")),
        Shape::Map { value, .. } => match plan(service, &value.shape, open)? {
            Some(_) => return Err(format!("{shape} is a map with timestamps, which the plan cannot say")),
            None => None,
        },
        Shape::Structure { .. } => {
            let mut members = Vec::new();
            for (name, member) in service.model.members(shape)? {
                members.extend(plan(service, &member.shape, open)?.map(|inner| format!("{name}: {inner}")));
            }
            (!members.is_empty()).then(|| format!("{{ {} }}", members.join(", ")))
        }
        Shape::String { .. } | Shape::Integer { .. } | Shape::Boolean => None,
    };
    open.pop();
    Ok(found)
}

fn errors(services: &[Service], own: &ErrorClasses) -> Result<String> {
    let classes = own.of(JAVASCRIPT).map(|class| own_class(own, class, ""));
    let exceptions = exceptions(services).into_iter().map(|(name, e)| context! { name, fault => e.fault() });
    render(
        "errors.cjs",
        context! { classes => classes.collect::<Vec<_>>(), exceptions => exceptions.collect::<Vec<_>>() },
    )
}

/// What the templates know of one of the package's own classes.
pub fn own_class(own: &ErrorClasses, class: &ErrorClass, comment: &str) -> Value {
    context! {
        name => class.name_in(JAVASCRIPT),
        base => own.base(class, JAVASCRIPT),
        is_raised => class.kind.is_some(),
        names => own.names(class, JAVASCRIPT),
        by_hand => class.by_hand,
        comment,
    }
}

/// The version of the package, which must be that of its native module.
fn version() -> String {
    format!("// {NOTICE}\n\"use strict\";\n\nmodule.exports = {{ VERSION: {:?} }};\n", env!("CARGO_PKG_VERSION"))
}

fn index(services: &[Service]) -> String {
    let mut out = format!(
        "// {NOTICE}\n\"use strict\";\nconst errors = require(\"./errors.cjs\");\n\n// A service's module is loaded when first asked for.\nconst lazy = (name, load) => Object.defineProperty(module.exports, name, {{ enumerable: true, get: () => load()[name] }});\n\nmodule.exports = {{ ...errors }};\n"
    );
    for service in services {
        let class = service.names.class;
        for name in [class.to_owned(), format!("{class}Client"), format!("{class}ServiceException")] {
            let _ = writeln!(out, "lazy({name:?}, () => require(\"./{}.cjs\"));", subpath(service.names));
        }
    }
    out
}
