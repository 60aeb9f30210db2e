"""Drives the flows of the native module: each says which call it wants next, and the clients make it.

A flow sees outputs as JSON. What it gives back refers to them by number, so that callers get the values of their own client.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import sys
import time
from inspect import isawaitable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from .._aio import AsyncClient
from .._generated import errors
from .._native import RecordingPlan, recording_function

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

MEETINGS = "chime-sdk-meetings"
PIPELINES = "chime-sdk-media-pipelines"


def function(name: str, **given: Any) -> Any:
    """What a function of the flows that needs no call gives."""
    step = json.loads(recording_function(name, _json(given)))
    if "failed" in step:
        raise _own_error(step["failed"])
    return step["done"]


class Clients:
    """The clients that a flow calls through: the caller's own, and those of other services that are made like it."""

    def __init__(self, client: Any, meetings: Any = None, s3: Any = None) -> None:
        self.is_awaited = isinstance(client, AsyncClient)
        service = _service_of(client)
        self._by_service: dict[str, Any] = {service: client}
        if meetings is not None:
            self._by_service[MEETINGS] = meetings
        if s3 is not None:
            self._by_service["s3"] = s3
        self._first = client
        self.service = PIPELINES if service == MEETINGS else service
        """The service that pipelines are asked of."""
        region: str | None = getattr(client.meta, "region_name", None)
        self.control_region = "us-east-1" if region in (None, "aws-global") else region

    @property
    def pipelines(self) -> Any:
        """The client of the service that pipelines are asked of."""
        if self.service not in self._by_service:
            self._by_service[self.service] = _sibling(self._first, self.service)
        return self._by_service[self.service]

    @property
    def stand_in(self) -> dict[str, str]:
        """The URL of what stands in for AWS, which is then asked for the account, too."""
        url: str = self._first.meta.endpoint_url
        is_of_aws = url.rstrip("/").endswith((".amazonaws.com", ".api.aws", ".amazonaws.com.cn"))
        return {} if is_of_aws else {"sts": url}

    def method(self, call: Mapping[str, Any]) -> Callable[..., Any]:
        """What makes a call."""
        service, operation = call["service"], call["operation"]
        if service == "journal":
            return _Journal(operation)
        if operation == "SignedGet":
            return _SignedGet(self._first)
        client = self._by_service.get(service)
        if client is None:
            client = self._by_service[service] = _sibling(self._first, service)
        if operation == "PresignGetObject":
            return _Presigner(client)
        mapping = client.meta.method_to_api_mapping
        return getattr(client, next(method for method, name in mapping.items() if name == operation))


class _Journal:
    """Writes to the journal of a guard, or reads it."""

    def __init__(self, operation: str) -> None:
        self._operation = operation

    def __call__(self, **given: Any) -> dict[str, Any]:
        return function("journal", operation=self._operation, input=given)


class _SignedGet:
    """Gets what other services of AWS say, with the credentials of a client of this package."""

    def __init__(self, client: Any) -> None:
        if getattr(client, "_native", None) is None:
            raise errors.ParamValidationError("a client of this package is needed, whose credentials the reads are signed with")
        self._client = client

    def __call__(self, *, service: str, region: str, url: str) -> dict[str, Any]:
        client = self._client
        options = client._options_now()
        if client._source is not None:
            if client._source.is_coroutine:
                raise errors.ParamValidationError(
                    "credentials that are awaited cannot sign these reads: give a blocking function"
                )
            options = {**(options or {}), **client._source.read_now()}
        status, body = client._native.get_signed(service, region, url, options)
        return {"status": status, "body": body}


class _Presigner:
    """Makes links by a client of S3."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __call__(self, *, Bucket: str, Key: str, ExpiresIn: int) -> dict[str, Any]:
        given = {"Params": {"Bucket": Bucket, "Key": Key}, "ExpiresIn": ExpiresIn}
        return {"Url": self._client.generate_presigned_url("get_object", **given)}


_siblings: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


def _sibling(client: Any, service: str) -> Any:
    """A client of another service with the options of a client; kept, for its connections."""
    own = getattr(client, "_options", None)
    if own is None or service not in (MEETINGS, PIPELINES, "chime"):
        raise errors.ParamValidationError(f"a client of {service} is needed: give one")
    known = _siblings.setdefault(client, {})
    if service not in known:
        factories = "factories" if isinstance(client, AsyncClient) else "blocking_factories"
        name = f"chimeline._generated.{factories}"
        __import__(name)
        module, title = sys.modules[name]._CLASSES[service]
        path = f"chimeline._generated.{module}"
        __import__(path)
        made = getattr(sys.modules[path], title)(own, client._config)
        options = client._call_options
        known[service] = made.with_options(**options) if options else made
    return known[service]


def _service_of(client: Any) -> str:
    meta = getattr(client, "meta", None)
    name = getattr(meta, "service_name", None) or getattr(getattr(meta, "service_model", None), "service_name", None)
    if name not in (MEETINGS, PIPELINES, "chime"):
        kind = type(client).__name__
        raise errors.ParamValidationError(f"client must be a client of {PIPELINES}, {MEETINGS} or chime, not {name or kind!r}")
    return name


class _Run:
    """A flow under way, and the answers that its result may refer to."""

    def __init__(self, name: str, given: Mapping[str, Any]) -> None:
        self._plan = RecordingPlan(name, _json(given))
        self._answers: list[Any] = []

    def step(self, outcome: str) -> dict[str, Any]:
        return json.loads(self._plan.step(outcome))

    def answered(self, output: Any) -> str:
        self._answers.append(output)
        plain = {name: value for name, value in output.items() if name != "ResponseMetadata"}
        return _json({"output": plain})

    def failed(self, error: Exception) -> str:
        self._answers.append(error)
        response: Any = getattr(error, "response", None)
        if not isinstance(response, dict) or "Error" not in response:
            known = _unanswered(error) or type(error).__name__
            return _json({"error": {"class": known, "message": str(error)}})
        found = response["Error"]
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return _json({"error": {"code": found.get("Code"), "status": status, "message": str(found.get("Message", ""))}})

    def result(self, value: Any) -> Any:
        """A result, with what the host got in the places that refer to it."""
        if isinstance(value, list):
            return [self.result(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$answer" in value:
            found = self._answers[value["$answer"]]
            for name in value["$path"]:
                found = found[name]
            return found
        return {name: self.result(item) for name, item in value.items()}

    def error(self, failed: Mapping[str, Any]) -> Exception:
        return self._answers[failed["call"]] if "call" in failed else _own_error(failed)

    def forget(self) -> None:
        """Lets go of the answers so far, to which nothing refers any more; their numbers stay taken."""
        self._answers[:] = [None] * len(self._answers)


errors_without_answer = (
    "CallTimeoutError",
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "EndpointConnectionError",
    "HTTPClientError",
    "ProxyConnectionError",
    "ReadTimeoutError",
)


def _unanswered(error: BaseException) -> str | None:
    """The class of an error that no service answered; a program's own class may derive from one of ours."""
    return next((kind.__name__ for kind in type(error).__mro__ if kind.__name__ in errors_without_answer), None)


def is_unanswered(error: BaseException) -> bool:
    """Whether what was asked for may have been done all the same."""
    return _unanswered(error) is not None


def _own_error(failed: Mapping[str, Any]) -> Exception:
    return getattr(errors, failed["class"])(failed["message"])


def drive(name: str, given: Mapping[str, Any], clients: Clients) -> Any:
    """The result of a flow: awaitable where the client is."""
    full = {"service": clients.service, **given}
    return _awaited(_Run(name, full), clients) if clients.is_awaited else _blocking(_Run(name, full), clients)


async def _awaited(run: _Run, clients: Clients) -> Any:
    outcome = "null"
    while True:
        step = run.step(outcome)
        if "call" in step:
            outcome = await _call_awaited(run, clients, step["call"])
        elif "sleep" in step:
            await asyncio.sleep(step["sleep"])
            outcome = '{"output": null}'
        elif "done" in step:
            return run.result(step["done"])
        else:
            raise run.error(step["failed"])


async def _call_awaited(run: _Run, clients: Clients, call: Mapping[str, Any]) -> str:
    try:
        method = clients.method(call)
        if call["service"] in ("s3", "aws", "journal"):
            # Most clients of S3 block; of those that are awaited the coroutine comes back from the thread.
            output = await asyncio.to_thread(method, **call["input"])
        else:
            output = method(**call["input"])
        if isawaitable(output):
            output = await output
    except Exception as error:
        return run.failed(error)
    return run.answered(output)


def _blocking(run: _Run, clients: Clients) -> Any:
    outcome = "null"
    while True:
        step = run.step(outcome)
        if "call" in step:
            outcome = _call_blocking(run, clients, step["call"])
        elif "sleep" in step:
            time.sleep(step["sleep"])
            outcome = '{"output": null}'
        elif "done" in step:
            return run.result(step["done"])
        else:
            raise run.error(step["failed"])


def _call_blocking(run: _Run, clients: Clients, call: Mapping[str, Any]) -> str:
    try:
        output = clients.method(call)(**call["input"])
    except Exception as error:
        return run.failed(error)
    return run.answered(output)


async def watch_awaited(name: str, given: Mapping[str, Any], clients: Clients, events: Any) -> AsyncIterator[Any]:
    """What a flow tells on its way. `events` is an asyncio.Queue, whose items end a wait."""
    run = _Run(name, {"service": clients.service, **given})
    outcome = "null"
    while True:
        step = run.step(outcome)
        outcome = '{"output": null}'
        if "call" in step:
            run.forget()
            outcome = await _call_awaited(run, clients, step["call"])
        elif "sleep" in step:
            try:
                event = await asyncio.wait_for(events.get(), step["sleep"])
            except asyncio.TimeoutError:
                continue
            outcome = _json({"output": event})
        elif "emit" in step:
            yield run.result(step["emit"])
        elif "done" in step:
            return
        else:
            raise run.error(step["failed"])


def watch_blocking(name: str, given: Mapping[str, Any], clients: Clients, events: Any) -> Iterator[Any]:
    """What a flow tells on its way. `events` is a queue.Queue, whose items end a wait."""
    from queue import Empty

    run = _Run(name, {"service": clients.service, **given})
    outcome = "null"
    while True:
        step = run.step(outcome)
        outcome = '{"output": null}'
        if "call" in step:
            run.forget()
            outcome = _call_blocking(run, clients, step["call"])
        elif "sleep" in step:
            try:
                outcome = _json({"output": events.get(timeout=step["sleep"])})
            except Empty:
                continue
        elif "emit" in step:
            yield run.result(step["emit"])
        elif "done" in step:
            return
        else:
            raise run.error(step["failed"])


def _json(value: Any) -> str:
    try:
        return json.dumps(value, default=_plain)
    except (TypeError, ValueError) as error:
        raise errors.ParamValidationError(f"an argument cannot be read: {error}") from None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)  # pyright: ignore[reportUnknownVariableType]
    if hasattr(value, "__fspath__"):
        return value.__fspath__()
    raise TypeError(f"{value!r} of type {type(value).__name__}")
