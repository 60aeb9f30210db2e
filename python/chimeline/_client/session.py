"""Sessions: what several clients have in common, by the names of ``boto3.Session``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .._events.emitter import EventEmitter
from .._generated.errors import NoCredentialsError, PartialCredentialsError, UnknownRegionError
from .._native import NativeClient, available_partitions, available_regions, partition_for_region, session_settings
from ..config import unless_empty
from .base import SECRETS, Hooks, environment_now
from .factory import make_alone

if TYPE_CHECKING:
    from ..types import common as types
    from .session_credentials import AsyncCredentials, Credentials


class BaseSession:
    """The region, the profile and the credentials of several clients."""

    _awaits: ClassVar[bool]
    _services: ClassVar[tuple[str, ...]]

    def __init__(
        self,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
        region_name: str | None = None,
        botocore_session: None = None,
        profile_name: str | None = None,
        aws_account_id: str | None = None,
        *,
        credentials: types.CredentialProvider | None = None,
    ) -> None:
        if botocore_session is not None:
            raise TypeError(
                "botocore_session is not supported; take what it has: "
                "Session(credentials=botocore_session.get_credentials(), region_name=..., profile_name=...)"
            )
        keys = [unless_empty(key) for key in (aws_access_key_id, aws_secret_access_key)]
        if aws_account_id and not any(keys):
            raise NoCredentialsError
        if any(keys) and not all(keys):
            missing = SECRETS[keys.index(None)]
            raise PartialCredentialsError(provider="explicit", cred_var=missing)
        if credentials is not None and any(keys):
            raise TypeError("give either credentials or aws_access_key_id and its companions, not both")
        source = None
        if credentials is not None:
            from .._host.credentials import CredentialSource

            source = CredentialSource(credentials)
        self._options: dict[str, Any] = {
            "aws_access_key_id": keys[0],
            "aws_secret_access_key": keys[1],
            "aws_session_token": unless_empty(aws_session_token) if any(keys) else None,
            "region_name": unless_empty(region_name),
            "profile_name": unless_empty(profile_name),
            # One for all clients, which then share what it caches.
            "credentials": source,
        }
        self._account_id = aws_account_id
        self._peer: NativeClient | None = None
        # Read once, so that a profile that is not there is an error here.
        given = {name: self._options[name] for name in ("region_name", "profile_name") if self._options[name]}
        self._settings = session_settings(given, environment_now())
        self.events = EventEmitter(awaits=self._awaits)
        """Handlers that each client of the session is made with; see ``client.meta.events``."""

    @property
    def region_name(self) -> str | None:
        """The region: that of the session, else of the environment or the profile; ``None`` where none is set."""
        return self._settings["region_name"]

    @property
    def profile_name(self) -> str:
        """The profile: that of the session, else of the environment, else ``default``."""
        return self._settings["profile_name"]

    @property
    def available_profiles(self) -> list[str]:
        """The profiles of the shared config files."""
        return list(self._settings["available_profiles"])

    def get_available_services(self) -> list[str]:
        """The names that :meth:`client` takes."""
        return list(self._services)

    def get_available_partitions(self) -> list[str]:
        """The partitions, such as ``aws`` and ``aws-us-gov``."""
        return available_partitions()

    def get_available_regions(
        self, service_name: str, partition_name: str = "aws", allow_non_regional: bool = False
    ) -> list[str]:
        """The regions in which a service has endpoints.

        partition_name: the partition that they are of.
        allow_non_regional: whether endpoints that are no region's, such as ``us-east-1-fips``, are listed too.

        Raises :class:`chimeline.exceptions.UnknownServiceError` for a service that this package does not have.
        """
        return available_regions(service_name, partition_name, allow_non_regional)

    def get_partition_for_region(self, region_name: str) -> str:
        """The partition of a region."""
        partition = partition_for_region(region_name)
        if partition is None:
            raise UnknownRegionError(region_name=region_name, error_msg="No partition found for provided region_name.")
        return partition

    def _client(self, classes: dict[str, tuple[str, str]], service_name: str, config: Any, **options: Any) -> Any:
        given = {name: value for name, value in options.items() if unless_empty(value) is not None}
        own = {name: value for name, value in self._options.items() if value is not None}
        if not given.keys().isdisjoint((*SECRETS[:2], "credentials", "profile_name")):
            # Credentials are of one place.
            for name in (*SECRETS, "credentials"):
                own.pop(name, None)
        hooks = Hooks(self.events.copy(awaits=self._awaits)) if self.events.is_active else None
        merged: dict[str, Any] = {**options, **own, **given}
        client = make_alone(classes, service_name, config, hooks, self._peer, **merged)
        self._peer = self._peer or client._native
        return client

    def _native(self) -> NativeClient:
        """A client for what belongs to no service."""
        given: dict[str, Any] = {name: value for name, value in self._options.items() if value is not None}
        given.pop("credentials", None)
        given["region_name"] = self.region_name or "us-east-1"
        return NativeClient("chime-sdk-meetings", given, environment_now(), None, self._peer)

    @property
    def _is_explicit(self) -> bool:
        return self._options["aws_access_key_id"] is not None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(region_name={self.region_name!r})"


class AsyncSession(BaseSession):
    """A session of clients whose methods are awaited."""

    _awaits = True

    async def get_credentials(self) -> AsyncCredentials | None:
        """The credentials of the session, or ``None`` where there are none; ``get_frozen_credentials`` is awaited too."""
        from . import session_credentials

        return await session_credentials.awaited(
            self._options["credentials"], self._native(), self._account_id, self._is_explicit
        )


class BlockingSession(BaseSession):
    """A session of clients whose methods block."""

    _awaits = False

    def get_credentials(self) -> Credentials | None:
        """The credentials of the session, or ``None`` where there are none."""
        from . import session_credentials

        return session_credentials.blocking(self._options["credentials"], self._native(), self._account_id, self._is_explicit)


def setup_default_session(**kwargs: Any) -> None:
    """Sets what ``chimeline.client`` and ``chimeline.blocking.client`` take for what they are not given.

    Takes the keyword arguments of ``chimeline.Session``.
    """
    from . import factory

    factory.default_sessions[True] = AsyncSession(**kwargs)
    factory.default_sessions[False] = BlockingSession(**kwargs)
