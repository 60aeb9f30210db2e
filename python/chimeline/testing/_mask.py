"""What a recording keeps of parameters and responses: nothing that the models call sensitive, and no account ids."""

from __future__ import annotations

import re
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._client.model import OperationModel

_ACCOUNT = "000000000000"
_MASKED = "masked"
# Twelve digits that stand alone, as the account's id does in an ARN or in the name of a bucket.
_ACCOUNT_ID = re.compile(r"(?<![0-9A-Fa-f-])\d{12}(?![0-9A-Fa-f])")
# Shorter ones would be found by chance in other words.
_LEAST_HIDDEN = 4


class Mask:
    """Masks the values of one recording: the same value of a response always by the same word."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._words: dict[str, str] = {}
        self._hidden: set[str] = set()

    def request(self, model: OperationModel, params: Any) -> Any:
        """The parameters as JSON holds them. An idempotency token is left out, which is of one run alone."""
        kept = {name: value for name, value in params.items() if name not in model.idempotent_members}
        return self._value(model.input_shape, kept, self._hide)

    def response(self, model: OperationModel, parsed: dict[str, Any]) -> Any:
        """The members of a response as JSON holds them. Two values that differ still do."""
        shape = model.output_shape
        return {} if shape is None else self._value(shape, parsed, self._word)

    def text(self, value: Any) -> Any:
        """Texts of an error, in which the service may quote what it was given."""
        if isinstance(value, str):
            for hidden in sorted(self._hidden, key=len, reverse=True):
                value = value.replace(hidden, _MASKED)
            return _ACCOUNT_ID.sub(_ACCOUNT, value)
        if isinstance(value, dict):
            return {name: self.text(each) for name, each in value.items()}
        return [self.text(each) for each in value] if isinstance(value, list) else value

    def _value(self, shape: Any, value: Any, hide: Any) -> Any:
        if isinstance(value, dict):
            return self._entries(shape, value, hide)
        if isinstance(value, (list, tuple)):
            return [self._value(shape.member, each, hide) for each in value]
        if isinstance(value, datetime):
            return value.isoformat()
        if not isinstance(value, str):
            return value
        if shape.metadata.get("sensitive") and not value.startswith("arn:"):
            return hide(value)
        return _ACCOUNT_ID.sub(_ACCOUNT, value)

    def _entries(self, shape: Any, value: dict[str, Any], hide: Any) -> dict[str, Any]:
        if shape.type_name == "structure":
            members = shape.members
            return {name: self._value(members[name], each, hide) for name, each in value.items() if name in members}
        if shape.metadata.get("sensitive"):
            return {hide(name): hide(str(each)) for name, each in value.items()}
        return {name: self._value(shape.value, each, hide) for name, each in value.items()}

    def _hide(self, value: str) -> str:
        with self._lock:
            if len(value) >= _LEAST_HIDDEN and not value.startswith(_MASKED):
                self._hidden.add(value)
        return _MASKED

    def _word(self, value: str) -> str:
        with self._lock:
            return self._words.setdefault(value, f"{_MASKED}-{len(self._words) + 1}")
