"""`chimeline.testing.record`: calls are recorded against a real server once, and replayed without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import chimeline
from chimeline import exceptions
from chimeline.testing import LocalChime, record
from conftest import SECRET
from server import Answer, Server

ACCOUNT = "111122223333"
NOWHERE = {"region_name": "us-east-1", "endpoint_url": "http://127.0.0.1:9"}


def talk(client: Any) -> list[Any]:
    """A meeting, its attendees, an error; what a test would do with them."""
    made = client.create_meeting(
        ClientRequestToken="token-of-this-run",
        MediaRegion="us-east-1",
        ExternalMeetingId="standup-of-team-red",
        MeetingHostId="host-of-ours",
        Tags=[{"Key": "k", "Value": "v"}],
    )
    meeting = made["Meeting"]["MeetingId"]
    one = client.create_attendee(MeetingId=meeting, ExternalUserId="alice@example.com")
    two = client.create_attendee(MeetingId=meeting, ExternalUserId="bob@example.com")
    listed = client.list_attendees(MeetingId=meeting)
    try:
        client.get_meeting(MeetingId="11111111-2222-3333-4444-555555555555")
    except client.exceptions.NotFoundException as error:
        failed = error
    client.delete_meeting(MeetingId=meeting)
    tokens = {one["Attendee"]["JoinToken"], two["Attendee"]["JoinToken"]}
    return [meeting, len(tokens), len(listed["Attendees"]), failed.response["Error"]["Code"], str(failed)]


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Path, list[Any]]:
    file = tmp_path / "calls" / "meeting.json"
    with LocalChime(account_id=ACCOUNT) as chime, record(file) as recording:
        assert not recording.replays
        return_value = talk(chime.blocking_client("chime-sdk-meetings"))
    return file, return_value


def test_what_was_recorded_is_replayed_without_server_and_credentials(recorded: tuple[Path, list[Any]]) -> None:
    file, due = recorded
    before = file.read_text()
    with record(file) as recording:
        assert recording.replays
        found = talk(chimeline.blocking.client("chime-sdk-meetings", **NOWHERE))
        assert recording.unused == []
    assert found == due
    assert file.read_text() == before


def test_a_recording_holds_nothing_that_is_secret(recorded: tuple[Path, list[Any]]) -> None:
    text = recorded[0].read_text()
    for secret in (
        "alice",
        "bob@",
        "host-of-ours",
        "standup",
        "token-of-this-run",
        ACCOUNT,
        SECRET,
        "chimeline-local-secret",
        "AKID",
    ):
        assert secret not in text, secret
    assert "uthorization" not in text
    document = json.loads(text)
    assert [call["operation"] for call in document["calls"]][:2] == ["CreateMeeting", "CreateAttendee"]
    assert document["calls"][1]["result"]["Attendee"]["JoinToken"].startswith("masked-")


async def test_a_recording_of_one_kind_of_client_serves_the_other(recorded: tuple[Path, list[Any]]) -> None:
    async with record(recorded[0], mode="replay") as recording:
        client = chimeline.client("chime-sdk-meetings", **NOWHERE)
        made = await client.create_meeting(
            ClientRequestToken="another", MediaRegion="us-east-1", ExternalMeetingId="any",
            MeetingHostId="any", Tags=[{"Key": "k", "Value": "v"}],
        )  # fmt: skip
        assert made["Meeting"]["MeetingId"] == recorded[1][0]
        assert made["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert len(recording.unused) == len(recording.calls) - 1


def test_a_call_that_was_not_recorded_is_an_error_that_names_what_is_left(recorded: tuple[Path, list[Any]]) -> None:
    client = chimeline.blocking.client("chime-sdk-meetings", **NOWHERE)
    with record(recorded[0]):
        with pytest.raises(exceptions.UnStubbedResponseError, match=r"has no such call .*those left begin with CreateMeeting"):
            client.list_attendees(MeetingId="11111111-2222-3333-4444-555555555555")
        with pytest.raises(exceptions.ParamValidationError):
            client.list_attendees(MeetingId=1)  # type: ignore[arg-type]


def test_times_and_failures_are_replayed_as_they_were(tmp_path: Path, options: dict[str, Any], server: Server) -> None:
    file = tmp_path / "calls.json"

    def calls(client: Any) -> list[Any]:
        found = client.create_media_capture_pipeline(
            SourceType="ChimeSdkMeeting",
            SourceArn=f"arn:aws:chime::{ACCOUNT}:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b",
            SinkType="S3Bucket",
            SinkArn="arn:aws:s3:::recordings",
        )
        with pytest.raises(exceptions.ConnectionClosedError) as raised:
            client.list_media_capture_pipelines()
        return [found["MediaCapturePipeline"]["CreatedTimestamp"], list(found["MediaCapturePipeline"]), str(raised.value)]

    server.then(server.default, Answer(raw=b"", close=True))
    with record(file):
        client = chimeline.blocking.client("chime", **options).with_options(max_attempts=1)
        due = calls(client)
    with record(file):
        assert calls(chimeline.blocking.client("chime", **NOWHERE)) == due
    assert len(server.requests) == 2
    assert ACCOUNT not in file.read_text()


def test_modes(tmp_path: Path, recorded: tuple[Path, list[Any]], options: dict[str, Any], server: Server) -> None:
    with (
        pytest.raises(FileNotFoundError, match="there is no recording"),
        record(tmp_path / "no", mode="replay"),
    ):
        pass
    with pytest.raises(ValueError, match="mode must be 'once', 'record' or 'replay', not 'all'"):
        record(tmp_path / "x", mode="all")  # type: ignore[arg-type]
    (tmp_path / "odd").write_text("{}")
    with pytest.raises(ValueError, match="odd is no recording of calls"), record(tmp_path / "odd"):
        pass
    with record(recorded[0]), pytest.raises(RuntimeError, match="calls are recorded to"), record(tmp_path / "y"):
        pass
    client = chimeline.blocking.client("chime-sdk-media-pipelines", **options)
    with record(recorded[0], mode="record"):
        client.list_media_pipelines()
    assert [call["operation"] for call in json.loads(recorded[0].read_text())["calls"]] == ["ListMediaPipelines"]
    with pytest.raises(exceptions.ParamValidationError), record(tmp_path / "failed"):
        client.list_media_pipelines(MaxResults="x")
    assert not (tmp_path / "failed").exists()
    client.list_media_pipelines()
    assert len(server.requests) == 2
