"""The events of the local service, handed to functions on a thread of their own."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Union

from .._native import LocalServer

Event = dict[str, Any]
EventHandler = Union[Callable[[Event], Any], Callable[[Event, Any], Any]]

_LOG = logging.getLogger("chimeline.testing")
# Of one wait for events: it is cut short when the service stops.
_WAIT_SECONDS = 5


class EventPump:
    """Asks for events and hands them on, until it is ended.

    from_now: whether events that came before are left out.
    """

    def __init__(self, server: LocalServer, *, from_now: bool) -> None:
        self._server = server
        self._handlers: list[Callable[[Event], Any]] = []
        self._next: int = self._read(0, 0)["next"] if from_now else 0
        self._failed: BaseException | None = None
        self._ending = False
        self._moved = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, handler: EventHandler) -> None:
        self._handlers.append(_with_context(handler))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="chimeline-events", daemon=True)
            self._thread.start()

    def flush(self, timeout: float) -> None:
        end = self._read(self._next, 0)["next"]
        if threading.current_thread() is not self._thread:
            with self._moved:
                if not self._moved.wait_for(lambda: self._next >= end, timeout):
                    raise TimeoutError(f"the handlers of events are not done after {timeout} seconds")
        failed, self._failed = self._failed, None
        if failed is not None:
            raise failed

    def end(self) -> None:
        self._ending = True

    def join(self) -> None:
        thread = self._thread
        # A fork has no such thread, and a handler that stops the service cannot wait for itself.
        if thread is not None and thread.is_alive() and thread is not threading.current_thread():
            thread.join(_WAIT_SECONDS)

    def _read(self, number: int, wait: float) -> dict[str, Any]:
        return json.loads(self._server.control("GET", f"/events?from={number}&wait={wait}", ""))

    def _run(self) -> None:
        while True:
            ending = self._ending
            page = self._read(self._next, _WAIT_SECONDS)
            for event in page["events"]:
                for handler in self._handlers:
                    self._hand_on(handler, event)
            with self._moved:
                self._next = page["next"]
                self._moved.notify_all()
            if ending:
                return

    def _hand_on(self, handler: Callable[[Event], Any], event: Event) -> None:
        try:
            result = handler(event)
            if inspect.isawaitable(result):
                asyncio.run(_awaited(result))
        except Exception as error:
            _LOG.exception("a handler of events failed")
            self._failed = self._failed or error


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


def _with_context(handler: Callable[..., Any]) -> Callable[[Event], Any]:
    """A function of one argument: that of a Lambda function takes a context as well."""
    try:
        inspect.signature(handler).bind({})
    except TypeError:
        return lambda event: handler(event, None)
    except ValueError:
        # Some built-in functions tell nothing of their arguments.
        return handler
    return handler
