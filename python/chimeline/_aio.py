"""The base of the clients whose methods are awaited."""

from __future__ import annotations

import select
import socket
import sys
import threading
from asyncio import AbstractEventLoop, get_running_loop
from contextvars import Context
from weakref import WeakKeyDictionary, ref

from ._client import BaseClient
from ._client.call_log import active_logger, log_error, log_result
from ._native import Bridge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import typing_extensions as t

    from ._client import tracing
    from ._host.handlers import CallHandlers
else:
    from ._lazy import t, tracing

# Weak in both directions: a loop keeps its bridge, and is not kept by it.
_bridges: WeakKeyDictionary[AbstractEventLoop, ref[Bridge]] = WeakKeyDictionary()


class AsyncClient(BaseClient):
    """A client whose methods are coroutines. Any number of event loops and threads may use it at once."""

    _awaits = True
    _paginator_class = "AsyncPaginator"
    _waiter_class = "AsyncWaiter"

    async def _make_api_call(self, operation_name: str, api_params: Mapping[str, Any]) -> Any:
        """Makes the call of that operation; every method goes through here, so that tests and tracers can wrap it."""
        hooks = self._hooks
        call = self._hooked_send if hooks.active or hooks.recording is not None else self._send
        # A program that has set no provider has not loaded these.
        if "opentelemetry.trace" in sys.modules or "opentelemetry.metrics" in sys.modules:
            call = self._traced(call)
        logger = active_logger()
        if logger is None:
            return await call(operation_name, api_params)
        try:
            result = await call(operation_name, api_params)
        except BaseException as error:
            log_error(logger, self._service_name, operation_name, error)
            raise
        log_result(logger, self._service_name, operation_name, result)
        return result

    def _traced(self, call: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        """The same call within a span, where the program has set a provider."""

        async def traced(operation: str, params: Mapping[str, Any]) -> Any:
            span = tracing.of_call(self, operation)
            if span is None:
                return await call(operation, params)
            with span:
                result = await call(operation, params)
                span.ended(result)
                return result

        return traced

    async def _hooked_send(self, operation: str, params: Mapping[str, Any]) -> Any:
        """The same with the handlers of its events."""
        from ._events.call import HookedCall, drive_awaited

        return await drive_awaited(HookedCall(self, operation).steps(params))

    async def _send(self, operation: str, params: Mapping[str, Any], handlers: CallHandlers | None = None) -> Any:
        loop = get_running_loop()
        options = self._options_now()
        answers = self._answers(operation, params, 1, handlers)
        if answers is not None:
            options = answers.options(options)
        bridge = _bridge_of(loop)
        future = loop.create_future()
        number = bridge.start(self._native, operation, params, future, options)
        try:
            event = await future
            if answers is None or event.__class__ is not tuple:
                return event
            from ._host.dialogue import outcome_of

            return await outcome_of(bridge, number, event, answers)
        except BaseException:
            # Of a call that was cancelled the request is dropped at once; of one that failed there is none.
            bridge.cancel(number)
            raise

    async def close(self) -> None:
        """Closes the idle connections. The client stays usable."""
        self._native.close()

    async def __aenter__(self) -> t.Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


def _bridge_of(loop: AbstractEventLoop) -> Bridge:
    known = _bridges.get(loop)
    bridge = None if known is None else known()
    if bridge is None or not bridge.is_of_this_process():
        # In no context, for the loop would keep that of the first caller.
        bridge = Context().run(_new_bridge, loop)
        _bridges[loop] = ref(bridge)
    return bridge


def _new_bridge(loop: AbstractEventLoop) -> Bridge:
    bridge = Bridge()
    try:
        loop.add_reader(bridge.fileno(), bridge.drain)
    except NotImplementedError:
        # A loop that waits for no sockets, such as Windows' default one: a thread waits in its place.
        loop._chimeline_bridge = bridge  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        waiting = socket.fromfd(bridge.fileno(), getattr(socket, "AF_UNIX", socket.AF_INET), socket.SOCK_STREAM)
        threading.Thread(target=_wait, args=(ref(loop), ref(bridge), waiting), name="chimeline-wake", daemon=True).start()
    return bridge


def _wait(loop: ref[AbstractEventLoop], bridge: ref[Bridge], waiting: socket.socket) -> None:
    """Has the loop drain the bridge whenever there is something; between two looks it keeps neither of them."""
    drained = threading.Event()
    with waiting:
        while _is_open(loop):
            if select.select([waiting], [], [], 1.0)[0]:
                drained.clear()
                if not _drain_soon(loop(), bridge(), drained):
                    return
                drained.wait(1.0)


def _is_open(loop: ref[AbstractEventLoop]) -> bool:
    known = loop()
    return known is not None and not known.is_closed()


def _drain_soon(loop: AbstractEventLoop | None, bridge: Bridge | None, drained: threading.Event) -> bool:
    if loop is None or bridge is None:
        return False

    def drain(bridge: Bridge = bridge) -> None:
        bridge.drain()
        drained.set()

    try:
        loop.call_soon_threadsafe(drain)
    except RuntimeError:
        return False
    return True
