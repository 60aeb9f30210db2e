"""The base of the clients whose methods are awaited."""

from __future__ import annotations

import select
import threading
from asyncio import AbstractEventLoop, get_running_loop
from weakref import WeakKeyDictionary

from ._client import BaseClient
from ._native import Bridge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeVar

    C = TypeVar("C", bound="AsyncClient")

_bridges: WeakKeyDictionary[AbstractEventLoop, Bridge] = WeakKeyDictionary()


class AsyncClient(BaseClient):
    """A client whose methods are coroutines. Any number of event loops and threads may use it at once."""

    _paginator_class = "AsyncPaginator"

    async def _call(self, operation: str, params: Mapping[str, Any]) -> Any:
        loop = get_running_loop()
        bridge = _bridges.get(loop) or _new_bridge(loop)
        future = loop.create_future()
        number = bridge.start(self._native, operation, params, future)
        try:
            return await future
        except BaseException:
            # Of a call that was cancelled the request is dropped at once; of one that failed there is none.
            bridge.cancel(number)
            raise

    async def close(self) -> None:
        """Closes the idle connections. The client stays usable."""
        self._native.close()

    async def __aenter__(self: C) -> C:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()


def _new_bridge(loop: AbstractEventLoop) -> Bridge:
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
