"""The built site on a port of this machine, below a sub-path, and one browser for all tests of a process."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
            "microsoft-edge", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
            "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
SUB_PATH = "/course/"  # as a project page is served: a link that starts with "/" must not work


@dataclass(frozen=True)
class Site:
    """url ends with "/"; root is the folder served; pages are the HTML files' names in it, in order."""

    url: str
    root: Path

    @property
    def pages(self) -> list[str]:
        return html_pages(self.root)

    def __str__(self) -> str:
        return self.url


def html_pages(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.html"))


def missing(what: str) -> None:
    """Under CI a missing tool is a failure, elsewhere a skip that says what to do."""
    (pytest.fail if os.environ.get("CI", "").lower() in ("1", "true") else pytest.skip)(what)


class Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

    def translate_path(self, path: str) -> str:
        inside = path.startswith(SUB_PATH)
        return super().translate_path(path[len(SUB_PATH) - 1:]) if inside else "/nonexistent"

    def log_message(self, *_) -> None:
        pass


def serve(folder: Path):
    handler = functools.partial(Handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}{SUB_PATH}"


@pytest.fixture(scope="session")
def site():
    if not (HTML / "index.html").exists():
        missing("the book is not built; run `make book`")
    server, url = serve(HTML)
    yield Site(url, HTML)
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        missing("no Chromium, Chrome or Edge was found; on Debian: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A fresh page in its own context, closed after the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()
