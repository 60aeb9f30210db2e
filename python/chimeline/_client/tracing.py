"""A span and two metrics a call, by OpenTelemetry, for programs that have set a provider.

They hold no input and no text of an error, which may quote it. Names are those of the semantic conventions for AWS SDKs and RPC.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opentelemetry import context, metrics, trace  # pyright: ignore[reportMissingImports]
from opentelemetry.trace import (  # pyright: ignore[reportMissingImports]
    ProxyTracerProvider,
    SpanKind,
    Status,
    StatusCode,
)

from .._errors import BotoCoreError, ClientError
from .._native import VERSION

if TYPE_CHECKING:
    from types import TracebackType

    from ..types.common import Attempt
    from .base import BaseClient

_NAME = "chimeline"
_SYSTEM = "aws-api"


class _Instruments:
    """What records calls, of one pair of providers."""

    def __init__(self, tracers: Any, meters: Any) -> None:
        self.providers = (tracers, meters)
        self.tracer = tracers.get_tracer(_NAME, VERSION)
        meter = meters.get_meter(_NAME, VERSION)
        self.duration = meter.create_histogram(
            "rpc.client.call.duration", unit="s", description="Duration of a call, with its retries and the waits between them."
        )
        self.attempts = meter.create_histogram(
            "chimeline.client.call.attempts", unit="{attempt}", description="Attempts that a call made."
        )


_instruments: _Instruments | None = None


def of_call(client: BaseClient, operation: str) -> CallSpan | None:
    """What traces a call, if the program has set a provider of traces or of metrics."""
    global _instruments  # noqa: PLW0603 - providers are set once a process
    try:
        providers = (trace.get_tracer_provider(), metrics.get_meter_provider())
        if isinstance(providers[0], ProxyTracerProvider) and type(providers[1]).__name__ == "_ProxyMeterProvider":
            return None
        if _instruments is None or _instruments.providers != providers:
            _instruments = _Instruments(*providers)
        return CallSpan(_instruments, client, operation)
    except Exception as error:
        raise _failed(error) from error


class CallSpan:
    """The span of one call: a context manager, in which the span is the current one."""

    def __init__(self, instruments: _Instruments, client: BaseClient, operation: str) -> None:
        native = client._native
        self._instruments = instruments
        self._result: dict[str, Any] | None = None
        host, port = _server(native.endpoint_url)
        self._attributes: dict[str, Any] = {
            "rpc.system": _SYSTEM,
            "rpc.system.name": _SYSTEM,
            "rpc.service": native.service_id,
            "rpc.method": operation,
            "server.address": host,
            "server.port": port,
            "cloud.region": native.signing_region,
        }
        self._started = time.monotonic()
        self._span = instruments.tracer.start_span(
            f"{native.service_id}.{operation}", kind=SpanKind.CLIENT, attributes=self._attributes
        )

    def __enter__(self) -> CallSpan:
        try:
            self._token = context.attach(trace.set_span_in_context(self._span))
        except Exception as error:
            raise _failed(error) from error
        return self

    def ended(self, result: dict[str, Any]) -> None:
        """Notes the result of a call that succeeded."""
        self._result = result

    def __exit__(
        self, exception: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        took = time.monotonic() - self._started
        try:
            context.detach(self._token)
            self._end(value, took)
        except Exception as error:
            # What ended the call is worth more than that.
            if value is None:
                raise _failed(error) from error

    def _end(self, error: BaseException | None, took: float) -> None:
        # What takes the place of a call, such as a stub, gives a result without attempts.
        response: Any = error.response if isinstance(error, ClientError) else self._result
        metadata: dict[str, Any] = (response or {}).get("ResponseMetadata", {})
        attempts: list[Attempt] = getattr(error, "attempts", None) or metadata.get("Attempts", [])
        outcome: dict[str, Any] = {}
        if (status := metadata.get("HTTPStatusCode")) is not None:
            outcome["http.response.status_code"] = status
        if error is not None:
            outcome["error.type"] = _type_of(error, attempts)
            self._span.set_status(Status(StatusCode.ERROR, type(error).__qualname__))
        self._span.set_attributes({**outcome, **_present({"aws.request_id": metadata.get("RequestId")})})
        if self._span.is_recording():
            self._add_events(attempts)
        self._span.end()
        measured = {**self._attributes, **outcome}
        self._instruments.duration.record(took, measured)
        if attempts:
            self._instruments.attempts.record(len(attempts), measured)

    def _add_events(self, attempts: list[Attempt]) -> None:
        """An event for each attempt, at its end: the last one ended now."""
        at = time.time()
        events: list[tuple[float, dict[str, Any]]] = []
        for number, attempt in reversed(list(enumerate(attempts))):
            at -= attempt["Delay"] or 0
            attributes: dict[str, Any] = {
                "http.request.resend_count": number,
                "http.response.status_code": attempt["HTTPStatusCode"],
                "error.type": attempt["Code"],
                "aws.request_id": attempt["RequestId"],
                "chimeline.attempt.duration": attempt["Duration"],
                "chimeline.attempt.delay": attempt["Delay"],
            }
            events.append((at, _present(attributes)))
            at -= attempt["Duration"]
        for at, attributes in reversed(events):
            self._span.add_event("attempt", attributes, int(at * 1e9))


@lru_cache(maxsize=64)
def _server(endpoint_url: str) -> tuple[str | None, int]:
    """Where an endpoint is: its host and port."""
    url = urlsplit(endpoint_url)
    return url.hostname, url.port or (80 if url.scheme == "http" else 443)


def _type_of(error: BaseException, attempts: list[Attempt]) -> str:
    """The service's code, or the class of what went wrong."""
    code = attempts[-1]["Code"] if attempts and isinstance(error, ClientError) else None
    return code or type(error).__qualname__


def _present(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def _failed(error: Exception) -> BotoCoreError:
    return BotoCoreError(
        f"the call cannot be traced: a provider of OpenTelemetry raised {type(error).__name__}; correct it, or remove it from "
        "this program"
    )
