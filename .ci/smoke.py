"""Whether an installed package works: a call, blocking and awaited, to the local service that is in it."""

import asyncio

import chimeline
import chimeline.blocking
from chimeline.testing import LocalChime

SERVICE = "chime-sdk-media-pipelines"

with LocalChime() as chime:
    options = chime.client_options
    assert chimeline.blocking.client(SERVICE, **options).list_media_capture_pipelines()["MediaCapturePipelines"] == []

    async def listed() -> list:
        return (await chimeline.client(SERVICE, **options).list_media_capture_pipelines())["MediaCapturePipelines"]

    assert asyncio.run(listed()) == []
print(f"chimeline {chimeline.__version__} works")
