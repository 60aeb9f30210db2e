"""Recordings of calls: made once against a real endpoint, without what is secret, and replayed without a network."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from .. import exceptions
from .._client.base import Hooks
from .._client.model import OperationModel
from .._typing import Self
from ._mask import Mask

_VERSION = 1
_HEADERS = ("content-length", "content-type", "date", "x-amzn-requestid")


def record(path: str | os.PathLike[str], *, mode: Literal["once", "record", "replay"] = "once") -> Recording:
    """Records the calls of all clients in a ``with`` block, or an ``async with``, to a file; or replays them from it.

    path: the file, in JSON.
    mode: ``once`` replays what is in the file, and records where there is no file yet; ``record`` always calls the service and
        writes the file anew; ``replay`` never calls it.

    What the model calls sensitive, such as join tokens and names of attendees, is masked in the file, and so are account ids;
    credentials and signatures are not in it at all. ARNs stay, with the account ``000000000000``. A call is replayed by its
    service, its operation and its parameters, each recorded call once, in the recorded order; one that was not recorded raises
    :class:`chimeline.exceptions.UnStubbedResponseError`.
    """
    if mode not in ("once", "record", "replay"):
        raise ValueError(f"mode must be 'once', 'record' or 'replay', not {mode!r}")
    return Recording(Path(path), mode)


class Recording:
    """The calls of a block, recorded or replayed."""

    def __init__(self, path: Path, mode: str) -> None:
        self._path = path
        self._mode = mode
        self._lock = Lock()
        self._calls: list[dict[str, Any]] = []
        self._used: set[int] = set()
        self._mask = Mask()
        self.replays = False
        """Whether calls are replayed; else they go to the service."""

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The recorded calls: ``service``, ``operation``, ``params`` and what came of each."""
        return list(self._calls)

    @property
    def unused(self) -> list[dict[str, Any]]:
        """The recorded calls that were not replayed."""
        return [call for at, call in enumerate(self._calls) if at not in self._used] if self.replays else []

    def __enter__(self) -> Self:
        if Hooks.recording is not None:
            raise RuntimeError(f"calls are recorded to {Hooks.recording._path} already; leave that block first")
        self.replays = self._mode == "replay" or (self._mode == "once" and self._path.exists())
        self._calls = self._load() if self.replays else []
        self._used, self._mask = set(), Mask()
        Hooks.recording = self
        return self

    def __exit__(self, raised: object, *_: object) -> None:
        Hooks.recording = None
        if not self.replays and raised is None:
            document = {"version": _VERSION, "calls": self._calls}
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, *exc: object) -> None:
        self.__exit__(*exc)

    def _load(self) -> list[dict[str, Any]]:
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            calls: list[dict[str, Any]] = document["calls"]
            version = document["version"]
        except FileNotFoundError:
            raise FileNotFoundError(f"there is no recording {self._path}; record it once with mode='once' or 'record'") from None
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{self._path} is no recording of calls: {error!r}") from error
        if version != _VERSION:
            raise ValueError(f"{self._path} has version {version!r}, and this package reads {_VERSION}; record it anew")
        return calls

    def replay(self, model: OperationModel, params: dict[str, Any]) -> dict[str, Any]:
        """The parsed response of a recorded call, which may be an error; raises what was raised without a response."""
        service = model.service_model.service_name
        wanted = self._mask.request(model, params)
        with self._lock:
            left = [(at, call) for at, call in enumerate(self._calls) if at not in self._used]
            found = next(((at, call) for at, call in left if self._is(call, service, model.name, wanted)), None)
            if found is None:
                following = ", ".join(f"{call['operation']} {call['params']}" for _, call in left[:3]) or "none"
                raise exceptions.UnStubbedResponseError(
                    operation_name=model.name,
                    reason=f"{self._path} has no such call with {wanted}; those left begin with {following}",
                )
            self._used.add(found[0])
        call = found[1]
        if "raised" in call:
            raise getattr(exceptions, call["raised"], exceptions.ChimelineError)(call["message"])
        parsed: dict[str, Any] = {"ResponseMetadata": call["metadata"]}
        if "error" in call:
            return {**parsed, **call["error"]}
        shape = model.output_shape
        return parsed if shape is None else {**parsed, **_decoded(shape, call["result"])}

    def note(self, model: OperationModel, params: Any, parsed: dict[str, Any]) -> None:
        """Records a call and its response."""
        kept = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        metadata = dict(parsed.get("ResponseMetadata", {}))
        headers: dict[str, str] = metadata.get("HTTPHeaders", {})
        metadata["HTTPHeaders"] = {name: value for name, value in headers.items() if name.lower() in _HEADERS}
        if "Error" in parsed:
            self._add(model, params, metadata=metadata, error=kept)
        else:
            self._add(model, params, metadata=metadata, result=self._mask.response(model, kept))

    def note_failure(self, model: OperationModel, params: Any, error: Exception) -> None:
        """Records a call that has no response."""
        self._add(model, params, raised=type(error).__name__, message=str(error))

    def _add(self, model: OperationModel, params: Any, **outcome: Any) -> None:
        call = {"service": model.service_model.service_name, "operation": model.name, "params": self._mask.request(model, params)}
        for part in ("error", "message"):
            if part in outcome:
                outcome[part] = self._mask.text(outcome[part])
        with self._lock:
            self._calls.append({**call, **outcome})

    def _is(self, call: dict[str, Any], service: str, operation: str, params: Any) -> bool:
        return (call["service"], call["operation"], call["params"]) == (service, operation, params)


def _decoded(shape: Any, value: Any) -> Any:
    """The value as a response has it, of what JSON holds."""
    if shape.type_name == "timestamp" and isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(value, dict):
        if shape.type_name == "structure":
            return {name: _decoded(shape.members[name], each) for name, each in value.items() if name in shape.members}
        return {name: _decoded(shape.value, each) for name, each in value.items()}
    if isinstance(value, list):
        return [_decoded(shape.member, each) for each in value]
    return value
