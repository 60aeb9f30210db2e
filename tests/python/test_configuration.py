"""Settings by the cases of tests/vectors/config.json, through the package; their sources; and Config's own checks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import chimeline
from chimeline import exceptions
from conftest import KEYS, SECRET
from server import Answer, Server

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors" / "config.json").read_text())
# Rust runs those whose keys come from peers.
RUN = [case for case in CASES if "left_out" not in case and "PORT" not in json.dumps(case)]
DEFAULTS: dict[str, Any] = {"connect_timeout": 3.1, "read_timeout": 60, "max_pool_connections": 10, "proxies": {}}
FIRST_OF_THREE = "attempt=1; max=3"
SERVICE = "chime-sdk-media-pipelines"
COMMON = ("chimeline/", "ua/", "os/", "md/", "lang/", "cfg/")


@pytest.fixture
def server() -> Any:
    with Server(Answer(200, {})) as running:
        yield running


def test_most_cases_run() -> None:
    assert (len(CASES), len(RUN)) == (191, 125)


@pytest.mark.parametrize("case", RUN, ids=lambda case: case["name"])
def test_settings_are_found(case: dict[str, Any], server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    case = json.loads(json.dumps(case).replace("$HOME", str(tmp_path)))
    for name, text in case.get("files", {}).items():
        path = tmp_path / name.removeprefix("~/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if "AWS_EC2_METADATA_SERVICE_ENDPOINT" in case.get("env", {}):
        monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    for name, value in case.get("env", {}).items():
        monkeypatch.setenv(name, value)
    given = dict(case.get("client", {}))
    config = given.pop("config", None)
    if case.get("asks") == "credentials" and "AWS_DEFAULT_REGION" not in case.get("env", {}):
        given["region_name"] = "us-east-1"
    expect = case["expect"]
    wanted = expect.get("error")
    if wanted and "client" not in expect:
        error = getattr(exceptions, wanted, TypeError)
        with pytest.raises(error) as caught:
            found(case, given, config, server)
        assert type(caught.value).__name__ == wanted
        assert str(caught.value).startswith(expect["message"])
        return
    client = found(case, given, config, server, call=not wanted)
    if "client" in expect:
        check_settings(client, expect["client"], given)
    if wanted:
        with pytest.raises(getattr(exceptions, wanted)) as caught_in_call:
            made(case, {**given, "endpoint_url": server.url}, config).list_media_pipelines()
        assert str(caught_in_call.value).startswith(expect["message"])
        return
    headers = server.requests[0].headers
    if "client" in expect:
        key, _, *scope = expect["client"]["credential"].split("/")
        sent = headers["authorization"].split("Credential=")[1].split(",")[0].split("/")
        assert [sent[0], *sent[2:]] == [key, *scope]
        assert headers["amz-sdk-request"] == expect["client"].get("progress", FIRST_OF_THREE)
        parts = [part for part in headers["user-agent"].split() if not part.startswith(COMMON)]
        assert parts == expect["client"].get("user_agent", [])
    if keys := expect.get("credentials"):
        assert f"Credential={keys['access_key']}/" in headers["authorization"]
        assert headers.get("x-amz-security-token") == keys.get("token")


def made(case: dict[str, Any], given: dict[str, Any], config: dict[str, Any] | None) -> Any:
    configuration = None if config is None else chimeline.Config(**config)
    return chimeline.blocking.client(SERVICE, **given, config=configuration, profile_name=case.get("profile"))


def found(
    case: dict[str, Any], given: dict[str, Any], config: dict[str, Any] | None, server: Server, *, call: bool = True
) -> Any:
    """A client of the case, and a call of one like it to the server."""
    client = made(case, given, config)
    if call:
        made(case, {**given, "endpoint_url": server.url}, config).list_media_pipelines()
    return client


def check_settings(client: Any, due: dict[str, Any], given: dict[str, Any]) -> None:
    settings = client.meta.config
    assert client.meta.region_name == settings.region_name == due["region"]
    assert client.meta.endpoint_url == due["endpoint_url"]
    mode = due.get("retries", {}).get("mode", "standard")
    attempts = due.get("retries", {}).get("total_max_attempts", 5 if mode == "legacy" else 3)
    assert settings.retries == {"mode": mode, "total_max_attempts": attempts}
    assert {name: getattr(settings, name) for name in DEFAULTS} == {name: due.get(name, DEFAULTS[name]) for name in DEFAULTS}
    source = client.meta.sources["verify"]
    assert (source == "default") == (due.get("verify", True) is True)
    assert (source == "code") == ("verify" in given)


def test_the_sources_of_settings_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hunter2@proxy.example:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/some/ca.pem")
    monkeypatch.setenv("AWS_DEFAULTS_MODE", "in-region")
    monkeypatch.setenv("AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS", "http://here.example")
    meta = chimeline.client("chime-sdk-meetings", region_name="us-east-1", **KEYS).meta
    due = {
        "region_name": "code",
        "proxies": "environment variable HTTPS_PROXY",
        "verify": "environment variable REQUESTS_CA_BUNDLE",
        "defaults_mode": "environment variable AWS_DEFAULTS_MODE",
        "endpoint_url": "environment variable AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS",
        "connect_timeout": "default",
        "profile_name": "default",
    }
    assert {name: meta.sources[name] for name in due} == due
    assert meta.config.connect_timeout == 1.1
    assert meta.config.proxies == {"https": "http://proxy.example:3128"}
    for secret in ("hunter2", SECRET):
        assert secret not in repr(vars(meta.config)) + repr(meta.sources)


def test_a_set_of_defaults_is_chosen_in_code() -> None:
    def limit(mode: str) -> float:
        return chimeline.client("chime", config=chimeline.Config(defaults_mode=mode)).meta.config.connect_timeout

    assert [limit(mode) for mode in ("standard", "in-region", "mobile", "legacy")] == [3.1, 1.1, 30, 60]
    with pytest.raises(exceptions.InvalidConfigError, match='defaults_mode is "quick", which must be "standard"'):
        limit("quick")


@pytest.mark.parametrize(
    ("retries", "error"),
    [
        ({"max_attempts": -1}, exceptions.InvalidMaxRetryAttemptsError),
        ({"total_max_attempts": True}, exceptions.InvalidMaxRetryAttemptsError),
        ({"mode": None}, exceptions.InvalidRetryModeError),
        ("standard", exceptions.InvalidRetryConfigurationError),
    ],
)
def test_retries_that_are_none_are_refused(retries: Any, error: type[Exception]) -> None:
    assert issubclass(error, exceptions.InvalidRetryConfigurationError)
    with pytest.raises(error):
        chimeline.Config(retries=retries)
