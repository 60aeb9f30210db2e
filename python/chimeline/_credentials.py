"""Credentials that the user gives: a function, a coroutine function, or a Credentials object of boto3."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ._errors import ChimelineError
from ._generated.errors import CredentialRetrievalError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import Awaitable

    Keys = dict[str, str]

# Names under which a provider may give each part, and the name in the native module.
_PARTS = {
    "aws_access_key_id": ("access_key", "AccessKeyId", "aws_access_key_id"),
    "aws_secret_access_key": ("secret_key", "SecretAccessKey", "aws_secret_access_key"),
    "aws_session_token": ("token", "SessionToken", "Token", "aws_session_token"),
}
_EXPIRY = ("expiry_time", "Expiration", "expiration")
_REFRESH_BEFORE = 300.0
_USELESS_BEFORE = 10.0


class CredentialSource:
    """Gives the keys for a call: those of before while they are valid, else fresh ones, loaded once for all calls."""

    def __init__(self, given: Any) -> None:
        self.is_object = hasattr(given, "get_frozen_credentials")
        if not self.is_object and not callable(given):
            raise TypeError(
                "credentials must be a function, a coroutine function or a Credentials object of boto3, "
                f"not {type(given).__name__}"
            )
        self.is_coroutine = inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(type(given).__call__)
        self._given: Any = given
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._loading: WeakKeyDictionary[AbstractEventLoop, Task[Keys]] = WeakKeyDictionary()
        self._keys: Keys | None = None
        self._expiry: float | None = None

    def blocking(self) -> Keys:
        """The keys, for a call that blocks."""
        if self.is_object:
            return self._read(self._load())  # it keeps them itself
        if self._keys is not None and self._left() > _REFRESH_BEFORE:
            return self._keys
        lock = self._lock_of_process()
        if self._keys is not None and self._left() > _USELESS_BEFORE and lock.locked():
            return self._keys  # while another thread loads
        with lock:
            if self._keys is not None and self._left() > _REFRESH_BEFORE:
                return self._keys
            return self._keep(self._load())

    async def awaited(self) -> Keys:
        """The keys, for a call that is awaited."""
        if self.is_object and not self._refreshes_now():
            return self._read(self._load())
        if self._keys is not None and self._left() > _REFRESH_BEFORE:
            return self._keys
        loop = asyncio.get_running_loop()
        task = self._loading.get(loop)
        if task is None or task.done():
            task = self._loading[loop] = loop.create_task(self._load_for_loop())
            task.add_done_callback(self._loaded)
        if self._keys is not None and self._left() > _USELESS_BEFORE:
            return self._keys
        return await asyncio.shield(task)

    def _loaded(self, task: Task[Keys]) -> None:
        # The task would keep its loop.
        self._loading.pop(task.get_loop(), None)
        if not task.cancelled():
            # A refresh ahead of time that fails is told by the call that needs its keys.
            task.exception()

    def _lock_of_process(self) -> threading.Lock:
        """The lock; after a fork a new one, for a thread that the child has not may hold the old one."""
        process = os.getpid()
        if self._process != process:
            self._lock = threading.Lock()
            self._process = process
        return self._lock

    def _refreshes_now(self) -> bool:
        """Whether the object is about to do I/O."""
        refresh_needed: Any = getattr(self._given, "refresh_needed", None)
        return refresh_needed is not None and bool(refresh_needed())

    def _left(self) -> float:
        return float("inf") if self._expiry is None else self._expiry - datetime.now(timezone.utc).timestamp()

    async def _load_for_loop(self) -> Keys:
        if self.is_coroutine:
            found = await self._awaited(self._given())
        else:
            # It may do I/O, for which the loop must not wait.
            found = await asyncio.to_thread(self._load)
            if inspect.isawaitable(found):
                found = await self._awaited(found)
        return self._keep(found)

    async def _awaited(self, found: Awaitable[Any]) -> Any:
        try:
            return await found
        except Exception as error:
            raise self._failed(error) from error

    def _load(self) -> Any:
        try:
            return self._given.get_frozen_credentials() if self.is_object else self._given()
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> ChimelineError:
        # Not its text, which may hold what it was given.
        name = getattr(self._given, "__qualname__", type(self._given).__qualname__)
        return CredentialRetrievalError(f"Error when retrieving credentials from {name}: {type(error).__name__}")

    def _keep(self, found: Any) -> Keys:
        self._keys = self._read(found)
        # An object's keys are as good as expired: it is asked each time.
        self._expiry = 0.0 if self.is_object else _time(_part(found, _EXPIRY))
        return self._keys

    def _read(self, found: Any) -> Keys:
        if inspect.isawaitable(found):
            if inspect.iscoroutine(found):
                found.close()
            raise TypeError("credentials is a coroutine function, which a blocking client cannot await")
        keys: Keys = {}
        for name, aliases in _PARTS.items():
            value = _part(found, aliases)
            if value is not None and not isinstance(value, str):
                raise CredentialRetrievalError(f"the credentials' {aliases[0]} must be a str, not {type(value).__name__}")
            if value:
                keys[name] = value
            elif name != "aws_session_token":
                raise CredentialRetrievalError(f"the credentials have no {aliases[0]}")
        return keys


def _part(found: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        value = found.get(name) if isinstance(found, dict) else getattr(found, name, None)
        if value is not None:
            return value
    return None


def _time(value: Any) -> float | None:
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            raise CredentialRetrievalError("the credentials' expiry_time is no ISO 8601 time") from None
    return (value if value.tzinfo else value.replace(tzinfo=timezone.utc)).timestamp()
