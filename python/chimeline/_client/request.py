"""What handlers see of a request and of its response, by the names of botocore's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from .._native import PreparedCall
    from .base import BaseClient
    from .model import OperationModel


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


def send_as(prepared: PreparedCall, request: dict[str, Any], original: dict[str, Any]) -> PreparedCall:
    """What to send of a request that handlers have seen."""
    for part in ("method", "url", "headers", "body"):
        if request[part] != original[part]:
            raise NotImplementedError(f"a handler of before-call changed the {part} of the request, which has no effect yet")
    return prepared


class HTTPResponse:
    """The response of a service without its body, which is in ``parsed``."""

    def __init__(self, parsed: dict[str, Any]) -> None:
        metadata: dict[str, Any] = parsed.get("ResponseMetadata", {})
        self.status_code: int = metadata.get("HTTPStatusCode", 0)
        self.headers: dict[str, str] = metadata.get("HTTPHeaders", {})

    @classmethod
    def of_status(cls, status_code: int) -> HTTPResponse:
        """A response of that status, without headers."""
        return cls({"ResponseMetadata": {"HTTPStatusCode": status_code}})

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
