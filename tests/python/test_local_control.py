"""The control API of the local service: over HTTP, by the methods of `LocalChime`, from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from chimeline import exceptions
from chimeline.testing import LocalChime

DAY = 86400.0


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime(transition_delay=DAY, unjoined_meeting_timeout="never", max_meeting_duration="never") as running:
        yield running


def meeting(chime: LocalChime, **more: Any) -> dict[str, Any]:
    client = chime.blocking_client("chime-sdk-meetings")
    return client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="standup", **more)["Meeting"]


def capture(chime: LocalChime, made: dict[str, Any]) -> dict[str, Any]:
    client = chime.blocking_client("chime-sdk-media-pipelines")
    arn = f"arn:aws:chime::111122223333:meeting:{made['MeetingId']}"
    return client.create_media_capture_pipeline(
        SourceType="ChimeSdkMeeting", SourceArn=arn, SinkType="S3Bucket", SinkArn="arn:aws:s3:::recordings"
    )["MediaCapturePipeline"]


def status(chime: LocalChime, pipeline: dict[str, Any]) -> str:
    client = chime.blocking_client("chime-sdk-media-pipelines")
    named = client.get_media_capture_pipeline(MediaPipelineId=pipeline["MediaPipelineId"])
    return named["MediaCapturePipeline"]["Status"]


def http(url: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, Any]:
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    where = urlsplit(url)
    connection = HTTPConnection(where.netloc, timeout=10)
    connection.request(method, f"{where.path}?{where.query}", data, {"Content-Type": "application/json", **headers})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, json.loads(text) if text else None


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    clean = {**kept, **environment}
    line = [sys.executable, "-m", "chimeline.local", *arguments]
    return subprocess.run(line, env=clean, capture_output=True, text=True, timeout=30, check=False)


def test_every_operation_of_the_document_is_served(chime: LocalChime) -> None:
    status, document = http(f"{chime.url}/_local/openapi.json")
    assert (status, document["openapi"]) == (200, "3.1.0")
    assert document == chime.openapi()
    operations = [(path, method) for path, methods in document["paths"].items() for method in methods]
    assert len(operations) >= 24
    for path, method in operations:
        status, body = http(f"{chime.url}{path}", method.upper(), {"unexpected": 1} if method in {"post", "put"} else None)
        assert status != 405, (path, method)
        assert status < 500, (path, method, body)
    fault = document["components"]["schemas"]["Fault"]["properties"]
    status, body = http(f"{chime.url}/_local/faults", "POST", {"nonsense": 1})
    assert status == 400
    known = body["message"].partition("known: ")[2].rstrip(")").split(", ")
    assert sorted(known) == sorted(fault)


def test_bad_control_requests_are_refused_with_the_reason(chime: LocalChime) -> None:
    url = f"{chime.url}/_local"
    assert http(f"{url}/health")[1]["status"] == "ok"
    assert http(f"{url}/nothing")[0] == 404
    assert http(f"{url}/health", "DELETE") == (
        405,
        {"error": "MethodNotAllowed", "message": "/_local/health does not take DELETE (expected GET)."},
    )
    assert http(f"{url}/clock/advance", "POST", b"{")[0] == 400
    # As curl sends JSON by default.
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert http(f"{url}/clock/advance", "POST", {"seconds": 1}, **form)[0] == 200
    assert http(f"{url}/clock/advance", "POST", b"seconds=1", **form)[0] == 400
    assert http(f"{url}/clock/advance", "POST", {"seconds": "1"})[1]["message"] == (
        'invalid seconds: "1" (expected a number of seconds >= 0)'
    )
    assert http(f"{url}/requests?colour=red")[1]["message"] == "unknown query parameter colour"
    assert http(f"{url}/requests?limit=x")[0] == 400
    assert http(f"{url}/meetings/none/join", "POST", {}) == (
        404,
        {"error": "NotFoundException", "message": "Meeting none not found"},
    )
    assert http(f"{url}/health")[0] == 200


def test_pages_of_other_origins_and_other_names_are_kept_out(chime: LocalChime) -> None:
    url = f"{chime.url}/_local/reset"
    meeting(chime)
    assert http(url, "POST", Origin="http://example.com")[0] == 403
    assert http(url, "POST", Host="rebound.example:80", Origin="http://rebound.example:80")[0] == 403
    assert len(chime.meetings()) == 1
    port = chime.url.rpartition(":")[2]
    assert http(url, "POST", Host=f"localhost:{port}", Origin=f"http://localhost:{port}")[0] == 204
    assert chime.meetings() == []


def test_the_control_api_can_be_off() -> None:
    with LocalChime(control=False) as chime:
        status, body = http(f"{chime.url}/_local/health")
        assert (status, body["message"]) == (404, "No operation is GET /_local/health.")
        # The process itself may.
        assert chime.health()["status"] == "ok"
    with LocalChime(host="0.0.0.0") as chime:  # noqa: S104
        assert http(f"http://127.0.0.1:{chime.url.rpartition(':')[2]}/_local/health")[0] == 404
    with LocalChime(host="0.0.0.0", control=True) as chime:  # noqa: S104
        assert http(f"http://127.0.0.1:{chime.url.rpartition(':')[2]}/_local/health")[0] == 200


def test_the_clock_is_frozen_set_and_advanced(chime: LocalChime) -> None:
    pipeline = capture(chime, meeting(chime))
    chime.freeze()
    start = chime.clock()
    assert chime.clock() == start
    chime.advance(DAY - 1)
    assert status(chime, pipeline) == "Initializing"
    chime.advance(2)
    assert chime.clock() - start == timedelta(days=1, seconds=1)
    assert status(chime, pipeline) == "InProgress"
    moment = datetime(2031, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
    chime.set_clock(moment)
    assert chime.clock() == moment
    assert meeting(chime)["MeetingId"]
    made = capture(chime, meeting(chime))
    assert made["CreatedTimestamp"] == moment
    chime.resume()
    assert chime.clock() >= moment
    with pytest.raises(ValueError, match="timezone"):
        chime.set_clock(datetime(2031, 2, 3))
    with pytest.raises(ValueError, match="no number of seconds"):
        chime.advance(-1)


def test_requests_are_recorded_with_what_was_sent_and_without_secrets(chime: LocalChime) -> None:
    meetings = boto3.client("chime-sdk-meetings", **chime.client_options)
    made = meetings.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="standup", ClientRequestToken="token-1")
    meeting_id = made["Meeting"]["MeetingId"]
    joined = meetings.create_attendee(MeetingId=meeting_id, ExternalUserId="ann")["Attendee"]
    with pytest.raises(meetings.exceptions.BadRequestException):
        meetings.create_meeting(MediaRegion="nowhere", ExternalMeetingId="standup", ClientRequestToken="token-2")
    wrong = boto3.client("chime-sdk-meetings", **{**chime.client_options, "aws_secret_access_key": "wrong"})
    with pytest.raises(wrong.exceptions.ClientError):
        wrong.get_meeting(MeetingId=meeting_id)
    newest, *_, oldest = chime.requests()
    assert (newest["operation"], newest["status"], newest["error"]) == ("GetMeeting", 403, "InvalidSignatureException")
    assert newest["input"] == {"MeetingId": meeting_id}
    assert (oldest["service"], oldest["operation"]) == ("chime-sdk-meetings", "CreateMeeting")
    assert oldest["input"]["ClientRequestToken"] == "token-1"
    assert oldest["output"]["Meeting"]["MeetingId"] == meeting_id
    assert oldest["duration"] >= 0
    assert (oldest["account_id"], oldest["region"]) == ("111122223333", "us-east-1")
    refused = chime.requests(operation="CreateMeeting", status=400)
    assert [one["input"]["MediaRegion"] for one in refused] == ["nowhere"]
    assert len(chime.requests(limit=2)) == 2
    assert chime.requests(service="chime") == []
    text = json.dumps(chime.requests())
    assert "***" in text
    for secret in (joined["JoinToken"], chime.environment["AWS_SECRET_ACCESS_KEY"], "Signature="):
        assert secret not in text
    chime.clear_requests()
    assert chime.requests() == []


def test_attendees_join_and_leave_and_meetings_end() -> None:
    with LocalChime(transition_delay=1) as chime:
        made = meeting(chime)
        client = chime.blocking_client("chime-sdk-meetings")
        for user in ("ann", "bob"):
            client.create_attendee(MeetingId=made["MeetingId"], ExternalUserId=user)
        pipeline = capture(chime, made)
        assert chime.join(made["MeetingId"]) == 2
        chime.advance(3600)
        [seen] = chime.meetings()
        assert {one["external_user_id"] for one in seen["attendees"] if one["connected"]} >= {"ann", "bob"}
        assert seen["pipelines"] == [pipeline["MediaPipelineId"]]
        assert chime.leave(made["MeetingId"], "ann") == 1
        assert chime.leave(made["MeetingId"], dropped=True) == 1
        names = [event["detail"]["eventType"] for event in chime.events()]
        assert names.count("chime:AttendeeJoined") == 3
        assert names[-2:] == ["chime:AttendeeLeft", "chime:AttendeeDropped"]
        chime.advance(302)
        with pytest.raises(exceptions.NotFoundException, match=f"Meeting {made['MeetingId']} not found"):
            client.get_meeting(MeetingId=made["MeetingId"])
        assert status(chime, pipeline) == "Stopped"
        with pytest.raises(exceptions.NotFoundException, match=f"Meeting {made['MeetingId']} not found"):
            capture(chime, made)
        other = meeting(chime)
        chime.end_meeting(other["MeetingId"])
        assert chime.meetings() == []
        with pytest.raises(exceptions.InvalidConfigError, match="not found"):
            chime.join(other["MeetingId"])


def test_pipelines_are_put_into_states(chime: LocalChime) -> None:
    pipeline = capture(chime, meeting(chime))
    for state in ("Paused", "InProgress", "Failed"):
        chime.force_state(pipeline["MediaPipelineId"], state, "the disk is full" if state == "Failed" else None)
        assert status(chime, pipeline) == state
    assert [event["detail"]["eventType"] for event in chime.events() if "Pipeline" in event["detail-type"]] == [
        "chime:MediaPipelineTemporaryFailure",
        "chime:MediaPipelineResumed",
        "chime:MediaPipelinePermanentFailure",
    ]
    [kept] = [one for one in chime.export_state()["accounts"]["111122223333"]["resources"] if "Capture" in one["kind"]]
    assert kept["members"]["FailureReason"] == "the disk is full"
    with pytest.raises(exceptions.InvalidConfigError, match='"Broken" is not a state'):
        chime.force_state(pipeline["MediaPipelineId"], "Broken")


def test_a_state_is_exported_imported_and_seeded(chime: LocalChime, tmp_path: Path) -> None:
    made = meeting(chime, ClientRequestToken="token-1")
    pipeline = capture(chime, made)
    state = chime.export_state()
    chime.reset()
    assert chime.meetings() == []
    chime.import_state(state)
    assert meeting(chime, ClientRequestToken="token-1") == made
    assert status(chime, pipeline) == "Initializing"
    assert chime.seed_state(state) is False
    (tmp_path / "seed.json").write_text(json.dumps(state))
    with LocalChime(seed=tmp_path / "seed.json") as other:
        assert [one["meeting_id"] for one in other.meetings()] == [made["MeetingId"]]
        other.reset()
        assert other.seed_state(state) is True
    for wrong in ({}, {**state, "version": 2}, {**state, "accounts": {"111122223333": {"resources": [{}]}}}):
        with pytest.raises(exceptions.InvalidConfigError):
            chime.import_state(wrong)
    assert chime.export_state()["accounts"] == state["accounts"]


def test_the_command_drives_a_service_that_runs(chime: LocalChime, tmp_path: Path) -> None:
    made = meeting(chime)
    pipeline = capture(chime, made)
    environment = chime.environment
    advanced = command("control", "advance", str(DAY), **environment)
    assert (advanced.returncode, advanced.stderr) == (0, "")
    assert json.loads(advanced.stdout)["frozen"] is False
    assert status(chime, pipeline) == "InProgress"
    listed = command("control", "--url", chime.url, "requests", "--operation=CreateMeeting", "--limit=1")
    assert [one["operation"] for one in json.loads(listed.stdout)["requests"]] == ["CreateMeeting"]
    rule = tmp_path / "rule.json"
    rule.write_text('{"id": "down", "operation": "GetMeeting", "refusal": "service-unavailable", "times": 1}')
    assert json.loads(command("control", "add-fault", f"@{rule}", **environment).stdout)["id"] == "down"
    assert command("control", "remove-fault", "down", **environment).stdout == ""
    refused = command("control", "remove-fault", "down", **environment)
    assert (refused.returncode, refused.stderr) == (1, "chimeline-local: Fault down not found (404)\n")
    assert command("control", "forward", **environment).returncode == 2
    gone = command("control", "health", "--url=http://127.0.0.1:9")
    assert gone.returncode == 1
    assert "does not respond" in gone.stderr
    helped = command("control", "--help").stdout
    assert all(name in helped for name in ("advance [SECONDS]", "join MEETING_ID [ATTENDEE]", "import JSON"))


def test_the_image_starts_with_arguments_that_are_understood(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "docker" / "local"
    [image] = [line for line in (folder / "Dockerfile").read_text().splitlines() if line.startswith("CMD ")]
    [compose] = [line for line in (folder / "compose.yaml").read_text().splitlines() if "command:" in line]
    for line in (image.removeprefix("CMD "), compose.partition("command: ")[2]):
        arguments = json.loads(line.replace("/data", str(tmp_path)).replace('"8000"', '"0"'))
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, "-m", "chimeline.local", *arguments], stdout=subprocess.PIPE, text=True, env=kept
        )
        with process:
            assert process.stdout is not None
            said = process.stdout.readline()
            port = said.rstrip().rpartition(":")[2]
            # As the image's health check asks.
            healthy = command("control", "health", f"--url=http://127.0.0.1:{port}")
            process.terminate()
            assert process.wait(10) == 0
        assert json.loads(healthy.stdout)["status"] == "ok"
