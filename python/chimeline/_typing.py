"""``typing`` with what is younger than Python 3.10, for the types and for whoever evaluates annotations."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Never, NotRequired, Self, TypedDict, Unpack
elif sys.version_info >= (3, 12):
    from typing import Never, NotRequired, Self, TypedDict, Unpack
else:
    try:
        # pydantic takes no other TypedDict before 3.12, and has it installed.
        from typing_extensions import Never, NotRequired, Self, TypedDict, Unpack
    except ImportError:
        if sys.version_info >= (3, 11):
            from typing import Never, NotRequired, Self, TypedDict, Unpack
        else:
            from types import GenericAlias
            from typing import NoReturn as Never
            from typing import TypedDict, TypeVar

            class NotRequired:
                """``NotRequired[X]`` is ``X``: as ``get_type_hints`` returns it. ``__required_keys__`` does not see it."""

                def __class_getitem__(cls, item):
                    return item

            class Unpack:
                """``Unpack[X]`` keeps its argument."""

                def __class_getitem__(cls, item):
                    return GenericAlias(cls, (item,))

            Self = TypeVar("Self")

__all__ = ["Never", "NotRequired", "Self", "TypedDict", "Unpack"]


def __getattr__(name: str) -> object:
    import typing

    return getattr(typing, name)
