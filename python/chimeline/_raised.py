"""Exceptions for the errors of the native module."""

from __future__ import annotations

import sys

from . import exceptions
from ._errors import ParamValidationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._errors import ChimelineError


def from_native(class_name: str, details: dict[str, Any]) -> ChimelineError:
    """The exception for an error of the native module."""
    cls: type[ChimelineError] = getattr(exceptions, class_name)
    error = cls(details["response"], details["operation_name"]) if "response" in details else cls(details["message"])
    error.operation_name = details["operation_name"]
    error.attempts = details["attempts"]
    error.hint = details["hint"]
    if error.hint is not None and sys.version_info >= (3, 11):
        error.add_note(f"hint: {error.hint}")
    if isinstance(error, ParamValidationError):
        error.errors = details["errors"]
    return error
