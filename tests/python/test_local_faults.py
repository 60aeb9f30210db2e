"""Faults of the local service: one language of rules for the API, the languages, the file; each effect as clients meet it."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import chimeline
from chimeline import exceptions
from chimeline.testing import LocalChime

MEETING = {"MediaRegion": "us-east-1", "ExternalMeetingId": "standup"}


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime() as running:
        yield running


def once(chime: LocalChime, service: str = "chime-sdk-meetings", **config: Any) -> Any:
    return chime.blocking_client(service, chimeline.Config(retries={"total_max_attempts": 1}, **config))  # type: ignore[call-overload]


def fails(call: Callable[[], Any]) -> str | None:
    """The short code of the error that a call ends with."""
    try:
        call()
    except exceptions.ClientError as error:
        return error.response["Error"]["Code"].removesuffix("Exception").removesuffix("Client")
    return None


def test_an_error_has_the_code_status_and_message_that_are_asked_for(chime: LocalChime) -> None:
    error = {"code": "ForbiddenException", "status": 403, "message": "The disk is full"}
    rule = chime.add_fault({"operation": "CreateMeeting", "error": error, "times": 2})
    ours, theirs = once(chime), boto3.client("chime-sdk-meetings", **chime.client_options)
    with pytest.raises(exceptions.ForbiddenException, match="The disk is full"):
        ours.create_meeting(**MEETING)
    with pytest.raises(theirs.exceptions.ForbiddenException) as caught:
        theirs.create_meeting(**MEETING, ClientRequestToken="token-1")
    assert caught.value.response["Error"]["Message"] == "The disk is full"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    ours.create_meeting(**MEETING)
    assert chime.faults() == [{**rule, "struck": 2, "remaining": 0}]
    assert [one["faults"] for one in chime.requests(operation="CreateMeeting")] == [[], [rule["id"]], [rule["id"]]]


def test_every_refusal_of_the_catalogue_reaches_both_clients_with_its_text(chime: LocalChime) -> None:
    theirs = boto3.client("chime-sdk-media-pipelines", config=Config(retries={"total_max_attempts": 1}), **chime.client_options)
    ours = once(chime, "chime-sdk-media-pipelines")
    refusals = chime.refusals()
    texts = " ".join(refusal["message"] for refusal in refusals)
    for text in (
        "The bucket policy does not exist",
        "Create a service-linked role to allow Amazon Chime SDK media pipelines",
        "Insufficient permission to access S3 bucket",
        "Subscription check failed",
        "1 validation error detected: ",
        "Resource ownership mismatch",
        "Limit reached",
        "The meeting has ended",
        "AWS authorization failed",
    ):
        assert text in texts
    for refusal in refusals:
        chime.clear_faults()
        chime.add_fault({"refusal": refusal["name"]})
        with pytest.raises(ClientError) as caught:
            theirs.list_media_pipelines()
        assert caught.value.response["Error"]["Message"] == refusal["message"]
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == refusal["status"]
        with pytest.raises(exceptions.ClientError) as raised:
            ours.list_media_pipelines()
        assert raised.value.response["Error"]["Message"] == refusal["message"]
        assert raised.value.response["Error"]["Code"] in {refusal["code"], refusal["code"].removesuffix("Exception")}


def test_a_rule_strikes_the_operation_resource_or_share_that_it_names(chime: LocalChime) -> None:
    client = once(chime)
    first, second = (client.create_meeting(**MEETING)["Meeting"]["MeetingId"] for _ in range(2))
    chime.add_fault({"id": "one", "resource": first, "error": "NotFoundException"})
    with pytest.raises(exceptions.NotFoundException):
        client.get_meeting(MeetingId=first)
    client.get_meeting(MeetingId=second)
    chime.remove_fault("one")
    client.get_meeting(MeetingId=first)
    chime.add_fault({"service": "chime", "html": 502})
    client.get_meeting(MeetingId=first)
    chime.clear_faults()
    chime.add_fault({"probability": 0.5, "error": "ServiceUnavailableException"})
    failures = [fails(lambda: client.get_meeting(MeetingId=first)) for _ in range(200)].count("ServiceUnavailable")
    assert 50 < failures < 150
    assert chime.faults()[0]["struck"] == failures


def test_throttling_of_the_next_requests_and_above_a_rate(chime: LocalChime) -> None:
    client = chime.blocking_client("chime")
    chime.add_fault({"throttle": True, "times": 2})
    result = client.list_media_capture_pipelines()
    assert [line["HTTPStatusCode"] for line in result["ResponseMetadata"]["Attempts"]] == [429, 429, 200]
    chime.clear_faults()
    chime.add_fault({"throttle": {"above": 5}})
    plain = once(chime, "chime")
    outcomes = [fails(plain.list_media_capture_pipelines) for _ in range(20)]
    assert outcomes[:5] == [None] * 5
    assert "Throttled" in outcomes


def test_latency_is_fixed_or_in_a_range(chime: LocalChime) -> None:
    client = once(chime, "chime")
    for latency in (0.2, [0.2, 0.3]):
        chime.clear_faults()
        chime.add_fault({"latency": latency, "times": 1})
        start = time.monotonic()
        client.list_media_capture_pipelines()
        assert time.monotonic() - start >= 0.2
    start = time.monotonic()
    client.list_media_capture_pipelines()
    assert time.monotonic() - start < 0.2


def raw(chime: LocalChime) -> bytes:
    """What comes before the connection ends, of a request that carries no signature."""
    host, port = chime.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"GET /media-capture-pipelines HTTP/1.1\r\nhost: a\r\n\r\n")
        received = b""
        while block := connection.recv(65536):
            received += block
        return received


def test_connections_are_reset_cut_and_stalled(chime: LocalChime) -> None:
    chime.add_fault({"id": "f", "reset": "before"})
    with pytest.raises(ConnectionResetError):
        raw(chime)
    with pytest.raises(exceptions.HTTPClientError):
        once(chime, "chime").list_media_capture_pipelines()
    assert chime.requests() == []
    chime.remove_fault("f")
    chime.add_fault({"id": "f", "reset": "inside"})
    with pytest.raises((ConnectionResetError, http.client.HTTPException)):
        raw(chime)
    # It was carried out: the answer is what was lost.
    assert len(chime.requests()) == 1
    chime.remove_fault("f")
    chime.add_fault({"id": "f", "cut": 5})
    head, _, body = raw(chime).partition(b"\r\n\r\n")
    assert len(body) == 5
    assert int(dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])[b"content-length"]) > 5
    with pytest.raises(exceptions.HTTPClientError):
        once(chime, "chime").list_media_capture_pipelines()
    chime.remove_fault("f")
    for stall in ("before", "inside"):
        chime.add_fault({"id": "f", "stall": stall})
        with pytest.raises(exceptions.ReadTimeoutError):
            once(chime, "chime", read_timeout=0.2).list_media_capture_pipelines()
        chime.remove_fault("f")
    chime.add_fault({"stall": 0.2, "times": 1})
    start = time.monotonic()
    once(chime, "chime").list_media_capture_pipelines()
    assert time.monotonic() - start >= 0.2


def test_an_html_page_and_a_wrong_clock(chime: LocalChime) -> None:
    chime.add_fault({"id": "f", "html": 502})
    with pytest.raises(exceptions.ClientError) as caught:
        once(chime, "chime").list_media_capture_pipelines()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 502
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "text/html"
    chime.remove_fault("f")
    chime.add_fault({"clock": 3600})
    client = chime.blocking_client("chime")
    statuses = [line["HTTPStatusCode"] for line in client.list_media_capture_pipelines()["ResponseMetadata"]["Attempts"]]
    assert statuses == [403, 200]


RULES = [
    {"operation": "GetMeeting", "refusal": "throttled", "times": 3},
    {"service": "chime", "error": {"code": "ForbiddenException", "status": 403, "message": "no"}, "latency": [0.1, 0.2]},
    {"resource": "arn:aws:s3:::b", "probability": 0.25, "skip": 1, "throttle": {"above": 10}},
]
TOML = """
[[faults]]
operation = "GetMeeting"
refusal = "throttled"
times = 3

[[faults]]
service = "chime"
error = { code = "ForbiddenException", status = 403, message = "no" }
latency = [0.1, 0.2]

[[faults]]
resource = "arn:aws:s3:::b"
probability = 0.25
skip = 1
throttle = { above = 10 }
"""


def test_one_language_of_rules_for_files_and_calls(chime: LocalChime, tmp_path: Path) -> None:
    added = chime.add_faults(RULES)
    assert [rule["id"] for rule in added] == ["fault-1", "fault-2", "fault-3"]
    for name, text in (("faults.toml", TOML), ("faults.json", json.dumps({"faults": RULES})), ("list.json", json.dumps(RULES))):
        (tmp_path / name).write_text(text)
        with LocalChime(faults=str(tmp_path / name)) as other:
            assert other.faults() == added
    with pytest.raises(exceptions.InvalidConfigError, match='fault 2: invalid operation: "GetMeetings"'):
        chime.add_faults([{"cut": True}, {"operation": "GetMeetings", "cut": True}])
    assert chime.faults() == added
    for text, why in (("[[faults]]\ncut = 'x'", "fault 1: invalid cut"), ("faults = 1", "list of faults"), ("[", "not TOML")):
        (tmp_path / "wrong.toml").write_text(text)
        with pytest.raises(exceptions.InvalidConfigError, match=why):
            LocalChime(faults=str(tmp_path / "wrong.toml")).start()
    with pytest.raises(exceptions.InvalidConfigError, match="cannot be read"):
        LocalChime(faults=str(tmp_path / "missing.toml")).start()
