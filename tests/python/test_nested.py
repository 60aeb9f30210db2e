"""Calls inside calls: what a signal handler, another greenlet or a credentials function does while a blocking call waits."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import chimeline
from chimeline import exceptions
from conftest import CREATED, INPUT
from server import Server, Stall

needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
GIVEN = {"access_key": "AK", "secret_key": "SK"}


@pytest.fixture
def alarm() -> Iterator[Any]:
    """Runs a function in a signal handler after so many seconds."""
    before = signal.getsignal(signal.SIGALRM)

    def set_alarm(seconds: float, work: Any) -> None:
        signal.signal(signal.SIGALRM, lambda *_: work())
        signal.setitimer(signal.ITIMER_REAL, seconds)

    yield set_alarm
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@needs_signals
def test_a_signal_handler_calls_although_the_only_connection_is_taken(
    server: Server, options: dict[str, Any], alarm: Any
) -> None:
    client = chimeline.blocking.client("chime", **options, config=chimeline.Config(max_concurrency=1, timeout=5))
    inner: list[Any] = []

    def work() -> None:
        server.default = CREATED
        inner.append(client.create_media_capture_pipeline(**INPUT))

    for _ in range(2):
        server.default = Stall()
        alarm(0.1, work)
        with pytest.raises(exceptions.CallTimeoutError, match="in attempt 1"):
            client.with_options(timeout=0.5).create_media_capture_pipeline(**INPUT)
    assert len(inner) == 2


@needs_signals
def test_a_signal_handler_calls_while_the_credentials_function_runs(server: Server, alarm: Any) -> None:
    inner: list[Any] = []

    def keys() -> dict[str, str]:
        time.sleep(0.3)
        return GIVEN

    client = chimeline.blocking.client("chime", "us-east-1", endpoint_url=server.url, credentials=keys)
    alarm(0.1, lambda: inner.append(client.create_media_capture_pipeline(**INPUT)))
    assert client.create_media_capture_pipeline(**INPUT)
    assert len(inner) == 1


def test_a_thread_waits_for_the_credentials_of_another_until_its_own_deadline(server: Server) -> None:
    release = threading.Event()

    def keys() -> dict[str, str]:
        release.wait(10)
        return GIVEN

    client = chimeline.blocking.client("chime", "us-east-1", endpoint_url=server.url, credentials=keys)
    loader = threading.Thread(target=lambda: client.create_media_capture_pipeline(**INPUT))
    loader.start()
    time.sleep(0.05)
    started = time.monotonic()
    with pytest.raises(exceptions.CallTimeoutError, match=r"timed out after 0\.2 s: it was getting credentials for attempt 1"):
        client.with_options(timeout=0.2).create_media_capture_pipeline(**INPUT)
    assert time.monotonic() - started < 2
    release.set()
    loader.join()


def test_a_function_that_takes_longer_than_the_call_may_is_named_as_the_phase(server: Server) -> None:
    def keys() -> dict[str, str]:
        time.sleep(0.2)
        return GIVEN

    client = chimeline.blocking.client("chime", "us-east-1", endpoint_url=server.url, credentials=keys)
    with pytest.raises(exceptions.CallTimeoutError, match="getting credentials for attempt 1"):
        client.with_options(timeout=0.1).create_media_capture_pipeline(**INPUT)
    assert not server.requests


def test_a_credentials_function_that_calls_its_own_client_is_named(server: Server) -> None:
    def keys() -> dict[str, str]:
        client.create_media_capture_pipeline(**INPUT)
        return GIVEN

    client = chimeline.blocking.client("chime", "us-east-1", endpoint_url=server.url, credentials=keys)
    with pytest.raises(exceptions.CredentialRetrievalError, match="keys") as caught:
        client.create_media_capture_pipeline(**INPUT)
    causes = []
    error: BaseException | None = caught.value
    while error is not None:
        causes.append(str(error))
        error = error.__cause__
    assert "it calls a client that takes its credentials from it" in causes[-1]


async def test_a_coroutine_function_that_calls_its_own_client_is_named(server: Server) -> None:
    async def keys() -> dict[str, str]:
        await client.create_media_capture_pipeline(**INPUT)
        return GIVEN

    client = chimeline.client("chime", "us-east-1", endpoint_url=server.url, credentials=keys)
    with pytest.raises(exceptions.CredentialRetrievalError) as caught:
        await client.create_media_capture_pipeline(**INPUT)
    assert "it calls a client that takes its credentials from it" in str(caught.value.__cause__)


@needs_signals
def test_greenlets_may_switch_inside_a_call(server: Server, options: dict[str, Any], alarm: Any) -> None:
    greenlet = pytest.importorskip("greenlet")
    client = chimeline.blocking.client("chime", **options, config=chimeline.Config(max_concurrency=1, timeout=3))
    main = greenlet.getcurrent()
    outcomes: dict[str, Any] = {}

    def call(name: str) -> None:
        try:
            client.with_options(timeout=0.6).create_media_capture_pipeline(**INPUT)
        except exceptions.CallTimeoutError as error:
            outcomes[name] = error

    def second() -> None:
        alarm(0.1, main.switch)
        call("second")

    other = greenlet.greenlet(second)
    server.default = Stall()
    alarm(0.1, other.switch)
    call("first")
    if not other.dead:
        other.switch()
    assert sorted(outcomes) == ["first", "second"]
    server.default = CREATED
    assert client.create_media_capture_pipeline(**INPUT)


def test_a_greenlet_may_switch_inside_the_function_for_credentials(server: Server) -> None:
    greenlet = pytest.importorskip("greenlet")
    main = greenlet.getcurrent()
    asked: list[str] = []

    def keys() -> dict[str, str]:
        asked.append("first" if greenlet.getcurrent() is main else "second")
        if len(asked) == 1:
            other.switch()
        return GIVEN

    client = chimeline.blocking.client("chime", "us-east-1", endpoint_url=server.url, credentials=keys).with_options(timeout=5)
    made: list[Any] = []
    # On the same thread, whose first greenlet goes on only after it.
    other = greenlet.greenlet(lambda: made.append(client.create_media_capture_pipeline(**INPUT)))
    assert client.create_media_capture_pipeline(**INPUT)
    assert (len(made), asked) == (1, ["first", "second"])
