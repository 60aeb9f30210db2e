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
    """How to fix it, where the message is a known one."""

    def __new__(cls, *args: t.Any, **kwargs: t.Any) -> t.Self:
        error = super().__new__(cls, *args)
        error.operation_name = None
        error.attempts = []
        error.hint = None
        return error

    def __reduce__(self) -> tuple[t.Any, ...]:
        # Not by calling the class, whose arguments differ from one to the next.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[ChimelineError], args: tuple[t.Any, ...], state: dict[str, t.Any]) -> ChimelineError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ClientError(ChimelineError):
    """The service returned an error; ``response`` holds the whole of it, as in botocore.

    ``response["Error"]["Code"]`` is the code as it was sent, ``response["ResponseMetadata"]`` the status, the request id
    and the headers.
    """

    def __init__(self, error_response: dict[str, t.Any], operation_name: str) -> None:
        error = error_response.get("Error", {})
        metadata = error_response.get("ResponseMetadata", {})
        retries = f" (reached max retries: {metadata['RetryAttempts']})" if "MaxAttemptsReached" in metadata else ""
        super().__init__(
            f"An error occurred ({error.get('Code', 'Unknown')}) when calling the {operation_name} operation{retries}: "
            f"{error.get('Message', 'Unknown')}"
        )
        self.response = error_response
        self.operation_name = operation_name


class BotoCoreError(ChimelineError):
    """The base class of errors on the client's side; named as in botocore."""


class ParamValidationError(BotoCoreError):
    """The input is not valid; nothing was sent. The message lists every violation."""

    errors: list[dict[str, t.Any]]
    """The violations for programs: ``reason``, ``path``, and by the reason what belongs to it, such as ``required_name``."""

    def __new__(cls, *args: t.Any, **kwargs: t.Any) -> t.Self:
        error = super().__new__(cls, *args, **kwargs)
        error.errors = []
        return error


class WaiterError(BotoCoreError):
    """What a waiter waits for cannot come any more, or did not come in time; named and built as in botocore."""

    last_response: dict[str, t.Any]
    """The last response: a result, or what the service returned as an error."""

    def __init__(self, name: str, reason: str, last_response: dict[str, t.Any]) -> None:
        super().__init__(f"Waiter {name} failed: {reason}")
        self.kwargs = {"name": name, "reason": reason}
        self.last_response = last_response
