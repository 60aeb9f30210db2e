"""Waiters: an operation asked again and again until its result is as wanted, by the names and rules of botocore's.

The table of each service (``waiters-2.json`` in the generator's models) says what is asked for and what ends the wait.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
import time
from typing import TYPE_CHECKING, Any

from .._generated.errors import ClientError, WaiterError
from .._typing import TypedDict

if TYPE_CHECKING:
    from .._client import BaseClient

__all__ = ["Acceptor", "AsyncWaiter", "Waiter", "WaiterConfig", "WaiterTable"]


class WaiterConfig(TypedDict, total=False):
    """How often and how long to ask."""

    Delay: float
    """Seconds between two calls; else the waiter's own."""
    MaxAttempts: int
    """Calls in all; else the waiter's own."""
    Timeout: float
    """Seconds for the whole wait; without it, the calls alone are counted. Not in botocore."""
    Jitter: float
    """The part of each delay, from 0 to 1, that is left to chance, so that waits that began together spread. Not in botocore."""


class Acceptor:
    """What a response has to be for a state, and how that is said."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.state: str = row["state"]
        self.matcher: str = row["matcher"]
        self.expected: Any = row["expected"]
        self.argument: str | None = row.get("argument")
        self._steps = _steps(self.argument) if self.argument else []

    def matches(self, response: dict[str, Any]) -> bool:
        """Whether a response, or what the service returned as an error, is what this acceptor is for."""
        error = response.get("Error")
        if self.matcher == "error":
            return isinstance(error, dict) and error.get("Code", "") == self.expected
        if self.matcher == "status":
            return response.get("ResponseMetadata", {}).get("HTTPStatusCode") == self.expected
        if isinstance(error, dict) and "Code" in error:
            return False
        found = _found(response, self._steps)
        if self.matcher == "path":
            return found == self.expected
        if not isinstance(found, list) or not found:
            return False
        equal = [item == self.expected for item in found]
        return all(equal) if self.matcher == "pathAll" else any(equal)

    @property
    def explanation(self) -> str:
        """What a match means, in botocore's words."""
        texts = {
            "path": f'For expression "{self.argument}" we matched expected path: "{self.expected}"',
            "pathAll": f'For expression "{self.argument}" all members matched expected path: "{self.expected}"',
            "pathAny": f'For expression "{self.argument}" we matched expected path: "{self.expected}" at least once',
            "status": f"Matched expected HTTP status code: {self.expected}",
            "error": f"Matched expected service error code: {self.expected}",
        }
        return texts[self.matcher]


class WaiterTable:
    """What a waiter asks for, how often, and what ends it."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.description: str = row["description"]
        self.operation: str = row["operation"]
        self.delay: float = row["delay"]
        self.max_attempts: int = row["maxAttempts"]
        self.acceptors = [Acceptor(acceptor) for acceptor in row["acceptors"]]


class _Waiter:
    """What both waiters share."""

    def __init__(self, client: BaseClient, name: str) -> None:
        __import__(client._waiter_module)
        self.name = name
        self.config = WaiterTable(sys.modules[client._waiter_module].WAITERS[name])
        operations = client.meta.method_to_api_mapping
        method = next(method for method, operation in operations.items() if operation == self.config.operation)
        self._method = getattr(client, method)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class Waiter(_Waiter):
    """Waits by a client whose methods block."""

    def wait(self, *, WaiterConfig: WaiterConfig | None = None, **kwargs: Any) -> None:
        """Asks until it is as the waiter's name says; the other arguments are those of the operation.

        Raises :class:`chimeline.exceptions.WaiterError` when it cannot be any more, or is not in time; what fails without an
        answer of the service is raised as it is.
        """
        wait = _Wait(self.name, self.config, WaiterConfig)
        while True:
            try:
                response = self._method(**kwargs)
            except ClientError as error:
                response = error.response
            delay = wait.next_delay(response)
            if delay is None:
                return
            time.sleep(delay)


class AsyncWaiter(_Waiter):
    """Waits by a client whose methods are awaited."""

    async def wait(self, *, WaiterConfig: WaiterConfig | None = None, **kwargs: Any) -> None:
        """Asks until it is as the waiter's name says; the other arguments are those of the operation.

        Raises :class:`chimeline.exceptions.WaiterError` when it cannot be any more, or is not in time; what fails without an
        answer of the service is raised as it is.
        """
        wait = _Wait(self.name, self.config, WaiterConfig)
        while True:
            try:
                response = await self._method(**kwargs)
            except ClientError as error:
                response = error.response
            delay = wait.next_delay(response)
            if delay is None:
                return
            await asyncio.sleep(delay)


class _Wait:
    """One wait: what each response means for it."""

    def __init__(self, name: str, table: WaiterTable, config: WaiterConfig | None) -> None:
        given = _checked(config)
        self._name = name
        self._acceptors = table.acceptors
        self._delay = given.get("Delay", table.delay)
        self._max_attempts = given.get("MaxAttempts", table.max_attempts)
        self._jitter = given.get("Jitter", 0.0)
        timeout = given.get("Timeout")
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._attempts = 0
        self._has_matched = False
        self._last = table.acceptors[-1]

    def next_delay(self, response: dict[str, Any]) -> float | None:
        """How long to wait before the next call; None at the end of the wait."""
        self._attempts += 1
        matched = next((acceptor for acceptor in self._acceptors if acceptor.matches(response)), None)
        error = response.get("Error")
        # As in botocore, whose text names the acceptor that was looked at last.
        self._last = matched or self._acceptors[-1]
        if matched is not None:
            self._has_matched = True
            if matched.state == "success":
                return None
            if matched.state == "failure":
                raise self._failed(f"Waiter encountered a terminal failure state: {matched.explanation}", response)
        elif isinstance(error, dict) and "Code" in error:
            raise self._failed(f"An error occurred ({error['Code']}): {error.get('Message', 'Unknown')}", response)
        if self._attempts >= self._max_attempts:
            raise self._failed(self._with_last("Max attempts exceeded"), response)
        delay = self._delay * (1 - self._jitter * random.random())  # noqa: S311 - spreads calls
        if self._deadline is not None and time.monotonic() + delay > self._deadline:
            raise self._failed(self._with_last("Timeout exceeded"), response)
        return delay

    def _with_last(self, reason: str) -> str:
        return f"{reason}. Previously accepted state: {self._last.explanation}" if self._has_matched else reason

    def _failed(self, reason: str, response: dict[str, Any]) -> WaiterError:
        return WaiterError(self._name, reason, response)


def _checked(config: WaiterConfig | None) -> dict[str, Any]:
    given: dict[str, Any] = dict(config or {})
    for name, value in given.items():
        if name not in ("Delay", "MaxAttempts", "Timeout", "Jitter"):
            raise ValueError(f"WaiterConfig has no {name!r}; it takes Delay, MaxAttempts, Timeout and Jitter")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{name} of WaiterConfig must be a number, not {value!r} of type {type(value).__name__}")
        if not 0 <= value < float("inf") or (name == "Jitter" and value > 1):
            raise ValueError(
                f"{name} of WaiterConfig must be {'from 0 to 1' if name == 'Jitter' else '0 or more'}, not {value!r}"
            )
    return given


# A member, with what stands behind it: nothing, `[]` for each item, or `[?Type=='a' || Type=='b']` for some of the items.
_STEP = re.compile(r"(\w+)(?:\[(?:\?([^\]]*))?(\]))?\.?")
_TEST = re.compile(r"(\w+)=='([^']*)'")

_Step = tuple[str, bool, list[tuple[str, str]]]


def _steps(path: str) -> list[_Step]:
    return [(name, bool(close), _TEST.findall(tests)) for name, tests, close in _STEP.findall(path)]


def _found(value: Any, steps: list[_Step]) -> Any:
    for at, (name, is_list, tests) in enumerate(steps):
        value = value.get(name) if isinstance(value, dict) else None
        if is_list:
            if not isinstance(value, list):
                return None
            chosen = [item for item in value if not tests or any(item.get(member) == text for member, text in tests)]
            found = [_found(item, steps[at + 1 :]) for item in chosen]
            return [item for item in found if item is not None]
    return value
