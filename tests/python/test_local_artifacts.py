"""What captures and concatenations write: the keys that the developer guide gives, and files that a player reads."""

from __future__ import annotations

import io
import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import boto3
import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.server import MotoRequestHandler
from werkzeug.serving import make_server

from authority import Authority
from chimeline import exceptions
from chimeline.recording import blocking as recording
from chimeline.testing import LocalChime

STAMP = r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-\d{3}"
CONCATENATED = ("Audio", "Video", "Content", "DataChannel", "TranscriptionMessages", "MeetingEvents", "CompositedVideo")
EVERYTHING = {"Audio": {"MuxType": "AudioOnly"}, "Video": {"State": "Enabled"}, "Content": {"State": "Enabled"}}


def record(chime: LocalChime, sink: str, artifacts: dict[str, Any] | None, destination: str) -> tuple[str, str, list[str]]:
    """A meeting that is recorded for a minute, ends, and is concatenated. Returns ids: capture, concatenation, attendees."""
    meetings = chime.blocking_client("chime-sdk-meetings")
    pipelines = chime.blocking_client("chime-sdk-media-pipelines")
    made = meetings.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="standup")["Meeting"]
    users = ("ann", "bob")
    attendees = [
        meetings.create_attendee(MeetingId=made["MeetingId"], ExternalUserId=user)["Attendee"]["AttendeeId"] for user in users
    ]
    meetings.start_meeting_transcription(
        MeetingId=made["MeetingId"], TranscriptionConfiguration={"EngineTranscribeSettings": {"LanguageCode": "en-US"}}
    )
    for user in users:
        chime.join(made["MeetingId"], user)
    wanted: dict[str, Any] = {}
    if artifacts is not None:
        wanted["ChimeSdkMeetingConfiguration"] = {"ArtifactsConfiguration": artifacts}
    capture = pipelines.create_media_capture_pipeline(
        SourceType="ChimeSdkMeeting", SourceArn=made["MeetingArn"], SinkType="S3Bucket", SinkArn=sink, **wanted
    )["MediaCapturePipeline"]
    source = {
        "MediaPipelineArn": capture["MediaPipelineArn"],
        "ChimeSdkMeetingConfiguration": {"ArtifactsConfiguration": {kind: {"State": "Enabled"} for kind in CONCATENATED}},
    }
    concatenation = pipelines.create_media_concatenation_pipeline(
        Sources=[{"Type": "MediaCapturePipeline", "MediaCapturePipelineSourceConfiguration": source}],
        Sinks=[{"Type": "S3Bucket", "S3BucketSinkConfiguration": {"Destination": destination}}],
    )["MediaConcatenationPipeline"]
    chime.advance(1 + 52)
    chime.leave(made["MeetingId"], "bob")
    chime.advance(10)
    meetings.delete_meeting(MeetingId=made["MeetingId"])
    chime.advance(10)
    return capture["MediaPipelineId"], concatenation["MediaPipelineId"], attendees


@pytest.fixture
def chime(tmp_path: Path) -> Iterator[LocalChime]:
    with LocalChime(transition_delay=1, artifacts=str(tmp_path / "out")) as running:
        running.freeze()
        yield running


def files(folder: Path) -> dict[str, list[str]]:
    """The names in each folder below a bucket."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.setdefault(str(path.parent.relative_to(folder)), []).append(path.name)
    return found


def play(file: Path | io.BytesIO) -> dict[str, float]:
    """The length of each kind of stream, decoded to its end."""
    with av.open(file if isinstance(file, io.BytesIO) else str(file)) as container:
        lengths = {}
        for stream in container.streams:
            frames = 0
            container.seek(0)
            for frame in container.decode(stream):
                frames += frame.samples if stream.type == "audio" else 1
            assert frames > 0
            lengths[stream.type] = frames / 48000 if stream.type == "audio" else float(stream.duration * stream.time_base)
        return lengths


def test_a_capture_writes_every_kind_in_chunks_of_five_seconds(chime: LocalChime, tmp_path: Path) -> None:
    capture, concatenation, (ann, bob) = record(
        chime, "arn:aws:s3:::recordings/team/blue", EVERYTHING, "arn:aws:s3:::recordings/joined"
    )
    flushed = chime.flush_artifacts()
    assert (flushed["waiting"], flushed["failed"], flushed["error"]) == (0, 0, None)
    found = files(tmp_path / "out" / "recordings")
    folder = "team/blue"
    assert len(capture) == 36
    kinds = ("audio", "video", "data-channel", "meeting-events", "transcription-messages")
    joined = {f"joined/{kind}" for kind in (*kinds, "content")}
    assert set(found) == {f"{folder}/{kind}" for kind in kinds} | joined
    audio = found[f"{folder}/audio"]
    # 62 seconds between the pipeline's states InProgress and Stopped.
    assert len(audio) == 13
    assert all(re.fullmatch(rf"{STAMP}\.mp4", name) for name in audio)
    video = found[f"{folder}/video"]
    assert all(re.fullmatch(rf"{STAMP}-({ann}|{bob})(#content)?\.mp4", name) for name in video)
    assert len([name for name in video if name.endswith(f"{ann}.mp4")]) == 13
    assert 10 <= len([name for name in video if name.endswith(f"{bob}.mp4")]) <= 11
    assert len([name for name in video if name.endswith("#content.mp4")]) == 13
    for kind in kinds[2:]:
        assert all(re.fullmatch(rf"{STAMP}\.txt", name) for name in found[f"{folder}/{kind}"])
    root = tmp_path / "out" / "recordings"
    assert play(root / folder / "audio" / audio[0]) == {"audio": pytest.approx(5, abs=0.03)}
    assert play(root / folder / "audio" / audio[-1])["audio"] < 5
    assert play(root / folder / "video" / video[0]) == {"video": pytest.approx(5)}
    for kind, stream in (("audio", "audio"), ("video", "video"), ("content", "video")):
        assert found[f"joined/{kind}"] == [f"{concatenation}.mp4"]
        assert play(root / "joined" / kind / f"{concatenation}.mp4") == {stream: pytest.approx(62, abs=1.1)}
    texts = {kind: (root / "joined" / kind / f"{concatenation}.txt").read_text().splitlines() for kind in kinds[2:]}
    assert [json.loads(line)["EventType"] for line in texts["meeting-events"]] == [
        "CaptureStarted",
        "AttendeeLeft",
        "AttendeeLeft",
        "CaptureEnded",
    ]
    assert set(json.loads(texts["data-channel"][0])) == {"Timestamp", "Topic", "Data", "SenderAttendeeId"}
    # As the guide reads transcriptions.
    result = json.loads(texts["transcription-messages"][0])["transcript"]["results"][0]
    assert (result["isPartial"], bool(result["alternatives"][0]["transcript"])) == (False, True)


@pytest.mark.parametrize(
    ("artifacts", "folder", "streams"),
    [
        (None, "audio", {"audio", "video"}),
        ({**EVERYTHING, "Audio": {"MuxType": "AudioOnly"}}, "audio", {"audio"}),
        ({**EVERYTHING, "Audio": {"MuxType": "AudioWithActiveSpeakerVideo"}}, "audio", {"audio", "video"}),
        (
            {
                "Audio": {"MuxType": "AudioWithCompositedVideo"},
                "Video": {"State": "Disabled"},
                "Content": {"State": "Disabled"},
                "CompositedVideo": {"GridViewConfiguration": {"ContentShareLayout": "PresenterOnly"}},
            },
            "composited-video",
            {"audio", "video"},
        ),
    ],
)
def test_the_configuration_says_which_tracks_there_are(
    chime: LocalChime, tmp_path: Path, artifacts: dict[str, Any] | None, folder: str, streams: set[str]
) -> None:
    capture, concatenation, _ = record(chime, "arn:aws:s3:::recordings", artifacts, "arn:aws:s3:::joined")
    chime.flush_artifacts()
    out = tmp_path / "out"
    first = min((out / "recordings" / capture / folder).iterdir())
    assert set(play(first)) == streams
    # Without a prefix a concatenation's folder is its id.
    assert set(play(out / "joined" / concatenation / folder / f"{concatenation}.mp4")) == streams
    has_video = artifacts is not None and artifacts["Video"]["State"] == "Enabled"
    names = [path.name for path in (out / "recordings" / capture).glob("video/*")]
    assert any("#content" not in name for name in names) is has_video


def test_no_arn_leads_out_of_the_folder(chime: LocalChime, tmp_path: Path) -> None:
    record(chime, "arn:aws:s3:::recordings/../../../up", None, "arn:aws:s3:::recordings/../../../up")
    chime.flush_artifacts()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@contextmanager
def s3_server(context: ssl.SSLContext | None) -> Iterator[str]:
    """moto's server; returns its URL."""
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler, ssl_context=context)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_objects_are_put_to_an_s3_endpoint(scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))
    options = {"artifacts_access_key_id": "AKIDS3", "artifacts_secret_access_key": "secret", "transition_delay": 1}
    with s3_server(authority.context() if scheme == "https" else None) as url:
        keys = {"aws_access_key_id": "AKIDS3", "aws_secret_access_key": "secret"}
        s3 = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys)
        bucket = f"recordings-{scheme}"
        s3.create_bucket(Bucket=bucket)
        with LocalChime(artifacts_endpoint=url, **options) as chime:
            _, concatenation, _ = record(chime, f"arn:aws:s3:::{bucket}/calls/1", EVERYTHING, f"arn:aws:s3:::{bucket}/joined")
            flushed = chime.flush_artifacts(30)
            assert (flushed["failed"], flushed["error"], flushed["waiting"]) == (0, None, 0)
        listed = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
        assert len(listed) == flushed["written"]
        folders = {key.split("/")[2] for key in listed if key.startswith("calls/1/")}
        assert folders >= {"audio", "video", "meeting-events"}
        assert any(key.endswith("#content.mp4") for key in listed)
        joined = s3.get_object(Bucket=bucket, Key=f"joined/audio/{concatenation}.mp4")["Body"].read()
        assert set(play(io.BytesIO(joined))) == {"audio"}
        with LocalChime(artifacts_endpoint=url, **options) as chime:
            record(chime, "arn:aws:s3:::missing", None, "arn:aws:s3:::missing")
            flushed = chime.flush_artifacts(30)
            assert flushed["failed"] > 0
            assert "NoSuchBucket" in flushed["error"]
            assert "Signature" not in flushed["error"]


def test_an_s3_endpoint_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    with s3_server(Authority(tmp_path).context()) as url, LocalChime(transition_delay=1, artifacts_endpoint=url) as chime:
        record(chime, "arn:aws:s3:::recordings", None, "arn:aws:s3:::recordings")
        flushed = chime.flush_artifacts(30)
        assert (flushed["written"], flushed["waiting"]) == (0, 0)
        assert "SSL validation failed" in flushed["error"]


@pytest.mark.parametrize("prefix", ["", "/team/blue"])
def test_artifacts_finds_what_the_service_writes(prefix: str) -> None:
    options = {"artifacts_access_key_id": "AKIDS3", "artifacts_secret_access_key": "secret", "transition_delay": 1}
    with s3_server(None) as url, LocalChime(artifacts_endpoint=url, **options) as chime:
        keys = {"aws_access_key_id": "AKIDS3", "aws_secret_access_key": "secret"}
        s3 = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **keys)
        # Buckets of one process are moto's, whichever server they are made at.
        captured, joined = (f"{kind}-{len(prefix)}" for kind in ("captured", "joined"))
        for bucket in (captured, joined):
            s3.create_bucket(Bucket=bucket)
        made = record(chime, f"arn:aws:s3:::{captured}{prefix}", EVERYTHING, f"arn:aws:s3:::{joined}{prefix}")
        chime.flush_artifacts(30)
        client: Any = chime.blocking_client("chime-sdk-media-pipelines")
        for bucket, pipeline in zip((captured, joined), made[:2], strict=True):
            sink = f"s3://{bucket}{prefix}"
            found = recording.artifacts(pipeline, sink=sink, listed=True, s3=s3, client=client)["Artifacts"]
            listed = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
            assert sorted(file["Key"] for file in found) == sorted(listed)
            assert {file["Kind"] for file in found} >= {"audio", "video", "content", "meeting-events"}
            assert {file["AttendeeId"] for file in found if file["Kind"] == "content"} <= {None, *made[2]}
            assert all(file["Time"] for file in found) is (bucket == captured)


def test_wrong_options_and_a_service_without_artifacts(tmp_path: Path) -> None:
    with LocalChime() as chime, pytest.raises(exceptions.InvalidConfigError, match="writes no artifacts"):
        chime.flush_artifacts()
    (tmp_path / "file").write_text("")
    with pytest.raises(exceptions.InvalidConfigError, match="cannot be made"):
        LocalChime(artifacts=str(tmp_path / "file" / "out")).start()
    with pytest.raises(exceptions.InvalidConfigError, match="artifacts_endpoint must be an http:// or https:// URL"):
        LocalChime(artifacts_endpoint="s3://bucket").start()
    with pytest.raises(exceptions.InvalidConfigError, match="cannot both be given"):
        LocalChime(artifacts_endpoint="http://127.0.0.1:9", artifacts=str(tmp_path)).start()
