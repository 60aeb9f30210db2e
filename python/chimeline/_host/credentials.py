"""Credentials that the user gives: a function, a coroutine function, or a Credentials object of boto3.

When they are asked for, cached and refreshed is decided in the native module, once for all languages: here the question is
answered.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .._errors import ChimelineError
from .._generated.errors import CredentialRetrievalError
from .._native import CredentialsCache, seconds_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._native import Question
    from .answers import Failure

# Names under which a provider may give each part, and the name in the native module.
_PARTS = {
    "aws_access_key_id": ("access_key", "AccessKeyId", "aws_access_key_id"),
    "aws_secret_access_key": ("secret_key", "SecretAccessKey", "aws_secret_access_key"),
    "aws_session_token": ("token", "SessionToken", "Token", "aws_session_token"),
}
_EXPIRY = ("expiry_time", "Expiration", "expiration")
_MAX_TIME = 253_402_300_799.0  # the end of the year 9999


class _Load:
    """A run of the user's function."""

    __slots__ = ("is_active", "source")

    def __init__(self, source: CredentialSource) -> None:
        self.source = source
        self.is_active = True


# The runs within which the current context is. A task that the function left behind inherits them, when they are over.
_loads_here: contextvars.ContextVar[tuple[_Load, ...]] = contextvars.ContextVar("chimeline_loads", default=())


class CredentialSource:
    """Answers the question for credentials. The clients of one source share its cached credentials."""

    def __init__(self, given: Any) -> None:
        self.is_object = hasattr(given, "get_frozen_credentials")
        if not self.is_object and not callable(given):
            raise TypeError(
                "credentials must be a function, a coroutine function or a Credentials object of boto3, "
                f"not {type(given).__name__}"
            )
        self.is_coroutine = inspect.iscoroutinefunction(given) or inspect.iscoroutinefunction(type(given).__call__)
        self.cache = CredentialsCache()
        self.given: Any = given

    def check_caller(self, max_nested: int) -> None:
        """Raises for a call from within that many runs of the function: it would wait for itself, or never end."""
        if sum(load.source is self and load.is_active for load in _loads_here.get()) >= max_nested:
            raise CredentialRetrievalError(
                f"Error when retrieving credentials from {self._name()}: it calls a client that takes its credentials from it; "
                "give it a client with credentials of its own"
            )

    def frozen(self) -> dict[str, str] | None:
        """What an object, which refreshes and caches its credentials itself, has at hand; `None` where it is about to do I/O."""
        if not self.is_object or self._refreshes_now():
            return None
        try:
            found = self.given.get_frozen_credentials()
        except Exception as error:
            raise CredentialRetrievalError(self._failure_text(error)) from error
        return None if inspect.isawaitable(found) else _read(found)

    def read_now(self) -> dict[str, str]:
        """What the function returns, on this thread, for what is not a call and so asks nothing."""
        try:
            return _read(self._load())
        except ChimelineError:
            raise
        except Exception as error:
            raise CredentialRetrievalError(self._failure_text(error)) from error

    def answer(self, question: Question) -> Failure | None:
        """Replies on this thread."""
        load = _Load(self)
        token = _loads_here.set((*_loads_here.get(), load))
        try:
            found = self._load()
        except Exception as error:
            return self._failure(error)
        finally:
            load.is_active = False
            _loads_here.reset(token)
        if inspect.isawaitable(found):
            if inspect.iscoroutine(found):
                found.close()
            refused = TypeError("credentials is a coroutine function, which a blocking client cannot await")
            return str(refused), refused, False
        return self._reply(question, found)

    async def answer_awaited(self, question: Question) -> Failure | None:
        """Replies on an event loop, for which a function that is no coroutine runs in a thread, as it may do I/O."""
        load = _Load(self)
        _loads_here.set((*_loads_here.get(), load))
        try:
            found = await self.given() if self.is_coroutine else await _in_thread(self._load)
            if inspect.isawaitable(found):
                found = await found
        except Exception as error:
            return self._failure(error)
        finally:
            load.is_active = False
        return self._reply(question, found)

    def _refreshes_now(self) -> bool:
        refresh_needed: Any = getattr(self.given, "refresh_needed", None)
        return refresh_needed is not None and bool(refresh_needed())

    def _load(self) -> Any:
        return self.given.get_frozen_credentials() if self.is_object else self.given()

    def _reply(self, question: Question, found: Any) -> Failure | None:
        try:
            parts = _read(found)
            expiration = None if self.is_object else _time(found)
        except ChimelineError as error:
            return str(error), None, False
        except Exception as error:
            return self._failure(error)
        question.give_credentials(
            parts["aws_access_key_id"],
            parts["aws_secret_access_key"],
            parts.get("aws_session_token"),
            expiration,
            source=self._name(),
            cacheable=not self.is_object,
        )
        return None

    def _failure(self, error: Exception) -> Failure:
        return self._failure_text(error), error, True

    def _failure_text(self, error: Exception) -> str:
        # Not the error's own text, which may hold what it was given.
        return f"Error when retrieving credentials from {self._name()}: {type(error).__name__}"

    def _name(self) -> str:
        return getattr(self.given, "__qualname__", type(self.given).__qualname__)


def _read(found: Any) -> dict[str, str]:
    keys: dict[str, str] = {}
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
