"""What a client knows of itself."""

from __future__ import annotations

from ..config import Config, resolved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._events.emitter import EventEmitter
    from .base import BaseClient
    from .model import ServiceModel


class ClientMeta:
    """What a client knows of itself, by the names of botocore's ``client.meta``."""

    def __init__(self, client: BaseClient, config: Config) -> None:
        self._client = client
        self._config = config

    @property
    def config(self) -> Config:
        """The configuration that the client works with: what its Config says, and what the environment and the profile add."""
        return resolved(self._config, self._client._native.settings())

    @property
    def events(self) -> EventEmitter:
        """Where handlers of the client's calls are registered: ``client.meta.events.register("before-call", handler)``."""
        hooks = self._client._hooks
        if hooks.emitter is None:
            # Programs that register no handlers do without what these need.
            from .._events.emitter import EventEmitter

            hooks.emitter = EventEmitter(awaits=self._client._awaits)
            hooks.emitter.hooks = hooks
        return hooks.emitter

    @property
    def partition(self) -> str:
        """The partition of the region, such as ``aws`` or ``aws-us-gov``."""
        return self._client._native.partition

    @property
    def service_model(self) -> ServiceModel:
        """The service's operations and shapes."""
        from .model import model_of

        return model_of(self._client._service_name)

    @property
    def sources(self) -> dict[str, str]:
        """Where each setting comes from: ``code``, an environment variable, a profile, or ``default``."""
        return self._client._native.sources()

    @property
    def region_name(self) -> str:
        """The region that the client is for; ``aws-global`` for a service with one endpoint."""
        return self._client._native.region_name

    @property
    def endpoint_url(self) -> str:
        """Where requests go."""
        return self._client._native.endpoint_url

    @property
    def service_name(self) -> str:
        """The service's name."""
        return self._client._service_name

    @property
    def method_to_api_mapping(self) -> dict[str, str]:
        """The operations by the names of their methods."""
        return dict(self._client._operations)
