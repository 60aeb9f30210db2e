"""What the Python peers share: the options, the request, and the load.

It imports nothing heavy, for a cold run measures the peer.
"""

import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


class Options:
    """What the driver says on the command line, as one JSON object."""

    def __init__(self):
        given = json.loads(sys.argv[1])
        self.mode = given["mode"]
        """``cold`` (one call and out), or ``load``."""
        self.calls = given.get("calls", 1)
        self.warmup = given.get("warmup", 0)
        self.at_once = given.get("at_once", 1)
        self.endpoint = given["endpoint"]
        self.is_page = given.get("page", False)
        self.variant = given.get("variant")


def request():
    with open(os.path.join(HERE, "..", "data", "request.json")) as file:
        return json.load(file)


def share(total, workers):
    return [total // workers + (at < total % workers) for at in range(workers)]


def peak_memory():
    """Of this process alone, in KB: what `getrusage` says holds the peak of who started it, too."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))


def report(calls, took, processor):
    measures = {"calls_a_second": calls / took, "cpu_us": processor / calls * 1e6, "memory_kb": peak_memory()}
    print(json.dumps(measures), flush=True)


def run_blocking(options, call):
    """Makes calls one after another, or by as many threads as there are calls at once."""
    if options.mode == "cold":
        call()
        return
    if options.at_once == 1:

        def phase(total):
            for _ in range(total):
                call()
    else:
        from concurrent.futures import ThreadPoolExecutor

        pool = ThreadPoolExecutor(options.at_once)

        def work(calls):
            for _ in range(calls):
                call()

        def phase(total):
            list(pool.map(work, share(total, options.at_once)))

    phase(options.warmup)
    began, processor = time.perf_counter(), time.process_time()
    phase(options.calls)
    report(options.calls, time.perf_counter() - began, time.process_time() - processor)


async def run_awaited(options, call):
    """The same with tasks of an event loop."""
    import asyncio

    if options.mode == "cold":
        await call()
        return

    async def work(calls):
        for _ in range(calls):
            await call()

    async def phase(total):
        await asyncio.gather(*map(work, share(total, options.at_once)))

    await phase(options.warmup)
    began, processor = time.perf_counter(), time.process_time()
    await phase(options.calls)
    report(options.calls, time.perf_counter() - began, time.process_time() - processor)
