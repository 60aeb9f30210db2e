"""Runs the program that the blocks of a page make, against a local service."""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from chimeline.testing import LocalChime
from pages import BACKGROUND, ROOT, Block

MARK = "\x1e\n"
TIMEOUT = 50
# What programs of the pages may import.
PACKAGES = ("@aws-sdk", "chimeline", "express", "fastify", "vitest")


class Wrong(AssertionError):
    """A page says what is not so."""


def run(page: str, language: str, program: list[Block], files: list[Block], folder: Path) -> None:
    """Runs the blocks; raises Wrong where one fails, or prints what the page does not show."""
    port = str(_free_port())
    for block in (*program, *files):
        block.text = re.sub(r"\b8000\b", port, block.text)
    for block in files:
        target = folder / str(block.file)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.text)
    with LocalChime() as chime, ExitStack() as stack:
        environment = prepared(folder, chime)
        if language == "sh":
            for block in (block for block in program if block.title == BACKGROUND):
                stack.enter_context(_in_background(page, block, folder, environment, port))
            if any(block.title == BACKGROUND for block in program):
                # The page starts a service of its own, and says how to reach it.
                environment = {name: value for name, value in environment.items() if name not in chime.environment}
            program = [block for block in program if block.title != BACKGROUND]
        if program:
            _check(page, program, _outputs(page, language, program, folder, environment))


def _outputs(page: str, language: str, program: list[Block], folder: Path, environment: dict[str, str]) -> list[str]:
    command, given = _COMMANDS[language](page, program, folder)
    try:
        done = subprocess.run(
            command, check=False, cwd=folder, env=environment, input=given, capture_output=True, text=True, timeout=TIMEOUT
        )
    except subprocess.TimeoutExpired as expired:
        raise Wrong(f"{page}: the {language} blocks take longer than {TIMEOUT} s: {expired.stdout!r}") from None
    outputs = done.stdout.split(MARK)
    if done.returncode != 0:
        failed = program[min(len(outputs), len(program)) - 1]
        raise Wrong(f"{page}:{failed.line}: the {language} block fails\n{outputs[-1]}\n{done.stderr}")
    return outputs[:-1]


def _check(page: str, program: list[Block], outputs: list[str]) -> None:
    for block, seen in zip(program, outputs, strict=True):
        if block.output is not None and not _matches(block.output, seen):
            diff = "\n".join(difflib.ndiff(block.output.splitlines(), seen.splitlines()))
            raise Wrong(f"{page}:{block.line}: the output shown is not the output seen\n{diff}")


def _matches(shown: str, seen: str) -> bool:
    parts = [re.escape(part) for part in shown.rstrip().split("...")]
    return re.fullmatch(".*?".join(parts), "\n".join(line.rstrip() for line in seen.splitlines()).rstrip(), re.DOTALL) is not None


def _python(page: str, program: list[Block], folder: Path) -> tuple[list[str], str]:
    blocks = [{"line": block.line, "text": block.text} for block in program]
    command = [sys.executable, "-W", "error", str(Path(__file__).with_name("run_blocks.py"))]
    return command, json.dumps({"page": page, "blocks": blocks})


def _javascript(page: str, program: list[Block], folder: Path) -> tuple[list[str], str]:
    """Each block on the lines that it has in the page; names can be declared anew, as in separate programs."""
    lines: list[str] = []
    for block in program:
        lines += [""] * (block.line - 1 - len(lines))
        lines += _declared_anew(block.text).splitlines()
        lines.append('console.log("\\x1e");')
    (folder / "page.mjs").write_text("\n".join(lines) + "\n")
    return ["node", "page.mjs"], ""


def _declared_anew(text: str) -> str:
    def named(match: re.Match[str]) -> str:
        return f"var {match[1].replace(' as ', ': ')} = await import({match[2]});" + "\n" * match[0].count("\n")

    text = re.sub(r"^import (\{[^}]*\}) from (\"[^\"]+\");", named, text, flags=re.MULTILINE)
    text = re.sub(r"^import (\w+) from (\"[^\"]+\");", r"var { default: \1 } = await import(\2);", text, flags=re.MULTILINE)
    text = re.sub(r"^import \* as (\w+) from (\"[^\"]+\");", r"var \1 = await import(\2);", text, flags=re.MULTILINE)
    text = re.sub(r"^export (?=async function|function|const)", "", text, flags=re.MULTILINE)
    return re.sub(r"^(?:const|let) (?=[\w{\[])", "var ", text, flags=re.MULTILINE)


def _shell(page: str, program: list[Block], folder: Path) -> tuple[list[str], str]:
    return ["/bin/bash", "-euo", "pipefail", "-s"], "".join(f"{block.text}printf '\\x1e\\n'\n" for block in program)


_COMMANDS = {"python": _python, "js": _javascript, "sh": _shell}


@contextmanager
def _in_background(page: str, block: Block, folder: Path, environment: dict[str, str], port: str) -> Iterator[None]:
    log = folder / "background.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["/bin/bash", "-euc", block.text], cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 20
        while not _ready(log, block, port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise Wrong(f"{page}:{block.line}: what goes on in another terminal is not ready\n{log.read_text()}")
            time.sleep(0.05)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _ready(log: Path, block: Block, port: str) -> bool:
    if block.output is not None:
        return _matches(re.sub(r"\b8000\b", port, block.output), log.read_text())
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def node_folder() -> Path:
    """Where the npm package is installed: by `make install`, else the edited tree."""
    given = os.environ.get("CHIMELINE_NODE")
    return Path(given) if given else next(path for path in (ROOT / "build/node", ROOT / "build/dev") if path.exists())


def _tools(folder: Path) -> None:
    """`python`, `chimeline`, `pytest`, and what npm installed, in the folder of a program."""
    tools = folder / "bin"
    tools.mkdir()
    for name, command in {"python": "", "chimeline": " -m chimeline", "pytest": " -m pytest -p no:cacheprovider"}.items():
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{command} "$@"\n')
        (tools / name).chmod(0o755)
    modules = folder / "node_modules"
    (modules / ".bin").mkdir(parents=True)
    for source in (ROOT / "node_modules", node_folder() / "node_modules"):
        for package in source.iterdir() if source.exists() else ():
            target = modules / package.name
            if (package.name in PACKAGES or package.name.startswith("chimeline-")) and not target.exists():
                target.symlink_to(package.resolve())
    commands = json.loads((modules / "chimeline/package.json").read_text()).get("bin", {})
    for name, script in commands.items():
        (modules / ".bin" / name).symlink_to((modules / "chimeline" / script).resolve())
    vitest = modules / "vitest/vitest.mjs"
    if vitest.exists():
        (modules / ".bin/vitest").symlink_to(vitest.resolve())
    (folder / "package.json").write_text('{ "private": true, "type": "module" }\n')


def prepared(folder: Path, chime: LocalChime) -> dict[str, str]:
    """The environment of a program in that folder: the package, its tools and the local service, nothing of whoever runs it."""
    _tools(folder)
    node = shutil.which("node")
    path = [str(folder / "bin"), str(folder / "node_modules/.bin")]
    path += [os.path.dirname(node)] if node else []
    kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    return {
        **kept,
        **chime.environment,
        "PATH": os.pathsep.join([*path, os.environ["PATH"]]),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "NO_COLOR": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONDONTWRITEBYTECODE": "1",
        "npm_config_update_notifier": "false",
        "npm_config_offline": "true",
    }
