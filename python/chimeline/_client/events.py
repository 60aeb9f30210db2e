"""The events of calls, and the handlers that users register for them, by the names and rules of botocore's."""

from __future__ import annotations

import inspect
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .base import Hooks

    Handler = Callable[..., Any]

EVENTS = (
    "provide-client-params",
    "before-parameter-build",
    "before-call",
    "after-call",
    "after-call-error",
)
_WILDCARD = "*"
_FIRST, _MIDDLE, _LAST = range(3)


class EventEmitter:
    """Handlers by the events that they are registered for.

    An event is ``before-call``, ``before-call.SERVICE`` or ``before-call.SERVICE.OPERATION``, as in
    ``before-call.chime-sdk-meetings.CreateMeeting``; ``*`` stands for any name in its place. Handlers get keyword arguments,
    among them ``event_name``. Those of a more specific event come first; those of one event in the order of their registration.
    """

    def __init__(self, *, awaits: bool) -> None:
        self._awaits = awaits
        self.hooks: Hooks | None = None
        """Of a client's emitter: where its calls see whether there is any handler."""
        self._lock = Lock()
        # By the parts of the event: those registered first, as usual and last. Replaced, never changed, for calls read it.
        self._handlers: dict[tuple[str, ...], tuple[list[Handler], list[Handler], list[Handler]]] = {}
        self._found: dict[str, list[Handler]] = {}
        self._unique: dict[Any, _Unique] = {}

    @property
    def is_active(self) -> bool:
        """Whether any handler is registered."""
        return bool(self._handlers)

    def register(self, event_name: str, handler: Handler, unique_id: Any = None, unique_id_uses_count: bool = False) -> None:
        """Has the handler called for the event; once for a ``unique_id``, however often it is registered."""
        self._register(_MIDDLE, event_name, handler, unique_id, unique_id_uses_count)

    def register_first(
        self, event_name: str, handler: Handler, unique_id: Any = None, unique_id_uses_count: bool = False
    ) -> None:
        """The same, ahead of those of :meth:`register`."""
        self._register(_FIRST, event_name, handler, unique_id, unique_id_uses_count)

    def register_last(self, event_name: str, handler: Handler, unique_id: Any = None, unique_id_uses_count: bool = False) -> None:
        """The same, behind those of :meth:`register`."""
        self._register(_LAST, event_name, handler, unique_id, unique_id_uses_count)

    def unregister(
        self, event_name: str, handler: Handler | None = None, unique_id: Any = None, unique_id_uses_count: bool = False
    ) -> None:
        """Takes the handler off the event, or the one of that ``unique_id``; nothing where none is registered."""
        parts = _parts(event_name)
        with self._lock:
            if unique_id is not None:
                known = self._unique.get(unique_id)
                if known is None:
                    return
                known.check(unique_id, unique_id_uses_count, "unregister")
                known.count -= 1
                if unique_id_uses_count and known.count > 0:
                    return
                del self._unique[unique_id]
                handler = known.handler
            sections = self._handlers.get(parts)
            section = next((section for section in sections or () if handler in section), None)
            if sections is None or section is None:
                return
            left = tuple(_without(each, handler) if each is section else each for each in sections)
            handlers = {**self._handlers, parts: left}
            if not any(left):
                del handlers[parts]
            self._replace(handlers)

    def handlers_of(self, event_name: str) -> list[Handler]:
        """The handlers to call for an event, in their order."""
        found = self._found.get(event_name)
        if found is None:
            handlers = self._handlers
            found = []
            for parts in reversed(_patterns(event_name.split("."))):
                for section in handlers.get(parts, ()):
                    found += section
            if handlers is self._handlers:
                self._found[event_name] = found
        return found

    def copy(self, *, awaits: bool) -> EventEmitter:
        """Another emitter with the handlers of this one."""
        other = EventEmitter(awaits=awaits)
        with self._lock:
            for sections in self._handlers.values():
                for section in sections:
                    for handler in section:
                        other._check(handler)
            other._handlers = self._handlers
            other._unique = {
                unique_id: _Unique(each.handler, each.count, each.counts) for unique_id, each in self._unique.items()
            }
        return other

    __copy__ = None  # `copy` knows for which client

    def _register(self, section: int, event_name: str, handler: Handler, unique_id: Any, counts: bool) -> None:
        parts = _parts(event_name)
        self._check(handler)
        with self._lock:
            if unique_id is not None:
                known = self._unique.get(unique_id)
                if known is not None:
                    known.check(unique_id, counts, "register")
                    known.count += 1
                    return
                self._unique[unique_id] = _Unique(handler, 1, counts)
            sections = self._handlers.get(parts, ([], [], []))
            added = tuple([*each, handler] if at == section else each for at, each in enumerate(sections))
            self._replace({**self._handlers, parts: added})

    def _check(self, handler: Handler) -> None:
        if not callable(handler):
            raise ValueError(f"Event handler {handler} must be callable.")
        try:
            takes_any = inspect.getfullargspec(handler).varkw is not None
        except TypeError:
            takes_any = True  # written in C, of which nothing is known
        if not takes_any:
            raise ValueError(f"Event handler {handler} must accept keyword arguments (**kwargs)")
        if not self._awaits and (inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(type(handler).__call__)):
            raise TypeError(
                f"Event handler {handler} is a coroutine function, which a blocking client cannot await; give it a function"
            )

    def _replace(self, handlers: Any) -> None:
        self._handlers = handlers
        self._found = {}
        if self.hooks is not None:
            self.hooks.active = bool(handlers)

    def __repr__(self) -> str:
        return f"<chimeline EventEmitter: {sum(len(each) for sections in self._handlers.values() for each in sections)} handlers>"


class _Unique:
    """A handler that is registered once, and how often that was asked for."""

    def __init__(self, handler: Handler, count: int, counts: bool) -> None:
        self.handler = handler
        self.count = count
        self.counts = counts

    def check(self, unique_id: Any, counts: bool, verb: str) -> None:
        if counts != self.counts:
            first, then = ("use", "use of") if self.counts else ("not use", "not to use")
            raise ValueError(
                f"Initial registration of unique id {unique_id} was specified to {first} a counter. "
                f"Subsequent {verb} calls to unique id must specify {then} a counter as well."
            )


def _parts(event_name: Any) -> tuple[str, ...]:
    """The parts of an event's name, if such an event can come."""
    if not isinstance(event_name, str):
        raise TypeError(f"an event's name must be a str, not {type(event_name).__name__}")
    parts = tuple(event_name.split("."))
    if parts[0] not in EVENTS and parts[0] != _WILDCARD:
        raise ValueError(f"the event {event_name!r} is not supported; supported are {', '.join(EVENTS)}")
    if len(parts) > 3:
        raise ValueError(f"the event {event_name!r} has more than three parts: the event, the service, the operation")
    return parts


def _patterns(parts: list[str]) -> list[tuple[str, ...]]:
    """What handlers of the event may be registered for: each part itself or the wildcard, from the general to the specific."""
    found: list[tuple[str, ...]] = []

    def visit(pattern: tuple[str, ...]) -> None:
        found.append(pattern)
        if len(pattern) < len(parts):
            visit((*pattern, parts[len(pattern)]))
            visit((*pattern, _WILDCARD))

    visit(())
    return found


def _without(section: list[Handler], handler: Handler | None) -> list[Handler]:
    """Those of the section but the first that equals the handler."""
    left = list(section)
    left.remove(handler)  # type: ignore[arg-type]
    return left
