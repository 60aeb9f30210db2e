"""A program in the form of AWS Lambda's handlers: `python recording_handler.py NAME EVENT`, each call in a process of its own."""

from __future__ import annotations

import json
import sys
from typing import Any

import chimeline
from chimeline.recording import blocking as recording

SINK = "s3://recordings/captures"
JOINED = "s3://recordings/joined"


def start(event: dict[str, Any]) -> Any:
    room = recording.ensure_meeting(event["room"], "us-east-1", attendees=["ann"])
    return recording.start_recording(room, SINK)["MediaPipelineId"]


def stop(event: dict[str, Any]) -> Any:
    room = recording.ensure_meeting(event["room"], "us-east-1")
    return recording.stop_recording(room, concatenate_to=JOINED, retry=5)["MediaPipelineIds"]


def on_event(event: dict[str, Any]) -> Any:
    found = recording.resolve_event(event)
    if found.subject == "pipeline" and found.status == "Stopped" and found.kind == "capture" and found.pipeline is not None:
        return recording.concatenate(found.pipeline, JOINED)["MediaPipelineId"]
    return None


def clean_up(event: dict[str, Any]) -> Any:
    """Stops what is on, whoever started it: a call that is scheduled."""
    client = chimeline.blocking.client("chime-sdk-media-pipelines")
    stopped: list[str] = []
    for page in client.get_paginator("list_media_capture_pipelines").paginate():
        for pipeline in page["MediaCapturePipelines"]:
            done = recording.stop_recording(pipeline, concatenate_to=JOINED, retry=5, client=client)
            stopped += done["MediaPipelineIds"]
    return stopped


if __name__ == "__main__":
    print(
        json.dumps(
            {"start": start, "stop": stop, "on_event": on_event, "clean_up": clean_up}[sys.argv[1]](json.loads(sys.argv[2]))
        )
    )
