"""One operation for many inputs: results as they come, failures among them, and nothing made twice when a run is repeated.

``run`` takes an awaited client and gives an async iterator, or a blocking client and gives an iterator.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from typing import Any, overload

from .._aio import AsyncClient
from .._blocking import BlockingClient
from ._items import BulkResult
from ._run import AsyncBulkRun, BlockingBulkRun, settings_of

__all__ = ["AsyncBulkRun", "BlockingBulkRun", "BulkResult", "run"]


@overload
def run(
    client: AsyncClient,
    operation: str,
    inputs: Iterable[Mapping[str, Any]],
    *,
    concurrency: int | None = None,
    rate: float | None = None,
    journal: str | os.PathLike[str] | None = None,
    progress: bool | Callable[[int, int | None], object] | None = None,
    executor: Executor | None = None,
) -> AsyncBulkRun: ...


@overload
def run(
    client: BlockingClient,
    operation: str,
    inputs: Iterable[Mapping[str, Any]],
    *,
    concurrency: int | None = None,
    rate: float | None = None,
    journal: str | os.PathLike[str] | None = None,
    progress: bool | Callable[[int, int | None], object] | None = None,
    executor: Executor | None = None,
) -> BlockingBulkRun: ...


def run(
    client: Any,
    operation: str,
    inputs: Iterable[Mapping[str, Any]],
    *,
    concurrency: int | None = None,
    rate: float | None = None,
    journal: str | os.PathLike[str] | None = None,
    progress: bool | Callable[[int, int | None], object] | None = None,
    executor: Executor | None = None,
) -> Any:
    """Makes the call of an operation for each input.

    client: a client of this package, awaited or blocking.
    operation: its method, such as ``create_meeting``, or the operation's name.
    inputs: the arguments of each call as a dict; they are taken one by one. An input without an idempotency token gets one that
        follows from the input, so that the same inputs, given again, make nothing twice; of equal inputs each is an item of
        its own.
    concurrency: the calls under way at once; 10 by default, with an executor one for each of its workers.
    rate: the most calls that begin in a second; no limit by default. With an executor it is divided among the workers.
    journal: a file in which outcomes are kept, so that a run which was cut off goes on: what is done is not done again, and
        comes as a result from the file. It has the results as they are, join tokens of attendees included.
    progress: True for a bar of tqdm, where that is installed; or a function that is called with the number of items that are
        done and that of all, None where it is not known.
    executor: a ``concurrent.futures`` executor whose workers make the calls, such as a ProcessPoolExecutor or what
        ``get_executor()`` of a client of dask.distributed gives. The client goes to other processes as its configuration.

    Gives a BulkResult for each input, as they come. What cannot be right is refused before any call, among it a journal of
    another account, operation or Region. The end of the loop ends the run: calls that have not begun are not made.
    """
    settings = settings_of(client, operation, inputs, concurrency, rate, journal, progress, executor)
    return (AsyncBulkRun if client._awaits else BlockingBulkRun)(settings)
