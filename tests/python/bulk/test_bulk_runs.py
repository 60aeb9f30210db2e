"""One operation for many inputs: results as they come, failures among them, nothing made twice."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

import chimeline
from chimeline import bulk, exceptions
from chimeline.testing import LocalChime

PIPELINES = "chime-sdk-media-pipelines"
MEETINGS = "chime-sdk-meetings"


@pytest.fixture
def chime(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalChime]:
    with LocalChime(pipeline_quota=5000, transition_delay=0) as running:
        # For clients in other processes, whose pickles hold no credentials.
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def captures(number: int) -> list[dict[str, Any]]:
    """The inputs of captures, each of a meeting of its own."""
    meetings = [uuid5(NAMESPACE_URL, str(at)) for at in range(number)]
    return [
        {
            "SourceType": "ChimeSdkMeeting",
            "SourceArn": f"arn:aws:chime::111122223333:meeting:{meeting}",
            "SinkType": "S3Bucket",
            "SinkArn": "arn:aws:s3:::recordings",
        }
        for meeting in meetings
    ]


def made(chime: LocalChime) -> Counter[str]:
    """How many pipelines the service has of each meeting."""
    state = chime.export_state()["accounts"]["111122223333"]["resources"]
    return Counter(one["members"]["SourceArn"] for one in state if "SourceArn" in one["members"])


def once_each(inputs: list[dict[str, Any]]) -> Counter[str]:
    return Counter(one["SourceArn"] for one in inputs)


def test_a_blocking_run_gives_each_result_and_its_place(chime: LocalChime) -> None:
    inputs = captures(60)
    run = bulk.run(chimeline.blocking.client(PIPELINES), "create_media_capture_pipeline", inputs, concurrency=7)
    results = list(run)
    assert sorted(result.index for result in results) == list(range(60))
    for result in results:
        assert result.ok
        assert result.output is not None
        assert result.input is inputs[result.index]
        assert result.output["MediaCapturePipeline"]["SourceArn"] == inputs[result.index]["SourceArn"]
    assert run.failures == []
    assert made(chime) == once_each(inputs)


async def test_an_awaited_run_is_an_asynchronous_iterator(chime: LocalChime) -> None:
    inputs = captures(60)
    run = bulk.run(chimeline.client(PIPELINES), "CreateMediaCapturePipeline", iter(inputs))
    assert {result.index async for result in run if result.ok} == set(range(60))
    assert made(chime) == once_each(inputs)


async def test_failures_are_results(chime: LocalChime) -> None:
    chime.add_fault({"operation": "GetMeeting", "refusal": "authorization-failed", "times": 1})
    inputs: list[Any] = [{"MeetingId": str(uuid5(NAMESPACE_URL, "a"))}, {}, 5, {"MeetingId": object()}]
    for run in (
        [result async for result in bulk.run(chimeline.client(MEETINGS), "get_meeting", inputs)],
        list(bulk.run(chimeline.blocking.client(MEETINGS), "get_meeting", inputs)),
    ):
        errors = {result.index: result.error for result in run}
        assert isinstance(errors[0], exceptions.ClientError)
        assert all(isinstance(errors[at], exceptions.ParamValidationError) for at in (1, 2, 3)), errors
        assert "inputs[2] must be a dict, not 5 of type int" in str(errors[2])
    blocking = bulk.run(chimeline.blocking.client(MEETINGS), "get_meeting", inputs)
    assert len(list(blocking)) == len(blocking.failures) == 4


def test_the_same_inputs_make_nothing_twice_whatever_their_order(chime: LocalChime) -> None:
    client = chimeline.blocking.client(PIPELINES)
    inputs = captures(30)
    first = {result.index: result.output for result in bulk.run(client, "create_media_capture_pipeline", inputs)}
    turned = [dict(reversed(one.items())) for one in reversed(inputs)]
    again = {29 - result.index: result.output for result in bulk.run(client, "create_media_capture_pipeline", turned)}
    ids = [{at: one["MediaCapturePipeline"]["MediaPipelineId"] for at, one in run.items()} for run in (first, again)]  # type: ignore[index]
    assert ids[0] == ids[1]
    assert made(chime) == once_each(inputs)


def test_equal_inputs_are_items_of_their_own_and_a_token_of_the_user_stays(chime: LocalChime) -> None:
    client = chimeline.blocking.client(MEETINGS)
    twice: list[dict[str, Any]] = [{"MediaRegion": "us-east-1", "ExternalMeetingId": "room"}] * 2
    meetings = [set[str](), set[str]()]
    for found in meetings:
        for result in bulk.run(client, "create_meeting", twice):
            assert result.output is not None
            found.add(result.output["Meeting"]["MeetingId"])
    assert len(meetings[0]) == 2
    assert meetings[0] == meetings[1]
    own = [{**twice[0], "ClientRequestToken": "mine"}] * 3
    results = list(bulk.run(client, "create_meeting", own))
    assert len({result.output["Meeting"]["MeetingId"] for result in results if result.output}) == 1


def test_inputs_are_taken_one_by_one_and_the_end_of_the_loop_ends_the_run(chime: LocalChime) -> None:
    taken: list[int] = []

    def endless() -> Iterator[dict[str, Any]]:
        for at in range(10**6):
            taken.append(at)
            yield {"MediaRegion": "us-east-1", "ExternalMeetingId": f"room-{at}"}

    run = bulk.run(chimeline.blocking.client(MEETINGS), "create_meeting", endless(), concurrency=3)
    for result in run:
        assert result.ok
        if len(taken) > 20:
            break
    run.close()
    assert len(taken) < 40
    seen = len(chime.requests(operation="CreateMeeting", limit=1000))
    time.sleep(0.2)
    assert len(chime.requests(operation="CreateMeeting", limit=1000)) == seen <= len(taken)


async def test_the_calls_of_a_run_that_ends_early_are_cancelled(chime: LocalChime) -> None:
    chime.add_fault({"operation": "CreateMeeting", "latency": 0.2})
    inputs = [{"MediaRegion": "us-east-1", "ExternalMeetingId": f"room-{at}"} for at in range(100)]
    async with bulk.run(chimeline.client(MEETINGS), "create_meeting", inputs, concurrency=4) as run:
        async for result in run:
            assert result.ok
            break
    assert len(chime.requests(operation="CreateMeeting", limit=1000)) <= 8


async def test_no_more_calls_are_under_way_than_the_concurrency_says(chime: LocalChime) -> None:
    chime.add_fault({"operation": "GetMeeting", "latency": 0.05})
    inputs = [{"MeetingId": str(uuid5(NAMESPACE_URL, "a"))}] * 20
    started = time.monotonic()
    assert len(list(bulk.run(chimeline.blocking.client(MEETINGS), "get_meeting", inputs, concurrency=2))) == 20
    assert time.monotonic() - started >= 0.5
    started = time.monotonic()
    assert len([one async for one in bulk.run(chimeline.client(MEETINGS), "get_meeting", inputs, concurrency=2)]) == 20
    assert time.monotonic() - started >= 0.5


async def test_the_rate_holds_for_both_kinds_and_for_the_workers_together(chime: LocalChime) -> None:
    inputs = [{"MeetingId": str(uuid5(NAMESPACE_URL, "a"))}] * 40
    runs: list[float] = []
    for executor in (None, ThreadPoolExecutor(4)):
        started = time.monotonic()
        blocking = bulk.run(chimeline.blocking.client(MEETINGS), "get_meeting", inputs, rate=80, executor=executor)
        assert len(list(blocking)) == 40
        runs.append(time.monotonic() - started)
        started = time.monotonic()
        awaited = bulk.run(chimeline.client(MEETINGS), "get_meeting", inputs, rate=80, executor=executor)
        assert len([one async for one in awaited]) == 40
        runs.append(time.monotonic() - started)
    assert all(0.43 <= took < 5 for took in runs), runs


class Queued(Executor):
    """An executor that says nothing of its workers, as those of other packages."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2)
        self.tasks = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.tasks += 1
        return self._threads.submit(fn, *args, **kwargs)


async def test_any_executor_carries_a_run_out(chime: LocalChime) -> None:
    inputs = captures(100)
    queued = Queued()
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        for executor in (queued, ThreadPoolExecutor(3), processes):
            results = list(
                bulk.run(chimeline.blocking.client(PIPELINES), "create_media_capture_pipeline", inputs, executor=executor)
            )
            assert {result.index for result in results if result.ok} == set(range(100))
            awaited = bulk.run(
                chimeline.client(PIPELINES), "create_media_capture_pipeline", inputs, executor=executor, concurrency=4
            )
            assert {result.index async for result in awaited if result.ok} == set(range(100))
    assert queued.tasks > 5
    assert made(chime) == once_each(inputs)


def test_failures_come_back_from_processes(chime: LocalChime) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        run = bulk.run(chimeline.blocking.client(MEETINGS), "get_meeting", [{"MeetingId": "x"}, {}], executor=executor)
        errors = {result.index: result.error for result in run}
    assert isinstance(errors[0], exceptions.ClientError)
    assert isinstance(errors[1], exceptions.ParamValidationError)


def test_credentials_do_not_travel_unless_allowed(chime: LocalChime) -> None:
    client: Any = chime.blocking_client(PIPELINES)
    with ProcessPoolExecutor(1, get_context("spawn")) as executor, pytest.raises(TypeError, match="pickle_credentials"):
        list(bulk.run(client, "create_media_capture_pipeline", captures(3), executor=executor))
    with ThreadPoolExecutor(1) as threads:
        assert all(result.ok for result in bulk.run(client, "create_media_capture_pipeline", captures(3), executor=threads))


def test_progress_is_told(chime: LocalChime, monkeypatch: pytest.MonkeyPatch) -> None:
    client = chimeline.blocking.client(PIPELINES)
    told: list[tuple[int, int | None]] = []
    list(bulk.run(client, "create_media_capture_pipeline", captures(5), progress=lambda done, total: told.append((done, total))))
    assert told == [(at, 5) for at in range(1, 6)]
    told.clear()
    inputs = iter(captures(2))
    list(bulk.run(client, "create_media_capture_pipeline", inputs, progress=lambda done, total: told.append((done, total))))
    assert told == [(1, None), (2, None)]
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.warns(RuntimeWarning, match="tqdm"):
        list(bulk.run(client, "create_media_capture_pipeline", captures(2), progress=True))


def test_a_bar_of_tqdm_counts_the_items(chime: LocalChime, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    list(bulk.run(chimeline.blocking.client(PIPELINES), "create_media_capture_pipeline", captures(12), progress=True))
    shown = capsys.readouterr().err
    assert "create_media_capture_pipeline" in shown
    assert "12/12" in shown


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"client": "x"}, "client must be a client of this package, not 'x' of type str"),
        ({"operation": "create_room"}, 'chime-sdk-meetings has no operation "create_room"; it has BatchCreateAttendee'),
        ({"operation": 5}, "operation must be the name of an operation of the client, not 5"),
        ({"inputs": {"a": 1}}, "inputs must be an iterable of dicts, not of type dict"),
        ({"inputs": 5}, "inputs must be an iterable of dicts, not of type int"),
        ({"concurrency": 0}, "concurrency must be an integer >= 1, not 0 of type int"),
        ({"concurrency": True}, "concurrency must be an integer >= 1, not True of type bool"),
        ({"rate": 0}, "rate must be a positive number of calls per second, not 0 of type int"),
        ({"rate": float("nan")}, "rate must be a positive number of calls per second, not nan of type float"),
        ({"journal": 5}, "journal must be the path of a file, not 5 of type int"),
        ({"progress": "x"}, "progress must be a bool or a function, not 'x' of type str"),
        ({"executor": 5}, "executor must be a concurrent.futures executor, not 5 of type int"),
    ],
)
def test_what_cannot_be_right_is_refused_at_once(chime: LocalChime, change: dict[str, Any], text: str) -> None:
    given: dict[str, Any] = {
        "client": chimeline.blocking.client(MEETINGS),
        "operation": "create_meeting",
        "inputs": [{"MediaRegion": "us-east-1", "ExternalMeetingId": "room"}],
        **change,
    }
    with pytest.raises(exceptions.ParamValidationError) as caught:
        bulk.run(**given)
    assert text in str(caught.value)
    assert chime.requests() == []
