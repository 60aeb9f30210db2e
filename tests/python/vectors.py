"""Reads `tests/vectors`; what the folders hold is described in its README."""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import re
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "vectors"
SERVICES = ("chime", "chime-sdk-media-pipelines", "chime-sdk-meetings")

_TAGS: dict[str, Any] = {
    "$bytes": base64.b64decode,
    "$bytearray": lambda text: bytearray(base64.b64decode(text)),
    "$dt": datetime.datetime.fromisoformat,
    "$date": datetime.date.fromisoformat,
    "$decimal": decimal.Decimal,
    "$float": float,
    "$tuple": lambda items: tuple(map(untag, items)),
    "$set": lambda items: set(map(untag, items)),
    "$map": lambda pairs: {untag(key): untag(value) for key, value in pairs},
}


def cases(folder: str) -> list[tuple[str, dict[str, Any]]]:
    """The service and the case, for each case of the folder."""
    read = [(service, json.loads((FOLDER / folder / f"{service}.json").read_text())) for service in SERVICES]
    return [(service, case) for service, listed in read for case in listed]


def untag(value: Any) -> Any:
    if isinstance(value, list):
        return [untag(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((tag, inner),) = value.items()
        if tag in _TAGS:
            return _TAGS[tag](inner)
    return {key: untag(inner) for key, inner in value.items()}


def method(operation: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()
