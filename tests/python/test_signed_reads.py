"""The reads of S3, STS and IAM are signed as botocore signs the same request at the same time."""

from __future__ import annotations

import datetime
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import chimeline
from chimeline.recording import blocking
from conftest import KEYS
from server import Answer, Request, Server

IDENTITY = Answer(
    200,
    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/ann</Arn>"
    b"</GetCallerIdentityResult></GetCallerIdentityResponse>",
)
HERE = Answer(200, b"<LocationConstraint>eu-west-2</LocationConstraint>")
NOT_FOUND = Answer(404, b"<Error><Code>NoSuchEntity</Code></Error>")


def answer(request: Request) -> Answer:
    if "GetCallerIdentity" in request.target:
        return IDENTITY
    return HERE if request.target.endswith("?location") else NOT_FOUND


def signature_of(request: Request, url: str, token: str | None) -> str:
    """The header that botocore's signer makes for a request, at the time that the request says."""
    scope = request.headers["authorization"].split("Credential=")[1].split(",")[0]
    _, _, region, service, _ = scope.split("/")
    signer = (auth.S3SigV4Auth if service == "s3" else auth.SigV4Auth)(Credentials(*KEYS.values(), token), service, region)
    made = AWSRequest(request.method, url + request.target, headers={})
    at = datetime.datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    with mock.patch.object(
        auth, "get_current_datetime", lambda remove_tzinfo=True: at.replace(tzinfo=None) if remove_tzinfo else at
    ):
        signer.add_auth(made)
    return str(made.headers["Authorization"])


@pytest.mark.parametrize("token", [None, "a/token+of=signs"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-2"])
def test_each_read_has_the_signature_of_botocore(region: str, token: str | None) -> None:
    options: dict[str, Any] = {**KEYS, "aws_session_token": token, "region_name": region}
    with Server(answer) as server, Server(answer) as chime:
        client = chimeline.blocking.client("chime-sdk-media-pipelines", endpoint_url=chime.url, **options)
        endpoints = dict.fromkeys(("s3", "sts", "iam"), server.url)
        blocking.preflight("s3://recordings.of-all/a", media_region=region, endpoints=endpoints, client=client)
        services = set()
        for request in server.requests:
            assert request.method == "GET"
            assert request.body == b""
            assert request.headers["authorization"] == signature_of(request, server.url, token), request.target
            services.add(request.headers["authorization"].split("/")[3])
            assert urlsplit(request.target).path.count("//") == 0
    assert services == {"s3", "sts", "iam"}
    assert len(server.requests) >= 7
