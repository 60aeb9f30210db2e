"""The local service: our clients, and clients that we did not write, work on it unchanged."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import chimeline
from chimeline import exceptions
from chimeline.testing import LocalChime

MEETING = "arn:aws:chime:us-east-1:111122223333:meeting/2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b"
CAPTURE: dict[str, Any] = {
    "SourceType": "ChimeSdkMeeting",
    "SourceArn": MEETING,
    "SinkType": "S3Bucket",
    "SinkArn": "arn:aws:s3:::recordings",
}
# A day: states pass when the test says so.
PACE = 86400.0

LEGACY = """
import json, os, sys
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

session = botocore.session.get_session()
client = session.create_client("chime", config=Config(retries={"total_max_attempts": 1}))
made = client.create_media_capture_pipeline(**json.loads(sys.argv[1]))["MediaCapturePipeline"]
named = {"MediaPipelineId": made["MediaPipelineId"]}
got = client.get_media_capture_pipeline(**named)["MediaCapturePipeline"]
listed = client.list_media_capture_pipelines()["MediaCapturePipelines"]
deleted = client.delete_media_capture_pipeline(**named)["ResponseMetadata"]["HTTPStatusCode"]
wrong = session.create_client("chime", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"], aws_secret_access_key="wrong")
try:
    wrong.list_media_capture_pipelines()
    refused = None
except ClientError as e:
    refused = [e.response["ResponseMetadata"]["HTTPStatusCode"], e.response["Error"]["Code"]]
print(json.dumps([made == got, [one["MediaPipelineId"] for one in listed] == [made["MediaPipelineId"]], deleted, refused]))
"""


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime(pace=PACE) as running:
        yield running


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "AWS_EC2_METADATA_DISABLED": "true", **environment}
    return subprocess.run(arguments, env=clean, capture_output=True, text=True, timeout=30, check=False)


def test_a_blocking_client_follows_a_capture_through_its_states(chime: LocalChime) -> None:
    client = chime.blocking_client("chime")
    made = client.create_media_capture_pipeline(**CAPTURE)["MediaCapturePipeline"]
    named = {"MediaPipelineId": made["MediaPipelineId"]}
    assert made["Status"] == "Initializing"
    states = []
    for step in ("run", "delete", "stop"):
        if step == "delete":
            client.delete_media_capture_pipeline(**named)
        else:
            chime.advance(PACE)
        states.append(client.get_media_capture_pipeline(**named)["MediaCapturePipeline"]["Status"])
    assert states == ["InProgress", "Stopping", "Stopped"]
    chime.advance(PACE)
    with pytest.raises(exceptions.NotFoundException):
        client.get_media_capture_pipeline(**named)


async def test_an_awaited_client_makes_a_meeting_and_captures_it() -> None:
    async with LocalChime(pace=PACE) as chime:
        meetings = chime.client("chime-sdk-meetings")
        pipelines = chime.client("chime-sdk-media-pipelines")
        meeting = (await meetings.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="standup"))["Meeting"]
        attendee = await meetings.create_attendee(MeetingId=meeting["MeetingId"], ExternalUserId="ann")
        assert attendee["Attendee"]["ExternalUserId"] == "ann"
        made = await pipelines.create_media_capture_pipeline(**{**CAPTURE, "SourceArn": meeting["MeetingArn"]})
        with pytest.raises(exceptions.ResourceLimitExceededException, match="Limit reached"):
            await pipelines.create_media_capture_pipeline(**{**CAPTURE, "SourceArn": meeting["MeetingArn"]})
        listed = await pipelines.list_media_capture_pipelines()
        assert [one["MediaPipelineId"] for one in listed["MediaCapturePipelines"]] == [
            made["MediaCapturePipeline"]["MediaPipelineId"]
        ]
        await meetings.delete_meeting(MeetingId=meeting["MeetingId"])
        named = {"MediaPipelineId": made["MediaCapturePipeline"]["MediaPipelineId"]}
        got = await pipelines.get_media_capture_pipeline(**named)
        assert got["MediaCapturePipeline"]["Status"] == "Stopping"


def test_boto3_works_on_media_pipelines_unchanged(chime: LocalChime) -> None:
    client = boto3.client("chime-sdk-media-pipelines", **chime.client_options)
    made = client.create_media_capture_pipeline(**CAPTURE, Tags=[{"Key": "team", "Value": "blue"}])["MediaCapturePipeline"]
    named = {"MediaPipelineId": made["MediaPipelineId"]}
    assert client.get_media_capture_pipeline(**named)["MediaCapturePipeline"] == made
    summary = {"MediaPipelineId": made["MediaPipelineId"], "MediaPipelineArn": made["MediaPipelineArn"]}
    assert client.list_media_capture_pipelines(MaxResults=1)["MediaCapturePipelines"] == [summary]
    tags = client.list_tags_for_resource(ResourceARN=made["MediaPipelineArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "blue"}]
    client.tag_resource(ResourceARN=made["MediaPipelineArn"], Tags=[{"Key": "a b", "Value": "ü/+"}])
    assert len(client.list_tags_for_resource(ResourceARN=made["MediaPipelineArn"])["Tags"]) == 2
    assert client.delete_media_capture_pipeline(**named)["ResponseMetadata"]["HTTPStatusCode"] == 204
    chime.advance(2 * PACE)
    with pytest.raises(client.exceptions.NotFoundException) as caught:
        client.get_media_capture_pipeline(**named)
    response = caught.value.response
    assert response["Code"] == "NotFound"
    assert response["RequestId"] == response["ResponseMetadata"]["RequestId"]


def test_boto3_works_on_meetings_unchanged(chime: LocalChime) -> None:
    client = boto3.client("chime-sdk-meetings", **chime.client_options)
    made = client.create_meeting_with_attendees(
        MediaRegion="us-east-1", ExternalMeetingId="all", Attendees=[{"ExternalUserId": "ann"}, {"ExternalUserId": "bob"}]
    )
    meeting_id = made["Meeting"]["MeetingId"]
    assert client.get_meeting(MeetingId=meeting_id)["Meeting"] == made["Meeting"]
    first = client.list_attendees(MeetingId=meeting_id, MaxResults=1)
    rest = client.list_attendees(MeetingId=meeting_id, MaxResults=1, NextToken=first["NextToken"])
    assert first["Attendees"] + rest["Attendees"] == made["Attendees"]
    assert "NextToken" not in rest
    client.start_meeting_transcription(
        MeetingId=meeting_id, TranscriptionConfiguration={"EngineTranscribeSettings": {"LanguageCode": "en-US"}}
    )
    client.stop_meeting_transcription(MeetingId=meeting_id)
    client.delete_meeting(MeetingId=meeting_id)
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_meeting(MeetingId=meeting_id)


@pytest.mark.parametrize(
    ("option", "code"),
    [("aws_secret_access_key", "InvalidSignatureException"), ("aws_access_key_id", "UnrecognizedClientException")],
)
def test_wrong_keys_are_refused(chime: LocalChime, option: str, code: str) -> None:
    client = boto3.client("chime-sdk-meetings", **{**chime.client_options, option: "wrong"})
    with pytest.raises(ClientError, match=code) as caught:
        client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="all")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    ours = chimeline.blocking.client("chime-sdk-meetings", **{**chime.client_options, option: "wrong"})
    with pytest.raises(exceptions.ClientError, match=code):
        ours.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="all")


def test_the_legacy_service_of_botocore_works_unchanged(chime: LocalChime) -> None:
    python = os.environ.get("LEGACY_PYTHON")
    if not python:
        pytest.fail("LEGACY_PYTHON names no interpreter that has botocore 1.37.1: run `make test-python`")
    done = run(python, "-c", LEGACY, json.dumps(CAPTURE), **chime.environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True, True, 204, [403, "InvalidSignatureException"]]


def test_a_session_token_belongs_to_its_keys() -> None:
    with LocalChime(session_token="token+/=") as chime:
        chime.blocking_client("chime").list_media_capture_pipelines()
        assert chime.environment["AWS_SESSION_TOKEN"] == "token+/="
        without = boto3.client("chime-sdk-meetings", **{**chime.client_options, "aws_session_token": None})
        with pytest.raises(ClientError, match="UnrecognizedClientException"):
            without.get_meeting(MeetingId=MEETING[-36:])


def test_faults_that_are_asked_for_are_met_by_retries(chime: LocalChime) -> None:
    client = chime.blocking_client("chime")
    with pytest.raises(exceptions.InvalidConfigError, match="status is 99, which must be"):
        chime.fail_next(status=99)
    with pytest.raises(exceptions.InvalidConfigError, match="code is "):
        chime.fail_next(code="a\nb")
    chime.fail_next(2, status=500, code="ServiceFailureException")
    result = client.list_media_capture_pipelines()
    assert [line["HTTPStatusCode"] for line in result["ResponseMetadata"]["Attempts"]] == [500, 500, 200]


def test_the_service_checks_more_than_clients_do(chime: LocalChime) -> None:
    client = chime.blocking_client("chime")
    with pytest.raises(exceptions.BadRequestException, match='did you mean "S3Bucket"'):
        client.create_media_capture_pipeline(**{**CAPTURE, "SinkType": "S3bucket"})


def test_strict_validation_finds_it_before_it_is_sent(chime: LocalChime) -> None:
    config = chimeline.Config(parameter_validation="strict")
    client = chime.blocking_client("chime", config)
    with pytest.raises(exceptions.ParamValidationError) as caught:
        client.create_media_capture_pipeline(**{**CAPTURE, "SinkType": "S3bucket", "SinkArn": "bucket"})
    assert str(caught.value).splitlines()[1:] == [
        'Invalid value for parameter SinkType, value: S3bucket, must be one of: S3Bucket, did you mean "S3Bucket"?',
        r"Invalid value for parameter SinkArn, value: bucket, must match the pattern: ^arn[\/\:\-\_\.a-zA-Z0-9]+$",
    ]
    assert [fault["reason"] for fault in caught.value.errors] == ["invalid enum value", "invalid pattern"]


def test_it_starts_and_stops_again_and_again() -> None:
    chime = LocalChime()
    with pytest.raises(RuntimeError, match="does not run"):
        _ = chime.url
    for _ in range(20):
        assert chime.start() is chime
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", chime.url)
        chime.stop()
        chime.stop()
    assert repr(chime) == "<chimeline.testing.LocalChime stopped>"


def test_a_port_in_use_is_an_error_that_says_so(chime: LocalChime) -> None:
    port = int(chime.url.rpartition(":")[2])
    with pytest.raises(exceptions.InvalidConfigError, match=f"127.0.0.1:{port}: it is in use"):
        LocalChime(port=port).start()
    with pytest.raises(exceptions.InvalidConfigError, match="host must be an IP address"):
        LocalChime(host="example").start()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_process_ends_quietly_whatever_becomes_of_its_server() -> None:
    program = """
import os, sys
from chimeline.testing import LocalChime
chime = LocalChime().start()
if child := os.fork():
    _, status = os.waitpid(child, 0)
    chime.blocking_client("chime").list_media_capture_pipelines()
    print(os.waitstatus_to_exitcode(status))
else:
    # The parent's server is not the child's to stop.
    chime.stop()
"""
    done = run(sys.executable, "-W", "ignore::DeprecationWarning", "-c", program)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_a_signal(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "chimeline.local", "--port", "0", "--access-key", "AKIDOTHER", "--secret-key", "s"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _ in range(8)]
        environment = dict(line.removeprefix("export ").rstrip().split("=", 1) for line in lines[1:])
        url = environment["AWS_ENDPOINT_URL_CHIME"]
        assert lines[0] == f"The local Chime service listens on {url}\n"
        client = boto3.client(
            "chime-sdk-meetings",
            endpoint_url=url,
            region_name=environment["AWS_DEFAULT_REGION"],
            aws_access_key_id="AKIDOTHER",
            aws_secret_access_key="s",
        )
        client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="all")
        process.send_signal(number)
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def test_the_command_says_why_it_cannot_start(chime: LocalChime) -> None:
    command = [sys.executable, "-m", "chimeline.local"]
    address = chime.url.removeprefix("http://")
    taken = run(*command, "--port", address.rpartition(":")[2])
    assert (taken.returncode, taken.stdout) == (1, "")
    assert taken.stderr == f"chimeline-local: the local service cannot listen on {address}: it is in use\n"
    helped = run(*command, "--help")
    assert helped.returncode == 0
    assert "--port" in helped.stdout
    assert run(*command, "--prot", "1").returncode == 2


def test_its_clients_see_nothing_of_the_files_and_proxies_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("[default\nnonsense")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "missing")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with LocalChime() as chime:
        client = chime.blocking_client("chime")
        assert client.list_media_capture_pipelines()["MediaCapturePipelines"] == []
        assert client.meta.config.proxies == {}
