"""Types that the services share."""

from __future__ import annotations

from typing import TypedDict, TypeVar, Union

__all__ = ["Attempt", "EmptyResponse", "Items", "Response", "ResponseMetadata"]

T = TypeVar("T")

# What a list member takes: any other sequence, a string above all, is refused.
Items = Union[list[T], tuple[T, ...]]


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
