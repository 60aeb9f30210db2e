"""The same call by the core over ``future_into_py`` of pyo3-async-runtimes, which wakes the event loop once for each call."""

import asyncio
import json

from load import Options, request, run_awaited

options = Options()
import awaited  # noqa: E402  # pyright: ignore[reportMissingImports]


async def main():
    client = awaited.Client(options.endpoint)
    given = request()
    # Dicts cross as JSON, which is less than the packages do.
    await run_awaited(options, lambda: client.call(json.dumps(given)))


asyncio.run(main())
