"""Modules for annotations, loaded when ``typing.get_type_hints`` evaluates these: importing them would slow down the start."""

from __future__ import annotations

import sys


class LazyModule:
    """A module that is imported when one of its names is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        __import__(self._name)
        return getattr(sys.modules[self._name], attribute)


# What type checkers see as `typing_extensions`.
t = LazyModule("chimeline._typing")
