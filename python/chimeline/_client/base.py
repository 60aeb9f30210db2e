"""What the awaited and the blocking clients share: how one is made, and what it knows of itself."""

from __future__ import annotations

import os
import sys

# So that the first error of a process needs no file, when no descriptor may be left.
from .. import _raised  # noqa: F401  # pyright: ignore[reportUnusedImport]
from .._native import NativeClient, recording_function
from ..config import Config, native_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    import typing_extensions as t

    from .._events.emitter import EventEmitter
    from .._generated import errors
    from .._host.answers import Answers
    from .._host.credentials import CredentialSource
    from .._host.handlers import CallHandlers
    from ..testing import Recording
    from . import exceptions as _exceptions
    from . import meta as _meta

    C = TypeVar("C", bound="BaseClient")
else:
    from .._lazy import LazyModule, errors, t

    _exceptions = LazyModule("chimeline._client.exceptions")
    _meta = LazyModule("chimeline._client.meta")

SECRETS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


class Hooks:
    """The handlers of a client and of its views; there is no emitter until somebody asks for it."""

    # Of `chimeline.testing.record`, for the calls of all clients.
    recording: t.ClassVar[Recording | None] = None

    def __init__(self, emitter: EventEmitter | None = None) -> None:
        self.emitter = emitter
        self.active = emitter is not None and emitter.is_active
        """Whether a call has any handler to call."""
        if emitter is not None:
            emitter.hooks = self


class BaseClient:
    """A client of one service."""

    _service_name: str
    _send: t.Callable[..., t.Any]
    _awaits: t.ClassVar[bool]
    _operations: t.ClassVar[dict[str, str]]
    _pages: t.ClassVar[dict[str, str]]
    _paginator_class: t.ClassVar[str]
    _waiters: t.ClassVar[dict[str, str]]
    _waiter_module: t.ClassVar[str]
    _waiter_class: t.ClassVar[str]

    def __init__(
        self, options: dict[str, t.Any], config: Config, hooks: Hooks | None = None, peer: NativeClient | None = None
    ) -> None:
        self._config = config
        self._hooks = hooks or Hooks()
        self._call_options: dict[str, Any] | None = None
        self._source = _credential_source(options)
        self._options = options if self._source is None else {**options, "credentials": self._source.given}
        # Called with an operation and its input, it gives the handlers of that call, if any; see `_host.handlers`.
        self._handlers: Callable[[str, Mapping[str, Any]], CallHandlers | None] | None = None
        given = {**native_options(config), **{name: value for name, value in options.items() if value is not None}}
        given.pop("credentials", None)
        given["language"] = f"python#{sys.version_info[0]}.{sys.version_info[1]}.{sys.version_info[2]}"
        environment = environment_now()
        self._in_lambda = bool(environment.get("AWS_LAMBDA_FUNCTION_NAME"))
        self._native = NativeClient(self._service_name, given, environment, self._source and self._source.cache, peer)
        if self._source is None and self._native.asks_for_mfa_code:
            from . import mfa

            # The first one loads what the other's calls ask for.
            self._source = mfa.source(self._native, config.mfa_prompt)
            self._native = NativeClient(self._service_name, given, environment, self._source.cache, peer)
        self._in_snapshot = environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
        if self._in_snapshot:
            from . import snapstart

            snapstart.watch(self)

    def with_options(
        self, *, timeout: float | None = None, attempt_timeout: float | None = None, max_attempts: int | None = None
    ) -> t.Self:
        """A view of this client whose calls have limits of their own; it shares the connections, credentials and retry quota.

        timeout: seconds for a whole call: the wait for a connection, credentials, retries and the waits between them.
        attempt_timeout: seconds for one attempt, from its connection to the last byte of its answer.
        max_attempts: attempts in all; 1 turns retries off.
        """
        given = {"timeout": timeout, "attempt_timeout": attempt_timeout, "max_attempts": max_attempts}
        view = self.__copy__()
        view._call_options = {**(self._call_options or {}), **{name: value for name, value in given.items() if value is not None}}
        self._native.check_call_options(view._call_options)
        return view

    def __copy__(self) -> t.Self:
        """The same client once more: it shares everything with this one."""
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__)
        if self._in_snapshot:
            from . import snapstart

            snapstart.watch(view)
        return view

    def __deepcopy__(self, memo: dict[int, t.Any]) -> t.Self:
        """A client of the same options, with connections of its own."""
        return _remake(type(self), self._options, self._config, self._call_options)

    def _options_now(self) -> dict[str, Any] | None:
        """The options of a call that is made now, with the trace of the invocation in AWS Lambda, which changes."""
        trace = os.environ.get("_X_AMZN_TRACE_ID") if self._in_lambda else None
        return {**(self._call_options or {}), "trace_id": trace} if trace else self._call_options

    def _answers(
        self, operation: str, params: Mapping[str, Any], max_nested: int, handlers: CallHandlers | None
    ) -> Answers | None:
        """What answers the questions of a call; nothing for one that asks none."""
        if self._source is None and self._handlers is None and handlers is None:
            return None
        if self._source is not None:
            self._source.check_caller(max_nested)
        from .._host.answers import Answers

        return Answers(self._source, handlers or (self._handlers and self._handlers(operation, params)))

    @property
    def meta(self) -> _meta.ClientMeta:
        """Region, endpoint, configuration."""
        return _meta.ClientMeta(self, self._config)

    @property
    def exceptions(self) -> _exceptions.ClientExceptions:
        """The service's exceptions, as in ``except client.exceptions.NotFoundException``: classes of ``chimeline.exceptions``."""
        return _exceptions.exceptions_of(self._service_name)

    def can_paginate(self, operation_name: str) -> bool:
        """Whether the method of that name has a paginator."""
        return operation_name in self._pages

    @property
    def waiter_names(self) -> list[str]:
        """The names that :meth:`get_waiter` takes."""
        return list(self._waiters)

    if not TYPE_CHECKING:  # typed by each service's class, for its own operations

        def __getattr__(self, name):
            """An operation of another service is named with the service that has it."""
            text = f"{type(self).__name__!r} object has no attribute {name!r}"
            if not name.startswith("_"):
                from json import dumps, loads

                asked = dumps({"service": self._service_name, "operation": name})
                found = loads(recording_function("service_of", asked))["done"]
                if found is not None:
                    text += f"; it is an operation of {found}: make a client of that service"
            raise AttributeError(text, name=name, obj=self)

        def get_waiter(self, waiter_name):
            """The waiter of that name: ``.wait(..., WaiterConfig={...})`` asks again and again until it is as the name says."""
            if waiter_name not in self._waiters:
                raise ValueError(f"Waiter does not exist: {waiter_name}")
            from ..recording import waiters

            return getattr(waiters, self._waiter_class)(self, self._waiters[waiter_name])

        def get_paginator(self, operation_name):
            """The paginator of the method of that name: ``.paginate(..., PaginationConfig={...})`` iterates over the pages."""
            if operation_name not in self._pages:
                known = ", ".join(self._pages)
                raise errors.OperationNotPageableError(
                    f"Operation cannot be paginated: {operation_name}. Those with pages are: {known}"
                )
            from . import paginate

            return getattr(paginate, self._paginator_class)(getattr(self, operation_name), self._pages[operation_name])

    def __repr__(self) -> str:
        return f"<chimeline.{type(self).__name__} {self._native.endpoint_url}>"

    def __reduce__(self) -> tuple[t.Any, ...]:
        options = self._options
        of_object = self._source is not None and self._source.is_object
        if of_object or any(options.get(name) is not None for name in SECRETS):
            if not self._config.pickle_credentials:
                raise TypeError(
                    "a client that was made with credentials does not pickle, for its keys would be in the pickle: let it find "
                    "them in the environment or in a profile, or allow it with Config(pickle_credentials=True)"
                )
            if of_object:
                # As they are now: the object may hold locks and connections.
                frozen = options["credentials"].get_frozen_credentials()
                options = {**options, "credentials": None, **dict(zip(SECRETS, frozen[:3], strict=True))}
        return _remake, (type(self), options, self._config, self._call_options)


def environment_now() -> dict[str, str]:
    """The environment as it is now, although other threads may change it meanwhile."""
    pairs = ((name, os.environ.get(name)) for name in list(os.environ))
    return {name: value for name, value in pairs if value is not None}


def _credential_source(options: dict[str, Any]) -> CredentialSource | None:
    given = options.get("credentials")
    if given is None:
        return None
    if any(options.get(name) is not None for name in SECRETS):
        raise TypeError("give either credentials or aws_access_key_id and its companions, not both")
    from .._host.credentials import CredentialSource

    return given if isinstance(given, CredentialSource) else CredentialSource(given)


def _remake(cls: type[C], options: dict[str, Any], config: Config, call_options: dict[str, Any] | None) -> C:
    client = cls(options, config)
    return client if call_options is None else client.with_options(**call_options)
