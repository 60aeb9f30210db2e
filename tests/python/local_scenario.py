"""Every operation of the two current services once or more, by botocore's parsers and error classes, on a local service.

``python local_scenario.py boto3`` or ``... aiobotocore``, in an environment that points to the service; it needs neither
chimeline nor pytest. Prints the names of the operations that were called, by service.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import uuid
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any
from urllib.request import Request, urlopen

REGION = "us-east-1"
BUCKET = "arn:aws:s3:::recordings"
ROLE = "arn:aws:iam::111122223333:role/insights"
STREAM = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/calls/1"
ON, OFF = {"State": "Enabled"}, {"State": "Disabled"}


class Client:
    """Calls of one service, awaited; each method returns the members of the output alone."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.exceptions = client.exceptions
        self.called: set[str] = set()

    async def __call__(self, operation: str, **params: Any) -> dict[str, Any]:
        self.called.add(operation)
        method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")
        result = getattr(self.client, method)(**params)
        if asyncio.iscoroutine(result):
            result = await result
        metadata = result.pop("ResponseMetadata")
        assert 200 <= metadata["HTTPStatusCode"] < 300
        assert metadata["RequestId"]
        return result

    async def refused(self, code: str, operation: str, **params: Any) -> dict[str, Any]:
        """The parsed error of a call, which must be of the class that the client's model has for the code."""
        try:
            await self(operation, **params)
        except getattr(self.exceptions, code) as error:
            response: dict[str, Any] = error.response
            assert response["Error"]["Message"]
            assert response["ResponseMetadata"]["HTTPStatusCode"] >= 400
            return response
        raise AssertionError(f"{operation} is not refused")


def advance(seconds: float) -> None:
    url = os.environ["AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS"] + "/_local/clock/advance"
    body = json.dumps({"seconds": seconds}).encode()
    urlopen(Request(url, body, {"Content-Type": "application/json"}, method="POST"), timeout=10).close()  # noqa: S310


def token() -> str:
    return str(uuid.uuid4())


async def meetings_scenario(call: Client) -> dict[str, Any]:
    wanted = {"MediaRegion": "eu-west-1", "ExternalMeetingId": "standup", "ClientRequestToken": token()}
    features = {"Audio": {"EchoReduction": "AVAILABLE"}, "Attendee": {"MaxCount": 25}}
    tags = [{"Key": "team", "Value": "blue"}]
    made = (await call("CreateMeeting", **wanted, MeetingFeatures=features, Tags=tags))["Meeting"]
    assert made["MeetingArn"].endswith(f":meeting/{made['MeetingId']}")
    assert made["MeetingFeatures"] == features
    assert made["MediaPlacement"]["AudioHostUrl"]
    assert (await call("GetMeeting", MeetingId=made["MeetingId"]))["Meeting"] == made
    with_attendees = await call("CreateMeetingWithAttendees", **wanted, Attendees=[{"ExternalUserId": "ann"}])
    assert with_attendees["Meeting"] == made
    assert with_attendees["Errors"] == []
    [ann] = with_attendees["Attendees"]
    assert set(ann) == {"AttendeeId", "ExternalUserId", "JoinToken", "Capabilities"}
    named = {"MeetingId": made["MeetingId"]}
    bob = (await call("CreateAttendee", **named, ExternalUserId="bob"))["Attendee"]
    batch = await call("BatchCreateAttendee", **named, Attendees=[{"ExternalUserId": "cy"}, {"ExternalUserId": "ann"}])
    assert [one["ExternalUserId"] for one in batch["Attendees"]] == ["cy", "ann"]
    assert batch["Attendees"][1] == ann
    first = await call("ListAttendees", **named, MaxResults=2)
    rest = await call("ListAttendees", **named, MaxResults=2, NextToken=first["NextToken"])
    assert [one["ExternalUserId"] for one in first["Attendees"] + rest["Attendees"]] == ["ann", "bob", "cy"]
    assert "NextToken" not in rest
    receives = {"Audio": "Receive", "Video": "None", "Content": "None"}
    updated = await call("UpdateAttendeeCapabilities", **named, AttendeeId=bob["AttendeeId"], Capabilities=receives)
    assert updated["Attendee"]["Capabilities"] == receives
    excluded = [{"AttendeeId": ann["AttendeeId"]}]
    muted = {"Audio": "None", "Video": "None", "Content": "None"}
    await call("BatchUpdateAttendeeCapabilitiesExcept", **named, ExcludedAttendeeIds=excluded, Capabilities=muted)
    seen = [(await call("GetAttendee", **named, AttendeeId=one["AttendeeId"]))["Attendee"] for one in (ann, bob)]
    assert [one["Capabilities"]["Audio"] for one in seen] == ["SendReceive", "None"]
    engine = {"EngineTranscribeSettings": {"LanguageCode": "en-US"}}
    await call("StartMeetingTranscription", **named, TranscriptionConfiguration=engine)
    await call("StopMeetingTranscription", **named)
    arn = made["MeetingArn"]
    await call("TagResource", ResourceARN=arn, Tags=[{"Key": "a/b", "Value": "c d"}])
    assert (await call("ListTagsForResource", ResourceARN=arn))["Tags"] == [{"Key": "a/b", "Value": "c d"}, *tags]
    await call("UntagResource", ResourceARN=arn, TagKeys=["a/b"])
    assert (await call("ListTagsForResource", ResourceARN=arn))["Tags"] == tags
    await call("DeleteAttendee", **named, AttendeeId=bob["AttendeeId"])
    await call.refused("NotFoundException", "GetAttendee", **named, AttendeeId=bob["AttendeeId"])
    refused = await call.refused(
        "BadRequestException", "CreateMeeting", **{**wanted, "MediaRegion": "nowhere", "ClientRequestToken": token()}
    )
    assert refused["ResponseMetadata"]["HTTPStatusCode"] == 400
    gone = token()
    refused = await call.refused("NotFoundException", "GetMeeting", MeetingId=gone)
    assert (refused["ResponseMetadata"]["HTTPStatusCode"], refused["Error"]["Message"]) == (404, f"Meeting {gone} not found")
    await call.refused("ResourceNotFoundException", "TagResource", ResourceARN=f"{arn}0", Tags=tags)
    return made


async def captures_scenario(call: Client, meeting: dict[str, Any], account: str) -> None:
    wanted = {"SourceType": "ChimeSdkMeeting", "SinkType": "S3Bucket", "SinkArn": BUCKET, "ClientRequestToken": token()}
    configuration = {"ArtifactsConfiguration": {"Audio": {"MuxType": "AudioOnly"}, "Video": OFF, "Content": ON}}
    made = (
        await call(
            "CreateMediaCapturePipeline",
            **wanted,
            SourceArn=meeting["MeetingArn"],
            ChimeSdkMeetingConfiguration=configuration,
            Tags=[{"Key": "team", "Value": "blue"}],
        )
    )["MediaCapturePipeline"]
    assert (made["Status"], made["ChimeSdkMeetingConfiguration"]) == ("Initializing", configuration)
    assert isinstance(made["CreatedTimestamp"], datetime)
    named = {"MediaPipelineId": made["MediaPipelineId"]}
    second = {**wanted, "ClientRequestToken": token()}
    built = f"arn:aws:chime::{account}:meeting:{meeting['MeetingId']}"
    refused = await call.refused("ResourceLimitExceededException", "CreateMediaCapturePipeline", **second, SourceArn=built)
    assert refused["Code"] == "ResourceLimitExceeded"
    other = built.replace(account, "999988887777")
    refused = await call.refused("ForbiddenException", "CreateMediaCapturePipeline", **second, SourceArn=other)
    assert refused["Error"]["Message"] == "Resource ownership mismatch"
    advance(2)
    got = (await call("GetMediaCapturePipeline", **named))["MediaCapturePipeline"]
    assert got["Status"] == "InProgress"
    listed = (await call("ListMediaCapturePipelines", MaxResults=1))["MediaCapturePipelines"]
    arn = made["MediaPipelineArn"]
    assert listed == [{**named, "MediaPipelineArn": arn}]
    await call("TagResource", ResourceARN=arn, Tags=[{"Key": "a", "Value": ""}])
    assert {tag["Key"] for tag in (await call("ListTagsForResource", ResourceARN=arn))["Tags"]} == {"a", "team"}
    await call("UntagResource", ResourceARN=arn, TagKeys=["a", "team"])
    assert (await call("ListTagsForResource", ResourceARN=arn))["Tags"] == []
    kinds = ("Audio", "Video", "Content", "DataChannel", "TranscriptionMessages", "MeetingEvents", "CompositedVideo")
    source = {
        "MediaPipelineArn": arn,
        "ChimeSdkMeetingConfiguration": {"ArtifactsConfiguration": dict.fromkeys(kinds, ON)},
    }
    concatenation = (
        await call(
            "CreateMediaConcatenationPipeline",
            Sources=[{"Type": "MediaCapturePipeline", "MediaCapturePipelineSourceConfiguration": source}],
            Sinks=[{"Type": "S3Bucket", "S3BucketSinkConfiguration": {"Destination": f"{BUCKET}/joined"}}],
        )
    )["MediaConcatenationPipeline"]
    joined = {"MediaPipelineId": concatenation["MediaPipelineId"]}
    advance(60)
    # It waits for the end of the capture.
    waiting = (await call("GetMediaPipeline", **joined))["MediaPipeline"]
    assert waiting["MediaConcatenationPipeline"]["Status"] == "Initializing"
    await call("DeleteMediaCapturePipeline", **named)
    advance(10)
    await call.refused("NotFoundException", "GetMediaCapturePipeline", **named)
    pipeline = (await call("GetMediaPipeline", **joined))["MediaPipeline"]
    assert pipeline["MediaConcatenationPipeline"]["Status"] == "Stopped"
    # A name that the model does not check, as programs build it of parts that are missing.
    refused = await call.refused("BadRequestException", "CreateMediaCapturePipeline", **{**second, "SourceArn": BUCKET})
    assert refused["ResponseMetadata"]["HTTPStatusCode"] == 400


async def streams_scenario(call: Client, meeting: dict[str, Any]) -> None:
    wanted = {"StreamConfiguration": {"Region": REGION, "DataRetentionInHours": 24}, "PoolName": "calls"}
    pool = (await call("CreateMediaPipelineKinesisVideoStreamPool", **wanted))["KinesisVideoStreamPoolConfiguration"]
    assert (pool["PoolName"], pool["PoolStatus"]) == ("calls", "CREATING")
    await call.refused("ConflictException", "CreateMediaPipelineKinesisVideoStreamPool", **wanted)
    named = {"Identifier": "calls"}
    await call.refused(
        "ConflictException",
        "UpdateMediaPipelineKinesisVideoStreamPool",
        **named,
        StreamConfiguration={"DataRetentionInHours": 48},
    )
    advance(2)
    update = {"StreamConfiguration": {"DataRetentionInHours": 48}}
    updated = (await call("UpdateMediaPipelineKinesisVideoStreamPool", **named, **update))["KinesisVideoStreamPoolConfiguration"]
    assert updated["StreamConfiguration"] == {"Region": REGION, "DataRetentionInHours": 48}
    advance(2)
    got = (await call("GetMediaPipelineKinesisVideoStreamPool", Identifier=pool["PoolArn"]))[
        "KinesisVideoStreamPoolConfiguration"
    ]
    assert (got["PoolId"], got["PoolStatus"]) == (pool["PoolId"], "ACTIVE")
    listed = (await call("ListMediaPipelineKinesisVideoStreamPools"))["KinesisVideoStreamPools"]
    assert listed == [{"PoolName": "calls", "PoolId": pool["PoolId"], "PoolArn": pool["PoolArn"]}]
    sink = {"SinkArn": pool["PoolArn"], "SinkType": "KinesisVideoStreamPool", "ReservedStreamCapacity": 1}
    sink["MediaStreamType"] = "MixedAudio"
    source = {"SourceType": "ChimeSdkMeeting", "SourceArn": meeting["MeetingArn"]}
    stream = (await call("CreateMediaStreamPipeline", Sources=[source], Sinks=[sink]))["MediaStreamPipeline"]
    assert stream["Status"] == "Initializing"
    await call.refused("ConflictException", "DeleteMediaPipelineKinesisVideoStreamPool", **named)
    grid = {"GridViewConfiguration": {"ContentShareLayout": "PresenterOnly"}}
    live = {
        "Arn": meeting["MeetingArn"],
        "MuxType": "AudioWithCompositedVideo",
        "CompositedVideo": grid,
        "SourceType": "ChimeSdkMeeting",
    }
    connector = (
        await call(
            "CreateMediaLiveConnectorPipeline",
            Sources=[{"SourceType": "ChimeSdkMeeting", "ChimeSdkMeetingLiveConnectorConfiguration": without(live, "SourceType")}],
            Sinks=[{"SinkType": "RTMP", "RTMPConfiguration": {"Url": "rtmps://live.example:443/app/key"}}],
        )
    )["MediaLiveConnectorPipeline"]
    ids = {connector["MediaPipelineId"], stream["MediaPipelineId"]}
    listed = (await call("ListMediaPipelines"))["MediaPipelines"]
    assert ids <= {one["MediaPipelineId"] for one in listed}
    for pipeline in ids:
        await call("DeleteMediaPipeline", MediaPipelineId=pipeline)
    advance(10)
    await call.refused("NotFoundException", "GetMediaPipeline", MediaPipelineId=connector["MediaPipelineId"])
    await call("DeleteMediaPipelineKinesisVideoStreamPool", **named)
    advance(10)
    await call.refused("NotFoundException", "GetMediaPipelineKinesisVideoStreamPool", **named)


def without(members: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in members.items() if key != name}


async def insights_scenario(call: Client) -> None:
    processor = {"Type": "VoiceAnalyticsProcessor", "VoiceAnalyticsProcessorConfiguration": {"SpeakerSearchStatus": "Enabled"}}
    processor["VoiceAnalyticsProcessorConfiguration"]["VoiceToneAnalysisStatus"] = "Enabled"
    configuration: dict[str, Any] = {"ResourceAccessRoleArn": ROLE, "Elements": [processor]}
    wanted = {**configuration, "MediaInsightsPipelineConfigurationName": "calls"}
    made = (await call("CreateMediaInsightsPipelineConfiguration", **wanted))["MediaInsightsPipelineConfiguration"]
    named = {"Identifier": made["MediaInsightsPipelineConfigurationArn"]}
    rules = {"Disabled": False, "Rules": [{"Type": "Sentiment", "SentimentConfiguration": None}]}
    rules["Rules"] = [
        {"Type": "Sentiment", "SentimentConfiguration": {"RuleName": "bad", "SentimentType": "NEGATIVE", "TimePeriod": 60}}
    ]
    updated = await call("UpdateMediaInsightsPipelineConfiguration", **named, **configuration, RealTimeAlertConfiguration=rules)
    assert updated["MediaInsightsPipelineConfiguration"]["RealTimeAlertConfiguration"] == rules
    got = (await call("GetMediaInsightsPipelineConfiguration", Identifier="calls"))["MediaInsightsPipelineConfiguration"]
    assert got["MediaInsightsPipelineConfigurationId"] == made["MediaInsightsPipelineConfigurationId"]
    listed = (await call("ListMediaInsightsPipelineConfigurations"))["MediaInsightsPipelineConfigurations"]
    assert [one["MediaInsightsPipelineConfigurationName"] for one in listed] == ["calls"]
    channel = {"NumberOfChannels": 1, "ChannelDefinitions": [{"ChannelId": 0, "ParticipantRole": "AGENT"}]}
    streams = [{"StreamArn": STREAM, "FragmentNumber": "12345678901", "StreamChannelDefinition": channel}]
    source = {"Streams": streams, "MediaEncoding": "pcm", "MediaSampleRate": 8000}
    created = await call(
        "CreateMediaInsightsPipeline",
        MediaInsightsPipelineConfigurationArn=named["Identifier"],
        KinesisVideoStreamSourceRuntimeConfiguration=source,
        MediaInsightsRuntimeMetadata={"call": "1"},
    )
    pipeline = created["MediaInsightsPipeline"]
    assert pipeline["ElementStatuses"] == [{"Type": "VoiceAnalyticsProcessor", "Status": "Initializing"}]
    of_pipeline = {"Identifier": pipeline["MediaPipelineId"]}
    task_source = {"StreamArn": STREAM, "ChannelId": 0, "FragmentNumber": "12345678901"}
    domain = "arn:aws:chime:us-east-1:111122223333:voice-profile-domain/1"
    search = await call(
        "StartSpeakerSearchTask",
        **of_pipeline,
        VoiceProfileDomainArn=domain,
        KinesisVideoStreamSourceTaskConfiguration=task_source,
    )
    tone = await call(
        "StartVoiceToneAnalysisTask",
        **of_pipeline,
        LanguageCode="en-US",
        KinesisVideoStreamSourceTaskConfiguration=task_source,
    )
    advance(2)
    for kind, started in (("SpeakerSearchTask", search), ("VoiceToneAnalysisTask", tone)):
        of_task = {**of_pipeline, f"{kind}Id": started[kind][f"{kind}Id"]}
        assert (await call(f"Get{kind}", **of_task))[kind][f"{kind}Status"] == "InProgress"
        await call(f"Stop{kind}", **of_task)
        advance(2)
        assert (await call(f"Get{kind}", **of_task))[kind][f"{kind}Status"] == "Stopped"
    await call("UpdateMediaInsightsPipelineStatus", **of_pipeline, UpdateStatus="Pause")
    await call.refused("ConflictException", "UpdateMediaInsightsPipelineStatus", **of_pipeline, UpdateStatus="Pause")
    await call("UpdateMediaInsightsPipelineStatus", **of_pipeline, UpdateStatus="Resume")
    await call.refused("ConflictException", "DeleteMediaInsightsPipelineConfiguration", **named)
    await call("DeleteMediaPipeline", MediaPipelineId=pipeline["MediaPipelineId"])
    advance(10)
    await call("DeleteMediaInsightsPipelineConfiguration", **named)
    await call.refused("NotFoundException", "GetMediaInsightsPipelineConfiguration", **named)


async def scenario(meetings: Client, pipelines: Client) -> None:
    meeting = await meetings_scenario(meetings)
    account = meeting["MeetingArn"].split(":")[4]
    await captures_scenario(pipelines, meeting, account)
    await streams_scenario(pipelines, meeting)
    await insights_scenario(pipelines)
    await meetings("DeleteMeeting", MeetingId=meeting["MeetingId"])
    await meetings.refused("NotFoundException", "GetMeeting", MeetingId=meeting["MeetingId"])


SERVICES = ("chime-sdk-meetings", "chime-sdk-media-pipelines")


async def main(library: str) -> None:
    async with AsyncExitStack() as stack:
        made: list[Client] = []
        for service in SERVICES:
            if library == "boto3":
                import boto3

                create: Callable[..., Any] = boto3.client
                made.append(Client(create(service)))
            else:
                from aiobotocore.session import get_session

                made.append(Client(await stack.enter_async_context(get_session().create_client(service))))
        await scenario(*made)
        covered = {}
        for service, client in zip(SERVICES, made, strict=True):
            known = set(client.client.meta.service_model.operation_names)
            assert client.called == known, known - client.called
            covered[service] = sorted(known)
        print(json.dumps(covered))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
