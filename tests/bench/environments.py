"""What the benchmarks run in, all of it in ``build/bench``: environments of the peers, and nginx with canned answers."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "bench"
PYTHONS = ("boto3", "legacy", "aio", "capo", "chimeline")
HTTP, HTTPS = "http://127.0.0.1:18180", "https://127.0.0.1:18143"


def prepare() -> None:
    """Makes what is missing, and installs the packages of ``dist``."""
    for tool, package in {"nginx": "nginx-light", "openssl": "openssl", "cargo": None, "node": None, "npm": None}.items():
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not installed" + (f": on Debian and Ubuntu, apt-get install {package}" if package else ""))
    BUILD.mkdir(parents=True, exist_ok=True)
    for name in PYTHONS:
        _made(BUILD / name, HERE / "requirements" / f"{name}.txt", _python)
    _made(BUILD / "node", HERE / "node" / "package-lock.json", _node)
    wheel = next((ROOT / "dist").glob("*.whl"))
    _run(str(BUILD / "chimeline/bin/pip"), "install", "-q", "--force-reinstall", "--no-deps", "--no-index", str(wheel))
    _run("npm", "install", "--silent", "--no-save", "--offline", *map(str, (ROOT / "dist").glob("*.tgz")), cwd=BUILD / "node")
    _run("cargo", "build", "--release", "--locked", "--workspace", cwd=HERE / "rust", CARGO_TARGET_DIR=str(BUILD / "target"))
    shutil.copy(BUILD / "target/release/libawaited.so", BUILD / "awaited.abi3.so")


def _made(folder: Path, lock: Path, make: object) -> None:
    """Makes the folder anew where its lock has changed."""
    stamp = folder / ".lock"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        make(folder, lock)  # type: ignore[operator]
        shutil.copy(lock, stamp)


def _python(folder: Path, requirements: Path) -> None:
    _run(sys.executable, "-m", "venv", str(folder))
    _run(str(folder / "bin/pip"), "install", "-q", "--disable-pip-version-check", "-r", str(requirements))


def _node(folder: Path, lock: Path) -> None:
    shutil.copytree(lock.parent, folder)
    _run("npm", "ci", "--silent", "--no-audit", "--no-fund", cwd=folder)


def _run(*command: str, cwd: Path | None = None, **variables: str) -> None:
    subprocess.run(command, cwd=cwd, env={**os.environ, **variables}, check=True)


def variables() -> dict[str, str]:
    """The environment of a peer: credentials that are none, and nothing of whoever runs it."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(BUILD),
        "LANG": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "BENCH_NODE": str(BUILD / "node"),
        "NODE_NO_WARNINGS": "1",
        "PYTHONPATH": str(BUILD),
        # The server's own authority: each peer looks for it in a variable of its own.
        "AWS_CA_BUNDLE": str(BUILD / "nginx/bundle.pem"),
        "SSL_CERT_FILE": str(BUILD / "nginx/bundle.pem"),
    }


@contextlib.contextmanager
def server() -> Iterator[int]:
    """nginx with the canned answers; gives the id of the process that answers."""
    folder = BUILD / "nginx"
    (folder / "data").mkdir(parents=True, exist_ok=True)
    response = (HERE / "data/response.json").read_text()
    pipeline = json.loads(response)["MediaCapturePipeline"]
    page = json.dumps({"MediaCapturePipelines": [pipeline] * 99}, separators=(",", ":"))
    (folder / "data/page.json").write_text(page)
    if not (folder / "server.pem").exists():
        _certificate(folder)
    (folder / "nginx.conf").write_text(_configuration(response))
    command = ["nginx", "-p", str(folder), "-c", "nginx.conf"]
    with subprocess.Popen([*command, "-g", "daemon off;"], stderr=subprocess.DEVNULL) as master:
        try:
            yield _worker(master.pid)
        finally:
            master.terminate()


def _worker(master: int) -> int:
    children = Path(f"/proc/{master}/task/{master}/children")
    for _ in range(100):
        if found := children.read_text().split():
            return int(found[0])
        time.sleep(0.05)
    sys.exit("nginx does not start")


def _certificate(folder: Path) -> None:
    """A certificate, and its authority beside those of the system: reading them is part of a cold call."""
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    for arguments in (
        "req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=authority -keyout authority.key -out authority.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout server.key -out server.csr",
        "x509 -req -days 3650 -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial"
        " -extfile names -out server.pem",
    ):
        command = ["openssl", *arguments.split()]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    system = Path("/etc/ssl/certs/ca-certificates.crt")
    bundle = (system.read_text() if system.exists() else "") + (folder / "authority.pem").read_text()
    (folder / "bundle.pem").write_text(bundle)


def _configuration(response: str) -> str:
    listen = "\n".join(f"listen {url.split('//')[1]}{' ssl' if url == HTTPS else ''} backlog=16384;" for url in (HTTP, HTTPS))
    operations = "\n".join(
        f"location = {path} {{ if ($request_method = GET) {{ rewrite ^ /page.json last; }} return 201 '{response}'; }}"
        for path in ("/sdk-media-capture-pipelines", "/media-capture-pipelines")
    )
    temporary = "\n".join(f"{kind}_temp_path tmp;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return f"""
worker_processes 1;
worker_rlimit_nofile 16384;
pid nginx.pid;
error_log error.log error;
events {{ worker_connections 12000; multi_accept on; }}
http {{
    access_log off;
    default_type application/json;
    types {{ }}
    tcp_nodelay on;
    keepalive_timeout 600s;
    keepalive_requests 100000000;
    client_body_buffer_size 64k;
    open_file_cache max=16;
    {temporary}
    server {{
        {listen}
        ssl_certificate server.pem;
        ssl_certificate_key server.key;
        root data;
        add_header x-amzn-RequestId 5c7de71a-b4aa-5a43-9ef1-56b9a9dd9e6f always;
        {operations}
        location = /page.json {{ }}
    }}
}}
"""
