"""The events of the services, typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

__all__ = ["ChimeEvent"]


@dataclass(frozen=True)
class ChimeEvent:
    """What an event of EventBridge says, in whatever envelope it came."""

    subject: str
    """``pipeline``, ``pool`` or ``meeting``."""
    event_type: str
    """The event's name without ``chime:``, such as ``MediaPipelineDeleted``."""
    status: str | None = None
    """The state that the event means for a pipeline: ``InProgress``, ``Paused``, ``Stopped`` or ``Failed``."""
    media_pipeline_id: str | None = None
    pool_id: str | None = None
    meeting_id: str | None = None
    external_meeting_id: str | None = None
    media_region: str | None = None
    attendee_id: str | None = None
    external_user_id: str | None = field(default=None, repr=False)
    account: str | None = None
    region: str | None = None
    time: datetime | None = None
    """When it happened, in UTC."""
    id: str | None = None
    """The event's id: the same for each delivery of one event."""
    kind: str | None = None
    """What ``resolve_event`` found: ``capture``, ``concatenation``, ``live-connector``, ``stream`` or ``insights``."""
    pipeline: dict[str, Any] | None = field(default=None, repr=False)
    """What ``resolve_event`` found: the pipeline as the service describes it; None for one that is gone."""
    detail: dict[str, Any] = field(default_factory=dict, repr=False)
    """The whole ``detail`` of the event."""


_NAMES = {
    "eventType": "event_type",
    "mediaPipelineId": "media_pipeline_id",
    "poolId": "pool_id",
    "meetingId": "meeting_id",
    "externalMeetingId": "external_meeting_id",
    "mediaRegion": "media_region",
    "attendeeId": "attendee_id",
    "externalUserId": "external_user_id",
}


def event_of(found: dict[str, Any]) -> ChimeEvent:
    """The event that the native module read."""
    members = {_NAMES.get(name, name): value for name, value in found.items() if name not in ("timestamp", "time")}
    return ChimeEvent(**members, time=_time(found))


def _time(found: dict[str, Any]) -> datetime | None:
    millis, text = found["timestamp"], found["time"]
    if isinstance(millis, (int, float)):
        return datetime.fromtimestamp(millis / 1000, timezone.utc)
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
