"""Four callers make clients and calls while another thread writes the environment without pause.

usage: PYTHON environment.py SECONDS

Each new client takes its credentials from the environment, and each call looks at the trace of Lambda there. Prints the calls
that were made. Run it with `MALLOC_PERTURB_=165`: the C library then overwrites what it frees, so that a read of the table of
variables after it has moved does not go unnoticed.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time

import chimeline
from chimeline.testing import LocalChime

SERVICE = "chime-sdk-media-pipelines"


def main(seconds: float) -> int:
    calls: list[int] = []
    failures: list[BaseException] = []
    with LocalChime() as local:
        os.environ.update(local.environment, AWS_LAMBDA_FUNCTION_NAME="soak")
        end = time.monotonic() + seconds

        def blocking() -> int:
            made = 0
            while time.monotonic() < end:
                chimeline.blocking.client(SERVICE).list_media_capture_pipelines()
                made += 1
            return made

        async def awaited() -> int:
            made = 0
            while time.monotonic() < end:
                clients = [chimeline.client(SERVICE) for _ in range(4)]
                made += len(
                    await asyncio.gather(*(client.list_media_capture_pipelines() for client in clients for _ in range(2)))
                )
            return made

        def caller(work: object) -> None:
            try:
                calls.append(work())  # type: ignore[operator]
            except BaseException as error:
                failures.append(error)

        def run_awaited() -> int:
            return asyncio.run(awaited())

        works = (blocking, run_awaited, blocking, run_awaited)
        callers = [threading.Thread(target=caller, args=(work,)) for work in works]
        for thread in callers:
            thread.start()
        written = write(callers)
        for thread in callers:
            thread.join()
    for error in failures:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    print(f"{sum(calls)} calls of {len(calls)} callers beside {written} writes")
    return 1 if failures or len(calls) < len(works) or 0 in calls else 0


def write(callers: list[threading.Thread]) -> int:
    """Adds variables until their table has moved, and takes them away again, while a caller is at work."""
    written = 0
    while any(thread.is_alive() for thread in callers):
        names = [f"ADDED_{written + i}" for i in range(300)]
        for i, name in enumerate(names):
            os.environ[name] = "v" * (i % 50)
        os.environ["_X_AMZN_TRACE_ID"] = f"Root=1-{written}"
        for name in names:
            del os.environ[name]
        written += 2 * len(names) + 1
    return written


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
