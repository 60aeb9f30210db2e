//! The declarations of the JavaScript modules, with their documentation.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use minijinja::{Value, context};

use super::exceptions::{Exception, exceptions};
use super::javascript::{FOLDER, JAVASCRIPT, enumeration_key, enumerations, own_class, top_exports};
use super::javascript_examples::example;
use super::text::{Files, NOTICE, constraints, render, wrap};
use crate::errors::{ErrorClass, ErrorClasses};
use crate::model::{Operation, Shape};
use crate::paths::Result;
use crate::services::{Service, subpath};

/// One file of declarations for CommonJS each, and one for ES modules that passes it on.
pub fn emit(services: &[Service], own: &ErrorClasses, files: &mut Files) -> Result<()> {
    for service in services {
        let name = subpath(service.names);
        files.insert(format!("{FOLDER}/{name}.d.cts"), declarations(service)?);
        files.insert(format!("{FOLDER}/{name}.d.mts"), passed_on(&name));
    }
    files.insert(format!("{FOLDER}/errors.d.cts"), errors(services, own)?);
    files.insert(format!("{FOLDER}/index.d.cts"), index(services, own));
    files.insert(format!("{FOLDER}/index.d.mts"), passed_on("index"));
    Ok(())
}

fn passed_on(name: &str) -> String {
    format!(
        "// {NOTICE}\nimport * as module from \"./{name}.cjs\";\n\nexport * from \"./{name}.cjs\";\nexport default module;\n"
    )
}

fn index(services: &[Service], own: &ErrorClasses) -> String {
    let mut out = format!("// {NOTICE}\n");
    for service in services {
        let class = service.names.class;
        let _ = writeln!(
            out,
            "export {{ {class}, {class}Client, {class}ServiceException }} from \"./{0}.cjs\";\nexport type {{ {class}ClientConfig }} from \"./{0}.cjs\";",
            subpath(service.names)
        );
    }
    let classes: BTreeSet<String> = services.iter().map(|s| s.names.class.to_owned()).collect();
    let is_error =
        |name: &&String| classes.iter().all(|class| !name.starts_with(class.as_str()) || *name == "ChimelineError");
    let errors: Vec<String> =
        top_exports(services, own).iter().filter(is_error).map(|name| format!("  {name},\n")).collect();
    let _ = writeln!(out, "export {{\n{}}} from \"./errors.cjs\";", errors.concat());
    out.push_str("export type { Attempt, CallOptions, ClientConfig, Credentials, Fault, Logger, ResponseMetadata } from \"../lib/options/types.cjs\";\n");
    out
}

fn errors(services: &[Service], own: &ErrorClasses) -> Result<String> {
    let declared = |class: &ErrorClass| own_class(own, class, &comment(&class.text_in(Some(JAVASCRIPT)), ""));
    let classes: Vec<Value> = own.of(JAVASCRIPT).map(declared).collect();
    let exceptions: Vec<Value> =
        exceptions(services).iter().map(|(name, e)| exception(name, e)).collect::<Result<_>>()?;
    render("errors.d.cts", context! { classes, exceptions })
}

fn exception(name: &str, exception: &Exception<'_>) -> Result<Value> {
    let member = |(member, shape, service): &(String, String, &Service)| {
        let kind = match service.model.shape(shape)? {
            Shape::Integer { .. } => "number",
            _ => "string",
        };
        let comment = comment(service.docs.member(name, member), "  ");
        Ok(context! { name => member, type => kind, comment })
    };
    let members: Vec<Value> = exception.members.iter().map(member).collect::<Result<_>>()?;
    Ok(context! { name, fault => exception.fault(), comment => comment(&exception.doc(), ""), members })
}

fn declarations(service: &Service) -> Result<String> {
    let class = service.names.class;
    let mut out = format!(
        "// {NOTICE}\nimport {{ Client, Command, Paginate }} from \"../lib/client/client.cjs\";\nimport {{ ServiceException }} from \"./errors.cjs\";\nimport {{ WaiterConfiguration, WaiterResult, WaitFor }} from \"../lib/recording/types.cjs\";\nimport {{ Callback, CallOptions, ClientConfig, ExtensionConfiguration, PaginationConfig, ResolvedConfig, ResponseMetadata }} from \"../lib/options/types.cjs\";\n\nexport type {{ ClientConfig as ClientDefaults, ClientInputEndpointParameters, ResponseMetadata as __MetadataBearer, RuntimeExtension }} from \"../lib/options/types.cjs\";\nexport {{ Client as __Client, Command as $Command }} from \"../lib/client/client.cjs\";\n\n"
    );
    let errors: Vec<String> = service.model.errors().iter().map(|(name, _)| format!("  {name},\n")).collect();
    let _ = writeln!(out, "export {{\n{}}} from \"./errors.cjs\";\n", errors.concat());
    let config = format!(
        "What a {class} client is made of. What is left out comes from the environment, then from the profile in the shared config files, then from the defaults."
    );
    // The legacy service alone has a successor.
    let own = if service.names.name == "chime" { NAMESPACE } else { "" };
    let _ =
        writeln!(out, "{}export interface {class}ClientConfig extends ClientConfig {{{own}}}\n", comment(&config, ""));
    let _ = writeln!(out, "export type {class}ClientConfigType = {class}ClientConfig;\n");
    let _ = writeln!(
        out,
        "/** What a client was made with, and what that comes to. */\nexport interface {class}ClientResolvedConfig extends ResolvedConfig {{}}\n\nexport type {class}ClientResolvedConfigType = {class}ClientResolvedConfig;\n"
    );
    let _ = writeln!(
        out,
        "/** What an extension reads and sets of a client's options. */\nexport interface {class}ExtensionConfiguration extends ExtensionConfiguration {{}}\n"
    );
    let _ = writeln!(
        out,
        "/** What one call may be given. */\nexport interface {class}RequestOptions extends CallOptions {{}}\n"
    );
    let _ = writeln!(
        out,
        "{}export declare class {class}Client extends Client<ServiceInputTypes, ServiceOutputTypes> {{\n  constructor(config?: {class}ClientConfig);\n}}\n",
        comment(&format!("{}\n\nTakes commands; {class} has a method for each.", service.docs.service), "")
    );
    aggregated(service, &mut out)?;
    let _ = writeln!(
        out,
        "\n{}export declare class {class}ServiceException extends ServiceException {{}}",
        comment(&format!("Any error that this service answered: `error instanceof {class}ServiceException`."), "")
    );
    let _ = writeln!(
        out,
        "\n/** What pages of this service are asked for with. */\nexport interface {class}PaginationConfiguration extends PaginationConfig<{class}Client> {{}}"
    );
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for operation in service.model.operations.values() {
        command(service, operation, &mut out)?;
        inputs.push(format!("{}CommandInput", operation.name));
        outputs.push(format!("{}CommandOutput", operation.name));
    }
    waiters(service, &mut out);
    let _ = writeln!(out, "\nexport type ServiceInputTypes =\n  | {};", inputs.join("\n  | "));
    let _ = writeln!(out, "\nexport type ServiceOutputTypes =\n  | {};", outputs.join("\n  | "));
    for (name, values) in enumerations(service) {
        let _ = writeln!(out, "\nexport declare const {name}: {{");
        for value in values {
            let _ = writeln!(out, "  readonly {}: {value:?};", enumeration_key(name, value));
        }
        let _ = writeln!(out, "}};\nexport type {name} = (typeof {name})[keyof typeof {name}];");
    }
    let shapes: BTreeSet<String> =
        service.model.structures(false)?.into_iter().chain(service.model.structures(true)?).collect();
    for shape in &shapes {
        structure(service, shape, &mut out)?;
    }
    Ok(out)
}

const NAMESPACE: &str = "
  /** `media-pipelines` sends the same calls to the successor of this service. */
  namespace?: \"media-pipelines\" | \"chime\" | undefined;
";

fn aggregated(service: &Service, out: &mut String) -> Result<()> {
    let class = service.names.class;
    let _ = writeln!(
        out,
        "{}export declare class {class} extends {class}Client {{",
        comment(&format!("{}\n\nHas a method for each operation.", service.docs.service), "")
    );
    for operation in service.model.operations.values() {
        let (name, method) = (&operation.name, operation.camel_name());
        let (input, output) = (format!("{name}CommandInput"), format!("{name}CommandOutput"));
        let optional = if needs_input(service, operation)? { "" } else { "?" };
        let _ = writeln!(
            out,
            "{}  {method}(input{optional}: {input}, options?: CallOptions): Promise<{output}>;\n  {method}(input: {input}, callback: Callback<{output}>): void;\n  {method}(input: {input}, options: CallOptions, callback: Callback<{output}>): void;",
            comment(&operation_doc(service, operation)?, "  ")
        );
        if service.model.paging(operation)?.is_some() {
            let _ = writeln!(
                out,
                "  /** The pages of {method}, one after the other. */\n  paginate{name}(input{optional}: {input}, config?: Omit<{class}PaginationConfiguration, \"client\">): AsyncGenerator<{output}, undefined>;"
            );
        }
    }
    for (name, waiter) in &service.waiters {
        let input = format!("{}CommandInput", waiter.operation);
        let _ = writeln!(
            out,
            "{}  waitUntil{name}(input: {input}, config: number | Omit<WaiterConfiguration<{class}Client>, \"client\">): Promise<WaiterResult>;",
            comment(&waiter.description, "  ")
        );
    }
    out.push_str("}\n");
    Ok(())
}

/// A function that gives what came of the wait, and one that throws unless it was a success.
fn waiters(service: &Service, out: &mut String) {
    let class = service.names.class;
    for (name, waiter) in &service.waiters {
        let kind = format!("WaitFor<{class}Client, {}CommandInput>", waiter.operation);
        let until = comment(&format!("{} Rejects unless it comes to that.", waiter.description), "");
        let result =
            comment(&format!("{} Resolves with what came of the wait, whatever it is.", waiter.description), "");
        let _ = writeln!(
            out,
            "\n{until}export declare const waitUntil{name}: {kind};\n{result}export declare const waitFor{name}: {kind};"
        );
    }
}

fn command(service: &Service, operation: &Operation, out: &mut String) -> Result<()> {
    let name = &operation.name;
    let optional = if needs_input(service, operation)? { "" } else { "?" };
    let base = |reference: Option<&crate::model::Reference>| reference.map_or("{}", |r| r.shape.as_str()).to_owned();
    let (input, output) = (base(operation.input.as_ref()), base(operation.output.as_ref()));
    let _ = writeln!(
        out,
        "\n{}export declare class {name}Command extends Command<{name}CommandInput, {name}CommandOutput> {{\n  constructor(input{optional}: {name}CommandInput);\n}}\nexport type {name}CommandInput = {input};\nexport type {name}CommandOutput = {output} & ResponseMetadata;",
        comment(&command_doc(service, operation), "")
    );
    if service.model.paging(operation)?.is_some() {
        let class = service.names.class;
        let _ = writeln!(
            out,
            "/** The pages of {name}, one after the other. */\nexport declare const paginate{name}: Paginate<{class}Client, {name}CommandInput, {name}CommandOutput>;"
        );
    }
    Ok(())
}

fn operation_doc(service: &Service, operation: &Operation) -> Result<String> {
    let mut out = service.docs.operations.get(&operation.name).cloned().unwrap_or_default();
    let errors: Vec<&str> = operation.errors.iter().map(|e| e.shape.as_str()).collect();
    let _ = write!(out, "\n\nErrors: {}.\n\n@example\n{}\n", errors.join(", "), example(service, operation)?);
    for error in errors {
        let _ = write!(out, "\n@throws {{@link {error}}}");
    }
    let _ = write!(out, "\n@see {}", reference(service, operation));
    if operation.deprecated {
        out.push_str("\n\n@deprecated");
    }
    Ok(out)
}

/// AWS's own page of an operation.
fn reference(service: &Service, operation: &Operation) -> String {
    let (guide, prefix) = match service.names.name {
        "chime" => ("chime", ""),
        "chime-sdk-meetings" => ("chime-sdk", "meeting-chime_"),
        _ => ("chime-sdk", "media-pipelines-chime_"),
    };
    format!("https://docs.aws.amazon.com/{guide}/latest/APIReference/API_{prefix}{}.html", operation.name)
}

/// The text of a command: that of the method, which is there once.
fn command_doc(service: &Service, operation: &Operation) -> String {
    let deprecated = if operation.deprecated { "\n\n@deprecated" } else { "" };
    format!("The command of {{@link {}.{}}}.{deprecated}", service.names.class, operation.camel_name())
}

/// Whether an operation cannot be called without an input.
fn needs_input(service: &Service, operation: &Operation) -> Result<bool> {
    let Some(input) = &operation.input else { return Ok(false) };
    let members = service.model.members(&input.shape)?;
    let Shape::Structure { required, .. } = service.model.shape(&input.shape)? else { return Ok(false) };
    Ok(members.iter().any(|(name, member)| required.contains(name) && !member.idempotency_token))
}

fn structure(service: &Service, shape: &str, out: &mut String) -> Result<()> {
    let Shape::Structure { required, .. } = service.model.shape(shape)? else { return Ok(()) };
    let _ = write!(out, "\n{}", comment(&structure_doc(service, shape), ""));
    let _ = writeln!(out, "export interface {shape} {{");
    for (name, member) in service.model.members(shape)? {
        let needed = required.contains(&name) && !member.idempotency_token;
        let mut text = service.docs.member(shape, &name).to_owned();
        if let Some(limits) = service.model.shapes.get(&member.shape).and_then(constraints) {
            let _ = write!(text, "\n\nLimits: {limits}.");
        }
        let optional = if needed { "" } else { "?" };
        let _ = writeln!(
            out,
            "{}  {name}{optional}: {} | undefined;",
            comment(&text, "  "),
            type_of(service, &member.shape)?
        );
    }
    out.push_str("}\n");
    Ok(())
}

fn structure_doc(service: &Service, shape: &str) -> String {
    service.docs.shapes.get(shape).cloned().unwrap_or_else(|| match shape.strip_suffix("Response") {
        Some(operation) => format!("The output of {operation}."),
        None => format!("The input of {}.", shape.trim_end_matches("Request")),
    })
}

fn type_of(service: &Service, shape: &str) -> Result<String> {
    Ok(match service.model.shape(shape)? {
        Shape::Structure { .. } => shape.to_owned(),
        Shape::List { member, .. } => match type_of(service, &member.shape)? {
            item if item.contains(' ') => format!("({item})[]"),
            item => format!("{item}[]"),
        },
        Shape::Map { value, .. } => format!("Record<string, {}>", type_of(service, &value.shape)?),
        Shape::String { values, .. } if !values.is_empty() => shape.to_owned(),
        Shape::Integer { .. } => "number".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Timestamp { .. } => "Date".to_owned(),
        Shape::String { .. } => "string".to_owned(),
    })
}

/// A documentation comment at that indentation, with its line end; nothing for no text.
pub fn comment(text: &str, indent: &str) -> String {
    const WIDTH: usize = 120;
    let margin = format!("{indent} * ");
    let mut lines = Vec::new();
    let mut in_code = false;
    for paragraph in text.trim().replace("*/", "* /").lines() {
        in_code ^= paragraph.starts_with("```");
        if in_code {
            lines.push(format!("{margin}{paragraph}"));
        } else if paragraph.trim().is_empty() {
            lines.push(format!("{indent} *"));
        } else {
            lines.push(wrap(paragraph, WIDTH, &margin));
        }
    }
    match lines.as_slice() {
        [] => String::new(),
        [line] if !line.contains('\n') => format!("{indent}/** {} */\n", line.trim_start_matches(&margin)),
        _ => format!("{indent}/**\n{}\n{indent} */\n", lines.join("\n")),
    }
}
