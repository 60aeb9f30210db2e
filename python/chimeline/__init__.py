"""A native client for the Amazon Chime SDK control plane.

``chimeline.client("chime-sdk-media-pipelines")`` makes a client whose methods are awaited;
``chimeline.blocking.client(...)`` one whose methods block.
"""

from __future__ import annotations

from . import _native
from ._generated.factories import client
from ._native import VERSION as __version__
from .config import Config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import blocking, bulk, exceptions, recording, stub, testing
    from ._client.call_log import set_stream_logger
    from ._client.session import setup_default_session
    from ._generated.sessions import Session, get_session
    from .config import UNSIGNED
    from .recording import record

__all__ = [
    "UNSIGNED",
    "Config",
    "Session",
    "__version__",
    "blocking",
    "bulk",
    "client",
    "exceptions",
    "get_session",
    "record",
    "recording",
    "set_stream_logger",
    "setup_default_session",
    "stub",
    "testing",
]

if not _native.OPTIMIZED:
    import warnings

    warnings.warn("chimeline's native module is a debug build, which is many times slower", RuntimeWarning, stacklevel=2)


# Loaded when first touched, for a start in milliseconds.
_MODULES = ("blocking", "bulk", "exceptions", "recording", "stub", "testing")
_NAMES = {
    "Session": "_generated.sessions",
    "UNSIGNED": "config",
    "get_session": "_generated.sessions",
    "record": "recording",
    "set_stream_logger": "_client.call_log",
    "setup_default_session": "_client.session",
}


def __getattr__(name: str) -> object:
    if name in _MODULES or name in _NAMES:
        from importlib import import_module

        if name in _MODULES:
            return import_module(f".{name}", __name__)
        return getattr(import_module(f".{_NAMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
