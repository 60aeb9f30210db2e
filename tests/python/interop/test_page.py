"""docs/from-boto3.md: what it says holds, block by block."""

from __future__ import annotations

import ast
import inspect
import logging
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chimeline.testing import LocalChime

PAGE = Path(__file__).parents[3] / "docs" / "from-boto3.md"
BLOCKS = re.findall(r"^### (.+?)\n|^```python\n(# .+?)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def cases() -> Iterator[Any]:
    heading = ""
    for title, kind, code in BLOCKS:
        heading = title or heading
        if code:
            yield pytest.param(kind, code, id=f"{heading}: {kind.strip('# ')}")


@pytest.fixture
def chime(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    with LocalChime() as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        # Blocks set variables of their own.
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        monkeypatch.setenv("AWS_PROFILE", "")
        monkeypatch.delenv("AWS_PROFILE")
        loggers = {
            name: (list(logging.getLogger(name).handlers), logging.getLogger(name).level) for name in ("botocore", "chimeline")
        }
        yield
        for name, (handlers, level) in loggers.items():
            logging.getLogger(name).handlers = handlers
            logging.getLogger(name).setLevel(level)


def test_the_page_has_blocks_of_both() -> None:
    kinds = [kind for _, kind, _ in BLOCKS if kind]
    assert kinds.count("# boto3") >= 6
    assert kinds.count("# chimeline") >= 20


@pytest.mark.parametrize(("kind", "code"), list(cases()))
@pytest.mark.usefixtures("chime")
async def test_blocks_run(kind: str, code: str, python: str, tmp_path: Path) -> None:
    if "process of its own" in kind:
        done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)  # noqa: ASYNC221
        assert done.returncode == 0, done.stderr
        return
    compiled = compile(code, str(PAGE), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    ran = eval(compiled, {"__name__": "page"})  # noqa: S307 - the page is ours
    if inspect.isawaitable(ran):
        await ran
