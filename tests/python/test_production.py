"""Limits of calls, credentials of the user's, the log, and where settings come from."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import logging
import threading
import time
from pathlib import Path
from typing import Any

import boto3
import pytest

import chimeline
from authority import Authority
from chimeline import exceptions
from conftest import CREATED, INPUT, KEYS, SECRET
from server import Answer, Server, Stall

THROTTLED = Answer(429, {"Code": "Throttled", "Message": "m"}, [("x-amzn-ErrorType", "ThrottledClientException")])
GIVEN = {"access_key": "AKGIVEN", "secret_key": "SKGIVEN", "token": "TKGIVEN"}


@pytest.fixture
def where(server: Server) -> dict[str, Any]:
    return {"region_name": "us-east-1", "endpoint_url": server.url}


def in_seconds(seconds: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)


def test_a_view_has_limits_of_its_own_and_shares_the_connections(blocking: Any, server: Server) -> None:
    blocking.create_media_capture_pipeline(**INPUT)
    server.default = Stall()
    started = time.monotonic()
    with pytest.raises(
        exceptions.CallTimeoutError, match=r"timed out after 0\.05 s: it was in attempt 1, connecting to http"
    ) as caught:
        blocking.with_options(timeout=0.05).create_media_capture_pipeline(**INPUT)
    assert time.monotonic() - started < 5
    assert [line["Code"] for line in caught.value.attempts] == ["CallTimeoutError"]
    assert server.connections == 1
    with pytest.raises(exceptions.ReadTimeoutError) as attempt:
        blocking.with_options(attempt_timeout=0.05, max_attempts=1).create_media_capture_pipeline(**INPUT)
    assert len(attempt.value.attempts) == 1


def test_views_add_up(blocking: Any, server: Server) -> None:
    server.default = THROTTLED
    view = blocking.with_options(max_attempts=1).with_options(timeout=5)
    with pytest.raises(exceptions.ThrottledClientException) as caught:
        view.create_media_capture_pipeline(**INPUT)
    assert len(caught.value.attempts) == 1
    assert server.requests[0].headers["amz-sdk-request"] == "attempt=1; max=1"


def test_limits_that_are_none_name_themselves(blocking: Any) -> None:
    with pytest.raises(exceptions.InvalidConfigError, match="timeout"):
        blocking.with_options(timeout=0)
    with pytest.raises(exceptions.InvalidConfigError, match="max_attempts"):
        blocking.with_options(max_attempts=0)
    with pytest.raises(TypeError, match="attempt_timeout must be a number, not str"):
        blocking.with_options(attempt_timeout="soon")


async def test_a_deadline_covers_the_wait_for_a_connection(server: Server, options: dict[str, Any]) -> None:
    server.default = Stall()
    client = chimeline.client("chime", **options, config=chimeline.Config(max_concurrency=1))
    first = asyncio.create_task(client.create_media_capture_pipeline(**INPUT))
    while not server.requests:
        await asyncio.sleep(0.01)
    with pytest.raises(exceptions.CallTimeoutError, match="waiting for a free connection for attempt 1"):
        await client.with_options(timeout=0.05).create_media_capture_pipeline(**INPUT)
    first.cancel()


def test_a_deadline_covers_the_wait_of_a_blocking_call_for_a_connection(server: Server, options: dict[str, Any]) -> None:
    server.default = Stall()
    client = chimeline.blocking.client("chime", **options, config=chimeline.Config(max_concurrency=1, read_timeout=1))

    def occupy() -> None:
        with contextlib.suppress(exceptions.ReadTimeoutError):
            client.with_options(max_attempts=1).list_media_capture_pipelines()

    thread = threading.Thread(target=occupy)
    thread.start()
    while not server.requests:
        time.sleep(0.01)
    with pytest.raises(exceptions.CallTimeoutError, match=r"timed out after 0\.05 s: it was waiting for a free connection"):
        client.with_options(timeout=0.05).list_media_capture_pipelines()
    thread.join()


async def test_a_deadline_covers_backoff(server: Server, client: Any) -> None:
    server.default = Answer(429, {"Code": "Throttled"}, [("x-amz-retry-after", "4000")])
    with pytest.raises(exceptions.CallTimeoutError, match="waiting before attempt 2"):
        await client.with_options(timeout=0.2).create_media_capture_pipeline(**INPUT)


@pytest.mark.parametrize("expiry", [None, 3600.0])
async def test_a_function_gives_credentials_once_for_many_calls(
    server: Server, where: dict[str, Any], expiry: float | None
) -> None:
    asked = []

    def provider() -> dict[str, Any]:
        asked.append(threading.current_thread())
        return {**GIVEN, "expiry_time": expiry and in_seconds(expiry)}

    blocking = chimeline.blocking.client("chime", **where, credentials=provider)
    for _ in range(3):
        blocking.create_media_capture_pipeline(**INPUT)
    assert len(asked) == 1
    awaited = chimeline.client("chime", **where, credentials=provider)
    await asyncio.gather(*(awaited.create_media_capture_pipeline(**INPUT) for _ in range(10)))
    assert len(asked) == 2
    for request in server.requests:
        assert "Credential=AKGIVEN/" in request.headers["authorization"]
        assert request.headers["x-amz-security-token"] == "TKGIVEN"


async def test_a_coroutine_function_gives_credentials_in_a_single_flight(server: Server, where: dict[str, Any]) -> None:
    asked = 0

    async def provider() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.02)
        return {"AccessKeyId": "AK", "SecretAccessKey": "SK", "Expiration": in_seconds(3600).isoformat()}

    client = chimeline.client("chime", **where, credentials=provider)
    await asyncio.gather(*(client.create_media_capture_pipeline(**INPUT) for _ in range(20)))
    assert asked == 1
    assert "x-amz-security-token" not in server.requests[0].headers
    with pytest.raises(TypeError, match="coroutine function"):
        chimeline.blocking.client("chime", **where, credentials=provider)


async def test_credentials_near_their_expiry_are_used_while_fresh_ones_load(
    server: Server, where: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["OLD", "NEW"]
    release = asyncio.Event()

    async def provider() -> dict[str, Any]:
        name = names.pop(0)
        if name == "NEW":
            await release.wait()
        return {"access_key": name, "secret_key": "SK", "expiry_time": time.time() + 3600}

    client = chimeline.client("chime", **where, credentials=provider)
    await client.create_media_capture_pipeline(**INPUT)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3400)
    for _ in range(3):
        await client.create_media_capture_pipeline(**INPUT)
    assert names == []
    assert all("Credential=OLD/" in request.headers["authorization"] for request in server.requests)
    release.set()
    await asyncio.sleep(0.02)
    await client.create_media_capture_pipeline(**INPUT)
    assert "Credential=NEW/" in server.requests[-1].headers["authorization"]


async def test_an_object_of_boto3_gives_credentials(server: Server, where: dict[str, Any]) -> None:
    credentials = boto3.Session(**KEYS).get_credentials()
    for make in (chimeline.client, chimeline.blocking.client):
        outcome = make("chime", **where, credentials=credentials).create_media_capture_pipeline(**INPUT)
        if asyncio.iscoroutine(outcome):
            await outcome
    assert all("Credential=AKIDEXAMPLE/" in request.headers["authorization"] for request in server.requests)
    assert len(server.requests) == 2


async def test_a_function_may_give_an_awaitable(server: Server, where: dict[str, Any]) -> None:
    async def keys_of(role: str) -> dict[str, str]:
        return {**GIVEN, "access_key": role}

    await chimeline.client("chime", **where, credentials=lambda: keys_of("AKGIVEN")).create_media_capture_pipeline(**INPUT)
    assert "Credential=AKGIVEN/" in server.requests[-1].headers["authorization"]
    with pytest.raises(TypeError, match="a blocking client cannot await"):
        chimeline.blocking.client("chime", **where, credentials=lambda: keys_of("AKGIVEN")).create_media_capture_pipeline(**INPUT)


def test_a_provider_that_fails_is_named_without_its_text(where: dict[str, Any]) -> None:
    def vault() -> dict[str, Any]:
        raise RuntimeError(f"wrong password {SECRET}")

    client = chimeline.blocking.client("chime", **where, credentials=vault)
    with pytest.raises(exceptions.CredentialRetrievalError, match="vault: RuntimeError") as caught:
        client.create_media_capture_pipeline(**INPUT)
    assert SECRET not in str(caught.value)
    assert isinstance(caught.value.__cause__, RuntimeError)
    with pytest.raises(exceptions.CredentialRetrievalError, match="have no secret_key"):
        chimeline.blocking.client("chime", **where, credentials=lambda: {"access_key": "AK"}).list_media_capture_pipelines()
    with pytest.raises(TypeError, match="credentials must be"):
        chimeline.client("chime", **where, credentials="AK:SK")
    with pytest.raises(TypeError, match="not both"):
        chimeline.client("chime", **where, credentials=vault, **KEYS)


async def test_a_deadline_covers_the_users_provider(where: dict[str, Any]) -> None:
    async def provider() -> dict[str, Any]:
        await asyncio.sleep(30)
        return GIVEN

    client = chimeline.client("chime", **where, credentials=provider).with_options(timeout=0.05)
    with pytest.raises(exceptions.CallTimeoutError, match="getting credentials") as caught:
        await client.create_media_capture_pipeline(**INPUT)
    assert caught.value.operation_name == "CreateMediaCapturePipeline"


async def test_the_log_has_a_line_a_call_and_a_line_an_attempt(
    server: Server, blocking: Any, client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "chimeline")
    server.then(THROTTLED, CREATED, CREATED, Answer(403, {"Code": "Forbidden", "Message": INPUT["SinkArn"]}))
    blocking.create_media_capture_pipeline(**INPUT)
    await client.create_media_capture_pipeline(**INPUT)
    with pytest.raises(exceptions.ForbiddenException):
        await client.create_media_capture_pipeline(**INPUT)
    lines = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "chimeline"]
    assert [level for level, _ in lines] == ["DEBUG"] * 7
    assert "chime.CreateMediaCapturePipeline: HTTP 201" in lines[2][1]
    assert "attempts: 2" in lines[2][1]
    assert "ForbiddenException (Forbidden)" in lines[-1][1]
    for _, text in lines:
        for secret in (SECRET, INPUT["SourceArn"], INPUT["SinkArn"]):
            assert secret not in text


def test_the_configuration_tells_its_sources(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile team]\nregion = eu-west-2\nmax_attempts = 7\nretry_mode = adaptive\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "team")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "4")
    meta = chimeline.client("chime-sdk-meetings", config=chimeline.Config(read_timeout=9)).meta
    assert meta.config.region_name == "eu-west-2"
    assert meta.config.retries == {"mode": "adaptive", "total_max_attempts": 4}
    assert meta.config.read_timeout == 9
    sources = meta.sources
    assert sources["profile_name"] == "environment variable AWS_PROFILE"
    assert sources["region_name"] == 'profile "team"'
    assert sources["max_attempts"] == "environment variable AWS_MAX_ATTEMPTS"
    assert sources["retry_mode"] == 'profile "team"'
    assert sources["read_timeout"] == "code"
    assert sources["connect_timeout"] == "default"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [("AWS_MAX_ATTEMPTS", "many", "an integer"), ("AWS_RETRY_MODE", "eager", '"standard", "adaptive" or "legacy"')],
)
def test_a_variable_that_is_not_understood_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(exceptions.InvalidConfigError) as caught:
        chimeline.client("chime")
    for text in (name, value, allowed):
        assert text in str(caught.value)


def test_a_clock_that_is_wrong_is_corrected(blocking: Any, server: Server) -> None:
    refusal = {"message": "Signature expired: it is too old."}
    headers = [("x-amzn-ErrorType", "InvalidSignatureException"), ("Date", "Thu, 01 Jan 2032 00:00:30 GMT")]
    server.then(Answer(403, refusal, headers))
    assert blocking.create_media_capture_pipeline(**INPUT)["ResponseMetadata"]["RetryAttempts"] == 1
    blocking.create_media_capture_pipeline(**INPUT)
    dates = [request.headers["x-amz-date"] for request in server.requests]
    assert [date[:11] for date in dates[1:]] == ["20320101T00"] * 2, dates


def test_an_answer_longer_than_allowed_is_refused(server: Server, options: dict[str, Any]) -> None:
    client = chimeline.blocking.client("chime", **options, config=chimeline.Config(response_limit=1000))
    server.default = Answer(200, b'{"MediaCapturePipelines": [' + b"{}," * 1000 + b"{}]}")
    with pytest.raises(exceptions.ResponseError, match="longer than 1000 bytes"):
        client.list_media_capture_pipelines()


def test_deeply_nested_json_harms_nothing(server: Server, blocking: Any) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    server.default = Answer(200, b'{"Unknown": ' + deep + b"}")
    assert list(blocking.list_media_capture_pipelines()) == ["ResponseMetadata"]
    for body in (deep, b'{"MediaCapturePipelines": ' + deep + b"}", b'{"a":' * 100_000):
        server.default = Answer(200, body)
        with pytest.raises(exceptions.ResponseError, match="cannot be read"):
            blocking.list_media_capture_pipelines()


def test_the_user_agent_names_language_and_application(server: Server, options: dict[str, Any]) -> None:
    config = chimeline.Config(user_agent_appid="my app", user_agent_extra="extra/1")
    chimeline.blocking.client("chime", **options, config=config).create_media_capture_pipeline(**INPUT)
    agent = server.requests[0].headers["user-agent"]
    assert agent.startswith(f"chimeline/{chimeline.__version__} ua/2.1 os/")
    assert " lang/python#3." in agent
    assert agent.endswith(" app/my-app extra/1")


def test_an_error_tells_that_the_quota_for_retries_is_used_up(server: Server, blocking: Any) -> None:
    server.default = Answer(500, b"")
    for _ in range(20):
        with pytest.raises(exceptions.ClientError) as caught:
            blocking.list_media_capture_pipelines()
    metadata = caught.value.response["ResponseMetadata"]
    assert (metadata["RetryAttempts"], metadata["RetryQuotaReached"]) == (0, True)
    assert "MaxAttemptsReached" not in metadata


def test_a_server_that_asks_for_a_certificate_gets_one(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server = Server(CREATED, context=authority.context(asks=True))

    def call(client_cert: Any) -> Any:
        config = chimeline.Config(client_cert=client_cert, retries={"total_max_attempts": 1})
        options: dict[str, Any] = {"region_name": "us-east-1", "endpoint_url": server.url, "verify": str(authority.bundle)}
        return chimeline.blocking.client("chime", **options, config=config, **KEYS).create_media_capture_pipeline(**INPUT)

    with server:
        pem = str(authority.issue("client"))
        assert call(pem)["ResponseMetadata"]["HTTPStatusCode"] == 201
        assert call((pem, pem))["ResponseMetadata"]["HTTPStatusCode"] == 201
        with pytest.raises(exceptions.ChimelineError, match="https://127") as refused:
            call(None)
        assert isinstance(refused.value, (exceptions.SSLError, exceptions.ConnectionClosedError))
        with pytest.raises(exceptions.InvalidConfigError, match=r"the client_cert .*nowhere\.pem cannot be used"):
            call(str(tmp_path / "nowhere.pem"))
        with pytest.raises(TypeError, match="client_cert must be a path or a pair of paths, not int"):
            call(5)


FORMS = ("%Y-%m-%dT%H:%M:%SZ", "%Y%m%dT%H%M%SZ", "%Y-%m-%d %H:%M:%S+00:00")
NO_TIMES = [True, 4e12, float("nan"), "soon", datetime.date(2100, 1, 1), datetime.timedelta(hours=1)]
EXPIRED = [
    in_seconds(-60),
    in_seconds(-60).replace(tzinfo=None),
    in_seconds(-60).isoformat(),
    in_seconds(-60).strftime("%Y-%m-%dT%H:%M:%SZ"),
    in_seconds(-60).strftime("%Y%m%dT%H%M%SZ"),
    in_seconds(-60).strftime("%Y-%m-%dT%H:%M:%S.1234567Z"),
    in_seconds(-60).timestamp(),
    int(in_seconds(-60).timestamp()),
]


@pytest.mark.parametrize("expiry", EXPIRED, ids=str)
async def test_credentials_that_were_given_expired_are_not_sent(server: Server, where: dict[str, Any], expiry: Any) -> None:
    def vault() -> dict[str, Any]:
        return {**GIVEN, "expiry_time": expiry}

    with pytest.raises(exceptions.CredentialRetrievalError, match=r"vault gave expired .* ago"):
        chimeline.blocking.client("chime", **where, credentials=vault).create_media_capture_pipeline(**INPUT)
    with pytest.raises(exceptions.CredentialRetrievalError, match=r"vault gave expired .* ago"):
        await chimeline.client("chime", **where, credentials=vault).create_media_capture_pipeline(**INPUT)
    assert not server.requests


@pytest.mark.parametrize("expiry", [*(in_seconds(3600).strftime(form) for form in FORMS), 4e9], ids=str)
def test_each_form_of_an_expiry_is_understood(server: Server, where: dict[str, Any], expiry: Any) -> None:
    asked: list[None] = []

    def vault() -> dict[str, Any]:
        asked.append(None)
        return {**GIVEN, "expiry_time": expiry}

    client = chimeline.blocking.client("chime", **where, credentials=vault)
    for _ in range(2):
        client.create_media_capture_pipeline(**INPUT)
    assert len(asked) == 1


@pytest.mark.parametrize("expiry", NO_TIMES, ids=str)
def test_an_expiry_that_is_not_a_time_is_refused_by_name(server: Server, where: dict[str, Any], expiry: Any) -> None:
    client = chimeline.blocking.client("chime", **where, credentials=lambda: {**GIVEN, "expiry_time": expiry})
    with pytest.raises(exceptions.CredentialRetrievalError, match=f"expiry_time must be .* this {type(expiry).__name__} is not"):
        client.create_media_capture_pipeline(**INPUT)
    assert not server.requests


def test_valid_credentials_outlive_a_function_that_gives_expired_ones(server: Server, where: dict[str, Any]) -> None:
    given = iter([60.0, -60.0])
    client = chimeline.blocking.client("chime", **where, credentials=lambda: {**GIVEN, "expiry_time": in_seconds(next(given))})
    for _ in range(2):
        client.create_media_capture_pipeline(**INPUT)
    assert len(server.requests) == 2


@pytest.mark.parametrize("awaited", [False, True], ids=["blocking", "asyncio"])
def test_a_client_sees_the_environment_of_its_making(
    server: Server, where: dict[str, Any], monkeypatch: pytest.MonkeyPatch, awaited: bool
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKBEFORE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SKBEFORE")
    client = (chimeline.client if awaited else chimeline.blocking.client)("chime", **where)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKAFTER")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    outcome = client.create_media_capture_pipeline(**INPUT)
    if awaited:
        asyncio.run(outcome)
    assert "Credential=AKBEFORE/" in server.requests[-1].headers["authorization"]


def test_the_trace_of_lambda_is_that_of_each_call(
    server: Server, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = chimeline.blocking.client("chime", **options)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "recorder")
    inside, awaited = chimeline.blocking.client("chime", **options), chimeline.client("chime", **options)
    for trace in ("Root=1-a", "Root=1-b"):
        monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
        inside.with_options(timeout=9).create_media_capture_pipeline(**INPUT)
        asyncio.run(awaited.create_media_capture_pipeline(**INPUT))
    outside.create_media_capture_pipeline(**INPUT)
    traces = [request.headers.get("x-amzn-trace-id") for request in server.requests]
    assert traces == ["Root=1-a", "Root=1-a", "Root=1-b", "Root=1-b", None]
