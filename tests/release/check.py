"""Checks what was built for a release: `check.py VERSION DIST`; in an environment of its own, with twine.

Each file has the version and metadata that the registries take, is installed where nothing else is, and runs the demo there.
Then the lists of what is inside (CycloneDX) and the checksums are written beside the files.
"""

from __future__ import annotations

import email
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# No credentials, proxies or profiles of whoever runs it.
KEPT = ("PATH", "PIP_INDEX_URL", "CARGO_HOME", "RUSTUP_HOME")
SUMS = "SHA256SUMS"


def run(*command: str | Path, cwd: Path = ROOT, home: Path) -> str:
    """What a command prints; it must succeed."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment = {**kept, "HOME": str(home), "LANG": "C.UTF-8", "TZ": "UTC", "NO_COLOR": "1"}
    words = [str(word) for word in command]
    done = subprocess.run(words, check=False, cwd=cwd, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)} fails with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def check_wheel(wheel: Path, version: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        found = email.message_from_bytes(archive.read(metadata))
    expect(found["Name"] == "chimeline" and found["Version"] == version, f"{wheel.name} is {found['Name']} {found['Version']}")
    expect("chimeline/py.typed" in names, f"{wheel.name} has no py.typed")
    expect(any("/licenses/" in name for name in names), f"{wheel.name} has no licence")


def manifest(tarball: Path) -> dict[str, Any]:
    with tarfile.open(tarball) as archive:
        member = archive.extractfile("package/package.json")
        expect(member is not None, f"{tarball.name} has no package.json")
        return json.load(member)


def check_tarballs(tarballs: list[Path], version: str) -> Path:
    """The main package among them."""
    manifests = {tarball: manifest(tarball) for tarball in tarballs}
    for tarball, found in manifests.items():
        expect(found["version"] == version, f"{tarball.name} is version {found['version']}")
    (main,) = (tarball for tarball, found in manifests.items() if found["name"] == "chimeline")
    wrong = {name: asked for name, asked in manifests[main]["optionalDependencies"].items() if asked != version}
    expect(not wrong, f"{main.name} asks for {wrong}")
    return main


def expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise SystemExit(otherwise)


def public_crates(home: Path) -> list[str]:
    packages = json.loads(run("cargo", "metadata", "--no-deps", "--locked", "--format-version", "1", home=home))["packages"]
    return [package["name"] for package in packages if package["publish"] != []]


def components(home: Path) -> list[dict[str, str]]:
    """The crates that are linked into the native module of Node."""
    line = (
        "cargo",
        "tree",
        "--locked",
        "--package",
        "chimeline-node",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}|{l}",
    )
    rows = {row.removesuffix(" (*)") for row in run(*line, home=home).splitlines() if row.strip()}
    found = []
    for row in sorted(rows):
        package, _, licence = row.partition("|")
        name, version = package.split()[:2]
        version = version.removeprefix("v")
        purl = f"pkg:cargo/{name}@{version}"
        found.append({"type": "library", "name": name, "version": version, "purl": purl, "licence": licence.removesuffix(" (*)")})
    return found


def write_lists(dist: Path, wheels: list[Path], version: str, home: Path) -> None:
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".cyclonedx.json"))
            (dist / f"{wheel.stem}.cdx.json").write_bytes(archive.read(name))
    crates = [
        {**{key: crate[key] for key in ("type", "name", "version", "purl")}, "licenses": [{"expression": crate["licence"]}]}
        for crate in components(home)
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "library", "name": "chimeline", "version": version, "purl": f"pkg:npm/chimeline@{version}"}
        },
        "components": crates,
    }
    (dist / f"chimeline-{version}-npm.cdx.json").write_text(json.dumps(document, indent=1) + "\n")


def write_sums(dist: Path) -> None:
    files = sorted(path for path in dist.iterdir() if path.name != SUMS)
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (dist / SUMS).write_text("".join(lines))


def install_and_run(wheel: Path, tarballs: list[Path], folder: Path) -> None:
    """The demo, from what a user gets: nothing else is installed, and nothing comes from the network."""
    run(sys.executable, "-m", "venv", folder / "venv", home=folder)
    python = folder / "venv/bin/python"
    run(python, "-m", "pip", "install", "--no-index", "--no-deps", wheel, home=folder)
    run(python, ROOT / "tests/demo/demo.py", cwd=folder, home=folder)
    node = folder / "node"
    node.mkdir()
    run("npm", "init", "--yes", cwd=node, home=folder)
    run("npm", "install", "--offline", "--no-audit", "--no-fund", *tarballs, cwd=node, home=folder)
    run("node", ROOT / "tests/demo/demo.mjs", cwd=node, home=folder)


def main(version: str, dist: Path) -> None:
    wheels, tarballs = sorted(dist.glob("*.whl")), sorted(dist.glob("*.tgz"))
    expect(bool(wheels) and len(tarballs) >= 2, f"{dist} has {len(wheels)} wheels and {len(tarballs)} tarballs")
    home = Path(tempfile.mkdtemp(prefix="chimeline-release-"))
    # Cargo and rustup are in the home of whoever runs it, unless the environment says otherwise.
    os.environ.setdefault("CARGO_HOME", str(Path.home() / ".cargo"))
    os.environ.setdefault("RUSTUP_HOME", str(Path.home() / ".rustup"))
    try:
        for wheel in wheels:
            check_wheel(wheel, version)
        main_tarball = check_tarballs(tarballs, version)
        run(sys.executable, "-m", "twine", "check", "--strict", *wheels, home=home)
        run("node", ROOT / "node_modules/publint/src/cli.js", main_tarball, "--strict", home=home)
        run(
            "node",
            ROOT / "node_modules/@arethetypeswrong/cli/dist/index.js",
            main_tarball,
            "--no-definitely-typed",
            "--profile",
            "node16",
            home=home,
        )
        crates = public_crates(home)
        for crate in crates:
            run("cargo", "publish", "--dry-run", "--locked", "--package", crate, home=home)
        install_and_run(wheels[0], tarballs, home)
        write_lists(dist, wheels, version, home)
        write_sums(dist)
    finally:
        shutil.rmtree(home)
    print(f"{version}: {len(wheels)} wheel and {len(tarballs)} tarballs of this platform are checked, installed afresh and run")
    print(f"crates to publish: {', '.join(crates) or 'none'}")
    print("not here: the other platforms, the upload and its attestations, which the workflows have")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).resolve())
