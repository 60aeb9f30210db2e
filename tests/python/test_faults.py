"""Faults of the network, through awaited and blocking calls: the class of the error, the requests that came, the attempts."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import chimeline
from authority import Authority
from chimeline import exceptions
from conftest import CREATED, INPUT, KEYS
from server import Answer, Reset, Server, Stall, Step


@dataclasses.dataclass(frozen=True)
class Cell:
    """A fault: what the server does, the error's class, how many requests come, how many attempts are made."""

    step: Step
    due: type[exceptions.ChimelineError] | None
    requests: int = 3
    attempts: int | None = None
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    url: str | None = None
    secure: bool = False
    trusted: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "attempts", self.requests if self.attempts is None else self.attempts)


def nowhere() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def raw(octets: bytes) -> Answer:
    """Octets as they are, and the end of the connection."""
    return Answer(raw=octets, close=True)


CUT = raw(b"HTTP/1.1 201 X\r\nContent-Length: 500\r\n\r\n" + json.dumps(CREATED.body).encode())
CELLS = {
    "a name without an address": Cell(Answer(), exceptions.EndpointConnectionError, 0, 3, url="http://no-such-host.invalid"),
    "a port that refuses": Cell(Answer(), exceptions.EndpointConnectionError, 0, 3, url=f"http://{nowhere()}"),
    "a proxy that is not there": Cell(
        Answer(), exceptions.ProxyConnectionError, 0, 3, {"proxies": {"http": f"http://me:hunter2@{nowhere()}"}}
    ),
    "a certificate that is not trusted": Cell(Answer(), exceptions.SSLError, 0, 1, secure=True, trusted=False),
    "a certificate that is": Cell(CREATED, None, 1, secure=True),
    "an end before the head": Cell(raw(b""), exceptions.ConnectionClosedError),
    "a reset before the head": Cell(Reset(), exceptions.ConnectionClosedError),
    "nothing": Cell(Stall(), exceptions.ReadTimeoutError, config={"read_timeout": 0.1}),
    "an end in the head": Cell(raw(b"HTTP/1.1 201 X\r\nCont"), exceptions.ConnectionClosedError),
    "another protocol": Cell(raw(b"220 mail ESMTP\r\n"), exceptions.ConnectionClosedError),
    "an end in the body": Cell(CUT, exceptions.ConnectionClosedError),
    "HTML": Cell(Answer(200, b"<html>"), exceptions.ResponseError, 1),
    "a redirect": Cell(Answer(307, b"", [("Location", f"http://{nowhere()}/")]), exceptions.ClientError, 1),
    "more than allowed": Cell(Answer(200, b" " * 4096), exceptions.ResponseError, 1, config={"response_limit": 1024}),
    "lists within lists": Cell(Answer(200, b'{"MediaCapturePipeline":' + b"[" * 100_000), exceptions.ResponseError, 1),
    "an unavailable service": Cell(Answer(503, b""), exceptions.ClientError),
    "a call without end": Cell(Stall(), exceptions.CallTimeoutError, 1, config={"timeout": 0.1}),
}


@pytest.mark.parametrize("awaited", [True, False], ids=["awaited", "blocking"])
@pytest.mark.parametrize("name", CELLS)
def test_a_fault_ends_as_the_error_that_names_it(name: str, awaited: bool, tmp_path: Path) -> None:
    cell = CELLS[name]
    authority = Authority(tmp_path)
    with Server(cell.step, context=authority.context() if cell.secure else None) as server:
        make = chimeline.client if awaited else chimeline.blocking.client
        verify = str(authority.bundle) if cell.secure and cell.trusted else None
        config = chimeline.Config(**cell.config)
        client: Any = make("chime", "us-east-1", endpoint_url=cell.url or server.url, config=config, verify=verify, **KEYS)

        def call() -> Any:
            outcome = client.create_media_capture_pipeline(**INPUT)
            return asyncio.run(outcome) if awaited else outcome

        if cell.due is None:
            attempts = call()["ResponseMetadata"]["Attempts"]
        else:
            with pytest.raises(cell.due) as caught:
                call()
            assert type(caught.value) is cell.due, caught.value
            assert "hunter2" not in str(caught.value)
            attempts = caught.value.attempts
        assert (len(server.requests), len(attempts)) == (cell.requests, cell.attempts)


@pytest.mark.parametrize("awaited", [True, False], ids=["awaited", "blocking"])
def test_a_connection_that_the_server_closed_is_replaced(awaited: bool) -> None:
    with Server(dataclasses.replace(CREATED, close=True)) as server:
        make = chimeline.client if awaited else chimeline.blocking.client
        client: Any = make("chime", "us-east-1", endpoint_url=server.url, **KEYS)

        async def thrice() -> list[Any]:
            outcomes = []
            for _ in range(3):
                outcome = client.create_media_capture_pipeline(**INPUT)
                outcomes.append(await outcome if awaited else outcome)
                await asyncio.sleep(0.02)
            return outcomes

        assert [len(outcome["ResponseMetadata"]["Attempts"]) for outcome in asyncio.run(thrice())] == [1, 1, 1]
        assert server.connections == 3


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_handler_of_signals_may_call_while_a_call_waits() -> None:
    """As a program that is told to end deletes what it made, in the midst of another call."""
    made: list[Any] = []
    with Server(Stall()) as server:
        client: Any = chimeline.blocking.client("chime", "us-east-1", endpoint_url=server.url, **KEYS)

        def handler(*_: object) -> None:
            server.default = CREATED
            made.append(client.create_media_capture_pipeline(**INPUT))
            raise InterruptedError

        before = signal.signal(signal.SIGTERM, handler)
        kill = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
        kill.start()
        try:
            with pytest.raises(InterruptedError):
                client.list_media_capture_pipelines()
        finally:
            kill.join()
            signal.signal(signal.SIGTERM, before)
        assert [result["ResponseMetadata"]["HTTPStatusCode"] for result in made] == [201]
        assert len(server.requests) == 2
