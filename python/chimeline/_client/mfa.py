"""Credentials of a role whose profile has an ``mfa_serial``.

The code of the device is asked for when the AWS CLI's cache has no credentials of the role.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Union

from .._host.credentials import CredentialSource, _in_thread

if TYPE_CHECKING:
    from .._native import NativeClient

    Prompt = Callable[[str], Union[str, Awaitable[str]]]


def source(native: NativeClient, prompt: Prompt | None) -> CredentialSource:
    """What a client takes its credentials from. `native` is one that knows the profile, and loads credentials."""
    return CredentialSource(credentials_of(native, prompt))


def credentials_of(native: NativeClient, prompt: Prompt | None) -> Callable[[], Any]:
    """The function that loads the credentials, as ``credentials=`` takes one: a coroutine function where the prompt is one.

    prompt: called with the text that botocore shows, which names the device, it returns the code; ``getpass.getpass`` by default.
    """
    if prompt is None:
        from getpass import getpass as prompt
    ask: Prompt = prompt
    if inspect.iscoroutinefunction(ask) or inspect.iscoroutinefunction(type(ask).__call__):

        async def assume_role_with_mfa() -> Any:
            codes: dict[str, str] = {}
            while isinstance(found := await _in_thread(lambda: native.load_with_mfa_codes(codes)), tuple):
                profile, serial = found
                codes[profile] = _code(await ask(_text(serial)))  # type: ignore[misc]  # pyright: ignore
            return found

        return _named(assume_role_with_mfa)

    def assume_role() -> Any:
        codes: dict[str, str] = {}
        while isinstance(found := native.load_with_mfa_codes(codes), tuple):
            profile, serial = found
            codes[profile] = _code(ask(_text(serial)))
        return found

    return _named(assume_role)


def _named(load: Callable[[], Any]) -> Callable[[], Any]:
    load.__qualname__ = "assume-role"
    load.tells_why = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]
    return load


def _text(serial: str) -> str:
    return f"Enter MFA code for {serial}: "


def _code(given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError(f"mfa_prompt must return the code as a str, not {type(given).__name__}")
    return given.strip()
