"""The base of the clients whose methods block."""

from __future__ import annotations

import sys

from ._client import BaseClient
from ._client.base import Hooks
from ._client.call_log import active_logger, log_error, log_result
from ._native import NativeClient
from .config import Config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import typing_extensions as t

    from ._client import greenlets, tracing
    from ._host.handlers import CallHandlers
else:
    from ._lazy import greenlets, t, tracing


# A signal handler may make a call while the function for the credentials runs on this thread, and so may one in that call's; a
# function that calls its own client would never end.
_MAX_NESTED = 3


class BlockingClient(BaseClient):
    """A client whose methods block. Any number of threads may use it at once."""

    def __init__(
        self, options: dict[str, t.Any], config: Config, hooks: Hooks | None = None, peer: NativeClient | None = None
    ) -> None:
        super().__init__(options, config, hooks, peer)
        if self._source is not None and self._source.is_coroutine:
            raise TypeError("a blocking client takes a function for its credentials and its mfa_prompt, not a coroutine function")

    _awaits = False
    _paginator_class = "Paginator"
    _waiter_class = "Waiter"

    def _make_api_call(self, operation_name: str, api_params: Mapping[str, Any]) -> Any:
        """Makes the call of that operation; every method goes through here, so that tests and tracers can wrap it."""
        hooks = self._hooks
        call = self._hooked_send if hooks.active or hooks.recording is not None else self._send
        # A program that has set no provider has not loaded these.
        if "opentelemetry.trace" in sys.modules or "opentelemetry.metrics" in sys.modules:
            call = self._traced(call)
        logger = active_logger()
        if logger is None:
            return call(operation_name, api_params)
        try:
            result = call(operation_name, api_params)
        except BaseException as error:
            log_error(logger, self._service_name, operation_name, error)
            raise
        log_result(logger, self._service_name, operation_name, result)
        return result

    def _traced(self, call: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        """The same call within a span, where the program has set a provider."""

        def traced(operation: str, params: Mapping[str, Any]) -> Any:
            span = tracing.of_call(self, operation)
            if span is None:
                return call(operation, params)
            with span:
                result = call(operation, params)
                span.ended(result)
                return result

        return traced

    def _hooked_send(self, operation: str, params: Mapping[str, Any]) -> Any:
        """The same with the handlers of its events."""
        from ._events.call import HookedCall, drive

        return drive(HookedCall(self, operation).steps(params))

    def _send(self, operation: str, params: Mapping[str, Any], handlers: CallHandlers | None = None) -> Any:
        options = self._options_now()
        patched = "gevent" in sys.modules or "eventlet" in sys.modules
        select = greenlets.hub_select() if patched else None
        # Greenlets wait for each other's credentials, and so for their own within the function.
        answers = self._answers(operation, params, _MAX_NESTED if select is None else 1, handlers)
        if answers is not None:
            options = answers.options(options)
        if select is not None:
            return greenlets.call(select, self._native, operation, params, options, answers)
        if answers is None:
            return self._native.call(operation, params, options)
        return self._native.call(operation, params, options, answers.blocking)

    def close(self) -> None:
        """Closes the idle connections. The client stays usable."""
        self._native.close()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
