"""Handlers of the events of calls: the same are registered with botocore and with both of our clients, and see the same."""

from __future__ import annotations

import inspect
import socket
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.hooks import HierarchicalEmitter

import chimeline
from chimeline._events.emitter import EventEmitter
from server import Answer, Server

SERVICE = "chime-sdk-media-pipelines"
TAGGED: dict[str, Any] = {
    "ResourceARN": "arn:aws:chime:us-east-1:123456789012:media-pipeline/4c4f0fbb",
    "Tags": [{"Key": "k", "Value": "v"}],
}
KINDS = ["provide-client-params", "before-parameter-build", "before-call", "after-call", "after-call-error"]
CONTEXT = ["client_region", "has_streaming_input", "auth_type", "unsigned_payload", "auth_options"]
MAKERS: dict[str, Callable[..., Any]] = {
    "botocore": boto3.client,
    "blocking": chimeline.blocking.client,
    "awaited": chimeline.client,
}


async def result(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


@pytest.fixture(params=list(MAKERS))
def any_client(request: pytest.FixtureRequest, options: dict[str, Any]) -> Any:
    return MAKERS[request.param](SERVICE, **options)


@pytest.fixture
def three(options: dict[str, Any]) -> list[Any]:
    return [make(SERVICE, **options) for make in MAKERS.values()]


async def test_handlers_get_what_botocore_gives_them(three: list[Any], server: Server) -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        ("tag_resource", TAGGED),
        ("list_media_pipelines", {"MaxResults": 3, "NextToken": "a b/c"}),
        ("get_media_pipeline", {"MediaPipelineId": "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11"}),
        ("delete_media_pipeline", {"MediaPipelineId": "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11"}),
    ]
    seen: list[list[Any]] = []
    for client in three:
        mine: list[Any] = []
        for kind in KINDS:
            client.meta.events.register(kind, lambda into=mine, **kwargs: into.append(kwargs))
        for method, params in calls:
            await result(getattr(client, method)(**params))
        seen.append([shown(kwargs) for kwargs in mine])
    botocore, blocking, awaited = seen
    assert len(botocore) == 4 * len(calls)
    for one, due in zip(blocking, botocore, strict=True):
        assert one == due
    assert awaited == blocking
    assert len(server.requests) == 3 * len(calls)


def shown(kwargs: dict[str, Any]) -> dict[str, Any]:
    """What can be compared of what a handler got."""
    out: dict[str, Any] = {}
    for name, value in kwargs.items():
        if name == "params" and "url_path" in value:
            headers = {key: None if key == "User-Agent" else text for key, text in dict(value["headers"]).items()}
            out[name] = {**value, "headers": headers, "context": None}
        elif name == "model":
            out[name] = (value.name, value.http, value.service_model.service_name)
        elif name == "context":
            # botocore notes more in it as the call goes on.
            out[name] = {key: value[key] for key in CONTEXT} | {"client_config": value["client_config"].region_name}
        elif name == "request_signer":
            out[name] = value.region_name
        elif name == "http_response":
            out[name] = value.status_code
        elif name == "parsed":
            metadata = {**value["ResponseMetadata"], "HTTPHeaders": {**value["ResponseMetadata"]["HTTPHeaders"]}}
            metadata.pop("Attempts", None)
            out[name] = {**value, "ResponseMetadata": metadata}
        else:
            out[name] = value
    return out


@pytest.mark.parametrize("event", ["provide-client-params", "before-parameter-build"])
async def test_handlers_change_parameters(any_client: Any, event: str, server: Server) -> None:
    any_client.meta.events.register(event, lambda params, **_: params.update(MaxResults=9))
    await result(any_client.list_media_pipelines(MaxResults=1))
    assert server.requests[0].target.endswith("max-results=9")


async def test_the_first_handler_that_returns_parameters_provides_them(any_client: Any, server: Server) -> None:
    any_client.meta.events.register("provide-client-params", lambda **_: None)
    any_client.meta.events.register("provide-client-params", lambda **_: {"MaxResults": 4})
    any_client.meta.events.register("provide-client-params", lambda **_: {"MaxResults": 5})
    await result(any_client.list_media_pipelines(MaxResults=1))
    assert server.requests[0].target.endswith("max-results=4")


async def test_a_response_of_before_call_ends_the_call(any_client: Any, server: Server) -> None:
    seen: list[Any] = []
    any_client.meta.events.register("before-call", lambda **_: (AWSResponse(None, 200, {}, None), {"MediaPipelines": [1]}))
    any_client.meta.events.register("before-call", lambda **_: seen.append("second"))
    any_client.meta.events.register("after-call", lambda parsed, **_: seen.append(parsed))
    assert await result(any_client.list_media_pipelines()) == {"MediaPipelines": [1]}
    assert seen == [{"MediaPipelines": [1]}]
    assert not server.requests


async def test_an_error_given_by_before_call_is_raised(any_client: Any) -> None:
    parsed = {"Error": {"Code": "NotFoundException", "Message": "gone"}, "ResponseMetadata": {"HTTPStatusCode": 404}}
    any_client.meta.events.register("before-call", lambda **_: (AWSResponse(None, 404, {}, None), parsed))
    with pytest.raises(any_client.exceptions.NotFoundException) as raised:
        await result(any_client.list_media_pipelines())
    assert raised.value.response == parsed
    assert str(raised.value) == "An error occurred (NotFoundException) when calling the ListMediaPipelines operation: gone"


async def test_errors_of_the_service_come_to_after_call(any_client: Any, server: Server) -> None:
    seen: list[Any] = []
    body = {"Code": "NotFound", "Message": "gone"}
    server.then(Answer(404, body, [("x-amzn-errortype", "NotFoundException")]))
    any_client.meta.events.register(
        "after-call", lambda http_response, parsed, **_: seen.append((http_response.status_code, parsed["Error"]["Code"]))
    )
    any_client.meta.events.register("after-call-error", lambda **_: seen.append("error"))
    with pytest.raises(any_client.exceptions.NotFoundException):
        await result(any_client.list_media_pipelines())
    assert seen == [(404, "NotFoundException")]


async def test_after_call_may_change_the_error(any_client: Any, server: Server) -> None:
    def change(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Error"].update(Code="ConflictException", Message="changed")

    server.then(Answer(404, {"Message": "gone"}, [("x-amzn-errortype", "NotFoundException")]))
    any_client.meta.events.register("after-call", change)
    with pytest.raises(any_client.exceptions.ConflictException, match="changed"):
        await result(any_client.list_media_pipelines())


@pytest.mark.parametrize("make", MAKERS.values(), ids=list(MAKERS))
async def test_other_failures_come_to_after_call_error(make: Callable[..., Any], options: dict[str, Any]) -> None:
    seen: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    any_client = make(SERVICE, **{**options, "endpoint_url": f"http://127.0.0.1:{port}"})
    any_client.meta.events.register("after-call", lambda **_: seen.append("called"))
    any_client.meta.events.register("after-call-error", lambda exception, context, **_: seen.append((exception, context)))
    with pytest.raises(Exception) as raised:  # noqa: PT011 - botocore's class, or ours of the same name
        await result(any_client.list_media_pipelines())
    assert type(raised.value).__name__ == "EndpointConnectionError"
    assert [exception for exception, _ in seen] == [raised.value]
    assert seen[0][1]["client_region"] == "us-east-1"


@pytest.mark.parametrize("event", ["provide-client-params", "before-parameter-build", "before-call", "after-call"])
async def test_a_handler_that_raises_fails_its_call_alone(any_client: Any, event: str) -> None:
    def broken(**_: Any) -> None:
        raise LookupError("mine")

    any_client.meta.events.register(event, broken)
    with pytest.raises(LookupError, match="mine"):
        await result(any_client.list_media_pipelines())
    any_client.meta.events.unregister(event, broken)
    await result(any_client.list_media_pipelines())


async def test_coroutines_are_awaited(options: dict[str, Any], server: Server) -> None:
    async def more(params: dict[str, Any], **_: Any) -> None:
        params["MaxResults"] = 8

    client = chimeline.client(SERVICE, **options)
    client.meta.events.register("before-parameter-build", more)
    await client.list_media_pipelines(MaxResults=1)
    assert server.requests[0].target.endswith("max-results=8")


def test_a_blocking_client_takes_no_coroutines(options: dict[str, Any]) -> None:
    async def handler(**_: Any) -> None: ...

    client = chimeline.blocking.client(SERVICE, **options)
    with pytest.raises(TypeError, match="is a coroutine function, which a blocking client cannot await"):
        client.meta.events.register("before-call", handler)
    client.meta.events.register("before-parameter-build", lambda **_: handler())
    with pytest.raises(TypeError, match="gave an awaitable"):
        client.list_media_pipelines()


def test_an_event_that_is_not_supported_is_refused_by_name(options: dict[str, Any]) -> None:
    events = chimeline.blocking.client(SERVICE, **options).meta.events
    with pytest.raises(ValueError, match=r"the event 'choose-signer\.\*' is not supported; supported are provide-client-params"):
        events.register("choose-signer.*", print)
    with pytest.raises(ValueError, match="more than three parts"):
        events.register("before-call.a.b.c", lambda **_: None)
    with pytest.raises(TypeError, match="must be a str, not int"):
        events.register(1, lambda **_: None)  # type: ignore[call-overload]


def test_handlers_are_checked_as_botocores(three: list[Any]) -> None:
    def too_few(params: Any) -> None: ...

    for handler in ("text", too_few):
        texts = set()
        for client in three:
            with pytest.raises(ValueError, match="Event handler") as raised:
                client.meta.events.register("before-call", handler)
            texts.add(str(raised.value))
        assert len(texts) == 1


def test_views_of_a_client_share_its_handlers(options: dict[str, Any]) -> None:
    client = chimeline.blocking.client(SERVICE, **options)
    view = client.with_options(timeout=5)
    seen: list[str] = []
    view.meta.events.register("before-call", lambda event_name, **_: seen.append(event_name))
    client.list_media_pipelines()
    assert seen == [f"before-call.{SERVICE}.ListMediaPipelines"]


PATTERNS = [
    "before-call", "before-call.a", "before-call.*", "before-call.a.b", "before-call.*.b", "before-call.a.*",
    "before-call.*.*", "*", "*.a", "*.a.b", "*.*.*", "before-call.c.b", "after-call.a.b",
]  # fmt: skip


@pytest.mark.parametrize("event", ["before-call.a.b", "before-call.a.x", "before-call.x.b", "after-call.a.b", "before-call"])
def test_handlers_come_in_botocores_order(event: str) -> None:
    orders = []
    for emitter in (HierarchicalEmitter(), EventEmitter(awaits=False)):
        called: list[str] = []
        for section in ("register_last", "register", "register_first", "register"):
            for pattern in PATTERNS:
                name = f"{section} {pattern}"
                getattr(emitter, section)(pattern, lambda name=name, into=called, **_: into.append(name))
        if isinstance(emitter, EventEmitter):
            for handler in emitter.handlers_of(event):
                handler()
        else:
            emitter.emit(event)
        orders.append(called)
    assert orders[0] == orders[1]
    assert orders[0]


def test_unique_ids_count_as_botocores() -> None:
    def handler(**_: Any) -> None: ...

    steps: list[tuple[str, dict[str, Any]]] = [
        ("register", {"unique_id": "one"}), ("register", {"unique_id": "one"}), ("unregister", {"unique_id": "one"}),
        ("unregister", {"unique_id": "one"}), ("register", {"unique_id": "two", "unique_id_uses_count": True}),
        ("register", {"unique_id": "two", "unique_id_uses_count": True}), ("register", {"unique_id": "two"}),
        ("unregister", {"unique_id": "two"}), ("unregister", {"unique_id": "two", "unique_id_uses_count": True}),
        ("unregister", {"unique_id": "two", "unique_id_uses_count": True}), ("register", {"unique_id": "one"}),
        ("register", {"unique_id": "one", "unique_id_uses_count": True}),
        ("unregister", {"unique_id": "one", "unique_id_uses_count": True}), ("register", {}), ("register", {}),
        ("unregister", {}), ("unregister", {"unique_id": "none"}), ("unregister", {}), ("unregister", {}),
    ]  # fmt: skip
    logs = []
    for emitter in (HierarchicalEmitter(), EventEmitter(awaits=False)):
        log: list[Any] = []
        for method, kwargs in steps:
            try:
                getattr(emitter, method)("before-call.a", handler, **kwargs)
            except ValueError:
                log.append("refused")  # botocore's text says the opposite of what was registered
            found = (
                emitter.handlers_of("before-call.a.b") if isinstance(emitter, EventEmitter) else emitter.emit("before-call.a.b")
            )
            log.append(len(found))
        logs.append(log)
    assert logs[0] == logs[1]


def test_an_emitter_is_inactive_again_when_its_handlers_are_gone(options: dict[str, Any]) -> None:
    client = chimeline.blocking.client(SERVICE, **options)
    assert not client._hooks.active
    client.meta.events.register("before-call", handler := (lambda **_: None))
    assert client._hooks.active
    client.meta.events.unregister("before-call", handler)
    assert not client._hooks.active
