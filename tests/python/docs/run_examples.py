"""Runs the examples of operations, one after another, each by itself: what became of each, as JSON."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import sys
from typing import Any

from chimeline.exceptions import ChimelineError, ClientError


async def outcome(page: str, block: dict[str, Any]) -> str:
    code = compile(
        "\n" * (block["line"] - 1) + block["text"], page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
    )
    try:
        done = eval(code, {"__name__": "__main__"})  # noqa: S307
        if inspect.isawaitable(done):
            await done
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    except ChimelineError as error:
        return f"{type(error).__name__}: {error}"
    return "success"


async def main(examples: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {page: await outcome(page, block) for page, block in examples.items()}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(json.load(sys.stdin)))))
