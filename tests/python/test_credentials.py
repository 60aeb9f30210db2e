"""Credentials of roles and of files, with moto's server as STS: what the package sends there, and what it signs with."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

import chimeline
from chimeline import exceptions
from server import Answer, Server

ROLE = "arn:aws:iam::123456789012:role/recorder"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(Answer(200, {})) as running:
        yield running


@pytest.fixture
def where(server: Server, moto: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What makes a client of the scripted server; credentials come from the environment and the files."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", moto)
    return {"region_name": "us-east-1", "endpoint_url": server.url}


def write(home: Path, text: str) -> None:
    (home / ".aws").mkdir(exist_ok=True)
    (home / ".aws" / "config").write_text(text)


def key_of(request: Any) -> str:
    return request.headers["authorization"].split("Credential=")[1].split("/")[0]


def test_a_role_is_assumed_at_sts(where: dict[str, Any], server: Server, tmp_path: Path) -> None:
    profiles = f"""
        [profile recorder]
        role_arn = {ROLE}
        source_profile = base
        role_session_name = night
        external_id = x-1
        duration_seconds = 900
        [profile base]
        aws_access_key_id = AKBASE
        aws_secret_access_key = SKBASE
    """
    write(tmp_path, "\n".join(line.strip() for line in profiles.splitlines()))
    client = chimeline.blocking.client("chime-sdk-media-pipelines", **where, profile_name="recorder")
    for _ in range(2):
        client.list_media_pipelines()
    keys = {key_of(request) for request in server.requests}
    assert len(keys) == 1
    assert keys.pop().startswith("ASIA")
    assert server.requests[0].headers["x-amz-security-token"]


async def test_a_web_identity_is_turned_into_keys(
    where: dict[str, Any], server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("a.web.token")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    client = chimeline.client("chime-sdk-media-pipelines", **where)
    await asyncio.gather(*(client.list_media_pipelines() for _ in range(10)))
    assert len({key_of(request) for request in server.requests}) == 1


def test_keys_that_are_written_later_are_seen(where: dict[str, Any], server: Server, tmp_path: Path) -> None:
    client = chimeline.blocking.client("chime-sdk-media-pipelines", **where)
    with pytest.raises(exceptions.NoCredentialsError, match=r"env: AWS_ACCESS_KEY_ID is not set; .*iam-role: AWS_EC2_METADATA"):
        client.list_media_pipelines()
    write(tmp_path, "[default]\naws_access_key_id = AKLATER\naws_secret_access_key = SKLATER\n")
    client.list_media_pipelines()
    assert [key_of(request) for request in server.requests] == ["AKLATER"]
