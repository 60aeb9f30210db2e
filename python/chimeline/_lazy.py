"""Modules that a program may never need, loaded when it does: importing them would slow down the start.

They are those that annotations name, for whoever evaluates these (``typing.get_type_hints``), and the errors.
"""

from __future__ import annotations

import sys


class LazyModule:
    """A module that is imported when one of its names is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        __import__(self._name)
        return getattr(sys.modules[self._name], attribute)


errors = LazyModule("chimeline._generated.errors")
greenlets = LazyModule("chimeline._client.greenlets")
tracing = LazyModule("chimeline._client.tracing")
# What type checkers see as `typing_extensions`.
t = LazyModule("chimeline._typing")
