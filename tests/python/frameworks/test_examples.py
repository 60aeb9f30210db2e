"""The examples run as they stand, against a local service that the environment names."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from chimeline.testing import LocalChime

EXAMPLES = Path(__file__).parents[3] / "python" / "examples"
MEETING = "arn:aws:chime::111122223333:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b"


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime(pace=0.05) as running:
        yield running


def needs(*modules: str) -> None:
    for module in modules:
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


def run(chime: LocalChime, *command: str, folder: Path = EXAMPLES) -> str:
    environment = {**os.environ, **chime.environment, "IPYTHONDIR": str(folder / ".ipython")}
    ran = subprocess.run(
        [sys.executable, *command], cwd=folder, capture_output=True, text=True, timeout=50, check=False, env=environment
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@contextmanager
def serving(chime: LocalChime, example: str, tmp_path: Path) -> Iterator[str]:
    """Where the example listens, on a port of its own."""
    log = tmp_path / "log"
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, "-u", str(EXAMPLES / example), "0"], stdout=written, stderr=written, cwd=tmp_path,
            env={**os.environ, **chime.environment},
        )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port_of(process, log)}"
    finally:
        process.terminate()
        process.wait(20)
    assert "Traceback" not in log.read_text(), log.read_text()


def port_of(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 40
    while not (found := re.search(r"http://127\.0\.0\.1:(\d+)", log.read_text())):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return found[1]


def ask(method: str, url: str) -> tuple[int, Any]:
    request = urllib.request.Request(url, method=method)  # noqa: S310 - of the server above
    try:
        with urllib.request.urlopen(request, timeout=20) as answered:  # noqa: S310
            body = answered.read()
            return answered.status, json.loads(body) if body else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_fastapi_on_uvicorn_with_uvloop(chime: LocalChime, tmp_path: Path) -> None:
    needs("fastapi", "uvicorn", "uvloop")
    with serving(chime, "fastapi_app.py", tmp_path) as url:
        wanted = urlencode({"meeting_arn": MEETING, "bucket_arn": "arn:aws:s3:::recordings"})
        status, made = ask("POST", f"{url}/captures?{wanted}")
        assert (status, made["Status"]) == (201, "Initializing")
        _, listed = ask("GET", f"{url}/captures")
        assert [pipeline["MediaPipelineId"] for pipeline in listed] == [made["MediaPipelineId"]]
        assert ask("DELETE", f"{url}/captures/{made['MediaPipelineId']}") == (204, None)
        status, told = ask("DELETE", f"{url}/captures/2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b")
        assert (status, told["error"]["Code"]) == (404, "NotFoundException")
        assert "control Region" in told["hint"]
        short = urlencode({"meeting_arn": "", "bucket_arn": "arn:aws:s3:::recordings"})
        assert ask("POST", f"{url}/captures?{short}")[0] == 422


def test_aiohttp(chime: LocalChime, tmp_path: Path) -> None:
    needs("aiohttp")
    with serving(chime, "aiohttp_app.py", tmp_path) as url:
        status, first = ask("POST", f"{url}/meetings/standup")
        assert status == 200
        _, again = ask("POST", f"{url}/meetings/standup")
        assert again["MeetingId"] == first["MeetingId"]
        assert first["JoinToken"]


def test_django(chime: LocalChime, tmp_path: Path) -> None:
    needs("django", "uvicorn")
    made = chime.blocking_client("chime-sdk-media-pipelines").create_media_capture_pipeline(
        SourceType="ChimeSdkMeeting", SourceArn=MEETING, SinkType="S3Bucket", SinkArn="arn:aws:s3:::recordings"
    )
    pipeline_id = made["MediaCapturePipeline"]["MediaPipelineId"]
    with serving(chime, "django_app.py", tmp_path) as url:
        _, listed = ask("GET", f"{url}/captures")
        assert [capture["MediaPipelineId"] for capture in listed["captures"]] == [pipeline_id]
        status, found = ask("GET", f"{url}/captures/{pipeline_id}")
        assert (status, found["SinkArn"]) == (200, "arn:aws:s3:::recordings")
        assert ask("GET", f"{url}/captures/2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b")[0] == 404


def test_pytest_asyncio(chime: LocalChime, tmp_path: Path) -> None:
    told = run(
        chime,
        "-m",
        "pytest",
        "-q",
        "-c",
        os.devnull,
        "-p",
        "no:cacheprovider",
        str(EXAMPLES / "test_captures.py"),
        folder=tmp_path,
    )
    assert "3 passed" in told


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_anyio(backend: str, chime: LocalChime) -> None:
    needs("anyio", "trio")
    lines = run(chime, "anyio_tasks.py", backend).splitlines()
    assert [line.split(" is meeting ")[0] for line in lines] == [
        f"{backend}: {day}" for day in ("monday", "tuesday", "wednesday")
    ]


def test_ipython(chime: LocalChime, tmp_path: Path) -> None:
    needs("IPython")
    told = run(
        chime, "-m", "IPython", "--no-banner", "--colors", "NoColor", str(EXAMPLES / "ipython_session.ipy"), folder=tmp_path
    )
    assert "in us-east-1" in told
    assert [line.split()[0] for line in told.splitlines()[1:]] == ["ada", "grace"]


EXECUTE = """
import sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
nbformat.write(notebook, sys.argv[2])
"""


def test_the_notebook_follows_a_capture_to_its_end(chime: LocalChime, tmp_path: Path) -> None:
    needs("nbclient", "ipykernel", "matplotlib")
    executed = tmp_path / "executed.ipynb"
    run(chime, "-c", EXECUTE, str(EXAMPLES / "capture.ipynb"), str(executed), folder=tmp_path)
    cells = json.loads(executed.read_text())["cells"]
    outputs = [output for cell in cells if cell["cell_type"] == "code" for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"]
    shown = [output["data"] for output in outputs if "data" in output]
    tables = ["".join(data["text/markdown"]) for data in shown if "text/markdown" in data]
    states = ["Initializing", "InProgress", "Stopping", "Stopped"]
    assert any(all(state in table for state in states) for table in tables)
    assert [data for data in shown if "image/png" in data], "the timeline"


def test_every_example_is_listed_and_run() -> None:
    listed = set(re.findall(r"\]\(([^)/]+\.\w+)\)", (EXAMPLES / "README.md").read_text()))
    there = {path.name for path in EXAMPLES.iterdir() if path.suffix in {".py", ".ipy", ".ipynb"}}
    assert listed == there
    here = Path(__file__).read_text()
    assert all(f'"{name}"' in here for name in there)
