"""Exceptions are made, read and caught as botocore's."""

from __future__ import annotations

import subprocess
from string import Formatter
from typing import Any

import botocore.exceptions
import pytest

import chimeline
from chimeline import exceptions
from server import Answer, Server, Stall

SHARED = sorted(name for name in exceptions.__all__ if hasattr(botocore.exceptions, name))
WITH_FMT = [
    name for name in SHARED if name not in ("ClientError", "WaiterError") and hasattr(getattr(botocore.exceptions, name), "fmt")
]


def test_many_are_shared() -> None:
    assert len(SHARED) > 30


@pytest.mark.parametrize("name", WITH_FMT)
def test_errors_are_made_of_botocores_arguments(name: str) -> None:
    ours, theirs = getattr(exceptions, name), getattr(botocore.exceptions, name)
    if name == "UnknownServiceError":
        assert ours.fmt == "Unknown service: '{service_name}'. Valid service names are: {known_service_names}"
    else:
        assert ours.fmt == theirs.fmt
    values = {field: f"<{field}>" for _, field, _, _ in Formatter().parse(theirs.fmt) if field}
    mine, due = ours(**values), theirs(**values)
    assert str(mine) == str(due)
    assert mine.kwargs == due.kwargs
    assert ours(str(mine)).kwargs == values


def test_a_missing_argument_is_an_error_as_in_botocore() -> None:
    for module in (exceptions, botocore.exceptions):
        with pytest.raises(KeyError, match="endpoint_url"):
            module.EndpointConnectionError()


def test_errors_that_are_raised_have_the_values(options: dict[str, Any], server: Server) -> None:
    client = chimeline.blocking.client("chime-sdk-media-pipelines", **options)
    with pytest.raises(exceptions.ParamValidationError) as invalid:
        client.get_media_pipeline()
    assert invalid.value.kwargs == {"report": 'Missing required parameter in input: "MediaPipelineId"'}
    with pytest.raises(exceptions.ProfileNotFound) as not_found:
        chimeline.client("chime", profile_name="nowhere")
    assert not_found.value.kwargs == {"profile": "nowhere"}
    server.then(Answer(404, {"Message": "gone"}, [("x-amzn-errortype", "NotFoundException")]))
    with pytest.raises(exceptions.ClientError) as failed:
        client.list_media_pipelines()
    text = exceptions.ClientError.MSG_TEMPLATE.format(
        error_code="NotFoundException", operation_name="ListMediaPipelines", error_message="gone", retry_info=""
    )
    assert str(failed.value) == text
    assert exceptions.ClientError.MSG_TEMPLATE == botocore.exceptions.ClientError.MSG_TEMPLATE


@pytest.mark.parametrize(
    "response",
    [
        {},
        {"Error": {"Code": "c", "Message": "m"}},
        {"Error": {}, "ResponseMetadata": {"MaxAttemptsReached": True, "RetryAttempts": 2}},
        {"Error": {"Code": 5}, "ResponseMetadata": {"MaxAttemptsReached": True}},
        {"Error": {"Code": "c"}, "ResponseMetadata": {"MaxAttemptsReached": False, "RetryAttempts": 2}},
    ],
)
def test_client_errors_have_botocores_text(response: dict[str, Any]) -> None:
    assert str(exceptions.ClientError(response, "Op")) == str(botocore.exceptions.ClientError(response, "Op"))


@pytest.mark.parametrize("name", ["SSLError", "ReadTimeoutError", "ConnectTimeoutError", "ProxyConnectionError"])
def test_what_is_an_oserror_in_botocore_is_one_here(name: str) -> None:
    assert issubclass(getattr(botocore.exceptions, name), OSError)
    assert issubclass(getattr(exceptions, name), OSError)


COMPAT = """
import pickle, botocore.exceptions, chimeline, chimeline.exceptions as ours
server, options = {url!r}, {options!r}
assert not issubclass(ours.ClientError, botocore.exceptions.ClientError)
before = {{name: getattr(ours, name) for name in ours.__all__}}
import chimeline.compat
for name, cls in before.items():
    theirs = getattr(botocore.exceptions, name, None)
    assert getattr(ours, name) is cls
    assert theirs is None or issubclass(cls, theirs), name
    error = (
        cls({{"Error": {{"Code": "c", "Message": "m"}}}}, "Op") if issubclass(cls, ours.ClientError)
        else cls("name", "reason", {{}}) if name == "WaiterError" else cls("a text")
    )
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.args) == (cls, str(error), error.args), name
    assert str(error), name
client = chimeline.blocking.client("chime-sdk-media-pipelines", **options)
try:
    client.list_media_pipelines()
except botocore.exceptions.ClientError as error:
    assert type(error) is ours.NotFoundException and error.response["Error"]["Code"] == "NotFoundException"
    assert error.attempts and error.operation_name == "ListMediaPipelines"
try:
    client.get_media_pipeline()
except botocore.exceptions.ParamValidationError as error:
    assert error.errors[0]["required_name"] == "MediaPipelineId", error.errors
try:
    chimeline.blocking.client("chime-sdk-media-pipelines", **{{**options, "endpoint_url": "http://127.0.0.1:1"}}).list_media_pipelines()
except botocore.exceptions.EndpointConnectionError as error:
    assert isinstance(error, botocore.exceptions.BotoCoreError)
try:
    client.with_options(timeout=0.2).list_media_pipelines()
except botocore.exceptions.HTTPClientError as error:
    assert type(error) is ours.CallTimeoutError
print("done")
"""


def test_compat_lets_botocores_classes_catch_ours(options: dict[str, Any], server: Server, python: str) -> None:
    server.then(Answer(404, {"Message": "gone"}, [("x-amzn-errortype", "NotFoundException")]), Stall())
    program = COMPAT.format(url=server.url, options=options)
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "done\n", done.stderr


def test_without_compat_nothing_of_botocore_is_loaded(python: str) -> None:
    program = "import sys, chimeline, chimeline.exceptions; chimeline.client; assert 'botocore' not in sys.modules"
    assert subprocess.run([python, "-c", program], capture_output=True, check=False).returncode == 0
