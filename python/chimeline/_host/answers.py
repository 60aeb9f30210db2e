"""The answers to what one call asks: its credentials, and what its handlers do with requests, responses and retries."""

from __future__ import annotations

import time
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from .handlers import CallHandlers, HttpRequest, HttpResponse

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

    from .._native import Question
    from .credentials import CredentialSource

    # The text that the call fails with; what the user's function raised, if it did; and whether that is the cause of the call's
    # error, rather than the error itself.
    Failure = tuple[str, BaseException | None, bool]


class Answers:
    """Replies to each question of one call, or returns why the user's function failed. What ends more than the call, such as
    KeyboardInterrupt, is raised."""

    __slots__ = ("_handlers", "_source")

    def __init__(self, source: CredentialSource | None, handlers: CallHandlers | None) -> None:
        self._source = source
        self._handlers = handlers or CallHandlers()

    def options(self, options: dict[str, Any] | None) -> dict[str, Any]:
        """The options of the call, with what it asks."""
        asking: dict[str, Any] = {**(options or {}), "asks": list(self._handlers.asks)}
        if self._source is not None:
            # The expiry of credentials goes by this clock, which a test may hold still.
            asking["now"] = time.time()
            asking.update(self._source.frozen() or {})
        return asking

    def blocking(self, question: Question) -> Failure | None:
        """Replies on this thread."""
        if question.kind == "credentials" and self._source is not None:
            return self._source.answer(question)
        try:
            given, returned = self._handled(question)
            if isawaitable(returned):
                if hasattr(returned, "close"):
                    returned.close()  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
                raise TypeError(f"the handler of a blocking client returned a {type(returned).__name__}, which it cannot await")
            _reply(question, given, returned)
        except Exception as error:
            return _failure(error)
        return None

    def awaited(self, question: Question) -> Coroutine[Any, Any, Failure | None] | Failure | None:
        """Replies on an event loop: at once, or by the coroutine that it returns."""
        if question.kind == "credentials" and self._source is not None:
            return self._source.answer_awaited(question)
        try:
            given, returned = self._handled(question)
            if isawaitable(returned):
                return _finished(question, given, returned)
            _reply(question, given, returned)
        except Exception as error:
            return _failure(error)
        return None

    def _handled(self, question: Question) -> tuple[HttpRequest | None, Any]:
        """The request that a handler was given, if it was, and what it returned."""
        handlers, kind, number = self._handlers, question.kind, question.number or 0
        if kind == "received":
            response = question.response
            outcome: Any = question.error if response is None else HttpResponse(*response)
            return None, handlers.received(number, outcome)
        if kind == "retry":
            return None, handlers.retry(number, question.error, question.proposed)
        if question.request is None:
            raise NotImplementedError(f"no handler answers {kind}")
        request = HttpRequest(*question.request)
        if kind == "request":
            return request, handlers.request(request)
        if kind == "attempt":
            return request, handlers.attempt(number, request)
        return request, handlers.exchange(number, request)


async def _finished(question: Question, given: HttpRequest | None, returned: Awaitable[Any]) -> Failure | None:
    try:
        _reply(question, given, await returned)
    except Exception as error:
        return _failure(error)
    return None


def _reply(question: Question, given: HttpRequest | None, returned: Any) -> None:
    if returned is None:
        returned = given
    if question.kind == "retry":
        if returned is None:
            question.proceed()
        elif returned is False:
            question.retry_after(None)
        elif isinstance(returned, (int, float)) and not isinstance(returned, bool):
            question.retry_after(float(returned))
        else:
            raise TypeError(f"a handler of retries must return seconds, False or None, not {type(returned).__name__}")
    elif returned is None:
        question.proceed()
    elif isinstance(returned, HttpRequest):
        question.send(returned.method, returned.url, returned.headers, returned.body)
    elif isinstance(returned, HttpResponse):
        question.respond(returned.status, returned.headers, returned.body)
    else:
        raise TypeError(f"a handler must return a request, a response or None, not {type(returned).__name__}")


def _failure(error: Exception) -> Failure:
    return f"a handler raised {type(error).__name__}", error, False
