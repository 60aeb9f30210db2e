"""The results of the benchmarks as tables and as a chart."""

from __future__ import annotations

import datetime
import platform
from dataclasses import dataclass
from pathlib import Path

COLUMNS = {
    "calls_a_second": ("calls/s", 0),
    "cpu_us": ("CPU us a call", 1),
    "wall_ms": ("ms", 1),
    "cpu_ms": ("CPU ms", 1),
    "memory_kb": ("peak memory, MB", 1),
    "size_mb": ("MB", 1),
}
CHARTED = {
    "sequential": ["boto3", "chimeline, blocking", "SDK for JavaScript", "chimeline, Node", "SDK for Rust"],
    "at-once-128": ["boto3", "aiobotocore", "chimeline, asyncio", "SDK for JavaScript", "chimeline, Node", "SDK for Rust"],
}


@dataclass
class Table:
    """The medians of one measure, by peer."""

    title: str
    peers: dict[str, dict[str, float]]


def text(results: dict[str, Table]) -> str:
    return "\n\n".join(f"## {table.title}\n\n{_rows(table)}" for table in results.values()) + "\n\n" + _ratios(results)


def page(results: dict[str, Table]) -> str:
    head = (
        "# Benchmarks\n\n"
        "<!-- Written by `make bench`. -->\n\n"
        f"{machine()}. Clients and the server, an nginx with a canned answer, are on one machine. Medians of five runs, in which "
        "the peers take turns.\n\n"
    )
    return head + text(results)


def machine() -> str:
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), ""
    )
    cores, today = (
        len([line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("processor")]),
        datetime.date.today(),
    )
    return f"{today}, {cores} cores of {model or platform.machine()}, Python {platform.python_version()}"


def _rows(table: Table) -> str:
    names = [name for name in COLUMNS if name in next(iter(table.peers.values()))]
    lines = ["| | " + " | ".join(COLUMNS[name][0] for name in names) + " |", "| --- |" + " ---: |" * len(names)]
    for peer, measures in table.peers.items():
        values = [_value(name, measures[name]) for name in names]
        lines.append(f"| {peer} | " + " | ".join(values) + " |")
    return "\n".join(lines)


def _value(name: str, value: float) -> str:
    return f"{value / 1024 if name == 'memory_kb' else value:,.{COLUMNS[name][1]}f}"


RATIOS = [
    ("sequential", "chimeline, blocking", "boto3"),
    ("sequential", "chimeline, blocking", "SDK for Rust"),
    ("sequential", "chimeline, blocking", "reqwest"),
    ("sequential", "chimeline, core", "reqwest, signed"),
    ("sequential", "chimeline, asyncio", "aiobotocore"),
    ("sequential", "chimeline, Node", "SDK for JavaScript"),
    ("at-once-128", "chimeline, asyncio", "aiobotocore"),
    ("at-once-128", "chimeline, asyncio", "future_into_py"),
    ("at-once-128", "chimeline, asyncio", "SDK for Rust"),
    ("at-once-128", "chimeline, uvloop", "chimeline, asyncio"),
    ("at-once-128", "chimeline, Node", "SDK for JavaScript"),
    ("at-once-128", "chimeline, Node", "SDK for Rust"),
    ("page", "chimeline, chime", "boto3, chime"),
    ("page", "chimeline, chime", "orjson and datetimes"),
]


def _ratios(results: dict[str, Table]) -> str:
    lines = ["## Ratios", "", "| | | times as many calls a second |", "| --- | --- | ---: |"]
    for name, ours, theirs in RATIOS:
        if name in results:
            peers = results[name].peers
            ratio = peers[ours]["calls_a_second"] / peers[theirs]["calls_a_second"]
            lines.append(f"| {results[name].title} | {ours} : {theirs} | {ratio:.2f} |")
    return "\n".join(lines) + "\n"


def chart(results: dict[str, Table]) -> str:
    """Calls a second as bars, one group a measure."""
    bars: list[str] = []
    y = 0
    for name, peers in CHARTED.items():
        table = results[name]
        most = max(table.peers[peer]["calls_a_second"] for peer in peers)
        bars.append(f'<text x="0" y="{y + 16}" class="title">{table.title}: calls a second</text>')
        y += 26
        for peer in peers:
            rate = table.peers[peer]["calls_a_second"]
            ours = ' class="ours"' if peer.startswith("chimeline") else ""
            bars.append(f'<text x="150" y="{y + 14}" text-anchor="end">{peer}</text>')
            bars.append(f'<rect x="158" y="{y + 2}" width="{rate / most * 400:.1f}" height="16"{ours}/>')
            bars.append(f'<text x="{164 + rate / most * 400:.1f}" y="{y + 14}">{rate:,.0f}</text>')
            y += 22
        y += 16
    style = (
        "text{font:12px sans-serif;fill:#57606a}.title{font-weight:bold}rect{fill:#9aa5b1}.ours{fill:#0b7285}"
        "@media(prefers-color-scheme:dark){text{fill:#c9d1d9}}"
    )
    bars.append(f'<text x="0" y="{y + 8}">{machine()}</text>')
    inside = "\n".join(bars)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {y + 16}" role="img">\n<title>Calls a second</title>\n'
        f"<style>{style}</style>\n{inside}\n</svg>\n"
    )
