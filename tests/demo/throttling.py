"""boto3 and chimeline side by side, at a server that throttles two of three calls as the service does: with the error
`ThrottledClientException`. boto3 gives up on it; chimeline waits and tries again.

The argument is how many calls each of them makes; 6 without it."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from botocore.exceptions import ClientError

import chimeline

CALLS = int(sys.argv[1]) if len(sys.argv) > 1 else 6
MEETING = "arn:aws:chime:us-east-1:111122223333:meeting/2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b"
CAPTURE = {
    "SourceType": "ChimeSdkMeeting",
    "SourceArn": MEETING,
    "SinkType": "S3Bucket",
    "SinkArn": "arn:aws:s3:::recordings",
}


class Throttling(BaseHTTPRequestHandler):
    """Serves each third request."""

    protocol_version = "HTTP/1.1"
    count = 0
    lock = threading.Lock()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with Throttling.lock:
            Throttling.count += 1
            serves = Throttling.count % 3 == 0
        if serves:
            self.answer(201, {"MediaCapturePipeline": {"MediaPipelineId": f"pipeline-{Throttling.count}"}})
        else:
            self.answer(429, {"Code": "Throttled", "Message": "Too many requests"}, "ThrottledClientException")

    def answer(self, status: int, body: dict[str, Any], error: str | None = None) -> None:
        octets = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        if error is not None:
            self.send_header("x-amzn-ErrorType", error)
        self.end_headers()
        self.wfile.write(octets)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base
        """Nothing."""


def successes(name: str, client: Any) -> int:
    """Makes the calls, prints what each comes to, and counts those that succeed."""
    Throttling.count = 0
    good = 0
    for number in range(1, CALLS + 1):
        started = time.monotonic()
        try:
            result = client.create_media_capture_pipeline(**CAPTURE)
        except ClientError as error:
            outcome = str(error)
        except chimeline.exceptions.ChimelineError as error:
            outcome = str(error).splitlines()[0]
        else:
            good += 1
            retries = result["ResponseMetadata"]["RetryAttempts"]
            outcome = f"{result['MediaCapturePipeline']['MediaPipelineId']}, after {retries} retries"
        print(f"  {name} call {number}, {time.monotonic() - started:.1f} s: {outcome}", flush=True)
    print(f"{name}: {good} of {CALLS} calls succeeded, by {Throttling.count} requests\n", flush=True)
    return good


def main() -> int:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Throttling)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = {
        "region_name": "us-east-1",
        "endpoint_url": f"http://127.0.0.1:{server.server_port}",
        "aws_access_key_id": "AKIDEXAMPLE",
        "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    }
    service = "chime-sdk-media-pipelines"
    theirs = successes("boto3", boto3.client(service, **options))
    ours = successes("chimeline", chimeline.blocking.client(service, **options))
    return 0 if ours == CALLS and theirs < CALLS else 1


if __name__ == "__main__":
    sys.exit(main())
