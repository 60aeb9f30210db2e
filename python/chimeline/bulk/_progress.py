"""How far a run has come, for people."""

from __future__ import annotations

import warnings
from typing import Any


class Progress:
    """Counts the items that are done, and shows it as was asked for."""

    def __init__(self, shown: Any, operation: str, total: int | None) -> None:
        self._shown = shown
        self._operation = operation
        self._total = total
        self._done = 0
        self._bar: Any = None

    def begin(self) -> None:
        """Shows the bar, if there is to be one."""
        if self._shown is not True:
            return
        try:
            from tqdm.auto import tqdm
        except ImportError:
            warnings.warn("progress=True shows a bar of tqdm, which is not installed", RuntimeWarning, stacklevel=3)
            return
        self._bar = tqdm(total=self._total, desc=self._operation, unit="call")

    def advance(self) -> None:
        """Counts an item."""
        self._done += 1
        if self._bar is not None:
            self._bar.update(1)
        elif callable(self._shown):
            self._shown(self._done, self._total)

    def end(self) -> None:
        """Closes the bar."""
        if self._bar is not None:
            self._bar.close()
