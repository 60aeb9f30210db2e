"""What type checkers make of the package: they accept a good program and find what is wrong with bad ones."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import pydoc
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pydantic
import pytest

import chimeline
import chimeline.types
from chimeline._generated import exceptions, meetings, meetings_blocking

HERE = Path(__file__).parent
MODEL = HERE.parents[1] / "crates/xtask/model"
MODULES = {"chime": "chime", "chime-sdk-media-pipelines": "media_pipelines", "chime-sdk-meetings": "meetings"}
TOP = """
import chimeline
from chimeline.recording import blocking
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
    "an operation that not every service has": "chimeline.client(str(meetings)).create_meeting()",
    "a member that an attendee does not have": 'blocking.people("m", client=meetings)[0]["Attendee"]',
    "a member that a recording does not have": 'blocking.start_recording("m", "s3://b", client=meetings)["Pipeline"]',
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
    tree = ast.parse(Path(chimeline.__path__[0], "_generated", f"{module}_types.py").read_text())
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


def pythons() -> dict[str, str]:
    """The Pythons of this machine that the package supports, this one among them."""
    found = {f"{sys.version_info[0]}.{sys.version_info[1]}": sys.executable}
    for version in ("3.10", "3.11", "3.12", "3.13"):
        other = shutil.which(f"python{version}")
        # A shim of a version manager is there for Pythons that are not.
        if other is not None and subprocess.run([other, "-c", ""], capture_output=True, check=False).returncode == 0:
            found.setdefault(version, other)
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("typing_extensions", ["with", "without"])
def test_each_public_annotation_can_be_evaluated_on_every_python(typing_extensions: str) -> None:
    folders = {str(Path(module.__path__[0]).parent) for module in (chimeline, pydantic)}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sorted(folders)), "PYTHONWARNINGS": "ignore"}
    for version, python in pythons().items():
        command = [python, str(HERE / "typed/annotations.py"), typing_extensions]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, f"{version}: {done.stdout}{done.stderr}"
        assert int(done.stdout) > 500


def test_the_hints_of_a_method_are_the_types_that_users_import() -> None:
    from chimeline.types import meetings as types

    for client in (meetings.ChimeSDKMeetings, meetings_blocking.BlockingChimeSDKMeetings):
        hints = get_type_hints(client.create_meeting)
        assert hints["return"] is types.CreateMeetingResponse
        assert hints["kwargs"].__args__ == (types.CreateMeetingRequest,)
        assert get_type_hints(client.delete_meeting)["return"] is types.EmptyResponse
    assert types.CreateMeetingRequest.__required_keys__ == {"MediaRegion", "ExternalMeetingId"}
    assert "ClientRequestToken" in types.CreateMeetingRequest.__optional_keys__


@pytest.mark.parametrize("module", [*MODULES.values(), "common"])
def test_pydantic_takes_each_type(module: str) -> None:
    types = importlib.import_module(f"chimeline.types.{module}")
    found = [getattr(types, name) for name in types.__all__]
    dicts = [value for value in found if isinstance(value, type) and issubclass(value, dict)]
    assert len(dicts) > 3
    for value in dicts:
        pydantic.TypeAdapter(value)


def test_pydantic_checks_members_by_the_types() -> None:
    from chimeline.types import meetings as types

    adapter = pydantic.TypeAdapter(types.CreateMeetingRequest)
    request = {"MediaRegion": "us-east-1", "ExternalMeetingId": "standup", "Tags": [{"Key": "team", "Value": "a"}]}
    assert adapter.validate_python(request) == request
    with pytest.raises(pydantic.ValidationError) as caught:
        adapter.validate_python({"MediaRegion": "us-east-1", "Tags": [{"Key": "team"}]})
    assert {error["loc"][0] for error in caught.value.errors()} == {"ExternalMeetingId", "Tags"}


@pytest.mark.parametrize("service", MODULES)
def test_help_says_what_a_method_takes_and_returns_in_both_clients(service: str) -> None:
    model: dict[str, Any] = json.loads((MODEL / service / "model.json").read_text())
    module, shapes = MODULES[service], model["shapes"]

    def members(shape: str) -> set[str]:
        names: set[str] = set(shapes[shape].get("members", {}))
        nested = [member["shape"] for member in shapes[shape].get("members", {}).values()]
        nested += [shapes[shape]["member"]["shape"]] if shapes[shape]["type"] == "list" else []
        return names.union(*map(members, nested))

    awaited = importlib.import_module(f"chimeline.services.{module}")
    blocking = importlib.import_module(f"chimeline.services.{module}_blocking")
    (name,) = awaited.__all__
    classes = [getattr(awaited, name), getattr(blocking, f"Blocking{name}")]
    for cls in classes:
        assert service in (inspect.getdoc(cls) or "")
        for method, operation in cls._operations.items():
            facts = model["operations"][operation]
            doc = inspect.getdoc(getattr(cls, method)) or ""
            expected = members(facts["input"]["shape"]) if "input" in facts else set()
            if "output" in facts:
                expected |= set(shapes[facts["output"]["shape"]]["members"])
            assert [member for member in sorted(expected) if f"{member} (" not in doc] == []
            assert all(error["shape"] in doc for error in facts["errors"])
            text = pydoc.plain(pydoc.render_doc(getattr(cls, method)))
            assert doc.splitlines()[-1] in text
            assert f"{operation}Request" in text
    for method in classes[0]._operations:
        assert len({inspect.getdoc(getattr(cls, method)) for cls in classes}) == 1


def test_tracebacks_name_exceptions_where_users_import_them() -> None:
    named = [getattr(exceptions, name) for name in exceptions.__all__]
    own = {cls.__name__ for cls in named if cls.__module__ == "chimeline._errors"}
    assert own == {"ChimelineError", "ClientError", "BotoCoreError", "ParamValidationError"}
    assert all(cls.__module__ == "chimeline.exceptions" for cls in named if cls.__name__ not in own)


@pytest.mark.timeout(300)
def test_the_stub_of_the_native_module_says_what_it_holds(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "chimeline._native"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
