"""The base of the clients whose methods are awaited."""

from __future__ import annotations

import select
import threading
import time
from asyncio import AbstractEventLoop, get_running_loop, wait_for
from asyncio import TimeoutError as TimeoutErrors
from weakref import WeakKeyDictionary

from ._client import BaseClient
from ._logging import active_logger, log_error, log_result
from ._native import Bridge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import typing_extensions as t

    from ._credentials import CredentialSource
    from ._generated import errors
else:
    from ._lazy import errors, t

_bridges: WeakKeyDictionary[AbstractEventLoop, Bridge] = WeakKeyDictionary()


class AsyncClient(BaseClient):
    """A client whose methods are coroutines. Any number of event loops and threads may use it at once."""

    _paginator_class = "AsyncPaginator"

    async def _call(self, operation: str, params: Mapping[str, Any]) -> Any:
        logger = active_logger()
        if logger is None:
            return await self._send(operation, params)
        try:
            result = await self._send(operation, params)
        except BaseException as error:
            log_error(logger, self._service_name, operation, error)
            raise
        log_result(logger, self._service_name, operation, result)
        return result

    async def _send(self, operation: str, params: Mapping[str, Any]) -> Any:
        loop = get_running_loop()
        options = self._call_options
        if self._source is not None:
            options = await self._with_keys(operation, self._source)
        bridge = _bridges.get(loop) or _new_bridge(loop)
        future = loop.create_future()
        number = bridge.start(self._native, operation, params, future, options)
        try:
            return await future
        except BaseException:
            # Of a call that was cancelled the request is dropped at once; of one that failed there is none.
            bridge.cancel(number)
            raise

    async def _with_keys(self, operation: str, source: CredentialSource) -> dict[str, Any]:
        """The options of a call, with the keys that the user's provider gives; its time counts."""
        limit = self._time_limit()
        if limit is None:
            return {**(self._call_options or {}), **await source.awaited()}
        started = time.monotonic()
        try:
            keys = await wait_for(source.awaited(), limit)
        except TimeoutErrors:
            phase = "it was getting credentials for attempt 1, when calling the"
            error = errors.CallTimeoutError(f"the call did not end within its {limit:g} s; {phase} {operation} operation")
            error.operation_name = operation
            raise error from None
        return {**(self._call_options or {}), **keys, "spent": time.monotonic() - started}

    async def close(self) -> None:
        """Closes the idle connections. The client stays usable."""
        self._native.close()

    async def __aenter__(self) -> t.Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


def _new_bridge(loop: AbstractEventLoop) -> Bridge:
    # The futures of calls that a closed loop left behind would keep the loop, and it its bridge.
    for known in [known for known in list(_bridges) if known.is_closed()]:
        if (left := _bridges.pop(known, None)) is not None:
            left.close()
    bridge = Bridge()
    try:
        loop.add_reader(bridge.fileno(), bridge.drain)
    except NotImplementedError:
        # A loop that waits for no sockets, such as Windows' default one: a thread waits in its place.
        threading.Thread(target=_wait, args=(loop, bridge), name="chimeline-wake", daemon=True).start()
    _bridges[loop] = bridge
    return bridge


def _wait(loop: AbstractEventLoop, bridge: Bridge) -> None:
    drained = threading.Event()

    def drain() -> None:
        bridge.drain()
        drained.set()

    while not loop.is_closed():
        if select.select([bridge], [], [], 1.0)[0]:
            drained.clear()
            try:
                loop.call_soon_threadsafe(drain)
            except RuntimeError:
                return
            drained.wait(1.0)
