"""Handlers, each call in a process of its own, killed at random points, delivered twice, with answers lost.

`SEED=n` draws the same points again.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chimeline.testing import LocalChime
from recorded import check_that_recordings_follow_each_other, resources

HANDLER = Path(__file__).parent / "recording_handler.py"
SEED = int(os.environ.get("SEED", "20240229"))


class Lambda:
    """Calls handlers as a service does that delivers at least once."""

    def __init__(self, chime: LocalChime, python: str, dice: random.Random) -> None:
        self._command = [python, str(HANDLER)]
        self._environment = {**chime.environment, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        self._dice = dice
        self.killed = 0

    def call(self, name: str, event: dict[str, Any]) -> Any:
        """The result of a call that came to its end; before, some were killed, and behind, one may come once more."""
        result = None
        for _ in range(50):
            outcome = self._run(name, event, kill=self._dice.random() < 0.4)
            if outcome is not None:
                result = outcome
                break
        assert result is not None, f"{name} never came to its end"
        if self._dice.random() < 0.3:
            self._run(name, event, kill=False)
        return json.loads(result)

    def _run(self, name: str, event: dict[str, Any], kill: bool) -> str | None:
        command = [*self._command, name, json.dumps(event)]
        process = subprocess.Popen(command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            out, _ = process.communicate(timeout=self._dice.uniform(0.05, 0.5) if kill else 30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.killed += 1
            return None
        # A call that failed is delivered again, as one that was killed.
        return out if process.returncode == 0 else None


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("runs", [6, pytest.param(300, marks=pytest.mark.slow)])
def test_handlers_that_are_killed_and_repeated_leave_one_recording_and_one_concatenation(python: str, runs: int) -> None:
    dice = random.Random(SEED)
    day = 24 * 3600.0
    # Nobody joins the meetings, and all that was is counted at the end.
    with LocalChime(transition_delay=0.05, unjoined_meeting_timeout=day, stopped_retention=day) as chime:
        lost = chime.add_fault({"cut": 0, "probability": 0.15})
        deliveries = Lambda(chime, python, dice)
        for run in range(runs):
            event = {"room": f"room-{run}"}
            first = deliveries.call("start", event)
            stopped = deliveries.call("stop", event)
            assert set(stopped) <= {first}
            second = deliveries.call("start", event)
            assert second != first, "a stop followed by a start is a new recording"
            deliveries.call("stop", event)
        for event in chime.events():
            if event["detail-type"] == "Chime Media Pipeline State Change" and dice.random() < 0.3:
                deliveries.call("on_event", event)
        # One that is still on is found and stopped by whoever cleans up.
        left = {"room": f"room-{runs}"}
        deliveries.call("start", left)
        assert len(deliveries.call("clean_up", {})) <= 1
        assert next(rule["struck"] for rule in chime.faults() if rule["id"] == lost["id"]) > 0
        chime.remove_fault(lost["id"])
        time.sleep(0.3)
        _check(chime, runs)


def _check(chime: LocalChime, runs: int) -> None:
    client: Any = chime.blocking_client("chime-sdk-media-pipelines")
    state = chime.export_state()
    captures = [found for found in resources(state) if "SourceArn" in found["members"]]
    concatenations = [found for found in resources(state) if "Sources" in found["members"]]
    assert len(captures) == 2 * runs + 1
    assert client.list_media_capture_pipelines()["MediaCapturePipelines"] == []
    joined = Counter(
        found["members"]["Sources"][0]["MediaCapturePipelineSourceConfiguration"]["MediaPipelineArn"] for found in concatenations
    )
    assert joined == Counter(found["arn"] for found in captures), "each capture is joined once"
    rooms = Counter(
        found["members"]["ExternalMeetingId"] for found in resources(state) if "ExternalMeetingId" in found["members"]
    )
    check_that_recordings_follow_each_other(chime)
    assert rooms == Counter(f"room-{run}" for run in range(runs + 1)), "a room is one meeting"
