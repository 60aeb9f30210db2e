"""Handlers of a client's calls: the internal interface that hooks and middleware are made of.

A client whose `_handlers` is set calls it at the start of each call with the operation's name and its input, and has a
`CallHandlers`, or `None` for a call that has no handlers. Of that object the methods are called that its `asks` names:

    request     once a call, before its first attempt, with the request that is not signed yet. All of it may be changed, in
                place or by returning another one; all attempts start from it. Returning a response ends the call with it.
    attempts    `attempt`: each attempt, with the request that is not signed yet; returning a response takes the place of the
                exchange. `received`: what came of each exchange, a response or an exception; returning a response replaces
                it, and returning a request signs and sends that one within the same attempt, as often as it is returned.
    exchanges   `exchange`: each attempt, with the signed request. Headers that are not signed may be changed; returning a
                response takes the place of the exchange, as an HTTP client of the user's own does.
    retries     `retry`: after each attempt, with the exception (`None` after a success) and the seconds after which the client
                would try again (`None` where it would not). Returning seconds has it try again, `False` not; `None` is as
                proposed.

A method may be a coroutine function where the client is awaited: it then runs as a task of the caller, and ends with the call. An
exception of a method ends the call, which raises it as it is, without a retry. The call's timeout covers the methods, the
attempt's does not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:
    from collections.abc import Awaitable

    MaybeAwaitable = Union[Awaitable[Any], Any]


@dataclass
class HttpRequest:
    """A request: the whole URL, whose path and query are percent-encoded; header values are Latin-1."""

    method: str
    url: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = field(default=b"", repr=False)


@dataclass
class HttpResponse:
    """A response; the names of its headers are in lower case."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = field(default=b"", repr=False)


class CallHandlers:
    """The handlers of one call."""

    asks: tuple[str, ...] = ()

    def request(self, request: HttpRequest) -> MaybeAwaitable:
        """Returns `None`, another request or a response."""

    def attempt(self, number: int, request: HttpRequest) -> MaybeAwaitable:
        """Returns `None`, another request or a response."""

    def exchange(self, number: int, request: HttpRequest) -> MaybeAwaitable:
        """Returns `None`, the request with other headers or a response."""

    def received(self, number: int, outcome: HttpResponse | Exception) -> MaybeAwaitable:
        """Returns `None`, another response or a request."""

    def retry(self, number: int, error: Exception | None, proposed: float | None) -> MaybeAwaitable:
        """Returns `None`, a number of seconds or `False`."""
