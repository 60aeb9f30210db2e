"""What the awaited and the blocking clients share: how one is made, what it knows of itself, and what its calls go through."""

from __future__ import annotations

from .base import BaseClient
from .factory import make

__all__ = ["BaseClient", "make"]
