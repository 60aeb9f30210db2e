"""Keys, tokens, ARNs and ids of users are marked, calls of all kinds are made with everything logged, and the marks are looked
for where they do not belong. They belong in requests, in results, and where a fault quotes the caller's own wrong value."""

from __future__ import annotations

import asyncio
import json
import pickle
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import chimeline
from chimeline import Config, exceptions
from server import Answer, Reset, Server, Stall, Step

TOKEN = "MARKtoken0123456789/abcdefghijklmnopqrstuvwxyz+0123456789=="
ARN = "arn:aws:chime:us-east-1:111122223333:meeting/MARKarn-0e8f2a3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c"
USER = "MARKuser"
KEYS = {
    "aws_access_key_id": "AKIAMARKID0123456789",
    "aws_secret_access_key": "MARKsecret0123456789/abcdefghijklmnopqrs",
    "aws_session_token": TOKEN,
}
INPUT: dict[str, Any] = {
    "ClientRequestToken": "MARKrequest",
    "MediaRegion": "us-east-1",
    "ExternalMeetingId": USER,
    "MeetingHostId": USER,
    "NotificationsConfiguration": {"SnsTopicArn": ARN, "SqsQueueArn": ARN},
}
FOUND = {"AccessKeyId": KEYS["aws_access_key_id"], "SecretAccessKey": KEYS["aws_secret_access_key"], "Token": TOKEN}
SECRET = json.dumps({"Meeting": {"MeetingArn": ARN, "ExternalMeetingId": USER}, "JoinToken": TOKEN}).encode()
SIGNED = f"The Canonical String should have been 'POST\n/\n\nx-amz-security-token:{TOKEN}'"

STEPS: dict[str, Step] = {
    "success": Answer(200, SECRET),
    "cut JSON": Answer(200, SECRET[:60]),
    "HTML": Answer(200, f'<html><a href="{ARN}">{ARN}</a> {TOKEN}'.encode()),
    "another type": Answer(200, {"Meeting": USER}),
    "cut body": Answer(raw=b"HTTP/1.1 200 X\r\nContent-Length: 5000\r\n\r\n" + SECRET, close=True),
    "no HTTP": Answer(raw=SECRET, close=True),
    "reset": Reset(),
    "timeout": Stall(),
    "signature": Answer(403, {"Code": "InvalidSignatureException", "Message": SIGNED}),
    "strange code": Answer(400, {"Code": f"x {TOKEN}\nINFO y", "Message": "m"}),
    "wrong request": Answer(400, {"Code": "BadRequestException", "Message": "m"}),
    "refusal": Answer(403, {"Code": "ForbiddenException", "Message": "m"}),
    "throttling": Answer(429, {"Code": "ThrottlingException", "Message": "m"}),
    "failure": Answer(500, {"Code": "ServiceFailureException", "Message": "m"}),
}

Make = Callable[..., Any]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(1)
    for name in ("chimeline", "asyncio"):
        caplog.set_level(1, name)
    return caplog


@pytest.fixture(params=["blocking", "asyncio"])
def make(request: pytest.FixtureRequest) -> Make:
    """Makes a client; its method is called in the same way whether it blocks or is awaited."""
    module = chimeline.blocking if request.param == "blocking" else chimeline

    def client(server: Server, *, config: Config | None = None, **keys: Any) -> Any:
        limits = (config or Config()).merge(Config(read_timeout=0.1, retries={"total_max_attempts": 2}))
        return module.client("chime-sdk-meetings", "us-east-1", endpoint_url=server.url, config=limits, **keys)

    return client


def outcome(client: Any, **params: Any) -> Any:
    """What a call gives or raises."""
    try:
        result = client.create_meeting(**params)
        return asyncio.run(awaited(result)) if asyncio.iscoroutine(result) else result
    except exceptions.ChimelineError as error:
        return error


async def awaited(call: Any) -> Any:
    return await call


def shown(thing: Any) -> str:
    """All that a program may come to show of a thing."""
    parts = [str(thing), repr(thing)]
    if isinstance(thing, exceptions.ChimelineError):
        parts += traceback.format_exception(thing)
        parts += [repr(thing.args), repr(vars(thing)), pickle.dumps(thing).decode("latin-1"), repr(thing.attempts)]
    if hasattr(thing, "meta"):
        config = thing.meta.config
        parts += [repr(thing.meta), str(config), repr(vars(config)), repr(thing.meta.sources)]
    return "\n".join(parts)


def assert_clean(*things: Any) -> None:
    for thing in things:
        text = shown(thing)
        at = text.find("MARK")
        assert at < 0, text[max(0, at - 200) : at + 60]


def lines(log: pytest.LogCaptureFixture) -> list[str]:
    return [f"{record.name} {record.getMessage()} {record.exc_info}" for record in log.records]


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("validation", [True, "strict"])
def test_no_call_leaves_a_secret(
    server: Server, make: Make, log: pytest.LogCaptureFixture, step: Step, validation: bool | str
) -> None:
    server.default = step
    client = make(server, config=Config(parameter_validation=validation), **KEYS)
    done = outcome(client, **INPUT)
    assert server.requests
    for request in server.requests:
        assert request.headers["x-amz-security-token"] == TOKEN
        assert ARN in request.body.decode()
    attempts = done.attempts if isinstance(done, exceptions.ChimelineError) else done["ResponseMetadata"]["Attempts"]
    assert_clean(done if isinstance(done, Exception) else done["ResponseMetadata"], client, lines(log))
    assert len([line for line in lines(log) if line.startswith("chimeline ")]) == len(attempts) + 1


@pytest.mark.parametrize(
    "wrong", [{"MediaRegion": 5}, {"MeetingHostId": "M"}, {"Unknown": USER}, {"NotificationsConfiguration": {"SnsTopicArn": 5}}]
)
def test_a_fault_quotes_its_own_value_alone(
    server: Server, make: Make, log: pytest.LogCaptureFixture, wrong: dict[str, Any]
) -> None:
    client = make(server, config=Config(parameter_validation="strict"), **KEYS)
    error = outcome(client, **{**INPUT, **wrong})
    assert isinstance(error, exceptions.ParamValidationError)
    assert_clean(error, lines(log))


def test_a_key_that_cannot_be_sent_is_not_quoted(server: Server, make: Make, log: pytest.LogCaptureFixture) -> None:
    client = make(server, **{**KEYS, "aws_session_token": f"{TOKEN}\n"})
    error = outcome(client, **INPUT)
    assert isinstance(error, exceptions.ChimelineError)
    assert_clean(error, client, lines(log))


@pytest.mark.parametrize("found", [json.dumps(FOUND), json.dumps(FOUND)[:-60]], ids=["good", "cut"])
@pytest.mark.parametrize("place", ["container", "process", "function"])
def test_no_provider_leaves_a_secret(
    server: Server,
    make: Make,
    log: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    place: str,
    found: str,
) -> None:
    found = found[:-1] + ', "Expiration": "2124-02-29T12:34:56Z"}' if found.endswith("}") else found
    keys: dict[str, Any] = {}
    with Server(Answer(200, found.encode())) as container:
        if place == "container":
            monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{container.url}/MARKpath")
            monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", TOKEN)
        elif place == "process":
            (tmp_path / "output").write_text(found.replace('"Token"', '"Version": 1, "SessionToken"'))
            (tmp_path / "config").write_text(f"[default]\ncredential_process = cat {tmp_path}/output\n")
            monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        else:
            keys = {"credentials": lambda: own(found)}
        client = make(server, **keys)
        done = outcome(client, **INPUT)
    assert isinstance(done, exceptions.CredentialRetrievalError) == (not found.endswith("}")), done
    assert_clean(done if isinstance(done, Exception) else done["ResponseMetadata"], client, lines(log))


def own(found: str) -> dict[str, Any]:
    """As a user's function would give them, or fail; the text of its error is its own."""
    if not found.endswith("}"):
        raise ValueError("the vault is shut")
    keys = json.loads(found)
    return {"access_key": keys["AccessKeyId"], "secret_key": keys["SecretAccessKey"], "token": keys["Token"]}


def test_neither_a_proxy_nor_a_pickle_shows_its_secret(server: Server, make: Make, log: pytest.LogCaptureFixture) -> None:
    proxies = {"http": "http://MARKname:MARKpassword@127.0.0.1:1", "https": "http://MARKname:MARKpassword@127.0.0.1:1"}
    client = make(server, config=Config(proxies=proxies), **KEYS)
    error = outcome(client, **INPUT)
    assert isinstance(error, exceptions.ProxyConnectionError | exceptions.EndpointConnectionError)
    assert_clean(error, repr(client), lines(log))
    with pytest.raises(TypeError, match="does not pickle") as refused:
        pickle.dumps(client)
    assert "MARK" not in str(refused.value)
