"""Clients on the workers of Dask and Ray. They take seconds to start, and much room: `make check-all` runs them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from chimeline.testing import LocalChime

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DASK = """
    import os
    import chimeline, chimeline.blocking
    from distributed import Client, LocalCluster

    def call(client):
        return os.getpid(), client.list_media_capture_pipelines()["ResponseMetadata"]["HTTPStatusCode"]

    async def call_awaited(client):
        return os.getpid(), (await client.list_media_capture_pipelines())["ResponseMetadata"]["HTTPStatusCode"]

    if __name__ == "__main__":
        # The credentials come from the environment of the workers, so that none is in a pickle.
        blocking = chimeline.blocking.client("chime-sdk-media-pipelines")
        awaited = chimeline.client("chime-sdk-media-pipelines")
        cluster = LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None)
        with cluster, Client(cluster) as dask:
            made = dask.gather([dask.submit(call, blocking, pure=False) for _ in range(8)])
            made += dask.gather([dask.submit(call_awaited, awaited, pure=False) for _ in range(8)])
        assert os.getpid() not in {process for process, _ in made}
        print([status for _, status in made])
"""
RAY = """
    import os
    import chimeline, chimeline.blocking
    import ray

    if __name__ == "__main__":
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        client = chimeline.blocking.client("chime-sdk-media-pipelines")

        @ray.remote
        def call(client):
            return os.getpid(), client.list_media_capture_pipelines()["ResponseMetadata"]["HTTPStatusCode"]

        made = ray.get([call.remote(client) for _ in range(16)])
        ray.shutdown()
        assert os.getpid() not in {process for process, _ in made}
        print([status for _, status in made])
"""


@pytest.mark.parametrize(("module", "code"), [("distributed", DASK), ("ray", RAY)])
def test_a_cluster_of_processes(module: str, code: str, tmp_path: Path) -> None:
    pytest.importorskip(module)
    file = tmp_path / "program.py"
    file.write_text(textwrap.dedent(code))
    with LocalChime() as chime:
        ran = subprocess.run(
            [sys.executable, "-W", "ignore", str(file)], capture_output=True, text=True, timeout=240, check=False,
            env={**os.environ, **chime.environment},
        )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip().splitlines()[-1] == str([200] * 16)
