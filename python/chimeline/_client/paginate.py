"""Paginators: the pages of a list operation, one call after another, by the names and rules of botocore's."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Generic, TypeVar

from .._generated.errors import PaginationError
from .._typing import TypedDict

P = TypeVar("P")


class PaginationConfig(TypedDict, total=False):
    """How far, how fast and from where to page."""

    MaxItems: int | None
    """How many items in all; without it, all there are."""
    PageSize: int | None
    """How many items a call asks for; without it, the service decides."""
    StartingToken: str | None
    """Where to go on: the ``resume_token`` of pages that ended at ``MaxItems``, or a token of the service."""


class _Pages:
    """What the pages of both clients share: the walk from one call to the next, which the iterators drive."""

    def __init__(self, method: Any, items: str, config: PaginationConfig, params: dict[str, Any]) -> None:
        self._method = method
        self._items = items
        self._params = params
        self._page_size = _whole_number("PageSize", config.get("PageSize"))
        self._max_items = _whole_number("MaxItems", config.get("MaxItems"))
        self._starting_token = config.get("StartingToken")
        self.resume_token: str | None = None
        """Where to go on, once the pages have ended at ``MaxItems``."""

    def _walk(self) -> Walk:
        return Walk(self._items, self._max_items, self._starting_token)

    def _call_params(self, walk: Walk) -> dict[str, Any]:
        params = dict(self._params)
        if self._page_size is not None:
            params["MaxResults"] = self._page_size
        if walk.token is not None:
            params["NextToken"] = walk.token
        return params

    def _result(self, pages: list[Any]) -> dict[str, Any]:
        """All pages in one: the items, and the token to go on with where there are more."""
        items = [item for page in pages for item in page.get(self._items, [])]
        result: dict[str, Any] = {self._items: items}
        if self.resume_token is not None:
            result["NextToken"] = self.resume_token
        return result


class Walk:
    """Where a walk over the pages is: the token of the next call, and how many items are still wanted."""

    def __init__(self, items: str, max_items: int | None, starting_token: str | None) -> None:
        self._items = items
        self._left = max_items
        self.token, self._skip = _decoded(starting_token)
        self.resume_token: str | None = None
        self.ended = False

    def take(self, page: Any) -> Any:
        """The page as the caller gets it; sets what comes next."""
        found = page.get(self._items)
        items = [] if found is None else found
        skipped, self._skip = self._skip, 0
        if skipped:
            items = page[self._items] = items[skipped:]
        if self._left is not None and len(items) > self._left:
            page[self._items] = items[: self._left]
            self.resume_token = _encoded(self.token, self._left + skipped)
            self.ended = True
            return page
        if self._left is not None:
            self._left -= len(items)
        token = page.get("NextToken") or None
        if token is None:
            self.ended = True
        elif self._left == 0:
            self.resume_token = _encoded(token, 0)
            self.ended = True
        elif token == self.token:
            raise PaginationError(f"Error during pagination: The same next token was received twice: {{'NextToken': {token!r}}}")
        self.token = token
        return page


class PageIterator(_Pages, Generic[P]):
    """The pages, each got when the loop asks for it."""

    _method: Callable[..., P]

    def __iter__(self) -> Iterator[P]:
        walk = self._walk()
        while not walk.ended:
            page = walk.take(self._method(**self._call_params(walk)))
            self.resume_token = walk.resume_token
            yield page

    def build_full_result(self) -> dict[str, Any]:
        """All pages in one dict: the items, and ``NextToken`` where ``MaxItems`` left some over."""
        return self._result(list(self))

    def search(self, expression: str) -> Iterator[Any]:
        """What a JMESPath expression finds in each page, one by one; of a list, its items. Needs ``chimeline[jmespath]``."""
        compiled = _compiled(expression)
        return (item for page in self for item in _listed(compiled.search(page)))

    def result_key_iters(self) -> list[Iterator[Any]]:
        """For each member that holds a page's items, an iterator over all of them: one, in these services."""
        return [(item for page in self for item in _items_of(page, self._items))]


class AsyncPageIterator(_Pages, Generic[P]):
    """The pages, each awaited when the loop asks for it."""

    _method: Callable[..., Awaitable[P]]

    async def __aiter__(self) -> AsyncIterator[P]:
        walk = self._walk()
        while not walk.ended:
            page = walk.take(await self._method(**self._call_params(walk)))
            self.resume_token = walk.resume_token
            yield page

    async def build_full_result(self) -> dict[str, Any]:
        """All pages in one dict: the items, and ``NextToken`` where ``MaxItems`` left some over."""
        return self._result([page async for page in self])

    def search(self, expression: str) -> AsyncIterator[Any]:
        """What a JMESPath expression finds in each page, one by one; of a list, its items. Needs ``chimeline[jmespath]``."""
        return self._found(_compiled(expression))

    async def _found(self, compiled: Any) -> AsyncIterator[Any]:
        async for page in self:
            for item in _listed(compiled.search(page)):
                yield item

    def result_key_iters(self) -> list[AsyncIterator[Any]]:
        """For each member that holds a page's items, an iterator over all of them: one, in these services."""
        return [self._all_items()]

    async def _all_items(self) -> AsyncIterator[Any]:
        async for page in self:
            for item in _items_of(page, self._items):
                yield item


class Paginator(Generic[P]):
    """Makes the pages of one operation."""

    def __init__(self, method: Callable[..., P], items: str) -> None:
        self._method = method
        self._items = items

    def paginate(self, *, PaginationConfig: PaginationConfig | None = None, **kwargs: Any) -> PageIterator[P]:
        """The pages for these arguments of the operation."""
        return PageIterator(self._method, self._items, PaginationConfig or {}, kwargs)


class AsyncPaginator(Generic[P]):
    """Makes the pages of one operation."""

    def __init__(self, method: Callable[..., Awaitable[P]], items: str) -> None:
        self._method = method
        self._items = items

    def paginate(self, *, PaginationConfig: PaginationConfig | None = None, **kwargs: Any) -> AsyncPageIterator[P]:
        """The pages for these arguments of the operation."""
        return AsyncPageIterator(self._method, self._items, PaginationConfig or {}, kwargs)


def _compiled(expression: str) -> Any:
    try:
        import jmespath
    except ImportError:
        raise ImportError("search() needs jmespath: pip install 'chimeline[jmespath]'") from None
    return jmespath.compile(expression)


def _listed(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [found]


def _items_of(page: Any, name: str) -> list[Any]:
    found = page.get(name)
    return [] if found is None else found


def _whole_number(name: str, value: Any) -> int | None:
    if value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise PaginationError(f"{name} must be a whole number, not {value!r}") from None


# The form of botocore's resume tokens, which so carry over: base64 of JSON, with how many items of the page were taken.
_TAKEN = "boto_truncate_amount"


def _encoded(token: str | None, taken: int) -> str:
    state: dict[str, Any] = {} if token is None else {"NextToken": token}
    if taken:
        state[_TAKEN] = taken
    return base64.b64encode(json.dumps(state).encode()).decode("ascii")


def _decoded(token: str | None) -> tuple[str | None, int]:
    if token is None:
        return None, 0
    try:
        state = json.loads(base64.b64decode(token.encode(), validate=True))
        if "NextToken" in state or _TAKEN in state:
            return state.get("NextToken"), int(state.get(_TAKEN, 0))
    except (ValueError, AttributeError, TypeError):
        pass
    # A token of the service itself.
    return token, 0
