"""Results and pages, read as botocore's."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import boto3
import botocore.paginate
import pytest

import chimeline
from conftest import INPUT, PIPELINE
from server import Answer, Server

SERVICE = "chime-sdk-media-pipelines"


def order(value: Any) -> Any:
    """The names of the members, as they come."""
    if isinstance(value, dict):
        return [(name, order(each)) for name, each in value.items() if name != "ResponseMetadata"]
    return [order(each) for each in value] if isinstance(value, list) else None


@pytest.mark.parametrize("turned", [True, False])
def test_members_come_in_the_models_order(turned: bool, options: dict[str, Any], server: Server) -> None:
    streams = [{"StreamArn": "b", "Unknown": 1, "AttendeeId": "a"}]
    configuration = {"SourceConfiguration": {"SelectedVideoStreams": {"AttendeeIds": ["x"]}}, "ArtifactsConfiguration": {
        "CompositedVideo": {"GridViewConfiguration": {"ContentShareLayout": "PresenterOnly"}, "Layout": "GridView"},
        "Audio": {"MuxType": "AudioOnly"},
    }}  # fmt: skip
    whole = {**PIPELINE, "ChimeSdkMeetingConfiguration": configuration, "StreamOffsets": streams}
    pipeline = dict(reversed(whole.items())) if turned else whole
    body = json.dumps({"Later": 1, "MediaCapturePipeline": pipeline}).encode()
    server.default = Answer(201, body)
    found = [
        make(SERVICE, **options).create_media_capture_pipeline(**INPUT) for make in (chimeline.blocking.client, boto3.client)
    ]
    assert order(found[0]) == order(found[1])
    assert len(order(found[0])[0][1]) > 7
    assert next(iter(found[0])) == next(iter(found[1])) == "ResponseMetadata"


async def test_items_in_odd_order_are_put_right_in_lists_and_again(options: dict[str, Any], server: Server) -> None:
    items = [{"MediaPipelineArn": "arn:b", "MediaPipelineId": "b"}, {"MediaPipelineId": "a", "MediaPipelineArn": "arn:a"}]
    server.default = Answer(200, {"NextToken": "t", "MediaPipelines": items})
    client = chimeline.client(SERVICE, **options)
    found = await client.list_media_pipelines()
    assert [list(item) for item in found["MediaPipelines"]] == [["MediaPipelineId", "MediaPipelineArn"]] * 2
    assert list(found) == ["ResponseMetadata", "MediaPipelines", "NextToken"]
    # A surrogate has the body read twice.
    server.default = Answer(
        200, b'{"NextToken": "\\ud800", "MediaPipelines": [{"MediaPipelineArn": "b", "MediaPipelineId": "\\ud800"}]}'
    )
    found = await client.list_media_pipelines()
    assert list(found) == ["ResponseMetadata", "MediaPipelines", "NextToken"]
    assert list(found["MediaPipelines"][0]) == ["MediaPipelineId", "MediaPipelineArn"]


PAGES = [
    {"MediaPipelines": [{"MediaPipelineId": "a"}, {"MediaPipelineId": "b"}], "NextToken": "1"},
    {"MediaPipelines": [], "NextToken": "2"},
    {"NextToken": "3"},
    {"MediaPipelines": [{"MediaPipelineId": "c"}]},
]
EXPRESSIONS = [
    "MediaPipelines[].MediaPipelineId",
    "MediaPipelines[0].MediaPipelineId",
    "NextToken",
    "length(MediaPipelines || `[]`)",
]


def botocores_pages(options: dict[str, Any]) -> Any:
    """botocore's own paginator, told of these pages, which it has no file for."""
    client = boto3.client(SERVICE, **options)
    config = {"input_token": "NextToken", "output_token": "NextToken", "limit_key": "MaxResults", "result_key": "MediaPipelines"}
    model = client.meta.service_model.operation_model("ListMediaPipelines")
    return botocore.paginate.Paginator(client.list_media_pipelines, config, model).paginate()


@pytest.mark.parametrize("expression", EXPRESSIONS)
async def test_pages_are_searched_as_botocores(expression: str, options: dict[str, Any], server: Server) -> None:
    def queued() -> None:
        server.then(*(Answer(200, page) for page in PAGES))

    queued()
    due = list(botocores_pages(options).search(expression))
    queued()
    pages = chimeline.blocking.client(SERVICE, **options).get_paginator("list_media_pipelines").paginate()
    assert list(pages.search(expression)) == due
    queued()
    awaited = chimeline.client(SERVICE, **options).get_paginator("list_media_pipelines").paginate()
    assert [item async for item in awaited.search(expression)] == due
    with pytest.raises(ValueError, match="Incomplete expression"):
        pages.search("[")


async def test_result_key_iters_are_botocores(options: dict[str, Any], server: Server) -> None:
    def queued() -> None:
        server.then(*(Answer(200, page) for page in PAGES))

    queued()
    due = [list(items) for items in botocores_pages(options).result_key_iters()]
    queued()
    pages = chimeline.blocking.client(SERVICE, **options).get_paginator("list_media_pipelines").paginate()
    assert [list(items) for items in pages.result_key_iters()] == due
    queued()
    awaited = chimeline.client(SERVICE, **options).get_paginator("list_media_pipelines").paginate()
    (items,) = awaited.result_key_iters()
    assert [[item async for item in items]] == due
    assert len(due[0]) == 3


def test_search_without_jmespath_says_what_to_install(options: dict[str, Any], python: str) -> None:
    program = f"""
import sys
sys.modules["jmespath"] = None
import chimeline
pages = chimeline.blocking.client({SERVICE!r}, **{options!r}).get_paginator("list_media_pipelines").paginate()
try:
    pages.search("a")
except ImportError as error:
    print(error)
"""
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "search() needs jmespath: pip install 'chimeline[jmespath]'\n"
