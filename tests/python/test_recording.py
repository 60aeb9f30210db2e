"""Recordings from start to finish, against the local service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import boto3
import pytest

import chimeline
from chimeline import recording
from chimeline.exceptions import (
    ForbiddenException,
    NotFoundException,
    ParamValidationError,
    RecordingError,
    ResourceLimitExceededException,
    ServiceUnavailableException,
)
from chimeline.recording import blocking
from chimeline.testing import LocalChime

ID = "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11"
SINK = "s3://recordings/standup"
CREATE = "CreateMediaCapturePipeline"


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime(transition_delay=0.05) as running:
        yield running


@pytest.fixture
def client(chime: LocalChime) -> Any:
    return chime.blocking_client("chime-sdk-media-pipelines")


@pytest.fixture
def meetings(chime: LocalChime) -> Any:
    return chime.blocking_client("chime-sdk-meetings")


@pytest.fixture
def meeting(meetings: Any) -> Any:
    return blocking.ensure_meeting("standup", "us-east-1", client=meetings)["Meeting"]


def asked(chime: LocalChime, operation: str) -> int:
    return len(chime.requests(operation=operation))


def test_a_repeated_start_gives_the_recording_that_runs(chime: LocalChime, client: Any, meeting: Any) -> None:
    first = blocking.start_recording(meeting, SINK, client=client)
    account, identifier = meeting["MeetingArn"].split(":")[4], meeting["MeetingId"]
    forms = [{"Meeting": meeting}, meeting["MeetingArn"], f"arn:aws:chime::{account}:meeting:{identifier}", identifier]
    for form in forms:
        again = blocking.start_recording(form, "arn:aws:s3:::recordings/standup/", client=client)
        assert again["MediaPipelineId"] == first["MediaPipelineId"]
    assert first["SinkArn"] == "arn:aws:s3:::recordings/standup"
    assert first["CreatedTimestamp"].tzinfo is not None
    assert asked(chime, CREATE) == 1 + len(forms)
    # The last form does not say the account.
    assert asked(chime, "GetMeeting") == 2
    # Another sink would be another recording, of which a meeting has one.
    other = blocking.start_recording(meeting, "s3://recordings/other", client=client)
    assert other["MediaPipelineId"] == first["MediaPipelineId"]
    assert other["SinkArn"] == first["SinkArn"]


def test_after_its_end_the_next_start_is_a_new_recording(client: Any, meeting: Any) -> None:
    seen: list[str] = []
    for _ in range(4):
        made = blocking.start_recording(meeting, SINK, client=client)
        assert made["MediaPipelineId"] not in seen
        seen.append(made["MediaPipelineId"])
        stopped = blocking.stop_recording(made, client=client)
        assert stopped == {"MediaPipelineIds": [made["MediaPipelineId"]], "MediaConcatenationPipelines": []}


@pytest.mark.parametrize("token_reuse", ["create", "replay", "refuse"])
def test_whatever_the_service_does_with_used_tokens(token_reuse: str) -> None:
    with LocalChime(transition_delay=0.05, token_reuse=token_reuse) as chime:
        client: Any = chime.blocking_client("chime-sdk-media-pipelines")
        meeting = blocking.ensure_meeting("standup", "us-east-1", client=client)["Meeting"]
        first = blocking.start_recording(meeting, SINK, client=client)
        assert blocking.start_recording(meeting, SINK, client=client)["MediaPipelineId"] == first["MediaPipelineId"]
        blocking.stop_recording(meeting, wait=True, client=client)
        second = blocking.start_recording(meeting, SINK, client=client)
        assert second["MediaPipelineId"] != first["MediaPipelineId"]
        assert blocking.start_recording(meeting, "s3://recordings", client=client)["MediaPipelineId"] == second["MediaPipelineId"]


def test_a_lost_answer_leaves_one_recording(chime: LocalChime, client: Any, meeting: Any) -> None:
    chime.add_fault({"operation": CREATE, "cut": 0, "times": 1})
    made = blocking.start_recording(meeting, SINK, client=client)
    pipelines = client.list_media_capture_pipelines()["MediaCapturePipelines"]
    assert [pipeline["MediaPipelineId"] for pipeline in pipelines] == [made["MediaPipelineId"]]


def test_a_quota_is_an_error_where_the_meeting_is_not_recorded(meetings: Any) -> None:
    with LocalChime(pipeline_quota=1) as chime:
        client: Any = chime.blocking_client("chime-sdk-media-pipelines")
        first = blocking.ensure_meeting("first", "us-east-1", client=client)
        second = blocking.ensure_meeting("second", "us-east-1", client=client)
        blocking.start_recording(first, SINK, client=client)
        with pytest.raises(ResourceLimitExceededException):
            blocking.start_recording(second, SINK, client=client)


def test_a_refusal_is_raised_as_it_is(chime: LocalChime, client: Any, meeting: Any) -> None:
    chime.add_fault({"operation": CREATE, "refusal": "ownership-mismatch", "times": 1})
    with pytest.raises(ForbiddenException) as caught:
        blocking.start_recording(meeting, SINK, client=client)
    assert caught.value.operation_name == CREATE
    with pytest.raises(NotFoundException):
        blocking.start_recording(ID, SINK, client=client)


def test_a_recording_takes_what_the_service_takes(client: Any, meeting: Any) -> None:
    made = blocking.start_recording(
        meeting,
        SINK,
        artifacts=["audio", "video"],
        streams=["ann", {"AttendeeId": ID}],
        tags={"team": "a"},
        SinkIamRoleArn="arn:aws:iam::111122223333:role/sink",
        client=client,
    )
    configuration = made["ChimeSdkMeetingConfiguration"]
    assert configuration["ArtifactsConfiguration"]["Video"] == {"State": "Enabled", "MuxType": "VideoOnly"}
    assert configuration["SourceConfiguration"]["SelectedVideoStreams"] == {"AttendeeIds": [ID], "ExternalUserIds": ["ann"]}
    tags = client.list_tags_for_resource(ResourceARN=made["MediaPipelineArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "a"}]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"meeting": "room"}, "meeting must be a meeting"),
    ({"meeting": 7}, "not 7, a number"),
    ({"sink": "recordings"}, "sink must be a place in S3"),
    ({"sink": "s3://Recordings"}, "cannot be one"),
    ({"artifacts": ["sound"]}, "artifacts must be"),
    ({"streams": ["a"] * 26}, "25 at most"),
    ({"tags": {"a": 1}}, "tags must be"),
    ({"purpose": ""}, "purpose must be"),
    ({"SourceArn": "x"}, "SourceArn follows from the other arguments"),
    ({"SinkType": "S3Bucket"}, "SinkType follows from the other arguments"),
]


@pytest.mark.parametrize(("change", "part"), WRONG)
def test_what_cannot_be_right_is_refused_before_any_call(chime: LocalChime, client: Any, change: Any, part: str) -> None:
    before = len(chime.requests())
    given = {"meeting": ID, "sink": SINK, "client": client, **change}
    with pytest.raises(ParamValidationError, match=part):
        blocking.start_recording(**given)
    assert len(chime.requests()) == before


def test_a_meeting_is_stopped_by_its_name_and_what_is_gone_is_done(client: Any, meeting: Any) -> None:
    made = blocking.start_recording(meeting, SINK, client=client)
    stopped = blocking.stop_recording(meeting["MeetingId"], wait=True, client=client)
    assert stopped["MediaPipelineIds"] == [made["MediaPipelineId"]]
    assert blocking.stop_recording(meeting, client=client)["MediaPipelineIds"] == []
    for target in (made, made["MediaPipelineArn"], made["MediaPipelineId"], ID):
        assert blocking.stop_recording(target, wait=5, client=client)["MediaConcatenationPipelines"] == []
    with pytest.raises(ParamValidationError, match="target must be a meeting or a pipeline"):
        blocking.stop_recording("room", client=client)


def test_a_stop_is_tried_again_until_the_service_confirms_it(chime: LocalChime, client: Any, meeting: Any) -> None:
    once: Any = client.with_options(max_attempts=1)
    made = blocking.start_recording(meeting, SINK, client=client)
    chime.add_fault({"operation": "DeleteMediaCapturePipeline", "refusal": "service-unavailable", "times": 2})
    blocking.stop_recording(made, client=once)
    assert asked(chime, "DeleteMediaCapturePipeline") == 3
    made = blocking.start_recording(meeting, SINK, client=client)
    chime.add_fault({"operation": "DeleteMediaCapturePipeline", "refusal": "service-unavailable", "times": 1})
    with pytest.raises(ServiceUnavailableException):
        blocking.stop_recording(made, retry=0, client=once)


def test_a_capture_is_joined_once_whoever_asks(chime: LocalChime, client: Any, meeting: Any) -> None:
    made = blocking.start_recording(meeting, SINK, artifacts=["audio", "content"], client=client)
    early = blocking.concatenate(made, "s3://recordings/joined", client=client)
    assert early["Status"] == "Initializing"
    stopped = blocking.stop_recording(meeting, concatenate_to="s3://recordings/joined/", wait=True, client=client)
    [joined] = stopped["MediaConcatenationPipelines"]
    late = blocking.concatenate(made["MediaPipelineArn"], "arn:aws:s3:::recordings/joined", client=client)
    assert {early["MediaPipelineId"], joined["MediaPipelineId"], late["MediaPipelineId"]} == {early["MediaPipelineId"]}
    states = {
        name: value["State"]
        for name, value in early["Sources"][0]["MediaCapturePipelineSourceConfiguration"]["ChimeSdkMeetingConfiguration"][
            "ArtifactsConfiguration"
        ].items()
    }
    off = {name for name, state in states.items() if state == "Disabled"}
    assert off == {"Video", "CompositedVideo"}
    elsewhere = blocking.concatenate(made, "s3://recordings/elsewhere", artifacts=["audio"], client=client)
    assert elsewhere["MediaPipelineId"] != early["MediaPipelineId"]
    with pytest.raises(RecordingError, match="needs its ARN"):
        blocking.concatenate(made["MediaPipelineId"], "s3://recordings/other", client=client)
    client.get_waiter("media_concatenation_pipeline_stopped").wait(
        MediaPipelineId=early["MediaPipelineId"], WaiterConfig={"Delay": 0.02, "MaxAttempts": 200}
    )


def test_a_concatenation_that_failed_is_made_anew(chime: LocalChime, client: Any, meeting: Any) -> None:
    made = blocking.start_recording(meeting, SINK, client=client)
    first = blocking.concatenate(made, "s3://recordings/joined", client=client)
    chime.force_state(first["MediaPipelineId"], "Failed")
    second = blocking.concatenate(made, "s3://recordings/joined", client=client)
    assert second["MediaPipelineId"] != first["MediaPipelineId"]
    assert blocking.concatenate(made, "s3://recordings/joined", client=client)["MediaPipelineId"] == second["MediaPipelineId"]


def test_a_meeting_is_there_for_its_name_and_made_anew_after_its_end(chime: LocalChime, meetings: Any) -> None:
    first = blocking.ensure_meeting("room", "us-east-1", attendees=["ann", {"ExternalUserId": "bob"}], client=meetings)
    assert [attendee["ExternalUserId"] for attendee in first["Attendees"]] == ["ann", "bob"]
    again = blocking.ensure_meeting("room", "eu-central-1", attendees=["bob"], client=meetings)
    assert again["Meeting"] == first["Meeting"]
    assert again["Attendees"] == first["Attendees"][1:]
    meetings.delete_meeting(MeetingId=first["Meeting"]["MeetingId"])
    anew = blocking.ensure_meeting("room", "us-east-1", tags={"team": "a"}, client=meetings)
    assert anew["Meeting"]["MeetingId"] != first["Meeting"]["MeetingId"]
    assert anew["Attendees"] == []
    many = blocking.ensure_meeting("room", "us-east-1", attendees=[f"user-{n}" for n in range(150)], client=meetings)
    assert len(many["Attendees"]) == 150
    assert asked(chime, "BatchCreateAttendee") == 4
    for given, part in [
        ({"name": "x"}, "name must be 2 to 64"),
        ({"name": "aws:x"}, "do not begin with aws:"),
        ({"media_region": ""}, "media_region must be"),
        ({"attendees": [1]}, "attendees must be"),
    ]:
        wrong: dict[str, Any] = {"name": "room", "media_region": "us-east-1", "client": meetings, **given}
        with pytest.raises(ParamValidationError, match=part):
            blocking.ensure_meeting(**wrong)


def test_people_are_the_attendees_without_the_recorder(client: Any, meetings: Any) -> None:
    room = blocking.ensure_meeting("room", "us-east-1", attendees=["ann", "bob"], client=meetings)
    blocking.start_recording(room, SINK, client=client)
    listed = meetings.list_attendees(MeetingId=room["Meeting"]["MeetingId"])["Attendees"]
    assert len(listed) == 3
    assert sorted(person["ExternalUserId"] for person in blocking.people(room, client=client)) == ["ann", "bob"]


def test_the_legacy_namespace_records_too(chime: LocalChime, meeting: Any) -> None:
    client: Any = chime.blocking_client("chime")
    made = blocking.start_recording(meeting, SINK, client=client)
    assert blocking.start_recording(meeting, SINK, client=client)["MediaPipelineId"] == made["MediaPipelineId"]
    assert blocking.artifacts(made, client=client)["Prefix"] == "standup/"
    assert blocking.stop_recording(meeting, wait=True, client=client)["MediaPipelineIds"] == [made["MediaPipelineId"]]
    for call in (
        lambda: blocking.start_recording(meeting, SINK, tags={"a": "b"}, client=client),
        lambda: blocking.concatenate(made["MediaPipelineId"], SINK, client=client),
        lambda: blocking.stop_recording(made, concatenate_to=SINK, client=client),
    ):
        with pytest.raises(ParamValidationError, match="chime-sdk-media-pipelines"):
            call()


def test_a_client_of_boto3_records_too(chime: LocalChime, meeting: Any) -> None:
    client = boto3.client("chime-sdk-media-pipelines", **chime.client_options)
    made = blocking.start_recording(meeting, SINK, client=client)  # type: ignore[call-overload]
    assert blocking.stop_recording(made, wait=True, client=client)["MediaPipelineIds"] == [made["MediaPipelineId"]]  # type: ignore[call-overload]
    with pytest.raises(ParamValidationError, match="chime-sdk-meetings"):
        blocking.start_recording(ID, SINK, client=client)  # type: ignore[call-overload]
    with pytest.raises(ParamValidationError, match="client must be a client of"):
        blocking.start_recording(ID, SINK, client=object())  # type: ignore[call-overload]


async def test_everything_is_awaited_with_a_client_that_is(chime: LocalChime) -> None:
    client = chime.client("chime-sdk-media-pipelines")
    room = await recording.ensure_meeting("room", "us-east-1", attendees=["ann"], client=client)  # type: ignore[call-overload]
    started = await asyncio.gather(*(recording.start_recording(room, SINK, client=client) for _ in range(20)))
    assert len({made["MediaPipelineId"] for made in started}) == 1
    assert [person["ExternalUserId"] for person in await recording.people(room, client=client)] == ["ann"]
    joined = await asyncio.gather(*(recording.concatenate(started[0], "s3://recordings/j", client=client) for _ in range(20)))
    assert len({made["MediaPipelineId"] for made in joined}) == 1
    stopped = await recording.stop_recording(room, wait=True, client=client)
    assert stopped["MediaPipelineIds"] == [started[0]["MediaPipelineId"]]
    with pytest.raises(ParamValidationError, match="sink must be"):
        await recording.start_recording(room, "x", client=client)


async def test_states_are_followed_and_an_event_saves_a_call(chime: LocalChime, meeting: Any) -> None:
    client = chime.client("chime-sdk-media-pipelines")
    made = await recording.start_recording(meeting, SINK, client=client)
    events: asyncio.Queue[Any] = asyncio.Queue()
    states: list[str] = []

    async def follow() -> None:
        following: AsyncIterator[Any] = recording.follow(made, delay=0.02, events=events, client=client)
        async for change in following:
            states.append(change["Status"])
            if change["Status"] == "InProgress":
                await recording.stop_recording(made, client=client)

    await asyncio.wait_for(follow(), 20)
    assert states[-1] == "Stopped"
    assert [state for state in states if state not in ("Initializing", "Stopping")] == ["InProgress", "Stopped"]
    again = await recording.start_recording(meeting, SINK, client=client)
    events.put_nowait(_event("MediaPipelinePermanentFailure", again["MediaPipelineId"]))
    seen = [change["Status"] async for change in recording.follow(again, delay=30, events=events, client=client)]
    assert seen[-1] == "Failed"


def test_states_are_followed_by_a_client_that_blocks(chime: LocalChime, client: Any, meeting: Any) -> None:
    made = blocking.start_recording(meeting, SINK, client=client)
    chime.add_fault({"operation": "GetMediaPipeline", "refusal": "throttled", "times": 6})
    states: list[str] = []
    for change in blocking.follow(made, delay=0.02, client=client):
        states.append(change["Status"])
        assert change["MediaPipelineId"] == made["MediaPipelineId"]
        if change["Status"] == "InProgress":
            assert change["Pipeline"]["SinkArn"] == made["SinkArn"]
            client.delete_media_capture_pipeline(MediaPipelineId=made["MediaPipelineId"])
    assert states[-1] == "Stopped"
    with pytest.raises(NotFoundException):
        next(iter(blocking.follow(ID, client=client)))


def _event(name: str, pipeline: str) -> dict[str, Any]:
    detail = {"eventType": f"chime:{name}", "timestamp": 1709208000123, "mediaPipelineId": pipeline, "meetingId": ID}
    return {
        "id": "e-1",
        "detail-type": "Chime Media Pipeline State Change",
        "source": "aws.chime",
        "account": "111122223333",
        "time": "2024-02-29T12:00:00Z",
        "region": "us-east-1",
        "detail": detail,
    }


def test_events_are_read_in_every_form_and_resolved(chime: LocalChime, client: Any, meeting: Any) -> None:
    made = blocking.start_recording(meeting, SINK, client=client)
    joined = blocking.concatenate(made, SINK, client=client)
    plain = _event("MediaPipelineInProgress", made["MediaPipelineId"])
    batch = {"Records": [{"eventSource": "aws:sqs", "body": json.dumps({"Message": json.dumps(plain)})}]}
    event = blocking.parse_event(batch)
    assert (event.subject, event.status, event.media_pipeline_id) == ("pipeline", "InProgress", made["MediaPipelineId"])
    assert event.time is not None
    assert event.time.isoformat() == "2024-02-29T12:00:00.123000+00:00"
    assert event.kind is None
    resolved = blocking.resolve_event(batch, client=client)
    assert resolved.kind == "capture"
    assert resolved.pipeline is not None
    assert resolved.pipeline["SinkArn"] == made["SinkArn"]
    other = blocking.resolve_event(_event("MediaPipelineDeleted", joined["MediaPipelineId"]), client=client)
    assert (other.kind, other.status) == ("concatenation", "Stopped")
    gone = blocking.resolve_event(_event("MediaPipelineDeleted", ID), client=client)
    assert (gone.kind, gone.pipeline) == (None, None)
    assert len(recording.parse_events({"Records": batch["Records"] * 2})) == 2
    for wrong in ({}, "x", 5, {"Records": []}):
        with pytest.raises(ParamValidationError, match="event must be"):
            recording.parse_event(wrong)


def test_events_of_the_local_service_are_read(chime: LocalChime, client: Any, meeting: Any) -> None:
    made = blocking.start_recording(meeting, SINK, client=client)
    blocking.stop_recording(made, wait=True, client=client)
    events = [recording.parse_event(event) for event in chime.events()]
    ours = [event for event in events if event.media_pipeline_id == made["MediaPipelineId"]]
    assert ours[-1].status == "Stopped"
    assert {event.subject for event in events} == {"meeting", "pipeline"}
    assert meeting["MeetingId"] in {event.meeting_id for event in events}


class S3:
    """What is asked of a client of S3."""

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys
        self.meta: Any = type("Meta", (), {"method_to_api_mapping": {"list_objects_v2": "ListObjectsV2"}})()

    def list_objects_v2(self, Bucket: str, Prefix: str, ContinuationToken: str = "0") -> dict[str, Any]:
        assert Bucket == "recordings"
        start = int(ContinuationToken)
        found = [key for key in self.keys if key.startswith(Prefix)]
        page: dict[str, Any] = {"Contents": [{"Key": key, "Size": 5} for key in found[start : start + 2]]}
        if start + 2 < len(found):
            page["NextContinuationToken"] = str(start + 2)
        return page

    def generate_presigned_url(self, operation: str, Params: Any, ExpiresIn: int) -> str:
        assert operation == "get_object"
        return f"https://{Params['Bucket']}/{Params['Key']}?{ExpiresIn}"


async def test_the_files_of_a_capture_and_of_its_concatenation(chime: LocalChime, client: Any, meeting: Any) -> None:
    made = blocking.start_recording(meeting, SINK, client=client)
    folders = blocking.artifacts(made, client=client)
    assert folders["Artifacts"] == []
    assert {"Kind": "audio", "Prefix": "standup/audio/"} in folders["Folders"]
    s3 = S3(
        [
            f"standup/video/2024-02-29-12-00-05-000-{ID}.mp4",
            "standup/audio/2024-02-29-12-00-05-000.mp4",
            "standup/audio/2024-02-29-12-00-00-000.mp4",
            "standup/notes.txt",
            "elsewhere/audio/2024-02-29-12-00-00-000.mp4",
        ]
    )
    found = blocking.artifacts(made["MediaPipelineId"], listed=True, s3=s3, client=client)["Artifacts"]
    assert [(file["Kind"], file["Time"], file["AttendeeId"]) for file in found] == [
        ("audio", "2024-02-29T12:00:00.000Z", None),
        ("audio", "2024-02-29T12:00:05.000Z", None),
        ("video", "2024-02-29T12:00:05.000Z", ID),
    ]
    assert found[0]["Uri"] == "s3://recordings/standup/audio/2024-02-29-12-00-00-000.mp4"
    assert found[0]["Size"] == 5
    joined = blocking.concatenate(made, "s3://recordings", artifacts=["audio", "data-channel"], client=client)
    identifier = joined["MediaPipelineId"]
    names = [file["Key"] for file in blocking.artifacts(joined, client=client)["Artifacts"]]
    assert names == [f"{identifier}/audio/{identifier}.mp4", f"{identifier}/data-channel/{identifier}.txt"]
    s3.keys = names[:1]
    awaited = chime.client("chime-sdk-media-pipelines")
    [link] = (await recording.artifacts(joined, presign=60, s3=s3, client=awaited))["Artifacts"]
    assert link["Url"] == f"https://recordings/{names[0]}?60"
    blocking.stop_recording(made, wait=True, client=client)
    gone = blocking.artifacts(made["MediaPipelineId"], sink=SINK, client=client)
    assert gone["Prefix"] == "standup/"
    with pytest.raises(NotFoundException):
        blocking.artifacts(made["MediaPipelineId"], client=client)
    with pytest.raises(ParamValidationError, match="presign must be"):
        blocking.artifacts(made, presign=10**6, client=client)


def test_without_a_client_one_is_made(chime: LocalChime, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in chime.environment.items():
        monkeypatch.setenv(name, value)
    room = blocking.ensure_meeting("room", "us-east-1")
    made = blocking.start_recording(room, SINK)
    assert asyncio.run(_start(room))["MediaPipelineId"] == made["MediaPipelineId"]


async def _start(room: Any) -> Any:
    return await recording.start_recording(room, SINK)


def test_hooks_and_limits_of_a_client_hold_for_its_siblings(chime: LocalChime) -> None:
    client: Any = chime.blocking_client("chime-sdk-media-pipelines").with_options(max_attempts=1)
    chime.add_fault({"operation": "CreateMeeting", "refusal": "service-unavailable", "times": 1})
    with pytest.raises(ServiceUnavailableException):
        blocking.ensure_meeting("room", "us-east-1", client=client)
    assert asked(chime, "CreateMeeting") == 1


def test_the_module_is_part_of_the_package() -> None:
    assert chimeline.recording is recording
