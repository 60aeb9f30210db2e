"""Clients that we did not write go through all operations, and judge by their own parsers and error classes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chimeline.testing import LocalChime

HERE = Path(__file__).parent


def run(python: str, program: str, *arguments: str) -> str:
    with LocalChime(transition_delay=1) as chime:
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "AWS_EC2_METADATA_DISABLED": "true"}
        done = subprocess.run(
            [python, str(HERE / program), *arguments],
            env={**environment, **chime.environment},
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return done.stdout


def named(variable: str) -> str:
    python = os.environ.get(variable)
    if not python:
        pytest.fail(f"{variable} names no interpreter: run `make test-python`")
    return python


@pytest.mark.parametrize(("library", "variable"), [("boto3", None), ("aiobotocore", "AIOBOTOCORE_PYTHON")])
def test_every_operation_of_the_current_services(library: str, variable: str | None) -> None:
    covered = json.loads(run(sys.executable if variable is None else named(variable), "local_scenario.py", library))
    assert [len(names) for names in covered.values()] == [16, 31]


def test_the_four_operations_of_the_legacy_service() -> None:
    assert run(named("LEGACY_PYTHON"), "legacy_scenario.py") == "1.37.1\n"
