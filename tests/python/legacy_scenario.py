"""The four operations of the legacy service by botocore 1.37.1, its parsers and its error classes, on a local service.

Run by the interpreter that has it, in an environment that points to the service.
"""

import json
import os
import sys
from datetime import datetime
from urllib.request import Request, urlopen

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

session = botocore.session.get_session()
client = session.create_client("chime", config=Config(retries={"total_max_attempts": 1}))
ID = "0e8f2a3c-1d2e-4f5a-8b7c-{:012}"


def wanted(number, **more):
    source = f"arn:aws:chime::111122223333:meeting:{ID.format(number)}"
    return {"SourceType": "ChimeSdkMeeting", "SourceArn": source, "SinkType": "S3Bucket", "SinkArn": "arn:aws:s3:::b", **more}


def refused(error_class, call, **params):
    try:
        call(**params)
    except error_class as error:
        return error.response
    raise AssertionError(f"{call.__name__} is not refused")


def advance(seconds):
    url = os.environ["AWS_ENDPOINT_URL_CHIME"] + "/_local/clock/advance"
    body = json.dumps({"seconds": seconds}).encode()
    urlopen(Request(url, body, {"Content-Type": "application/json"}, method="POST"), timeout=10).close()  # noqa: S310


exceptions = client.exceptions
configuration = {
    "SourceConfiguration": {"SelectedVideoStreams": {"ExternalUserIds": ["ann"]}},
    "ArtifactsConfiguration": {
        "Audio": {"MuxType": "AudioWithActiveSpeakerVideo"},
        "Video": {"State": "Enabled", "MuxType": "VideoOnly"},
        "Content": {"State": "Disabled"},
    },
}
first = wanted(1, ClientRequestToken="token-1", ChimeSdkMeetingConfiguration=configuration)
made = client.create_media_capture_pipeline(**first)
assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
made = made["MediaCapturePipeline"]
assert made["Status"] == "Initializing"
assert made["ChimeSdkMeetingConfiguration"] == configuration
assert isinstance(made["CreatedTimestamp"], datetime)
assert "MediaPipelineArn" not in made
assert client.create_media_capture_pipeline(**first)["MediaCapturePipeline"] == made
named = {"MediaPipelineId": made["MediaPipelineId"]}
limit = refused(exceptions.ResourceLimitExceededException, client.create_media_capture_pipeline, **wanted(1))
assert limit["ResponseMetadata"]["HTTPStatusCode"] == 400
assert limit["Code"] == "ResourceLimitExceeded"
advance(2)
got = client.get_media_capture_pipeline(**named)["MediaCapturePipeline"]
assert got["Status"] == "InProgress"
assert got["UpdatedTimestamp"] > got["CreatedTimestamp"]
others = [client.create_media_capture_pipeline(**wanted(number))["MediaCapturePipeline"] for number in (2, 3)]
ids, token = [], {}
while True:
    page = client.list_media_capture_pipelines(MaxResults=2, **token)
    ids += [one["MediaPipelineId"] for one in page["MediaCapturePipelines"]]
    if "NextToken" not in page:
        break
    token = {"NextToken": page["NextToken"]}
assert ids == [made["MediaPipelineId"], *(one["MediaPipelineId"] for one in others)]
refused(exceptions.BadRequestException, client.list_media_capture_pipelines, NextToken="made-up")
elsewhere = {**wanted(4), "SourceArn": f"arn:aws:chime::999988887777:meeting:{ID.format(4)}"}
forbidden = refused(exceptions.ForbiddenException, client.create_media_capture_pipeline, **elsewhere)
assert (forbidden["Error"]["Code"], forbidden["Error"]["Message"]) == ("ForbiddenException", "Resource ownership mismatch")
refused(exceptions.BadRequestException, client.create_media_capture_pipeline, **{**wanted(4), "SinkType": "S3bucket"})
assert client.delete_media_capture_pipeline(**named)["ResponseMetadata"]["HTTPStatusCode"] == 204
assert client.get_media_capture_pipeline(**named)["MediaCapturePipeline"]["Status"] == "Stopping"
advance(2)
missing = refused(exceptions.NotFoundException, client.get_media_capture_pipeline, **named)
assert missing["ResponseMetadata"]["HTTPStatusCode"] == 404
refused(exceptions.NotFoundException, client.delete_media_capture_pipeline, **named)
# `https://service.chime.aws.amazon.com/console` is the endpoint in several programs.
console = session.create_client("chime", endpoint_url=os.environ["AWS_ENDPOINT_URL_CHIME"] + "/console")
assert len(console.list_media_capture_pipelines()["MediaCapturePipelines"]) == 2
wrong = session.create_client("chime", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"], aws_secret_access_key="wrong")
response = refused(ClientError, wrong.list_media_capture_pipelines)
assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
assert response["Error"]["Code"] == "InvalidSignatureException"
print(sys.modules["botocore"].__version__)
