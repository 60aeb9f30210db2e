"""There are as many connections as calls at once; `max_pool_connections` are kept, and `max_concurrency` is a limit."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest

import chimeline
from conftest import CREATED, INPUT
from server import Answer, Server

PAUSE = 0.3


@pytest.fixture
def slow(server: Server) -> Server:
    server.default = Answer(200, {"MediaCapturePipelines": []})

    def answer(_: Any) -> Answer:
        time.sleep(PAUSE)
        return CREATED

    server.default = answer
    return server


def in_threads(call: Callable[[], Any], count: int) -> float:
    started = time.monotonic()
    threads = [threading.Thread(target=call) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - started


def left_open(server: Server) -> int:
    """How many connections stay open once the others are closed."""
    deadline = time.monotonic() + 5
    with server.closed:
        while server.open_connections > 3 and time.monotonic() < deadline:
            server.closed.wait(0.1)
    time.sleep(0.1)
    return server.open_connections


def test_fifty_threads_call_at_once_as_with_boto3(slow: Server, options: dict[str, Any]) -> None:
    ours = chimeline.blocking.client("chime", **options)
    theirs = boto3.client("chime-sdk-meetings", **options)
    took = in_threads(lambda: ours.create_media_capture_pipeline(**INPUT), 50)
    of_boto3 = in_threads(
        lambda: theirs.create_meeting(ClientRequestToken="token", MediaRegion="us-east-1", ExternalMeetingId="xx"), 50
    )
    assert took < of_boto3 + PAUSE
    assert took < 3 * PAUSE


def test_a_blocking_client_keeps_as_many_connections_as_it_is_told(slow: Server, options: dict[str, Any]) -> None:
    client = chimeline.blocking.client("chime", **options, config=chimeline.Config(max_pool_connections=3))
    in_threads(lambda: client.create_media_capture_pipeline(**INPUT), 8)
    assert slow.connections == 8
    assert left_open(slow) == 3
    in_threads(lambda: client.create_media_capture_pipeline(**INPUT), 3)
    assert slow.connections == 8


async def test_an_awaited_client_keeps_as_many_connections_as_it_is_told(slow: Server, options: dict[str, Any]) -> None:
    client = chimeline.client("chime", **options, config=chimeline.Config(max_pool_connections=3))
    await asyncio.gather(*(client.create_media_capture_pipeline(**INPUT) for _ in range(8)))
    assert slow.connections == 8
    assert await asyncio.to_thread(left_open, slow) == 3


async def test_max_concurrency_is_a_limit_for_both(slow: Server, options: dict[str, Any]) -> None:
    config = chimeline.Config(max_concurrency=2)
    client = chimeline.client("chime", **options, config=config)
    started = time.monotonic()
    await asyncio.gather(*(client.create_media_capture_pipeline(**INPUT) for _ in range(4)))
    assert time.monotonic() - started >= 2 * PAUSE
    assert slow.connections == 2
    blocking = chimeline.blocking.client("chime", **options, config=config)
    took = await asyncio.to_thread(in_threads, lambda: blocking.create_media_capture_pipeline(**INPUT), 4)
    assert took >= 2 * PAUSE
    assert slow.connections == 4
    assert blocking.meta.config.max_concurrency == 2
    assert blocking.meta.config.max_pool_connections == 10


async def test_a_burst_of_awaited_calls_leaves_descriptors_to_the_program(server: Server, options: dict[str, Any]) -> None:
    most, now, lock = 0, 0, threading.Lock()

    def answer(_: Any) -> Answer:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.05)
        with lock:
            now -= 1
        return CREATED

    server.default = answer
    client = chimeline.client("chime", **options)
    await asyncio.gather(*(client.create_media_capture_pipeline(**INPUT) for _ in range(400)))
    assert 10 < most <= 200
    assert server.connections <= 400


@pytest.mark.parametrize("value", [0, -1, 1.5, "many"])
def test_limits_that_are_none_are_named(value: Any, options: dict[str, Any]) -> None:
    for name in ("max_concurrency", "max_pool_connections"):
        with pytest.raises((TypeError, chimeline.exceptions.InvalidConfigError), match=name):
            chimeline.blocking.client("chime", **options, config=chimeline.Config(**{name: value}))
