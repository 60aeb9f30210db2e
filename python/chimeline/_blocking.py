"""The base of the clients whose methods block."""

from __future__ import annotations

from ._client import BaseClient

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeVar

    C = TypeVar("C", bound="BlockingClient")


class BlockingClient(BaseClient):
    """A client whose methods block. Any number of threads may use it at once."""

    _paginator_class = "Paginator"

    def _call(self, operation: str, params: Mapping[str, Any]) -> Any:
        return self._native.call(operation, params)

    def close(self) -> None:
        """Closes the idle connections. The client stays usable."""
        self._native.close()

    def __enter__(self: C) -> C:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
