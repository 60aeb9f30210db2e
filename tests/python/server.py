"""A scripted HTTP server on loopback: it keeps each request and answers what the test says, or fails in the way it says."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """An HTTP answer; `raw` replaces the whole of it."""

    status: int = 200
    body: Any = b"{}"
    headers: list[tuple[str, str]] = field(default_factory=list)
    raw: bytes | None = None
    close: bool = False

    def octets(self) -> bytes:
        if self.raw is not None:
            return self.raw
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        lines = [f"HTTP/1.1 {self.status} X", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


class Stall:
    """Never answers; the connection stays open."""


class Reset:
    """Resets the connection instead of answering."""


Step = Answer | Stall | Reset | Callable[[Request], "Answer | Stall | Reset"]


class Server:
    """Answers the queued steps in their order, and `default` when none is queued."""

    def __init__(self, default: Step | None = None, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.steps: deque[Step] = deque()
        self.default: Step = default or Answer()
        self.connections = 0
        self.open_connections = 0
        self.closed = threading.Condition()
        self._context = context
        self._stalled = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def then(self, *steps: Step) -> Server:
        self.steps.extend(steps)
        return self

    def close(self) -> None:
        self._stalled.set()
        self._socket.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self.closed:
            self.connections += 1
            self.open_connections += 1
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            stream = connection.makefile("rb")
            while (request := _read(stream)) is not None:
                self.requests.append(request)
                step = self.steps.popleft() if self.steps else self.default
                if callable(step):
                    step = step(request)
                if isinstance(step, Stall):
                    # Until the client goes, or the test ends.
                    connection.settimeout(0.05)
                    while not self._stalled.is_set():
                        try:
                            if not connection.recv(1):
                                break
                        except TimeoutError:
                            continue
                    return
                if isinstance(step, Reset):
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                connection.sendall(step.octets())
                if step.close:
                    return
        except (OSError, ValueError):
            pass
        finally:
            connection.close()
            with self.closed:
                self.open_connections -= 1
                self.closed.notify_all()


def _read(stream: Any) -> Request | None:
    line = stream.readline().decode("latin-1")
    if not line.strip():
        return None
    method, target, _ = line.split(" ", 2)
    headers: dict[str, str] = {}
    while header := stream.readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = header.partition(":")
        headers[name.strip().lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body)
