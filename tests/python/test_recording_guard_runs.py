"""Guards in processes that are killed, cancelled and interrupted at random points: one recording at a time, and none left on.

`SEED=n` draws the same points again.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

import pytest

from chimeline.testing import LocalChime
from recorded import check_that_recordings_follow_each_other, resources

SEED = int(os.environ.get("SEED", "20240229"))
PROGRAM = """
import asyncio, sys, time
from chimeline import recording
from chimeline.recording import blocking
room, way, delay = sys.argv[1], sys.argv[2], float(sys.argv[3])
given = {"concatenate_to": "s3://recordings/joined"}
meeting = blocking.ensure_meeting(room, "us-east-1")
print("begins", flush=True)
if way == "cancelled":
    async def body():
        async with recording.record(meeting, "s3://recordings/guarded", **given):
            await asyncio.sleep(60)
    async def main():
        task = asyncio.create_task(body())
        await asyncio.sleep(delay)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
    asyncio.run(main())
else:
    with blocking.record(meeting, "s3://recordings/guarded", **given):
        time.sleep(delay if way == "ended" else 60)
"""
WAYS = ("killed", "cancelled", "interrupted", "ended")


class Runs:
    def __init__(self, chime: LocalChime, python: str, rng: random.Random) -> None:
        self._environment = {**chime.environment, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._python = python
        self._rng = rng

    def run(self, room: str, way: str) -> None:
        delay = self._rng.uniform(0, 0.3)
        command = [self._python, "-c", PROGRAM, room, way, str(delay)]
        process = subprocess.Popen(command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        if way in ("killed", "interrupted"):
            time.sleep(delay)
            process.send_signal(signal.SIGKILL if way == "killed" else signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        if way in ("cancelled", "ended"):
            assert process.returncode == 0, errors


@pytest.mark.skipif(os.name != "posix", reason="kills processes")
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("runs", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_whatever_ends_a_process_one_recording_is_on_at_a_time_and_none_at_the_end(python: str, runs: int) -> None:
    rng = random.Random(SEED)
    day = 24 * 3600.0
    with LocalChime(transition_delay=0.05, unjoined_meeting_timeout=day, stopped_retention=day) as chime:
        guarded = Runs(chime, python, rng)
        ways = [WAYS[at % 4] for at in range(runs)]
        for number, way in enumerate(ways):
            room = f"room-{number}"
            guarded.run(room, way)
            if way == "killed":
                # Whoever begins anew takes up the recording that was left on, and ends it.
                guarded.run(room, "ended")
            client: Any = chime.blocking_client("chime-sdk-media-pipelines")
            assert not on(client), f"run {number}, {way}"
        time.sleep(0.5)
        check_that_recordings_follow_each_other(chime)
        state = chime.export_state()
        captures = Counter(found["arn"] for found in resources(state) if "SourceArn" in found["members"])
        joined = Counter(
            found["members"]["Sources"][0]["MediaCapturePipelineSourceConfiguration"]["MediaPipelineArn"]
            for found in resources(state)
            if "Sources" in found["members"]
        )
        assert len(captures) >= runs // 2
        assert set(joined.values()) <= {1}, "a recording is joined once"
        assert set(joined) <= set(captures)


def on(client: Any) -> list[str]:
    """The captures that are at work."""
    found: list[str] = []
    for item in client.list_media_capture_pipelines()["MediaCapturePipelines"]:
        try:
            pipeline = client.get_media_capture_pipeline(MediaPipelineId=item["MediaPipelineId"])["MediaCapturePipeline"]
        except client.exceptions.NotFoundException:
            continue
        if pipeline["Status"] in ("Initializing", "InProgress"):
            found.append(item["MediaPipelineId"])
    return found
