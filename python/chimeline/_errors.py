"""The exceptions by hand: the base of all, the service's, and those of the client's own side.

Named and built as in botocore, so that ``except`` clauses carry over.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from typing_extensions import Self

    from .types.common import Attempt


class ChimelineError(Exception):
    """The base of every exception of this package."""

    operation_name: str | None
    """The operation, such as ``CreateMediaCapturePipeline``, if there was one."""
    attempts: list[Attempt]
    """The ledger: a line for each attempt that was made."""
    hint: str | None
    """What cures it, where the service's text is one whose cure is known."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        error = super().__new__(cls, *args)
        error.operation_name = None
        error.attempts = []
        error.hint = None
        return error

    def __reduce__(self) -> tuple[Any, ...]:
        # Not by calling the class, whose arguments differ from one to the next.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[ChimelineError], args: tuple[Any, ...], state: dict[str, Any]) -> ChimelineError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ClientError(ChimelineError):
    """An error that the service answered; ``response`` holds the whole of it, as in botocore.

    ``response["Error"]["Code"]`` is the code as it was sent, ``response["ResponseMetadata"]`` the status, the request id
    and the headers.
    """

    def __init__(self, error_response: dict[str, Any], operation_name: str) -> None:
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
    """The base of what goes wrong on the client's side of the wire; named as in botocore."""


class ParamValidationError(BotoCoreError):
    """The input is wrong, and nothing was sent. The message lists all faults."""

    errors: list[dict[str, Any]]
    """The faults for programs: ``reason``, ``path``, and by the reason what belongs to it, such as ``required_name``."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        error = super().__new__(cls, *args, **kwargs)
        error.errors = []
        return error


class PaginationError(BotoCoreError):
    """The pages of a list operation do not end, or how to page is not understood."""


class OperationNotPageableError(BotoCoreError):
    """The operation has no pages."""


class InvalidConfigError(BotoCoreError):
    """An option, an environment variable or a setting of the profile is not understood."""


class InfiniteLoopConfigError(InvalidConfigError):
    """Profiles name each other as the source of their credentials."""


class ConfigParseError(BotoCoreError):
    """A shared config file cannot be parsed; the message has its path and the line."""


class InvalidRetryConfigurationError(InvalidConfigError):
    """The ``retries`` of a Config are not understood."""


class InvalidRetryModeError(InvalidRetryConfigurationError):
    """There is no such retry mode."""


class InvalidMaxRetryAttemptsError(InvalidRetryConfigurationError):
    """The number of attempts is none."""


class UnknownServiceError(BotoCoreError):
    """There is no service of that name."""


class ProfileNotFound(BotoCoreError):
    """The shared config files have no such profile."""


class NoRegionError(BotoCoreError):
    """No region is known."""


class InvalidRegionError(BotoCoreError, ValueError):
    """The region cannot be one."""


class InvalidEndpointError(BotoCoreError, ValueError):
    """The endpoint is no URL that requests can go to."""


class EndpointVariantError(BotoCoreError):
    """The partition has no FIPS or dual-stack endpoint of that kind."""


class NoCredentialsError(BotoCoreError):
    """No provider had credentials; the message lists them."""


class PartialCredentialsError(BotoCoreError):
    """Only a part of the credentials was given."""


class CredentialRetrievalError(BotoCoreError):
    """A credentials provider failed."""


class HTTPClientError(BotoCoreError):
    """The base of what goes wrong between the client and the service."""


class ConnectionError(BotoCoreError):
    """The base of what keeps a connection from standing."""


class EndpointConnectionError(ConnectionError):
    """No connection to the host."""


class ConnectTimeoutError(ConnectionError):
    """No connection within ``connect_timeout``."""


class SSLError(ConnectionError):
    """The TLS handshake failed, such as for a certificate that is not trusted."""


class ProxyConnectionError(ConnectionError):
    """The proxy refused, or could not be reached."""


class ConnectionClosedError(HTTPClientError):
    """The connection ended before the answer did."""


class ReadTimeoutError(HTTPClientError):
    """No answer within ``read_timeout``."""


class CallTimeoutError(HTTPClientError):
    """The call did not end within ``timeout``."""


class CallCancelledError(HTTPClientError):
    """The call was given up before its end."""


class ResponseError(HTTPClientError):
    """The answer is not what the service sends: HTML, a text that is cut off, or longer than allowed."""


def from_native(class_name: str, details: dict[str, Any]) -> ChimelineError:
    """The exception for an error of the native module."""
    from . import exceptions

    cls: type[ChimelineError] = getattr(exceptions, class_name)
    error = cls(details["response"], details["operation_name"]) if "response" in details else cls(details["message"])
    error.operation_name = details["operation_name"]
    error.attempts = details["attempts"]
    error.hint = details["hint"]
    if isinstance(error, ParamValidationError):
        error.errors = details["errors"]
    return error
