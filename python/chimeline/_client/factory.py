"""How a client is made of the arguments of ``chimeline.client``."""

from __future__ import annotations

import sys

from ..config import config_of, unless_empty
from .base import SECRETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._generated import errors
    from .._native import NativeClient
    from .base import Hooks
    from .session import BaseSession
else:
    from .._lazy import errors


# Of `setup_default_session`, for clients that are awaited and for those that block.
default_sessions: dict[bool, BaseSession] = {}


def make(classes: dict[str, tuple[str, str]], service_name: str, config: Any, **options: Any) -> Any:
    """A client of the class for that service; what is left out is the default session's, where there is one."""
    if default_sessions:
        awaits = not any(module.endswith("_blocking") for module, _ in classes.values())
        return default_sessions[awaits]._client(classes, service_name, config, **options)
    return make_alone(classes, service_name, config, None, **options)


def make_alone(
    classes: dict[str, tuple[str, str]],
    service_name: str,
    config: Any,
    hooks: Hooks | None,
    peer: NativeClient | None = None,
    **options: Any,
) -> Any:
    """A client of the class for that service, loaded when first needed."""
    if service_name not in classes:
        raise _unknown(service_name, list(classes))
    config = config_of(config)
    # No credential of an account's own has an endpoint of its own here.
    options.pop("aws_account_id", None)
    _check_version(service_name, options.pop("api_version", None))
    options["use_ssl"] = False if options.get("use_ssl") is not None and not options["use_ssl"] else None
    options = {name: unless_empty(value) for name, value in options.items()}
    keys = [name for name in SECRETS[:2] if options.get(name) is not None]
    if len(keys) == 1:
        missing = next(name for name in SECRETS[:2] if name not in keys)
        raise errors.PartialCredentialsError(f"Partial credentials found in explicit, missing: {missing}")
    module, name = classes[service_name]
    path = f"chimeline._generated.{module}"
    __import__(path)
    return getattr(sys.modules[path], name)(options, config, hooks, peer)


def _unknown(service_name: Any, known: list[str]) -> errors.UnknownServiceError:
    from difflib import get_close_matches

    error = errors.UnknownServiceError(service_name=service_name, known_service_names=", ".join(known))
    meant = get_close_matches(str(service_name).lower(), known, 1, 0.7)
    if meant:
        error.args = (f"{error}; did you mean {meant[0]!r}?",)
    return error


def _check_version(service_name: str, version: str | None) -> None:
    """Each service has one version, which may be named."""
    if version:
        from .model import model_of

        if version != model_of(service_name).api_version:
            raise errors.DataNotFoundError(data_path=f"{service_name}/{version}/service-2")
