"""The pages of the documentation, and the code in them.

The convention, which lets a page be plain Markdown:

- The ``python`` blocks of a page are one program, as are its ``js`` and its ``sh`` blocks. Each program has a folder and a local
  service of its own, whose environment variables it sees. Python and JavaScript may ``await`` anywhere.
- A ``text`` block with the title ``Output`` is what the block before it prints; ``...`` in it stands for anything. Blocks of
  several languages that follow each other say the same, and the output behind them is that of each.
- A block whose title is the name of a file is written to that file, and not run.
- An ``sh`` block with the title ``Another terminal`` goes on while the blocks after it run. Port 8000 stands for a free one.
- ``pip install``, ``npm install`` and ``make`` are held against the packages and targets that there are, and not run.
- ``<!-- hidden LANGUAGE``, code, ``-->`` is run where it stands, and not shown.
- ``console`` blocks are ``sh`` with the commands behind ``$`` and their output between them.
- ``diff`` blocks: the lines that they add are run. ``json``, ``yaml``, ``toml`` and ``ini`` are read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROGRAMS = ("python", "js", "sh")
DATA = ("json", "yaml", "toml", "ini")
OUTPUT = "Output"
BACKGROUND = "Another terminal"
GENERATED = ("chime", "chime-sdk-media-pipelines", "chime-sdk-meetings")

_FENCE = re.compile(r'^```(\w*)(?: title="([^"]*)")?$')
_FILE = re.compile(r"^[\w./\[\]-]+\.\w+$")


@dataclass
class Block:
    """One block of code: where its first line stands, counted from 1, and what it prints where the page says so."""

    language: str
    title: str
    text: str
    line: int
    output: str | None = None

    @property
    def file(self) -> str | None:
        return self.title if _FILE.match(self.title) else None

    @property
    def installs(self) -> bool:
        lines = [line for line in self.text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        return (
            self.language == "sh"
            and bool(lines)
            and all(line.startswith(("pip install ", "npm install ", "make ")) for line in lines)
        )


def written() -> list[Path]:
    """The pages that are written by hand."""
    pages = [ROOT / "README.md", ROOT / "python/README.md", ROOT / "node/README.md"]
    inside = (page for page in (ROOT / "docs").rglob("*.md") if page.parent.name not in GENERATED)
    return [page for page in (*pages, *sorted(inside)) if page.exists()]


def operations() -> list[Path]:
    """The generated pages, one an operation."""
    folders = [ROOT / "docs/reference" / name for name in GENERATED]
    return [page for folder in folders for page in sorted(folder.glob("*.md")) if page.name != "index.md"]


def blocks(text: str) -> list[Block]:
    """The blocks of a page. Raises ValueError for one that the convention does not know."""
    found: list[Block] = []
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if line.startswith("<!-- hidden "):
            language, end, title = line.removeprefix("<!-- hidden ").strip(), "-->", ""
        elif line.lstrip().startswith("```"):
            fence = _FENCE.match(line)
            if fence is None:
                raise ValueError(f"line {number}: write a block of code as ```language, at the margin")
            language, title, end = fence[1], fence[2] or "", "```"
        else:
            continue
        start = number
        while number < len(lines) and lines[number] != end:
            number += 1
        if number == len(lines):
            raise ValueError(f"line {start}: the block has no end")
        block = Block(language, title, "\n".join(lines[start:number]) + "\n", start + 1)
        number += 1
        _add(found, _commands(block) if block.language == "console" else block)
    return found


def _commands(block: Block) -> Block:
    """A session at the prompt as a block of commands."""
    lines = block.text.splitlines()
    commands = [line.removeprefix("$ ") if line.startswith("$ ") else "" for line in lines]
    output = [line for line in lines if not line.startswith("$ ")]
    return Block("sh", block.title, "\n".join(commands) + "\n", block.line, "\n".join(output) if output else None)


def _add(found: list[Block], block: Block) -> None:
    if block.language == "text" and block.title == OUTPUT:
        if not found or found[-1].output is not None or found[-1].language not in PROGRAMS:
            raise ValueError(f"line {block.line}: output of which block?")
        # Blocks that follow each other say the same in several languages, and print the same.
        found[-1].output = block.text
        for before, after in zip(reversed(found[:-1]), reversed(found), strict=False):
            if before.output is not None or before.file or before.language not in PROGRAMS or not _adjacent(before, after):
                break
            before.output = block.text
    elif block.language in (*PROGRAMS, *DATA, "diff", "text", "mermaid") or block.file:
        found.append(block)
    else:
        raise ValueError(f"line {block.line}: what is a block of {block.language or 'no language'}?")


def _adjacent(before: Block, after: Block) -> bool:
    """Whether there is one empty line between the two."""
    return after.line - 1 - (before.line + before.text.count("\n")) == 2 and before.language != after.language


def program(found: list[Block], language: str) -> list[Block]:
    """The blocks that make the page's program in that language."""
    added = [_added(block) for block in found if block.language == "diff"]
    own = [block for block in found if block.language == language and not block.file and not block.installs]
    return sorted([*own, *(block for block in added if block.language == language)], key=lambda block: block.line)


def _added(block: Block) -> Block:
    """What a diff leads to, in the language that its imports are of."""
    lines = ["" if line.startswith("-") else line[1:] for line in block.text.splitlines()]
    language = "js" if any(re.search(r"(from|require\() ?[\"']", line) for line in lines) else "python"
    return Block(language, "", "\n".join(lines) + "\n", block.line)


def links(text: str) -> list[tuple[int, str]]:
    """The links outside of code, with their lines."""
    found, code = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            code = not code
        elif not code:
            plain = re.sub(r"`[^`]*`", "", line)
            found += [(number, target) for target in re.findall(r"\]\(([^)\s]+)\)", plain)]
    return found


def anchors(text: str) -> set[str]:
    """The names of the headings, as links have them."""
    found, code = set(), False
    for line in text.splitlines():
        if line.startswith("```"):
            code = not code
        elif not code and (heading := re.match(r"#+ (.*)", line)):
            words = re.sub(r"[^\w\s-]", "", heading[1]).strip().lower()
            found.add(re.sub(r"[\s-]+", "-", words))
    return found
