"""A recording in one scope: it runs while the body of a ``with`` runs, and is stopped whatever ends the body."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import sys
import threading
import uuid
from typing import TYPE_CHECKING, Any

from .._generated import blocking_factories, errors
from . import _drive
from ._signals import Signals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from .._typing import Self

_logger = logging.getLogger("chimeline")
_WAITER = "media_capture_pipeline_in_progress"


class Recording:
    """A recording that the body of a ``with`` or an ``async with`` guards."""

    def __init__(
        self,
        clients: _drive.Clients,
        start: dict[str, Any],
        stop: dict[str, Any],
        max_duration: float | None,
        signals: bool | Sequence[int],
    ) -> None:
        given: Any = max_duration
        if given is not None and not (isinstance(given, (int, float)) and given > 0):
            raise errors.ParamValidationError(f"max_duration must be a positive number of seconds, not {given!r}")
        self._signals = Signals(signals)
        self._clients = clients
        self._start = start
        self._stop = stop
        self._max_duration = max_duration
        self._process = 0
        self._timer: Any = None
        self._limiting: asyncio.Task[None] | None = None
        self.pipeline: dict[str, Any] = {}
        """The MediaCapturePipeline, once it runs."""
        self.stopped: dict[str, Any] | None = None
        """What :func:`stop_recording` gave, once it has."""

    @property
    def pipeline_id(self) -> str:
        """The MediaPipelineId."""
        return self.pipeline["MediaPipelineId"]

    def _enters(self) -> None:
        if self._start["journal"] is not None:
            # A guard may be entered again, and is then another one.
            self._start["guard"] = self._stop["guard"] = str(uuid.uuid4())
        self._signals.catch()

    def _began(self, pipeline: dict[str, Any]) -> None:
        self.pipeline = pipeline
        self._process = os.getpid()
        atexit.register(self._stop_at_exit)

    def _ended(self, stopped: dict[str, Any]) -> None:
        self.stopped = stopped
        atexit.unregister(self._stop_at_exit)

    def _stopping(self, **change: Any) -> dict[str, Any]:
        return {**self._stop, "target": self.pipeline, **change}

    def _stop_at_exit(self) -> None:
        """The interpreter ends before the body has: its event loop is gone, so this call blocks."""
        if self.stopped is not None or os.getpid() != self._process:
            return
        client = self._clients.pipelines
        try:
            clients = _drive.Clients(_blocking(client))
            self._ended(_drive.drive("stop_recording", self._stopping(wait=False, retry=10), clients))
        except Exception as error:
            self._complain(error)

    def _not_started(self, error: BaseException) -> None:
        self._signals.let_go()
        if _drive.is_unanswered(error):
            meeting: Any = self._start["meeting"]
            name = meeting if isinstance(meeting, str) else meeting.get("Meeting", meeting).get("MeetingId")
            text = "the meeting %s may be recorded, for its start was not answered: %s. This stops it: chimeline stop %s"
            _logger.error(text, name, error, name)

    def _complain(self, error: BaseException) -> None:
        _logger.error("%s may still record, for its stop failed: %s. %s", self.pipeline_id, error, self._cure())

    def _cure(self) -> str:
        return f"This stops it: chimeline stop {self.pipeline_id}"

    def _failed(self, error: Exception, body: BaseException | None) -> None:
        """An error of the stop: raised, unless the body has one, which is then the one that is raised."""
        self._complain(error)
        if body is None:
            raise error
        note = f"and its recording {self.pipeline_id} could not be stopped: {error}. {self._cure()}"
        if sys.version_info >= (3, 11):
            body.add_note(note)

    # Blocking.

    def __enter__(self) -> Self:
        if self._clients.is_awaited:
            raise TypeError("the client is awaited: use `async with`, or a client of chimeline.blocking")
        self._enters()
        try:
            self._began(_drive.drive("start_recording", self._start, self._clients))
        except Exception as error:
            self._not_started(error)
            raise
        except BaseException:
            # Ctrl-C: whether the recording was made is not known, and asking again finds it.
            self._began(_drive.drive("start_recording", self._start, self._clients))
            self._signals.let_go()
            self._end(sys.exc_info()[1])
            raise
        try:
            self._clients.pipelines.get_waiter(_WAITER).wait(MediaPipelineId=self.pipeline_id)
        except BaseException as error:
            self._signals.let_go()
            self._end(error)
            raise
        if self._max_duration is not None:
            self._timer = threading.Timer(self._max_duration, self._end, (None,))
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._signals.let_go()
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            timer.join()
        if self.stopped is None:
            self._end(error)

    def _end(self, body: BaseException | None) -> None:
        try:
            self._ended(_drive.drive("stop_recording", self._stopping(), self._clients))
        except Exception as error:
            self._failed(error, body)

    # Awaited.

    async def __aenter__(self) -> Self:
        if not self._clients.is_awaited:
            raise TypeError("the client blocks: use `with`, or a client of chimeline.client")
        self._enters()
        starting = asyncio.ensure_future(_drive.drive("start_recording", self._start, self._clients))
        try:
            self._began(await asyncio.shield(starting))
            await self._clients.pipelines.get_waiter(_WAITER).wait(MediaPipelineId=self.pipeline_id)
        except BaseException as error:
            if not self.pipeline:
                if starting.done() and not starting.cancelled() and starting.exception() is not None:
                    self._not_started(error)
                    raise
                # Cancelled: what was being made is made, and then stopped.
                self._began(await starting)
            self._signals.let_go()
            await self._end_awaited(error)
            raise
        if self._max_duration is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._max_duration, self._limit)
        return self

    def _limit(self) -> None:
        self._limiting = asyncio.ensure_future(self._end_awaited(None))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._signals.let_go()
        if self._timer is not None:
            self._timer.cancel()
        if self._limiting is not None:
            await self._limiting
        if self.stopped is None:
            await self._end_awaited(error)

    async def _end_awaited(self, body: BaseException | None) -> None:
        stopping = asyncio.ensure_future(_drive.drive("stop_recording", self._stopping(), self._clients))
        try:
            try:
                self._ended(await asyncio.shield(stopping))
            except asyncio.CancelledError:
                # The stop comes to its end before the cancellation goes on.
                self._ended(await stopping)
                raise
        except Exception as error:
            self._failed(error, body)


def _blocking(client: Any) -> Any:
    """A client that blocks, made like one that is awaited."""
    if not _drive.Clients(client).is_awaited:
        return client
    module, title = blocking_factories._CLASSES[client._service_name]
    path = f"chimeline._generated.{module}"
    __import__(path)
    return getattr(sys.modules[path], title)(client._options, client._config)
