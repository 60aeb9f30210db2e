"""Calls of Python's client, one after another, for what counts them: ``calls.py blocking|blocking-token|asyncio TIMES``."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import chimeline
import chimeline.blocking

REQUEST = json.loads((Path(__file__).parent / "data" / "request.json").read_text())
OPTIONS = {"region_name": "us-east-1", "aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}


async def awaited(url: str, times: int) -> None:
    client = chimeline.client("chime", endpoint_url=url, **OPTIONS)
    for _ in range(times):
        await client.create_media_capture_pipeline(**REQUEST)


def main() -> None:
    how, times = sys.argv[1], int(sys.argv[2])
    if how == "blocking":
        # As most programs: the client makes the token.
        del REQUEST["ClientRequestToken"]
    with subprocess.Popen(
        [os.environ["COUNTS_CORE"], "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        url = server.stdout.readline().strip()
        if how == "asyncio":
            asyncio.run(awaited(url, times))
        else:
            client = chimeline.blocking.client("chime", endpoint_url=url, **OPTIONS)
            for _ in range(times):
                client.create_media_capture_pipeline(**REQUEST)
        server.stdin.close()


main()
