"""What the functions of ``chimeline.recording`` take and give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Union

from .._typing import NotRequired, TypedDict

if TYPE_CHECKING:
    from .._generated import media_pipelines_types as pipelines
    from .._generated import meetings_types as meetings
else:
    from .._lazy import LazyModule

    pipelines = LazyModule("chimeline._generated.media_pipelines_types")
    meetings = LazyModule("chimeline._generated.meetings_types")

__all__ = [
    "Artifact",
    "ArtifactFolder",
    "ArtifactList",
    "Check",
    "LeftRecording",
    "MeetingLike",
    "MeetingWithAttendees",
    "PipelineLike",
    "Preflight",
    "Reaped",
    "StoppedRecording",
    "Tags",
    # For the annotations of the functions: type checkers take no name from here that is not listed.
    "meetings",
    "pipelines",
]

MeetingLike = Union[str, Mapping[str, Any]]
"""A meeting: what CreateMeeting returned, its ARN of either form, or its MeetingId."""

PipelineLike = Union[str, Mapping[str, Any]]
"""A pipeline: what a call returned, its ARN, or its MediaPipelineId."""

Tags = Union[Mapping[str, str], Sequence[Mapping[str, str]]]
"""Tags: a map of texts, or the service's list of ``{"Key", "Value"}``."""


class MeetingWithAttendees(TypedDict):
    """A meeting and those who may join it."""

    Meeting: meetings.Meeting
    Attendees: list[meetings.Attendee]


class StoppedRecording(TypedDict):
    """What was stopped, now or before."""

    MediaPipelineIds: list[str]
    MediaConcatenationPipelines: list[pipelines.MediaConcatenationPipeline]
    """What joins the recordings, where that was asked for."""


class LeftRecording(TypedDict):
    """A recording that may go on."""

    MediaPipelineId: NotRequired[str]
    MeetingId: NotRequired[str]
    Region: NotRequired[str]
    Reason: NotRequired[str]
    """Why it was not stopped."""


class Reaped(StoppedRecording):
    """What became of the recordings that killed processes left."""

    Guarded: list[LeftRecording]
    """What living processes guard."""
    Left: list[LeftRecording]
    """What could not be stopped."""
    Damage: str | None
    """Which line of the journal cannot be read, and why."""


class Check(TypedDict):
    """One thing that has to be so."""

    check: str
    verdict: str
    """``passed``, ``failed`` or ``cannot tell``."""
    asked: str
    """The actions by which it was looked at, which the caller needs for that."""
    detail: str
    cure: str
    paste: Any
    """The policy or the command of the cure, where there is one."""


class Preflight(TypedDict):
    """Whether a meeting can be recorded."""

    ready: bool | None
    checks: list[Check]


class ArtifactFolder(TypedDict):
    """Where the files of one kind are."""

    Kind: str
    """``audio``, ``video``, ``content``, ``composited-video``, or a kind of text: ``data-channel``, ``meeting-events``,
    ``transcription-messages``."""
    Prefix: str


class Artifact(TypedDict):
    """A file of a recording."""

    Kind: str
    Key: str
    Uri: str
    """``s3://BUCKET/KEY``."""
    Time: str | None
    """When a capture's file begins: ISO 8601, in UTC."""
    AttendeeId: str | None
    """Whose video it is, where it is that of one attendee."""
    Size: NotRequired[int]
    """In bytes, where the files were listed."""
    Url: NotRequired[str]
    """A link for a limited time, where one was asked for."""


class ArtifactList(TypedDict):
    """The files of a pipeline."""

    Pipeline: str
    """``capture`` or ``concatenation``."""
    Bucket: str
    Prefix: str
    Folders: list[ArtifactFolder]
    Artifacts: list[Artifact]
