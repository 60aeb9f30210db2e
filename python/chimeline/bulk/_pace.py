"""How many calls begin in a second."""

from __future__ import annotations

import time

# A timer that is late by so much is caught up with; after a longer pause calls do not come all at once.
_CAUGHT_UP = 0.05


class Pace:
    """Says when the next call may begin."""

    def __init__(self, rate: float | None, *, begins_late: bool = False) -> None:
        self._interval = 0.0 if rate is None else 1 / rate
        # Where parts of a run follow each other, the first call of each keeps its distance from the last one before.
        self._next = time.monotonic() + (self._interval if begins_late else 0.0)

    def due_in(self) -> float:
        """The seconds until the next call may begin; 0 where it may now."""
        return max(0.0, self._next - time.monotonic()) if self._interval else 0.0

    def begin(self) -> None:
        """Notes that a call begins."""
        if self._interval:
            self._next = max(self._next, time.monotonic() - _CAUGHT_UP) + self._interval
