//! The Python clients, exceptions and factories: `chimeline/_generated`, and the thin modules that lead there.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use minijinja::{Value, context};

use super::docstring::docstring;
use super::exceptions::exceptions;
use super::python_docs::{class_doc, method_doc};
use super::python_types::type_name;
use super::text::{Files, NOTICE, render};
use crate::errors::{ErrorClasses, Language};
use crate::model::{Operation, snake_name};
use crate::paths::Result;
use crate::services::Service;

const PACKAGE: &str = "python/chimeline";
const FOLDER: &str = "python/chimeline/_generated";

/// The modules of each service, the exceptions, the factories.
pub fn emit(services: &[Service], errors: &ErrorClasses, files: &mut Files) -> Result<()> {
    let package =
        format!("# {NOTICE}\n\"\"\"What the generator writes; users import it from the modules outside.\"\"\"\n");
    files.insert(format!("{FOLDER}/__init__.py"), package);
    for service in services {
        let module = service.names.module;
        files.insert(format!("{FOLDER}/{module}_operations.py"), operations(service)?);
        files.insert(format!("{FOLDER}/{module}_waiters.py"), waiters(service));
        for style in [&AWAITED, &BLOCKING] {
            let name = style.module(service);
            files.insert(format!("{FOLDER}/{name}.py"), client(service, style)?);
            let class = style.class(service);
            files.insert(format!("{PACKAGE}/services/{name}.py"), thin(&name, service.names.name, &class));
        }
    }
    files.insert(format!("{FOLDER}/errors.py"), own_errors(errors)?);
    files.insert(format!("{FOLDER}/exceptions.py"), service_errors(services, errors)?);
    files.insert(format!("{FOLDER}/factories.py"), factories(services, &AWAITED)?);
    files.insert(format!("{FOLDER}/blocking_factories.py"), factories(services, &BLOCKING)?);
    files.insert(format!("{FOLDER}/sessions.py"), sessions(services, &AWAITED)?);
    files.insert(format!("{FOLDER}/blocking_sessions.py"), sessions(services, &BLOCKING)?);
    Ok(())
}

/// How methods are called.
struct Style {
    awaited: bool,
    verb: &'static str,
    base_module: &'static str,
    base: &'static str,
    paginator: &'static str,
    waiter: &'static str,
}

const AWAITED: Style = Style {
    awaited: true,
    verb: "are awaited",
    base_module: "_aio",
    base: "AsyncClient",
    paginator: "AsyncPaginator",
    waiter: "AsyncWaiter",
};

const BLOCKING: Style = Style {
    awaited: false,
    verb: "block",
    base_module: "_blocking",
    base: "BlockingClient",
    paginator: "Paginator",
    waiter: "Waiter",
};

impl Style {
    fn module(&self, service: &Service) -> String {
        format!("{}{}", service.names.module, if self.awaited { "" } else { "_blocking" })
    }

    fn class(&self, service: &Service) -> String {
        format!("{}{}", if self.awaited { "" } else { "Blocking" }, service.names.class)
    }
}

/// A module at a public path that leads to a generated one.
fn thin(module: &str, service: &str, class: &str) -> String {
    format!(
        "# {NOTICE}\n\"\"\"The client ``{class}`` of ``{service}``.\"\"\"\n\nfrom .._generated.{module} import {class}\n\n__all__ = [{class:?}]\n"
    )
}

/// What the templates know of an operation; its documentation where they ask for it.
fn operation(service: &Service, operation: &Operation, documented: bool) -> Result<Value> {
    let name = |reference: &Option<crate::model::Reference>, output| {
        reference.as_ref().map(|reference| type_name(service, &reference.shape, output)).transpose()
    };
    let doc = if documented { docstring(&method_doc(service, operation)?, 8) } else { String::new() };
    Ok(context! {
        name => operation.name,
        method => operation.snake_name(),
        input => name(&operation.input, false)?,
        output => name(&operation.output, true)?.unwrap_or_else(|| "EmptyResponse".to_owned()),
        items => service.model.paging(operation)?.map(|paging| paging.result),
        doc,
    })
}

fn operation_list(service: &Service, documented: bool) -> Result<Vec<Value>> {
    service.model.operations.values().map(|entry| operation(service, entry, documented)).collect()
}

fn operations(service: &Service) -> Result<String> {
    let context = context! {
        full_name => service.model.metadata.service_full_name,
        class => service.names.class,
        name => service.names.name,
        doc => docstring(&format!("The operations of {}, with their documentation.", service.names.name), 4),
        module => service.names.module,
        operations => operation_list(service, true)?,
        waiters => waiter_names(service),
    };
    render("operations.py", context)
}

/// The names of the waiters: those of botocore's `get_waiter`, and those of the table.
fn waiter_names(service: &Service) -> Vec<Value> {
    service.waiters.keys().map(|name| context! { method => snake_name(name), name }).collect()
}

/// The table of the waiters, loaded when one is asked for.
fn waiters(service: &Service) -> String {
    let full_name = &service.model.metadata.service_full_name;
    let mut out = format!(
        "# {NOTICE}\n\"\"\"{full_name}: what its waiters ask for, and what ends them.\"\"\"\n\nfrom typing import Any\n\nWAITERS: dict[str, dict[str, Any]] = {{\n"
    );
    for (name, waiter) in &service.waiters {
        let _ = writeln!(out, "    {name:?}: {},", waiter.literal("    "));
    }
    out.push_str("}\n");
    out
}

fn client(service: &Service, style: &Style) -> Result<String> {
    let operations = operation_list(service, false)?;
    let has_items = |operation: &&Value| operation.get_attr("items").is_ok_and(|items| items.is_true());
    let pages: Vec<&Value> = operations.iter().filter(has_items).collect();
    let context = context! {
        full_name => service.model.metadata.service_full_name,
        class => service.names.class,
        module => service.names.module,
        name => style.class(service),
        doc => docstring(&class_doc(service), 4),
        verb => style.verb,
        base_module => style.base_module,
        base => style.base,
        paginator => style.paginator,
        typing => if pages.len() > 1 { "Any, Literal, overload" } else { "Literal" },
        waiter => style.waiter,
        waiters => waiter_names(service),
        define => if style.awaited { "async def" } else { "def" },
        call => if style.awaited { "await self._make_api_call" } else { "self._make_api_call" },
        pages,
        operations,
    };
    render("client.py", context)
}

fn own_errors(errors: &ErrorClasses) -> Result<String> {
    let python = Language::Python;
    let class = |class| {
        let bases = errors.base(class, python).into_iter().chain(class.python_base.as_deref());
        context! {
            name => class.name_in(python),
            bases => bases.collect::<Vec<_>>().join(", "),
            by_hand => class.by_hand,
            fmt => class.fmt.as_ref().map(|fmt| format!("{fmt:?}")),
            doc => docstring(&class.text_in(Some(python)), 4),
        }
    };
    render("errors.py", context! { classes => errors.of(python).map(class).collect::<Vec<_>>() })
}

fn service_errors(services: &[Service], errors: &ErrorClasses) -> Result<String> {
    let own: Vec<&str> = errors.of(Language::Python).map(|class| class.name_in(Language::Python)).collect();
    let names: BTreeSet<&str> = own.iter().copied().chain(exceptions(services).into_keys()).collect();
    let classes: Vec<Value> = exceptions(services)
        .into_iter()
        .map(|(name, exception)| context! { name, doc => docstring(&exception.doc(), 4) })
        .collect();
    render("exceptions.py", context! { own, names, classes })
}

fn factories(services: &[Service], style: &Style) -> Result<String> {
    let names: Vec<String> = services.iter().map(|s| format!("``{}``", s.names.name)).collect();
    let methods = if style.awaited { "Its methods are coroutines." } else { "Its methods block." };
    let doc =
        format!("Creates a client of a service. {methods}\n\n{FACTORY_DOC}\n\nService names: {}.", names.join(", "));
    let context = context! { doc => docstring(&doc, 4), with_profile => true, ..of_all(services, style) };
    render("factories.py", context)
}

fn sessions(services: &[Service], style: &Style) -> Result<String> {
    let context = context! {
        session_base => if style.awaited { "AsyncSession" } else { "BlockingSession" },
        factories => if style.awaited { "factories" } else { "blocking_factories" },
        with_profile => false,
        awaited => style.awaited,
        ..of_all(services, style)
    };
    render("sessions.py", context)
}

/// What leads to the clients of all services.
fn of_all(services: &[Service], style: &Style) -> Value {
    let class = |service: &Service| context! { name => service.names.name, module => style.module(service), class => style.class(service) };
    context! {
        verb => style.verb,
        base_module => style.base_module,
        base => style.base,
        union => services.iter().map(|service| style.class(service)).collect::<Vec<_>>().join(" | "),
        services => services.iter().map(class).collect::<Vec<_>>(),
    }
}

const FACTORY_DOC: &str = "Takes what ``boto3.client`` takes. What is left out comes from the environment, then from the profile in the shared config files, then from the defaults.

region_name: the region, such as ``us-east-1``; else ``AWS_REGION``, ``AWS_DEFAULT_REGION``, the profile's.
verify: ``False`` to trust any certificate, or the path of a file of PEM certificates to trust in place of the system's.
endpoint_url: where to send requests in place of the service's own endpoint.
use_ssl: ``False`` for the service's own endpoint without TLS, as some proxies want it; for another server give its endpoint_url.
aws_access_key_id, aws_secret_access_key, aws_session_token: static credentials; else AWS's default chain of providers.
config: a :class:`chimeline.Config`, or a ``botocore.config.Config``.
aws_account_id: taken as ``boto3.client`` takes it; no endpoint of these services depends on it.
profile_name: the profile; else ``AWS_PROFILE``.
credentials: in place of static credentials and of AWS's chain, a function or coroutine function that returns a dict with ``access_key``, ``secret_key`` and, for temporary credentials, ``token`` and ``expiry_time``; or a Credentials object of boto3. Called again before the credentials expire.

Raises a :class:`chimeline.exceptions.ChimelineError` that names the cause, such as ``NoRegionError``.";
