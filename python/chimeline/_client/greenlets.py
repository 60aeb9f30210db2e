"""Blocking calls under gevent and eventlet, whose greenlets share a thread.

The call runs on the I/O thread, and its greenlet waits in a way that the hub sees, so that the others go on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .._native import Bridge

if TYPE_CHECKING:
    from .._host.answers import Answers
    from .._native import NativeClient

    Select = Callable[[list[int], list[int], list[int]], Any]

# Those that no call uses, of every thread.
_bridges: list[Bridge] = []


def hub_select() -> Select | None:
    """The ``select`` that waits in the hub, where the sockets of the program do so, by ``monkey.patch_all`` and the like."""
    gevent: Any = sys.modules.get("gevent.monkey")
    if gevent is not None and gevent.is_module_patched("socket"):
        from gevent import get_hub, getcurrent  # type: ignore[import-untyped]  # pyright: ignore
        from gevent.select import select  # type: ignore[import-untyped]  # pyright: ignore

        # The hub itself can wait for nothing.
        return None if getcurrent() is get_hub() else select
    eventlet: Any = sys.modules.get("eventlet.patcher")
    if eventlet is not None and eventlet.is_monkey_patched("socket"):
        from eventlet import getcurrent  # type: ignore[import-untyped]  # pyright: ignore
        from eventlet.green.select import select  # type: ignore[import-untyped]  # pyright: ignore
        from eventlet.hubs import get_hub  # type: ignore[import-untyped]  # pyright: ignore

        return None if getcurrent() is get_hub().greenlet else select
    return None


class _Outcome:
    """What a bridge takes for a future, and for its loop."""

    def __init__(self) -> None:
        self._done = False
        self._result: Any = None
        self._error: BaseException | None = None

    def get_loop(self) -> _Outcome:
        return self

    def create_future(self) -> _Outcome:
        return _Outcome()

    def done(self) -> bool:
        return self._done

    def set_result(self, result: Any) -> None:
        self._done, self._result = True, result

    def set_exception(self, error: BaseException) -> None:
        self._done, self._error = True, error

    def cancel(self) -> None:
        from .._generated.errors import CallCancelledError

        self.set_exception(CallCancelledError("the call was cancelled"))

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._result


def call(
    select: Select,
    native: NativeClient,
    operation: str,
    params: Mapping[str, Any],
    options: dict[str, Any] | None,
    answers: Answers | None,
) -> dict[str, Any]:
    """Makes the call, and waits for its end with ``select``; what it asks is answered in this greenlet."""
    bridge = _bridge()
    outcome = _Outcome()
    number = bridge.start(native, operation, params, outcome, options)
    try:
        while True:
            while not outcome.done():
                select([bridge.fileno()], [], [])
                bridge.drain()
            event = outcome.result()
            if answers is None or event.__class__ is not tuple:
                return event
            question, outcome = event
            try:
                failure = answers.blocking(question)
                if failure is not None:
                    bridge.fail(number, question, *failure)
            finally:
                question.abandon()
    except BaseException:
        # A timeout of the hub's, or the end of the greenlet.
        bridge.cancel(number)
        raise
    finally:
        _bridges.append(bridge)


def _bridge() -> Bridge:
    while _bridges:
        bridge = _bridges.pop()
        if bridge.is_of_this_process():
            return bridge
    # Greenlets of one hub may wait for each other, as those of several may.
    return Bridge(shares_loads=True)
