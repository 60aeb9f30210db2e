"""This client beside AWS's own and others, on one machine in one run: ``make bench``.

Each measure runs its peers in turn, five times, each from a process of its own, and takes medians: what else the machine does
meets all alike. Prints the tables, and writes them to ``results.md`` and the chart to ``chart.svg``.

    bench.py [MEASURE...]      only these, and nothing is written
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

import environments
import report
from environments import BUILD, HERE, HTTP, HTTPS, ROOT

ROUNDS = 5
CORES = sorted(os.sched_getaffinity(0))

PEERS = {
    "boto3": ["boto3", "boto3_peer.py"],
    "boto3, chime": ["legacy", "boto3_peer.py", "chime"],
    "aiobotocore": ["aio", "aiobotocore_peer.py"],
    "capo, blocking": ["capo", "capo_peer.py", "blocking"],
    "capo, asyncio": ["capo", "capo_peer.py", "asyncio"],
    "chimeline, blocking": ["chimeline", "chimeline_peer.py", "blocking"],
    "chimeline, chime": ["chimeline", "chimeline_peer.py", "chime"],
    "chimeline, asyncio": ["chimeline", "chimeline_peer.py", "asyncio"],
    "chimeline, uvloop": ["chimeline", "chimeline_peer.py", "uvloop"],
    "future_into_py": ["chimeline", "future_into_py_peer.py"],
    "orjson and datetimes": ["chimeline", "json_peer.py"],
    "SDK for JavaScript": ["node", "v3.cjs"],
    "chimeline, Node": ["node", "v3.cjs", "chimeline"],
    "SDK for Rust": ["rust", "aws_sdk"],
    "reqwest": ["rust", "raw_reqwest"],
    "reqwest, signed": ["rust", "raw_reqwest", "signed"],
    "chimeline, core": ["rust", "chimeline_core"],
    "chimeline, core without HTTP": ["rust", "chimeline_core", "work"],
}
AWAITED = ["aiobotocore", "capo, asyncio", "chimeline, asyncio", "chimeline, uvloop", "SDK for JavaScript", "chimeline, Node"]
IN_TURN = [
    "boto3",
    "capo, blocking",
    "chimeline, blocking",
    *AWAITED,
    "SDK for Rust",
    "reqwest",
    "reqwest, signed",
    "chimeline, core",
]
AT_ONCE = ["boto3", *AWAITED, "future_into_py", "SDK for Rust", "reqwest"]
SLOW = {"boto3", "boto3, chime", "aiobotocore", "capo, blocking", "capo, asyncio", "SDK for JavaScript"}

# Name: what it is, the peers, what a peer is told, and whether client and server share one core.
MEASURES: dict[str, tuple[str, list[str], dict[str, Any], bool]] = {
    "sequential": ("One call after another, on one core", IN_TURN, {"calls": 3000, "warmup": 1000}, True),
    "tls": (
        "The same over TLS",
        [name for name in IN_TURN if "reqwest" not in name],
        {"calls": 3000, "warmup": 1000, "endpoint": HTTPS},
        True,
    ),
    **{
        f"at-once-{number}": (
            f"{number:,} at once",
            AT_ONCE if number <= 128 else [name for name in AT_ONCE if name != "boto3"],
            {"calls": max(20_000, 4 * number), "warmup": max(1000, number), "at_once": number},
            False,
        )
        for number in (16, 128, 1000, 10_000)
    },
    "page": (
        "A page of 99 full pipelines, on one core",
        ["boto3, chime", "chimeline, chime", "orjson and datetimes"],
        {"calls": 400, "warmup": 50, "page": True},
        True,
    ),
    "client-work": (
        "Encoding, signing and decoding alone",
        ["chimeline, core without HTTP"],
        {"calls": 20_000, "warmup": 1000},
        True,
    ),
}
COLD = [
    "boto3",
    "aiobotocore",
    "capo, blocking",
    "chimeline, blocking",
    "chimeline, asyncio",
    "SDK for JavaScript",
    "chimeline, Node",
]
COLD += ["SDK for Rust"]
BARE = {"Python": ["boto3", "-c", "pass"], "Node": ["node", "-e", "0"]}


def main() -> None:
    chosen = sys.argv[1:] or [*MEASURES, "cold", "cold-tls"]
    environments.prepare()
    results: dict[str, report.Table] = {}
    with environments.server() as worker:
        for name in chosen:
            print(f"{name} ...", file=sys.stderr)
            results[name] = cold(HTTPS if name == "cold-tls" else HTTP) if name.startswith("cold") else load(name, worker)
    results["size"] = report.Table(
        "Installed size", {name: {"size_mb": size(name)} for name in ("boto3", "aio", "capo", "chimeline")}
    )
    print(report.text(results))
    if not sys.argv[1:]:
        (HERE / "results.md").write_text(report.page(results))
        (HERE / "chart.svg").write_text(report.chart(results))


def command(name: str, options: dict[str, Any]) -> list[str]:
    where, program, *variant = PEERS[name]
    told = json.dumps({**options, "variant": variant[0] if variant else None})
    if where == "rust":
        return [str(BUILD / "target/release" / program), told]
    runner = ["node"] if where == "node" else [str(BUILD / where / "bin/python")]
    return [*runner, str(HERE / "peers" / program), told]


def load(name: str, worker: int) -> report.Table:
    title, peers, options, on_one_core = MEASURES[name]
    os.sched_setaffinity(worker, CORES[-1:] if on_one_core else CORES)
    runs: dict[str, list[dict[str, float]]] = {peer: [] for peer in peers}
    for _ in range(ROUNDS):
        for peer in peers:
            told = {"mode": "load", "endpoint": HTTP, **options}
            if peer in SLOW and told["calls"] > 5000:
                told["calls"] = max(5000, told.get("at_once", 1))
            pinned = ["taskset", "-c", str(CORES[-1])] if on_one_core else []
            done = run([*pinned, *command(peer, told)], at_once=told.get("at_once", 1))
            runs[peer].append(json.loads(done.splitlines()[-1]))
    return report.Table(title, {peer: medians(of) for peer, of in runs.items()})


def cold(endpoint: str) -> report.Table:
    """Whole processes that make one call, and the interpreters alone."""
    commands = {peer: command(peer, {"mode": "cold", "endpoint": endpoint}) for peer in COLD}
    for name, (where, *words) in BARE.items():
        commands[f"{name} alone"] = ["node" if where == "node" else str(BUILD / where / "bin/python"), *words]
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in commands}
    for number in range(ROUNDS + 1):
        for name, words in commands.items():
            measured = process(words)
            # The first round fills the caches of files.
            if number > 0:
                runs[name].append(measured)
    over = "over TLS" if endpoint == HTTPS else "over HTTP"
    return report.Table(f"A whole process with one call, {over}", {name: medians(of) for name, of in runs.items()})


def process(words: list[str]) -> dict[str, float]:
    began = time.perf_counter()
    started = subprocess.Popen(words, env=environment(words), stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(started.pid, 0)
    took = time.perf_counter() - began
    started.returncode = status
    if status:
        sys.exit(f"{words} failed")
    return {"wall_ms": took * 1000, "cpu_ms": (used.ru_utime + used.ru_stime) * 1000, "memory_kb": used.ru_maxrss}


def run(words: list[str], at_once: int) -> str:
    # A connection is a descriptor.
    limited = ["prlimit", f"--nofile={max(1024, at_once * 2)}", *words]
    done = subprocess.run(limited, env=environment(words), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"{words} failed")
    return done.stdout


def environment(words: list[str]) -> dict[str, str]:
    variables = environments.variables()
    if "node" in words and HTTPS in words[-1]:
        # Node reads its own certificates, and this one.
        variables["NODE_EXTRA_CA_CERTS"] = str(BUILD / "nginx/authority.pem")
    return variables


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {measure: statistics.median(run[measure] for run in runs) for measure in runs[0]}


def size(name: str) -> float:
    """MB of what pip installed, without pip itself."""
    packages = next((BUILD / name / "lib").glob("python*/site-packages"))
    tools = ("pip", "setuptools", "pkg_resources", "_distutils", "uvloop", "orjson")
    files = (file for file in packages.rglob("*") if file.is_file() and not file.relative_to(packages).parts[0].startswith(tools))
    return sum(file.stat().st_size for file in files if "__pycache__" not in file.parts) / 1e6


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
