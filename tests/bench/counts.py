"""Counts that do not depend on how fast the machine is, beside those that are committed in ``counts.json``.

Instructions (callgrind) and allocations of each step in the core, and the system calls and allocations of a call in each
language: the difference of two runs, of which the second makes twice as many calls. What grew by more than 5 % is an error.

    make counts            compare
    make counts-update     write counts.json, when a growth is meant
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BASELINE = HERE / "counts.json"
CORE = Path(os.environ["COUNTS_CORE"])
# Of two threads that wake each other it is chance how often they sleep in between.
BY_CHANCE = {"epoll_pwait", "epoll_wait", "futex", "madvise", "read", "write"}
ALLOWED = 1.05
RUNS = 3


def main() -> None:
    for tool in ("valgrind", "strace"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not installed: on Debian and Ubuntu, apt-get install {tool}")
    with tempfile.TemporaryDirectory() as folder:
        counted = counts(Path(folder))
    if sys.argv[1:] == ["--update"]:
        BASELINE.write_text(json.dumps(counted, indent=2) + "\n")
        return
    known = json.loads(BASELINE.read_text())
    grown = False
    for name, count in counted.items():
        before = known.get(name)
        too_many = before is None or (count > before * ALLOWED and count - before >= 0.5)
        grown |= too_many
        print(f"{name:36}{count:12,.1f}{'new' if before is None else f'{before:,.1f}':>14}{'  grown' if too_many else ''}")
    if grown:
        sys.exit(f"more than {ALLOWED - 1:.0%} above {BASELINE.relative_to(ROOT)}; where that is meant: make counts-update")


PYTHON = [sys.executable, str(HERE / "calls.py")]
# By name: the command of calls in turn, and whether one thread does all of it.
CALLS = {
    "core blocking": ([str(CORE), "blocking"], True),
    "core I/O thread": ([str(CORE), "io-thread"], False),
    "Python blocking": ([*PYTHON, "blocking"], True),
    "Python blocking, token given": ([*PYTHON, "blocking-token"], True),
    "Python asyncio": ([*PYTHON, "asyncio"], False),
    "Node": (["node", str(HERE / "calls.cjs")], False),
}
STEPS = {"encode": 200, "sign": 200, "decode": 200, "decode-page": 10, "blocking": 200, "io-thread": 200}


def counts(folder: Path) -> dict[str, float]:
    """What is counted, by name."""
    found: dict[str, float] = {}
    for step, times in STEPS.items():
        command = [str(CORE), step]
        found[f"core {step}: instructions"] = grown(times, partial(instructions, folder, command))
        found[f"core {step}: allocations"] = grown(times, partial(core_allocations, command))
    for name, (command, is_alone) in CALLS.items():
        found[f"{name}: system calls"] = grown(300, partial(system_calls, folder, command, is_alone))
        if command[0] != str(CORE):
            found[f"{name}: allocations"] = grown(300, partial(allocations, folder, command))
    return found


def grown(times: int, count: Callable[[int], int]) -> float:
    """How many a call: the least of some runs, for what else the process does comes on top."""
    differences = (count(2 * times) - count(times) for _ in range(1 if times < 100 else RUNS))
    return round(min(differences) / times, 1)


def instructions(folder: Path, command: list[str], times: int) -> int:
    out = folder / "callgrind"
    shown = run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command, str(times)], stderr=True)
    return int(re.search(r"Collected : (\d+)", shown)[1])


def core_allocations(command: list[str], times: int) -> int:
    return int(run([*command, str(times)]))


def system_calls(folder: Path, command: list[str], is_alone: bool, times: int) -> int:
    """Those of the process itself, without the server that it starts; of several threads without those by chance."""
    out = folder / "strace"
    run(["strace", "-f", "-qq", "-o", str(out), *command, str(times)])
    lines = [line.split(None, 1) for line in out.read_text().splitlines()]
    # The server's threads come after its `execve`.
    servers = served(lines)
    names = [re.match(r"(\w+)\(", text) for thread, text in lines if thread not in servers]
    return sum(name is not None and (is_alone or name[1] not in BY_CHANCE) for name in names)


def served(lines: list[list[str]]) -> set[str]:
    servers = {thread for thread, text in lines if text.startswith("execve(") and '"serve"' in text}
    for thread, text in lines:
        if thread in servers and (made := re.search(r"clone3?(?:\(| resumed).*= (\d+)$", text)):
            servers.add(made[1])
    return servers


def allocations(folder: Path, command: list[str], times: int) -> int:
    library, out = folder / "count.so", folder / "allocations"
    if not library.exists():
        run(["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(HERE / "allocations.c")])
    out.unlink(missing_ok=True)
    run([*command, str(times)], LD_PRELOAD=str(library), COUNT_ALLOCATIONS=str(out))
    return int(out.read_text())


def run(command: list[str], *, stderr: bool = False, **variables: str) -> str:
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        sys.exit(f"{command} failed:\n{done.stderr}")
    return done.stderr if stderr else done.stdout


if __name__ == "__main__":
    main()
