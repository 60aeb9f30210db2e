"""Recordings that killed processes left: found by the journal of their guards, or by tags and age, and stopped."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chimeline import recording
from chimeline.exceptions import ParamValidationError, RecordingError
from chimeline.recording import blocking
from chimeline.testing import LocalChime
from server import Answer, Server

SINK = "s3://recordings/guarded"
PROGRAM = """
import sys, time
from chimeline.recording import blocking
meeting, journal, *options = sys.argv[1:]
signals = "signals" in options
with blocking.record(meeting, "s3://recordings", journal=journal, signals=signals, concatenate_to="s3://recordings/j") as guard:
    print(guard.pipeline_id, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime(transition_delay=0.02) as running:
        yield running


@pytest.fixture
def client(chime: LocalChime) -> Any:
    return chime.blocking_client("chime-sdk-media-pipelines")


def meeting_of(chime: LocalChime, name: str) -> Any:
    return blocking.ensure_meeting(f"room-{name}", "us-east-1", client=chime.blocking_client("chime-sdk-meetings"))


def active(client: Any) -> set[str]:
    found: set[str] = set()
    for item in client.list_media_capture_pipelines()["MediaCapturePipelines"]:
        try:
            pipeline = client.get_media_capture_pipeline(MediaPipelineId=item["MediaPipelineId"])["MediaCapturePipeline"]
        except client.exceptions.NotFoundException:
            continue
        if pipeline["Status"] in ("Initializing", "InProgress"):
            found.add(item["MediaPipelineId"])
    return found


def lines(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


def guarding(chime: LocalChime, python: str, meeting: Any, journal: Path, *options: str) -> tuple[subprocess.Popen[str], str]:
    """A process that guards a recording, and the id of it."""
    environment = {**chime.environment, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [python, "-c", PROGRAM, meeting["Meeting"]["MeetingArn"], str(journal), *options]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        return process, process.stdout.readline().strip()


def test_each_line_is_there_before_the_call_that_it_announces(chime: LocalChime, client: Any, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    seen: dict[str, list[str]] = {}

    def note(params: Any, model: Any, **_: Any) -> None:
        seen[model.name] = [line.get("event", "heading") for line in lines(journal)]

    for operation in ("CreateMediaCapturePipeline", "DeleteMediaCapturePipeline"):
        client.meta.events.register(f"before-call.chime-sdk-media-pipelines.{operation}", note)
    with blocking.record(meeting_of(chime, "a"), SINK, journal=journal, client=client) as guarded:
        entry = lines(journal)[1]
        assert (tmp_path / entry["lock"]).exists()
        assert lines(journal)[2]["pipeline"].endswith(guarded.pipeline_id)
    assert seen["CreateMediaCapturePipeline"] == ["heading", "starting"]
    assert seen["DeleteMediaCapturePipeline"] == ["heading", "starting", "started", "stopping"]
    assert lines(journal)[-1]["event"] == "stopped"
    assert os.listdir(tmp_path) == ["journal"]
    assert blocking.reap(journal, client=client)["MediaPipelineIds"] == []


def test_what_a_killed_process_left_is_stopped_and_joined_and_no_more(
    chime: LocalChime, client: Any, python: str, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    killed, lost = guarding(chime, python, meeting_of(chime, "a"), journal)
    living, kept = guarding(chime, python, meeting_of(chime, "b"), journal)
    foreign = blocking.start_recording(meeting_of(chime, "c"), SINK, client=client)["MediaPipelineId"]
    try:
        killed.kill()
        killed.wait()
        would = blocking.reap(journal, dry_run=True, client=client)
        assert would["MediaPipelineIds"] == [lost]
        assert active(client) == {lost, kept, foreign}
        found = blocking.reap(journal, client=client)
        assert found["MediaPipelineIds"] == [lost]
        assert [guarded["MediaPipelineId"] for guarded in found["Guarded"]] == [kept]
        assert len(found["MediaConcatenationPipelines"]) == 1
        assert found["Left"] == []
        assert active(client) == {kept, foreign}
        again = blocking.reap(journal, client=client)
        assert (again["MediaPipelineIds"], len(again["Guarded"])) == ([], 1)
    finally:
        living.kill()
        living.wait()
    assert blocking.reap(journal, client=client)["MediaPipelineIds"] == [kept]
    assert os.listdir(tmp_path) == ["journal"]


def test_a_process_killed_within_the_start_is_found_by_its_meeting(chime: LocalChime, client: Any, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    meeting = meeting_of(chime, "a")
    with blocking.record(meeting, SINK, journal=journal, client=client):
        pass
    kept = lines(journal)
    started = blocking.start_recording(meeting, SINK, client=client)["MediaPipelineId"]
    entry = {**kept[1], "guard": "another", "lock": "journal.gone.lock"}
    journal.write_text("".join(json.dumps(line) + "\n" for line in [*kept, entry]))
    assert blocking.reap(journal, client=client)["MediaPipelineIds"] == [started]
    assert active(client) == set()
    # A recording that was made long after the entry is somebody else's.
    blocking.start_recording(meeting, SINK, client=client)
    late = {**entry, "guard": "third", "time": entry["time"] - 3600}
    journal.write_text("".join(json.dumps(line) + "\n" for line in [*kept, late]))
    assert blocking.reap(journal, client=client)["MediaPipelineIds"] == []
    assert len(active(client)) == 1


def test_a_damaged_journal_is_read_up_to_the_damage_said_and_never_written_to(
    chime: LocalChime, client: Any, python: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = tmp_path / "journal"
    process, lost = guarding(chime, python, meeting_of(chime, "a"), journal)
    process.kill()
    process.wait()
    with journal.open("a") as file:
        file.write('{"event": "star')
    before = journal.read_bytes()
    other = meeting_of(chime, "b")
    with (
        pytest.raises(RecordingError, match="damaged, and left as it is: line 4 is cut off"),
        blocking.record(other, SINK, journal=journal, client=client),
    ):
        raise AssertionError("the body must not run")
    assert active(client) == {lost}
    with caplog.at_level(logging.ERROR, "chimeline"):
        found = blocking.reap(journal, client=client)
    assert found["MediaPipelineIds"] == [lost]
    assert found["Damage"] == "line 4 is cut off"
    assert "line 4 is cut off" in caplog.text
    assert journal.read_bytes() == before
    for text in ("not a journal\n", '{"journal": "chimeline", "version": 9, "account": "1"}\n'):
        journal.write_text(text)
        with pytest.raises(RecordingError, match="is no journal of recordings"):
            blocking.reap(journal, client=client)
        assert journal.read_text() == text
    with pytest.raises(RecordingError, match="does not exist"):
        blocking.reap(tmp_path / "none", client=client)


def test_a_journal_of_another_account_is_refused_before_anything(
    chime: LocalChime, client: Any, python: str, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    process, lost = guarding(chime, python, meeting_of(chime, "a"), journal)
    process.kill()
    process.wait()
    text = journal.read_text()
    heading = lines(journal)[0]
    journal.write_text(text.replace(json.dumps(heading["account"]), '"999988887777"', 1))
    before = journal.read_bytes()
    with pytest.raises(RecordingError, match="is of the account 999988887777, not of"):
        blocking.reap(journal, client=client)
    with (
        pytest.raises(RecordingError, match="is of the account 999988887777, not of"),
        blocking.record(meeting_of(chime, "b"), SINK, journal=journal, client=client),
    ):
        raise AssertionError("the body must not run")
    assert active(client) == {lost}
    assert journal.read_bytes() == before
    # Nothing is listed: STS tells the account, and where it cannot, nothing is done.
    journal.write_text(text)
    client.delete_media_capture_pipeline(MediaPipelineId=lost)
    while client.list_media_capture_pipelines()["MediaCapturePipelines"]:
        pass
    xml = "<GetCallerIdentityResponse><Account>{}</Account></GetCallerIdentityResponse>"
    found = blocking.reap(journal, client=client)
    assert "the account of the credentials cannot be told" in found["Left"][0]["Reason"]
    assert journal.read_text() == text
    with (
        Server(Answer(200, xml.format("999988887777").encode())) as sts,
        pytest.raises(RecordingError, match="not of 999988887777"),
    ):
        blocking.reap(journal, endpoints={"sts": sts.url}, client=client)
    with Server(Answer(200, xml.format(heading["account"]).encode())) as sts:
        assert blocking.reap(journal, endpoints={"sts": sts.url}, client=client)["Left"] == []
    assert lines(journal)[-1]["event"] == "stopped"


async def test_the_awaited_guard_has_a_journal_too_and_reap_is_awaited(chime: LocalChime, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    client = chime.client("chime-sdk-media-pipelines")
    async with recording.record(meeting_of(chime, "a"), SINK, journal=journal, client=client) as guarded:
        assert lines(journal)[-1]["event"] == "started"
        found = await recording.reap(journal, client=client)
        assert [entry["MediaPipelineId"] for entry in found["Guarded"]] == [guarded.pipeline_id]
    assert lines(journal)[-1]["event"] == "stopped"
    with pytest.raises(ParamValidationError, match="journal must be the path of a file"):
        recording.record("2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b", "s3://recordings", journal="", client=client)


async def test_a_start_that_the_service_refuses_leaves_nothing_open(chime: LocalChime, client: Any, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    chime.add_fault({"operation": "CreateMediaCapturePipeline", "refusal": "bucket-policy-invalid"})
    with (
        pytest.raises(client.exceptions.ClientError),
        blocking.record(meeting_of(chime, "a"), SINK, journal=journal, client=client),
    ):
        raise AssertionError("the body must not run")
    assert [line.get("event") for line in lines(journal)] == [None, "starting", "not started"]
    assert os.listdir(tmp_path) == ["journal"]


def test_without_a_journal_they_are_found_by_tags_and_age(chime: LocalChime, client: Any) -> None:
    tagged = blocking.start_recording(meeting_of(chime, "a"), SINK, tags={"app": "x"}, client=client)["MediaPipelineId"]
    other = blocking.start_recording(meeting_of(chime, "b"), SINK, tags={"app": "y"}, client=client)["MediaPipelineId"]
    assert blocking.reap(tags={"app": "x"}, older_than=3600, client=client)["MediaPipelineIds"] == []
    assert blocking.reap(tags={"app": "z"}, client=client)["MediaPipelineIds"] == []
    assert blocking.reap(tags={"app": "x"}, older_than=0, client=client)["MediaPipelineIds"] == [tagged]
    assert active(client) == {other}
    chime.add_fault({"id": "stop", "operation": "DeleteMediaCapturePipeline", "refusal": "service-unavailable"})
    one_attempt = client.with_options(max_attempts=1)
    left = blocking.reap(older_than=0, retry=0, client=one_attempt)["Left"]
    assert [entry["MediaPipelineId"] for entry in left] == [other]
    chime.remove_fault("stop")
    for wrong in ({}, {"journal": "x", "older_than": 1}, {"older_than": -1}, {"tags": "x"}, {"journal": 1}, {"journal": ""}):
        with pytest.raises(ParamValidationError):
            blocking.reap(client=client, **wrong)  # type: ignore[call-overload]


def test_signals_stop_it_only_where_that_is_asked_for(chime: LocalChime, client: Any, python: str, tmp_path: Path) -> None:
    meeting = meeting_of(chime, "a")
    process, pipeline = guarding(chime, python, meeting, tmp_path / "journal", "signals")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    assert active(client) == set()
    process, pipeline = guarding(chime, python, meeting, tmp_path / "journal")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == -signal.SIGTERM
    assert active(client) == {pipeline}
    wrong: Any = "SIGTERM"
    with pytest.raises(ParamValidationError, match="signals must be"):
        blocking.record(meeting, SINK, signals=wrong, client=client)
    raised: list[BaseException] = []

    def enter() -> None:
        try:
            blocking.record(meeting, SINK, signals=True, client=client).__enter__()
        except ParamValidationError as error:
            raised.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert "main thread" in str(raised[0])
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
