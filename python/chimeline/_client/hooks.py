"""A call with handlers: the order of its events, which the awaited and the blocking clients share.

The order is a generator of steps: what to call next. Who drives it calls each step, awaits what it gives where the client
awaits, and sends the result back in.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

from .. import exceptions
from .._native import prepare
from .base import Hooks
from .request import HTTPResponse, RequestSigner, request_dict, send_as

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from .base import BaseClient

    Step = Callable[[], Any]
    Steps = Generator[Step, Any, Any]


def drive(steps: Steps) -> Any:
    """The outcome of the steps, which run one after another."""
    try:
        step = next(steps)
        while True:
            try:
                result = step()
                if inspect.isawaitable(result):
                    if inspect.iscoroutine(result):
                        result.close()
                    raise TypeError("a handler of a blocking client gave an awaitable, which it cannot await; give it a function")
            except BaseException as error:  # noqa: PERF203
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as end:
        return end.value


async def drive_awaited(steps: Steps) -> Any:
    """The outcome of the steps, whose awaitables are awaited."""
    try:
        step = next(steps)
        while True:
            try:
                result = step()
                if inspect.isawaitable(result):
                    result = await result
            except BaseException as error:  # noqa: PERF203
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as end:
        return end.value


class HookedCall:
    """One call and its events."""

    def __init__(self, client: BaseClient, operation_name: str) -> None:
        self._client = client
        self._operation_name = operation_name
        self._emitter = client.meta.events
        meta = client.meta
        model = meta.service_model
        self._model = model.operation_model(operation_name)
        self._event = f"{model.service_id.hyphenize()}.{operation_name}"
        self._context: dict[str, Any] = {
            "client_region": meta.region_name,
            "client_config": meta.config,
            "has_streaming_input": False,
            "auth_type": None,
            "unsigned_payload": None,
            "auth_options": ["aws.auth#sigv4"],
        }

    def steps(self, api_params: Mapping[str, Any]) -> Steps:
        """The order of the call."""
        model, context = self._model, self._context
        provided = yield from self._emit("provide-client-params", params=api_params, model=model, context=context)
        params = next((each for each in provided if each is not None), api_params)
        yield from self._emit("before-parameter-build", params=params, model=model, context=context)
        prepared = prepare(self._client._native, self._operation_name, params)
        request = request_dict(prepared, self._model, self._client, context)
        original = {**request, "headers": dict(request["headers"])}
        given = yield from self._emit_until_response(
            "before-call", model=model, params=request, request_signer=RequestSigner(self._client), context=context
        )
        recording = Hooks.recording
        if given is None and (recording is None or not recording.replays):
            return (yield from self._send(send_as(prepared, request, original), params))
        http_response, parsed = given or self._replayed(recording, params)
        yield from self._after_call(http_response, parsed)
        if http_response.status_code >= 300:
            raise self._error_of(parsed)
        return parsed

    def _replayed(self, recording: Any, params: Any) -> tuple[HTTPResponse, dict[str, Any]]:
        parsed = recording.replay(self._model, params)
        return HTTPResponse(parsed), parsed

    def _send(self, prepared: Any, params: Any) -> Steps:
        try:
            parsed = yield partial(self._client._send, self._operation_name, prepared)
        except exceptions.ClientError as error:
            if Hooks.recording is not None:
                Hooks.recording.note(self._model, params, error.response)
            code, message = error.response.get("Error", {}).get("Code"), str(error)
            yield from self._after_call(HTTPResponse(error.response), error.response)
            # Handlers may have changed what it was made of.
            new = self._error_of(error.response)
            if error.response.get("Error", {}).get("Code") == code and str(new) == message:
                raise
            new.attempts, new.hint = error.attempts, error.hint
            raise new from error
        except Exception as error:
            raised = error
            if Hooks.recording is not None:
                Hooks.recording.note_failure(self._model, params, raised)
            yield from self._emit("after-call-error", exception=raised, context=self._context)
            raise
        if Hooks.recording is not None:
            Hooks.recording.note(self._model, params, parsed)
        yield from self._after_call(HTTPResponse(parsed), parsed)
        return parsed

    def _after_call(self, http_response: Any, parsed: Any) -> Steps:
        return self._emit("after-call", http_response=http_response, parsed=parsed, model=self._model, context=self._context)

    def _error_of(self, parsed: dict[str, Any]) -> exceptions.ClientError:
        code = self._context.get("error_code_override") or parsed.get("Error", {}).get("Code")
        return self._client.exceptions.from_code(code)(parsed, self._operation_name)

    def _emit(self, kind: str, **kwargs: Any) -> Generator[Step, Any, list[Any]]:
        """Calls every handler; gives what they returned."""
        name = f"{kind}.{self._event}"
        responses: list[Any] = []
        for handler in self._emitter.handlers_of(name):
            responses.append((yield partial(handler, **kwargs, event_name=name)))  # noqa: PERF401
        return responses

    def _emit_until_response(self, kind: str, **kwargs: Any) -> Steps:
        """Calls handlers until one returns something; gives that."""
        name = f"{kind}.{self._event}"
        for handler in self._emitter.handlers_of(name):
            response = yield partial(handler, **kwargs, event_name=name)
            if response is not None:
                return response
        return None
