"""The command ``chimeline`` as it is installed, on a terminal of 80 columns and in a pipe."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chimeline.recording import blocking
from chimeline.testing import LocalChime
from server import Answer, Server

ID = "2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b"
COMMANDS = ("record", "ls", "watch", "stop", "concat", "artifacts", "reap", "doctor", "policy", "call", "local", "completions")


@pytest.fixture(scope="session")
def command() -> list[str]:
    """The script that pip made, where the package is installed."""
    script = shutil.which("chimeline", path=os.path.dirname(sys.executable))
    return [script] if script else [sys.executable, "-m", "chimeline"]


@pytest.fixture
def chime() -> Iterator[LocalChime]:
    with LocalChime(transition_delay=0.02) as running:
        yield running


@pytest.fixture
def environment(chime: LocalChime, tmp_path: Path) -> dict[str, str]:
    path = os.pathsep.join(path for path in sys.path if path)
    return {**chime.environment, "PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": path, "LANG": "C.UTF-8"}


class Shell:
    """Runs the command."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.command = command
        self.environment = environment

    def run(self, *arguments: str, code: int = 0, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.command, *arguments],
            env=self.environment,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return done

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self.run("--json", *arguments, code=code).stdout)

    def terminal(self, *arguments: str, answers: dict[str, str] | None = None, code: int = 0) -> str:
        """What a terminal of 80 columns shows. Each answer is typed once its question is there."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        process = subprocess.Popen(
            [*self.command, *arguments], env={**self.environment, "TERM": "xterm"}, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)
        shown = ""
        deadline = time.monotonic() + 30
        waiting = dict(answers or {})
        while time.monotonic() < deadline:
            if not select.select([master], [], [], 0.05)[0]:
                if process.poll() is not None:
                    break
                continue
            try:
                shown += os.read(master, 65536).decode()
            except OSError:
                break
            for question, answer in list(waiting.items()):
                if question in shown:
                    os.write(master, answer.encode())
                    del waiting[question]
        assert process.wait(10) == code, shown
        os.close(master)
        assert not waiting, shown
        return shown


@pytest.fixture
def shell(command: list[str], environment: dict[str, str]) -> Shell:
    return Shell(command, environment)


@pytest.fixture
def meeting(chime: LocalChime) -> str:
    return blocking.ensure_meeting("standup", "us-east-1", client=chime.blocking_client("chime-sdk-meetings"))["Meeting"][
        "MeetingId"
    ]


def plain(shown: str) -> list[str]:
    """The lines of a terminal, without colours; of a line of progress what stands there last."""
    text = re.sub(r"\x1b\[\d*m", "", shown)
    return [line.split("\x1b[K")[-1].rstrip("\r") for line in text.split("\n")]


def test_help_of_every_command_fits_into_80_columns(shell: Shell) -> None:
    shown = shell.terminal("--help")
    assert all(f"  {name} " in shown for name in COMMANDS)
    assert "Exit codes: 0 done" in shown
    for name in COMMANDS:
        lines = plain(shell.terminal(name, "--help"))
        if name != "local":
            assert max(map(len, lines)) <= 80, name
            assert any(line.startswith("Usage: ") for line in lines), name
    assert shell.run("--version").stdout.startswith("chimeline ")
    assert shell.run("frobnicate", code=2).stderr.startswith("error: unrecognized subcommand")


def test_a_recording_from_start_to_stop(shell: Shell, meeting: str) -> None:
    made = shell.json("record", meeting, "s3://recordings/standup", "--detach", "--tag", "team=a", "--artifacts", "audio,content")
    pipeline = made["MediaPipelineId"]
    assert shell.json("record", meeting, "s3://recordings/standup", "--detach")["MediaPipelineId"] == pipeline
    listed = shell.json("ls")["Pipelines"]
    assert [(found["Kind"], found["Pipeline"]["MediaPipelineId"]) for found in listed] == [("capture", pipeline)]
    lines = plain(shell.terminal("ls", "--region", "us-east-1"))
    assert lines[0].split() == ["KIND", "ID", "STATUS", "AGE", "TAGS"]
    assert pipeline in lines[1]
    assert "team=a" in lines[1]
    assert max(map(len, lines)) <= 80
    piped = shell.run("ls").stdout
    assert "\x1b" not in piped
    assert "\x1b" in shell.terminal("ls")
    assert "s3://recordings/standup/audio/" in shell.run("artifacts", pipeline).stdout
    joined = shell.json("concat", made["MediaPipelineArn"], "s3://recordings/joined")
    stopped = shell.json("stop", meeting, "--wait", "--concatenate-to", "s3://recordings/joined")
    assert stopped[0]["MediaPipelineIds"] == [pipeline]
    assert stopped[0]["MediaConcatenationPipelines"][0]["MediaPipelineId"] == joined["MediaPipelineId"]
    assert "Stopped" in shell.run("watch", joined["MediaPipelineId"], "--delay", "0.05").stdout
    assert json.loads(shell.run("--json", "watch", pipeline, code=1).stderr)["code"] == "NotFoundException"
    assert "nothing records that fits" in shell.run("stop", "--tag", "team=a").stderr


def test_more_than_one_is_stopped_after_a_question(shell: Shell, chime: LocalChime) -> None:
    client: Any = chime.blocking_client("chime-sdk-media-pipelines")
    for name in ("one", "two"):
        room = blocking.ensure_meeting(f"room-{name}", "us-east-1", client=client)
        blocking.start_recording(room, "s3://recordings", client=client)
    assert "2 recordings would be stopped; --yes" in shell.run("stop", "--older-than", "0", code=2).stderr
    assert "2 recordings would be stopped; --yes" in shell.run("reap", "--older-than", "0", code=2).stderr
    assert len(shell.run("reap", "--older-than", "0", "--dry-run").stdout.splitlines()) == 2
    shown = shell.terminal("stop", "--older-than", "0", answers={"Stop 2 recordings? [y/N]": "n\n"}, code=1)
    assert "nothing was stopped" in shown
    assert len(shell.json("ls")["Pipelines"]) == 2
    shell.terminal("stop", "--older-than", "0", answers={"Stop 2 recordings? [y/N]": "y\n"})
    assert shell.json("ls")["Pipelines"] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_the_recording(shell: Shell, meeting: str, number: int) -> None:
    arguments = [*shell.command, "--json", "record", meeting, "s3://recordings"]
    process = subprocess.Popen(arguments, env=shell.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while not shell.json("ls")["Pipelines"]:
        assert time.monotonic() < deadline
    process.send_signal(number)
    shown, errors = process.communicate(timeout=30)
    done = json.loads(shown)
    assert (process.returncode, errors) == (0, "")
    assert done["Stopped"]["MediaPipelineIds"] == [done["MediaCapturePipeline"]["MediaPipelineId"]]
    assert shell.json("ls")["Pipelines"] == []


def test_ctrl_c_ends_what_only_looks(shell: Shell, meeting: str) -> None:
    pipeline = shell.json("record", meeting, "s3://recordings", "--detach")["MediaPipelineId"]
    process = subprocess.Popen([*shell.command, "watch", pipeline], env=shell.environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert pipeline in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) in (-signal.SIGINT, 130)


def test_a_killed_recording_is_reaped_by_its_journal(shell: Shell, meeting: str, tmp_path: Path) -> None:
    journal = str(tmp_path / "journal")
    arguments = [*shell.command, "record", meeting, "s3://recordings", "--journal", journal]
    process = subprocess.Popen(arguments, env=shell.environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    with process.stderr:
        pipeline = process.stderr.readline().split()[0]
    assert f"{pipeline} is guarded by a process" in shell.run("reap", "--journal", journal).stdout
    process.kill()
    process.wait()
    assert f"{pipeline} would be stopped" in shell.run("reap", "--journal", journal, "--dry-run").stdout
    assert shell.run("reap", "--journal", journal).stdout == f"{pipeline} stops\n"
    assert "nothing was left" in shell.run("reap", "--journal", journal).stderr
    with open(journal, "a") as file:
        file.write("{")
    assert "is left as it is: line" in shell.run("reap", "--journal", journal, code=1).stderr
    assert "does not exist" in shell.run("reap", "--journal", journal + ".none", code=1).stderr
    shell.run("reap", code=2)
    shell.run("reap", "--journal", journal, "--older-than", "5", code=2)


def test_calls_of_every_service_take_and_give_json(shell: Shell, meeting: str) -> None:
    found = json.loads(shell.run("call", "get-meeting", json.dumps({"MeetingId": meeting})).stdout)
    assert found["Meeting"]["MeetingId"] == meeting
    piped = shell.run("call", "GetMeeting", "-", stdin=json.dumps({"MeetingId": meeting}))
    assert json.loads(piped.stdout) == found
    legacy = shell.json("call", "ListMediaCapturePipelines", "--service", "chime")
    assert legacy == {"MediaCapturePipelines": []}
    error = json.loads(shell.run("--json", "call", "GetMeeting", json.dumps({"MeetingId": ID}), code=1).stderr)
    assert error["code"] in ("NotFound", "NotFoundException")
    assert "there is" in shell.run("call", "Meeting", code=2).stderr


def test_doctor_and_policy_say_what_to_paste(shell: Shell, meeting: str, environment: dict[str, str]) -> None:
    account = shell.json("call", "GetMeeting", json.dumps({"MeetingId": meeting}))["Meeting"]["MeetingArn"].split(":")[4]
    policy = shell.json("policy", "bucket", "--bucket", "recordings", "--account", account, "--for", "concatenation")
    assert policy["Statement"][0]["Principal"]["Service"] == "mediapipelines.chime.amazonaws.com"
    caller = f"<R><Account>{account}</Account><Arn>arn:aws:iam::{account}:user/u</Arn></R>"
    with Server(Answer(200, caller.encode())) as aws:
        for name in ("STS", "S3", "IAM"):
            environment[f"AWS_ENDPOINT_URL_{name}"] = aws.url
        shown = shell.terminal("doctor", "s3://recordings/x", "--meeting", meeting, code=1)
        assert all(len(line) <= 80 for line in plain(shown) if " " in line.strip() and '"' not in line), shown
        assert "passed       credentials:" in "\n".join(plain(shown))
        found = shell.json("doctor", "s3://recordings/x", "--meeting", meeting, code=1)
        assert found["ready"] is False
        assert {request.method for request in aws.requests} == {"GET"}


def test_completions_are_those_of_each_shell(shell: Shell) -> None:
    for name, part in (("bash", "complete -F"), ("zsh", "#compdef chimeline"), ("fish", "complete -c chimeline")):
        script = shell.run("completions", name).stdout
        assert part in script
        assert all(command in script for command in COMMANDS)
    if bash := shutil.which("bash"):
        script = shell.run("completions", "bash").stdout
        line = 'COMP_WORDS=(chimeline re); COMP_CWORD=1; _chimeline chimeline re chimeline; echo "${COMPREPLY[@]}"'
        done = subprocess.run([bash, "-c", script + line], capture_output=True, text=True, check=True)
        assert done.stdout.split() == ["record", "reap"]


def test_credentials_profiles_and_regions_are_those_of_the_aws_cli(
    shell: Shell, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(
        f"[profile here]\nregion = eu-central-1\nendpoint_url = {environment['AWS_ENDPOINT_URL_CHIME_SDK_MEDIA_PIPELINES']}\n"
        f"aws_access_key_id = {environment['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {environment['AWS_SECRET_ACCESS_KEY']}\n"
    )
    url = environment["AWS_ENDPOINT_URL_CHIME_SDK_MEDIA_PIPELINES"]
    for name in [name for name in environment if name.startswith("AWS_")]:
        del environment[name]
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    assert shell.json("--profile", "here", "call", "ListMediaPipelines") == {"MediaPipelines": []}
    assert "egion" in shell.run("call", "ListMediaPipelines", code=1).stderr
    assert "credentials" in shell.run("--region", "us-east-1", "--endpoint-url", url, "call", "ListMediaPipelines", code=1).stderr


def test_the_code_of_a_device_is_asked_for(shell: Shell, environment: dict[str, str], tmp_path: Path) -> None:
    keys = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(
        f"[profile base]\naws_access_key_id = {keys[0]}\naws_secret_access_key = {keys[1]}\n"
        "[profile guarded]\nsource_profile = base\nrole_arn = arn:aws:iam::111122223333:role/r\n"
        "mfa_serial = arn:aws:iam::111122223333:mfa/m\nregion = us-east-1\n"
    )
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del environment[name]
    body = (
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
        f"<AccessKeyId>{keys[0]}</AccessKeyId><SecretAccessKey>{keys[1]}</SecretAccessKey><SessionToken></SessionToken>"
        "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
    with Server(Answer(200, body.encode(), [("Content-Type", "text/xml")])) as sts:
        environment["AWS_ENDPOINT_URL_STS"] = sts.url
        shell.run("--profile", "guarded", "call", "ListMediaPipelines", code=1)
        assert sts.requests == []
        question = "Enter MFA code for arn:aws:iam::111122223333:mfa/m:"
        shown = shell.terminal("--profile", "guarded", "call", "ListMediaPipelines", answers={question: "123456\n"})
        assert "MediaPipelines" in shown
        assert b"123456" in sts.requests[0].body
