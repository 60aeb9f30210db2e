"""Walks the built site in a headless Chromium: `walk.py SITE PICTURES`.

Every page is opened from a server on the loopback. It fails for a link or anchor that leads nowhere, a request that leaves the site,
an error in the console, a page that is wider than a phone, a finding of axe-core that is serious or critical, and a search that
finds nothing. Six pages are kept as pictures, in both colour schemes and at 380 pixels.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin

from playwright.sync_api import Page, TimeoutError, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "build/docs-node/node_modules/axe-core/axe.min.js"
PICTURES = (
    "index.html",
    "start.html",
    "guides/recording.html",
    "guides/errors.html",
    "reference/options.html",
    "reference/chime-sdk-media-pipelines/create_media_capture_pipeline.html",
)
PHONE = {"width": 380, "height": 800}
DESK = {"width": 1280, "height": 900}
# The pages of operations are made alike: one in ten is held against axe-core and the width of a phone.
ONE_IN = 10


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def served(site: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


class Walk:
    def __init__(self, page: Page, top: str) -> None:
        self.page = page
        self.top = top
        self.faults: list[str] = []
        self.links: set[tuple[str, str]] = set()
        self.names: dict[str, set[str]] = {}
        self.where = ""
        page.on("console", lambda message: self.fault(f"console: {message.text}") if message.type == "error" else None)
        page.on("pageerror", lambda error: self.fault(f"error: {error}"))
        page.on("requestfailed", lambda request: self.fault(f"request failed: {request.url}"))
        page.on("request", lambda request: self._request(request.url))

    def fault(self, text: str) -> None:
        self.faults.append(f"{self.where}: {text}")

    def _request(self, url: str) -> None:
        if not url.startswith((self.top, "data:", "blob:")):
            self.fault(f"a request leaves the site: {url}")

    def open(self, name: str) -> None:
        self.where = name
        answer = self.page.goto(self.top + name, wait_until="load")
        if answer is None or not answer.ok:
            self.fault("cannot be opened")
        found = self.page.evaluate(
            "() => ({links: [...document.querySelectorAll('a[href]')].map(a => a.href),"
            " ids: [...document.querySelectorAll('[id]')].map(e => e.id)})"
        )
        self.names[self.top + name] = set(found["ids"])
        self.links |= {(name, urljoin(self.top + name, link)) for link in found["links"]}

    def axe(self) -> None:
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("async () => (await axe.run()).violations")
        for violation in found:
            if violation["impact"] in ("serious", "critical"):
                nodes = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
                self.fault(f"axe-core: {violation['id']}, {len(violation['nodes'])} times: {nodes}")

    def phone(self) -> None:
        self.page.set_viewport_size(PHONE)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            self.fault(f"is {width} pixels wide on a phone of {PHONE['width']}")
        self.page.set_viewport_size(DESK)

    def check_links(self) -> None:
        for name, link in sorted(self.links):
            self.where = name
            page, anchor = urldefrag(link)
            page += "index.html" if page.endswith("/") else ""
            if not page.startswith(self.top):
                continue
            if page not in self.names:
                self.fault(f"a link to {page.removeprefix(self.top)}, which is not there")
            elif anchor and anchor not in self.names[page]:
                self.fault(f"a link to {page.removeprefix(self.top)}#{anchor}, which is not there")

    def search(self) -> None:
        self.open("index.html")
        self.page.keyboard.press("/")
        self.page.keyboard.type("ThrottledClientException", delay=5)
        try:
            self.page.wait_for_selector(".md-search-result__item", timeout=10_000)
        except TimeoutError:
            self.fault("the search finds nothing")


def pictures(walk: Walk, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for scheme in ("light", "dark"):
        walk.page.emulate_media(color_scheme=scheme)
        for name in PICTURES:
            for size, viewport in (("desk", DESK), ("phone", PHONE)):
                walk.page.set_viewport_size(viewport)
                walk.open(name)
                walk.page.screenshot(path=folder / f"{name.replace('/', '-').removesuffix('.html')}-{scheme}-{size}.png")
            walk.page.set_viewport_size(DESK)
            walk.axe()


def main(site: Path, folder: Path) -> int:
    names = sorted(str(page.relative_to(site)) for page in site.rglob("*.html"))
    alike = [name for name in names if name.startswith("reference/chime") and not name.endswith("index.html")]
    closely = set(names) - set(alike) | set(alike[::ONE_IN])
    with served(site) as top, sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"] if chromium else [])
        walk = Walk(browser.new_page(viewport=DESK), top)
        for name in names:
            walk.open(name)
            if name in closely and name != "404.html":
                walk.axe()
                walk.phone()
        walk.check_links()
        walk.search()
        pictures(walk, folder)
        browser.close()
    print("\n".join(walk.faults))
    print(f"{len(names)} pages, {len(walk.links)} links, {len(walk.faults)} faults")
    return 1 if walk.faults or len(names) < 60 else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
