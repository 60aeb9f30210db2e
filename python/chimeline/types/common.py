"""Types that the services share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Protocol, TypedDict, TypeVar, Union

__all__ = [
    "Attempt",
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


class _ProvidedKeysOptional(TypedDict, total=False):
    token: str | None
    """The session token of temporary keys."""
    expiry_time: datetime | str | float | None
    """When they expire: a datetime, ISO 8601, or seconds since 1970; left out for keys that do not."""


class ProvidedKeys(_ProvidedKeysOptional):
    """Keys that a provider gives."""

    access_key: str
    """The access key id."""
    secret_key: str
    """The secret access key."""


class RefreshingCredentials(Protocol):
    """What a Credentials object of boto3 and botocore offers."""

    def get_frozen_credentials(self) -> Any: ...


CredentialProvider = Union[Callable[[], Union[ProvidedKeys, Awaitable[ProvidedKeys]]], RefreshingCredentials]
"""Gives keys when asked: a function, a coroutine function, or a Credentials object of boto3."""


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


class _ResponseMetadataOptional(TypedDict, total=False):
    RequestId: str
    """The service's id of the request."""
    HostId: str
    """A second id, where the service sends one."""
    MaxAttemptsReached: bool
    """True when this was the last attempt that was allowed."""


class ResponseMetadata(_ResponseMetadataOptional):
    """What a result says besides its members."""

    HTTPStatusCode: int
    """The HTTP status."""
    HTTPHeaders: dict[str, str]
    """The headers, with lower-case names."""
    RetryAttempts: int
    """How many attempts came before this one."""
    Attempts: list[Attempt]
    """The ledger: a line for each attempt, the last one for this answer."""


class Response(TypedDict):
    """What every result has."""

    ResponseMetadata: ResponseMetadata
    """What the result says besides its members."""


class EmptyResponse(Response):
    """The result of an operation that answers nothing."""
