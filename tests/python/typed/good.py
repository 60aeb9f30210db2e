"""A program over all three services that type checkers accept."""

from __future__ import annotations

from datetime import datetime

import chimeline
from chimeline import bulk
from chimeline.exceptions import ClientError, NotFoundException
from chimeline.types.media_pipelines import ArtifactsConfiguration, MediaCapturePipeline


async def record(meeting_id: str, bucket: str) -> MediaCapturePipeline:
    meetings = chimeline.client("chime-sdk-meetings", region_name="us-east-1")
    meeting = await meetings.create_meeting(
        ClientRequestToken="token", MediaRegion="us-east-1", ExternalMeetingId=meeting_id, Tags=[{"Key": "k", "Value": "v"}]
    )
    source = meeting["Meeting"]["MeetingArn"]
    artifacts: ArtifactsConfiguration = {
        "Audio": {"MuxType": "AudioOnly"},
        "Video": {"State": "Enabled", "MuxType": "VideoOnly"},
        "Content": {"State": "Disabled"},
    }
    pipelines = chimeline.client("chime-sdk-media-pipelines", config=chimeline.Config(read_timeout=5))
    created = await pipelines.create_media_capture_pipeline(
        SourceType="ChimeSdkMeeting",
        SourceArn=source,
        SinkType="S3Bucket",
        SinkArn=bucket,
        ChimeSdkMeetingConfiguration={"ArtifactsConfiguration": artifacts},
    )
    started: datetime = created["MediaCapturePipeline"]["CreatedTimestamp"]
    print(started.isoformat(), created["ResponseMetadata"]["HTTPStatusCode"])
    async for page in pipelines.get_paginator("list_media_pipelines").paginate(PaginationConfig={"PageSize": 10}):
        for summary in page["MediaPipelines"]:
            print(summary["MediaPipelineArn"])
    return created["MediaCapturePipeline"]


async def guarded(meeting: str, journal: str) -> list[str]:
    async with chimeline.record(meeting, "s3://recordings", journal=journal, signals=True, max_duration=60) as recording:
        print(recording.pipeline_id)
    found = await chimeline.recording.reap(journal)
    print([left["Reason"] for left in found["Left"] if "Reason" in left], found["Damage"])
    client = chimeline.blocking.client("chime-sdk-media-pipelines")
    return chimeline.recording.reap(tags={"app": "x"}, older_than=3600, client=client)["MediaPipelineIds"]


async def open_rooms(names: list[str], service: str) -> list[str]:
    inputs = [{"MediaRegion": "us-east-1", "ExternalMeetingId": name} for name in names]
    run = bulk.run(chimeline.client("chime-sdk-meetings"), "create_meeting", inputs, rate=10)
    failed = [str(result.input["ExternalMeetingId"]) async for result in run if not result.ok]
    print(chimeline.client(service).meta.region_name, len(run.failures))
    for result in bulk.run(chimeline.blocking.client("chime-sdk-meetings"), "create_meeting", inputs, concurrency=5):
        print(result.index, result.output, result.error)
    return failed


def stop(pipeline_id: str) -> int:
    client = chimeline.blocking.client("chime", "us-east-1")
    try:
        deleted = client.delete_media_capture_pipeline(MediaPipelineId=pipeline_id)
    except NotFoundException:
        return 0
    except ClientError as error:
        print(error.response["Error"]["Code"], error.operation_name, error.hint)
        raise
    for page in client.get_paginator("list_media_capture_pipelines").paginate():
        print(len(page["MediaCapturePipelines"]), page.get("NextToken"))
    return deleted["ResponseMetadata"]["HTTPStatusCode"]
