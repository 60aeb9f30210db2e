"""chimeline: the variants are ``blocking``, ``asyncio``, ``uvloop``, and ``chime`` for the legacy service."""

from load import Options, request, run_awaited, run_blocking

options = Options()
if options.variant == "uvloop":
    from uvloop import run  # pyright: ignore[reportMissingImports]
elif options.variant == "asyncio":
    from asyncio import run
import chimeline  # noqa: E402

service = "chime" if options.variant == "chime" else "chime-sdk-media-pipelines"


async def awaited():
    config = chimeline.Config(max_pool_connections=min(options.at_once, 256))
    client = chimeline.client(service, endpoint_url=options.endpoint, config=config)
    given = request()
    await run_awaited(options, lambda: client.create_media_capture_pipeline(**given))


if options.variant in {"asyncio", "uvloop"}:
    run(awaited())
else:
    client = chimeline.blocking.client(service, endpoint_url=options.endpoint)
    if options.is_page:
        run_blocking(options, lambda: client.list_media_capture_pipelines(MaxResults=99))
    else:
        given = request()
        run_blocking(options, lambda: client.create_media_capture_pipeline(**given))
