"""The clients' classes, a module each: for annotations. Clients are created by ``chimeline.client``.

``AsyncClient`` and ``BlockingClient`` are their bases; every call goes through their
``_make_api_call(operation_name, api_params)``, which tests and tracers may wrap.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._aio import AsyncClient
    from .._blocking import BlockingClient

__all__ = ["AsyncClient", "BlockingClient"]


def __getattr__(name: str) -> type:
    # Loaded when first touched: a program has mostly the one or the other.
    if name == "AsyncClient":
        from .._aio import AsyncClient

        return AsyncClient
    if name == "BlockingClient":
        from .._blocking import BlockingClient

        return BlockingClient
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
