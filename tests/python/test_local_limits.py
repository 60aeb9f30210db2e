"""What the local service does with requests that are too long, too slow, too many or none at all."""

from __future__ import annotations

import contextlib
import json
import random
import resource
import socket
import time
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError

from chimeline.testing import LocalChime


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime(request_timeout=0.5) as running:
        yield running


def connect(chime: LocalChime) -> socket.socket:
    host, port = chime.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def response(connection: socket.socket) -> tuple[int, bytes]:
    """The status, and all that comes before the connection is closed."""
    received = b""
    while block := connection.recv(65536):
        received += block
    return int(received.split(b" ", 2)[1]), received


def is_well(chime: LocalChime) -> bool:
    return chime.blocking_client("chime").list_media_capture_pipelines()["MediaCapturePipelines"] == []


def test_a_body_that_is_too_long_is_413(chime: LocalChime) -> None:
    client = boto3.client("chime-sdk-meetings", **chime.client_options)
    long = "x" * (1 << 20)
    with pytest.raises(ClientError, match="RequestEntityTooLargeException") as caught:
        client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId=long)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    with connect(chime) as connection:
        connection.sendall(b"POST /meetings HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        # It answers before it has read all of it.
        with contextlib.suppress(OSError):
            connection.sendall(chunk * 20)
        assert response(connection)[0] == 413
    assert is_well(chime)


def test_a_request_that_is_too_slow_is_408(chime: LocalChime) -> None:
    for start in (b"POST /meetings HTTP/1.1\r\nhost:", b"POST /meetings HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{"):
        with connect(chime) as connection:
            begun = time.monotonic()
            connection.sendall(start)
            connection.settimeout(5)
            received = connection.recv(65536)
            assert received.startswith(b"HTTP/1.1 408 "), start
            assert 0.4 < time.monotonic() - begun < 4
    assert is_well(chime)


def test_slow_and_half_open_connections_keep_nobody_from_being_served() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Both ends of them are in this process.
    count = 5000 if hard == resource.RLIM_INFINITY else min(5000, (hard - 500) // 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * count + 500), hard))
    with LocalChime() as chime:
        starts = (b"", b"GET /meet", b"POST /meetings HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{")
        slow = []
        client = chime.blocking_client("chime")
        client.list_media_capture_pipelines()
        try:
            for number in range(count):
                connection = connect(chime)
                connection.sendall(starts[number % 3])
                slow.append(connection)
            begun = time.monotonic()
            for _ in range(20):
                client.list_media_capture_pipelines()
            # One that comes now is served as well.
            assert is_well(chime)
            assert time.monotonic() - begun < 5
        finally:
            for connection in slow:
                connection.close()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert is_well(chime)


def test_more_connections_than_are_served_at_once_are_told_so() -> None:
    with LocalChime(max_connections=3) as chime:
        chime.add_fault({"stall": "before"})
        busy = [connect(chime) for _ in range(3)]
        try:
            for connection in busy:
                connection.sendall(b"GET /meetings/a HTTP/1.1\r\nhost: a\r\n\r\n")
            time.sleep(0.3)
            with connect(chime) as connection:
                assert response(connection)[0] == 503
        finally:
            for connection in busy:
                connection.close()
        chime.clear_faults()
        time.sleep(0.2)
        assert is_well(chime)


def test_whatever_is_sent_is_answered_or_closed_and_never_breaks_the_service(chime: LocalChime) -> None:
    """Requests that are nearly right, and noise; none may be answered with a 5xx."""
    dice = random.Random(7)
    document = chime.openapi()
    paths = [path.replace("{", "").replace("}", "") for path in document["paths"]]
    paths += ["/meetings", "/meetings/a/attendees", "/sdk-media-capture-pipelines", "/media-capture-pipelines/%ff", "/tags", "*"]
    values = [None, True, -1, 1e300, "", "é", "\ud800", [], [[]], {}, {"a": {"b": [None]}}, "x" * 5000, 10**30]
    names = ["MediaRegion", "Attendees", "SourceArn", "seconds", "status", "faults", "accounts", "error", "id", "time"]
    statuses = set()
    for number in range(3000):
        body = json.dumps({dice.choice(names): dice.choice(values) for _ in range(dice.randrange(4))}).encode()
        if dice.random() < 0.2:
            cut = dice.randrange(len(body) + 1)
            body = body[:cut] + bytes([dice.randrange(256)]) + body[cut:]
        method = dice.choice(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "G\x00T", "post"])
        path = dice.choice(paths) + dice.choice(["", "?", "?next-token=%", "?max-results=x", "/..", "%00", "?wait=0"])
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\nconnection: close\r\n"
        head += dice.choice(
            ["", "content-type: application/json\r\n", "authorization: AWS4-HMAC-SHA256 x\r\n", "a\r\n", "\x00: b\r\n"]
        )
        with connect(chime) as connection:
            connection.sendall(head.encode() + b"\r\n" + body)
            received = b""
            while block := connection.recv(65536):
                received += block
        if received:
            status = int(received.split(b" ", 2)[1])
            statuses.add(status)
            assert status < 500, (number, head, body, received)
    assert {200, 400, 404} <= statuses
    chime.reset()
    assert is_well(chime)


def test_it_starts_in_a_moment() -> None:
    lengths = []
    for _ in range(9):
        begun = time.perf_counter()
        with LocalChime():
            lengths.append(time.perf_counter() - begun)
    assert sorted(lengths)[4] < 0.05
