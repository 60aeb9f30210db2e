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
    from types import ModuleType

    from . import blocking, exceptions, recording, testing

__all__ = ["Config", "__version__", "blocking", "client", "exceptions", "recording", "testing"]

if not _native.OPTIMIZED:
    import warnings

    warnings.warn("chimeline's native module is a debug build, which is many times slower", RuntimeWarning, stacklevel=2)


def __getattr__(name: str) -> ModuleType:
    # Loaded when first touched, for a start in milliseconds.
    if name in ("blocking", "exceptions", "recording", "testing"):
        from importlib import import_module

        return import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
