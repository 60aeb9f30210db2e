"""Clients in the worker processes of pools and servers: pickled to them, inherited by a fork, or made at import before one."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.request
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import chimeline
from chimeline.testing import LocalChime

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
SERVICE = "chime-sdk-media-pipelines"


def skip_without(module: str) -> None:
    """Without importing it here, where gevent would warn of the forks of other tests."""
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed")


def call(client: Any) -> tuple[int, int]:
    """The process that called, and the status of the response."""
    response = client.list_media_capture_pipelines()
    return os.getpid(), response["ResponseMetadata"]["HTTPStatusCode"]


def client_of(chime: LocalChime) -> Any:
    options: dict[str, Any] = {**chime.client_options}
    return chimeline.blocking.client(SERVICE, **options, config=chimeline.Config(pickle_credentials=True))


@pytest.mark.parametrize("method", ["spawn", "forkserver", pytest.param("fork", marks=needs_fork)])
def test_a_process_pool(method: Any) -> None:
    with LocalChime() as chime:
        client = client_of(chime)
        call(client)
        with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
            made = list(pool.map(call, [client] * 6))
        assert [status for _, status in made] == [200] * 6
        assert os.getpid() not in {process for process, _ in made}
        assert call(client)[1] == 200


def python(file: Path, code: str) -> Path:
    file.write_text(textwrap.dedent(code))
    return file


class Server:
    """A server of processes, ended with its whole session."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.log = folder / "server.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=folder, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]), **environment},
            )  # fmt: skip

    def wait_for(self, text: str) -> str:
        deadline = time.monotonic() + 30
        while text not in self.log.read_text():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return self.log.read_text()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(5)
            raise


WEB = """
    import os
    import chimeline.blocking
    client = chimeline.blocking.client("chime-sdk-media-pipelines")
    client.list_media_capture_pipelines()  # before the fork
    LOADED_BY = os.getpid()

    def application(environ, start_response):
        response = client.list_media_capture_pipelines()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{LOADED_BY} {os.getpid()} {response['ResponseMetadata']['HTTPStatusCode']}".encode()]
"""


@needs_fork
@pytest.mark.parametrize("kind", ["sync", "gthread", "gevent"])
def test_gunicorn_with_an_application_that_was_loaded_before_the_fork(kind: str, tmp_path: Path) -> None:
    skip_without("gunicorn")
    if kind == "gevent":
        skip_without("gevent")
    python(tmp_path / "web.py", WEB)
    command = ["gunicorn", "--preload", "--workers", "2", "--threads", "2", "--worker-class", kind, "--bind", "127.0.0.1:0"]
    command += ["--graceful-timeout", "5"]  # gevent's workers take all of it to end
    with LocalChime() as chime, Server([*command, "web:application"], tmp_path, chime.environment) as server:
        log = server.wait_for("Listening at: ")
        url = log.split("Listening at: ")[1].split()[0]
        for _ in range(6):
            with urllib.request.urlopen(url, timeout=20) as answered:  # noqa: S310 - of the server above
                loaded_by, served_by, status = answered.read().decode().split()
            assert loaded_by != served_by
            assert status == "200"


TASKS = """
    import os
    from celery import Celery
    import chimeline.blocking

    app = Celery("tasks", broker="filesystem://", backend="file://" + os.environ["RESULTS"])
    app.conf.broker_transport_options = {
        "data_folder_in": os.environ["QUEUE"], "data_folder_out": os.environ["QUEUE"], "control_folder": os.environ["CONTROL"],
    }
    client = chimeline.blocking.client("chime-sdk-media-pipelines")
    client.list_media_capture_pipelines()  # before the fork
    LOADED_BY = os.getpid()

    @app.task(name="list")
    def list_pipelines():
        return [LOADED_BY, os.getpid(), client.list_media_capture_pipelines()["ResponseMetadata"]["HTTPStatusCode"]]
"""
ASK = """
    import json, tasks
    results = [tasks.list_pipelines.delay() for _ in range(6)]
    print(json.dumps([result.get(timeout=30) for result in results]))
"""


@needs_fork
@pytest.mark.parametrize("pool", ["prefork", "gevent"])
def test_celery(pool: str, tmp_path: Path) -> None:
    skip_without("celery")
    if pool == "gevent":
        skip_without("gevent")
    python(tmp_path / "tasks.py", TASKS)
    python(tmp_path / "ask.py", ASK)
    folders = {name: str(tmp_path / name.lower()) for name in ("QUEUE", "CONTROL", "RESULTS")}
    for folder in folders.values():
        Path(folder).mkdir()
    command = ["celery", "--app", "tasks", "worker", "--pool", pool, "--concurrency", "2", "--loglevel", "INFO"]
    with LocalChime() as chime:
        environment = {**chime.environment, **folders}
        with Server([*command, "--without-gossip", "--without-mingle"], tmp_path, environment) as server:
            server.wait_for("ready.")
            asked = subprocess.run(
                [sys.executable, "-W", "ignore", "ask.py"], cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False,
                env={**os.environ, **environment},
            )  # fmt: skip
            assert asked.returncode == 0, asked.stderr + server.log.read_text()
    made = json.loads(asked.stdout)
    assert [status for _, _, status in made] == [200] * 6
    if pool == "prefork":
        assert all(loaded_by != ran_in for loaded_by, ran_in, _ in made)
