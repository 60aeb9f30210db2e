"""Settings by the cases of tests/vectors/config.json, through the package; their sources; and Config's own checks."""

from __future__ import annotations

import json
import os
import threading
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


def _files(folder: Path, monkeypatch: pytest.MonkeyPatch, config: str) -> None:
    (folder / "config").write_text(config)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))


@pytest.mark.parametrize("text", ["region = x\n", "[default]\nregion\n", "[default]\n[open\n", "[default]\nx = 1\nX = 2\n"])
def test_a_config_file_that_cannot_be_parsed_is_named_with_its_line(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _files(tmp_path, monkeypatch, text)
    with pytest.raises(exceptions.ConfigParseError, match=f"{tmp_path}/config .line {text.count(chr(10))}: "):
        chimeline.client("chime", **KEYS)


def test_a_loop_of_profiles_has_the_class_of_botocore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    role = "[profile {}]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = {}\n"
    _files(tmp_path, monkeypatch, role.format("a", "b") + role.format("b", "a"))
    client = chimeline.blocking.client("chime", profile_name="a")
    with pytest.raises(exceptions.InfiniteLoopConfigError, match="'a', 'b'") as caught:
        client.list_media_capture_pipelines()
    assert isinstance(caught.value, exceptions.InvalidConfigError)


def test_an_empty_option_is_as_unset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _files(tmp_path, monkeypatch, "")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv("AWS_REGION", "")
    config = chimeline.Config(
        region_name="eu-west-1", namespace="", user_agent="", client_cert="", defaults_mode="", retries={"mode": ""}
    )
    empty: dict[str, Any] = dict.fromkeys(
        ("region_name", "endpoint_url", "verify", "profile_name", "aws_access_key_id", "aws_secret_access_key"), ""
    )
    client = chimeline.client("chime-sdk-meetings", config=config, **empty)
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.config.retries == {"mode": "standard", "total_max_attempts": 3}
    assert set(client.meta.sources.values()) == {"code", "default"}
    assert chimeline.client("chime-sdk-meetings", "", **KEYS).meta.region_name == "us-west-2"


def test_other_threads_go_on_while_a_slow_config_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _files(tmp_path, monkeypatch, "")
    (tmp_path / "config").unlink()
    os.mkfifo(tmp_path / "config")
    made: list[str] = []
    making = threading.Thread(target=lambda: made.append(chimeline.client("chime-sdk-meetings", **KEYS).meta.region_name))
    making.start()
    making.join(0.2)
    # This thread runs, and the other waits for the file.
    assert not made
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\n")
    making.join(20)
    assert made == ["eu-west-1"]
