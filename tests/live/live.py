"""Asks an AWS account what the table of docs/local.md says of the service, and names each row that differs.

    python tests/live/live.py --yes-on-account 111122223333 --bucket arn:aws:s3:::my-recordings

It makes one meeting and one capture of it, and deletes both. The bucket must have the policy that captures need. The cost is that
of one attendee for about a minute, a few cents at most. It prints its steps, and asks before the first one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

STEPS = (
    "create a meeting, twice with one token, and an attendee",
    "capture it by an ARN built by hand, and try a second capture",
    "try sources of another account, that are no meeting, and that never were",
    "delete the meeting, wait until the capture has stopped, and ask for both",
    "delete the capture",
)
# What the local service does, by the names of the table's rows.
EXPECTED: dict[str, Any] = {
    "meeting-token": True,
    "reserved-name": [400, "BadRequestException"],
    "built-arn": [201, "Initializing"],
    "recorder-attendee": True,
    "one-capture": [400, "ResourceLimitExceededException"],
    "other-account": [403, "ForbiddenException", "Resource ownership mismatch"],
    "no-meeting": [400, "BadRequestException"],
    "unknown-meeting": [404, "NotFoundException"],
    "ended-meeting": [404, "NotFoundException"],
    "meeting-not-found": [404, "NotFoundException", "Meeting ID not found"],
    "capture-ends": "Stopped",
    "token-after-end": True,
}


def refusal(call: Callable[[], Any], length: int = 2) -> list[Any]:
    """Status, code and text of the error that a call ends with, or the status of its success."""
    try:
        return [call()["ResponseMetadata"]["HTTPStatusCode"]]
    except ClientError as error:
        response = error.response
        code = response["Error"]["Code"]
        code = code if code.endswith("Exception") else f"{code}Exception"
        return [response["ResponseMetadata"]["HTTPStatusCode"], code, masked(response["Error"]["Message"])][:length]


def masked(text: str) -> str:
    """Without ids and accounts."""
    return re.sub(r"\b\d{12}\b", "ACCOUNT", re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text))


def observe(meetings: Any, pipelines: Any, account: str, bucket: str, wait: Callable[[float], None]) -> dict[str, Any]:
    """What the service does, by the names of the table's rows."""
    seen: dict[str, Any] = {}
    token = str(uuid.uuid4())
    wanted = {"MediaRegion": "us-east-1", "ExternalMeetingId": "chimeline-live", "ClientRequestToken": token}
    made = meetings.create_meeting(**wanted)["Meeting"]
    meeting_id, captured = made["MeetingId"], []

    def capture(source: str) -> Any:
        response = pipelines.create_media_capture_pipeline(
            SourceType="ChimeSdkMeeting", SourceArn=source, SinkType="S3Bucket", SinkArn=bucket
        )
        captured.append(response["MediaCapturePipeline"]["MediaPipelineId"])
        return response

    extra = []
    try:
        again = meetings.create_meeting(**wanted)["Meeting"]["MeetingId"]
        seen["meeting-token"] = again == meeting_id
        seen["reserved-name"] = refusal(lambda: meetings.create_attendee(MeetingId=meeting_id, ExternalUserId="aws:me"))
        meetings.create_attendee(MeetingId=meeting_id, ExternalUserId="chimeline-live")
        built = f"arn:aws:chime::{account}:meeting:{meeting_id}"
        first = capture(built)
        seen["built-arn"] = [first["ResponseMetadata"]["HTTPStatusCode"], first["MediaCapturePipeline"]["Status"]]
        wait(15)
        users = [one["ExternalUserId"] for one in meetings.list_attendees(MeetingId=meeting_id)["Attendees"]]
        seen["recorder-attendee"] = any(re.fullmatch("aws:MediaPipeline-[0-9a-f]{5}", user) for user in users)
        seen["one-capture"] = refusal(lambda: capture(made["MeetingArn"]))
        other = "999988887777" if account != "999988887777" else "888877776666"
        seen["other-account"] = refusal(lambda: capture(f"arn:aws:chime::{other}:meeting:{meeting_id}"), 3)
        seen["no-meeting"] = refusal(lambda: capture(f"arn:aws:chime:us-east-1:{account}:media-pipeline/{meeting_id}"))
        seen["unknown-meeting"] = refusal(lambda: capture(f"arn:aws:chime::{account}:meeting:{uuid.uuid4()}"))
        meetings.delete_meeting(MeetingId=meeting_id)
        seen["meeting-not-found"] = refusal(lambda: meetings.get_meeting(MeetingId=meeting_id), 3)
        seen["ended-meeting"] = refusal(lambda: capture(built))
        for _ in range(12):
            status = pipelines.get_media_capture_pipeline(MediaPipelineId=captured[0])["MediaCapturePipeline"]["Status"]
            if status == "Stopped":
                break
            wait(10)
        seen["capture-ends"] = status
        extra.append(meetings.create_meeting(**wanted)["Meeting"]["MeetingId"])
        seen["token-after-end"] = extra[0] != meeting_id
    finally:
        # All of it, whatever failed.
        for one in captured:
            with contextlib.suppress(ClientError):
                pipelines.delete_media_capture_pipeline(MediaPipelineId=one)
        for one in (meeting_id, *extra):
            with contextlib.suppress(ClientError):
                meetings.delete_meeting(MeetingId=one)
    return seen


def differences(seen: dict[str, Any]) -> list[str]:
    rows = [name for name in EXPECTED if seen.get(name) != EXPECTED[name]]
    return [f"{name}: the table says {EXPECTED[name]!r}, the service {seen.get(name)!r}" for name in rows]


def main(arguments: list[str] | None = None, ask: Callable[[str], str] = input) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--yes-on-account", metavar="ID", required=True, help="the account, which the credentials must be of")
    parser.add_argument("--bucket", required=True, help="the ARN of the bucket that the capture writes to")
    parser.add_argument("--out", type=Path, help="where the answers are written, masked, as JSON")
    given = parser.parse_args(arguments)
    account = boto3.client("sts", region_name="us-east-1").get_caller_identity()["Account"]
    if account != given.yes_on_account:
        print(f"the credentials are of another account than {given.yes_on_account}", file=sys.stderr)
        return 2
    print(f"On account {account}, in us-east-1, this will:")
    for number, step in enumerate(STEPS, 1):
        print(f"  {number}. {step}")
    print("It costs one attendee and one capture for about a minute: a few cents at most.")
    if ask('Type "yes" to go on: ') != "yes":
        return 2
    meetings, pipelines = (boto3.client(f"chime-sdk-{name}", region_name="us-east-1") for name in ("meetings", "media-pipelines"))
    seen = observe(meetings, pipelines, account, given.bucket, time.sleep)
    if given.out is not None:
        given.out.write_text(json.dumps(seen, indent=2) + "\n")
    found = differences(seen)
    print("\n".join(found) or "Every row is as the table says.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
