"""pytest-asyncio: tests of your own code against a service of their own. No account, no network, nothing patched.

pytest test_captures.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import chimeline
from chimeline.testing import LocalChime

pytestmark = pytest.mark.asyncio
MEETING = "arn:aws:chime::111122223333:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b"


async def record(client: Any, meeting_arn: str) -> str:
    """The code under test."""
    response = await client.create_media_capture_pipeline(
        SourceType="ChimeSdkMeeting", SourceArn=meeting_arn, SinkType="S3Bucket", SinkArn="arn:aws:s3:::recordings"
    )
    return response["MediaCapturePipeline"]["MediaPipelineId"]


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime() as running:
        yield running


async def test_a_recording_gets_under_way(chime: LocalChime) -> None:
    client = chime.client("chime-sdk-media-pipelines")
    pipeline_id = await record(client, MEETING)
    chime.advance(1)  # the clock of the service, so that nobody waits
    found = await client.get_media_capture_pipeline(MediaPipelineId=pipeline_id)
    assert found["MediaCapturePipeline"]["Status"] == "InProgress"


async def test_it_outlives_a_service_that_is_busy(chime: LocalChime) -> None:
    chime.fail_next(2, status=429, code="ThrottledClientException")
    assert await record(chime.client("chime-sdk-media-pipelines"), MEETING)


async def test_a_service_that_is_down_is_an_error(chime: LocalChime) -> None:
    chime.fail_next(10)
    with pytest.raises(chimeline.exceptions.ServiceUnavailableException) as caught:
        await record(chime.client("chime-sdk-media-pipelines"), MEETING)
    assert len(caught.value.attempts) == 3
