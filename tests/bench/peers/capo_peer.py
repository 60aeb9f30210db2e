"""capo-chime-sdk-media-pipelines, whose names are Python's own."""

import asyncio
import os
import re

from load import Options, request, run_awaited, run_blocking

options = Options()
import capo_chime_sdk_media_pipelines as capo  # noqa: E402


def renamed(value):
    if isinstance(value, dict):
        return {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): renamed(inner) for name, inner in value.items()}
    return value


given = renamed(request())
where = {"endpoint": options.endpoint, "region": os.environ["AWS_REGION"]}


async def awaited():
    client = capo.AsyncChimeSDKMediaPipelinesClient(**where)
    await run_awaited(options, lambda: client.create_media_capture_pipeline(**given))


if options.variant == "asyncio":
    asyncio.run(awaited())
else:
    client = capo.ChimeSDKMediaPipelinesClient(**where)
    run_blocking(options, lambda: client.create_media_capture_pipeline(**given))
