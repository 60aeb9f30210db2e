"""`client.meta.service_model`: what botocore's models say, read from the schema tables."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import boto3
import pytest

import chimeline
from chimeline import exceptions

SERVICES = ["chime-sdk-media-pipelines", "chime-sdk-meetings"]
OPTIONS = {"region_name": "us-east-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}


def tree(shape: Any, above: tuple[str, ...] = ()) -> Any:
    """All that can be asked of a shape."""
    if shape is None:
        return None
    out = [shape.name, shape.type_name, shape.metadata, shape.serialization, shape.required_members, repr(shape)]
    if shape.name in above:
        return out
    above = (*above, shape.name)
    if shape.type_name == "structure":
        out.append([(name, tree(member, above)) for name, member in shape.members.items()])
    elif shape.type_name == "list":
        out.append(tree(shape.member, above))
    elif shape.type_name == "map":
        out += [tree(shape.key, above), tree(shape.value, above)]
    elif shape.type_name == "string":
        out.append(shape.enum)
    return out


@pytest.mark.parametrize("service", SERVICES)
def test_operations_and_shapes_are_botocores(service: str) -> None:
    theirs = boto3.client(service, **OPTIONS).meta.service_model
    ours = chimeline.client(service, **OPTIONS).meta.service_model
    assert ours.operation_names == theirs.operation_names
    for name in ("service_name", "service_id", "signing_name", "endpoint_prefix", "api_version", "resolved_protocol"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.service_id.hyphenize() == theirs.service_id.hyphenize()
    assert ours.signature_version == theirs.signature_version
    for name in ours.operation_names:
        operation, due = ours.operation_model(name), theirs.operation_model(name)
        assert (operation.name, operation.wire_name) == (due.name, due.wire_name)
        assert operation.http == {"responseCode": 200, **due.http}
        assert tree(operation.input_shape) == tree(due.input_shape)
        assert tree(operation.output_shape) == tree(due.output_shape)
        assert operation.idempotent_members == due.idempotent_members
        assert repr(operation) == repr(due)


@pytest.mark.parametrize("service", SERVICES)
def test_errors_are_botocores(service: str) -> None:
    theirs = boto3.client(service, **OPTIONS).meta.service_model
    ours = chimeline.client(service, **OPTIONS).meta.service_model
    assert sorted(shape.name for shape in ours.error_shapes) == sorted(shape.name for shape in theirs.error_shapes)
    for shape in theirs.error_shapes:
        mine = ours.shape_for_error_code(shape.error_code)
        assert tree(mine) == tree(shape)
    assert ours.shape_for_error_code("Nothing") is None


def test_the_legacy_model_is_botocores() -> None:
    python = os.environ.get("LEGACY_PYTHON")
    if not python:
        pytest.fail("LEGACY_PYTHON names no interpreter that has botocore 1.37.1: run `make test-python`")
    program = """
import json, botocore.session
model = botocore.session.get_session().get_service_model("chime")
names = [name for name in model.operation_names if name.endswith(("MediaCapturePipeline", "MediaCapturePipelines"))]
found = {name: model.operation_model(name) for name in names}
print(json.dumps({name: [list(operation.input_shape.members), operation.http] for name, operation in found.items()}))
"""
    found = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout
    model = chimeline.client("chime", **OPTIONS).meta.service_model
    mine = {n: [list(model.operation_model(n).input_shape.members), model.operation_model(n).http] for n in model.operation_names}
    assert mine == json.loads(found)


def test_an_unknown_operation_is_refused_by_name() -> None:
    model = chimeline.client("chime", **OPTIONS).meta.service_model
    with pytest.raises(exceptions.OperationNotFoundError, match="CreateEverything"):
        model.operation_model("CreateEverything")


@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "cn-north-1", "eu-central-1", "us-east-1-fips"])
def test_the_partition_is_botocores(region: str) -> None:
    options = {**OPTIONS, "region_name": region}
    assert (
        chimeline.client("chime-sdk-meetings", **options).meta.partition
        == boto3.client("chime-sdk-meetings", **options).meta.partition
    )


def test_exceptions_are_the_services_own() -> None:
    client = chimeline.client("chime-sdk-meetings", **OPTIONS)
    theirs = boto3.client("chime-sdk-meetings", **OPTIONS)
    for shape in theirs.meta.service_model.error_shapes:
        assert getattr(client.exceptions, shape.name) is getattr(exceptions, shape.name)
        assert client.exceptions.from_code(shape.name) is getattr(exceptions, shape.name)
        assert theirs.exceptions.from_code(shape.name).__name__ == shape.name
    assert client.exceptions.from_code("Nonsense") is exceptions.ClientError
    assert client.exceptions.ClientError is exceptions.ClientError
    with pytest.raises(AttributeError, match=r"no attribute NoSuch\. Valid exceptions are: BadRequestException, Conf"):
        _ = client.exceptions.NoSuch
