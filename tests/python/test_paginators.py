"""The pages of list operations, held against botocore's paginator, which it has for none of them itself."""

from __future__ import annotations

import base64
import inspect
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.client import BaseClient
from botocore.paginate import Paginator as BotocorePaginator

import chimeline
from chimeline import exceptions
from conftest import KEYS
from server import Answer, Request, Server

ITEMS = [{"AttendeeId": f"id-{number}"} for number in range(10)]
PAGED = {
    "chime": {"list_media_capture_pipelines"},
    "chime-sdk-media-pipelines": {
        "list_media_capture_pipelines",
        "list_media_insights_pipeline_configurations",
        "list_media_pipeline_kinesis_video_stream_pools",
        "list_media_pipelines",
    },
    "chime-sdk-meetings": {"list_attendees"},
}


def attendees(request: Request) -> Answer:
    """Pages of three, or of MaxResults, whose token is the place to go on."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}
    start, size = int(query.get("next-token", 0)), int(query.get("max-results", 3))
    page: dict[str, Any] = {"Attendees": ITEMS[start : start + size]}
    if start + size < len(ITEMS):
        page["NextToken"] = str(start + size)
    return Answer(200, page)


@pytest.fixture
def meetings(server: Server) -> Any:
    server.default = attendees
    return {"service_name": "chime-sdk-meetings", "region_name": "us-east-1", "endpoint_url": server.url, **KEYS}


def paginator_of(client: Any) -> Any:
    if not isinstance(client, BaseClient):
        return client.get_paginator("list_attendees")
    rule = {"input_token": "NextToken", "output_token": "NextToken", "limit_key": "MaxResults", "result_key": "Attendees"}
    return BotocorePaginator(client.list_attendees, rule, client.meta.service_model.operation_model("ListAttendees"))


async def pages_of(client: Any, config: dict[str, Any]) -> tuple[list[Any], Any]:
    """The pages without their metadata, and the token to go on with."""
    iterator = paginator_of(client).paginate(MeetingId="m", PaginationConfig=config)
    pages = [page async for page in iterator] if hasattr(iterator, "__aiter__") else list(iterator)
    return [{key: value for key, value in page.items() if key != "ResponseMetadata"} for page in pages], iterator.resume_token


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"PageSize": 4},
        {"MaxItems": 5},
        {"MaxItems": 6},
        {"MaxItems": 10},
        {"MaxItems": 100},
        {"MaxItems": 1, "PageSize": 1},
        {"StartingToken": "7"},
        {"MaxItems": 4, "StartingToken": "3", "PageSize": 3},
        {"MaxItems": None, "PageSize": None, "StartingToken": None},
    ],
)
async def test_pages_are_botocores(meetings: dict[str, Any], config: dict[str, Any]) -> None:
    due, resume = await pages_of(boto3.client(**meetings), config)
    for make in (chimeline.client, chimeline.blocking.client):
        ours, token = await pages_of(make(**meetings), config)
        assert ours == due
        assert token == resume


async def test_a_walk_goes_on_from_its_resume_token(meetings: dict[str, Any]) -> None:
    client = chimeline.blocking.client(**meetings)
    paginator = client.get_paginator("list_attendees")
    found: list[Any] = []
    token = None
    for _ in range(4):
        result = paginator.paginate(MeetingId="m", PaginationConfig={"MaxItems": 4, "StartingToken": token}).build_full_result()
        found += result["Attendees"]
        token = result.get("NextToken")
        if token is None:
            break
    assert found == ITEMS


async def test_a_token_of_the_service_may_look_like_a_resume_token(meetings: dict[str, Any], server: Server) -> None:
    server.default = Answer(200, {"Attendees": []})
    token = base64.b64encode(b'{"page": 2}').decode()
    await pages_of(chimeline.client(**meetings), {"StartingToken": token})
    assert parse_qs(urlsplit(server.requests[-1].target).query)["next-token"] == [token]


async def test_the_full_result_is_botocores(meetings: dict[str, Any]) -> None:
    for config in ({}, {"MaxItems": 5}, {"MaxItems": 6}):
        due = paginator_of(boto3.client(**meetings)).paginate(MeetingId="m", PaginationConfig=config).build_full_result()
        for make in (chimeline.client, chimeline.blocking.client):
            ours = paginator_of(make(**meetings)).paginate(MeetingId="m", PaginationConfig=config)
            result = ours.build_full_result()
            assert (await result if inspect.isawaitable(result) else result) == due


async def test_the_same_token_twice_is_an_error(meetings: dict[str, Any], server: Server) -> None:
    server.default = Answer(200, {"Attendees": ITEMS[:1], "NextToken": "again"})
    for make in (chimeline.client, chimeline.blocking.client):
        server.requests.clear()
        with pytest.raises(exceptions.PaginationError, match="The same next token was received twice"):
            await pages_of(make(**meetings), {})
        assert len(server.requests) == 2


@pytest.mark.parametrize("service", PAGED)
def test_every_list_with_a_token_has_a_paginator(service: str) -> None:
    client = chimeline.client(service, "us-east-1")
    assert {name for name in client.meta.method_to_api_mapping if client.can_paginate(name)} == PAGED[service]
    for name in PAGED[service]:
        assert client.get_paginator(name)


def test_other_operations_have_none(meetings: dict[str, Any]) -> None:
    client = chimeline.client(**meetings)
    assert not client.can_paginate("create_meeting")
    with pytest.raises(exceptions.OperationNotPageableError, match="create_meeting"):
        client.get_paginator("create_meeting")


def test_a_page_size_that_is_no_number_is_named(meetings: dict[str, Any]) -> None:
    paginator = chimeline.blocking.client(**meetings).get_paginator("list_attendees")
    with pytest.raises(exceptions.PaginationError, match="PageSize must be a whole number, not 'many'"):
        paginator.paginate(MeetingId="m", PaginationConfig={"PageSize": "many"})
