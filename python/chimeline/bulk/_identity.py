"""Whose a run is: the account of its client, or where nobody says which that is, its credentials."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from typing import TYPE_CHECKING, Any

from .._generated.errors import ChimelineError
from ..config import _is_unsigned
from ..recording import _drive
from ..recording._functions import endpoints_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    Identity: TypeAlias = dict[str, str | None]


_NOBODY: Identity = {"account": None, "credentials": None}


def identity(client: Any) -> Identity:
    """The identity of a blocking client."""
    if _is_unsigned(client._config.signature_version):
        return _NOBODY
    return _identity(client, client._source.read_now() if client._source is not None else None)


async def identity_awaited(client: Any) -> Identity:
    """The identity of an awaited client; what blocks runs in a thread."""
    if _is_unsigned(client._config.signature_version):
        return _NOBODY
    source = client._source
    given = None
    if source is not None:
        from .._host.credentials import _read

        found = source._load() if source.is_coroutine else await asyncio.to_thread(source._load)
        given = _read(await found if inspect.isawaitable(found) else found)
    return await asyncio.to_thread(_identity, client, given)


def _identity(client: Any, given: Mapping[str, str] | None) -> Identity:
    access_key = given["aws_access_key_id"] if given is not None else client._native.load_credentials()[0]
    # What the key is known by again, without its text in a file.
    credentials = hashlib.sha256(access_key.encode()).hexdigest()[:16]
    return {"account": _account(client, given), "credentials": credentials}


def _account(client: Any, given: Mapping[str, str] | None) -> str | None:
    """The account that STS names. A service of the user's own has credentials of its own, which AWS's STS does not know."""
    region = client.meta.region_name
    region = "us-east-1" if region == "aws-global" else region
    if "endpoint_url" in client.meta.sources and "sts" not in endpoints_of(None):
        return None
    run = _drive._Run("account", {"service": client._service_name, "region": region, "endpoints": endpoints_of(None)})
    step = run.step("null")
    while "call" in step:
        asked = step["call"]["input"]
        options = {**(client._options_now() or {}), **(given or {})}
        try:
            status, body = client._native.get_signed(asked["service"], asked["region"], asked["url"], options)
            outcome = run.answered({"status": status, "body": body})
        except ChimelineError as error:
            outcome = run.failed(error)
        step = run.step(outcome)
    return run.result(step["done"])
