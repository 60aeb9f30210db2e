"""What public programs do, written anew: on the local service they come to their end, with our clients and with boto3."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

import chimeline
from chimeline.testing import LocalChime

MEETINGS, PIPELINES = "chime-sdk-meetings", "chime-sdk-media-pipelines"
BUCKET = "arn:aws:s3:::recordings"
ACCOUNT = "111122223333"
Make = Callable[[str], Any]


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime(transition_delay=1, unknown_meetings="refuse") as running:
        yield running


@pytest.fixture(params=[chimeline.blocking.client, boto3.client], ids=["chimeline", "boto3"])
def client(request: pytest.FixtureRequest, chime: LocalChime) -> Make:
    return lambda service: request.param(service, **chime.client_options)


# The programs. Each knows the service by its clients and events alone.


class Recorder:
    """Records a meeting, and joins the recording when the service says that it has ended."""

    def __init__(self, client: Make) -> None:
        self.pipelines = client(PIPELINES)
        self.capture: dict[str, Any] = {}
        self.joined: list[str] = []
        self.finished = threading.Event()

    def start(self, meeting_id: str) -> None:
        response = self.pipelines.create_media_capture_pipeline(
            SourceType="ChimeSdkMeeting",
            SourceArn=f"arn:aws:chime::{ACCOUNT}:meeting:{meeting_id}",
            SinkType="S3Bucket",
            SinkArn=f"{BUCKET}/{meeting_id}",
            ChimeSdkMeetingConfiguration={
                "ArtifactsConfiguration": {
                    "Audio": {"MuxType": "AudioOnly"},
                    "Video": {"State": "Disabled"},
                    "Content": {"State": "Disabled"},
                }
            },
        )
        self.capture = response["MediaCapturePipeline"]

    def stop(self) -> None:
        """May be called by a button, by a timeout, and by both."""
        with contextlib.suppress(self.pipelines.exceptions.NotFoundException):
            self.pipelines.delete_media_capture_pipeline(MediaPipelineId=self.capture["MediaPipelineId"])

    def handler(self, event: dict[str, Any], _: Any) -> None:
        detail = event["detail"]
        if event["detail-type"] != "Chime Media Pipeline State Change" or detail["eventType"] != "chime:MediaPipelineDeleted":
            return
        if detail["mediaPipelineId"] == self.capture["MediaPipelineId"]:
            self.join()
        elif detail["mediaPipelineId"] in self.joined:
            self.finished.set()

    def join(self) -> None:
        kinds = ("Audio", "Video", "Content", "DataChannel", "TranscriptionMessages", "MeetingEvents", "CompositedVideo")
        source = {
            "MediaPipelineArn": self.capture["MediaPipelineArn"],
            "ChimeSdkMeetingConfiguration": {"ArtifactsConfiguration": {kind: {"State": "Enabled"} for kind in kinds}},
        }
        response = self.pipelines.create_media_concatenation_pipeline(
            Sources=[{"Type": "MediaCapturePipeline", "MediaCapturePipelineSourceConfiguration": source}],
            Sinks=[{"Type": "S3Bucket", "S3BucketSinkConfiguration": {"Destination": f"{BUCKET}/joined"}}],
        )
        self.joined.append(response["MediaConcatenationPipeline"]["MediaPipelineId"])


def enter_by_name(client: Make, name: str, user: str) -> tuple[str, str]:
    """A web page's server: one meeting for all who come with its name."""
    meetings = client(MEETINGS)
    token = str(uuid.uuid5(uuid.NAMESPACE_URL, name))
    meeting = meetings.create_meeting(ClientRequestToken=token, MediaRegion="us-east-1", ExternalMeetingId=name)["Meeting"]
    attendee = meetings.create_attendee(MeetingId=meeting["MeetingId"], ExternalUserId=user)["Attendee"]
    return meeting["MeetingId"], attendee["AttendeeId"]


def enter_with_guests(client: Make, name: str, users: list[str]) -> tuple[str, list[str]]:
    """A scheduler, which knows who will come."""
    response = client(MEETINGS).create_meeting_with_attendees(
        ClientRequestToken=str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        MediaRegion="us-east-1",
        ExternalMeetingId=name,
        Attendees=[{"ExternalUserId": user} for user in users],
    )
    assert response["Errors"] == []
    return response["Meeting"]["MeetingId"], [one["AttendeeId"] for one in response["Attendees"]]


class CleanUp:
    """Ends a meeting when nobody but its recorder is left."""

    def __init__(self, client: Make) -> None:
        self.meetings = client(MEETINGS)
        self.ended: list[str] = []

    def handler(self, event: dict[str, Any], _: Any) -> None:
        detail = event["detail"]
        if detail["eventType"] not in {"chime:AttendeeLeft", "chime:AttendeeDropped"}:
            return
        meeting = {"MeetingId": detail["meetingId"]}
        try:
            self.meetings.delete_attendee(**meeting, AttendeeId=detail["attendeeId"])
            left = self.meetings.list_attendees(**meeting)["Attendees"]
            if all(one["ExternalUserId"].lower().startswith("aws:") for one in left):
                self.meetings.delete_meeting(**meeting)
                self.ended.append(detail["meetingId"])
        except self.meetings.exceptions.NotFoundException:
            # Another event of the same end was faster.
            pass


def pool_of(client: Make, name: str, hours: int, between_polls: Callable[[], object]) -> dict[str, Any]:
    """A pool of that name that keeps streams for so long: made, or found and updated."""
    pipelines = client(PIPELINES)
    configuration = {"Region": "us-east-1", "DataRetentionInHours": hours}
    try:
        pipelines.create_media_pipeline_kinesis_video_stream_pool(PoolName=name, StreamConfiguration=configuration)
    except pipelines.exceptions.ConflictException:
        pools = pipelines.list_media_pipeline_kinesis_video_stream_pools()["KinesisVideoStreamPools"]
        [found] = [pool for pool in pools if pool["PoolName"] == name]
        pipelines.update_media_pipeline_kinesis_video_stream_pool(
            Identifier=found["PoolArn"], StreamConfiguration={"DataRetentionInHours": hours}
        )
    for _ in range(10):
        pool = pipelines.get_media_pipeline_kinesis_video_stream_pool(Identifier=name)["KinesisVideoStreamPoolConfiguration"]
        if pool["PoolStatus"] == "ACTIVE":
            return pool
        between_polls()
    raise TimeoutError(f"the pool {name} is not there")


# What becomes of them.


def test_a_recorder_joins_what_it_recorded_when_events_say_so(chime: LocalChime, client: Make) -> None:
    meeting_id, _ = enter_by_name(client, "standup", "ann")
    recorder = Recorder(client)
    chime.on_event(recorder.handler)
    recorder.start(meeting_id)
    chime.join(meeting_id, "ann")
    chime.advance(60)
    chime.leave(meeting_id, "ann")
    recorder.stop()
    chime.advance(5)
    chime.flush_events()
    # The handler has begun the concatenation.
    assert len(recorder.joined) == 1
    chime.advance(10)
    chime.flush_events()
    assert recorder.finished.is_set()
    got = client(PIPELINES).get_media_pipeline(MediaPipelineId=recorder.joined[0])["MediaPipeline"]
    assert got["MediaConcatenationPipeline"]["Status"] == "Stopped"


def test_a_recorder_joins_what_the_end_of_the_meeting_ended(chime: LocalChime, client: Make) -> None:
    """Nobody stops the capture: it waits for the end by itself, by asking."""
    meeting_id, _ = enter_by_name(client, "standup", "ann")
    recorder = Recorder(client)
    recorder.start(meeting_id)
    client(MEETINGS).delete_meeting(MeetingId=meeting_id)
    for _ in range(10):
        named = {"MediaPipelineId": recorder.capture["MediaPipelineId"]}
        got = client(PIPELINES).get_media_capture_pipeline(**named)["MediaCapturePipeline"]
        if got["Status"] == "Stopped":
            break
        chime.advance(1)
    else:
        raise AssertionError("the capture goes on without its meeting")
    recorder.join()
    assert len(recorder.joined) == 1


def test_three_entries_find_or_create_one_meeting(chime: LocalChime, client: Make) -> None:
    first, ann = enter_by_name(client, "retro", "ann")
    second, bob = enter_by_name(client, "retro", "bob")
    third, attendees = enter_with_guests(client, "retro", ["ann", "bob", "cy"])
    assert first == second == third
    assert attendees[:2] == [ann, bob]
    assert len(chime.meetings()) == 1
    client(MEETINGS).delete_meeting(MeetingId=first)
    again, _ = enter_with_guests(client, "retro", ["ann"])
    assert again != first


def test_clean_up_ends_a_meeting_when_only_its_recorder_is_left(chime: LocalChime, client: Make) -> None:
    meeting_id, _ = enter_by_name(client, "standup", "ann")
    enter_by_name(client, "standup", "bob")
    recorder, clean_up = Recorder(client), CleanUp(client)
    chime.on_event(clean_up.handler)
    recorder.start(meeting_id)
    chime.join(meeting_id)
    chime.advance(30)
    chime.leave(meeting_id, "ann")
    chime.flush_events()
    assert clean_up.ended == []
    chime.leave(meeting_id, "bob", dropped=True)
    chime.flush_events()
    assert clean_up.ended == [meeting_id]
    chime.advance(5)
    named = {"MediaPipelineId": recorder.capture["MediaPipelineId"]}
    assert client(PIPELINES).get_media_capture_pipeline(**named)["MediaCapturePipeline"]["Status"] == "Stopped"
    # The events of this end find nothing more to do.
    chime.flush_events()
    assert clean_up.ended == [meeting_id]


@pytest.mark.parametrize("pause", [0, 0.5, 60])
def test_a_stop_may_be_called_twice(chime: LocalChime, client: Make, pause: float) -> None:
    meeting_id, _ = enter_by_name(client, "standup", "ann")
    recorder = Recorder(client)
    recorder.start(meeting_id)
    recorder.stop()
    chime.advance(pause)
    recorder.stop()
    chime.advance(5)
    assert client(PIPELINES).list_media_capture_pipelines()["MediaCapturePipelines"] == []
    # The meeting can be recorded again.
    recorder.start(meeting_id)


def test_a_pool_is_made_found_updated_and_polled(chime: LocalChime, client: Make) -> None:
    made = pool_of(client, "calls", 24, lambda: chime.advance(1))
    assert made["PoolId"].startswith("ChimeMediaPipelines-calls-")
    found = pool_of(client, "calls", 48, lambda: chime.advance(1))
    assert found["PoolArn"] == made["PoolArn"]
    assert found["StreamConfiguration"]["DataRetentionInHours"] == 48


def test_a_pool_is_there_by_itself_as_time_passes() -> None:
    with LocalChime(transition_delay=0.05) as quick:
        made = pool_of(lambda service: boto3.client(service, **quick.client_options), "calls", 24, lambda: time.sleep(0.05))
    assert made["PoolStatus"] == "ACTIVE"
