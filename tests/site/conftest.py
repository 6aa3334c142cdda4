"""The built site on a port of this machine, below a sub-path, and one browser for all tests of a process."""

from __future__ import annotations

import functools
import http.server
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

import ipywidgets
import pytest

from mlecore.explorables import TwoReadings, static_files
from mlecore.explorables._base import snake_case

from ._live import AXE, PLOTS, Absent, Plot, write_page

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book"))
from browser import FLAGS, MISSING, find  # noqa: E402  (the book's scripts are no package)

# The site under test: the book, or with EVERY_LOSS_SITE=preview the pages that `make page` built.
HTML = ROOT / "_build" / os.environ.get("EVERY_LOSS_SITE", "html")
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
    found = find()
    if found is None:
        missing(MISSING)
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


@pytest.fixture
def phone(browser, address):
    """Open a plot by name on a small screen that is touched; a link's state comes after "#"."""
    context = browser.new_context(viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)

    def open_plot(name: str, link: str = "") -> Plot:
        page = context.new_page()
        page.goto(f"{address}{name}.html{'#' + link if link else ''}")
        return Plot(page, name)

    yield open_plot
    context.close()


@pytest.fixture(scope="session")
def axe() -> None:
    if not AXE.exists():
        missing("axe-core is missing; run `npm ci` in tests/site")


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """The folder of pages, served: <plot>.html (each alone), plots.html (all), dark.html, beside.html."""
    folder = tmp_path_factory.mktemp("plots")
    (folder / "explorables").mkdir()
    for name, text in static_files().items():
        (folder / "explorables" / name).write_text(text, "utf-8")
    for name, theme in (("plots.html", "light"), ("dark.html", "dark")):
        write_page(folder, name, [make() for make in PLOTS], theme)
    for make in PLOTS:
        write_page(folder, f"{snake_case(make.__name__)}.html", [make()])
    plot = TwoReadings()
    linked = ipywidgets.FloatSlider(value=0.4, min=0, max=2, step=0.1, description="theta")
    one_way = ipywidgets.IntSlider(value=0, min=0, max=10, description="copy of y")
    links = [
        ipywidgets.jslink((linked, "value"), (plot, "theta")),
        ipywidgets.jsdlink((plot, "y"), (one_way, "value")),
    ]
    write_page(
        folder,
        "beside.html",
        [
            ipywidgets.VBox([linked, ipywidgets.HBox([one_way])]),
            plot,
            plot,
            Absent(),
            ipywidgets.Textarea(),
            *links,
        ],
    )
    server, url = serve(folder)
    yield url
    server.shutdown()


@pytest.fixture
def plots(page, address):
    """Open a plot by name, on its own page, and collect whatever goes wrong or abroad."""
    page.complaints = []
    page.on(
        "request",
        lambda request: request.url.startswith((address, "data:")) or page.complaints.append(request.url),
    )
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))

    def open_plot(name: str) -> Plot:
        page.goto(f"{address}{name}.html")
        return Plot(page, name)

    yield open_plot
    assert page.complaints == []
