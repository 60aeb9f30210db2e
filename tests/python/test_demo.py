"""The programs of the demo do what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parent.parent / "demo"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    command = [sys.executable, DEMO / arguments[0], *arguments[1:]]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_the_main_job() -> None:
    done = run("demo.py")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "all steps succeeded" in done.stdout


def test_throttled_calls_fail_in_boto3_and_succeed_here() -> None:
    done = run("throttling.py", "1")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "boto3: 0 of 1 calls succeeded, by 1 requests" in done.stdout
    assert "chimeline: 1 of 1 calls succeeded, by 3 requests" in done.stdout
