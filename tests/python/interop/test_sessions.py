"""Sessions, beside boto3's, over the same files and variables."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import boto3
import pytest

import chimeline
from chimeline import exceptions
from chimeline._client import factory
from conftest import KEYS, SECRET
from server import Server

FILES = {
    "config": """
[profile b]
region = eu-central-1
[default]
region = us-west-2
[profile a]
[profile "with blank"]
region = eu-west-1
""",
    "credentials": """
[a]
aws_access_key_id = AKIDA
aws_secret_access_key = secret-a
[c]
aws_access_key_id = AKIDC
aws_secret_access_key = secret-c
""",
}
SERVICE = "chime-sdk-media-pipelines"
MODULES = [chimeline, chimeline.blocking]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".aws").mkdir()
    for name, text in FILES.items():
        (tmp_path / ".aws" / name).write_text(text)


@pytest.fixture(autouse=True)
def no_default_session() -> Any:
    yield
    factory.default_sessions.clear()


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    ("given", "variables"),
    [
        ({}, {}),
        ({"profile_name": "b"}, {}),
        ({"profile_name": "a"}, {}),
        ({"profile_name": "c", "region_name": "ap-south-1"}, {}),
        ({}, {"AWS_PROFILE": "with blank"}),
        ({}, {"AWS_DEFAULT_REGION": "eu-west-3"}),
        ({"profile_name": "b"}, {"AWS_DEFAULT_REGION": "eu-west-3", "AWS_PROFILE": "a"}),
    ],
)
def test_the_settings_are_boto3s(
    module: Any, given: dict[str, str], variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ours, theirs = module.Session(**given), boto3.Session(**given)
    assert ours.region_name == theirs.region_name
    assert ours.profile_name == theirs.profile_name
    assert ours.available_profiles == theirs.available_profiles
    assert repr(ours).split("(")[1] == repr(theirs).split("(")[1]


def test_regions_and_partitions_are_boto3s() -> None:
    ours, theirs = chimeline.Session(), boto3.Session()
    for service in ("chime-sdk-media-pipelines", "chime-sdk-meetings", "chime"):
        for partition in theirs.get_available_partitions():
            for all_of_them in (False, True):
                due = theirs.get_available_regions(service, partition, all_of_them)
                assert ours.get_available_regions(service, partition, all_of_them) == due, (service, partition)
    assert set(theirs.get_available_partitions()) <= set(ours.get_available_partitions())
    for region in ("us-east-1", "us-gov-west-1", "cn-north-1", "eu-south-9"):
        assert ours.get_partition_for_region(region) == theirs.get_partition_for_region(region)
    with pytest.raises(exceptions.UnknownRegionError, match="Unknown region: 'moon'"):
        ours.get_partition_for_region("moon")
    with pytest.raises(exceptions.UnknownServiceError, match="Unknown service: 's3'"):
        ours.get_available_regions("s3")


@pytest.mark.parametrize("module", MODULES)
def test_a_profile_that_is_not_there_is_an_error_at_once(module: Any) -> None:
    with pytest.raises(exceptions.ProfileNotFound, match=r"The config profile \(nowhere\) could not be found"):
        module.Session(profile_name="nowhere")


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(exceptions.PartialCredentialsError, match="missing: aws_secret_access_key"):
        chimeline.Session("AKID")
    with pytest.raises(exceptions.NoCredentialsError):
        chimeline.Session(aws_account_id="123456789012")
    with pytest.raises(TypeError, match="not both"):
        chimeline.Session("AKID", "secret", credentials=dict)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"botocore_session is not supported; take what it has: Session\(credentials="):
        chimeline.Session(botocore_session=boto3.Session()._session)  # type: ignore[arg-type]


@pytest.mark.parametrize("module", MODULES)
async def test_clients_have_the_sessions_settings(module: Any, server: Server) -> None:
    session = module.Session(profile_name="a", region_name="eu-central-1")
    assert SECRET not in repr(session)
    client = session.client(SERVICE, endpoint_url=server.url)
    found = client.list_media_pipelines()
    if module is chimeline:
        await found
    assert "Credential=AKIDA/" in server.requests[0].headers["authorization"]
    assert client.meta.region_name == "eu-central-1"
    other = session.client(SERVICE, "us-east-1", endpoint_url=server.url, **KEYS)
    assert other.meta.region_name == "us-east-1"
    found = other.list_media_pipelines()
    if module is chimeline:
        await found
    assert f"Credential={KEYS['aws_access_key_id']}/" in server.requests[1].headers["authorization"]


def test_keys_of_a_client_replace_all_of_the_sessions(server: Server) -> None:
    session = chimeline.blocking.Session("AKIDS", "secret", "token", "us-east-1")
    session.client(SERVICE, endpoint_url=server.url).list_media_pipelines()
    session.client(SERVICE, endpoint_url=server.url, **KEYS).list_media_pipelines()
    first, second = server.requests
    assert first.headers["x-amz-security-token"] == "token"
    assert "x-amz-security-token" not in second.headers


def test_events_of_a_session_are_those_of_its_clients(server: Server) -> None:
    session = chimeline.blocking.Session(region_name="us-east-1", **KEYS)
    early = session.client(SERVICE, endpoint_url=server.url)
    seen: list[str] = []
    session.events.register("before-call", lambda event_name, **_: seen.append(event_name))
    late = session.client(SERVICE, endpoint_url=server.url)
    late.meta.events.register("after-call", lambda event_name, **_: seen.append(event_name))
    early.list_media_pipelines()
    late.list_media_pipelines()
    session.client(SERVICE, endpoint_url=server.url).list_media_pipelines()
    name = f"{SERVICE}.ListMediaPipelines"
    assert seen == [f"before-call.{name}", f"after-call.{name}", f"before-call.{name}"]


async def test_the_default_session_serves_both_kinds_of_clients(server: Server) -> None:
    chimeline.setup_default_session(profile_name="a", region_name="eu-central-1")
    client = chimeline.client(SERVICE, endpoint_url=server.url)
    await client.list_media_pipelines()
    chimeline.blocking.client(SERVICE, endpoint_url=server.url).list_media_pipelines()
    assert [request.headers["authorization"].split("Credential=")[1][:5] for request in server.requests] == ["AKIDA"] * 2
    assert client.meta.region_name == "eu-central-1"
    assert chimeline.client(SERVICE, profile_name="b").meta.region_name == "eu-central-1"
    with pytest.raises(exceptions.ProfileNotFound):
        chimeline.setup_default_session(profile_name="nowhere")


async def test_aiobotocores_ways_in_work(server: Server) -> None:
    session = chimeline.get_session()
    async with session.create_client(SERVICE, region_name="us-east-1", endpoint_url=server.url, **KEYS) as client:
        await client.list_media_pipelines()
    async with chimeline.Session(region_name="us-east-1", **KEYS).client(SERVICE, endpoint_url=server.url) as client:
        await client.list_media_pipelines()
    assert len(server.requests) == 2
    with chimeline.blocking.get_session().create_client(SERVICE, "us-east-1", endpoint_url=server.url, **KEYS) as blocking:
        blocking.list_media_pipelines()


@pytest.mark.parametrize("name", ["", "chimeline"])
def test_a_stream_logger_shows_what_boto3s_would(name: str, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    import logging

    logger = logging.getLogger(name)
    before, level = list(logger.handlers), logger.level
    try:
        chimeline.set_stream_logger(name, logging.DEBUG)
        chimeline.blocking.client(SERVICE, "us-east-1", endpoint_url=server.url, **KEYS).list_media_pipelines()
    finally:
        logger.handlers, logger.level = before, level
    shown = capsys.readouterr().err
    assert " chimeline [DEBUG] chime-sdk-media-pipelines.ListMediaPipelines: HTTP 201 in " in shown
    assert SECRET not in shown


@pytest.mark.parametrize(
    ("given", "variables", "method"),
    [
        ({"aws_access_key_id": "AKIDX", "aws_secret_access_key": "hidden-1", "aws_session_token": "t"}, {}, "explicit"),
        ({"profile_name": "a"}, {}, "chain"),
        ({}, {"AWS_ACCESS_KEY_ID": "AKIDE", "AWS_SECRET_ACCESS_KEY": "hidden-2"}, "chain"),
    ],
)
async def test_credentials_are_boto3s(
    given: dict[str, str], variables: dict[str, str], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    due = boto3.Session(**given).get_credentials().get_frozen_credentials()
    found = chimeline.blocking.Session(**given).get_credentials()
    assert found is not None
    assert tuple(found.get_frozen_credentials())[:3] == tuple(due)[:3]
    assert (found.access_key, found.secret_key, found.token, found.method) == (*tuple(due)[:3], method)
    assert not found.refresh_needed()
    awaited = await chimeline.Session(**given).get_credentials()
    assert awaited is not None
    assert tuple(await awaited.get_frozen_credentials())[:3] == tuple(due)[:3]
    for shown in (repr(found), repr(awaited), repr(found.get_frozen_credentials())):
        assert due.secret_key not in shown


async def test_without_credentials_there_are_none() -> None:
    assert boto3.Session(profile_name="b").get_credentials() is None
    assert chimeline.blocking.Session(profile_name="b").get_credentials() is None
    assert await chimeline.Session(profile_name="b").get_credentials() is None


async def test_functions_are_asked_again_when_their_credentials_are_due() -> None:
    calls = 0

    def provide() -> Any:
        nonlocal calls
        calls += 1
        return {"access_key": f"AKID{calls}", "secret_key": "s", "token": None, "expiry_time": time.time() + 100}

    async def provide_awaited() -> Any:
        return provide()

    found = chimeline.blocking.Session(credentials=provide).get_credentials()
    assert found is not None
    assert found.get_frozen_credentials().access_key == "AKID2"
    awaited = await chimeline.Session(credentials=provide_awaited).get_credentials()
    assert awaited is not None
    assert (await awaited.get_frozen_credentials()).access_key == "AKID4"
    with pytest.raises(exceptions.CredentialRetrievalError, match="ZeroDivisionError"):
        chimeline.blocking.Session(credentials=lambda: 1 / 0).get_credentials()  # type: ignore[arg-type, return-value]


async def test_clients_of_one_session_share_credentials_and_connections(server: Server) -> None:
    calls = 0

    def provide() -> Any:
        nonlocal calls
        calls += 1
        return {"access_key": "AKIDF", "secret_key": "s", "expiry_time": time.time() + 3600}

    blocking = chimeline.blocking.Session(region_name="us-east-1", credentials=provide)
    for service in (SERVICE, "chime-sdk-media-pipelines", SERVICE):
        blocking.client(service, endpoint_url=server.url).list_media_pipelines()
    assert calls == 1
    assert server.connections == 1
    session = chimeline.Session(region_name="us-east-1", credentials=provide)
    for _ in range(3):
        await session.client(SERVICE, endpoint_url=server.url).list_media_pipelines()
    assert calls == 2
    assert server.connections == 2


def test_clients_that_differ_share_nothing(server: Server) -> None:
    session = chimeline.blocking.Session(region_name="us-east-1", **KEYS)
    for config in (None, chimeline.Config(read_timeout=5), chimeline.Config(max_pool_connections=3)):
        session.client(SERVICE, endpoint_url=server.url, config=config).list_media_pipelines()
    assert server.connections == 3
