"""AWS Lambda SnapStart: one image of a process, restored many times. Its hooks are called as the runtime calls them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from server import Server

FUNCTION = """
import os, sys, warnings
warnings.simplefilter("error")
import chimeline, chimeline.blocking
from snapshot_restore_py import get_after_restore, get_before_snapshot
def run(hooks):
    for hook, arguments, options in hooks: hook(*arguments, **options)
client = chimeline.blocking.client("chime", config=chimeline.Config(retries={"total_max_attempts": 1}))
view = client.with_options(timeout=5)
gone = chimeline.blocking.client("chime")
call = dict(SourceType="ChimeSdkMeeting", SourceArn="arn:aws:chime::123456789012:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b",
            SinkType="S3Bucket", SinkArn="arn:aws:s3:::recordings")
client.create_media_capture_pipeline(**call)
del gone
run(get_before_snapshot())
print("snapshot", flush=True)
input()
for key in ("AKIDONE", "AKIDTWO"):
    os.environ["AWS_ACCESS_KEY_ID"] = key
    run(get_after_restore())
    client.create_media_capture_pipeline(**call)
    view.create_media_capture_pipeline(**call)
print(len(get_after_restore()), len(get_before_snapshot()))
"""


def test_keys_and_connections_are_looked_at_anew_and_no_token_comes_twice(server: Server) -> None:
    pytest.importorskip("snapshot_restore_py")
    environment = {
        **os.environ,
        "AWS_LAMBDA_FUNCTION_NAME": "f",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": "AKIDIMAGE",
        "AWS_SECRET_ACCESS_KEY": "s",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", FUNCTION], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "snapshot\n"
    with server.closed:
        assert server.closed.wait_for(lambda: server.open_connections == 0, timeout=5), "the image holds no connection"
    told, errors = process.communicate("\n", timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert told == "1 1\n"
    signed = [request.headers["authorization"].split("Credential=")[1].split("/")[0] for request in server.requests]
    assert signed == ["AKIDIMAGE", "AKIDONE", "AKIDONE", "AKIDTWO", "AKIDTWO"]
    tokens = [request.json()["ClientRequestToken"] for request in server.requests]
    assert len(set(tokens)) == len(tokens)
    # The views share a connection with their client, also afterwards.
    assert server.connections == 3


def test_a_runtime_without_the_hooks_is_warned_of() -> None:
    code = """
import sys
sys.modules["snapshot_restore_py"] = None
import chimeline.blocking
for _ in range(2): chimeline.blocking.client("chime")
"""
    environment = {**os.environ, "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert ran.stderr.count("RuntimeWarning") == 1
    assert "snapshot-restore-py" in ran.stderr


def test_elsewhere_nothing_is_hooked() -> None:
    code = (
        "import sys, chimeline.blocking\nchimeline.blocking.client('chime')\nprint('chimeline._client.snapstart' in sys.modules)"
    )
    environment = {**os.environ, "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert ran.stdout == "False\n"
