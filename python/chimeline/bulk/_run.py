"""A run: items begin as there is room and as the rate allows, and results are given as they come."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._aio import AsyncClient
from .._blocking import BlockingClient
from .._generated.errors import ParamValidationError
from .._typing import Self
from ._identity import identity, identity_awaited
from ._items import BulkResult, Item, Items, Operation, invalid
from ._journal import Journal
from ._pace import Pace
from ._progress import Progress
from ._workers import CarriedClient, Share

if TYPE_CHECKING:
    from ._items import Outcome

_CONCURRENCY = 10


@dataclass
class Settings:
    """What a run is made with."""

    client: Any
    operation: str
    inputs: Iterable[Mapping[str, Any]]
    concurrency: int | None = None
    rate: float | None = None
    journal: str | os.PathLike[str] | None = None
    progress: Any = None
    executor: Executor | None = None
    is_part: bool = False
    """Whether it carries out a part of another run, in a worker."""


def settings_of(
    client: Any,
    operation: Any,
    inputs: Any,
    concurrency: Any,
    rate: Any,
    journal: Any,
    progress: Any,
    executor: Any,
) -> Settings:
    """The settings, as far as each can be right."""
    if not isinstance(client, (AsyncClient, BlockingClient)):
        raise invalid("client", client, "a client of this package")
    if isinstance(inputs, (str, bytes, dict)) or not hasattr(inputs, "__iter__"):
        raise ParamValidationError(f"inputs must be an iterable of dicts, not of type {type(inputs).__name__}")
    if concurrency is not None and (isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1):
        raise invalid("concurrency", concurrency, "an integer >= 1")
    is_number = isinstance(rate, (int, float)) and not isinstance(rate, bool)
    if rate is not None and not (is_number and 0 < rate < float("inf")):
        raise invalid("rate", rate, "a positive number of calls per second")
    if journal is not None and not isinstance(journal, (str, os.PathLike)):
        raise invalid("journal", journal, "the path of a file")
    if progress not in (None, True, False) and not callable(progress):
        raise invalid("progress", progress, "a bool or a function")
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise invalid("executor", executor, "a concurrent.futures executor")
    return Settings(client, operation, inputs, concurrency, rate, journal, progress, executor)


class _BulkRun:
    """What both kinds of runs have."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client = settings.client
        self._operation = Operation(settings.client, settings.operation)
        path = settings.journal
        self._journal = None if path is None else Journal(path, self._operation, self._client.meta.region_name)
        self._items = Items(self._operation, settings.inputs, self._journal, is_part=settings.is_part)
        self._progress = Progress(settings.progress, self._operation.method, self._items.total)
        self._ready: BulkResult | None = None
        self.failures: list[BulkResult] = []
        """The results so far that are failures."""

    def _plan(self) -> None:
        executor, concurrency, rate = self._settings.executor, self._settings.concurrency, self._settings.rate
        if executor is None:
            self._width, self._size = concurrency or _CONCURRENCY, 1
            self._pace = Pace(rate, begins_late=self._settings.is_part)
            return
        # The workers keep the pace, each its part of it.
        self._share = Share(executor, concurrency, rate)
        self._width, self._size = self._share.tasks, self._share.size
        self._pace = Pace(None)
        self._carried = CarriedClient(self._client)

    def _submit(self, executor: Executor, items: list[Item]) -> Future[list[Outcome]]:
        share, requests = self._share, [item.request for item in items]
        return executor.submit(carry_out, self._carried, self._operation.name, requests, share.concurrency, share.rate)

    def _take(self) -> list[Item] | BulkResult | None:
        """The items of the next task, or a result that is there without one; None after the last."""
        if self._ready is not None:
            result, self._ready = self._ready, None
            return result
        items: list[Item] = []
        while len(items) < self._size:
            taken = self._items.take()
            if isinstance(taken, Item):
                items.append(taken)
                continue
            if not items:
                return taken
            self._ready = taken
            break
        if self._journal is not None:
            self._journal.announce([item.key for item in items])
        return items

    def _note(self, items: list[Item], outcomes: list[Outcome]) -> None:
        if self._journal is not None:
            for item, (output, error) in zip(items, outcomes, strict=True):
                self._journal.note(item.key, output, error)

    def _results(self, items: list[Item], outcomes: list[Outcome]) -> Iterator[BulkResult]:
        self._note(items, outcomes)
        for item, (output, error) in zip(items, outcomes, strict=True):
            yield BulkResult(item.index, item.given, output, error)

    def _tell(self, result: BulkResult) -> BulkResult:
        if result.error is not None:
            self.failures.append(result)
        self._progress.advance()
        return result

    def _end(self, ended: Iterable[tuple[list[Item], Any]]) -> None:
        """Notes what came of calls that nobody waits for any more."""
        for items, future in ended:
            if future.exception() is None:
                self._note(items, future.result())
        self._progress.end()
        if self._journal is not None:
            self._journal.close()


class BlockingBulkRun(_BulkRun):
    """A run of a blocking client: an iterator of its results."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._running = self._run()

    def __iter__(self) -> Iterator[BulkResult]:
        return self._running

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the run: what has not begun is not called any more, what has comes to its end."""
        self._running.close()

    def _run(self) -> Generator[BulkResult, None, None]:
        if self._journal is not None:
            self._journal.begin(identity(self._client))
        self._plan()
        self._progress.begin()
        executor = self._settings.executor
        if executor is not None:
            yield from self._drive(lambda items: self._submit(executor, items))
            return
        with ThreadPoolExecutor(self._width, thread_name_prefix="chimeline-bulk") as threads:
            yield from self._drive(lambda items: threads.submit(self._call, items))

    def _call(self, items: list[Item]) -> list[Outcome]:
        [item] = items
        try:
            return [(getattr(self._client, self._operation.method)(**item.request), None)]
        except Exception as error:  # a failure is a result
            return [(None, error)]

    def _drive(self, submit: Callable[[list[Item]], Future[list[Outcome]]]) -> Generator[BulkResult, None, None]:
        waiting: dict[Future[list[Outcome]], list[Item]] = {}
        is_over = False
        try:
            while waiting or not is_over:
                due_in = self._pace.due_in()
                if not is_over and due_in == 0 and len(waiting) < self._width:
                    taken = self._take()
                    if isinstance(taken, BulkResult):
                        yield self._tell(taken)
                    elif taken is None:
                        is_over = True
                    else:
                        self._pace.begin()
                        waiting[submit(taken)] = taken
                    continue
                if not waiting:
                    time.sleep(due_in)
                    continue
                timeout = due_in if not is_over and len(waiting) < self._width else None
                done, _ = wait(waiting, timeout=timeout, return_when=FIRST_COMPLETED)
                for future in done:
                    for result in self._results(waiting.pop(future), future.result()):
                        yield self._tell(result)
        finally:
            for future in waiting:
                future.cancel()
            # What is under way comes to its end.
            self._end((items, future) for future, items in waiting.items() if wait([future]).done and not future.cancelled())


class AsyncBulkRun(_BulkRun):
    """A run of an awaited client: an asynchronous iterator of its results."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._running = self._run()

    def __aiter__(self) -> AsyncGenerator[BulkResult, None]:
        return self._running

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends the run: what has not begun is not called any more, and calls under way are cancelled."""
        await self._running.aclose()

    async def _call(self, items: list[Item]) -> list[Outcome]:
        [item] = items
        try:
            return [(await getattr(self._client, self._operation.method)(**item.request), None)]
        except Exception as error:  # a failure is a result
            return [(None, error)]

    def _begin(self, items: list[Item]) -> Awaitable[list[Outcome]]:
        executor = self._settings.executor
        return self._call(items) if executor is None else asyncio.wrap_future(self._submit(executor, items))

    async def _run(self) -> AsyncGenerator[BulkResult, None]:
        if self._journal is not None:
            self._journal.begin(await identity_awaited(self._client))
        await asyncio.to_thread(self._plan) if self._settings.executor is not None else self._plan()
        self._progress.begin()
        waiting: dict[asyncio.Future[list[Outcome]], list[Item]] = {}
        is_over = False
        try:
            while waiting or not is_over:
                due_in = self._pace.due_in()
                if not is_over and due_in == 0 and len(waiting) < self._width:
                    taken = self._take()
                    if isinstance(taken, BulkResult):
                        yield self._tell(taken)
                    elif taken is None:
                        is_over = True
                    else:
                        self._pace.begin()
                        waiting[asyncio.ensure_future(self._begin(taken))] = taken
                    continue
                if not waiting:
                    await asyncio.sleep(due_in)
                    continue
                timeout = due_in if not is_over and len(waiting) < self._width else None
                done, _ = await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
                for future in done:
                    for result in self._results(waiting.pop(future), future.result()):
                        yield self._tell(result)
        finally:
            for future in waiting:
                future.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            self._end((items, future) for future, items in waiting.items() if not future.cancelled())


def carry_out(
    carried: CarriedClient, operation: str, requests: Sequence[Mapping[str, Any]], concurrency: int, rate: float | None
) -> list[Outcome]:
    """Makes calls in a worker; gives what came of each, in the order of the requests."""
    client = carried.client
    settings = Settings(client, operation, requests, concurrency=concurrency, rate=rate, is_part=True)
    outcomes: list[Outcome] = [(None, None)] * len(requests)
    if client._awaits:

        async def collect() -> None:
            async for result in AsyncBulkRun(settings):
                outcomes[result.index] = (result.output, result.error)

        asyncio.run(collect())
    else:
        for result in BlockingBulkRun(settings):
            outcomes[result.index] = (result.output, result.error)
    return outcomes
