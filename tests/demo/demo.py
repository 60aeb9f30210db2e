"""The main job from Python, awaited and blocking: create, get, list and delete a capture pipeline on the local service."""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import Any

from chimeline.exceptions import NotFoundException
from chimeline.testing import LocalChime

MEETING = "arn:aws:chime::111122223333:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b"
RECORDING = {
    "SourceType": "ChimeSdkMeeting",
    "SourceArn": MEETING,
    "SinkType": "S3Bucket",
    "SinkArn": "arn:aws:s3:::recordings",
    "ChimeSdkMeetingConfiguration": {
        "ArtifactsConfiguration": {
            "Audio": {"MuxType": "AudioOnly"},
            "Video": {"State": "Enabled", "MuxType": "VideoOnly"},
            "Content": {"State": "Disabled"},
        }
    },
}


async def record(client: Any) -> None:
    """The life of a pipeline. Steps of either client: a result, or what is awaited for it."""

    async def call(method: str, **params: Any) -> Any:
        print(f"\n  {type(client).__name__}.{method}({json.dumps(params, indent=2).replace(chr(10), chr(10) + '  ')})")
        outcome = getattr(client, method)(**params)
        result = await outcome if inspect.isawaitable(outcome) else outcome
        metadata = result["ResponseMetadata"]
        shown = {name: value for name, value in result.items() if name != "ResponseMetadata"}
        text = json.dumps(shown, indent=2, default=str).replace("\n", "\n  ")
        print(f"  -> HTTP {metadata['HTTPStatusCode']}, request id {metadata['RequestId']}\n  {text}")
        return result

    created = (await call("create_media_capture_pipeline", **RECORDING))["MediaCapturePipeline"]
    assert created["Status"] == "Initializing", created
    pipeline_id = created["MediaPipelineId"]
    got = (await call("get_media_capture_pipeline", MediaPipelineId=pipeline_id))["MediaCapturePipeline"]
    assert got["SourceArn"] == MEETING, got
    listed = (await call("list_media_capture_pipelines"))["MediaCapturePipelines"]
    assert pipeline_id in [pipeline["MediaPipelineId"] for pipeline in listed], listed
    deleted = await call("delete_media_capture_pipeline", MediaPipelineId=pipeline_id)
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204, deleted
    try:
        await call("get_media_capture_pipeline", MediaPipelineId="2f1c6a1e-0f3b-4f0e-9f43-000000000000")
    except NotFoundException as error:
        print(f"  -> {type(error).__name__}: {error}")
    else:
        raise AssertionError("a pipeline that never was is found")


def main() -> None:
    for name in ("client", "blocking_client"):
        with LocalChime() as chime:
            print(f"\n{'=' * 30} Python, chimeline.{'blocking.' if 'blocking' in name else ''}client, at {chime.url}")
            asyncio.run(record(getattr(chime, name)("chime")))
    print("\nPython: all steps succeeded")


if __name__ == "__main__":
    main()
