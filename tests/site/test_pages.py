"""Every page of the built site, in a real browser: nothing foreign, nothing broken, nothing out of reach."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlparse

import nbformat
import pytest

from ._live import AXE
from .conftest import HTML, ROOT, html_pages

import environment  # isort: skip  (conftest put the book's scripts on the path)

HERE = Path(__file__).parent
NODE = ROOT / ".venv" / "bin" / "node"
PAGES = html_pages(HTML) if HTML.exists() else []
NAMESPACES = {"www.w3.org"}  # in scripts that draw SVG: a name, never an address


class Visit:
    """A page opened once, with what happened meanwhile; the tests below look at it from every side."""

    def __init__(self, browser, site, name: str) -> None:
        self.name, self.url = name, site.url + name
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        self.page.on("response", lambda answer: answer.status >= 400 and
                     self.complaints.append(f"{answer.status}: {answer.url}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: message.type in ("error", "warning") and
                     self.complaints.append(f"{message.type}: {message.text}"))
        self.page.goto(self.url, wait_until="load")
        self.page.wait_for_function("document.fonts.status === 'loaded'")
        self.page.evaluate(AXE.read_text("utf-8"))

    def look(self, width: int, theme: str) -> None:
        self.page.set_viewport_size({"width": width, "height": 844})
        self.page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        # Past every screen, as a reader would: what is far away is laid out when it comes near.
        self.page.evaluate("""async () => {
            const frame = () => new Promise(done => requestAnimationFrame(done));
            for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
                scrollTo(0, y); await frame();
            }
            scrollTo(0, 0); await frame(); await frame();
        }""")


@pytest.fixture(scope="module", params=PAGES)
def visit(request, browser, site):
    visit = Visit(browser, site, request.param)
    yield visit
    visit.context.close()


def test_nothing_is_asked_of_another_host(visit, site):
    own = (site.url, "data:", "blob:")
    assert [url for url in visit.requests if not url.startswith(own)] == []


def test_console_is_silent(visit):
    assert visit.complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_no_violation(visit, width, theme):
    visit.look(width, theme)
    # Two thirds of a page's elements are the drawn letters of formulas, hidden from assistive technology and
    # in the color of the text around them: looking at them once is enough.
    found = visit.page.evaluate("""async (lettersToo) => {
        const drawn = lettersToo ? [] : [...document.querySelectorAll(".katex-html")];
        const letters = drawn.map(e => [e, e.parentNode]);
        letters.forEach(([e]) => e.remove());
        // axe takes a header of one formula for empty: it does not read MathML; assistive technology does.
        const rules = {"empty-table-header": {enabled: false}};
        const { violations } = await axe.run(document, {resultTypes: ["violations"], rules});
        letters.forEach(([e, parent]) => parent.append(e));
        return violations;
    }""", (width, theme) == (1280, "light"))
    assert [(v["id"], v["help"], [n["html"][:200] for n in v["nodes"]]) for v in found] == []


def test_no_sideways_scrolling_on_a_small_phone(visit):
    visit.look(360, "light")
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_everything_that_scrolls_can_be_reached_by_keyboard(visit):
    visit.look(360, "light")
    unreachable = visit.page.evaluate("""() => [...document.querySelectorAll("main *")].filter(box =>
        !box.closest("details:not([open])") && box.scrollWidth > box.clientWidth + 1 &&
        /auto|scroll/.test(getComputedStyle(box).overflowX) &&
        box.tabIndex < 0 && !box.querySelector("a, button, input, [tabindex='0']"))
        .map(box => box.outerHTML.slice(0, 200))""")
    assert unreachable == []


def test_one_title_and_headings_without_gaps(visit):
    levels = visit.page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(h => +h.tagName[1])")
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert [(a, b) for a, b in itertools.pairwise(levels) if b > a + 1] == []


def test_table_headers_say_something(visit):
    headers = visit.page.evaluate("[...document.querySelectorAll('th')].map(th => th.textContent.trim())")
    assert "" not in headers


def test_math_is_set_and_readable_without_eyes(visit):
    counts = visit.page.evaluate("""() => ({
        formulas: document.querySelectorAll(".math, .equation").length,
        mathml: document.querySelectorAll(".katex-mathml > math").length,
        errors: document.querySelectorAll(".katex-error").length,
        raw: [...document.querySelectorAll("main p")].filter(p => [...p.childNodes].some(n =>
          n.nodeType === 3 && /\\$[^$]+\\$|\\\\(frac|sum|log)\\b/.test(n.data))).length,
    })""")
    assert counts["mathml"] == counts["formulas"]
    assert (counts["errors"], counts["raw"]) == (0, 0)


def test_pictures_say_what_they_show(visit):
    names = visit.page.evaluate("""() => [
        ...[...document.querySelectorAll("main img, main [role=img]")].map(e => e.ariaLabel ?? e.alt ?? ""),
        ...[...document.querySelectorAll("noscript")].flatMap(e =>
            [...e.textContent.matchAll(/role="img" aria-label="([^"]*)"/g)].map(m => m[1]))]""")
    poor = [name for name in names
            if len(name.split()) < 3 or "/" in name.split()[0] or re.search(r"\.(svg|png|jpe?g)$", name)]
    assert poor == []


def test_page_names_its_build_and_its_subject(visit):
    foot = visit.page.inner_text(".foot")
    assert re.search(r"Built \d+ \w+ \d{4}", foot)
    assert re.search(r"Python 3\.\d+\.\d+, NumPy [\d.]+, SciPy [\d.]+", foot)
    assert len(visit.page.get_attribute("meta[name=description]", "content")) > 20


def test_quizzes_answer_to_the_keyboard(visit):
    visit.look(1280, "light")
    for quiz in visit.page.query_selector_all(".quiz"):
        options = quiz.query_selector_all(".quiz-option")
        assert not any(option.query_selector(".quiz-why").is_visible() for option in options)
        options[0].query_selector("input").focus()
        visit.page.keyboard.press("Space")
        for number, option in enumerate(options):
            why = option.query_selector(".quiz-why")
            assert why.is_visible()
            assert [other.query_selector(".quiz-why").is_visible() for other in options].count(True) == 1
            right = option.query_selector("input").get_attribute("value") == "right"
            assert why.inner_text().startswith("Right." if right else "Not this one.")
            said = quiz.query_selector("[role=status]").text_content()
            assert said.strip().startswith("Right." if right else "Not this one.")
            if number < len(options) - 1:
                visit.page.keyboard.press("ArrowDown")


def test_print_shows_text_and_answers_only(visit):
    visit.look(1280, "dark")
    visit.page.emulate_media(media="print")
    try:
        assert not visit.page.is_visible(".top")
        assert not visit.page.is_visible("#chapters")
        assert all(why.is_visible() for why in visit.page.query_selector_all(".quiz-why"))
        background = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == "rgb(255, 255, 255)"
        hidden = visit.page.evaluate("""() => [...document.querySelectorAll("details > :not(summary)")]
            .filter(e => !e.checkVisibility({contentVisibilityAuto: true})).length""")
        assert hidden == 0
    finally:
        visit.page.emulate_media(media="screen")


# -- the site as files -------------------------------------------------------------------------------


class Links(HTMLParser):
    """The ids of a page, the addresses it links to and those it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids.update(value for key in ("id", "name") if (value := values.get(key)))
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        elif tag in ("img", "script", "source", "iframe", "video", "audio", "object", "embed"):
            self.loads.extend(value for key in ("src", "data") if (value := values.get(key)))
        elif tag == "link" and values.get("rel") != "canonical" and values.get("href"):
            self.loads.append(values["href"])


@pytest.fixture(scope="module")
def parsed(site):
    return {name: Links((site.root / name).read_text("utf-8")) for name in site.pages}


@pytest.mark.parametrize("name", PAGES)
def test_links_and_anchors_resolve(name, parsed, site):
    broken = []
    for link in parsed[name].links + parsed[name].loads:
        if urlparse(link).scheme in ("http", "https", "mailto", "data"):
            continue
        address, anchor = urldefrag(urljoin(f"/{name}", link))
        target = unquote(urlparse(address).path).lstrip("/") or "index.html"
        # "family=…" is a state of the playground, read by its own test.
        state = "=" in anchor and target.endswith("20_playground.html")
        if not (site.root / target).is_file() or (anchor and not state and target in parsed
                                                  and unquote(anchor) not in parsed[target].ids):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("name", PAGES)
def test_page_loads_only_its_own_files(name, parsed):
    assert [load for load in parsed[name].loads if re.match(r"(https?:)?//", load)] == []


def test_scripts_and_styles_ask_no_other_host(site):
    for path in [*site.root.rglob("*.css"), *site.root.rglob("*.js"), *site.root.rglob("*.mjs")]:
        code = re.sub(r"/\*.*?\*/|^\s*//.*$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
        found = re.findall(r"""["'`(](?:https?:)?//([a-z0-9-]+\.[a-z0-9.-]+)""", code)
        assert set(found) - NAMESPACES == set(), path


def test_site_carries_nothing_that_no_page_uses(site, parsed):
    used = {urljoin(f"/{name}", urldefrag(load)[0]).split("?")[0].lstrip("/")
            for name, links in parsed.items() for load in links.loads}
    scripts = {str(path.relative_to(site.root)) for path in site.root.rglob("*.js")}
    assert scripts - used == set()
    assert len(list(site.root.rglob("*.css"))) == 1


@pytest.fixture(scope="module")
def html_faults(site, tmp_path_factory):
    report = tmp_path_factory.mktemp("html") / "report.json"
    validate = HERE / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
    command = [NODE, validate, "--config", HERE / "htmlvalidate.json", "--formatter", f"json={report}",
               *(site.root / name for name in PAGES)]
    run = subprocess.run(command, capture_output=True, text=True)
    assert report.exists(), run.stderr
    return {Path(page["filePath"]): page["messages"] for page in json.loads(report.read_text("utf-8"))}


@pytest.mark.parametrize("name", PAGES)
def test_html_is_valid(name, html_faults, site):
    faults = html_faults.get((site.root / name).resolve(), [])
    assert [(m["ruleId"], m["message"], m["line"]) for m in faults] == []


def test_style_sheet_knows_every_part(site):
    """A component that a chapter starts to use without a style of the book's own shows up here."""
    unstyled = re.compile(r'class="[^"]*\bsd-(?:tab|btn|badge|avatar|material)[^"]*"')
    for page in PAGES:
        assert unstyled.findall((site.root / page).read_text("utf-8")) == [], page


# -- the reader's ways -------------------------------------------------------------------------------


def test_front_page_is_the_root(page, site):
    page.goto(site.url)
    assert page.url == site.url
    assert page.locator("h1").count() == 1


def test_search_finds_a_word(page, site):
    page.goto(site.url)
    page.get_by_role("link", name="Search").click()
    page.get_by_role("searchbox").fill("likelihood")
    page.keyboard.press("Enter")
    hits = page.locator("ul.search li a")
    hits.first.wait_for()
    for address in hits.evaluate_all("links => links.map(link => link.href.split('#')[0])"):
        assert page.request.get(address).ok, address
    hits.first.click()
    assert "likelihood" in page.inner_text("main").lower()


def test_theme_button_switches_and_is_remembered(page, site):
    page.emulate_media(color_scheme="light")
    page.goto(site.url)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(ground)
    assert sum(map(int, re.findall(r"\d+", dark))) < 150 < sum(map(int, re.findall(r"\d+", light)))
    page.reload()
    assert page.evaluate(ground) == dark
    page.get_by_role("button", name="Light").click()
    assert page.evaluate(ground) == light


def test_chapters_open_on_a_phone_and_by_keyboard(page, site):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(site.url)
    chapters = page.locator("#chapters")
    assert not chapters.is_visible()
    page.get_by_role("button", name="Chapters").focus()
    page.keyboard.press("Enter")
    assert chapters.is_visible()
    page.keyboard.press("Escape")
    assert not chapters.is_visible()


@pytest.mark.parametrize("width", [390, 1280])
def test_live_plots_fit_the_place_kept_for_them(visit, width):
    visit.look(width, "light")
    for plot in visit.page.query_selector_all(".live"):
        plot.scroll_into_view_if_needed()
        kept = visit.page.evaluate("plot => parseFloat(getComputedStyle(plot).minHeight)", plot)
        plot.wait_for_selector("svg", state="visible")
        height = plot.query_selector("*:not(script, noscript)").bounding_box()["height"]
        assert 0.75 * kept < height <= kept + 1  # fingers need larger controls than this mouse


LIVE = [name for name in PAGES if 'class="live"' in (HTML / name).read_text("utf-8")]
NOTEBOOKS = sorted(path.relative_to(HTML).as_posix() for path in HTML.glob("_sources/**/*.ipynb"))


@pytest.mark.parametrize("name", LIVE)
def test_without_javascript_a_drawing_stands_in(name, browser, site):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(site.url + name)
    plots = page.locator(".live")
    for number in range(plots.count()):
        drawing = plots.nth(number).locator("svg[role=img]")
        assert drawing.is_visible()
        assert drawing.bounding_box()["height"] > 100
    context.close()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_download_is_the_stored_notebook(name, site, parsed):
    page = name.removeprefix("_sources/").replace(".ipynb", ".html")
    page = page if page in parsed else "index.html"  # the front page is served as the root itself
    assert any(link.endswith(name) for link in parsed[page].links)
    assert (site.root / name).read_bytes() == (ROOT / name.removeprefix("_sources/")).read_bytes()


@pytest.fixture(scope="module")
def lesson_environment(tmp_path_factory):
    """A fresh environment as the README's "Run a lesson" makes it: the first layer at the lock's versions."""
    python = tmp_path_factory.mktemp("lesson") / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", python.parent.parent], check=True)
    uv = [environment.find_uv(), "pip", "install", "--quiet", "--python", python]
    subprocess.run([*uv, "-c", "requirements.txt", "."], check=True, cwd=ROOT)
    return python


# The first lesson, and one with a data set that travels with the package.
@pytest.mark.parametrize("chapter", ["01_", "13_"])
def test_downloaded_notebook_runs_in_an_empty_folder(chapter, site, lesson_environment, tmp_path):
    found = [name for name in NOTEBOOKS if Path(name).name.startswith(chapter)]
    if not found and HTML.name == "preview":
        pytest.skip(f"the preview has no notebook {chapter}…")
    assert found, f"the book has no notebook {chapter}…"
    notebook = tmp_path / Path(found[0]).name
    notebook.write_bytes((site.root / found[0]).read_bytes())
    stored = nbformat.read(notebook, as_version=4)
    command = [lesson_environment.with_name("jupyter-execute"), "--inplace", notebook.name]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]
    assert [path.name for path in tmp_path.iterdir()] == [notebook.name]
    done = nbformat.read(notebook, as_version=4)
    assert printed(done) == printed(stored)


def printed(notebook) -> str:
    return "".join(output.text for cell in notebook.cells for output in cell.get("outputs", [])
                   if output.output_type == "stream" and output.name == "stdout")
