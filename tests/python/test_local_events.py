"""The events of the local service: to a function, a webhook, a file; as EventBridge has them and in their order."""

from __future__ import annotations

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chimeline import exceptions
from chimeline.testing import LocalChime

SEEN = [
    "chime:MeetingStarted",
    "chime:AttendeeAdded",
    "chime:AttendeeAdded",  # the recorder
    "chime:AttendeeAuthorized",
    "chime:AttendeeJoined",
    "chime:AttendeeAuthorized",
    "chime:AttendeeJoined",
    "chime:MediaPipelineInProgress",
    "chime:AttendeeLeft",
    "chime:AttendeeLeft",  # the recorder, whom the end of the meeting finds there
    "chime:MeetingEnded",
    "chime:MediaPipelineDeleted",
]


def record(chime: LocalChime) -> tuple[str, str]:
    """A recorded meeting from its start to its end. Returns the ids of the meeting and of the pipeline."""
    meetings = chime.blocking_client("chime-sdk-meetings")
    made = meetings.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="standup")["Meeting"]
    meetings.create_attendee(MeetingId=made["MeetingId"], ExternalUserId="ann")
    pipelines = chime.blocking_client("chime-sdk-media-pipelines")
    pipeline = pipelines.create_media_capture_pipeline(
        SourceType="ChimeSdkMeeting",
        SourceArn=f"arn:aws:chime::111122223333:meeting:{made['MeetingId']}",
        SinkType="S3Bucket",
        SinkArn="arn:aws:s3:::recordings",
    )["MediaCapturePipeline"]
    chime.join(made["MeetingId"])
    chime.advance(60)
    chime.leave(made["MeetingId"], "ann")
    chime.advance(400)
    return made["MeetingId"], pipeline["MediaPipelineId"]


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["detail"]["eventType"] for event in events]


def check(events: list[dict[str, Any]], meeting: str, pipeline: str) -> None:
    assert names(events) == SEEN
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)
    assert len({event["id"] for event in events}) == len(events)
    for event in events:
        assert (event["version"], event["source"], event["account"], event["region"], event["resources"]) == (
            "0",
            "aws.chime",
            "111122223333",
            "us-east-1",
            [],
        )
        is_pipeline = "MediaPipeline" in event["detail"]["eventType"]
        kind = "Chime Media Pipeline State Change" if is_pipeline else "Chime Meeting State Change"
        assert event["detail-type"] == kind
        assert event["detail"]["meetingId"] == meeting
        assert isinstance(event["detail"]["timestamp"], int)
        assert event["detail"].get("mediaPipelineId") == (pipeline if is_pipeline else None)
        # Nothing says of which kind a pipeline is, as in the service.
        assert "Capture" not in json.dumps(event)


def test_a_function_gets_the_events_as_a_lambda_does() -> None:
    plain: list[dict[str, Any]] = []
    with_context: list[Any] = []
    awaited: list[str] = []

    def handler(event: dict[str, Any], context: Any) -> None:
        with_context.append((event, context, threading.current_thread().name))

    async def later(event: dict[str, Any]) -> None:
        awaited.append(event["id"])

    with LocalChime(transition_delay=1, on_event=plain.append) as chime:
        chime.on_event(handler)
        chime.on_event(later)
        meeting, pipeline = record(chime)
        chime.flush_events()
        check(plain, meeting, pipeline)
        assert [event for event, _, _ in with_context] == plain == chime.events()
        assert {(context, thread) for _, context, thread in with_context} == {(None, "chimeline-events")}
        assert awaited == [event["id"] for event in plain]
        record(chime)
    # What came before the stop was handed on.
    assert len(plain) == 2 * len(SEEN)


def test_a_handler_may_call_the_service(caplog: pytest.LogCaptureFixture) -> None:
    """A concatenation begins with the end of the capture, as programs do it."""
    made = []
    with LocalChime(transition_delay=1) as chime:
        pipelines = chime.blocking_client("chime-sdk-media-pipelines")

        def handler(event: dict[str, Any], _: object) -> None:
            if event["detail"]["eventType"] != "chime:MediaPipelineDeleted" or made:
                return
            named = pipelines.get_media_pipeline(MediaPipelineId=event["detail"]["mediaPipelineId"])
            arn = named["MediaPipeline"]["MediaCapturePipeline"]["MediaPipelineArn"]
            on = {"State": "Enabled"}
            kinds = ("Audio", "Video", "Content", "DataChannel", "TranscriptionMessages", "MeetingEvents", "CompositedVideo")
            source = {
                "MediaPipelineArn": arn,
                "ChimeSdkMeetingConfiguration": {"ArtifactsConfiguration": dict.fromkeys(kinds, on)},
            }
            made.append(
                pipelines.create_media_concatenation_pipeline(
                    Sources=[{"Type": "MediaCapturePipeline", "MediaCapturePipelineSourceConfiguration": source}],
                    Sinks=[{"Type": "S3Bucket", "S3BucketSinkConfiguration": {"Destination": "arn:aws:s3:::recordings"}}],
                )["MediaConcatenationPipeline"]["MediaPipelineId"]
            )

        chime.on_event(handler)
        record(chime)
        chime.flush_events()
        chime.advance(10)
        ended = [e["detail"] for e in chime.events() if e["detail"]["eventType"] == "chime:MediaPipelineDeleted"]
        assert [detail["mediaPipelineId"] for detail in ended][1:] == made

    def fail(event: dict[str, Any]) -> None:
        raise KeyError(event["detail"]["eventType"])

    with caplog.at_level(logging.CRITICAL), LocalChime(on_event=fail) as chime:
        chime.blocking_client("chime-sdk-meetings").create_meeting(MediaRegion="us-east-1", ExternalMeetingId="standup")
        with pytest.raises(KeyError, match="MeetingStarted"):
            chime.flush_events()
        chime.flush_events()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.events.append((self.path, self.headers["Content-Type"], json.loads(body)))  # type: ignore[attr-defined]
        self.send_response(500 if len(self.server.events) == 1 else 204)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_webhook_and_a_file_get_the_same_events(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"kept": true}\n')
    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    receiver.events = []  # type: ignore[attr-defined]
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{receiver.server_port}/hook?x=1"
    with LocalChime(transition_delay=1, events_webhook=url, events_file=str(path)) as chime:
        meeting, pipeline = record(chime)
        kept, *written = [json.loads(line) for line in path.read_text().splitlines()]
        assert kept == {"kept": True}
        check(written, meeting, pipeline)
        assert written == chime.events()
        arrived: list[Any] = receiver.events  # type: ignore[attr-defined]
        for _ in range(100):
            if len(arrived) == len(written):
                break
            threading.Event().wait(0.05)
        assert [event for _, _, event in arrived] == written
        assert {(path, kind) for path, kind, _ in arrived} == {("/hook?x=1", "application/json")}
    receiver.shutdown()
    receiver.server_close()
    for wrong in ("http://", "ftp://x", "here"):
        with pytest.raises(exceptions.InvalidConfigError, match="events_webhook must be an http:// or https:// URL"):
            LocalChime(events_webhook=wrong).start()
    # One that is gone costs the service nothing.
    with LocalChime(events_webhook=url, transition_delay=1) as chime:
        record(chime)
        assert len(chime.events()) == len(SEEN)


def test_kinds_of_pipelines_and_pools_send_their_events() -> None:
    with LocalChime(transition_delay=1) as chime:
        client = chime.blocking_client("chime-sdk-media-pipelines")
        meetings = chime.blocking_client("chime-sdk-meetings")
        made = meetings.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="standup")["Meeting"]
        pool = client.create_media_pipeline_kinesis_video_stream_pool(
            PoolName="pool", StreamConfiguration={"Region": "us-east-1"}
        )["KinesisVideoStreamPoolConfiguration"]
        chime.advance(2)
        stream = client.create_media_stream_pipeline(
            Sources=[{"SourceType": "ChimeSdkMeeting", "SourceArn": made["MeetingArn"]}],
            Sinks=[
                {
                    "SinkType": "KinesisVideoStreamPool",
                    "SinkArn": pool["PoolArn"],
                    "ReservedStreamCapacity": 1,
                    "MediaStreamType": "MixedAudio",
                }
            ],
        )["MediaStreamPipeline"]
        chime.advance(2)
        client.update_media_pipeline_kinesis_video_stream_pool(
            Identifier=pool["PoolId"], StreamConfiguration={"DataRetentionInHours": 2}
        )
        chime.advance(2)
        meetings.start_meeting_transcription(
            MeetingId=made["MeetingId"], TranscriptionConfiguration={"EngineTranscribeSettings": {"LanguageCode": "en-US"}}
        )
        client.delete_media_pipeline(MediaPipelineId=stream["MediaPipelineId"])
        chime.advance(3)
        client.delete_media_pipeline_kinesis_video_stream_pool(Identifier=pool["PoolId"])
        chime.advance(3)
        seen = [name for name in names(chime.events()) if "Attendee" not in name]
        prefix = "chime:MediaPipelineKinesisVideoStream"
        assert seen == [
            "chime:MeetingStarted",
            f"{prefix}PoolActive",
            "chime:MediaPipelineInProgress",
            f"{prefix}Start",
            f"{prefix}PoolUpdated",
            "chime:TranscriptionStarted",
            f"{prefix}End",
            "chime:MediaPipelineDeleted",
            f"{prefix}PoolDeleted",
        ]
