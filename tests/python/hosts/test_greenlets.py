"""gevent and eventlet: blocking calls of several greenlets go on at once, as those of boto3 do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from typing import Any

import pytest

from conftest import CREATED, KEYS
from server import Answer, Server

SECOND = 0.5

SETUP = """
import json, sys, time
url, keys = sys.argv[1], json.loads(sys.argv[2])
import chimeline.blocking
client = chimeline.blocking.client("chime", "us-east-1", endpoint_url=url, **keys)
"""
CALL = 'client.get_media_capture_pipeline(MediaPipelineId="4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11")'
AT_ONCE = """
ticks = []
def tick():
    for _ in range(1000):
        ticks.append(time.monotonic())
        sleep(0.01)
ticking = spawn(tick)
started = time.monotonic()
for call in [spawn(lambda: CALL) for _ in range(3)]:
    assert wait(call)["MediaCapturePipeline"]["Status"] == "Initializing"
print(json.dumps({"took": time.monotonic() - started, "ticks": len(ticks)}))
""".replace("CALL", CALL)
GEVENT = """
from gevent import monkey; monkey.patch_all()
import gevent
spawn, sleep, wait = gevent.spawn, gevent.sleep, lambda greenlet: greenlet.get()
"""
EVENTLET = """
import eventlet; eventlet.monkey_patch()
spawn, sleep, wait = eventlet.spawn, eventlet.sleep, lambda greenlet: greenlet.wait()
"""
UNPATCHED = """
import gevent
spawn, sleep, wait = gevent.spawn, gevent.sleep, lambda greenlet: greenlet.get()
"""


def skip_without(module: str) -> None:
    """Without importing it here, where it would warn of the forks of other tests."""
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed")


@pytest.fixture
def slow(server: Server) -> Server:
    def answer(_: Any) -> Answer:
        time.sleep(SECOND)
        return Answer(200, CREATED.body)

    server.default = answer
    return server


def run(code: str, server: Server) -> dict[str, Any]:
    arguments = [sys.executable, "-W", "ignore", "-c", code, server.url, json.dumps(KEYS)]
    ran = subprocess.run(arguments, capture_output=True, text=True, timeout=40, env=dict(os.environ), check=False)
    assert ran.returncode == 0, ran.stderr
    assert not ran.stderr
    return dict(json.loads(ran.stdout))


@pytest.mark.parametrize("hub", [GEVENT, EVENTLET], ids=["gevent", "eventlet"])
def test_calls_of_three_greenlets_take_as_long_as_one(slow: Server, hub: str) -> None:
    skip_without("gevent" if hub is GEVENT else "eventlet")
    seen = run(hub + SETUP + AT_ONCE, slow)
    assert SECOND <= seen["took"] < 2 * SECOND
    assert seen["ticks"] > 10


def test_without_patched_sockets_a_call_blocks_its_thread_as_asked_for(slow: Server) -> None:
    skip_without("gevent")
    assert run(UNPATCHED + SETUP + AT_ONCE, slow)["took"] >= 3 * SECOND


@pytest.mark.parametrize("hub", [GEVENT, EVENTLET], ids=["gevent", "eventlet"])
def test_a_timeout_of_the_hub_drops_the_request_and_errors_come_as_ever(slow: Server, hub: str) -> None:
    skip_without("gevent" if hub is GEVENT else "eventlet")
    timeout = "gevent.Timeout" if hub is GEVENT else "eventlet.Timeout"
    code = f"""
try:
    with {timeout}(0.1):
        {CALL}
    ended = None
except {timeout} as error:
    ended = type(error).__name__
started = time.monotonic()
try: client.get_media_capture_pipeline()
except chimeline.exceptions.ParamValidationError as error: refused = str(error)
try: client.with_options(timeout=0.1).get_media_capture_pipeline(MediaPipelineId="4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11")
except chimeline.exceptions.CallTimeoutError as error: late = error.operation_name
again = {CALL}
print(json.dumps({{"ended": ended, "refused": refused, "late": late, "again": again["MediaCapturePipeline"]["Status"]}}))
"""
    seen = run(hub + SETUP + code, slow)
    assert seen["ended"] == "Timeout"
    assert 'Missing required parameter in input: "MediaPipelineId"' in seen["refused"]
    assert (seen["late"], seen["again"]) == ("GetMediaCapturePipeline", "Initializing")
    with slow.closed:
        assert slow.closed.wait_for(lambda: slow.open_connections <= 1, timeout=5)


def test_a_child_of_a_patched_process_calls_too(slow: Server) -> None:
    skip_without("gevent")
    code = f"""
import os
{CALL}
child = os.fork()
if child == 0:
    {CALL}
    os._exit(7)
print(json.dumps({{"status": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}}))
"""
    assert run(GEVENT + SETUP + code, slow) == {"status": 7}


@pytest.mark.parametrize("hub", [GEVENT, EVENTLET], ids=["gevent", "eventlet"])
def test_greenlets_ask_a_function_for_credentials_once_while_the_others_go_on(server: Server, hub: str) -> None:
    skip_without("gevent" if hub is GEVENT else "eventlet")
    code = f"""
asked, says, nested = [], [], []
def function():
    asked.append(1)
    if not nested:
        nested.append(1)
        try: {CALL}
        except chimeline.exceptions.CredentialRetrievalError as error: says.append(str(error))
    sleep(0.2)
    return {{"access_key": "AK", "secret_key": "SK"}}
client = chimeline.blocking.client("chime", "us-east-1", endpoint_url=url, credentials=function)
ticks = []
def tick():
    for _ in range(10):
        ticks.append(1)
        sleep(0.01)
calls = [spawn(lambda: {CALL}) for _ in range(5)]
spawn(tick)
done = [wait(call)["MediaCapturePipeline"]["Status"] for call in calls]
print(json.dumps({{"asked": len(asked), "done": len(done), "ticks": len(ticks), "says": says}}))
"""
    seen = run(hub + SETUP + code, server)
    assert (seen["asked"], seen["done"], seen["ticks"]) == (1, 5, 10)
    assert "it calls a client that takes its credentials from it" in seen["says"][0]
