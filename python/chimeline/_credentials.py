"""Credentials that the user gives: a function, a coroutine function, or a Credentials object of boto3."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
import time
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from ._errors import ChimelineError
from ._generated.errors import CallTimeoutError, CredentialRetrievalError
from ._native import fork_generation, seconds_of

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task
    from collections.abc import Awaitable, Callable

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
_MAX_TIME = 253_402_300_799.0  # the end of the year 9999

# A signal handler may make a call while the function runs, and so may one in that call's; a function that calls its own client
# would never end.
_MAX_NESTED = 3
# The sources for which the current context, such as a task, loads.
_loading_here: contextvars.ContextVar[tuple[CredentialSource, ...]] = contextvars.ContextVar("chimeline_loading", default=())


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
        self._generation = fork_generation()
        self._lock = threading.RLock()
        # How many loads the thread that has the lock has under way.
        self._loads = 0
        # Weak, for a task keeps its loop.
        self._loading: WeakKeyDictionary[AbstractEventLoop, ref[Task[Keys]]] = WeakKeyDictionary()
        self._keys: Keys | None = None
        self._expiry: float | None = None

    def blocking(self, limit: float | None) -> Keys | None:
        """The keys, for a call that blocks; `None` where another thread still loads them after that many seconds."""
        if self.is_object:
            return self._read(self._load())  # it keeps them itself
        if self._keys is not None and self._left() > _REFRESH_BEFORE:
            return self._keys
        self._notice_fork()
        if self._keys is not None and self._left() > _USELESS_BEFORE and self._loads:
            return self._keys  # while a load is under way
        # A call within the load of this very thread cannot wait for it: the lock is reentrant.
        lock = self._lock
        if not lock.acquire(timeout=-1 if limit is None else min(limit, threading.TIMEOUT_MAX)):
            return None
        try:
            return self._load_alone()
        finally:
            lock.release()

    def _load_alone(self) -> Keys:
        if self._keys is not None and self._left() > _REFRESH_BEFORE:
            return self._keys
        if self._loads >= _MAX_NESTED:
            raise self._calls_itself()
        lock = self._lock
        self._loads += 1
        try:
            return self._keep(self._load())
        except ChimelineError:
            if self._keys is not None and self._left() > _USELESS_BEFORE:
                return self._keys
            raise
        finally:
            if self._lock is lock:  # else this is a child that was forked meanwhile
                self._loads -= 1

    async def awaited(self) -> Keys:
        """The keys, for a call that is awaited."""
        if self.is_object and not self._refreshes_now():
            return self._read(self._load())
        if self._keys is not None and self._left() > _REFRESH_BEFORE:
            return self._keys
        if self in _loading_here.get():
            raise self._calls_itself()
        self._notice_fork()
        loop = asyncio.get_running_loop()
        known = self._loading.get(loop)
        task = None if known is None else known()
        if task is None or task.done():
            task = loop.create_task(self._load_for_loop())
            self._loading[loop] = ref(task)
            task.add_done_callback(self._loaded)
        if self._keys is not None and self._left() > _USELESS_BEFORE:
            return self._keys
        return await asyncio.shield(task)

    def timed_out(self, limit: float, operation: str) -> CallTimeoutError:
        """The error of a call whose time is over before it has its keys."""
        phase = "it was getting credentials for attempt 1, when calling the"
        error = CallTimeoutError(f"the call did not end within its {limit:g} s; {phase} {operation} operation")
        error.operation_name = operation
        return error

    def _loaded(self, task: Task[Keys]) -> None:
        if not task.cancelled():
            # A refresh ahead of time that fails is reported by the call that needs its keys.
            task.exception()

    def _notice_fork(self) -> None:
        """After a fork the lock may be held for ever, and tasks wait for threads, by what is only in the parent."""
        generation = fork_generation()
        if self._generation != generation:
            self._lock = threading.RLock()
            self._loads = 0
            self._loading = WeakKeyDictionary()
            self._generation = generation

    def _refreshes_now(self) -> bool:
        """Whether the object is about to do I/O."""
        refresh_needed: Any = getattr(self._given, "refresh_needed", None)
        return refresh_needed is not None and bool(refresh_needed())

    def _left(self) -> float:
        return float("inf") if self._expiry is None else self._expiry - time.time()

    async def _load_for_loop(self) -> Keys:
        _loading_here.set((*_loading_here.get(), self))
        if self.is_coroutine:
            found = await self._awaited(self._given())
        else:
            # It may do I/O, for which the loop must not wait.
            found = await _in_thread(self._load)
            if inspect.isawaitable(found):
                found = await self._awaited(found)
        return self._keep(found)

    async def _awaited(self, found: Awaitable[Any]) -> Any:
        try:
            return await found
        except Exception as error:
            if self._tells_why(error):
                raise
            raise self._failed(error) from error

    def _load(self) -> Any:
        try:
            return self._given.get_frozen_credentials() if self.is_object else self._given()
        except Exception as error:
            if self._tells_why(error):
                raise
            raise self._failed(error) from error

    def _tells_why(self, error: Exception) -> bool:
        """Whether it is an error of the package's own function, and not of one of the user's that calls a client."""
        return isinstance(error, ChimelineError) and getattr(self._given, "tells_why", False)

    def _failed(self, error: Exception) -> ChimelineError:
        # Not its text, which may hold what it was given.
        return CredentialRetrievalError(f"Error when retrieving credentials from {self._name()}: {type(error).__name__}")

    def _calls_itself(self) -> ChimelineError:
        return CredentialRetrievalError(
            f"Error when retrieving credentials from {self._name()}: it calls a client that takes its credentials from it; "
            "give it a client with credentials of its own"
        )

    def _name(self) -> str:
        return getattr(self._given, "__qualname__", type(self._given).__qualname__)

    def _keep(self, found: Any) -> Keys:
        keys = self._read(found)
        # An object's keys are as good as expired: it is asked each time.
        expiry = 0.0 if self.is_object else _time(found)
        if not self.is_object and expiry is not None and expiry <= time.time():
            ago = time.time() - expiry
            raise CredentialRetrievalError(
                f"the credentials that {self._name()} gave expired {ago:.0f} s ago, by their expiry_time; they are not sent"
            )
        self._keys, self._expiry = keys, expiry
        return keys

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


def _time(found: Any) -> float | None:
    """When the credentials expire, in seconds since 1970; a time without an offset is UTC, as AWS's are."""
    value = _part(found, _EXPIRY)
    if value is None:
        return None
    seconds: float | None = None
    if isinstance(value, datetime):
        seconds = (value if value.tzinfo else value.replace(tzinfo=timezone.utc)).timestamp()
    elif isinstance(value, str):
        seconds = seconds_of(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value
    if seconds is None or not 0 <= seconds <= _MAX_TIME:
        raise CredentialRetrievalError(
            "the credentials' expiry_time must be a datetime, an ISO 8601 text or seconds since 1970 up to the year 9999 "
            f"(not milliseconds), which this {type(value).__name__} is not"
        )
    return seconds


async def _in_thread(work: Callable[[], Any]) -> Any:
    """What `work` gives, in a thread of its own: the loop's executor cannot be used at exit."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def settle(result: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def run() -> None:
        result, raised = None, None
        try:
            result = context.run(work)
        except BaseException as error:
            raised = error
        with suppress(RuntimeError):  # where the loop is closed nobody waits
            loop.call_soon_threadsafe(settle, result, raised)

    try:
        threading.Thread(target=run, name="chimeline-credentials", daemon=True).start()
    except RuntimeError:
        # No thread can be had, as at exit since Python 3.12: better the loop waits than the call fails.
        return work()
    return await future
