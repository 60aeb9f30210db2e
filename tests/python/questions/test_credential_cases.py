"""The cases of tests/vectors/credentials.json: when a user's function is asked for credentials, and which ones are sent."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

import chimeline
from chimeline import exceptions
from conftest import CREATED, INPUT
from server import Server

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "vectors" / "credentials.json").read_text())


class Clock:
    """The time of day, which the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = 0.0
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + self.ahead)


class Function:
    """A user's function that returns, or raises, what the case says, the last of it again and again."""

    def __init__(self, returns: list[dict[str, Any]]) -> None:
        self.returns = list(returns)
        self.asked = 0

    def __call__(self) -> dict[str, Any]:
        self.asked += 1
        given = self.returns.pop(0) if len(self.returns) > 1 else self.returns[0]
        if "raises" in given:
            raise ConnectionError("the vault is down")
        expiry = given.get("expires_in")
        return {
            "access_key": given["id"],
            "secret_key": "SK",
            "expiry_time": None if expiry is None else time.time() + expiry,
        }


def check(call: dict[str, Any], server: Server, caught: Exception | None) -> None:
    if "error" not in call:
        assert caught is None, caught
        (request,) = server.requests
        assert re.search(r"Credential=(\w+)/", request.headers["authorization"])[1] in call["signed"]  # type: ignore[index]
    else:
        assert isinstance(caught, exceptions.CredentialRetrievalError), caught
        assert caught.operation_name == "CreateMediaCapturePipeline"
        if call["error"] == "raised":
            assert isinstance(caught.__cause__, ConnectionError)
        else:
            assert call["error"] in str(caught)
        assert not server.requests


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_blocking(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    clock, function = Clock(monkeypatch), Function(case["returns"])
    with Server(CREATED) as server:
        client = chimeline.blocking.client("chime", "us-east-1", endpoint_url=server.url, credentials=function)
        for call in case["calls"]:
            clock.ahead += call.get("after", 0)
            for _ in range(call.get("times", 1)):
                server.requests.clear()
                caught = None
                try:
                    client.create_media_capture_pipeline(**INPUT)
                except chimeline.exceptions.ChimelineError as error:
                    caught = error
                check(call, server, caught)
            assert function.asked == call["asked"]


@pytest.mark.parametrize("is_coroutine", [False, True], ids=["function", "coroutine function"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
async def test_awaited(case: dict[str, Any], is_coroutine: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, function = Clock(monkeypatch), Function(case["returns"])

    async def coroutine_function() -> dict[str, Any]:
        await asyncio.sleep(0)
        return function()

    credentials = coroutine_function if is_coroutine else function
    with Server(CREATED) as server:
        client = chimeline.client("chime", "us-east-1", endpoint_url=server.url, credentials=credentials)
        for call in case["calls"]:
            clock.ahead += call.get("after", 0)
            for _ in range(call.get("times", 1)):
                server.requests.clear()
                caught = None
                try:
                    await client.create_media_capture_pipeline(**INPUT)
                except chimeline.exceptions.ChimelineError as error:
                    caught = error
                check(call, server, caught)
            # A refresh goes on beside the calls.
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0.001)
            assert function.asked == call["asked"]
