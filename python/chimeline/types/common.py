"""Types that the services share."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol, TypeVar, Union

from .._typing import NotRequired, TypedDict

__all__ = [
    "Attempt",
    "BotocoreConfig",
    "CredentialProvider",
    "EmptyResponse",
    "Items",
    "ProvidedKeys",
    "RefreshingCredentials",
    "Response",
    "ResponseMetadata",
]

T = TypeVar("T")

# What a list member takes: any other sequence, a string above all, is refused.
Items = Union[list[T], tuple[T, ...]]


class ProvidedKeys(TypedDict):
    """Credentials that a provider returns."""

    access_key: str
    """The access key id."""
    secret_key: str
    """The secret access key."""
    token: NotRequired[str | None]
    """The session token of temporary credentials."""
    expiry_time: NotRequired[datetime | str | float | None]
    """When they expire: a datetime, ISO 8601, or seconds since 1970; left out for credentials that do not."""


class RefreshingCredentials(Protocol):
    """What a Credentials object of boto3 and botocore offers."""

    def get_frozen_credentials(self) -> Any: ...


CredentialProvider = Union[Callable[[], Union[ProvidedKeys, Awaitable[ProvidedKeys]]], RefreshingCredentials]
"""Gives keys when asked: a function, a coroutine function, or a Credentials object of boto3."""


class BotocoreConfig(Protocol):
    """A ``botocore.config.Config``, as far as it is known without botocore."""

    def merge(self, other_config: Any) -> Any: ...


class Attempt(TypedDict):
    """What became of one attempt of a call."""

    HTTPStatusCode: int | None
    """The HTTP status; None without an answer."""
    Code: str | None
    """The service's error code, or the exception class of what went wrong without an answer; None for a success."""
    RequestId: str | None
    """The service's id of the request."""
    Duration: float
    """How long the attempt took, in seconds."""
    Delay: float | None
    """How long the call waited after it, in seconds; None for the last attempt."""


class ResponseMetadata(TypedDict):
    """What a result says besides its members."""

    HTTPStatusCode: int
    """The HTTP status."""
    HTTPHeaders: dict[str, str]
    """The headers, with lower-case names."""
    RetryAttempts: int
    """How many attempts came before this one."""
    Attempts: list[Attempt]
    """What became of each attempt; the last one returned this response."""
    RequestId: NotRequired[str]
    """The service's id of the request."""
    HostId: NotRequired[str]
    """A second id, where the service sends one."""
    MaxAttemptsReached: NotRequired[bool]
    """True when this was the last attempt that was allowed."""


class Response(TypedDict):
    """What every result has."""

    ResponseMetadata: ResponseMetadata
    """What the result says besides its members."""


class EmptyResponse(Response):
    """The result of an operation that answers nothing."""
