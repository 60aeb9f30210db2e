"""What handlers see of a request and of its response, by the names of botocore's."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from .._host.handlers import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from http.client import HTTPMessage

    from .._client.base import BaseClient
    from .._client.model import OperationModel
    from .._native import PreparedCall


def request_dict(prepared: PreparedCall, model: OperationModel, client: BaseClient, context: dict[str, Any]) -> dict[str, Any]:
    """The request of a call, as handlers of ``before-call`` get it."""
    method, path, query, body = prepared.request()
    headers: dict[str, str] = {} if body is None else {"Content-Type": "application/json"}
    headers["User-Agent"] = client._native.settings()["user_agent"]
    url = f"{client._native.endpoint_url}{path}"
    _, _, fixed = model.http["requestUri"].partition("?")
    given = query.removeprefix(fixed).removeprefix("&") if fixed else query
    numbers = {
        shape.serialization.get("name")
        for shape in model.input_shape.members.values()
        if shape.type_name == "integer" and shape.serialization.get("location") == "querystring"
    }
    pairs = parse_qsl(given, keep_blank_values=True)
    return {
        "url_path": f"{path}?{fixed}" if fixed else path,
        "query_string": {name: int(value) if name in numbers else value for name, value in pairs},
        "method": method,
        "headers": headers,
        "body": b"" if body is None else body.encode(),
        "url": f"{url}?{query}" if query else url,
        "context": context,
    }


class Changes:
    """What handlers of ``before-call`` changed of a request: its method, URL, headers and body, as in botocore."""

    def __init__(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        self._parts = {part: after[part] for part in ("method", "url") if after[part] != before[part]}
        if after["body"] != before["body"]:
            self._parts["body"] = _octets(after["body"])
        old, new = before["headers"], dict(after["headers"])
        self._set = {name: _text(name, value) for name, value in new.items() if old.get(name) != value}
        self._removed = [name.lower() for name in old if name not in new]

    def __bool__(self) -> bool:
        return bool(self._parts or self._set or self._removed)

    def applied(self, request: HttpRequest) -> HttpRequest:
        """The request with the changes."""
        gone = {*self._removed, *(name.lower() for name in self._set)}
        headers = [(name, value) for name, value in request.headers if name.lower() not in gone]
        return HttpRequest(
            self._parts.get("method", request.method),
            self._parts.get("url", request.url),
            [*headers, *self._set.items()],
            self._parts.get("body", request.body),
        )


def _octets(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    if body is None:
        return b""
    raise TypeError(f"a handler made the body of a request a {type(body).__name__}; it must be bytes or a str")


def _text(name: Any, value: Any) -> str:
    if isinstance(name, str) and isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    raise TypeError(f"a handler gave the header {name!r} a {type(value).__name__}; it must be a str")


class AWSRequest:
    """A request that is not signed yet; all of it may be changed."""

    def __init__(self, method: str, url: str, headers: HTTPMessage, data: bytes, context: dict[str, Any]) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        """As those of ``http.client``: setting a header adds one; ``replace_header`` replaces it."""
        self.data: Any = data
        self.params: dict[str, str] = {}
        self.auth_path = None
        self.context = context
        self.stream_output = False

    @property
    def body(self) -> bytes:
        """The body's bytes."""
        return _octets(self.data)

    def __repr__(self) -> str:
        return f"<AWSRequest {self.method}>"


class AWSPreparedRequest:
    """A request that is signed; of its headers those may be changed that are not signed."""

    def __init__(self, method: str, url: str, headers: dict[str, str], body: bytes) -> None:
        self.method = method
        self.url = url
        self.headers = HeadersDict(headers)
        self.body = body
        self.stream_output = False

    def __repr__(self) -> str:
        return f"<AWSPreparedRequest {self.method}>"


class HeadersDict(MutableMapping[str, str]):
    """Headers, whose names are found in any case."""

    def __init__(self, headers: dict[str, str]) -> None:
        self._values = {name.lower(): (name, value) for name, value in headers.items()}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()][1]

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name.lower()] = (name, _text(name, value))

    def __delitem__(self, name: str) -> None:
        del self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._values.values()])

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        # A signature and a token are among them.
        return f"<headers {', '.join(self)}>"


class HTTPResponse:
    """The response of a service."""

    def __init__(self, status_code: int, headers: dict[str, str], content: bytes = b"") -> None:
        self.status_code = status_code
        self.headers = HeadersDict(headers)
        self.content = content
        self.raw = None

    @classmethod
    def of(cls, response: HttpResponse) -> HTTPResponse:
        """A response as it was received."""
        return cls(response.status, dict(response.headers), response.body)

    @classmethod
    def of_parsed(cls, parsed: dict[str, Any]) -> HTTPResponse:
        """A response of which only what was read from it is known."""
        metadata: dict[str, Any] = parsed.get("ResponseMetadata", {})
        return cls(metadata.get("HTTPStatusCode", 0), metadata.get("HTTPHeaders", {}))

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"<HTTPResponse {self.status_code}>"


class RequestSigner:
    """How the requests of a client are signed."""

    def __init__(self, client: BaseClient) -> None:
        model = client.meta.service_model
        self.region_name = client.meta.region_name
        self.signing_name = model.signing_name
        self.signature_version = "v4"

    def __repr__(self) -> str:
        return f"<RequestSigner {self.signing_name} {self.region_name}>"


class Endpoint:
    """Where requests go."""

    def __init__(self, client: BaseClient) -> None:
        self.host = client.meta.endpoint_url

    def __repr__(self) -> str:
        return f"<Endpoint {self.host}>"
