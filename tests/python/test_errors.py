"""What goes wrong is one clear exception of ours, with the operation, the host and the cause, and no secret."""

from __future__ import annotations

import gzip
import inspect
import pickle
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

import chimeline
from authority import Authority
from chimeline import exceptions
from conftest import CREATED, INPUT, KEYS, SECRET
from server import Answer, Reset, Server, Stall

ONCE = {"total_max_attempts": 1}
OPERATION = "CreateMediaCapturePipeline"


def calling(url: str, **config: Any) -> Any:
    own = {name: config.pop(name) for name in ("verify", "aws_session_token") if name in config}
    settings = chimeline.Config(**{"retries": ONCE, **config})
    client = chimeline.blocking.client("chime", "us-east-1", endpoint_url=url, config=settings, **{**KEYS, **own})
    return client.create_media_capture_pipeline(**INPUT)


def check(error: exceptions.ChimelineError, host: str, *words: str) -> None:
    text = str(error)
    for word in (OPERATION, host, *words):
        assert word in text, text
    assert "\n" not in text
    for shown in (text, repr(error)):
        assert SECRET not in shown
        assert "meeting:" not in shown
    assert error.operation_name == OPERATION
    assert len(error.attempts) == 1


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def test_a_refused_connection() -> None:
    host = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(exceptions.EndpointConnectionError) as caught:
        calling(host)
    check(caught.value, host, "refused")


def test_an_unknown_host() -> None:
    with pytest.raises(exceptions.EndpointConnectionError) as caught:
        calling("http://no-such-host.invalid")
    check(caught.value, "http://no-such-host.invalid")


def test_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    with Server(CREATED, Authority(tmp_path).context()) as server, pytest.raises(exceptions.SSLError) as caught:
        calling(server.url)
    check(caught.value, server.url, "certificate")


def test_a_certificate_of_a_bundle_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    with Server(CREATED, authority.context()) as server:
        assert calling(server.url, verify=authority.bundle)["MediaCapturePipeline"]
        assert calling(server.url, verify=False)["MediaCapturePipeline"]
        monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
        assert calling(server.url)["MediaCapturePipeline"]


def test_a_bundle_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "absent.pem"))
    with pytest.raises(exceptions.SSLError, match=r"absent\.pem"):
        calling("https://127.0.0.1:1")


def test_a_server_without_tls_is_no_tls_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host = f"https://127.0.0.1:{listening.getsockname()[1]}"

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                connection.recv(1024)

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(exceptions.SSLError) as caught:
            calling(host, verify=False)
    check(caught.value, host)


def test_a_host_that_never_answers(server: Server) -> None:
    server.default = Stall()
    with pytest.raises(exceptions.ReadTimeoutError) as caught:
        calling(server.url, read_timeout=0.1)
    check(caught.value, server.url)


def test_a_call_that_does_not_end_in_time(server: Server) -> None:
    server.default = Stall()
    with pytest.raises(exceptions.CallTimeoutError) as caught:
        calling(server.url, timeout=0.1)
    assert OPERATION in str(caught.value)


@pytest.mark.parametrize("body", [b"<html><body>Sign in</body></html>", b'{"MediaCapturePipeline": {"Medi', b"\xff\xfe", b"[]"])
def test_a_success_that_is_no_json_object(server: Server, body: bytes) -> None:
    server.default = Answer(200, body)
    with pytest.raises(exceptions.ResponseError) as caught:
        calling(server.url)
    check(caught.value, server.url, "HTTP 200")


def test_an_html_page_as_an_error(server: Server) -> None:
    server.default = Answer(502, b"<html>Bad Gateway</html>")
    with pytest.raises(exceptions.ClientError) as caught:
        calling(server.url)
    assert caught.value.response["Error"] == {"Code": "502", "Message": "Bad Gateway"}


def test_a_body_that_is_cut_off(server: Server) -> None:
    server.default = Answer(raw=b'HTTP/1.1 201 X\r\nContent-Length: 99\r\n\r\n{"Media', close=True)
    with pytest.raises(exceptions.ConnectionClosedError) as caught:
        calling(server.url)
    check(caught.value, server.url)


def test_a_reset_connection(server: Server) -> None:
    server.default = Reset()
    with pytest.raises(exceptions.ConnectionClosedError) as caught:
        calling(server.url)
    check(caught.value, server.url)


def test_an_answer_that_is_no_http(server: Server) -> None:
    server.default = Answer(raw=b"220 mail.example.com ESMTP\r\n", close=True)
    with pytest.raises(exceptions.ConnectionClosedError) as caught:
        calling(server.url)
    check(caught.value, server.url, "not HTTP")


def test_wrong_credentials(server: Server) -> None:
    server.default = Answer(
        403, {"message": "The request signature does not match."}, [("x-amzn-ErrorType", "InvalidSignatureException")]
    )
    with pytest.raises(exceptions.ClientError) as caught:
        calling(server.url)
    assert caught.value.response["Error"]["Code"] == "InvalidSignatureException"
    assert str(caught.value).startswith(f"An error occurred (InvalidSignatureException) when calling the {OPERATION} operation")


def test_no_credentials_at_all(server: Server) -> None:
    client = chimeline.blocking.client("chime", "us-east-1", endpoint_url=server.url)
    with pytest.raises(exceptions.NoCredentialsError, match="AWS_ACCESS_KEY_ID") as caught:
        client.create_media_capture_pipeline(**INPUT)
    assert str(caught.value).startswith("Unable to locate credentials")
    assert not server.requests


def test_a_proxy_that_refuses(tmp_path: Path) -> None:
    with Server(Answer(407, b"")) as proxy, pytest.raises(exceptions.ProxyConnectionError) as caught:
        calling("https://127.0.0.1:1", proxies={"https": proxy.url.replace("//", "//user:hunter2@")}, verify=False)
    assert "hunter2" not in str(caught.value)


def test_half_of_the_keys() -> None:
    with pytest.raises(exceptions.PartialCredentialsError, match="aws_secret_access_key"):
        chimeline.client("chime", aws_access_key_id="AKIDEXAMPLE")


def test_unusable_options_name_themselves() -> None:
    with pytest.raises(TypeError, match="region_name must be a str, not int"):
        chimeline.client("chime", region_name=7)
    with pytest.raises(TypeError, match="nonsense"):
        chimeline.Config(nonsense=1)
    with pytest.raises(exceptions.InvalidConfigError, match="read_timeout"):
        chimeline.client("chime", config=chimeline.Config(read_timeout=-1))
    with pytest.raises(exceptions.InvalidConfigError, match="mode"):
        chimeline.client("chime", config=chimeline.Config(retries={"mode": "reckless"}))
    with pytest.raises(exceptions.InvalidRetryConfigurationError, match="max_attempt"):
        chimeline.Config(retries={"max_attempt": 3})
    with pytest.raises(exceptions.UnknownServiceError, match="chime-sdk-meetings"):
        chimeline.client("chime-sdk-messaging")


def test_a_host_that_raises_while_it_is_read_raises_through(blocking: Any, server: Server) -> None:
    class Hostile(dict):
        def __str__(self) -> str:
            raise RuntimeError("no")

    with pytest.raises((RuntimeError, exceptions.ParamValidationError)):
        blocking.create_media_capture_pipeline(**{**INPUT, "SinkArn": Hostile()})
    assert not server.requests


def every_exception() -> list[type[BaseException]]:
    return [getattr(exceptions, name) for name in exceptions.__all__]


def test_every_exception_derives_from_the_one_base() -> None:
    found = every_exception()
    assert len(found) > 35
    for cls in found:
        assert issubclass(cls, exceptions.ChimelineError), cls
        assert inspect.getdoc(cls), cls
        assert cls.__module__ in ("chimeline.exceptions", "chimeline._errors"), cls


def test_exceptions_pickle_as_themselves(server: Server) -> None:
    server.default = Answer(404, {"Code": "NotFound", "Message": "gone"}, [("x-amzn-ErrorType", "NotFoundException")])
    with pytest.raises(exceptions.NotFoundException) as caught:
        calling(server.url)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is exceptions.NotFoundException
    assert str(copy) == str(caught.value)
    assert copy.response == caught.value.response
    assert copy.attempts == caught.value.attempts
    with pytest.raises(exceptions.ParamValidationError) as invalid:
        chimeline.blocking.client("chime", **KEYS).create_media_capture_pipeline()
    assert pickle.loads(pickle.dumps(invalid.value)).errors == invalid.value.errors


def test_short_codes_give_the_class_of_the_long_name(server: Server) -> None:
    for code in ("Forbidden", "ForbiddenException"):
        server.default = Answer(403, {"Code": code, "Message": "m"})
        with pytest.raises(exceptions.ForbiddenException) as caught:
            calling(server.url)
        assert caught.value.response["Error"]["Code"] == code


def test_an_unknown_code_stays_on_the_base_class(server: Server) -> None:
    server.default = Answer(418, {"Code": "Teapot", "Message": "short and stout"})
    with pytest.raises(exceptions.ClientError) as caught:
        calling(server.url)
    assert type(caught.value) is exceptions.ClientError
    assert caught.value.response["Error"]["Code"] == "Teapot"


def test_an_error_whose_cure_is_known_says_it(server: Server) -> None:
    message = (
        'Account Id 123456789012 is not authorized to call deprecated Amazon Chime SDK API on the "chime" endpoint, '
        'use one of the "*-chime*" endpoints instead.'
    )
    server.default = Answer(403, {"Code": "Forbidden", "Message": message})
    with pytest.raises(exceptions.ForbiddenException) as caught:
        calling(server.url)
    assert "chime-sdk-media-pipelines" in (caught.value.hint or "")
    assert str(caught.value).endswith(message)
    server.default = Answer(403, {"Code": "Forbidden", "Message": "no"})
    with pytest.raises(exceptions.ForbiddenException) as other:
        calling(server.url)
    assert other.value.hint is None


@pytest.mark.parametrize(
    "odd",
    [
        b'"Other": "\\ud83d"',
        b'"Other": "caf\xe9"',
        b'"Other": 1e400',
        b'"Other": ' + b"[" * 5000 + b"]" * 5000,
        b'"code": null, "Code": null',
    ],
    ids=["half a pair", "a bad octet", "a huge number", "nesting", "null codes"],
)
def test_no_oddity_of_its_body_hides_what_an_error_is(server: Server, odd: bytes) -> None:
    server.default = Answer(400, b'{%s, "__type": "ThrottlingException", "message": "said"}' % odd)
    with pytest.raises(exceptions.ClientError) as caught:
        calling(server.url, retries={"total_max_attempts": 2})
    assert caught.value.response["Error"] == {"Code": "ThrottlingException", "Message": "said"}
    assert len(server.requests) == 2


def test_an_encoding_that_nobody_asked_for_is_named(server: Server) -> None:
    gzipped = gzip.compress(b"{}")
    server.default = Answer(200, gzipped, [("Content-Encoding", "gzip")])
    with pytest.raises(exceptions.ResponseError, match="Content-Encoding gzip, which was not asked for"):
        calling(server.url)
    server.default = Answer(404, gzipped, [("Content-Encoding", "gzip"), ("x-amzn-errortype", "NotFoundException")])
    with pytest.raises(exceptions.NotFoundException, match="Content-Encoding gzip, which was not asked for"):
        calling(server.url)


@pytest.mark.parametrize("token", ["e", "test", "Message", "NotFoundException"])
def test_a_token_of_tests_garbles_no_error(server: Server, token: str) -> None:
    text = "the test meeting is not here"
    server.default = Answer(404, {"__type": "NotFoundException", "Message": text})
    with pytest.raises(exceptions.NotFoundException) as caught:
        calling(server.url, aws_session_token=token)
    assert caught.value.response["Error"]["Message"] == text
