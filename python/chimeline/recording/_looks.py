"""Looks before and after a start: whether a meeting can be recorded, and what becomes of a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from ._functions import AWAITED
from .types import MeetingLike, PipelineLike

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping

    from .._aio import AsyncClient
    from .._blocking import BlockingClient
    from . import types

_set = AWAITED


@overload
def preflight(
    sink: str | None = None,
    *,
    meeting: MeetingLike | None = None,
    concatenate_to: str | None = None,
    media_region: str | None = None,
    endpoints: Mapping[str, str] | None = None,
    client: BlockingClient,
) -> types.Preflight: ...


@overload
def preflight(
    sink: str | None = None,
    *,
    meeting: MeetingLike | None = None,
    concatenate_to: str | None = None,
    media_region: str | None = None,
    endpoints: Mapping[str, str] | None = None,
    client: AsyncClient | None = None,
) -> Awaitable[types.Preflight]: ...


def preflight(
    sink: str | None = None,
    *,
    meeting: MeetingLike | None = None,
    concatenate_to: str | None = None,
    media_region: str | None = None,
    endpoints: Mapping[str, str] | None = None,
    client: Any = None,
) -> Any:
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


@overload
def follow(
    pipeline: PipelineLike,
    *,
    delay: float = 2.0,
    events: Any = None,
    client: BlockingClient,
) -> Iterator[dict[str, Any]]: ...


@overload
def follow(
    pipeline: PipelineLike,
    *,
    delay: float = 2.0,
    events: Any = None,
    client: AsyncClient | None = None,
) -> AsyncIterator[dict[str, Any]]: ...


def follow(
    pipeline: PipelineLike,
    *,
    delay: float = 2.0,
    events: Any = None,
    client: Any = None,
) -> Any:
    """Goes through the states of a pipeline as they come; ends with the pipeline. Throttling and passing errors end nothing.

    delay: seconds between two calls.
    events: a queue (``asyncio.Queue``, or ``queue.Queue`` for a client that blocks) of events, each of which saves a call.

    Gives maps with ``MediaPipelineId``, ``Status`` and ``Pipeline``, which is None where an event told.
    """
    return _set.follow(pipeline, delay=delay, events=events, client=client)
