"""Makes calls of the legacy service with botocore 1.37.1: `[[method, params], ...]` on standard input, the URL as argument."""

import json
import sys

import botocore.session
from botocore.config import Config

session = botocore.session.get_session()
session.set_credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
config = Config(region_name="us-east-1", retries={"total_max_attempts": 1})
client = session.create_client("chime", endpoint_url=sys.argv[1], config=config)
for method, params in json.load(sys.stdin):
    getattr(client, method)(**params)
