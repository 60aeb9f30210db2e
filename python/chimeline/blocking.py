"""Clients whose methods block."""

from __future__ import annotations

from ._generated.blocking_factories import client

__all__ = ["client"]
