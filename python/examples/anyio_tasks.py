"""anyio: calls in a task group. On asyncio they are awaited; on trio, which this package does not know, threads make them.

python anyio_tasks.py [asyncio | trio]
"""

from __future__ import annotations

import sys
from typing import Any

import anyio
import anyio.to_thread
import sniffio

import chimeline

SERVICE = "chime-sdk-meetings"


class Meetings:
    """The calls of this program, for whichever loop runs it."""

    def __init__(self) -> None:
        self._awaits = sniffio.current_async_library() == "asyncio"
        self._client: Any = (chimeline if self._awaits else chimeline.blocking).client(SERVICE)

    async def start(self, name: str, found: dict[str, str]) -> None:
        options = {"ClientRequestToken": name, "MediaRegion": "us-east-1", "ExternalMeetingId": name}
        if self._awaits:
            made = await self._client.create_meeting(**options)
        else:
            made = await anyio.to_thread.run_sync(lambda: self._client.create_meeting(**options))
        found[name] = made["Meeting"]["MeetingId"]


async def main() -> None:
    meetings, found = Meetings(), {}
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            for name in ("monday", "tuesday", "wednesday"):
                tasks.start_soon(meetings.start, name, found)
    for name in sorted(found):
        print(f"{sniffio.current_async_library()}: {name} is meeting {found[name]}")


if __name__ == "__main__":
    anyio.run(main, backend=sys.argv[1] if sys.argv[1:] else "asyncio")
