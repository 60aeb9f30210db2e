"""What the pages show is what happens: every block of code runs, and what it prints is what the page says it prints."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import programs
from pages import DATA, PROGRAMS, ROOT, Block, anchors, blocks, links, operations, program, written

PAGES = {str(page.relative_to(ROOT)): page for page in written()}
# Pages whose blocks stand by themselves, and are run by tests of their own.
OWN_TESTS = {"docs/from-boto3.md": "tests/python/interop/test_page.py"}
RUN = [
    pytest.param(name, language, id=f"{name}-{language}")
    for name, page in PAGES.items()
    for language in PROGRAMS
    if name not in OWN_TESTS and program(blocks(page.read_text()), language)
]


def test_pages_with_tests_of_their_own_have_them() -> None:
    for page, test in OWN_TESTS.items():
        assert Path(page).name in (ROOT / test).read_text()


def parts(text: str, language: str) -> tuple[list[Block], list[Block]]:
    found = blocks(text)
    return program(found, language), [block for block in found if block.file]


@pytest.mark.parametrize(("name", "language"), RUN)
def test_every_block_of_a_page_runs_and_prints_what_the_page_shows(name: str, language: str, tmp_path: Path) -> None:
    programs.run(name, language, *parts(PAGES[name].read_text(), language), tmp_path)


@pytest.mark.parametrize("language", ["python", "js"])
def test_another_name_of_one_member_in_a_guide_fails(language: str, tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text()
    change = {"python": (r"\bSourceArn=", "SourceArm="), "js": (r"\bSourceArn:", "SourceArm:")}[language]
    changed, times = re.subn(*change, text, count=1)
    assert times == 1
    with pytest.raises(programs.Wrong, match=r"README.md:\d+: the \w+ block fails(.|\n)*SourceArm"):
        programs.run("README.md", language, *parts(changed, language), tmp_path)


def test_output_that_is_not_printed_fails(tmp_path: Path) -> None:
    text = '```python\nprint("one 7")\n```\n\n```text title="Output"\none ...\n```\n'
    for folder in ("right", "wrong"):
        (tmp_path / folder).mkdir()
    programs.run("page.md", "python", *parts(text, "python"), tmp_path / "right")
    with pytest.raises(programs.Wrong, match="not the output seen"):
        programs.run("page.md", "python", *parts(text.replace("\none", "\ntwo"), "python"), tmp_path / "wrong")


@pytest.mark.parametrize("text", ["```python\n", "  ```python\n  ```\n", "```cobol\n```\n", '```text title="Output"\n```\n'])
def test_a_block_that_the_convention_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line"):
        blocks(text)


@pytest.mark.parametrize("name", PAGES)
def test_installed_packages_and_targets_exist(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    locked = (ROOT / "tests/python/requirements.txt").read_text()
    packages = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    for block in (block for block in blocks(PAGES[name].read_text()) if block.installs):
        lines = (line.split("#")[0] for line in block.text.splitlines())
        for line in (line for line in lines if line.strip()):
            tool, *words = line.split()
            for word in (word.strip("'\"") for word in words if word != "install" and not word.startswith("-")):
                known = {
                    "make": lambda word: "=" in word or re.search(rf"^{word}:", makefile, re.MULTILINE),
                    "pip": lambda word: word == "chimeline" or re.search(rf"^{word}==", locked, re.MULTILINE),
                    "npm": lambda word: word == "chimeline" or word in packages,
                }[tool](word)
                assert known, f"{name}:{block.line}: {line}"


@pytest.mark.parametrize("name", PAGES)
def test_data_in_a_page_is_well_formed(name: str) -> None:
    for block in (block for block in blocks(PAGES[name].read_text()) if block.language in DATA):
        if block.language == "json":
            json.loads(block.text)
        elif block.language == "toml":
            pytest.importorskip("tomllib").loads(block.text)


@pytest.mark.parametrize("page", [*PAGES.values(), *operations()], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for line, target in links(page.read_text()):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{page.name}:{line}: no {path}"
        if anchor:
            assert anchor in anchors(found.read_text()), f"{page.name}:{line}: no heading {anchor} in {found.name}"


def test_every_hint_is_among_the_cures() -> None:
    source = (ROOT / "crates/core/src/error/hint_rows.rs").read_text()
    cures = re.findall(r'cure: "((?:[^"\\]|\\.|\\\n)*)"', source)
    assert len(cures) > 40
    page = (ROOT / "docs/guides/errors.md").read_text()
    for cure in cures:
        text = re.sub(r"\\\n\s*", "", cure).replace('\\"', '"')
        assert f"\n> {text}\n" in page, text
