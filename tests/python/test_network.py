"""Proxies and certificates as users give them, and a process that has run out of file descriptors."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import botocore.config
import pytest

import chimeline.blocking
from chimeline import exceptions
from conftest import CREATED, INPUT, KEYS
from server import Server

NOBODY = "http://127.0.0.1:9"


def create(url: str, verify: Any = None, **config: Any) -> dict[str, Any]:
    options = chimeline.Config(retries={"total_max_attempts": 1}, connect_timeout=5, **config)
    client = chimeline.blocking.client("chime", region_name="us-east-1", endpoint_url=url, verify=verify, config=options, **KEYS)
    return dict(client.create_media_capture_pipeline(**INPUT))


@pytest.mark.parametrize("proxies", [{}, {"http": None}, {"http": ""}, {"https": NOBODY}, {"ftp": NOBODY}])
def test_proxies_of_the_code_put_those_of_the_environment_out(proxies: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", NOBODY)
    with Server(CREATED) as server:
        create(server.url, proxies=proxies)


def test_what_urllib_finds_in_the_environment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(CREATED) as server, Server(CREATED) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("FTP_PROXY", NOBODY)
        create("http://chime.example", proxies=urllib.request.getproxies())
        assert len(proxy.requests) == 1
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        create(server.url, proxies=urllib.request.getproxies())
        assert (len(proxy.requests), len(server.requests)) == (1, 1)


@pytest.mark.parametrize("url", ["socks5://127.0.0.1:9", "ftp://x", "not a url", "http://"])
def test_a_proxy_that_is_not_used_fails_no_call(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(CREATED) as server:
        monkeypatch.setenv("HTTPS_PROXY", url)
        create(server.url)
        monkeypatch.setenv("HTTP_PROXY", url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        create(server.url)
        monkeypatch.delenv("NO_PROXY")
        with pytest.raises(exceptions.InvalidConfigError, match="the proxy for http cannot be used"):
            create(server.url)
        assert len(server.requests) == 2


def test_the_header_proxy_of_a_cgi_request_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", NOBODY)
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    with Server(CREATED) as server:
        create(server.url)


@pytest.mark.parametrize(
    ("proxies", "named"), [("http://x", "proxies must be a dict"), ({"http": 1}, r"proxies\['http'\] must be a str")]
)
def test_proxies_of_another_type_are_refused(proxies: Any, named: str) -> None:
    with pytest.raises(TypeError, match=named):
        chimeline.Config(proxies=proxies)


def test_a_certificate_of_version_1_is_taken_where_any_is(tmp_path: Path) -> None:
    file = tmp_path / "server.pem"
    file.write_text(VERSION_1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with Server(CREATED, context) as server:
        create(server.url, verify=False)
        with pytest.raises(exceptions.SSLError):
            create(server.url, verify=str(file))


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of that kind")
def test_a_process_without_descriptors_is_told_so() -> None:
    code = """if True:
        import os, resource
        import chimeline.blocking
        client = chimeline.blocking.client("chime", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        held = []
        try:
            while True: held.append(os.open(os.devnull, os.O_RDONLY))
        except OSError: pass
        error = None
        try: client.list_media_capture_pipelines()
        except Exception as e: error = e
        for one in held: os.close(one)
        print(type(error).__name__, error)
    """
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=30, check=True, env=dict(os.environ)
    )
    assert process.stdout.startswith("EndpointConnectionError"), process.stdout
    assert "Too many open files" in process.stdout
    assert "ulimit" in process.stdout


# For localhost, signed by itself, good until 2120; no tool of these tests makes one of version 1.
VERSION_1 = """\
-----BEGIN CERTIFICATE-----
MIIBJDCBywIUWIZqI2Q8rFVyNf1iE1iIaRKFBgUwCgYIKoZIzj0EAwIwFDESMBAG
A1UEAwwJbG9jYWxob3N0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAw
WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AARrLEFQ7Tq2/c62tsH6KlKqUxivzvozghT/x7YksjvkqU48EopEBj8et4DT9+Vx
q2MyZPwKayFN2mcJcMNKnNhRMAoGCCqGSM49BAMCA0gAMEUCIQCpq7eTuJwTyu5y
cywut0Rxs43wqnKKhgpEHMyvGGwTqwIgAlEeOobz7EPzrqT+6mCAESGch1z0Nzqt
JZFes2u8N7E=
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6xuJPWe+MBbwWPS3
3Zuu8/Qi3pFUGgkdVnQMyfw7DX2hRANCAARrLEFQ7Tq2/c62tsH6KlKqUxivzvoz
ghT/x7YksjvkqU48EopEBj8et4DT9+Vxq2MyZPwKayFN2mcJcMNKnNhR
-----END PRIVATE KEY-----
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the table of connections is Linux's")
@pytest.mark.parametrize(
    ("given", "variable", "setting", "asks"),
    [
        (None, None, None, True),
        (True, "false", "false", True),
        (False, "true", "true", False),
        (None, "false", "true", False),
        (None, None, "false", False),
    ],
)
def test_tcp_asks_a_silent_server_unless_it_is_told_not_to(
    given: bool | None,
    variable: str | None,
    setting: str | None,
    asks: bool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    server: Server,
    options: dict[str, Any],
) -> None:
    if variable is not None:
        monkeypatch.setenv("BOTOCORE_TCP_KEEPALIVE", variable)
    if setting is not None:
        (tmp_path / ".aws").mkdir()
        (tmp_path / ".aws" / "config").write_text(f"[default]\ntcp_keepalive = {setting}\n")
    config = chimeline.Config() if given is None else botocore.config.Config(tcp_keepalive=given)
    client = chimeline.blocking.client("chime", config=config, **options)
    client.create_media_capture_pipeline(**INPUT)
    columns = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    # The remote port, the state of an open connection, and the kind of its timer, where 2 is the one that asks.
    timers = [row[5][:2] for row in columns if row[2].endswith(f":{server.port:04X}") and row[3] == "01"]
    assert timers == ["02" if asks else "00"]
    client.close()
