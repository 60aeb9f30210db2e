"""Random inputs for every operation: what our client sends is what botocore sends.

Run again with `SEED=n` to see the same inputs; `CASES=n` sets how many.
"""

from __future__ import annotations

import datetime
import json
import os
import random
import string
import subprocess
from pathlib import Path
from typing import Any

import boto3
import botocore.model
import pytest
from botocore.config import Config

import chimeline
import vectors
from conftest import KEYS
from server import Answer, Request, Server

SEED = int(os.environ.get("SEED", "20240229"))
CASES = int(os.environ.get("CASES", "2000"))
TEXTS = ["", "a", "x y", "/", "é", "\U0001f399", "%2F", "..a", '"quoted"', "line\nbreak", "\x7f", "&=?#", "+"]


class Inputs:
    """Random values of a botocore shape, valid by botocore's rules."""

    def __init__(self, seed: int, truths_as_numbers: bool = True) -> None:
        self.random = random.Random(seed)
        self.truths_as_numbers = truths_as_numbers

    def of(self, shape: Any, depth: int = 0) -> Any:
        return getattr(self, f"_{shape.type_name}")(shape, depth)

    def _structure(self, shape: Any, depth: int) -> dict[str, Any]:
        names = list(shape.members)
        self.random.shuffle(names)
        wanted = 0.6 if depth < 3 else 0.15
        return {
            name: self.of(shape.members[name], depth + 1)
            for name in names
            if name in shape.required_members or self.random.random() < wanted
        }

    def _list(self, shape: Any, depth: int) -> list[Any]:
        least = shape.metadata.get("min", 0)
        return [self.of(shape.member, depth + 1) for _ in range(self.random.randint(least, least + 3))]

    def _map(self, shape: Any, depth: int) -> dict[str, Any]:
        return {self._string(shape.key, depth): self.of(shape.value, depth + 1) for _ in range(self.random.randint(0, 3))}

    def _string(self, shape: Any, depth: int) -> str:
        if shape.enum and self.random.random() < 0.8:
            return self.random.choice(shape.enum)
        least = shape.metadata.get("min", 0)
        text = self.random.choice(TEXTS) + "".join(self.random.choices(string.ascii_letters, k=self.random.randint(0, 8)))
        return text if len(text) >= least else text + "x" * (least - len(text))

    def _integer(self, shape: Any, depth: int) -> int:
        least = shape.metadata.get("min", -5)
        truth = True if self.truths_as_numbers and least <= 1 else least
        return self.random.choice([least, least + 1, self.random.randint(least, least + 10**6), truth])

    _long = _integer

    def _boolean(self, shape: Any, depth: int) -> bool:
        return self.random.random() < 0.5

    def _timestamp(self, shape: Any, depth: int) -> Any:
        micros = self.random.choice([0, 500_000, 123_456])
        moment = datetime.datetime(2024, 2, 29, 12, 34, 56, micros, tzinfo=datetime.timezone.utc)
        return self.random.choice([moment, moment.timestamp(), moment.isoformat(), 1_700_000_000])


def sent(request: Request) -> Any:
    """What counts of a request: its line, and its body as JSON."""
    body = json.loads(request.body, object_pairs_hook=list) if request.body else None
    return request.method, request.target, request.headers.get("content-type"), without_token(body)


def without_token(body: Any) -> Any:
    """Without the automatic token, which each client makes anew and puts last."""
    if body and body[-1][0] == "ClientRequestToken" and len(str(body[-1][1])) == 36:
        return body[:-1]
    return body


@pytest.mark.parametrize("service", ["chime-sdk-media-pipelines", "chime-sdk-meetings"])
def test_requests_are_botocores(service: str, server: Server) -> None:
    server.default = Answer(200, b"{}")
    where = {"region_name": "us-east-1", "endpoint_url": server.url, **KEYS}
    theirs = boto3.client(service, config=Config(retries={"total_max_attempts": 1}), **where)
    ours = chimeline.blocking.client(service, **where)
    inputs = Inputs(SEED)
    names = sorted(theirs.meta.method_to_api_mapping)
    assert {vectors.method(api): api for api in theirs.meta.service_model.operation_names} == ours.meta.method_to_api_mapping
    for number in range(CASES // 2):
        name = names[number % len(names)]
        model = theirs.meta.service_model.operation_model(theirs.meta.method_to_api_mapping[name])
        params = inputs.of(model.input_shape) if model.input_shape else {}
        if any(value in (".", "..") for value in params.values()):
            continue
        server.requests.clear()
        getattr(theirs, name)(**params)
        getattr(ours, name)(**params)
        due, given = server.requests
        assert sent(given) == sent(due), f"seed {SEED}, case {number}: {name}({params!r})"


def test_requests_of_the_legacy_service_are_botocores(server: Server) -> None:
    """The last botocore that has them runs in an environment of its own."""
    python = os.environ.get("LEGACY_PYTHON")
    if python is None:
        pytest.fail("LEGACY_PYTHON names no interpreter that has botocore 1.37.1: run `make test-python`")
    server.default = Answer(200, b"{}")
    ours = chimeline.blocking.client("chime", "us-east-1", endpoint_url=server.url, **KEYS)
    model = botocore.model.ServiceModel(
        json.loads((Path(__file__).parents[2] / "crates/xtask/model/chime/model.json").read_text())
    )
    # A truth value in a query is `true` there and `True` in today's botocore, which we follow.
    inputs = Inputs(SEED, truths_as_numbers=False)
    names = sorted(ours.meta.method_to_api_mapping)
    chosen = [(name, ours.meta.method_to_api_mapping[name]) for name in names * (CASES // 10 // len(names))]
    calls = [(name, inputs.of(model.operation_model(api).input_shape)) for name, api in chosen]
    program = Path(__file__).with_name("legacy_calls.py")
    done = subprocess.run([python, program, server.url], input=json.dumps(calls), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    due = [sent(request) for request in server.requests]
    server.requests.clear()
    for name, params in calls:
        getattr(ours, name)(**params)
    given = [sent(request) for request in server.requests]
    assert len(given) == len(calls)
    for one, other, call in zip(given, due, calls, strict=True):
        assert one == other, f"seed {SEED}: {call!r}"
