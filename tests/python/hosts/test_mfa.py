"""Profiles with an `mfa_serial`: the code is asked for once, and what it gives is shared with the AWS CLI by its cache."""

from __future__ import annotations

import asyncio
import datetime
import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qs

import botocore.session
import pytest
from botocore.credentials import JSONFileCache

import chimeline
from chimeline import exceptions
from conftest import CREATED, INPUT
from server import Answer, Request, Server

SERIAL = "arn:aws:iam::111122223333:mfa/ada"
CODE = "123456"
CONFIG = f"""
[profile admin]
role_arn = arn:aws:iam::111122223333:role/admin
source_profile = base
mfa_serial = {SERIAL}
region = us-east-1
duration_seconds = 3600

[profile plain]
role_arn = arn:aws:iam::111122223333:role/plain
source_profile = base
region = us-east-1

[profile behind]
role_arn = arn:aws:iam::111122223333:role/behind
source_profile = admin
region = us-east-1
"""
KEYS = """
[base]
aws_access_key_id = AKIDBASE
aws_secret_access_key = of-the-base
"""


def sts(request: Request, lifetime: float = 3600) -> Answer:
    """STS, which knows one code."""
    asked = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    if "SerialNumber" in asked and asked.get("TokenCode") != CODE:
        text = "MultiFactorAuthentication failed with invalid MFA one time pass code."
        body = f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>{text}</Message></Error></ErrorResponse>"
        return Answer(403, body.encode(), [("Content-Type", "text/xml")])
    ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=lifetime)
    role = asked["RoleArn"].rpartition("/")[2]
    body = f"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
        <AccessKeyId>AKID{role.upper()}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
        <Expiration>{ends:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>
        <AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId><Arn>{asked["RoleArn"]}</Arn></AssumedRoleUser></AssumeRoleResult>
        </AssumeRoleResponse>"""
    return Answer(200, body.encode(), [("Content-Type", "text/xml")])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(CONFIG)
    (tmp_path / ".aws/credentials").write_text(KEYS)
    return tmp_path


@pytest.fixture
def at(home: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """STS and the service, at one address."""
    server.default = lambda request: sts(request) if b"AssumeRole" in request.body else CREATED
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    return server


def prompts(*codes: Any) -> Any:
    return mock.Mock(side_effect=codes)


def blocking(prompt: Any = None, profile: str = "admin", **options: Any) -> Any:
    return chimeline.blocking.client("chime", profile_name=profile, config=chimeline.Config(mfa_prompt=prompt, **options))


def signers(server: Server) -> list[str]:
    """Who signed the calls to the service."""
    calls = [request for request in server.requests if b"AssumeRole" not in request.body]
    return [call.headers["authorization"].split("Credential=")[1].split("/")[0] for call in calls]


def test_the_code_is_asked_for_with_botocores_text_and_once(at: Server) -> None:
    prompt = prompts(f" {CODE}\n")
    client = blocking(prompt)
    for _ in range(2):
        client.create_media_capture_pipeline(**INPUT)
    prompt.assert_called_once_with(f"Enter MFA code for {SERIAL}: ")
    assert signers(at) == ["AKIDADMIN", "AKIDADMIN"]
    asked = parse_qs(at.requests[0].body.decode())
    assert (asked["SerialNumber"], asked["TokenCode"], asked["DurationSeconds"]) == ([SERIAL], [CODE], ["3600"])
    assert "AKIDBASE" in at.requests[0].headers["authorization"]


@pytest.mark.parametrize("kind", ["function", "coroutine function"])
async def test_an_awaited_client_asks_too_while_the_loop_goes_on(at: Server, kind: str) -> None:
    asked: list[str] = []

    async def awaited(text: str) -> str:
        asked.append(text)
        await asyncio.sleep(0.05)
        return CODE

    def function(text: str) -> str:
        asked.append(text)
        return CODE

    prompt: Any = awaited if kind == "coroutine function" else function
    client = chimeline.client("chime", profile_name="admin", config=chimeline.Config(mfa_prompt=prompt))
    await asyncio.gather(*(client.create_media_capture_pipeline(**INPUT) for _ in range(5)))
    assert asked == [f"Enter MFA code for {SERIAL}: "]
    assert signers(at) == ["AKIDADMIN"] * 5


def test_a_code_is_asked_for_once_by_all_programs_the_aws_cli_included(at: Server, home: Path) -> None:
    blocking(prompts(CODE)).create_media_capture_pipeline(**INPUT)
    (file,) = (home / ".aws/cli/cache").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    never = prompts()
    blocking(never).create_media_capture_pipeline(**INPUT)
    # What the CLI does: botocore's providers with a cache of files.
    session = botocore.session.Session(profile="admin")
    provider = session.get_component("credential_provider").get_provider("assume-role")
    provider.cache, provider._prompter = JSONFileCache(str(home / ".aws/cli/cache")), never
    credentials = session.get_credentials()
    assert credentials is not None
    assert credentials.get_frozen_credentials().access_key == "AKIDADMIN"
    never.assert_not_called()


def test_what_the_aws_cli_was_given_is_taken(at: Server, home: Path) -> None:
    session = botocore.session.Session(profile="admin")
    session.set_config_variable("region", "us-east-1")
    provider = session.get_component("credential_provider").get_provider("assume-role")
    provider.cache, provider._prompter = JSONFileCache(str(home / ".aws/cli/cache")), prompts(CODE)
    credentials = session.get_credentials()
    assert credentials is not None
    credentials.get_frozen_credentials()
    never = prompts()
    blocking(never).create_media_capture_pipeline(**INPUT)
    never.assert_not_called()
    assert signers(at) == ["AKIDADMIN"]


def test_what_is_about_to_expire_is_asked_for_anew(at: Server, home: Path) -> None:
    at.default = lambda request: sts(request, 600) if b"AssumeRole" in request.body else CREATED
    for _ in range(2):
        prompt = prompts(CODE)
        blocking(prompt).create_media_capture_pipeline(**INPUT)
        prompt.assert_called_once()
    (file,) = (home / ".aws/cli/cache").iterdir()
    file.write_text("not JSON")
    prompt = prompts(CODE)
    blocking(prompt).create_media_capture_pipeline(**INPUT)
    prompt.assert_called_once()


def test_a_role_behind_the_one_with_a_code_is_assumed_with_it(at: Server) -> None:
    prompt = prompts(CODE)
    blocking(prompt, "behind").create_media_capture_pipeline(**INPUT)
    prompt.assert_called_once()
    assert signers(at) == ["AKIDBEHIND"]
    never = prompts()
    blocking(never, "behind").create_media_capture_pipeline(**INPUT)
    never.assert_not_called()


def test_roles_without_a_device_are_neither_asked_for_nor_kept(at: Server, home: Path) -> None:
    never = prompts()
    blocking(never, "plain").create_media_capture_pipeline(**INPUT)
    never.assert_not_called()
    assert not (home / ".aws/cli").exists()


def test_credentials_that_are_there_need_no_code(at: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "admin")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    never = prompts()
    chimeline.blocking.client("chime", config=chimeline.Config(mfa_prompt=never)).create_media_capture_pipeline(**INPUT)
    never.assert_not_called()
    assert signers(at) == ["AKIDENV"]


def test_a_wrong_code_and_a_prompt_that_fails_fail_the_one_call(at: Server) -> None:
    client = blocking(prompts("000000", EOFError("no terminal"), 123456, CODE))
    with pytest.raises(exceptions.CredentialRetrievalError, match="MultiFactorAuthentication failed") as caught:
        client.create_media_capture_pipeline(**INPUT)
    assert "000000" not in str(caught.value)
    with pytest.raises(exceptions.CredentialRetrievalError, match="EOFError") as caught:
        client.create_media_capture_pipeline(**INPUT)
    assert isinstance(caught.value.__cause__, EOFError)
    with pytest.raises(exceptions.CredentialRetrievalError) as caught:
        client.create_media_capture_pipeline(**INPUT)
    assert "mfa_prompt must return the code as a str, not int" in str(caught.value.__cause__)
    client.create_media_capture_pipeline(**INPUT)


async def test_a_blocking_client_takes_no_coroutine_function_to_ask(at: Server) -> None:
    async def prompt(_: str) -> str:
        return CODE

    with pytest.raises(TypeError, match="mfa_prompt"):
        blocking(prompt)
    with pytest.raises(TypeError, match="mfa_prompt must be a function, not str"):
        chimeline.Config(mfa_prompt="123456")


def test_a_person_is_asked_on_the_terminal(at: Server, home: Path) -> None:
    """In a process with a terminal of its own, as `getpass` wants one."""
    code = f"""
import chimeline.blocking
response = chimeline.blocking.client("chime", profile_name="admin").create_media_capture_pipeline(**{json.dumps(INPUT)})
print(response["MediaCapturePipeline"]["Status"], flush=True)
"""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "HOME": str(home), "AWS_ENDPOINT_URL": at.url}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=environment
    )
    os.close(theirs)
    shown = b""
    while b"Enter MFA code" not in shown:
        shown += os.read(ours, 1024)
    os.write(ours, CODE.encode() + b"\n")
    try:
        while b"Initializing" not in shown:
            shown += os.read(ours, 1024)
    except OSError:  # of a terminal whose process has ended
        pass
    assert process.wait(20) == 0, shown
    os.close(ours)
    assert f"Enter MFA code for {SERIAL}: ".encode() in shown
    assert b"Initializing" in shown
    assert CODE.encode() not in shown
