"""Waiters: each outcome is that of botocore's own engine, fed with the same table against the same server."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import botocore.waiter
import jmespath
import pytest
from botocore.config import Config as BotoConfig

import chimeline
from chimeline.exceptions import EndpointConnectionError, WaiterError
from chimeline.testing import LocalChime
from conftest import KEYS
from server import Answer, Server

MODELS = Path(__file__).parents[2] / "crates/xtask/model"
TABLES: dict[str, Any] = {
    service: json.loads((MODELS / service / "waiters-2.json").read_text())
    for service in ("chime", "chime-sdk-media-pipelines", "chime-sdk-meetings")
}
ID = "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11"
INPUTS: dict[str, dict[str, str]] = {
    "GetMediaCapturePipeline": {"MediaPipelineId": ID},
    "GetMediaPipeline": {"MediaPipelineId": ID},
    "GetMediaPipelineKinesisVideoStreamPool": {"Identifier": "pool"},
    "GetSpeakerSearchTask": {"Identifier": ID, "SpeakerSearchTaskId": ID},
    "GetVoiceToneAnalysisTask": {"Identifier": ID, "VoiceToneAnalysisTaskId": ID},
    "GetMeeting": {"MeetingId": ID},
}
FAST = {"Delay": 0, "MaxAttempts": 4}
NOTHING = Answer(200, {})


def error(code: str, status: int = 400) -> Answer:
    return Answer(status, {"Code": code, "Message": "m"}, [("x-amzn-errortype", code)])


def result(argument: str, value: str) -> Answer:
    """A result in which that place has that value."""
    if "[" in argument:
        # The only list of the tables: that of an insights pipeline's elements.
        elements = [
            {"Type": "VoiceAnalyticsProcessor", "Status": "Stopped"},
            {"Type": "AmazonTranscribeProcessor", "Status": value},
        ]
        body: dict[str, Any] = {
            "MediaPipeline": {"MediaInsightsPipeline": {"Status": "Initializing", "ElementStatuses": elements}}
        }
    else:
        body = {}
        *path, last = argument.split(".")
        inner = body
        for name in path:
            inner = inner.setdefault(name, {})
        inner[last] = value
    return Answer(200, body)


def answer_of(acceptor: dict[str, Any]) -> Answer:
    if acceptor["matcher"] == "error":
        return error(acceptor["expected"], 429 if "hrottl" in acceptor["expected"] else 404)
    return result(acceptor["argument"], acceptor["expected"])


def scripts(table: dict[str, Any]) -> Iterator[list[Answer]]:
    acceptors = table["acceptors"]
    retry = next(answer_of(a) for a in acceptors if a["state"] == "retry")
    for acceptor in acceptors:
        yield [answer_of(acceptor)] + [NOTHING] * 3
        yield [NOTHING, answer_of(acceptor), retry, retry, NOTHING]
        yield [retry, NOTHING, NOTHING, answer_of(acceptor)]
        yield [answer_of(acceptor), error("Forbidden", 403)]
    yield [NOTHING] * 4
    yield [error("Forbidden", 403)]
    yield [retry, error("ServiceUnavailableException", 503)]
    elements = [a["argument"] for a in acceptors if a.get("argument") and "[" in a["argument"]]
    if elements:
        nothing: list[Any] = [
            [],
            None,
            [{"Type": "VoiceAnalyticsProcessor", "Status": "InProgress"}],
            [{"Type": "AmazonTranscribeProcessor"}],
        ]
        for found in nothing:
            insights = {"ElementStatuses": found} if found is not None else {}
            yield [Answer(200, {"MediaPipeline": {"MediaInsightsPipeline": insights}})] * 4


CASES = [
    (service, name) for service in ("chime-sdk-media-pipelines", "chime-sdk-meetings") for name in TABLES[service]["waiters"]
]


def outcome(server: Server, wait: Any, kind: type[Exception]) -> Any:
    """What came of a wait: nothing or the error with its last response, and how often the server was asked."""
    before = len(server.requests)
    try:
        wait()
    except kind as raised:
        last = getattr(raised, "last_response", {})
        # What else an error holds, ours gives for its short names too.
        found = last.get("Error") or {name: value for name, value in last.items() if name != "ResponseMetadata"}
        return (str(raised), found, last["ResponseMetadata"]["HTTPStatusCode"], len(server.requests) - before)
    return len(server.requests) - before


def snake(name: str) -> str:
    return botocore.waiter.xform_name(name)


def ours(server: Server, service: str, made: Any) -> Any:
    return made(
        service,
        region_name="us-east-1",
        endpoint_url=server.url,
        config=chimeline.Config(retries={"total_max_attempts": 1}),
        **KEYS,
    )


@pytest.mark.parametrize(("service", "name"), CASES)
def test_each_outcome_is_that_of_botocores_engine(server: Server, service: str, name: str) -> None:
    config = BotoConfig(retries={"total_max_attempts": 1, "mode": "standard"})
    boto = boto3.client(service, region_name="us-east-1", endpoint_url=server.url, config=config, **KEYS)
    model = botocore.waiter.WaiterModel(copy.deepcopy(TABLES[service]))
    reference = botocore.waiter.create_waiter_with_client(name, model, boto)
    blocking = ours(server, service, chimeline.blocking.client).get_waiter(snake(name))
    awaited = ours(server, service, chimeline.client).get_waiter(snake(name))
    table = TABLES[service]["waiters"][name]
    given = {**INPUTS[table["operation"]], "WaiterConfig": FAST}
    waits: list[tuple[Any, type[Exception]]] = [
        (lambda: reference.wait(**given), botocore.exceptions.WaiterError),
        (lambda: blocking.wait(**given), WaiterError),
        (lambda: asyncio.run(awaited.wait(**given)), WaiterError),
    ]
    for script in scripts(table):
        outcomes: list[Any] = []
        for wait, kind in waits:
            server.steps.clear()
            server.then(*script)
            outcomes.append(outcome(server, wait, kind))
        assert outcomes[1:] == outcomes[:1] * 2, script


@pytest.mark.parametrize("service", TABLES)
def test_names_are_botocores(service: str, server: Server) -> None:
    client = ours(server, service, chimeline.blocking.client)
    assert client.waiter_names == [snake(name) for name in botocore.waiter.WaiterModel(TABLES[service]).waiter_names]
    with pytest.raises(ValueError, match=r"^Waiter does not exist: MeetingEnded$"):
        client.get_waiter("MeetingEnded")
    for name in client.waiter_names:
        waiter = client.get_waiter(name)
        reference = botocore.waiter.SingleWaiterConfig(TABLES[service]["waiters"][waiter.name])
        assert snake(waiter.name) == name
        assert (waiter.config.operation, waiter.config.delay, waiter.config.max_attempts) == (
            reference.operation,
            reference.delay,
            reference.max_attempts,
        )
        for acceptor, other in zip(waiter.config.acceptors, reference.acceptors, strict=True):
            assert acceptor.explanation == other.explanation
            if acceptor.argument:
                jmespath.compile(acceptor.argument)


def test_the_legacy_namespace_waits_too(server: Server) -> None:
    client = ours(server, "chime", chimeline.blocking.client)
    server.then(result("MediaCapturePipeline.Status", "Initializing"), result("MediaCapturePipeline.Status", "InProgress"))
    client.get_waiter("media_capture_pipeline_in_progress").wait(MediaPipelineId=ID, WaiterConfig={"Delay": 0})
    assert [request.target for request in server.requests] == [f"/media-capture-pipelines/{ID}"] * 2


def test_a_wait_ends_at_its_timeout(server: Server) -> None:
    server.default = NOTHING
    waiter = ours(server, "chime-sdk-meetings", chimeline.blocking.client).get_waiter("meeting_ended")
    started = time.monotonic()
    with pytest.raises(WaiterError, match=r"^Waiter MeetingEnded failed: Timeout exceeded$") as caught:
        waiter.wait(MeetingId=ID, WaiterConfig={"Delay": 0.1, "Timeout": 0.35, "Jitter": 0.5})
    assert time.monotonic() - started < 0.4
    assert 3 <= len(server.requests) <= 8
    assert caught.value.kwargs == {"name": "MeetingEnded", "reason": "Timeout exceeded"}
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.last_response) == (str(caught.value), caught.value.last_response)


@pytest.mark.parametrize(
    ("config", "kind", "text"),
    [
        ({"Delay": "1"}, TypeError, "Delay of WaiterConfig must be a number, not '1' of type str"),
        ({"MaxAttempts": True}, TypeError, "MaxAttempts of WaiterConfig must be a number, not True of type bool"),
        ({"Delay": -1}, ValueError, "Delay of WaiterConfig must be 0 or more, not -1"),
        ({"Jitter": 2}, ValueError, "Jitter of WaiterConfig must be from 0 to 1, not 2"),
        ({"delay": 1}, ValueError, "WaiterConfig has no 'delay'; it takes Delay, MaxAttempts, Timeout and Jitter"),
    ],
)
def test_a_wrong_config_is_refused_before_any_call(server: Server, config: Any, kind: type[Exception], text: str) -> None:
    waiter = ours(server, "chime-sdk-meetings", chimeline.blocking.client).get_waiter("meeting_ended")
    with pytest.raises(kind) as caught:
        waiter.wait(MeetingId=ID, WaiterConfig=config)
    assert str(caught.value) == text
    assert server.requests == []


async def test_a_cancelled_wait_asks_no_more(server: Server) -> None:
    server.default = NOTHING
    waiter = ours(server, "chime-sdk-meetings", chimeline.client).get_waiter("meeting_ended")
    wait = asyncio.create_task(waiter.wait(MeetingId=ID, WaiterConfig={"Delay": 0.05}))
    while len(server.requests) < 2:
        await asyncio.sleep(0.01)
    wait.cancel()
    with pytest.raises(asyncio.CancelledError):
        await wait
    asked = len(server.requests)
    await asyncio.sleep(0.15)
    assert len(server.requests) == asked


def test_what_fails_without_an_answer_is_raised_as_it_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    config = chimeline.Config(retries={"total_max_attempts": 1})
    client = chimeline.blocking.client("chime-sdk-meetings", region_name="us-east-1", endpoint_url=url, config=config, **KEYS)
    with pytest.raises(EndpointConnectionError):
        client.get_waiter("meeting_ended").wait(MeetingId=ID, WaiterConfig=FAST)


async def test_a_recording_is_waited_for_on_the_local_service() -> None:
    with LocalChime(pace=0.1) as chime:
        meetings = chime.client("chime-sdk-meetings")
        created = await meetings.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="standup", ClientRequestToken="waits")
        pipelines = chime.client("chime-sdk-media-pipelines")
        pipeline = (
            await pipelines.create_media_capture_pipeline(
                SourceType="ChimeSdkMeeting",
                SourceArn=created["Meeting"]["MeetingArn"],
                SinkType="S3Bucket",
                SinkArn="arn:aws:s3:::bucket",
            )
        )["MediaCapturePipeline"]
        identifier = pipeline["MediaPipelineId"]
        config: Any = {"Delay": 0.02, "MaxAttempts": 200}
        await pipelines.get_waiter("media_capture_pipeline_in_progress").wait(MediaPipelineId=identifier, WaiterConfig=config)
        await pipelines.delete_media_capture_pipeline(MediaPipelineId=identifier)
        with pytest.raises(WaiterError, match="terminal failure state"):
            await pipelines.get_waiter("media_capture_pipeline_in_progress").wait(MediaPipelineId=identifier, WaiterConfig=config)
        await pipelines.get_waiter("media_pipeline_stopped").wait(MediaPipelineId=identifier, WaiterConfig=config)
        await meetings.delete_meeting(MeetingId=created["Meeting"]["MeetingId"])
        await meetings.get_waiter("meeting_ended").wait(MeetingId=created["Meeting"]["MeetingId"], WaiterConfig=config)


def test_a_client_loads_no_waiter_until_one_is_asked_for(python: str, server: Server) -> None:
    code = (
        "import chimeline, sys; c = chimeline.blocking.client('chime', region_name='us-east-1');"
        "assert not [m for m in sys.modules if 'waiters' in m or 'recording' in m], sys.modules;"
        "c.get_waiter('media_capture_pipeline_stopped');"
        "assert 'chimeline._generated.chime_waiters' in sys.modules"
    )
    subprocess.run([python, "-c", code], check=True, env={"PYTHONPATH": ":".join(p for p in sys.path if p)})
