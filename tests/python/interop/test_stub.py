"""`chimeline.stub`: the same stubs as botocore's, with the same outcomes and texts, on both of our clients."""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Callable
from typing import Any

import boto3
import botocore.stub
import pytest

import chimeline
import chimeline.stub
from chimeline import exceptions
from server import Server

SERVICE = "chime-sdk-meetings"
MEETING_ID = "a2cb8d0c-1e8b-4b0c-9e0a-0e8a4a2b1a11"
STARTED = datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc)
MEETING: dict[str, Any] = {"Meeting": {"MeetingId": MEETING_ID, "MediaRegion": "us-east-1"}}
CREATE: dict[str, Any] = {"ClientRequestToken": "token-1", "MediaRegion": "us-east-1", "ExternalMeetingId": "standup"}
MAKERS: dict[str, tuple[Callable[..., Any], Any]] = {
    "botocore": (boto3.client, botocore.stub),
    "blocking": (chimeline.blocking.client, chimeline.stub),
    "awaited": (chimeline.client, chimeline.stub),
}


async def outcome(call: Callable[[], Any]) -> Any:
    """What comes of it: the result, or the error's class, text and response."""
    try:
        value = call()
        return await value if inspect.isawaitable(value) else value
    except Exception as error:
        return type(error).__name__, str(error), getattr(error, "response", None)


async def same(script: Callable[[Any, Any], Any]) -> list[Any]:
    """What the script notes, which must be the same for the three clients. None of them has credentials or a network."""
    logs: list[list[Any]] = []
    for make, stub in MAKERS.values():
        client = make(SERVICE, region_name="us-east-1", endpoint_url="http://127.0.0.1:9")
        log: list[Any] = []
        async for noted in script(client, stub):
            log.append(noted)  # noqa: PERF401 - an asynchronous generator of three clients, one by one
        logs.append(log)
    assert logs[1] == logs[0]
    assert logs[2] == logs[0]
    assert logs[0]
    return logs[0]


async def test_responses_come_in_their_order() -> None:
    async def script(client: Any, stub: Any) -> Any:
        with stub.Stubber(client) as stubber:
            stubber.add_response("create_meeting", MEETING, CREATE)
            stubber.add_response("delete_meeting", {})
            yield await outcome(lambda: client.create_meeting(**CREATE))
            yield await outcome(stubber.assert_no_pending_responses)
            yield await outcome(lambda: client.delete_meeting(MeetingId=MEETING_ID))
            yield await outcome(stubber.assert_no_pending_responses)
            yield await outcome(lambda: client.delete_meeting(MeetingId=MEETING_ID))

    log = await same(script)
    assert log[0] == MEETING
    assert log[1][0] == "AssertionError"
    assert log[4][0] == "UnStubbedResponseError"


async def test_calls_out_of_order_are_refused_and_keep_the_queue() -> None:
    async def script(client: Any, stub: Any) -> Any:
        with stub.Stubber(client) as stubber:
            stubber.add_response("create_meeting", MEETING)
            yield await outcome(lambda: client.delete_meeting(MeetingId=MEETING_ID))
            yield await outcome(lambda: client.create_meeting(**CREATE))

    log = await same(script)
    assert log[0][0] == "StubResponseError"
    assert log[1] == MEETING


@pytest.mark.parametrize(
    "expected",
    [
        {},
        CREATE,
        {**CREATE, "ExternalMeetingId": "other"},
        {**CREATE, "MeetingHostId": "host"},
        {"MediaRegion": "us-east-1"},
        {**CREATE, "ExternalMeetingId": "ANY"},
        {**CREATE, "MeetingHostId": "ANY"},
    ],
)
async def test_expected_parameters_are_compared(expected: dict[str, Any]) -> None:
    async def script(client: Any, stub: Any) -> Any:
        params = {name: stub.ANY if value == "ANY" else value for name, value in expected.items()}
        with stub.Stubber(client) as stubber:
            stubber.add_response("create_meeting", MEETING, params)
            yield await outcome(lambda: client.create_meeting(**CREATE))

    await same(script)


async def test_client_errors_are_raised() -> None:
    async def script(client: Any, stub: Any) -> Any:
        with stub.Stubber(client) as stubber:
            stubber.add_client_error("get_meeting", "NotFoundException", "gone", 404)
            stubber.add_client_error("get_meeting", "Odd", "?", service_error_meta={"More": 1}, response_meta={"RequestId": "r"})
            stubber.add_client_error("get_meeting", expected_params={"MeetingId": stub.ANY})
            stubber.add_client_error("get_meeting", "BadRequestException", modeled_fields={"Code": "c", "RequestId": "r"})
            for _ in range(4):
                yield await outcome(lambda: client.get_meeting(MeetingId=MEETING_ID))
            stubber.add_client_error("get_meeting", "NotFoundException", "gone", 404)
            try:
                found = client.get_meeting(MeetingId=MEETING_ID)
                await found if inspect.isawaitable(found) else None
            except client.exceptions.NotFoundException as error:
                yield error.response["Error"]

    log = await same(script)
    assert log[0][0] == "NotFoundException"
    assert log[1][0] == "ClientError"
    assert log[3][2]["RequestId"] == "r"


@pytest.mark.parametrize(
    ("method", "response"),
    [
        ("create_meeting", {"Meeting": {"MeetingId": 1}}),
        ("create_meeting", {"Metting": {}}),
        ("create_meeting", {"Meeting": {"MeetingFeatures": {"Audio": {"EchoReduction": None}}}}),
        ("create_meeting", []),
        ("delete_meeting", {"Meeting": {}}),
        ("delete_meeting", {"ResponseMetadata": {"RequestId": "r"}}),
        ("create_meeting", {**MEETING, "ResponseMetadata": {"RequestId": "r"}}),
        ("delete_everything", {}),
        ("list_attendees", {"Attendees": [{"AttendeeId": "a"}, 1], "NextToken": "t"}),
    ],
)
async def test_responses_are_held_against_the_model(method: str, response: Any) -> None:
    async def script(client: Any, stub: Any) -> Any:
        stubber = stub.Stubber(client)
        yield await outcome(lambda: stubber.add_response(method, response))

    await same(script)


@pytest.mark.parametrize("fields", [{"Code": 1}, {"Unknown": "u"}, {"Message": "m"}])
async def test_fields_of_errors_are_held_against_the_model(fields: dict[str, Any]) -> None:
    async def script(client: Any, stub: Any) -> Any:
        stubber = stub.Stubber(client)
        for code in ("BadRequestException", "Odd"):
            yield await outcome(lambda code=code: stubber.add_client_error("get_meeting", code, modeled_fields=fields))

    await same(script)


async def test_parameters_are_validated_before_the_response_is_taken() -> None:
    async def script(client: Any, stub: Any) -> Any:
        with stub.Stubber(client) as stubber:
            stubber.add_response("get_meeting", MEETING)
            yield await outcome(lambda: client.get_meeting(MeetingId=5))
            yield await outcome(lambda: client.get_meeting(MeetingId=MEETING_ID))

    log = await same(script)
    assert log[0][0] == "ParamValidationError"


@pytest.mark.parametrize("module", [chimeline.blocking, chimeline])
async def test_a_deactivated_stubber_is_out_of_the_way(module: Any, options: dict[str, Any], server: Server) -> None:
    client = module.client("chime-sdk-media-pipelines", **options)
    stubber = chimeline.stub.Stubber(client)
    stubber.activate()
    stubber.activate()
    stubber.add_response("list_media_pipelines", {"MediaPipelines": []})
    assert await outcome(client.list_media_pipelines) == {"MediaPipelines": []}
    assert not server.requests
    stubber.deactivate()
    found = await outcome(client.list_media_pipelines)
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert len(server.requests) == 1


async def test_pages_can_be_stubbed(options: dict[str, Any]) -> None:
    client = chimeline.client("chime-sdk-media-pipelines", **options)
    one, two = ({"MediaPipelineId": digit * 36} for digit in "12")
    with chimeline.stub.Stubber(client) as stubber:
        stubber.add_response("list_media_pipelines", {"MediaPipelines": [one], "NextToken": "t"}, {})
        stubber.add_response("list_media_pipelines", {"MediaPipelines": [two]}, {"NextToken": "t"})
        pages = [page async for page in client.get_paginator("list_media_pipelines").paginate()]
    assert [page["MediaPipelines"] for page in pages] == [[one], [two]]


def test_the_errors_are_botocores_kinds() -> None:
    assert issubclass(exceptions.StubAssertionError, AssertionError)
    assert issubclass(exceptions.StubAssertionError, exceptions.StubResponseError)
    assert issubclass(exceptions.UnStubbedResponseError, exceptions.StubResponseError)
    assert repr(chimeline.stub.ANY) == repr(botocore.stub.ANY)
