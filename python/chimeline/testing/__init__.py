"""For tests: a local Chime service without an account, and recordings of calls to a real endpoint.

::

    with LocalChime() as chime:
        client = chime.blocking_client("chime-sdk-media-pipelines")
        client.list_media_capture_pipelines()

    async with LocalChime() as chime:
        client = chime.client("chime-sdk-meetings")
        await client.create_meeting(MediaRegion="us-east-1", ExternalMeetingId="standup")

    with record("tests/calls/list.json"):
        chimeline.blocking.client("chime-sdk-media-pipelines").list_media_capture_pipelines()
"""

from __future__ import annotations

from ._local import ClientOptions, LocalChime
from ._record import Recording, record

__all__ = ["ClientOptions", "LocalChime", "Recording", "record"]
