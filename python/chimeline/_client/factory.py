"""How a client is made of the arguments of ``chimeline.client``."""

from __future__ import annotations

import sys

from ..config import Config, unless_empty
from .base import SECRETS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._generated import errors
else:
    from .._lazy import errors


def make(classes: dict[str, tuple[str, str]], service_name: str, config: Any, **options: Any) -> Any:
    """A client of the class for that service, loaded when first needed."""
    if service_name not in classes:
        raise errors.UnknownServiceError(f"Unknown service: {service_name!r}. Valid service names are: {', '.join(classes)}")
    if config is not None and not isinstance(config, Config):
        raise TypeError(f"config must be a chimeline.Config, not {type(config).__module__}.{type(config).__name__}")
    if not options.pop("use_ssl"):
        raise ValueError(
            "use_ssl=False is not supported; for a server without TLS give its endpoint_url, as in http://127.0.0.1:8000"
        )
    options.pop("api_version")
    options = {name: unless_empty(value) for name, value in options.items()}
    keys = [name for name in SECRETS[:2] if options[name] is not None]
    if len(keys) == 1:
        missing = next(name for name in SECRETS[:2] if name not in keys)
        raise errors.PartialCredentialsError(f"Partial credentials found in explicit, missing: {missing}")
    module, name = classes[service_name]
    path = f"chimeline._generated.{module}"
    __import__(path)
    return getattr(sys.modules[path], name)(options, config or Config())
