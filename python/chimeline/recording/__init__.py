"""Recordings from start to finish: a few calls without state, for handlers as well as for scripts.

Each takes a client and is awaited, or blocks, as that client does; without one it makes one and is awaited. What
``chimeline.recording.blocking`` has blocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from ._functions import AWAITED, parse_event, parse_events, policies
from ._guarded import reap, record
from ._looks import follow, preflight
from .events import ChimeEvent
from .types import MeetingLike, PipelineLike, Tags

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from .._aio import AsyncClient
    from .._blocking import BlockingClient
    from . import types

__all__ = [
    "ChimeEvent",
    "artifacts",
    "concatenate",
    "ensure_meeting",
    "follow",
    "parse_event",
    "parse_events",
    "people",
    "policies",
    "preflight",
    "reap",
    "record",
    "resolve_event",
    "start_recording",
    "stop_recording",
]

_set = AWAITED


@overload
def ensure_meeting(
    name: str,
    media_region: str,
    *,
    attendees: Sequence[str | Mapping[str, Any]] | None = None,
    tags: Tags | None = None,
    client: BlockingClient,
    **request: Any,
) -> types.MeetingWithAttendees: ...


@overload
def ensure_meeting(
    name: str,
    media_region: str,
    *,
    attendees: Sequence[str | Mapping[str, Any]] | None = None,
    tags: Tags | None = None,
    client: AsyncClient | None = None,
    **request: Any,
) -> Awaitable[types.MeetingWithAttendees]: ...


def ensure_meeting(
    name: str,
    media_region: str,
    *,
    attendees: Sequence[str | Mapping[str, Any]] | None = None,
    tags: Tags | None = None,
    client: Any = None,
    **request: Any,
) -> Any:
    """The live meeting of that name: made, found, or made anew after it ended; the same one for whoever asks.

    name: the meeting's ExternalMeetingId, which alone says which meeting it is.
    media_region: the Region that hosts the media.
    attendees: external user ids, or maps with ``ExternalUserId`` and ``Capabilities``; each is made once.
    tags: of the meeting, where it is made.
    client: of chime-sdk-meetings, or another of this package in whose place one is made; else one by the defaults.
    request: other members of CreateMeeting, such as ``MeetingFeatures``.

    Returns the meeting and the attendees, with their join tokens, in the form of CreateMeetingWithAttendees.
    """
    return _set.ensure_meeting(name, media_region, attendees=attendees, tags=tags, client=client, **request)


@overload
def people(
    meeting: MeetingLike,
    *,
    client: BlockingClient,
) -> list[types.meetings.Attendee]: ...


@overload
def people(
    meeting: MeetingLike,
    *,
    client: AsyncClient | None = None,
) -> Awaitable[list[types.meetings.Attendee]]: ...


def people(
    meeting: MeetingLike,
    *,
    client: Any = None,
) -> Any:
    """The attendees of a meeting, without those by which pipelines take part in it.

    meeting: an object, an ARN of either form, or an id.
    """
    return _set.people(meeting, client=client)


@overload
def start_recording(
    meeting: MeetingLike,
    sink: str,
    *,
    artifacts: Sequence[str] | Mapping[str, Any] | None = None,
    streams: Sequence[str | Mapping[str, Any]] | Mapping[str, Any] | None = None,
    tags: Tags | None = None,
    purpose: str = "recording",
    client: BlockingClient,
    meetings: Any = None,
    **request: Any,
) -> types.pipelines.MediaCapturePipeline: ...


@overload
def start_recording(
    meeting: MeetingLike,
    sink: str,
    *,
    artifacts: Sequence[str] | Mapping[str, Any] | None = None,
    streams: Sequence[str | Mapping[str, Any]] | Mapping[str, Any] | None = None,
    tags: Tags | None = None,
    purpose: str = "recording",
    client: AsyncClient | None = None,
    meetings: Any = None,
    **request: Any,
) -> Awaitable[types.pipelines.MediaCapturePipeline]: ...


def start_recording(
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
    """Starts recording a meeting, or finds the recording that runs: called again after a lost answer or a crash, it makes none.

    meeting: an object, an ARN of either form, or an id.
    sink: ``s3://BUCKET/PREFIX`` or the ARN of it.
    artifacts: names out of ``audio``, ``active-speaker-video``, ``composited-video``, ``video`` and ``content``, or an
        ArtifactsConfiguration; else what the service takes by itself.
    streams: whose video is taken: attendees and external user ids, 25 at most, or a SelectedVideoStreams; else everyone's.
    tags: of the pipeline.
    purpose: part of the idempotency token. A meeting has one recording at a time, whatever its purpose.
    client: of chime-sdk-media-pipelines or chime; else one by the defaults.
    meetings: a client of chime-sdk-meetings, which is asked for the account where ``meeting`` is an id; else one like
        ``client``.
    request: other members of CreateMediaCapturePipeline, such as ``SinkIamRoleArn``.

    Returns the MediaCapturePipeline that runs. After a recording has ended, the next call starts the next one.
    """
    return _set.start_recording(
        meeting,
        sink,
        artifacts=artifacts,
        streams=streams,
        tags=tags,
        purpose=purpose,
        client=client,
        meetings=meetings,
        **request,
    )


@overload
def stop_recording(
    target: MeetingLike | PipelineLike,
    *,
    concatenate_to: str | None = None,
    concatenation_artifacts: Sequence[str] | Mapping[str, Any] | None = None,
    concatenation_tags: Tags | None = None,
    wait: bool | float = False,
    retry: float = 60,
    client: BlockingClient,
) -> types.StoppedRecording: ...


@overload
def stop_recording(
    target: MeetingLike | PipelineLike,
    *,
    concatenate_to: str | None = None,
    concatenation_artifacts: Sequence[str] | Mapping[str, Any] | None = None,
    concatenation_tags: Tags | None = None,
    wait: bool | float = False,
    retry: float = 60,
    client: AsyncClient | None = None,
) -> Awaitable[types.StoppedRecording]: ...


def stop_recording(
    target: MeetingLike | PipelineLike,
    *,
    concatenate_to: str | None = None,
    concatenation_artifacts: Sequence[str] | Mapping[str, Any] | None = None,
    concatenation_tags: Tags | None = None,
    wait: bool | float = False,
    retry: float = 60,
    client: Any = None,
) -> Any:
    """Stops a recording; what has stopped already is done, and no error.

    target: the meeting whose recordings are stopped, or the pipeline: an object, an ARN or an id.
    concatenate_to: ``s3://BUCKET/PREFIX`` where the files are joined, once, however often this is called.
    concatenation_artifacts, concatenation_tags: as ``artifacts`` and ``tags`` of :func:`concatenate`.
    wait: seconds to wait for the end, or True for 120; else it returns when the stop is accepted.
    retry: seconds for which a stop is tried again that meets with throttling, failures of the service or no answer.
    """
    return _set.stop_recording(
        target,
        concatenate_to=concatenate_to,
        concatenation_artifacts=concatenation_artifacts,
        concatenation_tags=concatenation_tags,
        wait=wait,
        retry=retry,
        client=client,
    )


@overload
def concatenate(
    capture: PipelineLike,
    destination: str,
    *,
    artifacts: Sequence[str] | Mapping[str, Any] | None = None,
    tags: Tags | None = None,
    client: BlockingClient,
) -> types.pipelines.MediaConcatenationPipeline: ...


@overload
def concatenate(
    capture: PipelineLike,
    destination: str,
    *,
    artifacts: Sequence[str] | Mapping[str, Any] | None = None,
    tags: Tags | None = None,
    client: AsyncClient | None = None,
) -> Awaitable[types.pipelines.MediaConcatenationPipeline]: ...


def concatenate(
    capture: PipelineLike,
    destination: str,
    *,
    artifacts: Sequence[str] | Mapping[str, Any] | None = None,
    tags: Tags | None = None,
    client: Any = None,
) -> Any:
    """Joins the files of a capture, once, whoever asks for it and however often; also while it runs: the service then waits.

    capture: the capture: an object, an ARN, or an id while the service still knows it.
    destination: ``s3://BUCKET/PREFIX`` or the ARN of it.
    artifacts: names out of ``audio``, ``video``, ``content``, ``composited-video``, ``data-channel``, ``meeting-events`` and
        ``transcription-messages``, or an ArtifactsConfiguration; else what was captured.
    tags: of the concatenation.
    """
    return _set.concatenate(capture, destination, artifacts=artifacts, tags=tags, client=client)


@overload
def artifacts(
    pipeline: PipelineLike,
    *,
    sink: str | None = None,
    listed: bool = False,
    presign: bool | int = False,
    s3: Any = None,
    client: BlockingClient,
) -> types.ArtifactList: ...


@overload
def artifacts(
    pipeline: PipelineLike,
    *,
    sink: str | None = None,
    listed: bool = False,
    presign: bool | int = False,
    s3: Any = None,
    client: AsyncClient | None = None,
) -> Awaitable[types.ArtifactList]: ...


def artifacts(
    pipeline: PipelineLike,
    *,
    sink: str | None = None,
    listed: bool = False,
    presign: bool | int = False,
    s3: Any = None,
    client: Any = None,
) -> Any:
    """The files that a capture or a concatenation writes.

    pipeline: an object, an ARN or an id; one that the service no longer knows needs its ``sink``.
    listed: whether to look which files there are; they come by time and attendee.
    presign: seconds for which links to the files work, or True for an hour.
    s3: a client of S3, such as boto3's, to list and sign with.

    Without ``listed`` a capture has its folders alone, and a concatenation the names that its files will have.
    """
    return _set.artifacts(pipeline, sink=sink, listed=listed, presign=presign, s3=s3, client=client)


@overload
def resolve_event(
    event: Any,
    *,
    client: BlockingClient,
) -> ChimeEvent: ...


@overload
def resolve_event(
    event: Any,
    *,
    client: AsyncClient | None = None,
) -> Awaitable[ChimeEvent]: ...


def resolve_event(
    event: Any,
    *,
    client: Any = None,
) -> Any:
    """The one event in ``event``, with ``kind`` and ``pipeline``, which the event does not say: its pipeline is looked up.

    event: what EventBridge, SNS, SQS or Lambda gives.
    """
    return _set.resolve_event(event, client=client)
