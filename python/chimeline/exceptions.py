"""Every exception of the package: those of the client's side, and a class for each error that a service names.

All derive from :class:`ChimelineError`; the services' derive from :class:`ClientError`.
"""

from __future__ import annotations

from ._generated import exceptions
from ._generated.exceptions import *

__all__: list[str] = []
__all__ += exceptions.__all__
