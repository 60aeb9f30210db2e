"""Providers of credentials that are broken, slow to renew, or elsewhere than usual: what botocore makes of them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import chimeline
from chimeline import exceptions
from server import Answer, Request, Server

SERVICE = "chime-sdk-media-pipelines"
ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser>
<AssumedRoleId>A:s</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn></AssumedRoleUser><Credentials>
<AccessKeyId>AKROLE</AccessKeyId><SecretAccessKey>SKROLE</SecretAccessKey><SessionToken>T</SessionToken>
<Expiration>2038-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""
ROLE = """
    [default]
    role_arn = arn:aws:iam::111122223333:role/recorder
    source_profile = base
    [profile base]
    aws_access_key_id = AKBASE
    aws_secret_access_key = SKBASE
"""
XML = [("Content-Type", "text/xml")]


@pytest.fixture
def of_client(server: Server) -> dict[str, Any]:
    return {"region_name": "us-east-1", "endpoint_url": server.url}


def write(home: Path, text: str) -> None:
    (home / ".aws").mkdir(exist_ok=True)
    (home / ".aws" / "config").write_text(textwrap.dedent(text))


def keys_of(server: Server) -> list[str]:
    return [request.headers["authorization"].split("Credential=")[1].split("/")[0] for request in server.requests]


def test_a_session_of_sso_that_says_too_little_fails_beside_other_credentials_too(
    of_client: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SKENV")
    profile = "[default]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\n[sso-session s]\n"
    region, url = "sso_region = us-east-1\n", "sso_start_url = https://sso.example\n"
    for settings, missing in [(region, "sso_start_url"), (url, "sso_region"), ("", "sso_start_url, sso_region")]:
        write(tmp_path, profile + settings)
        with pytest.raises(exceptions.InvalidConfigError, match=rf"following configuration: {missing}\."):
            chimeline.blocking.client(SERVICE, **of_client)
    write(tmp_path, profile + region + url)
    chimeline.blocking.client(SERVICE, **of_client).list_media_pipelines()


@pytest.mark.parametrize(("given", "asked"), [("", "/"), ("/", "/"), ("/p/q", "/p/q"), ("/p/q/", "/p/q/")])
def test_the_path_of_an_endpoint_of_sts_stays_as_it_is(
    given: str, asked: str, of_client: dict[str, Any], server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tmp_path, ROLE)
    with Server(Answer(200, ASSUMED.encode(), XML)) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url + given)
        chimeline.blocking.client(SERVICE, **of_client).list_media_pipelines()
        assert [request.target for request in sts.requests] == [asked]
    assert keys_of(server) == ["AKROLE"]


def test_a_role_is_asked_for_again_where_its_identity_provider_was_not_reached(
    of_client: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tmp_path, ROLE)
    body = b"<ErrorResponse><Error><Code>IDPCommunicationError</Code><Message>no</Message></Error></ErrorResponse>"
    with Server(Answer(400, body, XML)) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        with pytest.raises(exceptions.CredentialRetrievalError, match="IDPCommunicationError"):
            chimeline.blocking.client(SERVICE, **of_client).list_media_pipelines()
        assert len(sts.requests) == 3


def test_a_connection_that_fails_while_credentials_are_loaded_is_named_as_one_and_not_tried_again_by_the_call(
    of_client: dict[str, Any], server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tmp_path, ROLE)
    with Server(Answer(raw=b"", close=True)) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        with pytest.raises(exceptions.ConnectionClosedError, match="retrieving credentials from assume-role") as caught:
            chimeline.blocking.client(SERVICE, **of_client).list_media_pipelines()
        assert len(sts.requests) == 3
        assert "was not sent" in caught.value.hint
    with pytest.raises(exceptions.EndpointConnectionError, match="retrieving credentials from assume-role"):
        chimeline.blocking.client(SERVICE, **of_client).list_media_pipelines()
    assert server.requests == []


def metadata(document: dict[str, Any], token: bytes = b"TOKEN") -> Callable[[Request], Answer]:
    def respond(request: Request) -> Answer:
        if request.method == "PUT":
            return Answer(200, token)
        return Answer(200, b"role" if request.target.endswith("/") else document)

    return respond


def test_credentials_of_an_instance_are_used_beyond_their_expiry_where_it_has_no_newer_ones(
    of_client: dict[str, Any], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"AccessKeyId": "AKIMDS", "SecretAccessKey": "SK", "Token": "T", "Code": "Success"}
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    for minutes in (-600, 1, 10):
        expiry = datetime.now(timezone.utc) + timedelta(minutes=minutes)
        server.requests.clear()
        with Server(metadata({**keys, "Expiration": expiry.strftime("%Y-%m-%dT%H:%M:%SZ")})) as imds:
            monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url)
            client = chimeline.blocking.client(SERVICE, **of_client)
            for _ in range(3):
                client.list_media_pipelines()
            assert (keys_of(server), len(imds.requests)) == (["AKIMDS"] * 3, 3)


def test_a_token_that_no_header_can_hold_is_none(of_client: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    with Server(metadata({}, token=b"TOKEN\n")) as imds:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url)
        with pytest.raises(exceptions.NoCredentialsError, match="gave no token"):
            chimeline.blocking.client(SERVICE, **of_client).list_media_pipelines()
        assert [request.method for request in imds.requests] == ["PUT"]


WITHOUT_DESCRIPTORS = """
    import os, resource, sys
    import chimeline, chimeline.blocking
    from chimeline import exceptions
    chimeline.blocking.client("chime", region_name="us-east-1")
    unused = os.open("/dev/null", os.O_RDONLY)
    resource.setrlimit(resource.RLIMIT_NOFILE, (unused, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    for options in ({}, {"profile_name": "other"}):
        try:
            chimeline.blocking.client("chime", region_name="us-east-1", endpoint_url="http://127.0.0.1:1", **options)
        except exceptions.ChimelineError as error:
            os.write(1, f"{type(error).__name__}: {error}\\n".encode())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_a_config_file_that_no_descriptor_is_left_for_is_neither_absent_nor_invalid(tmp_path: Path) -> None:
    write(tmp_path, "[profile other]\naws_access_key_id = AK\naws_secret_access_key = SK\n")
    command = [sys.executable, "-c", textwrap.dedent(WITHOUT_DESCRIPTORS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done
    for line in lines:
        assert line.startswith("EndpointConnectionError: the config file"), line
        assert "ulimit -n" in line


def test_a_variable_of_libraries_is_read_when_a_client_is_made_and_not_by_its_calls(server: Server, tmp_path: Path) -> None:
    write(tmp_path, ROLE)
    program = """
        import os, sys
        import chimeline
        client = chimeline.blocking.client("chime-sdk-media-pipelines", "us-east-1", endpoint_url=sys.argv[1])
        os.environ["SMITHY_CLIENT_SDK_CUSTOM_PARTITION"] = "/there/is/no/such/file"
        client.list_media_pipelines()
    """
    with Server(Answer(200, ASSUMED.encode(), XML)) as sts:
        environment = {**os.environ, "AWS_ENDPOINT_URL_STS": sts.url}
        command = [sys.executable, "-c", textwrap.dedent(program), server.url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert keys_of(server) == ["AKROLE"]
