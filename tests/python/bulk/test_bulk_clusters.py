"""A run on the workers of a cluster. They take seconds to start, and much room: `make check-all` runs them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from chimeline.testing import LocalChime

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TOP = """
    import os, signal, sys
    from uuid import NAMESPACE_URL, uuid5
    import chimeline, chimeline.blocking
    from chimeline import bulk

    INPUTS = [
        {
            "SourceType": "ChimeSdkMeeting",
            "SourceArn": f"arn:aws:chime::111122223333:meeting:{uuid5(NAMESPACE_URL, str(at))}",
            "SinkType": "S3Bucket",
            "SinkArn": "arn:aws:s3:::recordings",
        }
        for at in range(2000)
    ]
"""
DASK = """
    from distributed import Client, LocalCluster

    if __name__ == "__main__":
        client = chimeline.blocking.client("chime-sdk-media-pipelines")
        cluster = LocalCluster(n_workers=3, threads_per_worker=1, processes=True, dashboard_address=None)
        with cluster, Client(cluster) as dask:
            before = dask.run(os.getpid)
            seen = set()
            run = bulk.run(client, "create_media_capture_pipeline", INPUTS, executor=dask.get_executor())
            for result in run:
                assert result.ok, result.error
                seen.add(result.index)
                if len(seen) == 700:
                    os.kill(next(iter(before.values())), signal.SIGKILL)
            assert seen == set(range(2000))
            assert os.getpid() not in before.values()
        print("done")
"""
RAY = """
    import concurrent.futures
    import ray

    class RayExecutor(concurrent.futures.Executor):
        max_workers = 2

        def submit(self, function, /, *args, **kwargs):
            return ray.remote(function).remote(*args, **kwargs).future()

    if __name__ == "__main__":
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        client = chimeline.client("chime-sdk-media-pipelines")

        async def main():
            run = bulk.run(client, "create_media_capture_pipeline", INPUTS, executor=RayExecutor(), concurrency=8)
            assert {result.index async for result in run if result.ok} == set(range(2000))

        import asyncio
        asyncio.run(main())
        ray.shutdown()
        print("done")
"""
CUT_OFF = """
    if __name__ == "__main__":
        client = chimeline.blocking.client("chime-sdk-media-pipelines")
        cut_off_at = int(sys.argv[2])
        resumed = 0
        run = bulk.run(client, "create_media_capture_pipeline", INPUTS, journal=sys.argv[1])
        for count, result in enumerate(run):
            assert result.ok, result.error
            resumed += result.resumed
            if count == cut_off_at:
                os.kill(os.getpid(), signal.SIGKILL)
        print("done", resumed)
"""


def run(chime: LocalChime, file: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    file.write_text(textwrap.dedent(TOP) + textwrap.dedent(code))
    return subprocess.run(
        [sys.executable, "-W", "ignore", str(file), *arguments], capture_output=True, text=True, timeout=500, check=False,
        env={**os.environ, **chime.environment, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )  # fmt: skip


def pipelines(chime: LocalChime) -> Counter[str]:
    """How many pipelines the service has of each meeting."""
    state = chime.export_state()["accounts"]["111122223333"]["resources"]
    return Counter(one["members"]["SourceArn"] for one in state if "SourceArn" in one["members"])


@pytest.mark.parametrize(("module", "code"), [("distributed", DASK), ("ray", RAY)])
def test_each_of_2000_inputs_has_one_pipeline_though_a_worker_is_killed(module: str, code: str, tmp_path: Path) -> None:
    pytest.importorskip(module)
    with LocalChime(pipeline_quota=5000) as chime:
        chime.add_fault({"latency": 0.005})
        ran = run(chime, tmp_path / "program.py", code)
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.strip().splitlines()[-1] == "done"
        found = pipelines(chime)
    assert (len(found), set(found.values())) == (2000, {1})


def test_2000_inputs_that_are_cut_off_and_resumed_have_one_pipeline_each(tmp_path: Path) -> None:
    with LocalChime(pipeline_quota=5000) as chime:
        chime.add_fault({"cut": 0, "probability": 0.02})
        journal = tmp_path / "journal.jsonl"
        assert run(chime, tmp_path / "program.py", CUT_OFF, str(journal), "700").returncode == -9
        assert run(chime, tmp_path / "program.py", CUT_OFF, str(journal), "1500").returncode == -9
        ran = run(chime, tmp_path / "program.py", CUT_OFF, str(journal), "-1")
        assert ran.returncode == 0, ran.stderr
        done, resumed = ran.stdout.split()
        found = pipelines(chime)
    assert (done, int(resumed) >= 1400) == ("done", True)
    assert (len(found), set(found.values())) == (2000, {1})
