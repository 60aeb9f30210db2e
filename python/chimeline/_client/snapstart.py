"""AWS Lambda SnapStart: the memory of a process is kept when it is initialized, and each environment starts from that image.

Connections of the image are of nobody, and its credentials and environment are of the time when it was made.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING
from weakref import WeakSet

if TYPE_CHECKING:
    from .._native import NativeClient
    from .base import BaseClient

_clients: WeakSet[BaseClient] = WeakSet()
_registered = False


def watch(client: BaseClient) -> None:
    """Has the client look for everything anew once the image is restored."""
    global _registered  # noqa: PLW0603 - there is one image a process
    _clients.add(client)
    if _registered:
        return
    _registered = True
    try:
        from snapshot_restore_py import (  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]
            register_after_restore,
            register_before_snapshot,
        )
    except ImportError:
        warnings.warn(
            "the module snapshot_restore_py of Lambda's runtime is not there, so that connections and credentials are kept over "
            "a restore: add snapshot-restore-py to the function, or make clients in its handler",
            RuntimeWarning,
            stacklevel=4,
        )
        return
    register_before_snapshot(before_snapshot)
    register_after_restore(after_restore)


def before_snapshot() -> None:
    """Closes the connections that no call uses, so that the image holds none."""
    for client in list(_clients):
        client._native.close()


def after_restore() -> None:
    """Gives each client the parts of one that is made now, in this environment; those that shared them share the new ones."""
    remade: dict[NativeClient, BaseClient] = {}
    for client in list(_clients):
        native = client._native
        if native not in remade:
            remade[native] = type(client)(client._options, client._config)
        client._native, client._source = remade[native]._native, remade[native]._source
