"""What ``session.get_credentials()`` gives: the credentials of a session, refreshed when they are due."""

from __future__ import annotations

import inspect
import time
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from .._generated.errors import CredentialRetrievalError, NoCredentialsError
from .._host.credentials import CredentialSource, _in_thread, _read, _time

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._native import NativeClient

    # The access key id, its secret, its token, and when they expire.
    Loaded = tuple[str, str, str | None, float | None]

_REFRESH_BEFORE = 300.0


class ReadOnlyCredentials(NamedTuple):
    """Credentials as they are now."""

    access_key: str
    secret_key: str
    token: str | None
    account_id: str | None = None

    def __repr__(self) -> str:
        return f"ReadOnlyCredentials(access_key={self.access_key!r}, ...)"


class _Kept:
    """Credentials, with what is common to both kinds."""

    def __init__(self, method: str, account_id: str | None) -> None:
        self.method = method
        """Where they come from: ``explicit``, ``function``, or ``chain`` for AWS's providers."""
        self.account_id = account_id
        self._loaded: Loaded | None = None

    def refresh_needed(self, refresh_in: float | None = None) -> bool:
        """Whether they expire within that many seconds, 300 by default."""
        if self._loaded is None:
            return True
        expiry = self._loaded[3]
        return expiry is not None and expiry - time.time() < (_REFRESH_BEFORE if refresh_in is None else refresh_in)

    def _frozen(self) -> ReadOnlyCredentials:
        access_key, secret_key, token, _ = self._loaded or ("", "", None, None)
        return ReadOnlyCredentials(access_key, secret_key, token, self.account_id)

    def __repr__(self) -> str:
        return f"<chimeline {type(self).__name__} {self.method}>"


class Credentials(_Kept):
    """The credentials of a session whose clients block."""

    def __init__(self, load: Callable[[], Any], method: str, account_id: str | None) -> None:
        super().__init__(method, account_id)
        self._load = load

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """The credentials, valid now: an immutable copy."""
        if self.refresh_needed():
            self._loaded = self._load()
        return self._frozen()

    @property
    def access_key(self) -> str:
        """The access key id."""
        return self.get_frozen_credentials().access_key

    @property
    def secret_key(self) -> str:
        """The secret access key."""
        return self.get_frozen_credentials().secret_key

    @property
    def token(self) -> str | None:
        """The session token of temporary credentials."""
        return self.get_frozen_credentials().token


class AsyncCredentials(_Kept):
    """The credentials of a session whose clients are awaited."""

    def __init__(self, load: Callable[[], Any], method: str, account_id: str | None) -> None:
        super().__init__(method, account_id)
        self._load = load

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """The credentials, valid now: an immutable copy."""
        if self.refresh_needed():
            self._loaded = await self._load()
        return self._frozen()

    @property
    def access_key(self) -> str:
        """The access key id, as it was loaded last."""
        return self._frozen().access_key

    @property
    def secret_key(self) -> str:
        """The secret access key, as it was loaded last."""
        return self._frozen().secret_key

    @property
    def token(self) -> str | None:
        """The session token, as it was loaded last."""
        return self._frozen().token


def blocking(source: CredentialSource | None, native: NativeClient, account_id: str | None, explicit: bool) -> Credentials | None:
    """The credentials of a session, or ``None`` where it has none."""
    load = native.load_credentials if source is None else lambda: _loaded(source, _given(source))
    found = Credentials(load, _method(source, explicit), account_id)
    try:
        found.get_frozen_credentials()
    except NoCredentialsError:
        return None
    return found


async def awaited(
    source: CredentialSource | None, native: NativeClient, account_id: str | None, explicit: bool
) -> AsyncCredentials | None:
    """The same for a session whose clients are awaited."""

    async def load() -> Loaded:
        if source is None:
            return await _in_thread(native.load_credentials)
        given = _given(source) if source.is_coroutine else await _in_thread(partial(_given, source))
        try:
            return _loaded(source, await given if inspect.isawaitable(given) else given)
        except CredentialRetrievalError:
            raise
        except Exception as error:
            raise CredentialRetrievalError(source._failure_text(error)) from error

    found = AsyncCredentials(load, _method(source, explicit), account_id)
    try:
        await found.get_frozen_credentials()
    except NoCredentialsError:
        return None
    return found


def _method(source: CredentialSource | None, explicit: bool) -> str:
    return "explicit" if explicit else "chain" if source is None else "function"


def _given(source: CredentialSource) -> Any:
    try:
        return source._load()
    except Exception as error:
        raise CredentialRetrievalError(source._failure_text(error)) from error


def _loaded(source: CredentialSource, found: Any) -> Loaded:
    keys = _read(found)
    # An object of boto3's refreshes its credentials itself.
    expiry = time.time() if source.is_object else _time(found)
    return keys["aws_access_key_id"], keys["aws_secret_access_key"], keys.get("aws_session_token"), expiry
