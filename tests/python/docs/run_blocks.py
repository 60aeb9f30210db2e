"""Runs the Python blocks of a page as one program: reads them as JSON from the standard input, and marks the end of each."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import linecache
import sys
from typing import Any


def run(page: str, blocks: list[dict[str, Any]]) -> None:
    loop = asyncio.new_event_loop()
    namespace: dict[str, Any] = {"__name__": "__main__"}
    whole = [""] * max(block["line"] + block["text"].count("\n") for block in blocks)
    for block in blocks:
        lines = block["text"].splitlines()
        whole[block["line"] - 1 : block["line"] - 1 + len(lines)] = lines
    # Tracebacks show the page's own lines.
    linecache.cache[page] = (1, None, [line + "\n" for line in whole], page)
    for block in blocks:
        code = compile(
            "\n" * (block["line"] - 1) + block["text"], page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
        )
        # A block that awaits nothing may run a loop of its own.
        outcome = eval(code, namespace)  # noqa: S307
        if inspect.isawaitable(outcome):
            loop.run_until_complete(outcome)
        print("\x1e", flush=True)
    loop.close()


if __name__ == "__main__":
    given = json.load(sys.stdin)
    run(given["page"], given["blocks"])
