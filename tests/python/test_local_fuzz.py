"""Requests drawn from the service models, valid and not: whatever is sent is answered, and by no 5xx."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.parsers import create_parser
from botocore.validate import ParamValidator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chimeline.testing import LocalChime

SERVICES = ("chime-sdk-meetings", "chime-sdk-media-pipelines")
MODELS = {name: boto3.client(name, region_name="us-east-1").meta.service_model for name in SERVICES}
OPERATIONS = [(name, operation) for name, model in MODELS.items() for operation in model.operation_names]
MEGABYTE = 1 << 20

# What takes the place of a member now and then.
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.just("x" * 5000),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.none(), max_size=3),
)
# Parts of what the service knows: an index into the ids and ARNs of its responses.
KNOWN = st.integers(0, 10_000)


class Known:
    """A member that is filled with an id or ARN of the service's own responses."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __repr__(self) -> str:
        return f"Known({self.number})"


def strings(shape: Any) -> st.SearchStrategy[Any]:
    if shape.enum:
        return st.sampled_from(shape.enum)
    least, most = shape.metadata.get("min", 0), min(shape.metadata.get("max", 60), 60)
    pattern = shape.metadata.get("pattern")
    drawn = st.text(st.characters(codec="utf-8"), min_size=least, max_size=max(least, most))
    if pattern is not None:
        # Some say it in the words of Java.
        pattern = pattern.replace("\\p{L}", "a-z").replace("\\p{Z}", " ").replace("\\p{N}", "0-9")
        drawn = st.one_of(st.from_regex(re.compile(pattern), fullmatch=True), drawn)
    known = st.builds(Known, KNOWN)
    is_name = shape.name.lower().endswith(("arn", "id", "string", "guid"))
    return st.one_of(known, known, known, drawn) if is_name else drawn


def values(shape: Any) -> st.SearchStrategy[Any]:
    kind = shape.type_name
    if kind == "structure":
        members = {name: values(member) for name, member in shape.members.items()}
        required = {name: members.pop(name) for name in shape.required_members}
        drawn: st.SearchStrategy[Any] = st.fixed_dictionaries(required, optional=members)
    elif kind == "list":
        drawn = st.lists(values(shape.member), min_size=shape.metadata.get("min", 0), max_size=4)
    elif kind == "map":
        drawn = st.dictionaries(st.text(max_size=8), values(shape.value), max_size=3)
    elif kind == "boolean":
        drawn = st.booleans()
    elif kind in {"integer", "long"}:
        drawn = st.integers(shape.metadata.get("min", 0), shape.metadata.get("max", 100))
    elif kind in {"float", "double"}:
        drawn = st.floats(0, 1)
    elif kind == "timestamp":
        drawn = st.integers(0, 2_000_000_000)
    else:
        drawn = strings(shape)
    return drawn


INPUTS = {
    (name, operation): values(MODELS[name].operation_model(operation).input_shape)
    for name, operation in OPERATIONS
    if MODELS[name].operation_model(operation).input_shape is not None
}


class Sender:
    """Sends what was drawn, signed as it should be."""

    def __init__(self, chime: LocalChime) -> None:
        options = chime.client_options
        self.url = chime.url
        self.credentials = Credentials(options["aws_access_key_id"], options["aws_secret_access_key"])
        self.connection = HTTPConnection(chime.url.removeprefix("http://"), timeout=20)
        self.known = ["arn:aws:chime::111122223333:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b", "arn:aws:s3:::recordings"]

    def fill(self, value: Any) -> Any:
        if isinstance(value, Known):
            return self.known[value.number % len(self.known)]
        if isinstance(value, dict):
            return {name: self.fill(each) for name, each in value.items()}
        return [self.fill(each) for each in value] if isinstance(value, list) else value

    def learn(self, value: Any) -> None:
        if isinstance(value, dict):
            for name, each in value.items():
                if isinstance(each, str) and name.endswith(("Id", "Arn", "Name")) and len(self.known) < 500:
                    self.known.append(each)
                self.learn(each)
        elif isinstance(value, list):
            for each in value:
                self.learn(each)

    def send(self, service: str, operation: str, given: Any) -> tuple[int, dict[str, str], bytes]:
        model = MODELS[service].operation_model(operation)
        members = dict(self.fill(given)) if isinstance(given, dict) else {}
        path, query = model.http["requestUri"], []
        for name, member in model.input_shape.members.items():
            where, wire = member.serialization.get("location"), member.serialization.get("name", name)
            if where == "uri":
                path = path.replace(f"{{{wire}}}", quote(str(members.pop(name, "")), safe=""))
            elif where == "querystring" and name in members:
                query.append(f"{quote(wire)}={quote(str(members.pop(name)), safe='')}")
        fixed = path.partition("?")[2]
        target = path.partition("?")[0] + ("?" + "&".join(filter(None, [fixed, *query])) if fixed or query else "")
        method = model.http["method"]
        body = json.dumps(members if isinstance(given, dict) else given).encode() if method not in {"GET", "DELETE"} else b""
        request = AWSRequest(method, self.url + target, {"Content-Type": "application/json"}, body)
        SigV4Auth(self.credentials, "chime", "us-east-1").add_auth(request)
        self.connection.request(method, target, body, dict(request.headers.items()))
        response = self.connection.getresponse()
        return response.status, {name.lower(): text for name, text in response.getheaders()}, response.read()


@pytest.fixture
def sender() -> Iterator[Sender]:
    with LocalChime(transition_delay=0.01, pipeline_quota=100_000) as chime:
        made = Sender(chime)
        yield made
        made.connection.close()
        assert chime.health()["status"] == "ok"


def memory() -> int:
    """What the process has in memory, which the service is part of."""
    if sys.platform != "linux":
        return 0
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize("count", [400, pytest.param(20_000, marks=[pytest.mark.slow, pytest.mark.timeout(1500)])])
def test_what_the_models_allow_and_what_they_do_not_is_answered(sender: Sender, count: int) -> None:
    statuses: dict[int, int] = {}
    before = memory()

    def send(service: str, operation: str, members: Any) -> None:
        status, headers, body = sender.send(service, operation, members)
        statuses[status] = statuses.get(status, 0) + 1
        assert status < 500, (operation, members, body)
        assert headers["x-amzn-requestid"]
        model = MODELS[service].operation_model(operation)
        parsed = create_parser("rest-json").parse({"status_code": status, "headers": headers, "body": body}, model.output_shape)
        if status < 300:
            parsed.pop("ResponseMetadata")
            if model.output_shape is not None:
                # What is returned is what the model says.
                report = ParamValidator().validate(parsed, model.output_shape)
                assert not report.has_errors(), (operation, members, report.generate_report())
            sender.learn(parsed)
        else:
            assert parsed["Error"]["Code"]
            assert parsed["Error"]["Message"], (operation, members, body)

    @settings(
        max_examples=count // 5,
        derandomize=count < 1000,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(sorted(INPUTS)).flatmap(lambda key: st.tuples(st.just(key), INPUTS[key])), st.lists(JUNK, min_size=3))
    def look(drawn: tuple[tuple[str, str], dict[str, Any]], junk: list[Any]) -> None:
        (service, operation), members = drawn
        send(service, operation, members)
        # The same with members that are missing and that are something else.
        names = list(members) or [""]
        send(service, operation, {name: value for name, value in members.items() if name != names[0]})
        send(service, operation, junk[0])
        for at, value in enumerate(junk[1:3]):
            send(service, operation, {**members, names[at % len(names)]: value})

    meeting = {"MediaRegion": "us-east-1", "ExternalMeetingId": "m", "ClientRequestToken": "token-1"}
    send("chime-sdk-meetings", "CreateMeeting", meeting)
    send("chime-sdk-meetings", "CreateAttendee", {"MeetingId": sender.known[-1], "ExternalUserId": "ann"})
    look()
    assert sum(statuses.values()) >= count
    assert sum(number for status, number in statuses.items() if status < 300) > count / 100, statuses
    assert statuses.get(400, 0) > count / 20, statuses
    assert memory() - before < 200 * MEGABYTE
