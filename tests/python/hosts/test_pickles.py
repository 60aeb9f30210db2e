"""Clients in pickles and copies, which process pools make of them. A pickle holds credentials only where the user says so."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import boto3
import pytest

import chimeline
from conftest import INPUT, KEYS, SECRET
from server import Server

ALLOWED = chimeline.Config(pickle_credentials=True, read_timeout=7)


def make(module: Any, options: dict[str, Any], **more: Any) -> Any:
    return module.client("chime", **{**options, **more})


@pytest.mark.parametrize("module", [chimeline, chimeline.blocking])
def test_credentials_are_in_a_pickle_only_where_the_config_allows_it(module: Any, options: dict[str, Any]) -> None:
    refused = make(module, options)
    with pytest.raises(TypeError, match=r"Config\(pickle_credentials=True\)") as caught:
        pickle.dumps(refused)
    assert SECRET not in str(caught.value)
    pickled = pickle.dumps(make(module, options, config=ALLOWED))
    assert SECRET.encode() in pickled
    again = pickle.loads(pickled)
    assert again.meta.config.read_timeout == 7
    assert again.meta.config.pickle_credentials is True
    assert again.meta.endpoint_url == refused.meta.endpoint_url


def test_a_client_out_of_a_pickle_makes_calls_with_its_limits(server: Server, options: dict[str, Any]) -> None:
    client = make(chimeline.blocking, options, config=ALLOWED).with_options(max_attempts=1)
    again = pickle.loads(pickle.dumps(client))
    again.create_media_capture_pipeline(**INPUT)
    (request,) = server.requests
    assert KEYS["aws_access_key_id"] in request.headers["authorization"]
    assert request.headers["amz-sdk-request"] == "attempt=1; max=1"


def test_the_credentials_of_an_object_are_pickled_as_they_are_now(server: Server) -> None:
    credentials = boto3.Session(
        aws_access_key_id="AKIDOFBOTO", aws_secret_access_key="s", aws_session_token="t"
    ).get_credentials()
    where: dict[str, Any] = {"region_name": "us-east-1", "endpoint_url": server.url, "credentials": credentials}
    with pytest.raises(TypeError, match="pickle_credentials"):
        pickle.dumps(chimeline.blocking.client("chime", **where))
    again = pickle.loads(pickle.dumps(chimeline.blocking.client("chime", **where, config=ALLOWED)))
    again.create_media_capture_pipeline(**INPUT)
    (request,) = server.requests
    assert "AKIDOFBOTO" in request.headers["authorization"]
    assert request.headers["x-amz-security-token"] == "t"


def test_a_password_of_a_proxy_is_no_less_a_secret() -> None:
    proxies = {"https": "http://user:password@proxy:3128"}
    with pytest.raises(TypeError, match=r"proxies\['https'\] does not pickle.*pickle_credentials=True"):
        pickle.dumps(chimeline.Config(proxies=proxies))
    allowed = chimeline.Config(proxies=proxies, pickle_credentials=True)
    assert pickle.loads(pickle.dumps(allowed)) == allowed
    plain = chimeline.Config(proxies={"https": "http://proxy:3128"})
    assert pickle.loads(pickle.dumps(plain)) == copy.deepcopy(plain) == copy.copy(plain) == plain
    given = chimeline.Config(proxies=proxies)
    assert copy.deepcopy(given).proxies == copy.copy(given).proxies == proxies


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_what_is_no_bool_allows_nothing(value: Any) -> None:
    with pytest.raises(TypeError, match="pickle_credentials must be a bool"):
        chimeline.Config(pickle_credentials=value)


def test_a_copy_shares_connections(server: Server, options: dict[str, Any]) -> None:
    client = make(chimeline.blocking, options)
    other = copy.copy(client)
    assert type(other) is type(client)
    assert other is not client
    assert other.meta.endpoint_url == client.meta.endpoint_url
    client.create_media_capture_pipeline(**INPUT)
    other.create_media_capture_pipeline(**INPUT)
    assert server.connections == 1


def test_a_deep_copy_is_a_client_of_its_own(server: Server, options: dict[str, Any]) -> None:
    client = make(chimeline.blocking, options).with_options(max_attempts=1)
    client.create_media_capture_pipeline(**INPUT)
    copy.deepcopy({"client": client})["client"].create_media_capture_pipeline(**INPUT)
    assert server.connections == 2
    assert server.requests[1].headers["amz-sdk-request"] == "attempt=1; max=1"
