"""The guard of a recording, and what stops recordings whose guards were killed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from ._functions import AWAITED
from .types import MeetingLike, Tags

if TYPE_CHECKING:
    import os
    from collections.abc import Awaitable, Mapping, Sequence

    from .._aio import AsyncClient
    from .._blocking import BlockingClient
    from . import types
    from ._guard import Recording

_set = AWAITED


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


@overload
def reap(
    journal: str | os.PathLike[str] | None = None,
    *,
    tags: Tags | None = None,
    older_than: float | None = None,
    dry_run: bool = False,
    retry: float = 60,
    endpoints: Mapping[str, str] | None = None,
    client: BlockingClient,
) -> types.Reaped: ...


@overload
def reap(
    journal: str | os.PathLike[str] | None = None,
    *,
    tags: Tags | None = None,
    older_than: float | None = None,
    dry_run: bool = False,
    retry: float = 60,
    endpoints: Mapping[str, str] | None = None,
    client: AsyncClient | None = None,
) -> Awaitable[types.Reaped]: ...


def reap(
    journal: str | os.PathLike[str] | None = None,
    *,
    tags: Tags | None = None,
    older_than: float | None = None,
    dry_run: bool = False,
    retry: float = 60,
    endpoints: Mapping[str, str] | None = None,
    client: Any = None,
) -> Any:
    """Stops recordings that killed processes left: those that the journal of their guards names, or by tags and age.

    journal: the file that :func:`record` was given. What a living process guards is left to it. A damaged one is read up to the
        damage; one of another account is refused.
    tags, older_than: without a journal: all captures of the account and Region with these tags that were made that many
        seconds ago or before.
    dry_run: only says what would be stopped.
    retry: seconds for which a stop is tried again that meets with throttling, failures of the service or no answer.
    endpoints: URLs in place of AWS's own; ``sts`` is asked for the account where the service does not tell it.

    Returns the ids of what is stopped, what is guarded, and what is left with the reason, which is logged as well.
    """
    return _set.reap(
        journal,
        tags=tags,
        older_than=older_than,
        dry_run=dry_run,
        retry=retry,
        endpoints=endpoints,
        client=client,
    )
