"""Spans and metrics by OpenTelemetry, in both clients; nothing of it where the program sets no provider."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
from typing import Any
from unittest import mock

import pytest

import chimeline
from chimeline import exceptions
from conftest import CREATED, INPUT, SECRET
from server import Answer, Server

pytest.importorskip("opentelemetry.sdk")

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

THROTTLED = Answer(429, {"Code": "Throttled"}, [("x-amz-retry-after", "0"), ("x-amzn-RequestId", "id-0")])


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What a provider exports; a process can set its own only once."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    return exporter


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> InMemoryMetricReader:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: provider)
    return reader


@pytest.fixture(params=["blocking", "awaited"])
def create(request: pytest.FixtureRequest, options: dict[str, Any]) -> Any:
    """A method of either client, awaited where need be."""
    module: Any = chimeline if request.param == "awaited" else chimeline.blocking
    client = module.client("chime-sdk-media-pipelines", **options)

    async def run(**params: Any) -> Any:
        made = client.create_media_capture_pipeline(**params)
        return await made if inspect.isawaitable(made) else made

    return run


async def test_a_call_is_a_client_span(server: Server, spans: InMemorySpanExporter, create: Any) -> None:
    with trace.get_tracer_provider().get_tracer("program").start_as_current_span("parent") as parent:
        await create(**INPUT)
    span, _ = spans.get_finished_spans()
    assert span.name == "Chime SDK Media Pipelines.CreateMediaCapturePipeline"
    assert span.kind is trace.SpanKind.CLIENT
    assert span.parent == parent.get_span_context()
    assert span.instrumentation_scope
    assert (span.instrumentation_scope.name, span.instrumentation_scope.version) == ("chimeline", chimeline.__version__)
    assert dict(span.attributes or {}) == {
        "rpc.system": "aws-api",
        "rpc.system.name": "aws-api",
        "rpc.service": "Chime SDK Media Pipelines",
        "rpc.method": "CreateMediaCapturePipeline",
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "cloud.region": "us-east-1",
        "aws.request_id": "id-1",
        "http.response.status_code": 201,
    }
    assert span.status.is_unset
    (event,) = span.events
    assert event.name == "attempt"
    assert span.start_time
    assert span.end_time
    assert span.start_time <= event.timestamp <= span.end_time


async def test_each_attempt_is_an_event(server: Server, spans: InMemorySpanExporter, create: Any) -> None:
    server.then(THROTTLED, CREATED)
    await create(**INPUT)
    (span,) = spans.get_finished_spans()
    first, second = (dict(event.attributes or {}) for event in span.events)
    assert (first["http.response.status_code"], first["error.type"], first["aws.request_id"]) == (429, "Throttled", "id-0")
    assert (first["http.request.resend_count"], second["http.request.resend_count"]) == (0, 1)
    assert second["http.response.status_code"] == 201
    assert "error.type" not in second
    assert span.events[0].timestamp < span.events[1].timestamp


async def test_a_failure_has_its_type_and_none_of_its_text(server: Server, spans: InMemorySpanExporter, create: Any) -> None:
    server.default = Answer(403, {"Code": "Forbidden", "Message": "of the secret meeting"}, [("x-amzn-RequestId", "id-9")])
    with pytest.raises(exceptions.ForbiddenException):
        await create(**INPUT)
    with pytest.raises(exceptions.ParamValidationError):
        await create(SourceType=1.7320508)
    forbidden, invalid = spans.get_finished_spans()
    assert forbidden.attributes
    assert invalid.attributes
    assert (forbidden.attributes["error.type"], forbidden.attributes["http.response.status_code"]) == ("Forbidden", 403)
    assert forbidden.attributes["aws.request_id"] == "id-9"
    assert invalid.attributes["error.type"] == "ParamValidationError"
    for span in (forbidden, invalid):
        assert span.status.status_code is trace.StatusCode.ERROR
        told = span.to_json()
        assert all(word not in told for word in ("secret meeting", SECRET, "arn:aws", "1.7320508"))


async def test_a_call_without_an_answer_has_the_class_of_its_error(spans: InMemorySpanExporter) -> None:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    config = chimeline.Config(retries={"total_max_attempts": 1})
    client = chimeline.client("chime", "us-east-1", endpoint_url="http://127.0.0.1:9", config=config, **keys)
    with pytest.raises(exceptions.EndpointConnectionError):
        await client.create_media_capture_pipeline(**INPUT)
    (span,) = spans.get_finished_spans()
    assert span.attributes
    assert span.attributes["error.type"] == "EndpointConnectionError"
    assert span.attributes["rpc.service"] == "Chime"
    assert "http.response.status_code" not in span.attributes


async def test_duration_and_attempts_are_measured(server: Server, reader: InMemoryMetricReader, create: Any) -> None:
    server.then(THROTTLED, CREATED, Answer(404, {"Code": "NotFound"}))
    await create(**INPUT)
    with pytest.raises(exceptions.ClientError):
        await create(**INPUT)
    data = reader.get_metrics_data()
    assert data
    found = {metric.name: metric for metric in data.resource_metrics[0].scope_metrics[0].metrics}
    duration, attempts = found["rpc.client.call.duration"], found["chimeline.client.call.attempts"]
    assert duration.unit == "s"
    points = {point.attributes.get("error.type"): point for point in attempts.data.data_points}  # type: ignore[union-attr]
    assert {error: (point.count, point.sum) for error, point in points.items()} == {None: (1, 2), "NotFound": (1, 1)}  # type: ignore[union-attr]
    assert points[None].attributes["rpc.method"] == "CreateMediaCapturePipeline"
    assert "aws.request_id" not in points[None].attributes
    assert all(0 < point.sum < 10 for point in duration.data.data_points)  # type: ignore[union-attr]


async def test_the_span_is_the_current_one_across_awaits(server: Server, spans: InMemorySpanExporter) -> None:
    seen: list[Any] = []

    async def keys() -> dict[str, str]:
        await asyncio.sleep(0)
        seen.append(trace.get_current_span().get_span_context().span_id)
        return {"AccessKeyId": "AKID", "SecretAccessKey": "s"}

    client = chimeline.client("chime", "us-east-1", endpoint_url=server.url, credentials=keys)
    await asyncio.gather(*(client.create_media_capture_pipeline(**INPUT) for _ in range(3)))
    finished = spans.get_finished_spans()
    assert len(finished) == 3
    assert seen[0] in {span.context.span_id for span in finished if span.context}
    assert trace.get_current_span() is trace.INVALID_SPAN


async def test_a_cancelled_call_ends_its_span(server: Server, spans: InMemorySpanExporter, client: Any) -> None:
    task = asyncio.ensure_future(client.create_media_capture_pipeline(**INPUT))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (span,) = spans.get_finished_spans()
    assert span.attributes
    assert span.attributes["error.type"] == "CancelledError"


async def test_a_tracer_that_raises_fails_the_one_call(server: Server, spans: InMemorySpanExporter, create: Any) -> None:
    assert spans is not None
    with (
        mock.patch.object(TracerProvider, "get_tracer", side_effect=KeyError("broken")),
        pytest.raises(exceptions.BotoCoreError) as caught,
    ):
        await create(**INPUT)
    assert isinstance(caught.value.__cause__, KeyError)
    assert "OpenTelemetry raised KeyError" in str(caught.value)
    assert server.requests == []
    await create(**INPUT)
    assert len(server.requests) == 1


def test_nothing_is_loaded_where_the_program_does_not_trace(server: Server) -> None:
    code = """
import sys, chimeline.blocking
keys = dict(aws_access_key_id="a", aws_secret_access_key="b")
client = chimeline.blocking.client("chime", "us-east-1", endpoint_url=sys.argv[1], **keys)
client.list_media_capture_pipelines()
assert not [name for name in sys.modules if name.startswith("opentelemetry") or name == "chimeline._client.tracing"]
import opentelemetry.trace
client.list_media_capture_pipelines()
from chimeline._client import tracing as _tracing
assert _tracing._instruments is None, "no provider is set"
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(formatter=lambda span: span.name + "\\n")))
opentelemetry.trace.set_tracer_provider(provider)
client.list_media_capture_pipelines()
"""
    ran = subprocess.run(
        [sys.executable, "-c", code, server.url], capture_output=True, text=True, env=dict(os.environ), check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "Chime.ListMediaCapturePipelines\n"
