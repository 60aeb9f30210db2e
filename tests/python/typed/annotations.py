"""Evaluates every annotation of the public package; run by each Python, with typing_extensions and without."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import typing
from types import FunctionType

if "without" in sys.argv:
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]

import chimeline
import chimeline.services
import chimeline.types

MODULES = [f"chimeline{name}" for name in ("", ".blocking", ".bulk", ".config", ".exceptions", ".testing", "._client.paginate")]
for package in (chimeline.services, chimeline.types):
    MODULES += [module.name for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")]


def functions(cls: type) -> dict[str, FunctionType]:
    """Those of the class and of its bases of this package; what begins with one underscore is private."""
    found = {}
    for base in cls.__mro__:
        for name, attribute in vars(base).items():
            value = getattr(attribute, "fget", attribute)
            private = name.startswith("_") and not name.startswith("__")
            if inspect.isfunction(value) and value.__module__.startswith("chimeline") and not private:
                found.setdefault(f"{base.__name__}.{name}", value)
    return found


def main() -> None:
    evaluated = 0
    failed = []
    for name in MODULES:
        module = importlib.import_module(name)
        for public in [entry for entry in vars(module) if not entry.startswith("_")]:
            value = getattr(module, public)
            if not getattr(value, "__module__", "").startswith("chimeline"):
                continue
            entries = {public: value} if inspect.isfunction(value) or isinstance(value, type) else {}
            if isinstance(value, type):
                entries |= functions(value)
            for what, entry in entries.items():
                try:
                    typing.get_type_hints(entry)
                    evaluated += 1
                except Exception as error:  # noqa: PERF203
                    failed.append(f"{name}: {what}: {error!r}")
    print(evaluated, *sorted(set(failed)), sep="\n")
    sys.exit(bool(failed))


main()
