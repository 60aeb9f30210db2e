"""Forks, threads, Ctrl-C and the end of the interpreter."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import INPUT, KEYS
from server import Server, Stall

PRELUDE = f"""
import asyncio, os, sys, threading, time
import chimeline
client = chimeline.client("chime", "us-east-1", endpoint_url=sys.argv[1], **{KEYS!r})
blocking = chimeline.blocking.client("chime", "us-east-1", endpoint_url=sys.argv[1], **{KEYS!r})
INPUT = {INPUT!r}
"""


def run(python: str, program: str, server: Server, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [python, "-X", "dev", "-W", "ignore::DeprecationWarning", "-c", PRELUDE + program, server.url]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, **options)


def test_threads_share_a_client(blocking: Any, server: Server) -> None:
    outcomes: list[Any] = []

    def work() -> None:
        outcomes.extend(blocking.create_media_capture_pipeline(**INPUT) for _ in range(25))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 200
    assert server.connections <= 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize(
    "first", ["asyncio.run(client.create_media_capture_pipeline(**INPUT))", "blocking.create_media_capture_pipeline(**INPUT)"]
)
def test_a_client_used_before_a_fork_works_after_it(python: str, server: Server, first: str) -> None:
    done = run(
        python,
        f"""
{first}
child = os.fork()
asyncio.run(client.create_media_capture_pipeline(**INPUT))
blocking.create_media_capture_pipeline(**INPUT)
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
""",
        server,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(server.requests) == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_while_another_thread_gets_keys_holds_nothing_up(python: str, server: Server) -> None:
    program = """
asked, parent = threading.Event(), os.getpid()
def keys():
    asked.set()
    if os.getpid() == parent:
        time.sleep(0.3)
    return {"access_key": "AK", "secret_key": "SK"}
given = chimeline.blocking.client("chime", "us-east-1", endpoint_url=sys.argv[1], credentials=keys)
thread = threading.Thread(target=lambda: given.create_media_capture_pipeline(**INPUT))
thread.start()
asked.wait()
child = os.fork()
given.create_media_capture_pipeline(**INPUT)
if child:
    thread.join()
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os._exit(0)
"""
    done = run(python, program, server)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(server.requests) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_forks_during_the_first_calls_of_other_threads_work(python: str, server: Server) -> None:
    program = """
for _ in range(20):
    fresh = chimeline.client("chime", "us-east-1", endpoint_url=sys.argv[1], aws_access_key_id="AK", aws_secret_access_key="SK")
    thread = threading.Thread(target=lambda: asyncio.run(fresh.create_media_capture_pipeline(**INPUT)))
    thread.start()
    child = os.fork()
    if not child:
        asyncio.run(fresh.create_media_capture_pipeline(**INPUT))
        os._exit(0)
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
    done = run(python, program, server)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_fork_in_the_middle_of_a_call_leaves_it_to_the_parent(python: str, server: Server) -> None:
    program = """
import signal
parent = os.getpid()
signal.signal(signal.SIGALRM, lambda *_: children.append(os.fork()))
children = []
short = blocking.with_options(timeout=1)
signal.setitimer(signal.ITIMER_REAL, 0.2)
try:
    short.create_media_capture_pipeline(**INPUT)
except chimeline.exceptions.ChimelineError as error:
    kind = type(error).__name__
if os.getpid() != parent:
    os._exit(0 if kind == "CallCancelledError" else 9)
assert kind == "CallTimeoutError", kind
sys.exit(os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]))
"""
    server.default = Stall()
    done = run(python, program, server)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(server.requests) == 1


# A child that is PID 1 of its PID namespace, as its parent is.
PID_1 = """
import asyncio, ctypes, os, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(0x20000000) != 0 and libc.unshare(0x30000000) != 0:
    sys.exit(77)
pid = os.fork()
if pid:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PID namespaces of Linux")
@pytest.mark.parametrize("kind", ["client", "blocking"])
def test_a_child_that_is_pid_1_as_its_parent_has_connections_of_its_own(python: str, server: Server, kind: str) -> None:
    program = f"""
def call(wait):
    outcome = {kind}.with_options(timeout=5).create_media_capture_pipeline(**INPUT)
    if asyncio.iscoroutine(outcome):
        asyncio.run(asyncio.wait_for(outcome, wait))
call(5)
assert os.getpid() == 1
assert libc.unshare(0x20000000) == 0
pid = os.fork()
if pid == 0:
    assert os.getpid() == 1
    call(5)
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    command = [python, "-c", PID_1 + PRELUDE + program, server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode == 77:
        pytest.skip("a PID namespace is not permitted")
    assert (done.returncode, done.stderr) == (0, "")
    assert (len(server.requests), server.connections) == (2, 2)


def test_an_awaited_client_with_a_function_for_its_credentials_works_at_exit(python: str, server: Server) -> None:
    program = """
import atexit
keys = lambda: {"access_key": "AK", "secret_key": "SK"}
given = chimeline.client("chime", "us-east-1", endpoint_url=sys.argv[1], credentials=keys)
atexit.register(lambda: print(len(asyncio.run(given.create_media_capture_pipeline(**INPUT)))))
"""
    done = run(python, program, server)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")


def test_threads_with_loops_of_their_own_share_a_client_while_many_loops_are_open(python: str, server: Server) -> None:
    program = """
async def call():
    return await client.create_media_capture_pipeline(**INPUT)
loops = [asyncio.new_event_loop() for _ in range(100)]
for loop in loops:
    loop.run_until_complete(call())
sys.setswitchinterval(1e-5)
failed = []
def work():
    for _ in range(30):
        try:
            asyncio.run(call())
        except Exception as error:
            failed.append(repr(error))
threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
for loop in loops: loop.close()
assert not failed, failed
"""
    done = run(python, program, server)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_pool_of_forked_processes(python: str, server: Server) -> None:
    program = """
import multiprocessing
blocking.create_media_capture_pipeline(**INPUT)
def work(_):
    return blocking.create_media_capture_pipeline(**INPUT)["MediaCapturePipeline"]["Status"]
with multiprocessing.get_context("fork").Pool(3) as pool:
    assert pool.map(work, range(9)) == ["Initializing"] * 9
"""
    done = run(python, program, server)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("wait", [0.0, 0.002, 0.02])
def test_an_interpreter_that_ends_in_mid_call_ends_quietly(python: str, server: Server, wait: float) -> None:
    server.default = Stall()
    program = f"""
async def main():
    asyncio.ensure_future(client.create_media_capture_pipeline(**INPUT))
    await asyncio.sleep({wait})
    sys.stdout.flush()
threading.Thread(target=lambda: blocking.create_media_capture_pipeline(**INPUT), daemon=True).start()
asyncio.run(main())
"""
    for _ in range(5):
        done = run(python, program, server)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_a_blocking_call(python: str, server: Server) -> None:
    server.default = Stall()
    # A shell starts what it puts in the background with the signal ignored, and so all that this starts.
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    command = [python, "-c", heeding + PRELUDE + "blocking.create_media_capture_pipeline(**INPUT)", server.url]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    while not server.requests:
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=10)
    assert process.returncode == -signal.SIGINT
    assert stderr.rstrip().endswith("KeyboardInterrupt")


def test_an_import_loads_little(python: str, server: Server) -> None:
    program = "import sys; before = set(sys.modules); import chimeline; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [python, "-S", "-c", "import sys; sys.path[:0] = sys.argv[1:]; " + program, *sys.path],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = done.stdout.split()
    assert "chimeline._native" in loaded
    assert not {"asyncio", "typing", "json", "ssl", "socket", "inspect", "logging"} & set(loaded), loaded


def test_failing_calls_leave_no_memory_behind(python: str, server: Server) -> None:
    program = """
import resource
def fail(n):
    for _ in range(n):
        try:
            blocking.create_media_capture_pipeline(SourceType=1)
        except chimeline.exceptions.ParamValidationError:
            pass
fail(2000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
fail(20000)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
assert grown < 2048, grown
"""
    done = run(python, program, server)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "seconds", [3, *[pytest.param(60, marks=[pytest.mark.slow, pytest.mark.timeout(150)], id=f"60-{run}") for run in range(10)]]
)
def test_the_environment_may_be_written_while_clients_are_made_and_called(python: str, seconds: int) -> None:
    program = Path(__file__).parents[1] / "soak/environment.py"
    environment = {**os.environ, "MALLOC_PERTURB_": "165"}
    command = [python, str(program), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert " calls of 4 callers " in done.stdout
