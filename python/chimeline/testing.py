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

from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, overload

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

    host, port: where it listens; the port is a free one unless given.
    region_name: the region of the clients that it makes. Requests may be signed for any; each has resources of its own.
    access_key_id, secret_access_key, session_token: the keys that it knows; others are refused with a 403.
    account_id: the account that owns everything.
    pace: how many seconds a pipeline stays in a passing state, such as ``Initializing`` or ``Stopping``.
    pipeline_quota: how many pipelines may be active at once; else the quotas that AWS documents.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        region_name: str = "us-east-1",
        access_key_id: str = "AKIDCHIMELINELOCAL",
        secret_access_key: str = "chimeline-local-secret",  # noqa: S107 - it opens nothing but this server
        session_token: str | None = None,
        account_id: str = "111122223333",
        pace: float = 0.25,
        pipeline_quota: int | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._region_name = region_name
        self._keys = (access_key_id, secret_access_key, session_token)
        self._account_id = account_id
        self._pace = pace
        self._pipeline_quota = pipeline_quota
        self._server: LocalServer | None = None

    def start(self) -> Self:
        """Starts it, unless it runs; nothing is left of an earlier run.

        Raises :class:`chimeline.exceptions.InvalidConfigError` when it cannot listen there.
        """
        if self._server is None:
            access_key_id, secret_access_key, session_token = self._keys
            self._server = LocalServer(
                host=self._host,
                port=self._port,
                access_key_id=access_key_id,
                secret_access_key=secret_access_key,
                session_token=session_token,
                region_name=self._region_name,
                account_id=self._account_id,
                pace=self._pace,
                pipeline_quota=self._pipeline_quota,
            )
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
        access_key_id, secret_access_key, session_token = self._keys
        return {
            "endpoint_url": self.url,
            "region_name": self._region_name,
            "aws_access_key_id": access_key_id,
            "aws_secret_access_key": secret_access_key,
            "aws_session_token": session_token,
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
