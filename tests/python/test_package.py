"""The built wheel, as `make wheel` leaves it in dist/: where it runs, what it weighs, and what it says of itself."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

WHEELS = sorted((Path(__file__).parents[2] / "dist").glob("*.whl"))

pytestmark = pytest.mark.skipif(not WHEELS, reason="no wheel is built")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="of Linux wheels")


@pytest.fixture
def wheel() -> Path:
    (only,) = WHEELS
    return only


@on_linux
def test_it_runs_on_every_linux_since_2014(wheel: Path) -> None:
    assert "manylinux2014_" in wheel.name
    assert "-cp310-abi3-" in wheel.name
    told = subprocess.run([sys.executable, "-m", "auditwheel", "show", str(wheel)], capture_output=True, text=True, check=True)
    assert '"manylinux_2_17_' in " ".join(told.stdout.split()), told.stdout


@on_linux
def test_it_needs_no_younger_symbol_of_glibc(wheel: Path) -> None:
    elffile = pytest.importorskip("elftools.elf.elffile")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".so")]
        module = elffile.ELFFile(io.BytesIO(archive.read(name)))
    section = module.get_section_by_name(".gnu.version_r")
    versions = {(library.name, version.name) for library, found in section.iter_versions() for version in found}
    of_glibc = [version for _, version in versions if version.startswith("GLIBC_")]
    assert of_glibc
    young = [version for version in of_glibc if tuple(map(int, re.findall(r"\d+", version))) > (2, 17)]
    assert not young


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 4_800_000


def test_it_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"chimeline"}
    assert "chimeline/py.typed" in names
    assert "chimeline/_native.pyi" in names
    assert not [name for name in names if "example" in name or name.endswith((".pyc", ".rs"))]


def test_its_description_is_for_users_of_python(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(archive.read(name).decode())
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["Description-Content-Type"].startswith("text/markdown")
    assert metadata["Summary"].startswith("Native Python client")
    classifiers = metadata.get_all("Classifier") or []
    for version in ("3.10", "3.11", "3.12", "3.13"):
        assert f"Programming Language :: Python :: {version}" in classifiers
    assert not [classifier for classifier in classifiers if classifier.startswith("License ::")], "the expression says it"
    description = metadata.get_payload()
    assert isinstance(description, str)
    title, first = description.strip().split("\n\n")[:2]
    assert title == "# chimeline"
    assert "Python" in first.splitlines()[0]
    assert description.index("```python") < description.index("Node")
    # Links of the repository lead nowhere on an index.
    assert not re.findall(r"\]\((?!https?://)", description)


def test_the_examples_of_its_description_run(wheel: Path) -> None:
    """Each as it stands, against a local service."""
    from chimeline.testing import LocalChime

    text = (Path(__file__).parents[2] / "python" / "README.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 2
    with LocalChime() as chime:
        for block in blocks:
            calls = "\ntest_listing()" if "def test_listing" in block else ""
            subprocess.run([sys.executable, "-c", block + calls], env=environment(chime), check=True, timeout=30)


def environment(chime: object) -> dict[str, str]:
    import os

    return {**os.environ, **chime.environment}  # type: ignore[attr-defined]
