"""What a client knows of itself, and how it is made."""

from __future__ import annotations

import importlib.metadata
import inspect
import pickle
import pydoc
from typing import Any

import pytest

import chimeline
from chimeline import exceptions
from conftest import KEYS, SECRET

SERVICES = {
    "chime": (4, "Chime"),
    "chime-sdk-media-pipelines": (31, "ChimeSDKMediaPipelines"),
    "chime-sdk-meetings": (16, "ChimeSDKMeetings"),
}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("make", [chimeline.client, chimeline.blocking.client])
def test_each_operation_is_a_documented_method(make: Any, service: str) -> None:
    client = make(service, "us-east-1", **KEYS)
    number, name = SERVICES[service]
    methods = client.meta.method_to_api_mapping
    assert len(methods) == number
    assert type(client).__name__.endswith(name)
    for method in methods:
        doc = inspect.getdoc(getattr(client, method)) or ""
        assert len(doc) > 80, method
        assert "ResponseMetadata" in doc, method
    assert next(iter(methods)) in pydoc.plain(pydoc.render_doc(client))


def test_meta_says_where_requests_go() -> None:
    meta = chimeline.client("chime-sdk-meetings", "eu-central-1").meta
    assert meta.region_name == "eu-central-1"
    assert meta.endpoint_url == "https://meetings-chime.eu-central-1.amazonaws.com"
    assert meta.service_name == "chime-sdk-meetings"
    assert meta.config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert meta.config.connect_timeout == pytest.approx(3.1)
    assert meta.config.region_name == "eu-central-1"


def test_the_clients_exceptions_are_the_packages() -> None:
    client = chimeline.client("chime")
    assert client.exceptions.NotFoundException is exceptions.NotFoundException
    assert client.exceptions.ClientError is exceptions.ClientError
    assert issubclass(exceptions.NotFoundException, exceptions.ClientError)


def test_no_secret_is_shown() -> None:
    client = chimeline.client("chime", config=chimeline.Config(proxies={"https": "http://user:hunter2@proxy:1"}), **KEYS)
    for shown in (repr(client), repr(client.meta.config), str(client.meta.sources), repr(vars(client.meta))):
        assert SECRET not in shown
        assert "hunter2" not in shown


def test_a_client_pickles_as_its_configuration() -> None:
    config = chimeline.Config(read_timeout=7, retries={"mode": "standard", "total_max_attempts": 2})
    copy = pickle.loads(pickle.dumps(chimeline.blocking.client("chime-sdk-meetings", "eu-west-1", config=config)))
    assert copy.meta.region_name == "eu-west-1"
    assert copy.meta.config.retries["total_max_attempts"] == 2
    assert copy.meta.config == config


def test_a_view_pickles_with_its_limits() -> None:
    view = chimeline.client("chime-sdk-meetings", "eu-west-1").with_options(timeout=5, max_attempts=1)
    assert pickle.loads(pickle.dumps(view))._call_options == {"timeout": 5, "max_attempts": 1}


def test_a_client_with_keys_does_not_pickle() -> None:
    with pytest.raises(TypeError, match="keys"):
        pickle.dumps(chimeline.client("chime", **KEYS))


def test_configs_merge_and_compare() -> None:
    one = chimeline.Config(read_timeout=7, region_name="us-west-2")
    merged = one.merge(chimeline.Config(read_timeout=9))
    assert (merged.read_timeout, merged.region_name) == (9, "us-west-2")
    assert merged != one
    assert merged == chimeline.Config(read_timeout=9, region_name="us-west-2")


def test_botocores_other_options_are_taken() -> None:
    chimeline.client("chime", config=chimeline.Config(signature_version="v4", s3={"addressing_style": "path"}))


def test_botocores_options_that_would_be_passed_over_are_refused() -> None:
    with pytest.raises(ValueError, match="signature_version must be 'v4' or UNSIGNED, not 's3v4'"):
        chimeline.Config(signature_version="s3v4")
    with pytest.raises(TypeError, match="proxies_config is not supported"):
        chimeline.Config(proxies_config={"proxy_use_forwarding_for_https": True})


def test_max_attempts_of_botocore_counts_retries() -> None:
    config = chimeline.client("chime", config=chimeline.Config(retries={"max_attempts": 4})).meta.config
    assert config.retries == {"mode": "standard", "total_max_attempts": 5}


def test_a_region_of_the_config_is_used() -> None:
    client = chimeline.client("chime-sdk-meetings", config=chimeline.Config(region_name="us-west-2"))
    assert client.meta.region_name == "us-west-2"


def test_keyword_arguments_alone_are_taken() -> None:
    with pytest.raises(TypeError):
        chimeline.blocking.client("chime", **KEYS).create_media_capture_pipeline({})


def test_the_version_is_the_installed_packages() -> None:
    assert chimeline.__version__ == importlib.metadata.version("chimeline")


def test_the_wheel_is_typed_and_fits_any_python_from_3_10_on() -> None:
    files = {str(file) for file in importlib.metadata.files("chimeline") or []}
    assert "chimeline/py.typed" in files
    assert "chimeline/_native.pyi" in files
    assert any(file.endswith("licenses/LICENSE") for file in files)
    (wheel,) = (file for file in files if file.endswith(".dist-info/WHEEL"))
    distribution = importlib.metadata.distribution("chimeline")
    assert "Tag: cp310-abi3-" in (distribution.read_text("WHEEL") or ""), wheel
