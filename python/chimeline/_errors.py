"""The exceptions that have members of their own; ``_generated/errors.py`` has the others, by ``model/errors.toml``.

Named and built as in botocore, so that ``except`` clauses carry over.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing_extensions as t

    from .types import common as types
else:
    from ._lazy import LazyModule, t

    types = LazyModule("chimeline.types.common")


class ChimelineError(Exception):
    """The base class of every error of this package."""

    operation_name: str | None
    """The operation, such as ``CreateMediaCapturePipeline``, if there was one."""
    attempts: list[types.Attempt]
    """What became of each attempt that was made."""
    hint: str | None
    """How to fix it, as far as the cause is certain; from Python 3.11 on also a note, which tracebacks show."""

    def __new__(cls, *args: t.Any, **kwargs: t.Any) -> t.Self:
        error = super().__new__(cls, *args)
        error.operation_name = None
        error.attempts = []
        error.hint = None
        return error

    def __init__(self, *args: t.Any) -> None:
        # Not of whatever class comes next: `chimeline.compat` puts botocore's behind ours.
        Exception.__init__(self, *args)

    def __reduce__(self) -> tuple[t.Any, ...]:
        # Not by calling the class, whose arguments differ from one to the next.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[ChimelineError], args: tuple[t.Any, ...], state: dict[str, t.Any]) -> ChimelineError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    if "__notes__" in state:
        # A copy's notes are its own.
        error.__dict__["__notes__"] = list(state["__notes__"])
    return error


class OSErrorBase(OSError):
    """An OSError, as some of botocore's errors are. Of a built-in class ``chimeline.compat`` could not change the bases."""


class ClientError(ChimelineError):
    """The service returned an error; ``response`` holds the whole of it, as in botocore.

    ``response["Error"]["Code"]`` is the code as it was sent, ``response["ResponseMetadata"]`` the status, the request id
    and the headers.
    """

    MSG_TEMPLATE = "An error occurred ({error_code}) when calling the {operation_name} operation{retry_info}: {error_message}"
    """The form of the message."""

    def __init__(self, error_response: dict[str, t.Any], operation_name: str) -> None:
        error = error_response.get("Error", {})
        metadata = error_response.get("ResponseMetadata", {})
        reached = metadata.get("MaxAttemptsReached") and "RetryAttempts" in metadata
        message = self.MSG_TEMPLATE.format(
            error_code=error.get("Code", "Unknown"),
            error_message=error.get("Message", "Unknown"),
            operation_name=operation_name,
            retry_info=f" (reached max retries: {metadata['RetryAttempts']})" if reached else "",
        )
        super().__init__(message)
        self.response = error_response
        self.operation_name = operation_name


class BotoCoreError(ChimelineError):
    """The base class of errors on the client's side; named as in botocore.

    Made of a message, or of the keyword arguments that ``fmt`` names, as botocore's are.
    """

    fmt = "An unspecified error occurred"
    """The form of the message."""

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        if args:
            super().__init__(*args)
        else:
            super().__init__(self.fmt.format(**kwargs))
            self._kwargs = kwargs

    @property
    def kwargs(self) -> dict[str, t.Any]:
        """The values in the message, by their names in ``fmt``."""
        if "_kwargs" not in self.__dict__:
            self._kwargs = _read_back(self.fmt, str(self))
        return self._kwargs


def _read_back(fmt: str, message: str) -> dict[str, str]:
    """The values that a message was formatted of; those that it cannot be told of are left out."""
    import re
    from string import Formatter

    pattern = ""
    fields = [(literal, name) for literal, name, _, _ in Formatter().parse(fmt)]
    for at, (literal, name) in enumerate(fields):
        pattern += re.escape(literal)
        if name is not None:
            pattern += f"(?P<{name}>{'.*' if at == len(fields) - 1 else '.*?'})"
    found = re.match(pattern, message, re.DOTALL)
    return {} if found is None else found.groupdict()


class ParamValidationError(BotoCoreError):
    """The input is not valid; nothing was sent. The message lists every violation."""

    fmt = "Parameter validation failed:\n{report}"
    errors: list[dict[str, t.Any]]
    """The violations for programs: ``reason``, ``path``, and by the reason what belongs to it, such as ``required_name``."""

    def __new__(cls, *args: t.Any, **kwargs: t.Any) -> t.Self:
        error = super().__new__(cls, *args, **kwargs)
        error.errors = []
        return error


class WaiterError(BotoCoreError):
    """What a waiter waits for cannot come any more, or did not come in time; named and built as in botocore."""

    # Where users find it, and what tracebacks and pickles name.
    __module__ = "chimeline.exceptions"

    fmt = "Waiter {name} failed: {reason}"

    def __init__(self, name: str, reason: str, last_response: dict[str, t.Any]) -> None:
        super().__init__(name=name, reason=reason)
        self.last_response: dict[str, t.Any] = last_response
        """The last response: a result, or what the service returned as an error."""
