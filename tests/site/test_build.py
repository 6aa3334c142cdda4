"""The build, on books of a few lines: bad input stops it and is named, good input becomes the parts."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT

BIN = ROOT / ".venv" / "bin"
DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="9pt" viewBox="0 0 9 9"/>'
BIB = "@book{known2000, author={Ann Author}, title={A Title}, publisher={P}, year={2000}}\n"


def notebook(*cells: tuple[str, str]) -> str:
    """A notebook's text from (cell type, source) pairs."""
    extra = {"code": {"outputs": [], "execution_count": None}, "markdown": {}}
    return json.dumps({
        "nbformat": 4, "nbformat_minor": 5,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "cells": [{"id": f"c{number}", "cell_type": kind, "metadata": {}, "source": source, **extra[kind]}
                  for number, (kind, source) in enumerate(cells)],
    })


def build(folder: Path, pages: dict[str, str], repository: str = "") -> subprocess.CompletedProcess[str]:
    """Build a book of these pages with the course's own configuration, as `make book` does."""
    (folder / "chapters").mkdir()
    (folder / "chapters" / "dot.svg").write_text(DOT)
    for name, text in pages.items():
        (folder / "chapters" / name).write_text(text, "utf-8")
    root, *rest = (Path(name).stem for name in pages)
    (folder / "_toc.yml").write_text(
        f"format: jb-book\nroot: chapters/{root}\n"
        + ("chapters:\n" + "".join(f"  - file: chapters/{name}\n" for name in rest) if rest else ""))
    (folder / "references.bib").write_text(BIB)
    config = (ROOT / "_config.yml").read_text("utf-8")
    config = config.replace('repository_url: ""', f'repository_url: "{repository}"')
    (folder / "_config.yml").write_text(config.replace("book/ext", str(ROOT / "book" / "ext")))
    return subprocess.run(
        [BIN / "jupyter-book", "build", folder, "--path-output", folder, "-W", "--keep-going", "-q"],
        capture_output=True, text=True,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"})


ANSWERS = "- [x] Yes\n\n  Because.\n\n- [ ] No\n\n  It is not.\n"
# Each page's one fault: (file, source, the line named, what the message says).
FAULTS = [
    ("01_macro.md", "# T\n\nText.\n\n$$\n\\frak{x} + \\nosuch{y}\n$$\n", 5, r"\\nosuch"),
    ("02_inline.md", "# T\n\nText with $\\alpha \\nosuch$ in it.\n", 3, r"\\nosuch"),
    ("03_label.md", "# T\n\nSee {ref}`no-such-label`.\n", 3, "no-such-label"),
    ("04_equation.md", "# T\n\nSee\n{eq}`eq-nowhere`.\n", None, "eq-nowhere"),
    ("05_link.md", "# T\n\n| a |\n|---|\n| [](#trap-nowhere) |\n", 5, "trap-nowhere"),
    ("06_citation.md", "# T\n\nBy {cite:t}`unknown1999`.\n", 3, "unknown1999"),
    ("07_explanation.md", "# T\n\n:::{quiz} Q?\n:name: quiz-a\n\n- [x] Yes\n\n  Because.\n\n- [ ] No\n:::\n",
     3, "no explanation"),
    ("08_two_right.md", f"# T\n\n:::{{quiz}} Q?\n:name: quiz-b\n\n{ANSWERS.replace('[ ]', '[x]')}:::\n", 3,
     "exactly one option"),
    ("09_mark.md", f"# T\n\n:::{{quiz}} Q?\n:name: quiz-c\n\n{ANSWERS.replace('[ ] ', '')}:::\n", 3,
     "an option starts with"),
    ("10_trap.md", "# T\n\n:::{trap} A claim\n\nText.\n:::\n", 3, "a trap needs a title and a name"),
    ("11_picture.md", "# T\n\n![](dot.svg)\n", 3, "without an alternative text"),
    ("12_cell.ipynb", notebook(("markdown", "# T"), ("markdown", "One\n\ntwo $\\nosuch$")), 20004,
     r"\\nosuch.*\(cell 2, line 3\)"),
]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    pages = {"00_root.md": "# Root\n\nText.\n", **{name: source for name, source, _, _ in FAULTS}}
    return build(tmp_path_factory.mktemp("faulty"), pages)


@pytest.mark.parametrize(("name", "source", "line", "message"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_fault_is_named_with_file_and_line(faulty, name, source, line, message):
    place = rf"chapters/{re.escape(name)}:{line if line else chr(92) + 'd+'}"
    assert re.search(rf"{place}: (WARNING|ERROR): .*{message}", faulty.stderr), faulty.stderr
    assert faulty.returncode != 0


def test_notebook_error_stops_the_build(tmp_path):
    result = build(tmp_path, {"00_root.ipynb": notebook(("markdown", "# T"), ("code", "1 / 0"))})
    assert result.returncode != 0
    assert "00_root.ipynb" in result.stderr
    assert "ZeroDivisionError" in result.stderr


# -- what good input becomes -------------------------------------------------------------------------

PARTS = f"""# Parts

:::{{opening}}
:minutes: 20
:needs: sums and $\\int$, chapters 2 to 4 and 6

- do one thing
:::

:::{{trap}} A popular $x$ claim
:name: trap-popular

It is wrong.
:::

:::{{quiz}} What is $1 + 1$?
:name: quiz-sum

{ANSWERS}:::

$$
a = b
$$ (eq-first)

$$
b = c
$$ (eq-second)

![A dot that stands for a figure.](dot.svg)

As chapter 8 says, unlike chapters 7 to 8 and 9.
By {{cite:t}}`known2000`, {{eq}}`eq-second`, {{ref}}`trap-popular` and [](#quiz-sum); ($y$), $z$.

:::{{exercise}} Double
:label: ex-double

Do it.
:::

:::{{exercise}}
:label: ex-triple

Do it again, unlike {{ref}}`ex-double`.
:::
"""


TERMS = "# Terms\n\nA bias is a BIAS, see chapter 7. A map of 5 % is no MAP.\n"
GLOSSARY = "# Words\n\n```{glossary}\nbias\n  An error.\n\nMAP\n  A mode.\n```\n"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    result = build(folder, {"00_front.md": "# Front\n\n:::{course-map}\n:::\n", "07_parts.md": PARTS,
                            "08_terms.md": TERMS, "93_glossary.md": GLOSSARY,
                            "92_bibliography.md": "# Bibliography\n\n```{bibliography}\n```\n"})
    assert result.returncode == 0, result.stderr
    return folder / "_build" / "html"


@pytest.fixture(scope="module")
def parts(good):
    return (good / "chapters" / "07_parts.html").read_text("utf-8")


@pytest.mark.parametrize("expected", [
    r'<a class="reference internal" href="#equation-eq-second">\(7\.2\)</a>',
    r'<span class="eqno">\(7\.1\)',
    r'href="#trap-popular"[^>]*><span[^>]*>A popular x claim</span>',
    r'href="#quiz-sum"[^>]*>.*?What is 1 \+ 1\?',
    r'href="\.\./chapters/92_bibliography\.html#|href="92_bibliography\.html#',
    r'As <a class="[^"]*chapter[^"]*" href="08_terms\.html[^"]*">chapter 8</a> says',
    r'unlike chapters 7 to <a class="[^"]*chapter[^"]*" href="08_terms\.html[^"]*">8</a> and 9\.',
    r'href="#ex-double"[^>]*>.*?Exercise 7\.1',
    r'<svg class="plot" role="img" aria-label="A dot that stands for a figure\." viewBox="0 0 9 9" '
    r'width="12" height="12">',
    r'<span class="nobr">\(<span class="math nobr">.*?</span>\),</span> <span class="nobr"><span',
    r'<p class="opening-minutes">20 minutes</p>',
    r'<legend>.*?</legend>',
    r'<input type="radio" name="quiz-sum" id="quiz-sum-1" value="right">',
], ids=lambda expected: re.sub(r"\W+", "-", expected)[:40])
def test_part_is_on_the_page(parts, expected):
    assert re.search(expected, parts, re.DOTALL)


def test_the_first_use_of_a_term_leads_to_the_glossary(good):
    terms = (good / "chapters" / "08_terms.html").read_text("utf-8")
    link = r'A <a class="[^"]*\bterm\b[^"]*" href="93_glossary\.html#term-bias"[^>]*>.*?bias.*?</a> is a BIAS'
    assert re.search(link, terms)
    assert re.search(r'A map of 5\u00a0% is no <a class="[^"]*\bterm\b[^"]*"[^>]*>.*?MAP', terms)


def test_front_page_lists_chapters_with_minutes(good):
    front = (good / "index.html").read_text("utf-8")
    assert re.search(r'<a href="chapters/07_parts\.html">Parts</a>'
                     r'<span class="course-after">after 2–4, 6</span>'
                     r'<span class="course-minutes">20 min', front)
    assert not (good / "chapters" / "00_front.html").exists()


@pytest.mark.parametrize("width", [1280, 390])
def test_course_map_stands_in_columns(good, browser, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto((good / "index.html").as_uri())
    number, title, minutes = page.evaluate("""() => {
        const row = document.querySelector(".course-map li:has(.course-minutes)");
        return [".course-number", "a", ".course-minutes"]
            .map(part => row.querySelector(part).getBoundingClientRect());
    }""")
    assert number["right"] <= title["left"]
    assert title["right"] <= minutes["left"]
    page.close()


def test_quiz_is_answered_without_javascript(good, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((good / "chapters" / "07_parts.html").as_uri())
    answers = page.locator(".quiz-why")
    assert [answers.nth(i).is_visible() for i in range(2)] == [False, False]
    page.get_by_role("radio", name="No").check()
    assert [answers.nth(i).is_visible() for i in range(2)] == [False, True]
    assert answers.nth(1).inner_text().startswith("Not this one.")
    context.close()


# -- one setting says where the notebooks can be launched ----------------------------------------------


@pytest.mark.parametrize(("repository", "expected"), [
    ("", []),
    ("https://github.com/some-owner/a.course.git", [
        "https://colab.research.google.com/github/some-owner/a.course/blob/main/chapters/01_lesson.ipynb",
        "https://mybinder.org/v2/gh/some-owner/a.course/main?urlpath=lab/tree/chapters/01_lesson.ipynb"]),
])
def test_launch_links_follow_the_repository(tmp_path, repository, expected):
    pages = {"00_root.md": "# Root\n\nText.\n",
             "01_lesson.ipynb": notebook(("markdown", "# Lesson\n\nText."))}
    result = build(tmp_path, pages, repository)
    assert result.returncode == 0, result.stderr
    lesson = (tmp_path / "_build" / "html" / "chapters" / "01_lesson.html").read_text("utf-8")
    found = re.findall(r'<a class="download" href="([^"]+)" rel="noopener">', lesson)
    assert [html.unescape(address) for address in found] == expected


def test_a_repository_that_is_no_address_is_named(tmp_path):
    pages = {"00_root.md": "# Root\n\nText.\n",
             "01_lesson.ipynb": notebook(("markdown", "# Lesson\n\nText."))}
    result = build(tmp_path, pages, "owner/name")
    assert result.returncode != 0
    assert "repository_url = 'owner/name' is not an address like" in result.stderr
