"""The main job from Python, awaited and blocking, on the local service: create, get, list and delete a capture pipeline.

Then a meeting is recorded from start to finish, also by the command line.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import shutil
import subprocess
import sys
from typing import Any

from chimeline.exceptions import NotFoundException
from chimeline.recording import artifacts, ensure_meeting
from chimeline.recording import record as guarded
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


async def record_a_meeting(chime: LocalChime) -> None:
    """A recording in one scope, and where its files are."""
    client = chime.client("chime-sdk-media-pipelines")
    meeting = await ensure_meeting("standup", "us-east-1", attendees=["alice", "bob"], client=client)
    print(f"\n  meeting {meeting['Meeting']['MeetingId']}, attendees {len(meeting['Attendees'])}")
    async with guarded(meeting, "s3://recordings/standup", concatenate_to="s3://recordings/joined", client=client) as recording:
        found = await client.get_media_capture_pipeline(MediaPipelineId=recording.pipeline_id)
        print(f"  {recording.pipeline_id} {found['MediaCapturePipeline']['Status']}")
        assert found["MediaCapturePipeline"]["Status"] == "InProgress", found
    assert recording.stopped is not None
    print(f"  {recording.pipeline_id} stops")
    files = await artifacts(recording.stopped["MediaConcatenationPipelines"][0], client=client)
    for file in files["Artifacts"]:
        print(f"  {file['Uri']}")
    assert files["Artifacts"], files


def record_by_command(chime: LocalChime) -> None:
    """The same by the command line."""
    script = shutil.which("chimeline", path=os.path.dirname(sys.executable))
    command = [script] if script else [sys.executable, "-m", "chimeline"]
    environment = {**os.environ, **chime.environment}

    def run(*arguments: str) -> str:
        print(f"\n  $ chimeline {' '.join(arguments)}", flush=True)
        done = subprocess.run([*command, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True)
        print("  " + done.stdout.strip().replace("\n", "\n  "))
        return done.stdout

    made = json.loads(run("call", "create-meeting", '{"MediaRegion": "us-east-1", "ExternalMeetingId": "by-command"}'))
    meeting = made["Meeting"]["MeetingId"]
    pipeline = json.loads(run("record", meeting, "s3://recordings/by-command", "--detach"))["MediaPipelineId"]
    assert pipeline in run("ls")
    assert pipeline in run("stop", meeting, "--wait")


def main() -> None:
    for name in ("client", "blocking_client"):
        with LocalChime() as chime:
            print(f"\n{'=' * 30} Python, chimeline.{'blocking.' if 'blocking' in name else ''}client, at {chime.url}")
            asyncio.run(record(getattr(chime, name)("chime")))
    with LocalChime() as chime:
        print(f"\n{'=' * 30} Python, chimeline.recording, at {chime.url}")
        asyncio.run(record_a_meeting(chime))
        print(f"\n{'=' * 30} the command line, at {chime.url}")
        record_by_command(chime)
    print("\nPython and the command line: all steps succeeded")


if __name__ == "__main__":
    main()
