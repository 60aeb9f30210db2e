"""``client.exceptions``: the errors of one service."""

from __future__ import annotations

from functools import cache

from .. import exceptions
from .model import model_of


class ClientExceptions:
    """The errors that a service names, and ``ClientError``, which is the base of all."""

    ClientError = exceptions.ClientError

    def __init__(self, service_name: str) -> None:
        self._name = service_name
        self._classes: dict[str, type[exceptions.ClientError]] = {
            shape.name: getattr(exceptions, shape.name) for shape in model_of(service_name).error_shapes
        }

    def from_code(self, error_code: str | None) -> type[exceptions.ClientError]:
        """The class of an error with that code; ``ClientError`` for a code that the service does not name."""
        for spelling in ("", "Exception", "ClientException"):
            if f"{error_code}{spelling}" in self._classes:
                return self._classes[f"{error_code}{spelling}"]
        return exceptions.ClientError

    def __getattr__(self, name: str) -> type[exceptions.ClientError]:
        classes = self.__dict__.get("_classes", {})
        if name in classes:
            return classes[name]
        raise AttributeError(f"{self!r} object has no attribute {name}. Valid exceptions are: {', '.join(classes)}")

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._classes]

    def __repr__(self) -> str:
        return f"<exceptions of {self._name}>"


@cache
def exceptions_of(service_name: str) -> ClientExceptions:
    """The exceptions of a service, made once."""
    return ClientExceptions(service_name)
