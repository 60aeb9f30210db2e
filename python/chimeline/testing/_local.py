"""The local Chime service for tests: a real server on the loopback, without an account."""

from __future__ import annotations

import json
import os
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, overload

from .._native import LocalServer
from .._typing import Self, TypedDict
from ..config import Config
from ._control import ControlMethods
from ._events import EventHandler, EventPump

if TYPE_CHECKING:
    from .. import _aio, _blocking
    from ..services.chime import Chime
    from ..services.chime_blocking import BlockingChime
    from ..services.media_pipelines import ChimeSDKMediaPipelines
    from ..services.media_pipelines_blocking import BlockingChimeSDKMediaPipelines
    from ..services.meetings import ChimeSDKMeetings
    from ..services.meetings_blocking import BlockingChimeSDKMeetings
else:
    from .._lazy import LazyModule

    _aio = LazyModule("chimeline._aio")
    _blocking = LazyModule("chimeline._blocking")


__all__ = ["ClientOptions", "LocalChime"]


class ClientOptions(TypedDict):
    """What points a client to the service: arguments of ``chimeline.client``, and of ``boto3.client``."""

    endpoint_url: str
    region_name: str
    aws_access_key_id: str
    aws_secret_access_key: str
    aws_session_token: str | None


class LocalChime(ControlMethods):
    """A local service; a context manager, in ``with`` as in ``async with``.

    What is not given has the default of the local service; ``python -m chimeline.local --help`` lists them. Times are in seconds;
    those of meetings, retentions and the like may also be ``"never"``.

    host, port: where it listens; the port is a free one unless given.
    region_name: the region of the clients that it makes. Requests may be signed for any; each has resources of its own.
    access_key_id, secret_access_key, session_token: the credentials that it knows; others are refused with a 403.
    account_id: the account of these credentials, 12 digits.
    transition_delay: how long a resource stays in a transitional state, such as ``Initializing``. ``pace`` is its older name.
    pipeline_quota: how many pipelines may be active at once; else the quotas that AWS documents.
    unknown_meetings: whether pipelines may name meetings that this server never had: ``"allow"``, the default, for tests that
        fake meetings, or ``"refuse"``, as the service does. ``allow_unknown_meetings`` says the same as true or false.
        A meeting that has ended is refused in any case.
    on_event: a function that gets each event, see :meth:`on_event`.
    options: any other option of the command line by its name with underscores, such as ``empty_meeting_timeout=60``,
        ``recorder_keeps_meeting=True``, ``token_reuse="create"``, ``auth=False``, ``state="chime.state"``.
    """

    def __init__(
        self,
        *,
        host: str | None = None,
        port: int | None = None,
        region_name: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        session_token: str | None = None,
        account_id: str | None = None,
        transition_delay: float | None = None,
        pace: float | None = None,
        pipeline_quota: int | None = None,
        unknown_meetings: Literal["allow", "refuse"] | None = None,
        on_event: EventHandler | None = None,
        **options: Any,
    ) -> None:
        self._options = {
            "host": host,
            "port": port,
            "region_name": region_name,
            "access_key_id": access_key_id,
            "secret_access_key": secret_access_key,
            "session_token": session_token,
            "account_id": account_id,
            "pace": pace,
            "transition_delay": transition_delay,
            "pipeline_quota": pipeline_quota,
            "unknown_meetings": unknown_meetings,
            "ca_bundle": os.environ.get("AWS_CA_BUNDLE") or None,
            **options,
        }
        self._server: LocalServer | None = None
        self._handler = on_event
        self._events: EventPump | None = None

    def start(self) -> Self:
        """Starts it, unless it runs; nothing is left of an earlier run.

        Raises :class:`chimeline.exceptions.InvalidConfigError` when it cannot listen there.
        """
        if self._server is None:
            self._server = LocalServer(json.dumps(self._options, default=os.fspath))
            if self._handler is not None:
                self._events = EventPump(self._server, from_now=False)
                self._events.add(self._handler)
        return self

    def stop(self) -> None:
        """Stops it and closes its connections; stopping twice is stopping once."""
        server, self._server = self._server, None
        events, self._events = self._events, None
        if server is not None:
            # In this order: it lets the handlers' thread go, which then has every event.
            if events is not None:
                events.end()
            server.stop()
            if events is not None:
                events.join()

    @property
    def url(self) -> str:
        """Where it listens, such as ``http://127.0.0.1:40123``."""
        return self._running.url

    @property
    def notice(self) -> str | None:
        """What is to be said at the start, such as that the state file was damaged and where it is kept; else None."""
        return self._running.notice

    @property
    def client_options(self) -> ClientOptions:
        """What points a client to it: ``boto3.client("chime-sdk-meetings", **chime.client_options)``."""
        environment = self.environment
        return {
            "endpoint_url": self.url,
            "region_name": environment["AWS_REGION"],
            "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
            "aws_session_token": environment.get("AWS_SESSION_TOKEN"),
        }

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that point any AWS SDK of another process to it."""
        return dict(self._running.environment())

    def advance(self, seconds: float) -> None:
        """Moves the clock of resources ahead, so that a test sees their next states without waiting."""
        self._running.advance(seconds)

    def fail_next(self, times: int = 1, *, status: int = 503, code: str = "ServiceUnavailableException") -> None:
        """Answers the next requests with an error in place of what they ask for.

        times: how many requests.
        status: the HTTP status.
        code: the error code, such as ``ThrottledClientException``; empty for an HTML page, as a proxy would send it.
        """
        self._running.fail_next(times, status, code)

    def control(self, method: str, target: str, body: Any = None) -> Any:
        """A request of the control API, which ``GET /openapi.json`` describes.

        target: the path below ``/_local``, with its query.
        body: what is sent as JSON.

        Returns the response's JSON. Raises :class:`chimeline.exceptions.InvalidConfigError` where it is refused.
        """
        text = self._running.control(method, target, "" if body is None else json.dumps(body))
        return json.loads(text) if text else None

    def on_event(self, handler: EventHandler) -> None:
        """Has each event that comes from now on handed to a function, as EventBridge hands it to a Lambda function.

        handler: takes the event, or the event and a context, which is None; it may be ``async``. It is called on a thread of its
            own, one event after another; :meth:`flush_events` waits for it.
        """
        if self._events is None:
            self._events = EventPump(self._running, from_now=True)
        self._events.add(handler)

    def flush_events(self, timeout: float = 10) -> None:
        """Waits until the handlers have had every event so far, and raises what the first that failed raised.

        Raises TimeoutError after ``timeout`` seconds.
        """
        if self._events is not None:
            self._events.flush(timeout)

    @overload
    def client(self, service_name: Literal["chime"], config: Config | None = None) -> Chime: ...
    @overload
    def client(
        self, service_name: Literal["chime-sdk-media-pipelines"], config: Config | None = None
    ) -> ChimeSDKMediaPipelines: ...
    @overload
    def client(self, service_name: Literal["chime-sdk-meetings"], config: Config | None = None) -> ChimeSDKMeetings: ...
    @overload
    def client(self, service_name: str, config: Config | None = None) -> Chime | ChimeSDKMediaPipelines | ChimeSDKMeetings: ...
    def client(self, service_name: str, config: Config | None = None) -> _aio.AsyncClient:
        """A client of this service whose methods are awaited."""
        from .._generated.factories import _CLASSES

        return self._make(_CLASSES, service_name, config)

    @overload
    def blocking_client(self, service_name: Literal["chime"], config: Config | None = None) -> BlockingChime: ...
    @overload
    def blocking_client(
        self, service_name: Literal["chime-sdk-media-pipelines"], config: Config | None = None
    ) -> BlockingChimeSDKMediaPipelines: ...
    @overload
    def blocking_client(
        self, service_name: Literal["chime-sdk-meetings"], config: Config | None = None
    ) -> BlockingChimeSDKMeetings: ...
    @overload
    def blocking_client(
        self, service_name: str, config: Config | None = None
    ) -> BlockingChime | BlockingChimeSDKMediaPipelines | BlockingChimeSDKMeetings: ...
    def blocking_client(self, service_name: str, config: Config | None = None) -> _blocking.BlockingClient:
        """A client of this service whose methods block."""
        from .._generated.blocking_factories import _CLASSES

        return self._make(_CLASSES, service_name, config)

    def _make(self, classes: dict[str, tuple[str, str]], service_name: str, config: Config | None) -> Any:
        """A client that reads no files and uses no proxy of the environment: a test sees nothing of whoever runs it."""
        from .._client.factory import make_alone

        return make_alone(classes, service_name, config, None, local=True, **self.client_options)

    @property
    def _running(self) -> LocalServer:
        if self._server is None:
            raise RuntimeError("the local service does not run: start it, or use it in a `with` block")
        return self._server

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, exception: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(
        self, exception: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        where = "stopped" if self._server is None else self._server.url
        return f"<chimeline.testing.LocalChime {where}>"
