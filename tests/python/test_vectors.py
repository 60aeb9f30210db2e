"""Runs the shared vectors through both clients, over real sockets."""

from __future__ import annotations

import asyncio
import datetime
import inspect
import json
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

import chimeline
import vectors
from conftest import KEYS
from server import Answer, Server

ONCE = chimeline.Config(retries={"total_max_attempts": 1})
AUTOMATIC_TOKEN = "6bfe7a3c-6c37-4a3b-8f3d-0d2d1a0b0c0d"

Call = Callable[[str, dict[str, Any], str, dict[str, Any]], Any]


@pytest.fixture(params=["blocking", "awaited"])
def call(request: pytest.FixtureRequest, server: Server) -> Any:
    """Calls an operation of a service at the scripted server."""
    make = chimeline.client if request.param == "awaited" else chimeline.blocking.client
    clients: dict[str, Any] = {}
    loop = asyncio.new_event_loop()

    def calling(service: str, config: dict[str, Any], operation: str, params: dict[str, Any]) -> Any:
        keys = {**KEYS, "aws_session_token": config.get("session_token")}
        if config.get("access_key"):
            keys["aws_access_key_id"] = config["access_key"]
        made = clients.setdefault(
            json.dumps([service, keys, config.get("region")]),
            make(service, region_name=config.get("region") or "us-east-1", endpoint_url=server.url, config=ONCE, **keys),
        )
        outcome = getattr(made, vectors.method(operation))(**params)
        return loop.run_until_complete(outcome) if inspect.isawaitable(outcome) else outcome

    yield calling
    loop.close()


def with_token(text: str, given: str) -> str:
    """The expected body with the token that was made for this call."""
    sent = re.search(r'"ClientRequestToken": "([^"]*)"}$', given)
    if AUTOMATIC_TOKEN in text and sent:
        assert uuid.UUID(sent[1]).version == 4
        return text.replace(AUTOMATIC_TOKEN, sent[1])
    return text


def test_requests_have_the_same_line_and_body(call: Call, server: Server) -> None:
    for service, case in vectors.cases("requests"):
        config = case.get("config", {})
        server.requests.clear()
        server.default = Answer(200, b"{}")
        call(service, config, case["operation"], vectors.untag(case["input"]))
        (sent,) = server.requests
        due, url = case["request"], urlsplit(case["request"]["url"])
        assert sent.method == due["method"], case["name"]
        target = url.path.removeprefix(urlsplit(config.get("endpoint_url") or "").path.rstrip("/"))
        assert sent.target == target + (f"?{url.query}" if url.query else ""), case["name"]
        assert sent.body.decode() == with_token(due["body"], sent.body.decode()), case["name"]
        assert sent.headers.get("content-type") == due["content-type"], case["name"]
        signed = re.search("SignedHeaders=[^,]*", due["authorization"])
        assert signed is not None
        assert signed[0] in sent.headers["authorization"], case["name"]
        assert sent.headers.get("x-amz-security-token") == config.get("session_token"), case["name"]


def test_faults_are_reported_in_botocores_words(call: Call, server: Server) -> None:
    server.default = Answer(200, b"{}")
    for service, case in vectors.cases("validation"):
        params = vectors.untag(case["input"])
        if not case["faults"]:
            call(service, {}, case["operation"], params)
            continue
        if any(not isinstance(name, str) for name in params):
            continue  # keyword arguments are strings
        sent = len(server.requests)
        with pytest.raises(chimeline.exceptions.ParamValidationError) as caught:
            call(service, {}, case["operation"], params)
        assert str(caught.value) == case["message"], case["name"]
        assert caught.value.errors == case["faults"], case["name"]
        assert len(server.requests) == sent, case["name"]


def test_answers_become_the_same_results_and_errors(call: Call, server: Server) -> None:
    for service, case in vectors.cases("responses"):
        response = case["response"]
        headers = [(name, value) for name, value in response["headers"] if name.lower() != "content-length"]
        server.default = Answer(response["status"], response["body"].encode(), headers)
        if response["status"] == 204:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
            server.default = Answer(raw=f"HTTP/1.1 204 X\r\n{lines}\r\n".encode())
        params = vectors.untag(case["input"])
        if "result" in case:
            result = call(service, {}, case["operation"], params)
            assert comparable(result) == comparable(vectors.untag(case["result"])), case["name"]
            continue
        with pytest.raises(chimeline.exceptions.ClientError) as caught:
            call(service, {}, case["operation"], params)
        due = case["error"]
        assert type(caught.value).__name__ == due["class"], case["name"]
        assert str(caught.value).replace(" (reached max retries: 0)", "") == due["message"], case["name"]
        assert comparable(caught.value.response) == comparable(due["response"]), case["name"]
        assert caught.value.operation_name == case["operation"]


def comparable(value: Any) -> Any:
    """Without what belongs to the transfer or to retries, datetimes as instants."""
    if isinstance(value, datetime.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=datetime.timezone.utc)).timestamp()
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if not isinstance(value, dict):
        return value
    free = ("RetryAttempts", "MaxAttemptsReached", "Attempts", "content-length", "transfer-encoding")
    return {key: comparable(inner) for key, inner in value.items() if key not in free}


def test_endpoints_follow_from_region_and_options() -> None:
    for service, case in vectors.cases("endpoints"):
        config = case["config"]
        options = {"use_fips_endpoint": config.get("use_fips"), "use_dualstack_endpoint": config.get("use_dualstack")}
        region = config.get("region", "us-east-1")

        def made(service: str = service, config: dict[str, Any] = config, region: Any = region, options: Any = options) -> Any:
            return chimeline.blocking.client(
                service, region_name=region, endpoint_url=config.get("endpoint_url"), config=chimeline.Config(**options), **KEYS
            )

        if "error" in case:
            with pytest.raises(getattr(chimeline.exceptions, case["error"]["class"])):
                made()
        else:
            assert made().meta.endpoint_url == case["url"], case["name"]
