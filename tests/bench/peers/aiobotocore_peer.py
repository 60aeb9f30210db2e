"""aiobotocore."""

import asyncio

from load import Options, request, run_awaited

options = Options()
from aiobotocore.config import AioConfig  # noqa: E402
from aiobotocore.session import get_session  # noqa: E402


async def main():
    config = AioConfig(retries={"mode": "standard"}, max_pool_connections=options.at_once)
    given = request()
    making = get_session().create_client("chime-sdk-media-pipelines", endpoint_url=options.endpoint, config=config)
    async with making as client:
        await run_awaited(options, lambda: client.create_media_capture_pipeline(**given))


asyncio.run(main())
