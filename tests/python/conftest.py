from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import chimeline
from server import Answer, Server

KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
SECRET = KEYS["aws_secret_access_key"]

INPUT: dict[str, Any] = {
    "SourceType": "ChimeSdkMeeting",
    "SourceArn": "arn:aws:chime::123456789012:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b",
    "SinkType": "S3Bucket",
    "SinkArn": "arn:aws:s3:::recordings",
}
PIPELINE: dict[str, Any] = {
    "MediaPipelineId": "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11",
    **INPUT,
    "Status": "Initializing",
    "CreatedTimestamp": "2024-02-29T12:34:56.789Z",
    "UpdatedTimestamp": "2024-02-29T12:34:56.789Z",
}
CREATED = Answer(201, {"MediaCapturePipeline": PIPELINE}, [("x-amzn-RequestId", "id-1"), ("Content-Type", "application/json")])


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith("AWS_") or name.upper().endswith(("_PROXY", "CA_BUNDLE")) or name.startswith("SSL_CERT"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(CREATED) as running:
        yield running


@pytest.fixture
def options(server: Server) -> dict[str, Any]:
    """What makes a client of the scripted server."""
    return {"region_name": "us-east-1", "endpoint_url": server.url, **KEYS}


@pytest.fixture
def blocking(options: dict[str, Any]) -> Any:
    return chimeline.blocking.client("chime", **options)


@pytest.fixture
def client(options: dict[str, Any]) -> Any:
    return chimeline.client("chime", **options)


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter that the wheel is installed in."""
    return sys.executable
