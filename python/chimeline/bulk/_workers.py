"""Runs whose calls are made by the workers of an executor, in other threads, processes or machines."""

from __future__ import annotations

import pickle
from functools import lru_cache
from math import ceil
from typing import Any

# The most items of one task: what a worker that dies takes with it is carried out again.
_MAX_TASK = 64


class CarriedClient:
    """A client on its way to a worker: as it is to a thread, as its configuration to a process, which makes one client of it."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpack, (pickle.dumps(self.client),)


@lru_cache(maxsize=16)
def _unpack(client: bytes) -> CarriedClient:
    return CarriedClient(pickle.loads(client))  # noqa: S301


class Share:
    """What each worker gets of a run: so many tasks are under way at once, one a worker."""

    def __init__(self, executor: Any, concurrency: int | None, rate: float | None) -> None:
        workers = workers_of(executor)
        calls = concurrency or workers or 1
        self.tasks = min(workers or calls, calls)
        self.concurrency = calls // self.tasks
        self.rate = None if rate is None else rate / self.tasks
        # About a second's worth where there is a rate, so that results come as they are made.
        size = 16 * self.concurrency if self.rate is None else ceil(self.rate)
        self.size = max(1, min(size, _MAX_TASK))


def workers_of(executor: Any) -> int | None:
    """How many tasks an executor carries out at once, as far as it says."""
    for name in ("max_workers", "_max_workers"):
        if isinstance(found := getattr(executor, name, None), int):
            return max(1, found)
    # What `get_executor()` of a client of dask.distributed gives.
    threads: Any = getattr(getattr(executor, "_client", None), "nthreads", None)
    return max(1, sum(threads().values())) if threads is not None else None
