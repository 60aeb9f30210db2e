"""Requests, responses and retries that pass through the handlers of a call, in awaited and in blocking clients."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

import chimeline
from chimeline import exceptions
from chimeline._host.handlers import CallHandlers, HttpRequest, HttpResponse
from conftest import CREATED, INPUT, PIPELINE
from server import Answer, Reset, Server, Stall

THROTTLED = Answer(429, {"Code": "ThrottledClientException", "Message": "slow down"})


@pytest.fixture(params=["blocking", "asyncio", "asyncio with coroutines"])
def call(request: pytest.FixtureRequest, options: dict[str, Any]) -> Callable[..., Any]:
    """Makes a call whose handlers are that object, and gives its result."""

    def make(handlers: CallHandlers, **more: Any) -> Any:
        module = chimeline.blocking if request.param == "blocking" else chimeline
        client = module.client("chime", **options).with_options(**more)
        if request.param == "asyncio with coroutines":
            for name in ("request", "attempt", "exchange", "received", "retry"):
                setattr(handlers, name, awaitable(getattr(handlers, name)))
        client._handlers = lambda operation, params: handlers
        outcome = client.create_media_capture_pipeline(**INPUT)
        return asyncio.run(outcome) if asyncio.iscoroutine(outcome) else outcome

    return make


def awaitable(method: Callable[..., Any]) -> Callable[..., Any]:
    async def later(*args: Any) -> Any:
        await asyncio.sleep(0)
        return method(*args)

    return later


def header(request: Any, name: str) -> str | None:
    return next((value for known, value in request.headers if known == name), None)


def test_a_header_that_is_added_is_signed_and_the_response_passes_through(server: Server, call: Callable[..., Any]) -> None:
    seen: list[Any] = []

    class Adds(CallHandlers):
        asks = ("attempts", "exchanges")

        def attempt(self, number: int, request: HttpRequest) -> None:
            seen.append((number, request.method, request.url, header(request, "authorization")))
            request.headers.append(("X-Tenant", "blue"))

        def exchange(self, number: int, request: HttpRequest) -> None:
            seen.append(header(request, "authorization"))
            request.headers.append(("x-late", "unsigned is free"))

        def received(self, number: int, outcome: HttpResponse | Exception) -> None:
            assert isinstance(outcome, HttpResponse)
            seen.append((number, outcome.status, header(outcome, "x-amzn-requestid"), json.loads(outcome.body)))

    assert call(Adds())["MediaCapturePipeline"]["MediaPipelineId"] == PIPELINE["MediaPipelineId"]
    (request,) = server.requests
    assert seen[0] == (1, "POST", f"{server.url}/media-capture-pipelines", None)
    assert seen[1] == request.headers["authorization"]
    assert seen[2] == (1, 201, "id-1", {"MediaCapturePipeline": PIPELINE})
    assert request.headers["x-tenant"] == "blue"
    assert request.headers["x-late"] == "unsigned is free"
    signed = request.headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert "x-tenant" in signed
    assert "x-late" not in signed
    assert not {"user-agent", "amz-sdk-request", "amz-sdk-invocation-id"} & set(signed)


def test_method_url_and_body_may_change_before_signing(server: Server, call: Callable[..., Any]) -> None:
    class Changes(CallHandlers):
        asks = ("attempts",)

        def attempt(self, number: int, request: HttpRequest) -> HttpRequest:
            return HttpRequest(
                "PUT", f"{server.url}/other?a=b%20c", [("content-length", "7"), ("x-bin", "caf\xe9")], b"\x00\xff" * 300
            )

    call(Changes())
    (request,) = server.requests
    assert (request.method, request.target, request.body) == ("PUT", "/other?a=b%20c", b"\x00\xff" * 300)
    assert request.headers["content-length"] == "600"
    assert request.headers["x-bin"] == "caf\xe9"
    assert "amz-sdk-request" not in request.headers


def test_what_starts_all_attempts_is_asked_once(server: Server, call: Callable[..., Any]) -> None:
    asked: list[int] = []

    class Starts(CallHandlers):
        asks = ("request",)

        def request(self, request: HttpRequest) -> None:
            asked.append(1)
            request.headers.append(("x-call", "1"))

    server.then(Answer(503, {}), CREATED)
    call(Starts())
    assert asked == [1]
    assert [request.headers["x-call"] for request in server.requests] == ["1", "1"]
    assert [request.headers["amz-sdk-request"] for request in server.requests] == ["attempt=1; max=3", "attempt=2; max=3"]


@pytest.mark.parametrize("asks", ["request", "attempts", "exchanges"])
def test_a_handler_responds_in_place_of_the_service(server: Server, call: Callable[..., Any], asks: str) -> None:
    response = HttpResponse(200, [("x-amzn-requestid", "own")], json.dumps({"MediaCapturePipeline": PIPELINE}).encode())

    class Responds(CallHandlers):
        def request(self, request: HttpRequest) -> HttpResponse:
            return response

        def attempt(self, number: int, request: HttpRequest) -> HttpResponse:
            return response

        def exchange(self, number: int, request: HttpRequest) -> HttpResponse:
            assert header(request, "authorization")
            return response

    handlers = Responds()
    handlers.asks = (asks,)
    result = call(handlers)
    assert result["MediaCapturePipeline"]["MediaPipelineId"] == PIPELINE["MediaPipelineId"]
    assert result["ResponseMetadata"]["RequestId"] == "own"
    assert not server.requests


def test_an_error_that_a_handler_responds_is_one_of_the_service(server: Server, call: Callable[..., Any]) -> None:
    class Refuses(CallHandlers):
        asks = ("attempts",)

        def attempt(self, number: int, request: HttpRequest) -> HttpResponse:
            return HttpResponse(403, [], b'{"Code": "Forbidden", "Message": "no"}')

    with pytest.raises(exceptions.ForbiddenException) as caught:
        call(Refuses())
    assert caught.value.response["Error"] == {"Code": "Forbidden", "Message": "no"}
    assert not server.requests


def test_a_handler_sends_again_within_an_attempt(server: Server, call: Callable[..., Any]) -> None:
    class SendsAgain(CallHandlers):
        asks = ("attempts",)

        def attempt(self, number: int, request: HttpRequest) -> None:
            self.sent = request

        def received(self, number: int, outcome: HttpResponse | Exception) -> HttpRequest | None:
            if isinstance(outcome, HttpResponse) and outcome.status == 201:
                return None
            tried = header(self.sent, "x-try") or ""
            self.sent.headers = [("x-try", tried + "+"), *(pair for pair in self.sent.headers if pair[0] != "x-try")]
            return self.sent

    server.then(Answer(400, {"Code": "BadRequest"}), Reset(), CREATED)
    result = call(SendsAgain(), max_attempts=1)
    assert result["ResponseMetadata"]["RetryAttempts"] == 0
    assert [request.headers.get("x-try") for request in server.requests] == [None, "+", "++"]
    assert len({request.headers["authorization"] for request in server.requests}) == 3


def test_a_response_is_replaced(server: Server, call: Callable[..., Any]) -> None:
    class Replaces(CallHandlers):
        asks = ("attempts",)

        def received(self, number: int, outcome: HttpResponse | Exception) -> HttpResponse | None:
            if isinstance(outcome, exceptions.ConnectionClosedError):
                return HttpResponse(200, [], b"{}")
            return None

    server.then(Reset())
    assert call(Replaces())["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert len(server.requests) == 1


class Raising(CallHandlers):
    """Raises in one of its methods."""

    def __init__(self, name: str, error: BaseException) -> None:
        self.asks = ("request", "attempts", "exchanges", "retries")
        self.error = error

        def raises(*_: Any) -> None:
            raise self.error

        setattr(self, name, raises)


@pytest.mark.parametrize("name", ["request", "attempt", "exchange", "received", "retry"])
def test_what_a_handler_raises_is_raised_and_not_tried_again(server: Server, call: Callable[..., Any], name: str) -> None:
    error = LookupError("own")
    with pytest.raises(LookupError) as caught:
        call(Raising(name, error))
    assert caught.value is error
    assert len(server.requests) == (name in ("received", "retry"))


def test_what_a_handler_may_not_do_is_said(server: Server, call: Callable[..., Any]) -> None:
    class Changes(CallHandlers):
        asks = ("attempts", "exchanges")

        def __init__(self, change: Callable[[HttpRequest], Any], when: str) -> None:
            setattr(self, when, lambda number, request: change(request))

    def set_to(name: str, value: Any) -> Callable[[HttpRequest], Any]:
        return lambda request: setattr(request, name, value)

    refused: list[tuple[str, Callable[[HttpRequest], Any], str]] = [
        ("exchange", set_to("url", f"{server.url}/other"), "changed the URL of a request that is signed"),
        ("exchange", set_to("method", "PUT"), "changed the method of a request that is signed"),
        ("exchange", set_to("body", b"{}"), "changed the body of a request that is signed"),
        ("exchange", lambda request: request.headers.append(("authorization", "x")), "changed the signed headers of"),
        ("exchange", set_to("headers", []), "changed the signed headers of"),
        ("attempt", set_to("url", "https://127.0.0.1/"), "from http to https"),
        ("attempt", set_to("url", "nowhere"), "Invalid endpoint"),
        ("attempt", set_to("method", "GE T"), "method of a request is not valid"),
        ("attempt", lambda request: request.headers.append(("x-a", "b\n")), 'the value of the header "x-a" is not valid'),
        ("attempt", lambda request: HttpResponse(99), "the status 99 is not one of HTTP"),
        ("attempt", lambda request: "request", "must return a request, a response or None, not str"),
    ]
    for when, change, says in refused:
        with pytest.raises((exceptions.ChimelineError, TypeError)) as caught:
            call(Changes(change, when))
        assert says in str(caught.value), (when, says, caught.value)
    assert not server.requests


def test_a_handler_decides_on_retries(server: Server, call: Callable[..., Any]) -> None:
    class Decides(CallHandlers):
        asks = ("retries",)

        def __init__(self, *decisions: float | bool | None) -> None:
            self.decisions = list(decisions)
            self.seen: list[Any] = []

        def retry(self, number: int, error: Exception | None, proposed: float | None) -> float | bool | None:
            self.seen.append((number, type(error).__name__, proposed is not None))
            return self.decisions.pop(0)

    server.then(Answer(400, {"Code": "BadRequest"}), Answer(400, {"Code": "BadRequest"}), CREATED)
    more = Decides(0.01, 0, None)
    assert call(more, max_attempts=1)["ResponseMetadata"]["RetryAttempts"] == 2
    assert more.seen == [(1, "BadRequestException", False), (2, "BadRequestException", False), (3, "NoneType", False)]
    server.then(THROTTLED)
    fewer = Decides(False)
    with pytest.raises(exceptions.ClientError, match="slow down"):
        call(fewer)
    assert fewer.seen == [(1, "ThrottledClientException", True)]
    server.then(CREATED, CREATED)
    again = Decides(0, None)
    assert call(again)["ResponseMetadata"]["RetryAttempts"] == 1


def test_the_attempt_timeout_is_of_the_exchange_and_the_timeout_of_all(server: Server, call: Callable[..., Any]) -> None:
    class Slow(CallHandlers):
        asks = ("attempts",)

        def attempt(self, number: int, request: HttpRequest) -> None:
            time.sleep(0.2)

        def received(self, number: int, outcome: HttpResponse | Exception) -> None:
            time.sleep(0.2)

    assert call(Slow(), attempt_timeout=0.15)["ResponseMetadata"]["RetryAttempts"] == 0
    server.requests.clear()
    with pytest.raises(exceptions.CallTimeoutError, match="it was waiting for a handler of attempt 1") as caught:
        call(Slow(), timeout=0.1)
    assert not server.requests

    class SlowToSee(CallHandlers):
        asks = ("attempts",)

        def received(self, number: int, outcome: HttpResponse | Exception) -> None:
            time.sleep(1.2)

    with pytest.raises(exceptions.CallTimeoutError, match="it was waiting for a handler of attempt 1") as caught:
        call(SlowToSee(), timeout=1)
    assert [attempt["Code"] for attempt in caught.value.attempts] == ["CallTimeoutError"]


def test_a_handler_calls_the_client_it_serves_although_the_only_connection_is_taken(
    server: Server, options: dict[str, Any]
) -> None:
    config = chimeline.Config(max_concurrency=1, timeout=5)

    class Nested(CallHandlers):
        asks = ("attempts", "exchanges")

        def __init__(self, client: Any) -> None:
            client._handlers = lambda operation, params: self if operation == "CreateMediaCapturePipeline" else None
            self.client = client
            self.made: list[Any] = []

        def nest(self) -> Any:
            self.made.append(outcome := self.client.list_media_capture_pipelines())
            return outcome

    class Blocking(Nested):
        def attempt(self, number: int, request: HttpRequest) -> None:
            self.nest()

        def exchange(self, number: int, request: HttpRequest) -> None:
            self.nest()

        def received(self, number: int, outcome: HttpResponse | Exception) -> None:
            self.nest()

    class Awaited(Nested):
        async def attempt(self, number: int, request: HttpRequest) -> None:
            await self.nest()

        async def exchange(self, number: int, request: HttpRequest) -> None:
            await self.nest()

        async def received(self, number: int, outcome: HttpResponse | Exception) -> None:
            await self.nest()

    blocking = Blocking(chimeline.blocking.client("chime", **options, config=config))
    assert blocking.client.create_media_capture_pipeline(**INPUT)
    awaited = Awaited(chimeline.client("chime", **options, config=config))
    assert asyncio.run(awaited.client.create_media_capture_pipeline(**INPUT))
    assert len(blocking.made) == len(awaited.made) == 3


async def test_a_handler_ends_with_its_call(server: Server, client: Any) -> None:
    ended: list[type[BaseException]] = []

    class Waits(CallHandlers):
        asks = ("attempts",)

        async def attempt(self, number: int, request: HttpRequest) -> None:
            try:
                await asyncio.sleep(30)
            except BaseException as error:
                ended.append(type(error))
                raise

    client._handlers = lambda operation, params: Waits()
    with pytest.raises(exceptions.CallTimeoutError):
        await client.with_options(timeout=0.05).create_media_capture_pipeline(**INPUT)
    task = asyncio.create_task(client.create_media_capture_pipeline(**INPUT))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [asyncio.CancelledError] * 2
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert not server.requests


def test_a_blocking_client_awaits_no_handler(server: Server, blocking: Any) -> None:
    class Awaited(CallHandlers):
        asks = ("attempts",)

        async def attempt(self, number: int, request: HttpRequest) -> None:
            """Never runs."""

    blocking._handlers = lambda operation, params: Awaited()
    with pytest.raises(TypeError, match="the handler of a blocking client returned a coroutine, which it cannot await"):
        blocking.create_media_capture_pipeline(**INPUT)


def test_a_stalled_exchange_is_cut_off_by_the_attempts_timeout_and_seen(server: Server, call: Callable[..., Any]) -> None:
    seen: list[Any] = []

    class Sees(CallHandlers):
        asks = ("attempts",)

        def received(self, number: int, outcome: HttpResponse | Exception) -> None:
            seen.append(type(outcome).__name__)

    server.then(Stall(), CREATED)
    call(Sees(), attempt_timeout=0.1)
    assert seen == ["ReadTimeoutError", "HttpResponse"]
