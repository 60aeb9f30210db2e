"""The functions of ``chimeline.recording`` for clients that block: without a client they make such a one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._functions import BLOCKING, parse_event, parse_events, policies
from .events import ChimeEvent
from .types import MeetingLike, PipelineLike, Tags

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    from .._blocking import BlockingClient
    from . import types
    from ._guard import Recording

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

_set = BLOCKING


def ensure_meeting(
    name: str,
    media_region: str,
    *,
    attendees: Sequence[str | Mapping[str, Any]] | None = None,
    tags: Tags | None = None,
    client: BlockingClient | None = None,
    **request: Any,
) -> types.MeetingWithAttendees:
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


def people(
    meeting: MeetingLike,
    *,
    client: BlockingClient | None = None,
) -> list[types.meetings.Attendee]:
    """The attendees of a meeting, without those by which pipelines take part in it.

    meeting: an object, an ARN of either form, or an id.
    """
    return _set.people(meeting, client=client)


def start_recording(
    meeting: MeetingLike,
    sink: str,
    *,
    artifacts: Sequence[str] | Mapping[str, Any] | None = None,
    streams: Sequence[str | Mapping[str, Any]] | Mapping[str, Any] | None = None,
    tags: Tags | None = None,
    purpose: str = "recording",
    client: BlockingClient | None = None,
    meetings: Any = None,
    **request: Any,
) -> types.pipelines.MediaCapturePipeline:
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


def record(
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
) -> Recording:
    """Guards a recording: it runs while the body of the ``with`` (or ``async with``) runs, and is stopped whatever ends the
        body.

    max_duration: seconds after which it is stopped, though the body goes on.
    concatenate_to: ``s3://BUCKET/PREFIX`` where the files are joined after the stop.
    journal: a file by which :func:`reap` finds the recording if the process is killed.
    signals: signals that end the body by a ``SystemExit``, as Ctrl-C does by itself: numbers, or True for SIGTERM. For the main
        thread alone, for as long as the body runs.

    The other arguments are those of :func:`start_recording`. The body begins when the service records. An exception, a
    cancellation, Ctrl-C and the end of the interpreter stop it too; a stop is tried again until the service confirms it, and
    one that cannot be confirmed is logged with the command that stops it. An error of the body is the one that is raised.
    """
    return _set.record(
        meeting,
        sink,
        max_duration=max_duration,
        concatenate_to=concatenate_to,
        journal=journal,
        signals=signals,
        artifacts=artifacts,
        streams=streams,
        tags=tags,
        purpose=purpose,
        client=client,
        meetings=meetings,
        **request,
    )


def stop_recording(
    target: MeetingLike | PipelineLike,
    *,
    concatenate_to: str | None = None,
    concatenation_artifacts: Sequence[str] | Mapping[str, Any] | None = None,
    concatenation_tags: Tags | None = None,
    wait: bool | float = False,
    retry: float = 60,
    client: BlockingClient | None = None,
) -> types.StoppedRecording:
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


def concatenate(
    capture: PipelineLike,
    destination: str,
    *,
    artifacts: Sequence[str] | Mapping[str, Any] | None = None,
    tags: Tags | None = None,
    client: BlockingClient | None = None,
) -> types.pipelines.MediaConcatenationPipeline:
    """Joins the files of a capture, once, whoever asks for it and however often; also while it runs: the service then waits.

    capture: the capture: an object, an ARN, or an id while the service still knows it.
    destination: ``s3://BUCKET/PREFIX`` or the ARN of it.
    artifacts: names out of ``audio``, ``video``, ``content``, ``composited-video``, ``data-channel``, ``meeting-events`` and
        ``transcription-messages``, or an ArtifactsConfiguration; else what was captured.
    tags: of the concatenation.
    """
    return _set.concatenate(capture, destination, artifacts=artifacts, tags=tags, client=client)


def artifacts(
    pipeline: PipelineLike,
    *,
    sink: str | None = None,
    listed: bool = False,
    presign: bool | int = False,
    s3: Any = None,
    client: BlockingClient | None = None,
) -> types.ArtifactList:
    """The files that a capture or a concatenation writes.

    pipeline: an object, an ARN or an id; one that the service no longer knows needs its ``sink``.
    listed: whether to look which files there are; they come by time and attendee.
    presign: seconds for which links to the files work, or True for an hour.
    s3: a client of S3, such as boto3's, to list and sign with.

    Without ``listed`` a capture has its folders alone, and a concatenation the names that its files will have.
    """
    return _set.artifacts(pipeline, sink=sink, listed=listed, presign=presign, s3=s3, client=client)


def preflight(
    sink: str | None = None,
    *,
    meeting: MeetingLike | None = None,
    concatenate_to: str | None = None,
    media_region: str | None = None,
    endpoints: Mapping[str, str] | None = None,
    client: BlockingClient | None = None,
) -> types.Preflight:
    """Looks whether a meeting can be recorded to a place, before anything is created; every request is a read.

    sink, concatenate_to: ``s3://BUCKET/PREFIX`` of the recording and of its concatenation.
    meeting: the meeting, where there is one already.
    media_region: the Region of its media, where there is none yet.
    endpoints: URLs of ``s3``, ``sts`` and ``iam`` in place of AWS's own; else ``AWS_ENDPOINT_URL_S3`` and the like.

    Returns ``ready``, which is None where something cannot be told, and the ``checks``: each with its ``verdict``, what was
    asked, what was found, the ``cure`` and what to ``paste``.
    """
    return _set.preflight(
        sink,
        meeting=meeting,
        concatenate_to=concatenate_to,
        media_region=media_region,
        endpoints=endpoints,
        client=client,
    )


def resolve_event(
    event: Any,
    *,
    client: BlockingClient | None = None,
) -> ChimeEvent:
    """The one event in ``event``, with ``kind`` and ``pipeline``, which the event does not say: its pipeline is looked up.

    event: what EventBridge, SNS, SQS or Lambda gives.
    """
    return _set.resolve_event(event, client=client)


def follow(
    pipeline: PipelineLike,
    *,
    delay: float = 2.0,
    events: Any = None,
    client: BlockingClient | None = None,
) -> Iterator[dict[str, Any]]:
    """Goes through the states of a pipeline as they come; ends with the pipeline. Throttling and passing errors end nothing.

    delay: seconds between two calls.
    events: a queue (``queue.Queue``) of events, each of which saves a call.

    Gives maps with ``MediaPipelineId``, ``Status`` and ``Pipeline``, which is None where an event told.
    """
    return _set.follow(pipeline, delay=delay, events=events, client=client)


def reap(
    journal: str | os.PathLike[str] | None = None,
    *,
    tags: Tags | None = None,
    older_than: float | None = None,
    dry_run: bool = False,
    retry: float = 60,
    endpoints: Mapping[str, str] | None = None,
    client: Any = None,
) -> types.Reaped:
    """Stops recordings that killed processes left: see :func:`chimeline.recording.reap`."""
    return _set.reap(
        journal,
        tags=tags,
        older_than=older_than,
        dry_run=dry_run,
        retry=retry,
        endpoints=endpoints,
        client=client,
    )
