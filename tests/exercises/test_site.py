"""The built site holds the assignments as handed out, and nothing of what only the instructor may see."""

from __future__ import annotations

import json
import os
import re
from html import unescape

import pytest

from exercises.tools import source
from exercises.tools.release import leaks

ROOT = source.EXERCISES.parent
HTML = ROOT / "_build" / os.environ.get("EVERY_LOSS_SITE", "html")
NAMES = source.names()
pytestmark = pytest.mark.skipif(
    os.environ.get("EVERY_LOSS_SOLUTIONS") == "1", reason="this site publishes the solutions on purpose"
)


@pytest.fixture(scope="module")
def site():
    if not (HTML / "index.html").exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)("the book is not built; run `make book`")
    return HTML


def text_of(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize("name", NAMES)
def test_assignment_is_a_page_with_its_notebook(name, site):
    page = site / "exercises" / "released" / f"{name}.html"
    notebook = site / "_sources" / "exercises" / "released" / f"{name}.ipynb"
    assert page.exists(), f"_toc.yml has no line `- file: exercises/released/{name}`"
    assert f"{name}.ipynb" in page.read_text("utf-8")
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    known = {cell["metadata"].get("nbgrader", {}).get("grade_id") for cell in cells}
    assert {part.id for part in source.load(name).parts} <= known


@pytest.mark.parametrize("name", NAMES)
def test_chapter_and_assignment_lead_to_each_other(name, site):
    chapter = site / "chapters" / f"{name}.html"
    if not chapter.exists() and site.name == "preview":
        pytest.skip("the chapter is not in this preview")
    assert f'href="../exercises/released/{name}.html">Exercises ' in chapter.read_text("utf-8")
    page = (site / "exercises" / "released" / f"{name}.html").read_text("utf-8")
    assert f'class="chapter reference internal" href="../../chapters/{name}.html"' in page.partition("<h2")[0]


@pytest.mark.parametrize("name", NAMES)
def test_no_file_of_the_site_holds_a_secret(name, site):
    assignment = source.load(name)
    own = [
        site / "exercises" / "released" / f"{name}.html",
        *(site / "_sources" / "exercises").rglob(f"{name}*"),  # the chapter of that name is a text of its own
        site / "searchindex.js",
    ]
    for path in own:
        text = path.read_text("utf-8")
        assert leaks(assignment, text) == [], path
        assert leaks(assignment, text_of(text)) == [], path
    assert not [path for path in site.rglob("*") if path.name in ("source.md", f"{name}_solution.html")]


def test_hidden_tests_and_listed_answers_are_on_no_page_at_all(site):
    secrets = []
    for name in NAMES:
        for part in source.load(name).parts:
            secrets += [wrong.hint for wrong in part.wrong]
            secrets += [line.strip() for test in part.tests for line in test.hidden.split("\n")]
    wanted = {source.squeeze(line): line for line in secrets if len(source.squeeze(line)) > 40}
    for path in [*site.rglob("*.html"), site / "searchindex.js", *(site / "_sources").rglob("*.*")]:
        flat = source.squeeze(text_of(path.read_text("utf-8", errors="replace")))
        assert [line for form, line in wanted.items() if form in flat] == [], path


def test_search_knows_no_word_that_only_the_answers_have(site):
    """The index is by stems: a word of a hidden test or an answer that is on no page must not be in it."""
    index = (site / "searchindex.js").read_text("utf-8")
    pages = " ".join(text_of(path.read_text("utf-8")) for path in site.rglob("*.html")).lower()
    secret = " ".join(line for name in NAMES for line in source.load(name).secrets()).lower()
    words = {word for word in re.findall(r"[a-z]{6,}", secret) if word[:5] not in pages}
    assert words, "no word to look for"
    assert [word for word in sorted(words) if f'"{word[:5]}' in index or f"{word}:" in index] == []


@pytest.mark.parametrize("published", [False, True])
def test_solutions_become_pages_only_where_asked_for(published, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book"))
    import build

    monkeypatch.setattr(build, "RELEASED", tmp_path / "released")
    monkeypatch.setattr(build, "STAGE", tmp_path)
    monkeypatch.setenv("EVERY_LOSS_SOLUTIONS", "1" if published else "")
    contents = build.contents_with_exercises().read_text("utf-8")
    files = {path.name for path in (tmp_path / "released").iterdir()}
    for name in NAMES:
        assert f"exercises/released/{name}\n" in contents
        assert (f"exercises/released/{name}_solution\n" in contents) == published
        assert (f"{name}_solution.ipynb" in files) == published
    assert len(files) == len(NAMES) * (1 + published)
