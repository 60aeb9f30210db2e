"""The state of the local service that lasts: nothing answered is lost, whatever becomes of the process or of the file."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

import chimeline
from chimeline import exceptions
from chimeline.testing import LocalChime

MEETING = {"MediaRegion": "us-east-1", "ExternalMeetingId": "standup"}
KEPT: dict[str, Any] = {"unjoined_meeting_timeout": "never", "max_meeting_duration": "never"}


def capture(meeting: dict[str, Any]) -> dict[str, Any]:
    return {
        "SourceType": "ChimeSdkMeeting",
        "SourceArn": meeting["MeetingArn"],
        "SinkType": "S3Bucket",
        "SinkArn": "arn:aws:s3:::recordings",
    }


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_state_file_keeps_all_that_was_answered_and_the_clock(tmp_path: Path) -> None:
    path = tmp_path / "chime.state"
    with LocalChime(state=path, transition_delay=60, **KEPT) as chime:
        client = chime.blocking_client("chime-sdk-meetings")
        made = client.create_meeting(**MEETING, ClientRequestToken="token-1")["Meeting"]
        attendee = client.create_attendee(MeetingId=made["MeetingId"], ExternalUserId="ann")["Attendee"]
        chime.join(made["MeetingId"], "ann")
        pipelines = chime.blocking_client("chime-sdk-media-pipelines")
        pipeline = pipelines.create_media_capture_pipeline(**capture(made))["MediaCapturePipeline"]
        chime.freeze()
        chime.advance(61)
        chime.force_state(pipeline["MediaPipelineId"], "Paused")
        pipelines.tag_resource(ResourceARN=pipeline["MediaPipelineArn"], Tags=[{"Key": "a", "Value": "b"}])
        before = chime.export_state()
        assert lines(path)[0]["version"] == 1
        assert [line["do"] for line in lines(path)[1:]] == [
            "snapshot", "call", "call", "join", "call", "clock", "clock", "force", "call",
        ]  # fmt: skip
    # Read again with other options: what is kept is what was.
    with LocalChime(state=path, transition_delay=1, pipeline_quota=0, unknown_meetings="refuse", **KEPT) as chime:
        assert chime.export_state() == before
        assert len(lines(path)) == 2
        client = chime.blocking_client("chime-sdk-meetings")
        assert client.create_meeting(**MEETING, ClientRequestToken="token-1")["Meeting"] == made
        assert client.get_attendee(MeetingId=made["MeetingId"], AttendeeId=attendee["AttendeeId"])["Attendee"] == attendee
        assert chime.meetings()[0]["attendees"][0]["connected"] is True
        chime.reset()
    with LocalChime(state=path) as chime:
        assert chime.meetings() == []


def test_a_damaged_state_is_read_up_to_the_damage_and_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "chime.state"
    ids = []
    with LocalChime(state=path, **KEPT) as chime:
        client = chime.blocking_client("chime-sdk-meetings")
        ids = [client.create_meeting(**MEETING)["Meeting"]["MeetingId"] for _ in range(5)]
    whole = path.read_bytes()
    pieces = whole.splitlines(keepends=True)
    cases = {
        "torn": (whole[:-20], 4),
        "not JSON": (b"".join([*pieces[:4], b"{\n", *pieces[4:]]), 2),
        "unknown change": (b"".join([*pieces[:5], b'{"do": "dance", "at": "2024-01-01T00:00:00Z"}\n']), 3),
        "not UTF-8": (b"".join([*pieces[:3], b"\xff\xfe\n", *pieces[3:]]), 1),
        "ids missing": (b"".join([*pieces[:3], pieces[3].replace(b'"ids":["', b'"ids":["x'), *pieces[4:]]), 1),
    }
    for name, (damaged, kept) in cases.items():
        path.write_bytes(damaged)
        done = subprocess.run(
            [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, timeout=30, check=False, env=environment()
        )
        assert (done.returncode, done.stderr) == (0, ""), name
        seen = json.loads(done.stdout)
        assert seen["ids"] == ids[:kept], name
        assert f"the state file {path} is damaged: line " in seen["notice"], name
        assert path.with_name("chime.state.damaged").read_bytes() == damaged, name
        with LocalChime(state=path) as chime:
            assert chime.notice is None, name


READ = """
import json, sys
from chimeline.testing import LocalChime
with LocalChime(state=sys.argv[1], unjoined_meeting_timeout="never", max_meeting_duration="never") as chime:
    print(json.dumps({"ids": [one["meeting_id"] for one in chime.meetings()], "notice": chime.notice}))
"""


def environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"format": "chimeline-local-journal", "version": 2}\n', "has version 2; this program reads version 1"),
        ('{"format": "something"}\n', "is not a state file of this program"),
        ("PK\x03\x04 a zip file", "is not a state file of this program"),
    ],
)
def test_a_file_of_a_later_version_or_of_something_else_is_refused_and_not_touched(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "chime.state"
    path.write_text(text)
    with pytest.raises(exceptions.InvalidConfigError, match=why):
        LocalChime(state=path).start()
    assert path.read_text() == text
    assert list(tmp_path.iterdir()) == [path]


def test_a_state_file_has_one_server_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "chime.state"
    with LocalChime(state=path) as chime:
        with pytest.raises(exceptions.InvalidConfigError, match="another server uses it"):
            LocalChime(state=path).start()
        chime.blocking_client("chime-sdk-meetings").create_meeting(**MEETING)
    with LocalChime(state=path) as chime:
        assert len(chime.meetings()) == 1
    with pytest.raises(exceptions.InvalidConfigError, match="cannot be opened"):
        LocalChime(state=tmp_path / "missing" / "chime.state").start()


def start(path: Path) -> tuple[subprocess.Popen[str], dict[str, str]]:
    command = [sys.executable, "-m", "chimeline.local", "--state", str(path), "--unjoined-meeting-timeout", "never"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(8)]
    return process, dict(line.removeprefix("export ").rstrip().split("=", 1) for line in said[1:])


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("kills", [6, pytest.param(50, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_nothing_that_was_answered_is_lost_when_the_process_is_killed(tmp_path: Path, kills: int) -> None:
    """At random moments under load."""
    path = tmp_path / "chime.state"
    answered: set[str] = set()
    for _ in range(kills):
        process, variables = start(path)
        stop = threading.Event()

        def work(variables: dict[str, str] = variables, stop: threading.Event = stop) -> None:
            client = chimeline.blocking.client(
                "chime-sdk-meetings",
                endpoint_url=variables["AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS"],
                region_name="us-east-1",
                aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
                config=chimeline.Config(retries={"total_max_attempts": 1}),
            )
            # The process is killed in the middle of a request.
            with contextlib.suppress(exceptions.BotoCoreError):
                while not stop.is_set():
                    answered.add(client.create_meeting(**MEETING)["Meeting"]["MeetingId"])

        workers = [threading.Thread(target=work) for _ in range(3)]
        for worker in workers:
            worker.start()
        stop.wait(random.uniform(0.05, 0.25))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        stop.set()
        for worker in workers:
            worker.join()
        if process.stdout is not None:
            process.stdout.close()
    with LocalChime(state=path, **KEPT) as chime:
        kept = [one["meeting_id"] for one in chime.meetings()]
    assert len(answered) > 20
    assert answered <= set(kept)
    assert len(kept) == len(set(kept))


def test_accounts_and_regions_have_resources_of_their_own(tmp_path: Path) -> None:
    other = {"account_id": "222233334444", "access_key_id": "AKIDOTHER", "secret_access_key": "other"}
    path = tmp_path / "chime.state"
    for _ in range(2):
        with LocalChime(accounts=[other], state=path, **KEPT) as chime:
            ours = boto3.client("chime-sdk-meetings", **chime.client_options)
            keys = {"aws_access_key_id": "AKIDOTHER", "aws_secret_access_key": "other"}
            theirs = boto3.client("chime-sdk-meetings", **{**chime.client_options, **keys})
            west = boto3.client("chime-sdk-meetings", **{**chime.client_options, "region_name": "us-west-2"})
            token = {"ClientRequestToken": "token-1"}
            made = [client.create_meeting(**MEETING, **token)["Meeting"] for client in (ours, theirs, west)]
            places = [meeting["MeetingArn"].split(":")[3:5] for meeting in made]
            assert places == [["us-east-1", "111122223333"], ["us-east-1", "222233334444"], ["us-west-2", "111122223333"]]
            assert len(chime.meetings()) == 3
            for client, meeting in ((ours, made[1]), (theirs, made[0]), (ours, made[2])):
                with pytest.raises(client.exceptions.NotFoundException):
                    client.get_meeting(MeetingId=meeting["MeetingId"])
            pipelines = chime.blocking_client("chime-sdk-media-pipelines")
            with pytest.raises(exceptions.ForbiddenException, match="Resource ownership mismatch"):
                pipelines.create_media_capture_pipeline(**capture(made[1]))
    with pytest.raises(exceptions.InvalidConfigError) as caught:
        LocalChime(accounts=[{**other, "account_id": "12", "secret_access_key": "hidden"}]).start()
    assert "hidden" not in str(caught.value)


def test_without_authentication_everybody_is_let_in() -> None:
    with LocalChime(auth=False) as chime:
        wrong = boto3.client("chime-sdk-meetings", **{**chime.client_options, "aws_secret_access_key": "wrong"})
        made = wrong.create_meeting(**MEETING)["Meeting"]
        unsigned = boto3.client(
            "chime-sdk-meetings",
            endpoint_url=chime.url,
            region_name="us-east-1",
            config=Config(signature_version=__import__("botocore").UNSIGNED),
        )
        assert unsigned.get_meeting(MeetingId=made["MeetingId"])["Meeting"] == made
