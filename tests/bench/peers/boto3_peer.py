"""boto3; with the variant ``chime`` the legacy service, which the last botocore that has it is installed for."""

from load import Options, request, run_blocking

options = Options()
import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402

config = Config(retries={"mode": "standard"}, max_pool_connections=options.at_once)
client = boto3.client(options.variant or "chime-sdk-media-pipelines", endpoint_url=options.endpoint, config=config)
given = request()
if options.is_page:
    run_blocking(options, lambda: client.list_media_capture_pipelines(MaxResults=99))
else:
    run_blocking(options, lambda: client.create_media_capture_pipeline(**given))
