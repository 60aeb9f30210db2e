"""The items of a run: what each is known by, which are due, and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .._generated.errors import OutcomeUnknownError, ParamValidationError
from ..recording._drive import function

if TYPE_CHECKING:
    from ._journal import Journal

    # The output and the error of a call; one of them is None.
    Outcome = tuple[dict[str, Any] | None, Exception | None]


@dataclass(frozen=True)
class BulkResult:
    """What came of one input."""

    index: int
    """The place of the input among the inputs, from 0 on."""
    input: Mapping[str, Any] = field(repr=False)
    """The input as it was given."""
    output: dict[str, Any] | None = field(default=None, repr=False)
    """What the call returned; None where it failed."""
    error: Exception | None = None
    """Why it failed; None where it succeeded."""
    resumed: bool = False
    """Whether an earlier run made the call, by the journal."""

    @property
    def ok(self) -> bool:
        """Whether the call succeeded, now or in an earlier run."""
        return self.error is None


class Operation:
    """The operation of a run."""

    def __init__(self, client: Any, name: Any) -> None:
        self.service: str = client._service_name
        found = function("bulk_operation", service=self.service, operation=name)
        self.name: str = found["operation"]
        self.token: str | None = found["token"]
        """The member for an idempotency token."""
        self.is_repeatable: bool = found["repeatable"]
        """Whether the same request may be made twice without harm."""
        self.method = next(method for method, known in client._operations.items() if known == self.name)


@dataclass(frozen=True)
class Item:
    """An input that is due."""

    index: int
    given: Mapping[str, Any]
    key: str
    request: Mapping[str, Any]


class Items:
    """The inputs, taken one by one."""

    def __init__(
        self, operation: Operation, inputs: Iterable[Mapping[str, Any]], journal: Journal | None, *, is_part: bool = False
    ) -> None:
        self._operation = operation
        self._is_part = is_part
        self._inputs: Iterator[tuple[int, Mapping[str, Any]]] = enumerate(inputs)
        self._journal = journal
        self._seen: Counter[str] = Counter()
        self.total = len(inputs) if hasattr(inputs, "__len__") else None  # type: ignore[arg-type]

    def take(self) -> Item | BulkResult | None:
        """The next item, or its result where there is one already; None after the last one."""
        found = next(self._inputs, None)
        if found is None:
            return None
        index, given = found
        if self._is_part:
            return Item(index, given, "", given)
        try:
            key = self._key(index, given)
            return self._known(index, given, key) or self._due(index, given, key)
        except ParamValidationError as error:
            return BulkResult(index, given, error=error)

    def _due(self, index: int, given: Mapping[str, Any], key: str) -> Item:
        member = self._operation.token
        return Item(index, given, key, given if member is None or given.get(member) is not None else {**given, member: key})

    def _known(self, index: int, given: Mapping[str, Any], key: str) -> BulkResult | None:
        """What the journal says of the item."""
        journal = self._journal
        if journal is not None and key in journal.done:
            return BulkResult(index, given, journal.output(key), resumed=True)
        if journal is not None and key in journal.in_doubt:
            error = OutcomeUnknownError(
                f"whether an earlier run has carried out inputs[{index}] is not known, and {self._operation.name} takes no token "
                "that would make it safe to repeat: look for what it made, and give the input anew without this journal if there "
                "is nothing"
            )
            return BulkResult(index, given, error=error)
        return None

    def _key(self, index: int, given: Any) -> str:
        """What the item is known by in each run of the same inputs, in whichever order they come."""
        if not isinstance(given, Mapping):
            raise invalid(f"inputs[{index}]", given, "a dict")
        named: dict[str, Any] = {"service": self._operation.service, "operation": self._operation.name, "input": dict(given)}
        key = function("bulk_item", **named)
        place = self._seen[key]
        self._seen[key] += 1
        return function("bulk_item", **named, place=place) if place else key


def invalid(name: str, value: Any, rule: str) -> ParamValidationError:
    """The error of an argument that cannot be right."""
    return ParamValidationError(f"{name} must be {rule}, not {value!r} of type {type(value).__name__}")
