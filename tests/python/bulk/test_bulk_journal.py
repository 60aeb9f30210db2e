"""The journal of a run: what was done is not done again, and what is another's is refused."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import chimeline
from chimeline import bulk, exceptions
from chimeline.testing import LocalChime
from server import Answer, Server

MEETINGS = "chime-sdk-meetings"
OTHER = {"account_id": "444455556666", "access_key_id": "AKIDOTHER", "secret_access_key": "other"}


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime() as running:
        yield running


@pytest.fixture
def client(chime: LocalChime) -> Any:
    return chime.blocking_client(MEETINGS)


def rooms(number: int) -> list[dict[str, Any]]:
    return [{"MediaRegion": "us-east-1", "ExternalMeetingId": f"room-{at}"} for at in range(number)]


def created(chime: LocalChime, operation: str = "CreateMeeting") -> int:
    return len(chime.requests(operation=operation, limit=1000))


def test_a_run_goes_on_from_its_journal(chime: LocalChime, client: Any, tmp_path: Path) -> None:
    journal = tmp_path / "rooms.jsonl"
    with bulk.run(client, "create_meeting", rooms(30), journal=journal, concurrency=2) as run:
        first = [result for result, _ in zip(run, range(11), strict=False)]
    done = created(chime)
    assert done < 20
    results = list(bulk.run(client, "create_meeting", rooms(30), journal=str(journal)))
    assert created(chime) == 30
    resumed = {result.index: result for result in results if result.resumed}
    assert len(resumed) == done
    assert len(results) == 30
    for result in first:
        assert result.output is not None
        again = resumed[result.index].output
        assert again is not None
        assert again["Meeting"] == result.output["Meeting"]
        metadata = result.output["ResponseMetadata"]
        assert again["ResponseMetadata"]["RequestId"] == metadata["RequestId"]
        assert again["ResponseMetadata"]["HTTPStatusCode"] == metadata["HTTPStatusCode"]
    if os.name == "posix":
        assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    secret = chime.client_options["aws_secret_access_key"]
    assert secret not in journal.read_text()
    assert chime.client_options["aws_access_key_id"] not in journal.read_text()


async def test_an_awaited_run_goes_on_from_the_journal_of_a_blocking_one(chime: LocalChime, client: Any, tmp_path: Path) -> None:
    journal = tmp_path / "rooms.jsonl"
    list(bulk.run(client, "create_meeting", rooms(5), journal=journal))
    awaited = bulk.run(chime.client(MEETINGS), "create_meeting", rooms(8), journal=journal)
    assert sorted([(result.index, result.resumed) async for result in awaited]) == [(at, at < 5) for at in range(8)]
    assert created(chime) == 8


async def test_a_client_with_a_coroutine_for_credentials_has_a_journal_too(chime: LocalChime, tmp_path: Path) -> None:
    options = chime.client_options

    async def credentials() -> dict[str, str]:
        return {"access_key": options["aws_access_key_id"], "secret_key": options["aws_secret_access_key"]}

    client = chimeline.client(MEETINGS, "us-east-1", endpoint_url=chime.url, credentials=credentials)
    for _ in range(2):
        run = bulk.run(client, "create_meeting", rooms(3), journal=tmp_path / "j")
        assert len([result async for result in run if result.ok]) == 3
    assert created(chime) == 3


def test_times_come_back_as_they_were(chime: LocalChime, tmp_path: Path) -> None:
    client: Any = chime.blocking_client("chime-sdk-media-pipelines")
    given = {
        "SourceType": "ChimeSdkMeeting",
        "SourceArn": "arn:aws:chime::111122223333:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b",
        "SinkType": "S3Bucket",
        "SinkArn": "arn:aws:s3:::recordings",
    }
    runs = [list(bulk.run(client, "create_media_capture_pipeline", [given], journal=tmp_path / "j")) for _ in range(2)]
    outputs: list[Any] = [result.output for run in runs for result in run]
    assert runs[1][0].resumed
    assert outputs[0]["MediaCapturePipeline"] == outputs[1]["MediaCapturePipeline"]


def test_a_journal_of_node_is_read_too(chime: LocalChime, client: Any, tmp_path: Path) -> None:
    journal = tmp_path / "j"
    list(bulk.run(client, "create_meeting", rooms(1), journal=journal))
    header, line = map(json.loads, journal.read_text().splitlines())
    # As `JSON.stringify` and `toISOString` write them.
    line["output"] = {"Meeting": {"MeetingId": "m", "At": {"$date": "2024-02-29T12:34:56.789Z"}}}
    journal.write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in (header, line)))
    [result] = bulk.run(client, "create_meeting", rooms(1), journal=journal)
    assert result.output is not None
    assert result.output["Meeting"]["At"].isoformat() == "2024-02-29T12:34:56.789000+00:00"


def test_failures_are_tried_again(chime: LocalChime, client: Any, tmp_path: Path) -> None:
    chime.add_fault({"operation": "CreateMeeting", "refusal": "authorization-failed", "times": 2})
    runs = [list(bulk.run(client, "create_meeting", rooms(6), journal=tmp_path / "j")) for _ in range(2)]
    assert [sum(result.ok for result in run) for run in runs] == [4, 6]


@pytest.mark.parametrize("damage", ["torn", "garbled", "unknown"])
def test_a_damaged_journal_counts_up_to_the_damage_and_is_left_as_it_is(
    chime: LocalChime, client: Any, tmp_path: Path, damage: str
) -> None:
    journal = tmp_path / "j"
    list(bulk.run(client, "create_meeting", rooms(10), journal=journal))
    lines = journal.read_bytes().splitlines(keepends=True)
    assert len(lines) == 11
    lines[5] = {"torn": lines[5][:20], "garbled": b"\xff\x00garbled\n", "unknown": b'{"neither": 1}\n'}[damage]
    if damage == "torn":
        del lines[6:]
    journal.write_bytes(damaged := b"".join(lines))
    with pytest.warns(RuntimeWarning, match=r"is damaged in line 6: it counts up to there and is left as it is") as warned:
        run = bulk.run(client, "create_meeting", rooms(12), journal=journal)
    assert Path(warned[0].filename).name == Path(__file__).name
    results = list(run)
    assert sum(result.resumed for result in results) == 4
    assert all(result.ok for result in results)
    assert journal.read_bytes() == damaged
    assert len({result.output["Meeting"]["MeetingId"] for result in results if result.output}) == 12
    with pytest.warns(RuntimeWarning, match="goes on in"):
        again = list(bulk.run(client, "create_meeting", rooms(12), journal=journal))
    assert all(result.resumed for result in again)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["j", "j.1"]


def test_a_file_that_is_no_journal_is_refused_and_not_touched(chime: LocalChime, client: Any, tmp_path: Path) -> None:
    for text in ('{"rooms": []}\n', "notes\n", '{"journal": "chimeline.bulk", "ver'):
        file = tmp_path / "notes"
        file.write_text(text)
        with pytest.raises(exceptions.ParamValidationError, match="journal must be a file that chimeline"):
            bulk.run(client, "create_meeting", rooms(2), journal=file)
        assert file.read_text() == text
    assert chime.requests() == []
    with pytest.raises(OSError, match="absent"):
        list(bulk.run(client, "create_meeting", rooms(2), journal=tmp_path / "absent" / "j"))
    assert chime.requests() == []


def test_a_journal_of_another_operation_service_or_region_is_refused(chime: LocalChime, client: Any, tmp_path: Path) -> None:
    journal = tmp_path / "j"
    list(bulk.run(client, "create_meeting", rooms(2), journal=journal))
    text = journal.read_text()
    seen = created(chime)
    west = chimeline.blocking.client(MEETINGS, **{**chime.client_options, "region_name": "us-west-2"})
    others: list[tuple[Any, str, str]] = [
        (client, "get_meeting", "is of operation CreateMeeting, and this run of GetMeeting"),
        (chime.blocking_client("chime"), "get_media_capture_pipeline", "is of service chime-sdk-meetings, and this run of chime"),
        (west, "create_meeting", "is of region us-east-1, and this run of us-west-2"),
    ]
    for other, operation, part in others:
        with pytest.raises(exceptions.ParamValidationError, match=part):
            bulk.run(other, operation, rooms(2), journal=journal)
    assert created(chime) == seen
    assert journal.read_text() == text


async def test_a_journal_of_another_account_is_refused(tmp_path: Path) -> None:
    journal = tmp_path / "j"
    with LocalChime(accounts=[OTHER]) as chime:
        list(bulk.run(chime.blocking_client(MEETINGS), "create_meeting", rooms(2), journal=journal))
        text, seen = journal.read_text(), created(chime)
        options = {**chime.client_options, "aws_access_key_id": "AKIDOTHER", "aws_secret_access_key": "other"}
        with pytest.raises(exceptions.ParamValidationError, match="written with other credentials"):
            list(bulk.run(chimeline.blocking.client(MEETINGS, **options), "create_meeting", rooms(4), journal=journal))
        with pytest.raises(exceptions.ParamValidationError, match="written with other credentials"):
            _ = [
                one async for one in bulk.run(chimeline.client(MEETINGS, **options), "create_meeting", rooms(4), journal=journal)
            ]
        assert (journal.read_text(), created(chime)) == (text, seen)


def test_the_account_is_the_one_that_sts_names(
    chime: LocalChime, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def identity(account: str) -> Answer:
        body = f"<R><GetCallerIdentityResult><Account>{account}</Account></GetCallerIdentityResult></R>"
        return Answer(200, body.encode(), [("Content-Type", "text/xml")])

    with Server(identity("111122223333")) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        list(bulk.run(client, "create_meeting", rooms(2), journal=tmp_path / "j"))
        assert json.loads((tmp_path / "j").read_text().splitlines()[0])["account"] == "111122223333"
        sts.default = identity("444455556666")
        with pytest.raises(exceptions.ParamValidationError, match="is of the account 111122223333, and this run of 444455556666"):
            list(bulk.run(client, "create_meeting", rooms(3), journal=tmp_path / "j"))
        assert created(chime) == 2
        assert {request.method for request in sts.requests} == {"GET"}


async def test_a_client_without_credentials_has_a_journal_too(tmp_path: Path) -> None:
    config = chimeline.Config(signature_version=chimeline.UNSIGNED)
    with LocalChime(auth=False) as chime:
        for resumed in (False, True):
            blocking = chimeline.blocking.client(MEETINGS, "us-east-1", endpoint_url=chime.url, config=config)
            results = list(bulk.run(blocking, "create_meeting", rooms(2), journal=tmp_path / "j"))
            assert [result.resumed for result in results] == [resumed] * 2
        awaited = chimeline.client(MEETINGS, "us-east-1", endpoint_url=chime.url, config=config)
        assert all([one.resumed async for one in bulk.run(awaited, "create_meeting", rooms(2), journal=tmp_path / "j")])


def test_what_may_have_been_done_is_not_done_again_without_a_token(chime: LocalChime, client: Any, tmp_path: Path) -> None:
    meeting = client.create_meeting(**rooms(1)[0])["Meeting"]["MeetingId"]
    inputs = [{"MeetingId": meeting, "ExternalUserId": f"user-{at}"} for at in range(4)]
    once = client.with_options(max_attempts=1)
    chime.add_fault({"operation": "CreateAttendee", "cut": 0, "times": 1})
    chime.add_fault({"operation": "CreateAttendee", "refusal": "authorization-failed", "times": 1})
    first = list(bulk.run(once, "create_attendee", inputs, journal=tmp_path / "j", concurrency=1))
    assert [result.ok for result in first] == [False, False, True, True]
    second = {result.index: result for result in bulk.run(once, "create_attendee", inputs, journal=tmp_path / "j")}
    assert isinstance(second[0].error, exceptions.OutcomeUnknownError)
    assert "CreateAttendee takes no token" in str(second[0].error)
    assert [second[at].ok for at in (1, 2, 3)] == [True] * 3
    attendees = client.list_attendees(MeetingId=meeting)["Attendees"]
    assert len({attendee["ExternalUserId"] for attendee in attendees}) == len(attendees)


KILLED = """
import sys
import chimeline, chimeline.blocking
from chimeline import bulk
inputs = [{"MediaRegion": "us-east-1", "ExternalMeetingId": f"room-{at}"} for at in range(400)]
for result in bulk.run(chimeline.blocking.client("chime-sdk-meetings"), "create_meeting", inputs, journal=sys.argv[1]):
    print(result.index, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_run_whose_process_is_killed_goes_on_and_makes_nothing_twice(chime: LocalChime, client: Any, tmp_path: Path) -> None:
    journal = tmp_path / "j"
    environment = {**chime.environment, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    lost = chime.add_fault({"operation": "CreateMeeting", "cut": 0, "probability": 0.1})
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(journal)], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for line, _ in zip(process.stdout, range(60), strict=False):
            assert line.strip().isdigit()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        time.sleep(0.1)
    chime.remove_fault(lost["id"])
    results = list(bulk.run(client, "create_meeting", rooms(400), journal=journal))
    assert sum(result.resumed for result in results) > 50
    found = {result.input["ExternalMeetingId"]: result.output["Meeting"]["MeetingId"] for result in results if result.output}
    resources = chime.export_state()["accounts"]["111122223333"]["resources"]
    meetings = [one["members"]["ExternalMeetingId"] for one in resources if "ExternalMeetingId" in one["members"]]
    assert len(found) == len(meetings) == len(set(meetings)) == 400
