"""Clients whose methods block."""

from __future__ import annotations

from ._generated.blocking_factories import client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._client.session import setup_default_session
    from ._generated.blocking_sessions import Session, get_session

__all__ = ["Session", "client", "get_session", "setup_default_session"]


def __getattr__(name: str) -> object:
    # Loaded when first touched.
    if name in ("Session", "get_session"):
        from ._generated import blocking_sessions

        return getattr(blocking_sessions, name)
    if name == "setup_default_session":
        from ._client.session import setup_default_session

        return setup_default_session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
