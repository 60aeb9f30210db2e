"""The layers of the package, as `tests/layers.json` lists them: an import goes to a later layer, and in no circle.

Imports inside functions count, and so do modules that are loaded when first used; those for type checkers alone do not.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAZY = "_lazy"


class Imports(ast.NodeVisitor):
    """The names that a module imports, each in full."""

    def __init__(self, package: str, lazy: dict[str, str]) -> None:
        self.package, self.lazy = package, lazy
        self.found: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        types_only = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for statement in [*([] if types_only else node.body), *node.orelse]:
            self.visit(statement)

    def visit_Import(self, node: ast.Import) -> None:
        self.found.update(name.name for name in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        base = node.module or ""
        if node.level:
            above = self.package.split(".")[: len(self.package.split(".")) - node.level + 1]
            base = ".".join([*above, *([node.module] if node.module else [])])
        for name in node.names:
            is_lazy = base.endswith(f".{LAZY}") and name.name in self.lazy
            self.found.add(self.lazy[name.name] if is_lazy else f"{base}.{name.name}")

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id == "LazyModule" and isinstance(node.args[0], ast.Constant):
            self.found.add(str(node.args[0].value))
        self.generic_visit(node)


def lazy_modules(path: Path) -> dict[str, str]:
    """What `_lazy` offers by name: whoever takes such a name imports the module that it stands for."""
    if not path.exists():
        return {}
    found = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name):
            (argument,) = node.value.args
            assert isinstance(argument, ast.Constant)
            found[node.targets[0].id] = str(argument.value)
    return found


def graph(folder: Path) -> dict[str, set[str]]:
    """Which modules each module of a package imports; the package itself has the name of its folder."""
    modules: dict[str, Path] = {}
    for path in folder.rglob("*.py"):
        steps = path.relative_to(folder.parent).with_suffix("").parts
        modules[".".join(steps[:-1] if steps[-1] == "__init__" else steps)] = path
    lazy = lazy_modules(folder / f"{LAZY}.py")
    found = {}
    for name, path in modules.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        imports = Imports(package, lazy)
        if name != f"{folder.name}.{LAZY}":
            imports.visit(ast.parse(path.read_text()))
        targets = {full if full in modules else full.rpartition(".")[0] for full in imports.found}
        found[name] = {target for target in targets if target in modules and target != name}
    return found


def circles(imports: dict[str, set[str]]) -> list[str]:
    found: list[str] = []
    done: set[str] = set()

    def follow(name: str, way: list[str]) -> None:
        if name in way:
            found.append("circle: " + " -> ".join([*way[way.index(name) :], name]))
        elif name not in done:
            for target in sorted(imports[name]):
                follow(target, [*way, name])
            done.add(name)

    for name in sorted(imports):
        follow(name, [])
    return found


def faults(folder: Path, layers: list[str | list[str]]) -> list[str]:
    """What is against the layers, which are listed from the top down; rooms of one layer do not import each other."""
    levels = {room: level for level, layer in enumerate(layers) for room in ([layer] if isinstance(layer, str) else layer)}

    def room(module: str) -> str:
        """The longest part of its path that is in a layer; else its folder."""
        steps = module.split(".")[1:] or ["__init__"]
        parts = [".".join(steps[:length]) for length in range(len(steps), 0, -1)]
        return next((part for part in parts if part in levels), steps[0])

    imports = graph(folder)
    found = [f"{room(name)} is in no layer: name it in tests/layers.json" for name in imports if room(name) not in levels]
    for name, targets in imports.items():
        for target in targets:
            own, other = room(name), room(target)
            if own != other and own in levels and levels.get(other, 0) <= levels[own]:
                found.append(f"{name} imports {target}, which is not below it")
    return found + circles(imports)


def test_imports_go_down_and_in_no_circle() -> None:
    table = json.loads((ROOT / "tests/layers.json").read_text())["python"]
    assert table
    for folder, layers in table.items():
        assert faults(ROOT / folder, layers) == []


@pytest.mark.parametrize(
    ("low", "expected"),
    [
        ("def f():\n    from .high import g\n", "house.low imports house.high, which is not below it"),
        ("from ._lazy import late\n", "house.low imports house.high, which is not below it"),
        ("def f():\n    from . import other\n", "circle: house.low -> house.other -> house.low"),
        ("TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from .high import g\n", None),
    ],
)
def test_an_import_upwards_and_a_circle_are_found(low: str, expected: str | None, tmp_path: Path) -> None:
    folder = tmp_path / "house"
    folder.mkdir()
    texts = {
        "__init__": "from .high import g\n",
        "high": "g = 1\n",
        "low": low,
        "other": "from .low import f\n",
        "_lazy": 'class LazyModule: ...\n\n\nlate = LazyModule("house.high")\n',
    }
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    found = faults(folder, ["__init__", "high", ["other"], "low", "_lazy"])
    if expected is None:
        assert found == []
    else:
        assert expected in found


SOURCES = {".rs", ".py", ".cjs", ".mjs", ".cts", ".mts", ".ts", ".toml", ".j2"}
AT_MOST = 14


def test_no_folder_has_more_than_fourteen_hand_written_source_files() -> None:
    folders: dict[str, list[str]] = {}
    for path in (path for top in ("crates", "node", "python") for path in (ROOT / top).rglob("*") if path.suffix in SOURCES):
        if {"tests", "target", "node_modules"}.isdisjoint(path.parts) and "GENERATED by" not in path.read_text().partition("\n")[
            0
        ]:
            folders.setdefault(str(path.parent.relative_to(ROOT)), []).append(path.name)
    assert len(folders) > 30
    crowded = {folder: len(names) for folder, names in folders.items() if len(names) > AT_MOST}
    assert crowded == {}
