"""A whole recording, in seconds: from the meeting to the joined files, as the events tell it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import av

from chimeline.testing import LocalChime

KINDS = ("Audio", "Video", "Content", "DataChannel", "TranscriptionMessages", "MeetingEvents", "CompositedVideo")
FOLDERS = {"audio", "video", "content", "data-channel", "transcription-messages", "meeting-events"}
# Captures of one meeting: single files, and all in one picture.
SINGLE = {"Audio": {"MuxType": "AudioOnly"}, "Video": {"State": "Enabled"}, "Content": {"State": "Enabled"}}
COMPOSITED = {
    "Audio": {"MuxType": "AudioWithCompositedVideo"},
    "Video": {"State": "Disabled"},
    "Content": {"State": "Disabled"},
    "CompositedVideo": {"GridViewConfiguration": {"ContentShareLayout": "PresenterOnly"}},
}
EVENTS = [
    "MeetingStarted",
    *["AttendeeAdded"] * 2,
    *["AttendeeAuthorized", "AttendeeJoined"] * 2,
    "TranscriptionStarted",
    *["AttendeeAdded", "AttendeeAuthorized", "AttendeeJoined"],  # the recorder
    "MediaPipelineInProgress",
    *["AttendeeLeft"] * 2,
    "AttendeeLeft",  # the recorder, when the meeting ends by itself
    "MeetingEnded",
    "MediaPipelineDeleted",
    "MediaPipelineInProgress",
    "MediaPipelineDeleted",
]


def readable(path: Path) -> None:
    if path.suffix == ".mp4":
        with av.open(str(path)) as container:
            assert container.streams
            for stream in container.streams:
                container.seek(0)
                assert sum(1 for _ in container.decode(stream)) > 0, path
    else:
        assert all(json.loads(line) for line in path.read_text().splitlines()), path


def play(folder: Path, configuration: dict[str, Any]) -> dict[str, list[Path]]:
    """A meeting of five minutes that is recorded; returns what was written, by the name of the folder."""
    events: list[dict[str, Any]] = []
    with LocalChime(transition_delay=1, artifacts=folder, on_event=events.append) as chime:
        chime.freeze()
        meetings, pipelines = (chime.blocking_client(f"chime-sdk-{name}") for name in ("meetings", "media-pipelines"))
        made = meetings.create_meeting_with_attendees(
            MediaRegion="us-east-1",
            ExternalMeetingId="standup",
            Attendees=[{"ExternalUserId": "ann"}, {"ExternalUserId": "bob"}],
        )["Meeting"]
        assert chime.join(made["MeetingId"]) == 2
        meetings.start_meeting_transcription(
            MeetingId=made["MeetingId"], TranscriptionConfiguration={"EngineTranscribeSettings": {"LanguageCode": "en-US"}}
        )
        capture = pipelines.create_media_capture_pipeline(
            SourceType="ChimeSdkMeeting",
            SourceArn=f"arn:aws:chime::111122223333:meeting:{made['MeetingId']}",
            SinkType="S3Bucket",
            SinkArn="arn:aws:s3:::recordings",
            ChimeSdkMeetingConfiguration={"ArtifactsConfiguration": configuration},
        )["MediaCapturePipeline"]
        chime.advance(301)
        assert chime.leave(made["MeetingId"]) == 2
        chime.advance(302)
        assert chime.meetings() == []
        named = {"MediaPipelineId": capture["MediaPipelineId"]}
        assert pipelines.get_media_capture_pipeline(**named)["MediaCapturePipeline"]["Status"] == "Stopped"
        source = {
            "MediaPipelineArn": capture["MediaPipelineArn"],
            "ChimeSdkMeetingConfiguration": {"ArtifactsConfiguration": {kind: {"State": "Enabled"} for kind in KINDS}},
        }
        joined = pipelines.create_media_concatenation_pipeline(
            Sources=[{"Type": "MediaCapturePipeline", "MediaCapturePipelineSourceConfiguration": source}],
            Sinks=[{"Type": "S3Bucket", "S3BucketSinkConfiguration": {"Destination": "arn:aws:s3:::recordings/joined"}}],
        )["MediaConcatenationPipeline"]
        chime.advance(10)
        got = pipelines.get_media_pipeline(MediaPipelineId=joined["MediaPipelineId"])["MediaPipeline"]
        assert got["MediaConcatenationPipeline"]["Status"] == "Stopped"
        flushed = chime.flush_artifacts()
        assert (flushed["waiting"], flushed["failed"]) == (0, 0)
        chime.flush_events()
    assert [event["detail"]["eventType"].removeprefix("chime:") for event in events] == EVENTS
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)
    found: dict[str, list[Path]] = {}
    for path in sorted((folder / "recordings").rglob("*.*")):
        found.setdefault(path.parent.name, []).append(path)
    # Events of one moment share a file, which is written again with each.
    assert 0 <= flushed["written"] - sum(len(paths) for paths in found.values()) < 5
    texts = [path for path in found["meeting-events"] if path.parent.parent.name != "joined"]
    noted = [json.loads(line)["EventType"] for path in texts for line in path.read_text().splitlines()]
    assert noted == ["CaptureStarted", "AttendeeLeft", "AttendeeLeft", "CaptureEnded"]
    assert noted == [json.loads(line)["EventType"] for line in found["meeting-events"][-1].read_text().splitlines()]
    assert [path for paths in found.values() for path in paths if path.parent.parent.name == "joined"]
    return found


def test_a_whole_recording_is_played_in_seconds(tmp_path: Path) -> None:
    begun = time.monotonic()
    found = play(tmp_path, SINGLE)
    # Without the look at each file, which is the test's own work.
    assert time.monotonic() - begun < 5
    assert set(found) == FOLDERS
    # Five minutes with all, and five until the meeting ends, in chunks of five seconds; and the joined file.
    assert len(found["audio"]) == 121 + 1
    for paths in found.values():
        for path in (*paths[:2], paths[-1]):
            readable(path)
    joined = [paths[-1] for folder, paths in found.items() if folder in ("audio", "content")]
    assert [path.parent.parent.name for path in joined] == ["joined", "joined"]


def test_a_whole_recording_in_one_picture(tmp_path: Path) -> None:
    found = play(tmp_path, COMPOSITED)
    assert set(found) == FOLDERS - {"audio", "video", "content"} | {"composited-video"}
    readable(found["composited-video"][0])
    readable(found["composited-video"][-1])
