"""What the site makes of the plain Markdown: tabs of languages, links that leave the folder, pages for machines, drawings."""

from __future__ import annotations

import posixpath
import re
import shutil
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
LABELS = {"python": "Python", "js": "Node", "sh": "Command line"}
# Pages whose sources are outside of docs/, where readers of a repository look for them.
OUTSIDE = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
# What pages load besides the theme, from npm packages in place of a server of others.
PACKAGES = ROOT / "build/docs-node/node_modules"
DRAWINGS = "assets/javascripts/mermaid.min.js"
SHIM = "assets/javascripts/iframe-worker.js"
LOADED = {DRAWINGS: "mermaid/dist/mermaid.min.js", SHIM: "iframe-worker/shim/index.js"}

_HIDDEN = re.compile(r"^<!-- (?:hidden \w+\n.*?|GENERATED[^\n]*)-->\n+", re.MULTILINE | re.DOTALL)
# A block of code, and what it prints where the page shows it.
_FENCE = re.compile(r'(^```(\w+)[^\n]*\n.*?^```\n)(\n```text title="Output"\n.*?^```\n)?', re.MULTILINE | re.DOTALL)
# Pages whose tables need the room of the table of contents.
WIDE = {"reference/options.md"}
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")

_pages: list[tuple[str, str, str]] = []


def on_config(config: Any) -> Any:
    """Lists the operations of a service, and leaves out what is not there."""
    _pages.clear()
    docs = Path(config["docs_dir"])
    for section in config["nav"]:
        for title, entries in section.items():
            section[title] = [entry for entry in (_entry(docs, entry) for entry in entries) if entry is not None]
    return config


def _entry(docs: Path, entry: str) -> Any:
    path = docs / entry
    if path.is_dir():
        names = sorted(page.name for page in path.glob("*.md") if page.name != "index.md")
        return {path.name: [f"{entry}/index.md", *(f"{entry}/{name}" for name in names)]}
    return entry if path.exists() or entry in OUTSIDE.values() else None


def on_files(files: Any, config: Any) -> Any:
    for source, page in OUTSIDE.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The text with links of the site, kept for machines, and then with tabs."""
    text = _with_links(_HIDDEN.sub("", markdown), page.file.src_uri)
    if page.file.src_uri in WIDE:
        page.meta["hide"] = ["toc"]
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    _pages.append((page.file.dest_uri, title[1] if title else page.file.src_uri, text))
    # A semicolon would end a line of the drawing.
    text = re.sub(r"^```mermaid\n.*?^```", lambda drawing: drawing[0].replace(";", "#59;"), text, flags=re.MULTILINE | re.DOTALL)
    return _with_tabs(text)


def _with_links(text: str, page: str) -> str:
    outside = next((source for source, name in OUTSIDE.items() if name == page), None)
    folder = "." if outside else posixpath.join("docs", posixpath.dirname(page))

    def link(match: re.Match[str]) -> str:
        words, target = match.groups()
        path, mark, anchor = target.partition("#")
        if not path or re.match(r"\w+:", target):
            return match[0]
        wanted = posixpath.normpath(posixpath.join(folder, path))
        inside = OUTSIDE.get(wanted) or (wanted.removeprefix("docs/") if wanted.startswith("docs/") else None)
        if inside is None:
            # A file of the repository that is no page.
            if not (ROOT / wanted).exists():
                raise PluginError(f"{page}: no {wanted}")
            return words
        return f"[{words}]({posixpath.relpath(inside, posixpath.dirname(page) or '.')}{mark}{anchor})"

    parts = re.split(r"(^```.*?^```\n)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if part.startswith("```") else _LINK.sub(link, part) for part in parts)


def _with_tabs(text: str) -> str:
    """Blocks of different languages that follow each other say the same, and become tabs."""
    out, end, group = [], 0, []
    for match in [*_FENCE.finditer(text), None]:
        follows = match and group and text[group[-1].end() : match.start()].strip() == ""
        if group and not (follows and match[2] in LABELS and match[2] not in {other[2] for other in group}):
            if len(group) > 1:
                out += [text[end : group[0].start()], _tabs(group)]
                end = group[-1].end()
            group = []
        if match and match[2] in LABELS:
            group.append(match)
    return "".join([*out, text[end:]])


def _tabs(group: list[re.Match[str]]) -> str:
    tabs = []
    for match in group:
        # The output behind the last block is that of each which has none of its own.
        whole = match[1] + (match[3] or group[-1][3] or "")
        lines = "".join(f"    {line}" if line.strip() else line for line in whole.splitlines(keepends=True))
        tabs.append(f'=== "{LABELS[match[2]]}"\n\n{lines}\n')
    return "".join(tabs)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    return _own(output, posixpath.dirname(page.file.dest_uri))


def on_post_template(output_content: str, template_name: str, **_: Any) -> str:
    return _own(output_content, "") if template_name == "404.html" else output_content


def _own(output: str, folder: str) -> str:
    """What the page loads comes with the site, drawings only where there are some; and the search has a name."""
    output = output.replace("https://unpkg.com/iframe-worker/shim", posixpath.relpath(SHIM, folder or "."))
    output = output.replace(
        'data-md-component="search" role="dialog"', 'data-md-component="search" role="dialog" aria-label="Search"'
    )
    if 'class="mermaid"' not in output:
        return output
    address = posixpath.relpath(DRAWINGS, folder or ".")
    return re.sub(r'(<script src="[^"]*assets/javascripts/bundle)', rf'<script src="{address}"></script>\1', output, count=1)


def on_post_build(config: Any) -> None:
    """Each page as Markdown beside the HTML, and a list of them for machines."""
    site = Path(config["site_dir"])
    for target, source in LOADED.items():
        if not (PACKAGES / source).exists():
            raise PluginError(f"no {PACKAGES / source}: run `make docs`, which installs it")
        shutil.copy(PACKAGES / source, site / target)
    lines = [f"# {config['site_name']}", "", f"> {config['site_description']}", "", "## Pages", ""]
    for address, title, text in _pages:
        beside = address.removesuffix(".html") + ".md"
        (site / beside).write_text(text)
        lines.append(f"- [{title}]({beside})")
    (site / "llms.txt").write_text("\n".join(lines) + "\n")
    (site / "llms-full.txt").write_text("\n\n".join(text for *_, text in _pages))
