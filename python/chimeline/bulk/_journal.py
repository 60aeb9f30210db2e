"""The journal of a run: JSON lines, of which the first says whose they are.

A line is written behind the others and never changed. Where a file is damaged, what stands before the damage counts, and what
comes later goes to a file beside it: FILE.1 and so on.
"""

from __future__ import annotations

import datetime
import json
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._generated.errors import ClientError, ParamValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ._items import Operation

KIND = "chimeline.bulk"
_VERSION = 1
# What a journal has to have in common with the run.
_SAME = ("service", "operation", "region")


class Journal:
    """What earlier runs did, and where this one writes."""

    def __init__(self, path: str | os.PathLike[str], operation: Operation, region: str) -> None:
        self._path = Path(path)
        self._needs_announcement = not operation.is_repeatable
        self._header: dict[str, Any] = {
            "journal": KIND,
            "version": _VERSION,
            "service": operation.service,
            "operation": operation.name,
            "region": region,
        }
        self.done: dict[str, dict[str, Any]] = {}
        """What was done, by the keys of the items."""
        self.in_doubt: set[str] = set()
        """What may have been done, where doing it again may do harm."""
        self._found: dict[str, Any] | None = None
        self._file: int | None = None
        self._open_path = self._path
        self._read()

    def begin(self, identity: Mapping[str, str | None]) -> None:
        """Opens it for the account that the run is for; refuses one that is another's."""
        found = self._found
        if found is not None:
            self._check_identity(found, identity)
        # Outcomes may hold join tokens.
        file = os.open(self._open_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._file = file
        if os.fstat(file).st_size == 0:
            self._write({**self._header, **identity}, to_disk=True)

    def announce(self, keys: list[str]) -> None:
        """Notes that calls begin: on disk before they do, where their outcomes would be in doubt without."""
        if self._needs_announcement:
            self._write(*({"begun": key} for key in keys), to_disk=True)

    def note(self, key: str, output: dict[str, Any] | None, error: Exception | None) -> None:
        """Notes what came of a call."""
        if output is not None:
            metadata: dict[str, Any] = output.get("ResponseMetadata", {})
            members = {name: value for name, value in output.items() if name != "ResponseMetadata"}
            self._write(
                {
                    "done": key,
                    "output": members,
                    "status": metadata.get("HTTPStatusCode"),
                    "request_id": metadata.get("RequestId"),
                }
            )
            return
        answered = isinstance(error, (ClientError, ParamValidationError))
        self._write({"failed": key, "error": type(error).__name__, "message": str(error), "answered": answered})

    def output(self, key: str) -> dict[str, Any]:
        """What a call returned in an earlier run."""
        line = self.done[key]
        metadata = {
            "RequestId": line.get("request_id"),
            "HTTPStatusCode": line.get("status"),
            "HTTPHeaders": {},
            "RetryAttempts": 0,
        }
        return {"ResponseMetadata": metadata, **_revived(line["output"])}

    def close(self) -> None:
        """Closes the file; what is written later goes nowhere."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _write(self, *lines: dict[str, Any], to_disk: bool = False) -> None:
        if self._file is None:
            return
        # In one piece, so that lines of two processes stay apart.
        os.write(self._file, b"".join(json.dumps(line, default=_plain).encode() + b"\n" for line in lines))
        if to_disk:
            os.fsync(self._file)

    def _read(self) -> None:
        number = 0
        while self._open_path.exists() and self._open_path.stat().st_size > 0:
            damaged = self._read_file(self._open_path)
            if damaged is None:
                return
            number += 1
            following = self._path.with_name(f"{self._path.name}.{number}")
            warnings.warn(
                f"the journal {self._open_path} is damaged in line {damaged}: it counts up to there and is left as it is, "
                f"and the run goes on in {following}",
                RuntimeWarning,
                stacklevel=6,
            )
            self._open_path = following

    def _read_file(self, path: Path) -> int | None:
        """Takes up the lines of a file; gives the number of the first one that is damaged."""
        lines = _lines(path)
        header = next(lines)
        if header is None or header.get("journal") != KIND or header.get("version") != _VERSION:
            raise ParamValidationError(
                f"journal must be a file that chimeline.bulk has written, or none yet: the first line of {path} is not of one"
            )
        for name in _SAME:
            if header.get(name) != self._header[name]:
                raise ParamValidationError(
                    f"the journal {path} is of {name} {header.get(name)}, and this run of {self._header[name]}: give each a file"
                )
        if self._found is None:
            self._found = header
        for number, line in enumerate(lines, 2):
            if line is None or not self._take(line):
                return number
        return None

    def _take(self, line: dict[str, Any]) -> bool:
        if isinstance(key := line.get("done"), str) and isinstance(line.get("output"), dict):
            self.done[key] = line
            self.in_doubt.discard(key)
        elif isinstance(key := line.get("begun"), str):
            self.in_doubt.add(key)
        elif isinstance(key := line.get("failed"), str):
            if line.get("answered"):
                self.in_doubt.discard(key)
        else:
            return False
        return True

    def _check_identity(self, found: Mapping[str, Any], identity: Mapping[str, str | None]) -> None:
        for name in ("account", "credentials"):
            known, own = found.get(name), identity[name]
            if known is None or own is None:
                continue
            if known == own:
                return
            if name == "account":
                what = f"is of the account {known}, and this run of {own}"
            else:
                what = "was written with other credentials, and whether they are of this account cannot be told"
            raise ParamValidationError(f"the journal {self._path} {what}: give each a file of its own")


def _lines(path: Path) -> Iterator[dict[str, Any] | None]:
    """The lines of a file; None for one that is damaged."""
    with path.open("rb") as file:
        for raw in file:
            try:
                line = json.loads(raw) if raw.endswith(b"\n") else None
            except ValueError:
                line = None
            yield line if isinstance(line, dict) else None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return {"$date": value.isoformat()}
    raise TypeError(f"{value!r} of type {type(value).__name__}")


def _revived(value: Any) -> Any:
    if isinstance(value, list):
        return [_revived(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$date"}:
        return datetime.datetime.fromisoformat(value["$date"].replace("Z", "+00:00"))
    return {name: _revived(item) for name, item in value.items()}
