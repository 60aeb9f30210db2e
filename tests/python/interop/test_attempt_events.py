"""Handlers in the middle of a call: before it is signed, before it is sent, after it was received; beside botocore's."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

import chimeline
from server import Answer, Reset, Server

SERVICE = "chime-sdk-media-pipelines"
MAKERS: dict[str, Callable[..., Any]] = {
    "botocore": boto3.client,
    "blocking": chimeline.blocking.client,
    "awaited": chimeline.client,
}
TAGGED: dict[str, Any] = {
    "ResourceARN": "arn:aws:chime:us-east-1:123456789012:media-pipeline/4c4f0fbb",
    "Tags": [{"Key": "k", "Value": "v"}],
}
ID = "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11"


async def result(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


@pytest.fixture(params=list(MAKERS))
def any_client(request: pytest.FixtureRequest, options: dict[str, Any]) -> Any:
    return MAKERS[request.param](SERVICE, **options)


@pytest.fixture
def server() -> Any:
    with Server(Answer(200, {"MediaPipelines": []}, [("x-amzn-RequestId", "id-1")])) as running:
        yield running


def signed_headers(request: Any) -> list[str]:
    return request.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")


@pytest.mark.parametrize("how", ["before-call", "before-sign"])
async def test_headers_that_are_added_are_signed(any_client: Any, how: str, server: Server) -> None:
    def add(params: Any = None, request: Any = None, **_: Any) -> None:
        headers = params["headers"] if request is None else request.headers
        headers["X-Mine"] = "of mine"

    any_client.meta.events.register(f"{how}.*.*", add)
    await result(any_client.list_media_pipelines())
    await result(any_client.tag_resource(**TAGGED))
    for request in server.requests:
        assert request.headers["x-mine"] == "of mine"
        assert "x-mine" in signed_headers(request)


async def test_before_call_may_change_body_method_and_url(any_client: Any, server: Server) -> None:
    def change(params: Any, **_: Any) -> None:
        params["body"] = json.dumps({**json.loads(params["body"]), "Later": 1}).encode()
        params["url"] += "&more=1"
        params["headers"]["Content-Type"] = "application/x-mine"

    any_client.meta.events.register("before-call", change)
    await result(any_client.tag_resource(**TAGGED))
    (request,) = server.requests
    assert request.json()["Later"] == 1
    assert request.target == "/tags?operation=tag-resource&more=1"
    assert request.headers["content-type"] == "application/x-mine"


async def test_before_call_is_once_a_call_and_before_sign_each_attempt(any_client: Any, server: Server) -> None:
    seen: list[str] = []
    server.then(Answer(503, b""), Reset())
    for kind in ("before-call", "before-sign", "before-send", "after-call"):
        any_client.meta.events.register(kind, lambda event_name, **_: seen.append(event_name.split(".")[0]))
    any_client.meta.events.register("before-call", lambda params, **_: params["headers"].update({"X-Mine": "1"}))
    await result(any_client.list_media_pipelines())
    attempts = ["before-sign", "before-send"] * 3
    assert seen == ["before-call", *attempts, "after-call"]
    assert [request.headers["x-mine"] for request in server.requests] == ["1"] * 3


async def test_before_sign_sees_what_botocore_shows(options: dict[str, Any], server: Server) -> None:
    shown: list[list[Any]] = []
    for make in MAKERS.values():
        client = make(SERVICE, **options)
        mine: list[Any] = []

        def look(request: Any, into: list[Any] = mine, **kwargs: Any) -> None:
            kwargs["request_signer"] = kwargs["request_signer"].region_name
            into.append((request.method, request.url, request.body or b"", request.headers.get("Content-Type"), kwargs))

        client.meta.events.register("before-sign", look)
        await result(client.tag_resource(**TAGGED))
        await result(client.get_media_pipeline(MediaPipelineId=ID))
        shown.append(mine)
    assert shown[1] == shown[0]
    assert shown[2] == shown[0]
    assert len(shown[0]) == 2


async def test_before_send_sees_the_signature_and_may_add_what_is_not_signed(any_client: Any, server: Server) -> None:
    seen: list[Any] = []

    def look(request: Any, **_: Any) -> None:
        seen.append((request.method, "Authorization" in request.headers, "authorization" in request.headers))
        request.headers["X-Later"] = "1"

    any_client.meta.events.register("before-send", look)
    await result(any_client.list_media_pipelines())
    assert seen == [("GET", True, True)]
    assert server.requests[0].headers["x-later"] == "1"
    assert "x-later" not in signed_headers(server.requests[0])


class Raw:
    """What botocore's responses read their content from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Any:
        yield self._content


async def test_before_send_may_respond_in_the_services_place(any_client: Any, server: Server) -> None:
    answers = [
        (200, {"x-amzn-requestid": "mine"}, b'{"MediaPipelines": [{"MediaPipelineId": "of-mine"}]}'),
        (404, {"x-amzn-errortype": "NotFoundException"}, b'{"message": "not here"}'),
    ]

    def respond(request: Any, **_: Any) -> AWSResponse:
        status, headers, body = answers.pop(0)
        return AWSResponse(request.url, status, headers, Raw(body))

    any_client.meta.events.register("before-send", respond)
    found = await result(any_client.list_media_pipelines())
    assert found["MediaPipelines"] == [{"MediaPipelineId": "of-mine"}]
    with pytest.raises(any_client.exceptions.NotFoundException, match="not here"):
        await result(any_client.list_media_pipelines())
    assert not server.requests


async def test_needs_retry_sees_each_attempt(options: dict[str, Any], server: Server) -> None:
    shown: list[list[Any]] = []
    for make in MAKERS.values():
        client = make(SERVICE, **options)
        mine: list[Any] = []

        def look(response: Any, caught_exception: Any, attempts: int, operation: Any, into: list[Any] = mine, **_: Any) -> None:
            seen = None if response is None else (response[0].status_code, response[1].get("Error", {}).get("Code"))
            into.append((attempts, operation.name, seen, type(caught_exception).__name__))

        client.meta.events.register("needs-retry", look)
        server.then(Answer(503, b"", [("x-amzn-errortype", "ServiceUnavailableException")]), Reset())
        await result(client.list_media_pipelines())
        shown.append(mine)
    assert shown[0][0] == (1, "ListMediaPipelines", (503, shown[0][0][2][1]), "NoneType")
    for ours in shown[1:]:
        assert [each[0] for each in ours] == [each[0] for each in shown[0]] == [1, 2, 3]
        assert [each[3] for each in ours] == [each[3] for each in shown[0]]
        assert [each[2] and each[2][0] for each in ours] == [each[2] and each[2][0] for each in shown[0]]


async def test_needs_retry_looks_on_only(options: dict[str, Any], server: Server) -> None:
    client = chimeline.client(SERVICE, **options)
    client.meta.events.register("needs-retry", lambda **_: 0)
    await client.list_media_pipelines()
    assert len(server.requests) == 1


async def test_responses_are_seen_as_they_were_received(any_client: Any, server: Server) -> None:
    seen: list[Any] = []
    any_client.meta.events.register(
        "response-received",
        lambda response_dict, parsed_response, exception, **_: seen.append(
            (response_dict["status_code"], response_dict["body"], parsed_response["MediaPipelines"], exception)
        ),
    )
    any_client.meta.events.register("after-call", lambda http_response, **_: seen.append(http_response.content))
    await result(any_client.list_media_pipelines())
    assert seen[0] == (200, b'{"MediaPipelines": []}', [], None)
    assert seen[1] == b'{"MediaPipelines": []}'


@pytest.mark.parametrize("event", ["before-sign", "before-send", "response-received", "needs-retry"])
async def test_a_handler_that_raises_fails_its_call_alone(any_client: Any, event: str, server: Server) -> None:
    def broken(**_: Any) -> None:
        raise LookupError("mine")

    any_client.meta.events.register(event, broken)
    with pytest.raises(LookupError, match="mine"):
        await result(any_client.list_media_pipelines())
    any_client.meta.events.unregister(event, broken)
    await result(any_client.list_media_pipelines())


@pytest.mark.parametrize("event", ["before-call", "before-sign", "before-send", "response-received", "needs-retry", "after-call"])
async def test_coroutines_are_awaited_in_the_middle_of_a_call(event: str, options: dict[str, Any], server: Server) -> None:
    import asyncio

    seen: list[str] = []

    async def look(event_name: str, **_: Any) -> None:
        await asyncio.sleep(0.01)
        seen.append(event_name)

    client = chimeline.client(SERVICE, **options)
    client.meta.events.register(event, look)
    await asyncio.gather(*(client.list_media_pipelines() for _ in range(5)))
    assert seen == [f"{event}.{SERVICE}.ListMediaPipelines"] * 5


@pytest.mark.parametrize("change", [{"body": 5}, {"headers": {"X": object()}}])
def test_what_cannot_be_sent_is_refused_by_its_type(change: dict[str, Any], options: dict[str, Any], server: Server) -> None:
    client = chimeline.blocking.client(SERVICE, **options)
    client.meta.events.register("before-call", lambda params, **_: params.update(change))
    with pytest.raises(TypeError, match=r"a handler (made the body|gave the header)"):
        client.list_media_pipelines()
    assert not server.requests


async def test_unsigned_requests_need_no_credentials(server: Server) -> None:
    import botocore
    from botocore.config import Config

    for unsigned in (chimeline.UNSIGNED, botocore.UNSIGNED):
        config = chimeline.Config(signature_version=unsigned)
        client = chimeline.blocking.client(SERVICE, "us-east-1", endpoint_url=server.url, config=config)
        client.list_media_pipelines()
    theirs = Config(signature_version=botocore.UNSIGNED)
    boto3.client(SERVICE, "us-east-1", endpoint_url=server.url, config=theirs).list_media_pipelines()
    await chimeline.client(SERVICE, "us-east-1", endpoint_url=server.url, config=theirs).list_media_pipelines()
    assert ["authorization" in request.headers for request in server.requests] == [False] * 4
