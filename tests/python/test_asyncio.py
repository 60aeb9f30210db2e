"""Clients on event loops: many calls, several loops, cancelling, loops that end."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import importlib
import inspect
import sys
import threading
import time
import weakref
from typing import Any

import pytest

import chimeline
from chimeline import exceptions
from conftest import CREATED, INPUT
from server import Server, Stall


def test_methods_are_coroutine_functions(client: Any) -> None:
    assert inspect.iscoroutinefunction(client.create_media_capture_pipeline)
    assert not inspect.iscoroutinefunction(chimeline.blocking.client("chime").create_media_capture_pipeline)


async def test_many_calls_at_once(client: Any) -> None:
    results = await asyncio.gather(*(client.create_media_capture_pipeline(**INPUT) for _ in range(200)))
    assert {result["MediaCapturePipeline"]["Status"] for result in results} == {"Initializing"}


async def test_a_task_can_be_made_of_a_call(client: Any) -> None:
    task = asyncio.create_task(client.create_media_capture_pipeline(**INPUT))
    assert (await task)["MediaCapturePipeline"]


async def test_a_fault_is_raised_where_the_call_is_awaited(client: Any, server: Server) -> None:
    call = client.create_media_capture_pipeline(SourceType=1)
    with pytest.raises(exceptions.ParamValidationError, match="SinkArn"):
        await call
    assert not server.requests


def test_one_client_works_on_one_loop_after_another(client: Any) -> None:
    for _ in range(3):
        assert asyncio.run(client.create_media_capture_pipeline(**INPUT))["MediaCapturePipeline"]


def test_one_client_works_on_several_loops_at_once(client: Any) -> None:
    outcomes: list[Any] = []

    async def several() -> None:
        calls = (client.create_media_capture_pipeline(**INPUT) for _ in range(50))
        outcomes.extend(await asyncio.gather(*calls, return_exceptions=True))

    threads = [threading.Thread(target=lambda: asyncio.run(several())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 200
    assert not [outcome for outcome in outcomes if isinstance(outcome, BaseException)]


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop is not for Windows")
def test_a_loop_of_uvloop(client: Any) -> None:
    uvloop = importlib.import_module("uvloop")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) if hasattr(asyncio, "Runner") else _Runner(uvloop) as runner:
        assert runner.run(client.create_media_capture_pipeline(**INPUT))["MediaCapturePipeline"]


class _Runner:
    """`asyncio.Runner` for Python 3.10."""

    def __init__(self, uvloop: Any) -> None:
        self._loop = uvloop.new_event_loop()

    def __enter__(self) -> _Runner:
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.close()

    def run(self, call: Any) -> Any:
        return self._loop.run_until_complete(call)


class WithoutReaders(asyncio.SelectorEventLoop):
    """Waits for no sockets, as Windows' default loop."""

    def add_reader(self, *args: Any) -> None:
        raise NotImplementedError


def test_a_loop_that_waits_for_no_sockets(client: Any) -> None:
    loop = WithoutReaders()
    try:
        for _ in range(3):
            assert loop.run_until_complete(client.create_media_capture_pipeline(**INPUT))["MediaCapturePipeline"]
    finally:
        loop.close()


async def test_cancelling_closes_the_connection_at_once(client: Any, server: Server) -> None:
    server.default = Stall()
    task = asyncio.create_task(client.create_media_capture_pipeline(**INPUT))
    while not server.requests:
        await asyncio.sleep(0.01)
    task.cancel()
    started = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    while server.open_connections:
        await asyncio.sleep(0.01)
        assert time.monotonic() - started < 5
    server.default = CREATED
    assert await client.create_media_capture_pipeline(**INPUT)


async def test_a_timeout_of_asyncio_cancels(client: Any, server: Server) -> None:
    server.default = Stall()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(client.create_media_capture_pipeline(**INPUT), 0.05)


async def test_calls_cancelled_in_all_their_stages_harm_no_other(client: Any) -> None:
    for delay in range(40):
        task = asyncio.create_task(client.create_media_capture_pipeline(**INPUT))
        other = asyncio.create_task(client.create_media_capture_pipeline(**INPUT))
        await asyncio.sleep(delay / 20_000)
        task.cancel()
        assert (await other)["MediaCapturePipeline"]
        await asyncio.gather(task, return_exceptions=True)


def test_a_loop_closed_in_mid_call_leaves_no_noise(client: Any, server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    server.default = Stall()
    loop = asyncio.new_event_loop()
    task = loop.create_task(client.create_media_capture_pipeline(**INPUT))
    loop.run_until_complete(asyncio.sleep(0.05))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()
    del loop, task
    gc.collect()
    assert capfd.readouterr().err == ""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_loops_closed_in_mid_call_are_not_kept(client: Any, server: Server) -> None:
    def abandoned() -> weakref.ref[asyncio.AbstractEventLoop]:
        loop = asyncio.new_event_loop()
        task = loop.create_task(client.create_media_capture_pipeline(**INPUT))
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.close()
        return weakref.ref(loop)

    server.default = Stall()
    loops = [abandoned() for _ in range(4)]
    gc.collect()
    assert sum(loop() is not None for loop in loops) <= 1


def test_the_loops_of_a_provider_are_not_kept(server: Server) -> None:
    async def provider() -> dict[str, str]:
        return {"access_key": "AK", "secret_key": "SK"}

    async def call() -> weakref.ref[asyncio.AbstractEventLoop]:
        await client.create_media_capture_pipeline(**INPUT)
        return weakref.ref(asyncio.get_running_loop())

    client = chimeline.client("chime", "us-east-1", endpoint_url=server.url, credentials=provider)
    loop = asyncio.run(call())
    gc.collect()
    assert loop() is None


class Unwilling(asyncio.Future):  # type: ignore[type-arg]
    """A future that refuses its first result."""

    refuses = False

    def set_result(self, result: Any) -> None:
        if Unwilling.refuses and isinstance(result, dict):
            Unwilling.refuses = False
            raise RuntimeError("no result is taken here")
        super().set_result(result)


class UnwillingLoop(asyncio.SelectorEventLoop):
    def create_future(self) -> asyncio.Future[Any]:
        return Unwilling(loop=self)


def test_an_outcome_that_cannot_be_given_is_raised_by_its_call_and_holds_up_no_other(client: Any, server: Server) -> None:
    stand_still = time.sleep

    async def main() -> list[Any]:
        Unwilling.refuses = True
        calls = [asyncio.ensure_future(client.create_media_capture_pipeline(**INPUT)) for _ in range(3)]
        await asyncio.sleep(0)
        while len(server.requests) < 3:
            stand_still(0.01)
        stand_still(0.2)  # so that the outcomes come together
        return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 5)

    loop = UnwillingLoop()
    try:
        outcomes = loop.run_until_complete(main())
    finally:
        loop.close()
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [RuntimeError]
    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 2


class Loop(asyncio.SelectorEventLoop):
    """A loop to which more can be hung."""

    pending: Any


class LoopWithoutReaders(WithoutReaders):
    pending: Any


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", [Loop, LoopWithoutReaders])
def test_a_loop_dropped_unclosed_with_a_call_pending_is_freed(client: Any, server: Server, kind: Any) -> None:
    def leave() -> weakref.ref[asyncio.AbstractEventLoop]:
        loop = kind()

        async def begin() -> None:
            loop.pending = asyncio.ensure_future(client.create_media_capture_pipeline(**INPUT))
            loop.pending._log_destroy_pending = False
            await asyncio.sleep(0.1)

        loop.run_until_complete(begin())
        asyncio.set_event_loop(None)
        return weakref.ref(loop)

    server.default = Stall()
    loops = [leave() for _ in range(2)]
    assert len(server.requests) == 2
    gc.collect()
    assert [loop() for loop in loops] == [None, None]


class Data:
    """What a request of the user's program is about."""


def test_the_context_of_the_first_call_is_not_kept(client: Any) -> None:
    request: contextvars.ContextVar[Data] = contextvars.ContextVar("request")

    async def handle() -> weakref.ref[Data]:
        data = Data()
        request.set(data)
        await client.create_media_capture_pipeline(**INPUT)
        return weakref.ref(data)

    async def main() -> None:
        seen = [await asyncio.create_task(handle()) for _ in range(2)]
        await asyncio.sleep(0.05)
        gc.collect()
        assert [one() for one in seen] == [None, None]

    asyncio.run(main())


async def test_the_client_is_an_async_context_manager(options: dict[str, Any]) -> None:
    async with chimeline.client("chime", **options) as client:
        assert await client.create_media_capture_pipeline(**INPUT)
    assert await client.create_media_capture_pipeline(**INPUT)
