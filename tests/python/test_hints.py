"""An error says how to cure it, as far as its cause is certain; from Python 3.11 on also where errors are shown."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

import chimeline
from authority import Authority
from chimeline import exceptions
from conftest import CREATED, INPUT, KEYS
from server import Answer, Reset, Server

has_notes = pytest.mark.skipif(sys.version_info < (3, 11), reason="notes are of Python 3.11")

EXPIRED = Answer(403, {"__type": "ExpiredTokenException", "message": "The security token included in the request is expired"})


def failing(
    url: str | None, region: str | None = "us-east-1", service: Any = "chime", **options: Any
) -> exceptions.ChimelineError:
    config = chimeline.Config(retries={"total_max_attempts": 1}, connect_timeout=5)
    try:
        client = chimeline.blocking.client(service, region, endpoint_url=url, config=config, **KEYS, **options)
        client.create_media_capture_pipeline(**INPUT)
    except exceptions.ChimelineError as error:
        return error
    pytest.fail("the call succeeded")


def test_a_region_that_is_missing() -> None:
    error = failing(None, None, "chime-sdk-media-pipelines")
    assert isinstance(error, exceptions.NoRegionError)
    assert str(error) == "You must specify a region."
    for place in ("region_name", "AWS_REGION", "profile"):
        assert place in (error.hint or "")


@pytest.mark.parametrize("code", ["ExpiredToken", "ExpiredTokenException"])
def test_a_token_that_has_expired(server: Server, code: str) -> None:
    server.default = Answer(400, {"__type": code, "message": "m"})
    assert "has expired" in (failing(server.url).hint or "")


def test_a_certificate_of_an_unknown_authority_and_one_for_another_host(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with Server(CREATED, authority.context()) as server:
        unknown = failing(server.url).hint or ""
        assert "verify" in unknown
        assert "AWS_CA_BUNDLE" in unknown
        elsewhere = failing(server.url.replace("127.0.0.1", "localhost"), verify=str(authority.bundle)).hint or ""
        assert "another host" in elsewhere


def test_https_where_a_server_speaks_http() -> None:
    with chimeline.testing.LocalChime() as chime:
        error = failing(chime.url.replace("http:", "https:"))
    assert isinstance(error, exceptions.SSLError)
    assert "write http:// in place of https://" in (error.hint or "")
    with Server(CREATED) as server:
        error = failing(server.url.replace("http:", "https:"))
    assert "write http:// in place of https://" in (error.hint or "")


def test_http_where_a_server_expects_https(tmp_path: Path) -> None:
    with Server(CREATED, Authority(tmp_path).context()) as server:
        closed = failing(server.url.replace("https:", "http:"))
    assert "write https:// in place of http://" in (closed.hint or "")
    pages = [
        b"<html><body>400 The plain HTTP request was sent to HTTPS port</body></html>",
        b"Client sent an HTTP request to an HTTPS server.\n",
    ]
    for page in pages:
        with Server(Answer(400, page)) as server:
            told = failing(server.url)
        assert "expects TLS: write https://" in (told.hint or "")


def test_a_host_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    nameless = failing("http://no-such-host.invalid").hint or ""
    assert "no address was found" in nameless
    assert "endpoint_url" in nameless
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://no-such-host.invalid")
    assert "environment variable AWS_ENDPOINT_URL" in (failing(None).hint or "")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert "nothing listens at http://127.0.0.1:9" in (failing("http://127.0.0.1:9").hint or "")


def test_a_connection_that_ends_within_an_answer_is_no_matter_of_tls(server: Server) -> None:
    server.default = Answer(raw=b'HTTP/1.1 201 X\r\nContent-Length: 99\r\n\r\n{"Media', close=True)
    assert "https://" not in (failing(server.url).hint or "")
    server.default = Reset()
    assert "https://" in (failing(server.url).hint or "")


def test_a_proxy_that_is_not_there_says_nothing_of_the_host(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    error = failing(server.url)
    assert isinstance(error, exceptions.ProxyConnectionError)
    assert "HTTP_PROXY" in (error.hint or "")
    assert "listens" not in (error.hint or "")


async def test_awaited_calls_have_the_same(server: Server, client: Any) -> None:
    server.default = EXPIRED
    with pytest.raises(exceptions.ClientError) as caught:
        await client.create_media_capture_pipeline(**INPUT)
    assert "has expired" in (caught.value.hint or "")


@has_notes
def test_a_hint_is_a_note_that_tracebacks_show(server: Server) -> None:
    server.default = EXPIRED
    error = failing(server.url)
    assert error.__notes__ == [f"hint: {error.hint}"]
    assert f"\nhint: {error.hint}\n" in "".join(traceback.format_exception(error))
    server.default = Answer(404, {"__type": "NotFoundException", "message": "m"})
    assert not hasattr(failing(server.url), "__notes__")


@has_notes
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_copies_have_the_note_once_and_for_themselves(server: Server, copied: Any) -> None:
    server.default = EXPIRED
    error = failing(server.url)
    error.add_note("of the caller")
    other = copied(error)
    assert other.__notes__ == error.__notes__ == [f"hint: {error.hint}", "of the caller"]
    assert other.hint == error.hint
    other.add_note("later")
    assert len(error.__notes__) == 2


FAILS = """\
import chimeline.blocking
def test_region():
    chimeline.blocking.client("chime-sdk-media-pipelines")
"""


@has_notes
def test_a_process_that_ends_by_it_and_the_report_of_pytest_show_it(tmp_path: Path) -> None:
    file = tmp_path / "test_one.py"
    file.write_text(FAILS)
    for arguments in (["-c", FAILS + "test_region()"], ["-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]):
        ended = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=dict(os.environ), check=False)
        assert ended.returncode == 1
        shown = ended.stdout + ended.stderr
        assert "NoRegionError: You must specify a region." in shown
        assert "hint: give the client its Region (region_name)" in shown


@has_notes
def test_a_notebook_shows_it(tmp_path: Path) -> None:
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    cell = nbformat.v4.new_code_cell(FAILS + "test_region()")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    # In a process of its own: what a kernel's client leaves open is not this package's.
    written = tmp_path / "notebook.ipynb"
    nbformat.write(notebook, written)
    code = (
        "import sys, nbformat, nbclient\n"
        "notebook = nbformat.read(sys.argv[1], 4)\n"
        "nbclient.NotebookClient(notebook, allow_errors=True, timeout=50).execute()\n"
        "print(*notebook.cells[0].outputs[-1]['traceback'], sep='\\n')\n"
    )
    assert nbclient
    ran = subprocess.run(
        [sys.executable, "-c", code, str(written)], capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert "hint: give the client its Region (region_name)" in ran.stdout, ran.stderr
