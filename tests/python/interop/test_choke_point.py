"""Every method goes through `_make_api_call(operation_name, api_params)`, which tests and tracers wrap as botocore's."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any
from unittest import mock

import boto3
import pytest
import wrapt

import chimeline
from chimeline.services import AsyncClient, BlockingClient
from server import Server

SERVICE = "chime-sdk-media-pipelines"
MADE = {"MediaPipelines": [], "ResponseMetadata": {"HTTPStatusCode": 200}}
SERVICES = ["chime", "chime-sdk-media-pipelines", "chime-sdk-meetings"]


async def result(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


@pytest.fixture(params=["botocore", "blocking", "awaited"])
def any_client(request: pytest.FixtureRequest, options: dict[str, Any]) -> Any:
    make: dict[str, Callable[..., Any]] = {
        "botocore": boto3.client,
        "blocking": chimeline.blocking.client,
        "awaited": chimeline.client,
    }
    return make[request.param](SERVICE, **options)


async def test_a_patched_class_makes_the_calls(any_client: Any, server: Server) -> None:
    with mock.patch.object(type(any_client), "_make_api_call", autospec=True, return_value=MADE) as patched:
        found = await result(any_client.list_media_pipelines(MaxResults=5))
    assert found is MADE
    patched.assert_called_once_with(any_client, "ListMediaPipelines", {"MaxResults": 5})
    assert not server.requests


async def test_a_patched_client_makes_the_calls(any_client: Any, server: Server) -> None:
    with mock.patch.object(any_client, "_make_api_call", return_value=MADE) as patched:
        assert await result(any_client.list_media_pipelines(NextToken="t")) is MADE
        patched.side_effect = LookupError("mine")
        with pytest.raises(LookupError, match="mine"):
            await result(any_client.delete_media_pipeline(MediaPipelineId="p"))
    assert patched.call_args_list == [
        mock.call("ListMediaPipelines", {"NextToken": "t"}),
        mock.call("DeleteMediaPipeline", {"MediaPipelineId": "p"}),
    ]
    assert not server.requests


async def test_a_replacement_gets_what_it_leaves_alone_done(any_client: Any, server: Server) -> None:
    original = any_client._make_api_call
    seen: list[tuple[str, dict[str, Any]]] = []

    def passing(operation_name: str, kwarg: dict[str, Any]) -> Any:
        seen.append((operation_name, kwarg))
        return original(operation_name, kwarg)

    with mock.patch.object(any_client, "_make_api_call", new=passing):
        await result(any_client.list_media_pipelines(MaxResults=7))
    assert seen == [("ListMediaPipelines", {"MaxResults": 7})]
    assert server.requests[0].target.endswith("max-results=7")


def trace(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any], spans: list[Any]) -> Any:
    """What a tracer does around a call."""
    operation, params = args
    span = {"operation": operation, "params": params, "region": instance.meta.region_name}
    spans.append(span)

    async def awaited(call: Awaitable[Any]) -> Any:
        span["status"] = (await call)["ResponseMetadata"]["HTTPStatusCode"]
        return None

    made = wrapped(*args, **kwargs)
    if inspect.isawaitable(made):
        return awaited(made)
    span["status"] = made["ResponseMetadata"]["HTTPStatusCode"]
    return None


@pytest.mark.parametrize("where", ["class", "base", "instance"])
async def test_a_tracer_wraps_calls(any_client: Any, where: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    bases = [cls for cls in type(any_client).__mro__ if "_make_api_call" in vars(cls)]
    owner = {"class": type(any_client), "base": bases[-1], "instance": any_client}[where]
    spans: list[Any] = []
    wrapper = wrapt.FunctionWrapper(getattr(owner, "_make_api_call"), lambda *given: trace(*given, spans=spans))  # noqa: B009
    if where == "instance":
        wrapper = wrapt.FunctionWrapper(
            any_client._make_api_call, lambda wrapped, _, args, kwargs: trace(wrapped, any_client, args, kwargs, spans)
        )
    monkeypatch.setattr(owner, "_make_api_call", wrapper)
    await result(any_client.list_media_pipelines(MaxResults=3))
    assert spans == [{"operation": "ListMediaPipelines", "params": {"MaxResults": 3}, "region": "us-east-1", "status": 201}]
    assert len(server.requests) == 1


def test_the_bases_are_where_all_services_can_be_wrapped() -> None:
    assert "_make_api_call" in vars(AsyncClient)
    assert "_make_api_call" in vars(BlockingClient)


@pytest.mark.parametrize("module", [chimeline, chimeline.blocking])
@pytest.mark.parametrize("service", SERVICES)
async def test_every_method_goes_through_it(service: str, module: Any, options: dict[str, Any]) -> None:
    client = module.client(service, **options)
    with mock.patch.object(client, "_make_api_call", return_value=MADE) as patched:
        for method, operation in client.meta.method_to_api_mapping.items():
            assert await result(getattr(client, method)()) is MADE
            patched.assert_called_once_with(operation, {})
            patched.reset_mock()


async def test_positional_arguments_are_refused(any_client: Any, server: Server) -> None:
    with pytest.raises(TypeError) as raised:
        await result(any_client.list_media_pipelines("five"))
    assert str(raised.value) == "list_media_pipelines() only accepts keyword arguments."
    assert not server.requests


@pytest.mark.parametrize("any_client", ["blocking", "awaited"], indirect=True)
async def test_pages_go_through_it(any_client: Any) -> None:
    with mock.patch.object(any_client, "_make_api_call", return_value={"MediaCapturePipelines": [1]}) as patched:
        full = await result(any_client.get_paginator("list_media_capture_pipelines").paginate().build_full_result())
    assert full == {"MediaCapturePipelines": [1]}
    patched.assert_called_once_with("ListMediaCapturePipelines", {})
