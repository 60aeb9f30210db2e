"""aiohttp: one client for the application, and a deadline for what a request may take, its retries included.

python aiohttp_app.py [PORT]
curl -X POST http://127.0.0.1:8080/meetings/standup
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

from aiohttp import web

import chimeline
from chimeline.services.meetings import ChimeSDKMeetings

CLIENT = web.AppKey("client", ChimeSDKMeetings)


async def client(app: web.Application) -> AsyncIterator[None]:
    async with chimeline.client("chime-sdk-meetings") as client:
        app[CLIENT] = client
        yield


async def start(request: web.Request) -> web.Response:
    hurried = request.app[CLIENT].with_options(timeout=5)
    name = request.match_info["name"]
    try:
        # The same token for the same name: asking twice makes one meeting.
        made = await hurried.create_meeting(ClientRequestToken=name, MediaRegion="us-east-1", ExternalMeetingId=name)
        joined = await hurried.create_attendee(MeetingId=made["Meeting"]["MeetingId"], ExternalUserId="host")
    except chimeline.exceptions.CallTimeoutError:
        return web.json_response({"error": "the service took too long"}, status=504)
    return web.json_response({"MeetingId": made["Meeting"]["MeetingId"], "JoinToken": joined["Attendee"]["JoinToken"]})


def application() -> web.Application:
    app = web.Application()
    app.cleanup_ctx.append(client)
    app.router.add_post("/meetings/{name}", start)
    return app


if __name__ == "__main__":
    web.run_app(application(), host="127.0.0.1", port=int(sys.argv[1]) if sys.argv[1:] else 8080)
