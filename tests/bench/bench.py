"""Calls a second of this client beside boto3 and the last botocore with the legacy service, on one machine in one run.

Each contender asks the same local service for the same pipeline, from a process of its own. Rounds go through all contenders, so
that what else the machine does meets them alike; shown are medians of the rounds. The service's own work is part of each figure.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable

SERVICE = "chime-sdk-media-pipelines"
ROUNDS = 5
SECONDS = 1.0
WARM_UP = 0.2
AT_ONCE = 128


def chimeline_blocking(pipeline: str) -> float:
    import chimeline.blocking

    client = chimeline.blocking.client(SERVICE)
    return in_turn(lambda: client.get_media_capture_pipeline(MediaPipelineId=pipeline))


def chimeline_asyncio(pipeline: str) -> float:
    import chimeline

    async def run() -> float:
        client = chimeline.client(SERVICE, config=chimeline.Config(max_pool_connections=AT_ONCE))
        meter = Meter()

        async def work() -> None:
            while meter.goes_on():
                await client.get_media_capture_pipeline(MediaPipelineId=pipeline)
                meter.count()

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return meter.calls_a_second()

    return asyncio.run(run())


def boto3_blocking(pipeline: str) -> float:
    import boto3

    client = boto3.client(SERVICE)
    return in_turn(lambda: client.get_media_capture_pipeline(MediaPipelineId=pipeline))


def boto3_threads(pipeline: str) -> float:
    import boto3
    from botocore.config import Config

    client = boto3.client(SERVICE, config=Config(max_pool_connections=AT_ONCE))
    meter = Meter()

    def work() -> None:
        while meter.goes_on():
            client.get_media_capture_pipeline(MediaPipelineId=pipeline)
            meter.count()

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return meter.calls_a_second()


def botocore_legacy(pipeline: str) -> float:
    import botocore.session

    client = botocore.session.get_session().create_client(SERVICE)
    return in_turn(lambda: client.get_media_capture_pipeline(MediaPipelineId=pipeline))


def in_turn(call: Callable[[], object]) -> float:
    meter = Meter()
    while meter.goes_on():
        call()
        meter.count()
    return meter.calls_a_second()


class Meter:
    """Counts the calls that end after the warm-up, until the time is over."""

    def __init__(self) -> None:
        self.started = time.perf_counter() + WARM_UP
        self.ended = self.started
        self.calls = 0

    def goes_on(self) -> bool:
        return time.perf_counter() < self.started + SECONDS

    def count(self) -> None:
        self.ended = time.perf_counter()
        if self.ended >= self.started:
            self.calls += 1

    def calls_a_second(self) -> float:
        return self.calls / (self.ended - self.started)


CONTENDERS = {
    "chimeline, blocking": (chimeline_blocking, sys.executable),
    f"chimeline, asyncio, {AT_ONCE} at once": (chimeline_asyncio, sys.executable),
    "boto3": (boto3_blocking, sys.executable),
    f"boto3, {AT_ONCE} threads": (boto3_threads, sys.executable),
    "botocore 1.37.1": (botocore_legacy, os.environ.get("LEGACY_PYTHON")),
}
BASE = "boto3"


def main() -> None:
    from chimeline.testing import LocalChime

    missing = [name for name, (_, python) in CONTENDERS.items() if python is None]
    if missing:
        raise SystemExit(f"LEGACY_PYTHON must name the interpreter that has {', '.join(missing)}")
    rates: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    with LocalChime() as chime:
        created = chime.blocking_client(SERVICE).create_media_capture_pipeline(
            SourceType="ChimeSdkMeeting",
            SourceArn="arn:aws:chime::111122223333:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b",
            SinkType="S3Bucket",
            SinkArn="arn:aws:s3:::recordings",
        )
        pipeline = created["MediaCapturePipeline"]["MediaPipelineId"]
        environment = {**os.environ, **chime.environment}
        for _ in range(ROUNDS):
            for name, (_, python) in CONTENDERS.items():
                done = subprocess.run(
                    [python, __file__, name, pipeline], env=environment, check=True, stdout=subprocess.PIPE, text=True, timeout=60
                )
                rates[name].append(float(done.stdout))
    report(rates)


def report(rates: dict[str, list[float]]) -> None:
    base = statistics.median(rates[BASE])
    print(f"{os.cpu_count()} CPUs, Python {sys.version.split()[0]}, medians of {ROUNDS} rounds of {SECONDS:g} s\n")
    print(f"{'':32}{'calls/s':>10}{'least':>10}{'most':>10}{'of ' + BASE:>12}")
    for name, all_rates in rates.items():
        middle = statistics.median(all_rates)
        print(f"{name:32}{middle:10,.0f}{min(all_rates):10,.0f}{max(all_rates):10,.0f}{middle / base:11.1f}x")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(CONTENDERS[sys.argv[1]][0](sys.argv[2]))
    else:
        main()
