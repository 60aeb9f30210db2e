"""The functions of ``chimeline.recording``, for a client that is awaited and for one that blocks."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any

from .._generated.errors import ParamValidationError
from . import _drive
from .events import ChimeEvent, event_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from .types import MeetingLike, PipelineLike, Tags


_logger = logging.getLogger("chimeline")


class Functions:
    """The functions; ``awaited`` says which client is made where none is given."""

    def __init__(self, awaited: bool) -> None:
        self._awaited = awaited

    def _clients(self, client: Any, service: str, meetings: Any = None, s3: Any = None) -> _drive.Clients:
        if client is None:
            import chimeline

            client = (chimeline if self._awaited else chimeline.blocking).client(service)  # type: ignore[call-overload]
        return _drive.Clients(client, meetings, s3)

    def ensure_meeting(
        self,
        name: str,
        media_region: str,
        *,
        attendees: Sequence[str | Mapping[str, Any]] | None = None,
        tags: Tags | None = None,
        client: Any = None,
        **request: Any,
    ) -> Any:
        given = {"name": name, "media_region": media_region, "attendees": attendees, "tags": tags, "request": request}
        return _drive.drive("ensure_meeting", given, self._clients(client, _drive.MEETINGS))

    def people(self, meeting: MeetingLike, *, client: Any = None) -> Any:
        return _drive.drive("people", {"meeting": meeting}, self._clients(client, _drive.MEETINGS))

    def start_recording(
        self,
        meeting: MeetingLike,
        sink: str,
        *,
        artifacts: Sequence[str] | Mapping[str, Any] | None = None,
        streams: Sequence[str | Mapping[str, Any]] | Mapping[str, Any] | None = None,
        tags: Tags | None = None,
        purpose: str = "recording",
        client: Any = None,
        meetings: Any = None,
        **request: Any,
    ) -> Any:
        given = {
            "meeting": meeting,
            "sink": sink,
            "artifacts": artifacts,
            "streams": streams,
            "tags": tags,
            "purpose": purpose,
            "request": request,
        }
        return _drive.drive("start_recording", given, self._clients(client, _drive.PIPELINES, meetings))

    def stop_recording(
        self,
        target: MeetingLike | PipelineLike,
        *,
        concatenate_to: str | None = None,
        concatenation_artifacts: Sequence[str] | Mapping[str, Any] | None = None,
        concatenation_tags: Tags | None = None,
        wait: bool | float = False,
        retry: float = 60,
        client: Any = None,
    ) -> Any:
        given = {
            "target": target,
            "concatenate_to": concatenate_to,
            "concatenation_artifacts": concatenation_artifacts,
            "concatenation_tags": concatenation_tags,
            "wait": wait,
            "retry": retry,
        }
        return _drive.drive("stop_recording", given, self._clients(client, _drive.PIPELINES))

    def concatenate(
        self,
        capture: PipelineLike,
        destination: str,
        *,
        artifacts: Sequence[str] | Mapping[str, Any] | None = None,
        tags: Tags | None = None,
        client: Any = None,
    ) -> Any:
        given = {
            "capture": capture,
            "destination": destination,
            "concatenation_artifacts": artifacts,
            "concatenation_tags": tags,
        }
        return _drive.drive("concatenate", given, self._clients(client, _drive.PIPELINES))

    def artifacts(
        self,
        pipeline: PipelineLike,
        *,
        sink: str | None = None,
        listed: bool = False,
        presign: bool | int = False,
        s3: Any = None,
        client: Any = None,
    ) -> Any:
        given = {"pipeline": pipeline, "sink": sink, "list": listed, "presign": presign}
        return _drive.drive("artifacts", given, self._clients(client, _drive.PIPELINES, s3=s3))

    def preflight(
        self,
        sink: str | None = None,
        *,
        meeting: MeetingLike | None = None,
        concatenate_to: str | None = None,
        media_region: str | None = None,
        endpoints: Mapping[str, str] | None = None,
        client: Any = None,
    ) -> Any:
        clients = self._clients(client, _drive.PIPELINES)
        given = {
            "sink": sink,
            "meeting": meeting,
            "concatenate_to": concatenate_to,
            "media_region": media_region,
            "endpoints": endpoints_of(endpoints),
            "region": clients.control_region,
        }
        return _drive.drive("preflight", given, clients)

    def record(
        self,
        meeting: MeetingLike,
        sink: str,
        *,
        max_duration: float | None = None,
        concatenate_to: str | None = None,
        journal: str | os.PathLike[str] | None = None,
        signals: bool | Sequence[int] = False,
        artifacts: Sequence[str] | Mapping[str, Any] | None = None,
        streams: Sequence[str | Mapping[str, Any]] | Mapping[str, Any] | None = None,
        tags: Tags | None = None,
        purpose: str = "recording",
        client: Any = None,
        meetings: Any = None,
        **request: Any,
    ) -> Any:
        from ._guard import Recording

        clients = self._clients(client, _drive.PIPELINES, meetings)
        shared = {"journal": _path_of(journal), "concatenate_to": concatenate_to}
        start = {"meeting": meeting, "sink": sink, "artifacts": artifacts, "streams": streams, "tags": tags, **shared}
        start = {**start, "purpose": purpose, "request": request, "region": clients.control_region}
        return Recording(clients, start, {**shared, "wait": False, "retry": 60}, max_duration, signals)

    def reap(
        self,
        journal: str | os.PathLike[str] | None = None,
        *,
        tags: Tags | None = None,
        older_than: float | None = None,
        dry_run: bool = False,
        retry: float = 60,
        endpoints: Mapping[str, str] | None = None,
        client: Any = None,
    ) -> Any:
        clients = self._clients(client, _drive.PIPELINES)
        path = _path_of(journal)
        given = {
            "journal": path,
            "tags": tags,
            "older_than": older_than,
            "dry_run": dry_run,
            "retry": retry,
            "region": clients.control_region,
            "endpoints": {**clients.stand_in, **endpoints_of(endpoints)},
            "now": time.time(),
        }
        found = _drive.drive("reap", given, clients)
        return _told_awaited(found, path) if clients.is_awaited else _told(found, path)

    def resolve_event(self, event: Any, *, client: Any = None) -> Any:
        clients = self._clients(client, _drive.PIPELINES)
        found = _drive.drive("resolve_event", {"event": event}, clients)
        return _event_awaited(found) if clients.is_awaited else event_of(found)

    def follow(self, pipeline: PipelineLike, *, delay: float = 2.0, events: Any = None, client: Any = None) -> Any:
        clients = self._clients(client, _drive.PIPELINES)
        given = {"pipeline": pipeline, "delay": delay}
        return _follow_awaited(given, clients, events) if clients.is_awaited else _follow_blocking(given, clients, events)


def _follow_awaited(given: dict[str, Any], clients: _drive.Clients, events: Any) -> AsyncIterator[Any]:
    from asyncio import Queue

    return _drive.watch_awaited("follow", given, clients, Queue() if events is None else events)


def _follow_blocking(given: dict[str, Any], clients: _drive.Clients, events: Any) -> Iterator[Any]:
    from queue import SimpleQueue

    return _drive.watch_blocking("follow", given, clients, SimpleQueue[Any]() if events is None else events)


def _path_of(journal: str | os.PathLike[str] | None) -> str | None:
    """An absolute path: the folder of the process may change."""
    if journal is None:
        return None
    given: Any = journal
    if not isinstance(given, (str, os.PathLike)) or not (path := os.fspath(given)):
        raise ParamValidationError(f"journal must be the path of a file, not {given!r} of type {type(given).__name__}")
    return os.path.abspath(os.fsdecode(path))


def _told(found: Any, journal: str | None) -> Any:
    for left in found["Left"]:
        name = left.get("MediaPipelineId") or f"the recording of {left.get('MeetingId')}"
        _logger.error("%s may still record: %s", name, left["Reason"])
    if found["Damage"]:
        _logger.error("the journal %s was read up to its damage, and is left as it is: %s", journal, found["Damage"])
    return found


async def _told_awaited(found: Any, journal: str | None) -> Any:
    return _told(await found, journal)


async def _event_awaited(found: Any) -> ChimeEvent:
    return event_of(await found)


AWAITED = Functions(awaited=True)
BLOCKING = Functions(awaited=False)


def endpoints_of(given: Mapping[str, str] | None) -> dict[str, str]:
    """The URLs in place of AWS's own: those given, else those of the variables that the SDKs read."""
    names = ("s3", "sts", "iam")
    if given is not None and (unknown := [name for name in given if name not in names]):
        raise ParamValidationError(f"endpoints must be URLs of {', '.join(names)}, not of {', '.join(unknown)}")
    found = {name: os.environ.get(f"AWS_ENDPOINT_URL_{name.upper()}") for name in names}
    return {**{name: url for name, url in found.items() if url}, **(given or {})}


def policies(
    bucket: str | None = None,
    *,
    account: str,
    purpose: str = "capture",
    legacy: bool = False,
    region: str = "us-east-1",
    topic: str | None = None,
    queue: str | None = None,
) -> dict[str, Any]:
    """The policies that recordings need, to paste; nothing is asked for.

    bucket: its name, ``s3://BUCKET`` or its ARN.
    account: the 12 digits of the account.
    purpose: ``capture``, ``concatenation`` or ``live-connector``.
    legacy: for the namespace chime.
    region, topic, queue: of the notifications of meetings.

    Returns a dict with ``bucket``, ``key``, ``caller``, ``sns``, ``sqs`` and ``role_command``, as far as they apply.
    """
    given = {"bucket": bucket, "account": account, "purpose": purpose, "region": region, "topic": topic, "queue": queue}
    return _drive.function("policies", service="chime" if legacy else _drive.PIPELINES, **given)


def parse_event(event: Any) -> ChimeEvent:
    """The one event in ``event``: of EventBridge, or in a message of SNS or SQS, or in what Lambda calls a function with."""
    return event_of(_drive.function("parse_event", event=event))


def parse_events(event: Any) -> list[ChimeEvent]:
    """All events in ``event``, such as a batch of SQS messages."""
    return [event_of(found) for found in _drive.function("parse_events", event=event)]
