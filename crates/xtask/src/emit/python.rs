//! The Python clients, exceptions and factories.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::python_docs::{class_doc, docstring, method_doc};
use super::{Files, NOTICE};
use crate::Result;
use crate::model::{Operation, Service, Shape};

const PACKAGE: &str = "python/chimeline";

/// One module a service and way of calling, the exceptions, the factories.
pub fn emit(services: &[Service], files: &mut Files) -> Result<()> {
    for service in services {
        for style in [Style::Async, Style::Blocking] {
            let path = format!("{PACKAGE}/services/{}.py", style.module(service));
            files.insert(path, clients(service, style)?);
        }
    }
    files.insert(
        format!("{PACKAGE}/services/__init__.py"),
        format!("# {NOTICE}\n\"\"\"The generated clients, a module each.\"\"\"\n"),
    );
    files.insert(format!("{PACKAGE}/exceptions.py"), exceptions(services));
    files.insert(format!("{PACKAGE}/_factories.py"), factories(services, Style::Async));
    files.insert(format!("{PACKAGE}/blocking.py"), factories(services, Style::Blocking));
    Ok(())
}

/// How methods are called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Async,
    Blocking,
}

impl Style {
    fn module(self, service: &Service) -> String {
        match self {
            Style::Async => service.names.module.to_owned(),
            Style::Blocking => format!("{}_blocking", service.names.module),
        }
    }

    fn paginator(self) -> &'static str {
        match self {
            Style::Async => "AsyncPaginator",
            Style::Blocking => "Paginator",
        }
    }

    fn class(self, service: &Service) -> String {
        match self {
            Style::Async => service.names.class.to_owned(),
            Style::Blocking => format!("Blocking{}", service.names.class),
        }
    }
}

/// The name of a type in the module of a service's types.
pub fn type_name(service: &Service, shape: &str, output: bool) -> Result<String> {
    let both = service.model.structures(false)?.contains(shape) && service.model.structures(true)?.contains(shape);
    Ok(if output && both { format!("{shape}Output") } else { shape.to_owned() })
}

fn clients(service: &Service, style: Style) -> Result<String> {
    let (base_module, base) = match style {
        Style::Async => ("_aio", "AsyncClient"),
        Style::Blocking => ("_blocking", "BlockingClient"),
    };
    let module = service.names.module;
    let mut out = format!(
        "# {NOTICE}\n\"\"\"{} clients.\"\"\"\n\nfrom __future__ import annotations\n\n",
        service.model.metadata.service_full_name
    );
    let _ = writeln!(out, "from .._{} import {base}\n\nTYPE_CHECKING = False\nif TYPE_CHECKING:", &base_module[1..]);
    let paginator = style.paginator();
    let lists =
        service.model.operations.values().filter(|o| service.model.paging(o).is_ok_and(|p| p.is_some())).count();
    let typing = if lists > 1 { "Any, Literal, overload" } else { "Literal" };
    let _ = writeln!(
        out,
        "    from typing import {typing}\n\n    from typing_extensions import Unpack\n\n    from .._paginate import {paginator}\n    from ..types import {module} as types\n    from ..types.common import EmptyResponse\n\n"
    );
    let _ = writeln!(out, "class {}({base}):", style.class(service));
    out.push_str(&docstring(&class_doc(service), 4));
    let _ = writeln!(out, "\n    _service_name = {:?}", service.names.name);
    out.push_str("    _operations = {\n");
    for operation in service.model.operations.values() {
        let _ = writeln!(out, "        {:?}: {:?},", operation.snake_name(), operation.name);
    }
    out.push_str("    }\n");
    paginators(service, style, &mut out)?;
    for operation in service.model.operations.values() {
        method(service, operation, style, &mut out)?;
    }
    Ok(out)
}

/// Which operations have pages, and what the pages are.
fn paginators(service: &Service, style: Style, out: &mut String) -> Result<()> {
    let mut signatures = Vec::new();
    out.push_str("    _pages = {\n");
    for operation in service.model.operations.values() {
        let (Some(paging), Some(output)) = (service.model.paging(operation)?, &operation.output) else { continue };
        let _ = writeln!(out, "        {:?}: {:?},", operation.snake_name(), paging.result);
        let page = type_name(service, &output.shape, true)?;
        signatures.push(format!(
            "def get_paginator(self, operation_name: Literal[{:?}]) -> {}[types.{page}]:",
            operation.snake_name(),
            style.paginator()
        ));
    }
    out.push_str("    }\n");
    // Types are for type checkers: at run time one definition serves all.
    match signatures.as_slice() {
        [] => return Ok(()),
        [only] => {
            let _ = writeln!(out, "\n    if TYPE_CHECKING:\n\n        {only} ...");
        }
        several => {
            out.push_str("\n    if TYPE_CHECKING:\n");
            for signature in several {
                let _ = writeln!(out, "\n        @overload\n        {signature} ...");
            }
            let paginator = style.paginator();
            let _ = writeln!(out, "\n        def get_paginator(self, operation_name: str) -> {paginator}[Any]: ...");
        }
    }
    Ok(())
}

fn method(service: &Service, operation: &Operation, style: Style, out: &mut String) -> Result<()> {
    let (define, call) = match style {
        Style::Async => ("async def", "await self._call"),
        Style::Blocking => ("def", "self._call"),
    };
    let kwargs = match &operation.input {
        Some(input) => format!(", **kwargs: Unpack[types.{}]", type_name(service, &input.shape, false)?),
        None => String::new(),
    };
    let result = match &operation.output {
        Some(output) => format!("types.{}", type_name(service, &output.shape, true)?),
        None => "EmptyResponse".to_owned(),
    };
    let _ = writeln!(out, "\n    {define} {}(self{kwargs}) -> {result}:", operation.snake_name());
    out.push_str(&docstring(&method_doc(service, operation)?, 8));
    let input = if operation.input.is_some() { "kwargs" } else { "{}" };
    let _ = writeln!(out, "        return {call}({:?}, {input})", operation.name);
    Ok(())
}

fn exceptions(services: &[Service]) -> String {
    let mut out = format!(
        "# {NOTICE}\n\"\"\"Every exception of the package: those of the client's side, and a class for each error that a service names.\n\n"
    );
    out.push_str(
        "All derive from :class:`ChimelineError`; the services' derive from :class:`ClientError`.\n\"\"\"\n\n",
    );
    out.push_str("from __future__ import annotations\n\nfrom ._errors import (\n");
    for name in OWN_ERRORS {
        let _ = writeln!(out, "    {name},");
    }
    out.push_str(")\n\n__all__ = [\n");
    let mut classes: BTreeMap<&str, (u16, &str, Vec<&str>)> = BTreeMap::new();
    for service in services {
        for (name, status) in service.model.errors() {
            let text = service.docs.errors.get(name).map_or("", String::as_str);
            classes.entry(name).or_insert((status, text, Vec::new())).2.push(service.names.name);
        }
    }
    let mut names: Vec<&str> = OWN_ERRORS.iter().copied().chain(classes.keys().copied()).collect();
    names.sort_unstable();
    for name in names {
        let _ = writeln!(out, "    {name:?},");
    }
    out.push_str("]\n");
    for (name, (status, text, of)) in classes {
        let _ = writeln!(out, "\n\nclass {name}(ClientError):");
        out.push_str(&docstring(&format!("{text}\n\nHTTP status {status}; sent by {}.", of.join(", ")), 4));
    }
    out
}

/// The hand-written exceptions, in the order of Python's import sorting.
pub const OWN_ERRORS: &[&str] = &[
    "BotoCoreError",
    "CallCancelledError",
    "CallTimeoutError",
    "ChimelineError",
    "ClientError",
    "ConfigParseError",
    "ConnectionClosedError",
    "ConnectionError",
    "ConnectTimeoutError",
    "CredentialRetrievalError",
    "EndpointConnectionError",
    "EndpointVariantError",
    "HTTPClientError",
    "InfiniteLoopConfigError",
    "InvalidConfigError",
    "InvalidEndpointError",
    "InvalidMaxRetryAttemptsError",
    "InvalidRegionError",
    "InvalidRetryConfigurationError",
    "InvalidRetryModeError",
    "NoCredentialsError",
    "NoRegionError",
    "OperationNotPageableError",
    "PaginationError",
    "ParamValidationError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "ProxyConnectionError",
    "ReadTimeoutError",
    "ResponseError",
    "SSLError",
    "UnknownServiceError",
];

fn factories(services: &[Service], style: Style) -> String {
    let (module, text) = match style {
        Style::Async => ("_aio", "Clients whose methods are awaited."),
        Style::Blocking => {
            ("_blocking", "Clients whose methods block: the same names and arguments, without ``await``.")
        }
    };
    let mut out = format!("# {NOTICE}\n\"\"\"{text}\"\"\"\n\nfrom __future__ import annotations\n\n");
    out.push_str("from ._client import make\n\nTYPE_CHECKING = False\nif TYPE_CHECKING:\n    import os\n    from typing import Literal, overload\n\n");
    let _ = writeln!(
        out,
        "    from .{module} import {}\n    from .config import Config",
        if style == Style::Async { "AsyncClient" } else { "BlockingClient" }
    );
    for service in services {
        let _ = writeln!(out, "    from .services.{} import {}", style.module(service), style.class(service));
    }
    out.push_str("    from .types.common import CredentialProvider\n");
    out.push_str("else:\n\n    def overload(function):\n        return function\n\n\n_CLASSES = {\n");
    for service in services {
        let _ =
            writeln!(out, "    {:?}: ({:?}, {:?}),", service.names.name, style.module(service), style.class(service));
    }
    out.push_str("}\n");
    for service in services {
        let _ = write!(
            out,
            "\n\n@overload\ndef client(\n    service_name: Literal[{:?}],\n{OPTIONS}) -> {}: ...",
            service.names.name,
            style.class(service)
        );
    }
    let base = if style == Style::Async { "AsyncClient" } else { "BlockingClient" };
    let _ = writeln!(out, "\n\n\ndef client(\n    service_name: str,\n{OPTIONS}) -> {base}:");
    let names: Vec<String> = services.iter().map(|s| format!("``{}``", s.names.name)).collect();
    let doc = format!("{FACTORY_DOC}\n\nService names: {}.", names.join(", "));
    let doc =
        doc.replace("STYLE", if style == Style::Async { "Its methods are coroutines." } else { "Its methods block." });
    out.push_str(&docstring(&doc, 4));
    out.push_str("    return make(\n        _CLASSES,\n        service_name,\n        config,\n");
    for name in OPTION_NAMES {
        let _ = writeln!(out, "        {name}={name},");
    }
    out.push_str("    )\n");
    out
}

const OPTION_NAMES: &[&str] = &[
    "region_name",
    "api_version",
    "use_ssl",
    "verify",
    "endpoint_url",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "profile_name",
    "credentials",
];

const OPTIONS: &str = "    region_name: str | None = None,
    api_version: str | None = None,
    use_ssl: bool = True,
    verify: bool | str | os.PathLike[str] | None = None,
    endpoint_url: str | None = None,
    aws_access_key_id: str | None = None,
    aws_secret_access_key: str | None = None,
    aws_session_token: str | None = None,
    config: Config | None = None,
    *,
    profile_name: str | None = None,
    credentials: CredentialProvider | None = None,
";

const FACTORY_DOC: &str = "Makes a client of a service. STYLE

Takes what ``boto3.client`` takes. What is left out comes from the environment, then from the profile in the shared config files, then from the defaults.

region_name: the region, such as ``us-east-1``; else ``AWS_REGION``, ``AWS_DEFAULT_REGION``, the profile's.
verify: ``False`` to trust any certificate, or the path of a file of PEM certificates to trust in place of the system's.
endpoint_url: where to send requests in place of the service's own endpoint.
aws_access_key_id, aws_secret_access_key, aws_session_token: keys; else AWS's default chain of providers.
config: a :class:`chimeline.Config`.
profile_name: the profile; else ``AWS_PROFILE``.
credentials: in place of keys and of AWS's chain, a function or coroutine function that gives a dict with ``access_key``, ``secret_key`` and, if they pass, ``token`` and ``expiry_time``; or a Credentials object of boto3. Asked again before its keys expire.

Raises a :class:`chimeline.exceptions.ChimelineError` that names the cause, such as ``NoRegionError``.";

/// Whether the shape is a structure.
pub fn is_structure(service: &Service, shape: &str) -> bool {
    matches!(service.model.shapes.get(shape), Some(Shape::Structure { .. }))
}
