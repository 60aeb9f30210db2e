"""What boto3's clients take and say of their configuration, taken and said by ours."""

from __future__ import annotations

import logging
import subprocess
from typing import Any

import boto3
import botocore.config
import pytest

import chimeline
from chimeline import exceptions
from chimeline.config import _POSITIONAL
from conftest import KEYS
from server import Server

SERVICE = "chime-sdk-media-pipelines"
NUMBERS = {"connect_timeout": 5, "read_timeout": 7.5, "max_pool_connections": 20}


def test_a_config_of_botocore_is_taken(server: Server) -> None:
    theirs = botocore.config.Config(
        region_name="eu-central-1", user_agent_extra="mine/1", retries={"max_attempts": 4, "mode": "standard"}, **NUMBERS
    )
    client = chimeline.blocking.client(SERVICE, endpoint_url=server.url, config=theirs, **KEYS)
    due = boto3.client(SERVICE, endpoint_url=server.url, config=theirs, **KEYS).meta.config
    found = client.meta.config
    for name in ("region_name", "connect_timeout", "read_timeout", "max_pool_connections", "retries"):
        assert (getattr(found, name), type(getattr(found, name))) == (getattr(due, name), type(getattr(due, name))), name
    client.list_media_pipelines()
    assert server.requests[0].headers["user-agent"].endswith("mine/1")
    assert server.requests[0].headers["amz-sdk-request"] == "attempt=1; max=5"


def test_numbers_are_given_back_as_they_were_given(options: dict[str, Any]) -> None:
    ours, theirs = (
        make(SERVICE, config=config(**NUMBERS), **options).meta.config
        for make, config in ((chimeline.client, chimeline.Config), (boto3.client, botocore.config.Config))
    )
    for name in NUMBERS:
        assert (getattr(ours, name), type(getattr(ours, name))) == (getattr(theirs, name), type(getattr(theirs, name)))
    default = chimeline.client(SERVICE, **options).meta.config
    assert (default.read_timeout, type(default.read_timeout)) == (60, int)


def test_what_we_cannot_do_is_an_error_by_name() -> None:
    wrong = {"proxies_config": {"proxy_ca_bundle": "x"}, "signature_version": "s3v4"}
    for name, value in wrong.items():
        with pytest.raises((TypeError, ValueError), match=name):
            chimeline.client(SERVICE, "us-east-1", config=botocore.config.Config(**{name: value}))
    with pytest.raises(TypeError, match=r"config must be a chimeline.Config or a botocore.config.Config, not builtins.dict"):
        chimeline.client(SERVICE, "us-east-1", config={})  # type: ignore[call-overload]


def test_options_are_taken_by_position_in_botocores_order() -> None:
    assert tuple(botocore.config.Config.OPTION_DEFAULTS) == _POSITIONAL
    given = ("eu-west-1", "v4", "agent", "extra", "app", 5, 6, False, 7)
    ours, theirs = chimeline.Config(*given), botocore.config.Config(*given)
    for name in _POSITIONAL[: len(given)]:
        assert getattr(ours, name) == getattr(theirs, name), name


@pytest.mark.parametrize(("args", "kwargs"), [((None,) * 40, {}), (("eu-west-1",), {"region_name": "us-east-1"})])
def test_too_many_and_double_options_are_refused_in_botocores_words(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    texts = set()
    for config in (chimeline.Config, botocore.config.Config):
        with pytest.raises(TypeError) as raised:
            config(*args, **kwargs)
        texts.add(str(raised.value))
    assert len(texts) == 1


@pytest.mark.parametrize("service", ["chime-sdk-media-pipelines", "chime-sdk-meetings"])
@pytest.mark.parametrize("given", [{}, {"endpoint_url": "https://proxy.example"}, {"config": {"use_dualstack_endpoint": True}}])
@pytest.mark.parametrize("use_ssl", [True, False, None, 0])
def test_use_ssl_means_what_boto3_means(service: str, given: dict[str, Any], use_ssl: Any) -> None:
    urls = []
    for make, config in ((chimeline.client, chimeline.Config), (boto3.client, botocore.config.Config)):
        options = {**given, "config": config(**given["config"])} if "config" in given else given
        urls.append(make(service, region_name="us-east-1", use_ssl=use_ssl, **options).meta.endpoint_url)
    assert urls[0] == (urls[1] if use_ssl is not None or "endpoint_url" in given else urls[0])


def test_account_ids_and_versions_are_taken_as_boto3_takes_them(options: dict[str, Any], server: Server) -> None:
    for make in (chimeline.blocking.client, boto3.client):
        client = make(SERVICE, aws_account_id="123456789012", api_version="2021-07-15", **options)
        client.list_media_pipelines()
    assert len(server.requests) == 2
    with pytest.raises(exceptions.DataNotFoundError) as raised:
        chimeline.client(SERVICE, api_version="1999-01-01", **options)
    with pytest.raises(Exception, match="Unable to load data") as due:
        boto3.client(SERVICE, api_version="1999-01-01", **options)
    assert str(raised.value) == str(due.value)


def test_arguments_of_a_client_have_boto3s_order(server: Server) -> None:
    arguments = ("us-east-1", None, True, None, server.url, "AKID", "secret", "token", None, "123456789012")
    for make in (chimeline.blocking.client, boto3.client, chimeline.blocking.get_session().create_client):
        make(SERVICE, *arguments).list_media_pipelines()
    assert [request.headers["x-amz-security-token"] for request in server.requests] == ["token"] * 3


def test_a_program_that_logs_at_info_sees_no_line_a_call(options: dict[str, Any], python: str) -> None:
    program = f"""
import logging, chimeline
logging.basicConfig(level=logging.INFO)
chimeline.blocking.client({SERVICE!r}, **{options!r}).list_media_pipelines()
assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("chimeline").handlers)
"""
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_stubbed_call_can_be_logged(options: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    from chimeline.stub import Stubber

    caplog.set_level(logging.DEBUG, "chimeline")
    client = chimeline.blocking.client(SERVICE, **options)
    with Stubber(client) as stubber:
        stubber.add_response("list_media_pipelines", {"MediaPipelines": []})
        client.list_media_pipelines()
    assert "ListMediaPipelines: HTTP None" in caplog.text
