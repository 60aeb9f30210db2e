"""A user's function for credentials: whose call waits for it, what ends meanwhile, and where it runs."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import chimeline
from chimeline import exceptions
from chimeline._host.credentials import CredentialSource
from conftest import INPUT
from server import Server

GIVEN = {"access_key": "AK", "secret_key": "SK"}
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def where(server: Server) -> dict[str, Any]:
    return {"region_name": "us-east-1", "endpoint_url": server.url}


@pytest.fixture
def unheard(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fails for what asyncio logs, such as a task whose exception was never retrieved."""
    yield
    gc.collect()
    assert not [record for record in caplog.records if record.name == "asyncio"]


def create(client: Any) -> Any:
    return client.create_media_capture_pipeline(**INPUT)


@pytest.mark.usefixtures("unheard")
async def test_a_slow_function_counts_against_the_deadline_of_the_call_that_waits_for_anothers_load(
    server: Server, where: dict[str, Any]
) -> None:
    asked = 0

    async def function() -> dict[str, str]:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.3)
        return GIVEN

    client = chimeline.client("chime", **where, credentials=function)
    started = time.monotonic()
    calls = (create(client.with_options(timeout=limit)) for limit in (0.05, 0.06))
    for error, limit in zip(await asyncio.gather(*calls, return_exceptions=True), ("0.05", "0.06"), strict=True):
        assert isinstance(error, exceptions.CallTimeoutError)
        assert f"timed out after {limit} s: it was getting credentials for attempt 1" in str(error)
        assert error.operation_name == "CreateMediaCapturePipeline"
    assert time.monotonic() - started < 0.25
    assert not server.requests
    # The load that the deadline cut off goes on for the next call.
    await create(client)
    assert asked == 1


@pytest.mark.usefixtures("unheard")
async def test_a_cancelled_call_cancels_the_function_that_it_asked_and_another_call_asks_anew(where: dict[str, Any]) -> None:
    asked, cancelled = 0, 0
    release = asyncio.Event()

    async def function() -> dict[str, str]:
        nonlocal asked, cancelled
        asked += 1
        try:
            await release.wait()
        except asyncio.CancelledError:
            cancelled += 1
            raise
        return GIVEN

    client = chimeline.client("chime", **where, credentials=function)
    first = asyncio.create_task(create(client))
    while not asked:
        await asyncio.sleep(0.001)
    others = [asyncio.create_task(create(client)) for _ in range(3)]
    await asyncio.sleep(0.01)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert cancelled == 1
    while asked < 2:
        await asyncio.sleep(0.001)
    release.set()
    assert all(await asyncio.gather(*others))
    assert asked == 2
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.usefixtures("unheard")
async def test_calls_that_are_cancelled_before_their_question_is_asked_hang_nobody(where: dict[str, Any]) -> None:
    client = chimeline.client("chime", **where, credentials=lambda: GIVEN)
    for _ in range(20):
        fresh = chimeline.client("chime", **where, credentials=lambda: GIVEN)
        call, other = asyncio.ensure_future(create(fresh)), asyncio.ensure_future(create(fresh))
        await asyncio.sleep(0)
        time.sleep(0.002)  # the question has come, and nobody has seen it  # noqa: ASYNC251
        call.cancel()
        assert await asyncio.wait_for(other, 5)
    assert await create(client)


@pytest.mark.usefixtures("unheard")
@pytest.mark.parametrize("raised", [asyncio.CancelledError, KeyboardInterrupt, GeneratorExit], ids=lambda cls: cls.__name__)
def test_what_ends_more_than_a_call_is_no_failure_of_the_function(where: dict[str, Any], raised: type[BaseException]) -> None:
    def function() -> dict[str, str]:
        raise raised

    async def coroutine_function() -> dict[str, str]:
        raise raised

    blocking = chimeline.blocking.client("chime", **where, credentials=function)
    for _ in range(2):
        with pytest.raises(raised):
            create(blocking)
    if raised is not GeneratorExit:
        client = chimeline.client("chime", **where, credentials=coroutine_function)
        with pytest.raises(raised):
            asyncio.run(create(client))


def test_an_interrupted_function_leaves_the_load_to_another_thread_at_once(where: dict[str, Any]) -> None:
    is_asked, interrupt = threading.Event(), threading.Event()
    asked: list[str] = []

    def function() -> dict[str, str]:
        asked.append(threading.current_thread().name)
        if len(asked) == 1:
            is_asked.set()
            interrupt.wait(10)
            raise KeyboardInterrupt
        return GIVEN

    client = chimeline.blocking.client("chime", **where, credentials=function)
    kept: list[BaseException] = []

    def first() -> None:
        try:
            create(client)
        except KeyboardInterrupt as error:
            kept.append(error)  # with its traceback, whose frames keep the question

    made: list[Any] = []
    threads = [threading.Thread(target=first), threading.Thread(target=lambda: made.append(create(client)))]
    threads[0].start()
    assert is_asked.wait(10)
    threads[1].start()
    time.sleep(0.05)
    interrupt.set()
    for thread in threads:
        thread.join(10)
    assert (len(kept), len(made), len(asked)) == (1, 1, 2)


@needs_signals
def test_a_signal_handlers_call_ends_within_its_deadline_while_the_function_runs_on_that_thread(
    server: Server, where: dict[str, Any]
) -> None:
    outcomes: list[Any] = []

    def function() -> dict[str, str]:
        time.sleep(0.3)
        return GIVEN

    def handler(*_: object) -> None:
        started = time.monotonic()
        for limit in (0.1, 5):
            try:
                outcomes.append(create(client.with_options(timeout=limit)))
            except exceptions.CallTimeoutError as error:  # noqa: PERF203
                outcomes.append(error)
        assert time.monotonic() - started < 3

    client = chimeline.blocking.client("chime", **where, credentials=function)
    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        assert create(client)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert "getting credentials for attempt 1" in str(outcomes[0])
    assert "MediaCapturePipeline" in outcomes[1]


async def test_credentials_that_an_awaited_and_a_blocking_client_share_stand_still_on_no_thread(where: dict[str, Any]) -> None:
    asked = 0

    def function() -> dict[str, str]:
        nonlocal asked
        asked += 1
        time.sleep(0.05)
        return GIVEN

    shared = CredentialSource(function)
    client = chimeline.client("chime", **where, credentials=shared)
    blocking = chimeline.blocking.client("chime", **where, credentials=shared).with_options(timeout=5)
    call = asyncio.create_task(create(client.with_options(timeout=5)))
    await asyncio.sleep(0.01)
    assert not call.done()
    # The loop, which alone could take the answer to the other call's question, stands still meanwhile.
    assert create(blocking)
    assert await call
    assert asked == 2
    for _ in range(3):
        assert await create(client)
        assert create(blocking)
    assert asked == 2


async def test_the_function_sees_the_context_of_the_call_that_asks(where: dict[str, Any]) -> None:
    tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant")
    seen: list[tuple[str, str]] = []

    def function() -> dict[str, str]:
        seen.append((tenant.get(), threading.current_thread().name))
        raise RuntimeError

    async def coroutine_function() -> dict[str, str]:
        return function()

    for credentials in (function, coroutine_function):
        client = chimeline.client("chime", **where, credentials=credentials)
        for name in ("one", "two"):
            tenant.set(name)
            with pytest.raises(exceptions.CredentialRetrievalError):
                await create(client)
    blocking = chimeline.blocking.client("chime", **where, credentials=function)
    tenant.set("three")
    with pytest.raises(exceptions.CredentialRetrievalError):
        create(blocking)
    assert [name for name, _ in seen] == ["one", "two", "one", "two", "three"]
    own = threading.current_thread().name
    assert [name == own for _, name in seen] == [False, False, True, True, True]


async def test_a_task_that_the_function_left_behind_may_call(where: dict[str, Any]) -> None:
    tasks: list[asyncio.Task[Any]] = []

    async def function() -> dict[str, str]:
        async def later() -> Any:
            await asyncio.sleep(0.05)
            return await create(client)

        tasks.append(asyncio.create_task(later()))
        return GIVEN

    client = chimeline.client("chime", **where, credentials=function)
    await create(client)
    assert await tasks[0]


def test_errors_of_calls_that_share_a_load_say_the_same(where: dict[str, Any]) -> None:
    async def vault() -> dict[str, str]:
        await asyncio.sleep(0.01)
        raise PermissionError("secret")

    async def main() -> list[Any]:
        client = chimeline.client("chime", **where, credentials=vault)
        return await asyncio.gather(*(create(client) for _ in range(5)), return_exceptions=True)

    errors = asyncio.run(main())
    assert len({str(error) for error in errors}) == 1
    assert "vault: PermissionError, when calling the CreateMediaCapturePipeline operation" in str(errors[0])
    assert "secret" not in str(errors[0])
    assert sum(isinstance(error.__cause__, PermissionError) for error in errors) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_within_the_function_ends_the_childs_call_and_keeps_nothing_of_it(where: dict[str, Any]) -> None:
    parent, children = os.getpid(), []

    def function() -> dict[str, str]:
        if os.getpid() == parent and not children:
            children.append(os.fork())
            if not children[0]:
                children.clear()
        return GIVEN

    client = chimeline.blocking.client("chime", **where, credentials=function)
    try:
        create(client)
    except exceptions.CallCancelledError as error:
        # In the child: the call is the parent's, and a new one asks anew.
        ok = "forked in the middle of the call" in str(error) and create(client)
        os._exit(0 if ok else 1)
    if os.getpid() != parent:
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0


@pytest.mark.parametrize("module", [chimeline, chimeline.blocking], ids=["asyncio", "blocking"])
def test_the_clients_of_a_session_ask_once(where: dict[str, Any], module: Any) -> None:
    asked: list[None] = []

    def function() -> dict[str, str]:
        asked.append(None)
        return GIVEN

    session = module.Session(credentials=function, region_name=where["region_name"])
    for _ in range(3):
        outcome = create(session.client("chime", endpoint_url=where["endpoint_url"]))
        if asyncio.iscoroutine(outcome):
            asyncio.run(outcome)
    assert len(asked) == 1
    with pytest.raises(TypeError, match="credentials must be a function"):
        module.Session(credentials="AK:SK")
