"""What type checkers make of the package: they accept a good program and find what is wrong with bad ones."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import chimeline.types

HERE = Path(__file__).parent
MODEL = HERE.parents[1] / "crates/xtask/model"
MODULES = {"chime": "chime", "chime-sdk-media-pipelines": "media_pipelines", "chime-sdk-meetings": "meetings"}
TOP = """
import chimeline
meetings = chimeline.blocking.client("chime-sdk-meetings")
pipelines = chimeline.client("chime-sdk-media-pipelines")
"""
BAD = {
    "an unknown member": 'meetings.get_meeting(MeetingId="m", Verbose=True)',
    "a missing member": 'meetings.create_attendee(MeetingId="m")',
    "a wrong type": "meetings.get_meeting(MeetingId=7)",
    "a value outside an enumeration": 'meetings.start_meeting_transcription(MeetingId="m", TranscriptionConfiguration='
    '{"EngineTranscribeSettings": {"LanguageCode": "xx-XX"}})',
    "a member that a result does not have": 'meetings.get_meeting(MeetingId="m")["Meetings"]',
    "an unknown service": 'chimeline.client("chime-sdk-messaging")',
    "a result used without await": 'pipelines.get_media_pipeline(MediaPipelineId="m")["MediaPipeline"]',
    "an operation without pages": 'pipelines.get_paginator("get_media_pipeline")',
}


def check(tool: str, file: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a type checker on a file beside the installed package."""
    commands = {
        "mypy": [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder / "mypy"), str(file)],
        "pyright": [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, str(file)],
    }
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "pythonVersion": "3.10"}))
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    return subprocess.run(commands[tool], capture_output=True, text=True, check=False, cwd=folder, env=environment)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("tool", ["mypy", "pyright"])
def test_a_good_program_is_accepted_and_each_bad_line_found(tool: str, tmp_path: Path) -> None:
    good = tmp_path / "good.py"
    good.write_text((HERE / "typed/good.py").read_text())
    done = check(tool, good, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    bad = tmp_path / "bad.py"
    bad.write_text(TOP + "\n".join(BAD.values()) + "\n")
    found = check(tool, bad, tmp_path).stdout
    for number, (fault, line) in enumerate(BAD.items(), start=TOP.count("\n") + 1):
        assert f"bad.py:{number}:" in found, f"{tool} does not find {fault}: {line}\n{found}"


def classes(module: str) -> dict[str, set[str]]:
    """The members that each class of a types module has, those of its bases included."""
    tree = ast.parse(Path(chimeline.types.__path__[0], f"{module}.py").read_text())
    found: dict[str, set[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            own = {item.target.id for item in node.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)}
            inherited = [found.get(base.id, set()) for base in node.bases if isinstance(base, ast.Name)]
            found[node.name] = own.union(*inherited)
    return found


@pytest.mark.parametrize("service", MODULES)
def test_each_member_of_the_schema_stands_in_the_types(service: str) -> None:
    model: dict[str, Any] = json.loads((MODEL / service / "model.json").read_text())
    typed, shapes = classes(MODULES[service]), model["shapes"]

    def reached(root: str, found: set[str]) -> set[str]:
        if root not in found:
            found.add(root)
            shape = shapes[root]
            parts = list(shape.get("members", {}).values()) if shape["type"] == "structure" else []
            parts += [shape[name] for name in ("member", "value") if name in shape]
            for part in parts:
                reached(part["shape"], found)
        return found

    number = 0
    for operation in model["operations"].values():
        for side in ("input", "output"):
            if side not in operation:
                continue
            for name in reached(operation[side]["shape"], set()):
                if shapes[name]["type"] != "structure":
                    continue
                of_output = typed.get(f"{name}Output") if side == "output" else None
                members = of_output if of_output is not None else typed[name]
                assert set(shapes[name]["members"]) <= members, f"{name} of {operation['name']}"
                number += len(shapes[name]["members"])
    assert number > 30


@pytest.mark.timeout(300)
def test_the_stub_of_the_native_module_says_what_it_holds(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "chimeline._native"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
