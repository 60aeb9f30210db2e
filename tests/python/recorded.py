"""What the local service saw of recordings."""

from __future__ import annotations

from typing import Any

from chimeline.testing import LocalChime


def check_that_recordings_follow_each_other(chime: LocalChime) -> None:
    """By the events: no meeting had two recordings at once."""
    on: dict[str, set[str]] = {}
    for event in chime.events():
        detail = event["detail"]
        kind, meeting, pipeline = detail["eventType"], detail.get("meetingId"), detail.get("mediaPipelineId")
        if kind == "chime:MediaPipelineInProgress" and meeting is not None and pipeline is not None:
            on.setdefault(meeting, set()).add(pipeline)
            assert len(on[meeting]) == 1, f"two recordings of {meeting} at once"
        elif kind == "chime:MediaPipelineDeleted":
            on.get(meeting or "", set()).discard(pipeline or "")


def resources(value: Any) -> list[dict[str, Any]]:
    """The resources of an exported state, those that have ended included."""
    found: list[dict[str, Any]] = []
    if isinstance(value, dict):
        if isinstance(value.get("members"), dict):
            found.append(value)
        for inner in value.values():
            found += resources(inner)
    elif isinstance(value, list):
        for inner in value:
            found += resources(inner)
    return found
