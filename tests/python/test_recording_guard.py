"""A recording in one scope, which is stopped whatever ends it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

import chimeline
from chimeline import recording
from chimeline.exceptions import EndpointConnectionError, ParamValidationError, ServiceUnavailableException, WaiterError
from chimeline.recording import blocking
from chimeline.testing import LocalChime

SINK = "s3://recordings/guarded"


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime(transition_delay=0.02) as running:
        yield running


@pytest.fixture
def meeting(chime: LocalChime) -> Any:
    return blocking.ensure_meeting("room", "us-east-1", client=chime.blocking_client("chime-sdk-meetings"))


def active(chime: LocalChime) -> list[str]:
    """The captures that do their work."""
    client: Any = chime.blocking_client("chime-sdk-media-pipelines")
    listed = client.list_media_capture_pipelines()["MediaCapturePipelines"]
    found: list[str] = []
    for item in listed:
        try:
            pipeline = client.get_media_capture_pipeline(MediaPipelineId=item["MediaPipelineId"])["MediaCapturePipeline"]
        except client.exceptions.NotFoundException:
            continue
        if pipeline["Status"] in ("Initializing", "InProgress"):
            found.append(item["MediaPipelineId"])
    return found


def test_it_records_while_the_body_runs(chime: LocalChime, meeting: Any) -> None:
    client: Any = chime.blocking_client("chime-sdk-media-pipelines")
    with blocking.record(meeting, SINK, concatenate_to="s3://recordings/j", client=client) as guarded:
        assert active(chime) == [guarded.pipeline_id]
        assert guarded.stopped is None
    assert active(chime) == []
    assert guarded.stopped is not None
    assert guarded.stopped["MediaPipelineIds"] == [guarded.pipeline_id]
    assert len(guarded.stopped["MediaConcatenationPipelines"]) == 1


def test_an_error_of_the_body_is_the_one_that_is_raised(
    chime: LocalChime, meeting: Any, caplog: pytest.LogCaptureFixture
) -> None:
    client: Any = chime.blocking_client("chime-sdk-media-pipelines").with_options(max_attempts=1)
    with pytest.raises(ZeroDivisionError), blocking.record(meeting, SINK, client=client):
        _ = 1 / 0
    assert active(chime) == []
    guard = blocking.record(meeting, SINK, client=client)
    guard._stop["retry"] = 0
    chime.add_fault({"id": "stop", "operation": "DeleteMediaCapturePipeline", "refusal": "service-unavailable"})
    with caplog.at_level(logging.ERROR, "chimeline"), pytest.raises(KeyError) as caught, guard:
        raise KeyError("body")
    assert f"chimeline stop {guard.pipeline_id}" in caplog.text
    if sys.version_info >= (3, 11):
        assert guard.pipeline_id in caught.value.__notes__[0]
    with pytest.raises(ServiceUnavailableException), guard:
        pass
    chime.remove_fault("stop")
    guard._stop_at_exit()
    assert active(chime) == []


async def enter(guard: Any, awaited: bool) -> None:
    if awaited:
        await guard.__aenter__()
    else:
        guard.__enter__()


async def test_a_start_that_was_not_answered_is_said_with_what_stops_it(meeting: Any, caplog: pytest.LogCaptureFixture) -> None:
    options = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    for module, how in ((recording, chimeline.client), (blocking, chimeline.blocking.client)):
        client: Any = how("chime-sdk-media-pipelines", endpoint_url="http://127.0.0.1:1", **options).with_options(max_attempts=1)
        guard: Any = module.record(meeting, SINK, client=client)
        with caplog.at_level(logging.ERROR, "chimeline"), pytest.raises(EndpointConnectionError):
            await enter(guard, module is recording)
        assert f"This stops it: chimeline stop {meeting['Meeting']['MeetingId']}" in caplog.text
        caplog.clear()


def test_it_stops_after_its_longest_duration_though_the_body_goes_on(chime: LocalChime, meeting: Any) -> None:
    client: Any = chime.blocking_client("chime-sdk-media-pipelines")
    with blocking.record(meeting, SINK, max_duration=0.2, client=client) as guarded:
        deadline = time.monotonic() + 20
        while guarded.stopped is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert guarded.stopped is not None
        assert active(chime) == []
    wrong: list[Any] = [0, -1, "long"]
    for value in wrong:
        with pytest.raises(ParamValidationError, match="max_duration must be"):
            blocking.record(meeting, SINK, max_duration=value, client=client)


async def test_it_is_awaited_and_a_cancellation_stops_it(chime: LocalChime, meeting: Any) -> None:
    client = chime.client("chime-sdk-media-pipelines")
    entered = asyncio.Event()

    async def body() -> None:
        async with recording.record(meeting, SINK, client=client):
            entered.set()
            await asyncio.sleep(60)

    for delay in (None, 0.0, 0.001, 0.005, 0.02):
        entered.clear()
        task = asyncio.create_task(body())
        if delay is None:
            await entered.wait()
        else:
            await asyncio.sleep(delay)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert active(chime) == []
    async with recording.record(meeting, SINK, max_duration=0.1, client=client) as guarded:
        await asyncio.sleep(1)
        assert guarded.stopped is not None
    with pytest.raises(TypeError, match="async with"), recording.record(meeting, SINK, client=client):
        pass
    blocks: Any = chime.blocking_client("chime-sdk-media-pipelines")
    with pytest.raises(TypeError, match="`with`"):
        async with blocking.record(meeting, SINK, client=blocks):
            pass


def test_one_that_fails_at_once_is_raised(chime: LocalChime, meeting: Any) -> None:
    client: Any = chime.blocking_client("chime-sdk-media-pipelines")
    failed = blocking.start_recording(meeting, SINK, client=client)
    chime.add_fault({"operation": "GetMediaCapturePipeline", "refusal": "authorization-failed", "skip": 1})
    with pytest.raises(WaiterError), blocking.record(meeting, SINK, client=client):
        raise AssertionError("the body must not run")
    assert failed["MediaPipelineId"] not in active_ids(chime)


def active_ids(chime: LocalChime) -> list[str]:
    chime.control("DELETE", "/faults")
    return active(chime)


PROGRAM = """
import signal, sys, time, asyncio
from chimeline import recording
from chimeline.recording import blocking
meeting, way = sys.argv[1:]
# A shell that starts jobs in the background lets them ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
if way == "awaited":
    async def main():
        guard = await recording.record(meeting, "s3://recordings").__aenter__()
        print(guard.pipeline_id, flush=True)
    asyncio.run(main())
elif way == "exit":
    guard = blocking.record(meeting, "s3://recordings").__enter__()
    print(guard.pipeline_id, flush=True)
else:
    with blocking.record(meeting, "s3://recordings") as guard:
        print(guard.pipeline_id, flush=True)
        time.sleep(60)
"""


@pytest.mark.parametrize("way", ["exit", "awaited", "interrupted"])
def test_the_end_of_the_process_stops_it(chime: LocalChime, meeting: Any, python: str, way: str) -> None:
    environment = {**chime.environment, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [python, "-c", PROGRAM, meeting["Meeting"]["MeetingId"], way]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    if way == "interrupted":
        process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert line.strip(), errors
    assert active(chime) == []
    assert (process.returncode == 0) == (way != "interrupted"), errors
