"""Lets ``except`` clauses that name botocore's classes catch ours: for code that moves over one import at a time.

::

    import chimeline.compat

    try:
        client.get_meeting(MeetingId=meeting_id)
    except botocore.exceptions.ClientError as error:
        ...

Importing this module once is all; botocore must be installed. Each exception of ``chimeline.exceptions`` then is also one of
the class of that name in ``botocore.exceptions``. Without it they have nothing to do with botocore's.
"""

from __future__ import annotations

import botocore.exceptions  # pyright: ignore[reportMissingTypeStubs]

from .. import exceptions
from .._errors import OSErrorBase

__all__: list[str] = []


def _install() -> None:
    # Bases first: what derives from a class takes over the classes that it gets.
    for name in sorted(exceptions.__all__, key=lambda name: len(getattr(exceptions, name).__mro__)):
        ours, theirs = getattr(exceptions, name), getattr(botocore.exceptions, name, None)
        if isinstance(theirs, type) and not issubclass(ours, theirs):
            own = [base for base in ours.__bases__ if issubclass(base, exceptions.ChimelineError)]
            built_in = [base for base in ours.__bases__ if base not in own and base is not OSErrorBase]
            ours.__bases__ = (*own, theirs, *(base for base in built_in if not issubclass(theirs, base)))


_install()
