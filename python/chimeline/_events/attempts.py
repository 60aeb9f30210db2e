"""The events of a call's attempts, which come while the call is under way."""

from __future__ import annotations

import json
from http.client import HTTPMessage
from typing import TYPE_CHECKING, Any

from .. import exceptions
from .._host.handlers import CallHandlers, HttpRequest, HttpResponse
from .request import AWSPreparedRequest, AWSRequest, Changes, Endpoint, HTTPResponse

if TYPE_CHECKING:
    from .call import HookedCall, Steps


_KINDS = ("before-sign", "before-send", "response-received", "needs-retry", "after-call")


class AttemptHandlers(CallHandlers):
    """Emits the events of one call's attempts, and sends the request as the handlers before it changed it."""

    def __init__(self, call: HookedCall, changes: Changes, request: dict[str, Any], params: Any) -> None:
        self._call = call
        self._changes = changes
        self._request = request
        self._params = params
        self.last: HttpResponse | None = None
        """The last response, whatever came of it."""
        found = {
            kind for kind in ("before-sign", "before-send", "response-received", "needs-retry", "after-call") if call.has(kind)
        }
        asks = ["request"] if changes else []
        if found - {"before-send"}:
            asks.append("attempts")
        if "before-send" in found:
            asks.append("exchanges")
        if "needs-retry" in found:
            asks.append("retries")
        self.asks = tuple(asks)

    def request(self, request: HttpRequest) -> HttpRequest:
        """The request as the handlers of ``before-call`` left it."""
        return self._changes.applied(request)

    def attempt(self, number: int, request: HttpRequest) -> Any:
        """Emits ``before-sign``."""
        return self._call.driven(self._before_sign(request))

    def exchange(self, number: int, request: HttpRequest) -> Any:
        """Emits ``before-send``, whose handlers may respond in the service's place."""
        return self._call.driven(self._before_send(request))

    def received(self, number: int, outcome: HttpResponse | Exception) -> Any:
        """Emits ``response-received``."""
        self.last = outcome if isinstance(outcome, HttpResponse) else None
        return self._call.driven(self._received(outcome))

    def retry(self, number: int, error: Exception | None, proposed: float | None) -> Any:
        """Emits ``needs-retry``, whose handlers look on."""
        return self._call.driven(self._needs_retry(number, error))

    def _before_sign(self, request: HttpRequest) -> Steps:
        call = self._call
        headers = HTTPMessage()
        for name, value in request.headers:
            headers[name] = value
        seen = AWSRequest(request.method, request.url, headers, request.body, call.context)
        signer = call.signer
        yield from call.emit(
            "before-sign",
            request=seen,
            signing_name=signer.signing_name,
            region_name=signer.region_name,
            signature_version=signer.signature_version,
            request_signer=signer,
            operation_name=call.operation_name,
        )
        return HttpRequest(seen.method, seen.url, list(seen.headers.items()), seen.body)

    def _before_send(self, request: HttpRequest) -> Steps:
        seen = AWSPreparedRequest(request.method, request.url, dict(request.headers), request.body)
        given = yield from self._call.emit_until_response("before-send", request=seen)
        if given is not None:
            content = given.content
            headers = [(str(name), str(value)) for name, value in dict(given.headers).items()]
            return HttpResponse(given.status_code, headers, content if isinstance(content, bytes) else str(content).encode())
        return HttpRequest(seen.method, seen.url, list(seen.headers.items()), seen.body)

    def _received(self, outcome: HttpResponse | Exception) -> Steps:
        call, response = self._call, self.last
        described: dict[str, Any] | None = None
        if response is not None:
            headers = dict(response.headers)
            described = {"headers": headers, "body": response.body, "status_code": response.status, "context": call.context}
        yield from call.emit(
            "response-received",
            response_dict=described,
            parsed_response=None if response is None else self._parsed(response),
            context=call.context,
            exception=outcome if isinstance(outcome, Exception) else None,
        )
        return None

    def _needs_retry(self, number: int, error: Exception | None) -> Steps:
        response, caught = None, error
        if self.last is not None:
            parsed = error.response if isinstance(error, exceptions.ClientError) else self._parsed(self.last)
            response, caught = (HTTPResponse.of(self.last), parsed), None
        yield from self._call.emit(
            "needs-retry",
            response=response,
            endpoint=Endpoint(self._call.client),
            operation=self._call.model,
            attempts=number,
            caught_exception=caught,
            request_dict=self._request,
        )
        return None

    def _parsed(self, response: HttpResponse) -> dict[str, Any]:
        """The response as JSON has it: a time is not read yet."""
        headers = dict(response.headers)
        metadata = {"HTTPStatusCode": response.status, "HTTPHeaders": headers, "RequestId": headers.get("x-amzn-requestid")}
        try:
            found = json.loads(response.body or b"{}")
        except ValueError:
            found = {}
        members: dict[str, Any] = found if isinstance(found, dict) else {}
        if response.status >= 300:
            code = headers.get("x-amzn-errortype", "").split(":")[0] or members.get("__type") or members.get("Code")
            message = members.get("message") or members.get("Message") or ""
            return {"Error": {"Code": code or str(response.status), "Message": message}, "ResponseMetadata": metadata}
        shape = self._call.model.output_shape
        known = {} if shape is None else {name: members[name] for name in shape.members if name in members}
        return {"ResponseMetadata": metadata, **known}
