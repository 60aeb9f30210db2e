"""Signals that end the body of a guard, for those who ask for it: a library by itself does not change how its host ends."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

from .._generated.errors import ParamValidationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType


class Signals:
    """Handlers that raise SystemExit, between ``catch`` and ``let_go``."""

    def __init__(self, given: bool | Sequence[int]) -> None:
        wanted: Any = (signal.SIGTERM,) if given is True else (given or ())
        try:
            self._wanted = tuple(signal.Signals(number) for number in wanted)
        except (TypeError, ValueError):
            rule = "True, or numbers such as signal.SIGTERM"
            raise ParamValidationError(f"signals must be {rule}, not {given!r} of type {type(given).__name__}") from None
        self._before: dict[signal.Signals, Any] = {}

    def catch(self) -> None:
        if self._wanted and threading.current_thread() is not threading.main_thread():
            raise ParamValidationError("signals must be left out: Python gives them to the main thread alone")
        for number in self._wanted:
            self._before[number] = signal.signal(number, self._raise)

    def let_go(self) -> None:
        before, self._before = self._before, {}
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    def _raise(self, number: int, frame: FrameType | None) -> None:
        # Once: a second one is as it was before.
        self.let_go()
        raise SystemExit(128 + number)
