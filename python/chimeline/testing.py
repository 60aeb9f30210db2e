"""A local Chime service for tests: a real server on the loopback, without an account.

::

    with LocalChime() as chime:
        client = chime.blocking_client("chime-sdk-media-pipelines")
        client.list_media_capture_pipelines()

    async with LocalChime() as chime:
        client = chime.client("chime-sdk-meetings")
        await client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="standup")
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, overload
from urllib.parse import quote, urlencode

from ._native import LocalServer
from ._typing import Self, TypedDict
from .config import Config

if TYPE_CHECKING:
    from . import _aio, _blocking
    from .services.chime import Chime
    from .services.chime_blocking import BlockingChime
    from .services.media_pipelines import ChimeSDKMediaPipelines
    from .services.media_pipelines_blocking import BlockingChimeSDKMediaPipelines
    from .services.meetings import ChimeSDKMeetings
    from .services.meetings_blocking import BlockingChimeSDKMeetings
else:
    from ._lazy import LazyModule

    _aio = LazyModule("chimeline._aio")
    _blocking = LazyModule("chimeline._blocking")


__all__ = ["LocalChime"]


class ClientOptions(TypedDict):
    """What points a client to the service: arguments of ``chimeline.client``, and of ``boto3.client``."""

    endpoint_url: str
    region_name: str
    aws_access_key_id: str
    aws_secret_access_key: str
    aws_session_token: str | None


class LocalChime:
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
            **options,
        }
        self._server: LocalServer | None = None

    def start(self) -> Self:
        """Starts it, unless it runs; nothing is left of an earlier run.

        Raises :class:`chimeline.exceptions.InvalidConfigError` when it cannot listen there.
        """
        if self._server is None:
            self._server = LocalServer(json.dumps(self._options))
        return self

    def stop(self) -> None:
        """Stops it and closes its connections; stopping twice is stopping once."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    @property
    def url(self) -> str:
        """Where it listens, such as ``http://127.0.0.1:40123``."""
        return self._running.url

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

    def reset(self) -> None:
        """Forgets all resources, faults, recorded requests and events, and sets the clock right."""
        self.control("POST", "/reset")

    def add_fault(self, rule: Mapping[str, Any]) -> dict[str, Any]:
        """Adds a rule of faults, such as ``{"operation": "CreateMeeting", "refusal": "throttled", "times": 2}``.

        Returns the rule with its ``id``; :meth:`faults` tells how often it struck.
        """
        return self.control("POST", "/faults", dict(rule))

    def faults(self) -> list[dict[str, Any]]:
        """The rules of faults, each with how often it ``struck``."""
        return self.control("GET", "/faults")["faults"]

    def remove_fault(self, fault_id: str) -> None:
        """Removes a rule of faults."""
        self.control("DELETE", f"/faults/{quote(fault_id, safe='')}")

    def requests(self, **filters: str | int) -> list[dict[str, Any]]:
        """The recorded requests, newest first; ``service``, ``operation``, ``status`` and ``limit`` choose among them."""
        return self.control("GET", f"/requests?{urlencode(filters)}")["requests"]

    def events(self) -> list[dict[str, Any]]:
        """The events that EventBridge would have got, in their order."""
        return self.control("GET", "/events")["events"]

    def freeze(self) -> None:
        """Stops the clock of resources: it moves only by :meth:`advance` and :meth:`set_clock`."""
        self.control("POST", "/clock/freeze")

    def resume(self) -> None:
        """Lets a frozen clock run on."""
        self.control("POST", "/clock/resume")

    def set_clock(self, time: datetime) -> None:
        """Sets the clock of resources to a time, which must have a timezone."""
        if time.tzinfo is None:
            raise ValueError(f"invalid time: {time!r} (expected a datetime with a timezone)")
        self.control("POST", "/clock/set", {"time": time.isoformat()})

    def join(self, meeting_id: str, attendee: str | None = None) -> None:
        """An attendee, by id or external user id, joins a meeting; all of them without ``attendee``."""
        self.control("POST", f"/meetings/{quote(meeting_id, safe='')}/join", {"attendee": attendee})

    def leave(self, meeting_id: str, attendee: str | None = None, *, dropped: bool = False) -> None:
        """An attendee leaves a meeting, or loses the connection; all of them without ``attendee``."""
        self.control("POST", f"/meetings/{quote(meeting_id, safe='')}/leave", {"attendee": attendee, "dropped": dropped})

    def force_state(self, pipeline_id: str, status: str, reason: str | None = None) -> None:
        """Puts a pipeline or pool into a state, such as ``Failed``."""
        self.control("POST", f"/pipelines/{quote(pipeline_id, safe='')}/state", {"status": status, "reason": reason})

    def export_state(self) -> dict[str, Any]:
        """The whole state, for :meth:`import_state`."""
        return self.control("GET", "/state")

    def import_state(self, state: Mapping[str, Any]) -> None:
        """Replaces the whole state."""
        self.control("PUT", "/state", dict(state))

    @overload
    def client(self, service_name: Literal["chime"], config: Config | None = None) -> Chime: ...
    @overload
    def client(
        self, service_name: Literal["chime-sdk-media-pipelines"], config: Config | None = None
    ) -> ChimeSDKMediaPipelines: ...
    @overload
    def client(self, service_name: Literal["chime-sdk-meetings"], config: Config | None = None) -> ChimeSDKMeetings: ...
    def client(self, service_name: Any, config: Config | None = None) -> _aio.AsyncClient:
        """A client of this service whose methods are awaited."""
        from ._generated.factories import _CLASSES

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
    def blocking_client(self, service_name: Any, config: Config | None = None) -> _blocking.BlockingClient:
        """A client of this service whose methods block."""
        from ._generated.blocking_factories import _CLASSES

        return self._make(_CLASSES, service_name, config)

    def _make(self, classes: dict[str, tuple[str, str]], service_name: str, config: Config | None) -> Any:
        """A client that reads no files and uses no proxy of the environment: a test sees nothing of whoever runs it."""
        from ._client import make

        return make(classes, service_name, config, use_ssl=True, api_version=None, local=True, **self.client_options)

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
