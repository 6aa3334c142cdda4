"""The printed book, on three of its pages: links stay links, toggles are open, live plots are drawings."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from pypdf import PdfReader

from .conftest import HTML, find, missing

import pdf  # isort: skip  (conftest put the book's scripts on the path)

CHOSEN = ("index.html", "chapters/03_common_distributions.html", "chapters/05_logistic_regression.html")


@pytest.fixture(scope="module")
def listed():
    if not (HTML / "index.html").exists():
        missing("the book is not built; run `make book`")
    return pdf.pages(HTML)


@pytest.fixture(scope="module")
def printed(listed, tmp_path_factory):
    """(HTML text, PDF) of the front page and two chapters that refer to each other."""
    if find() is None:
        missing(pdf.browser.MISSING)
    folder = tmp_path_factory.mktemp("pdf")
    chosen = [row for row in listed if row[1] in CHOSEN]
    source = folder / "book.html"
    source.write_text(pdf.document(chosen, {}, HTML), "utf-8")
    # In a process of its own: this one may already drive a browser.
    subprocess.run([sys.executable, pdf.__file__, source, folder / "book.pdf"], check=True)
    return source.read_text("utf-8"), PdfReader(folder / "book.pdf")


def test_every_page_of_the_site_is_in_reading_order(listed):
    found = [page for _, page, _ in listed]
    files = sorted(str(path.relative_to(HTML)) for path in HTML.rglob("*.html"))
    assert sorted(found) == [name for name in files if name != "search.html"]
    assert found[0] == "index.html"
    assert 0 < found.index(CHOSEN[1]) < found.index(CHOSEN[2])


def test_ids_are_unique_and_links_lead_to_them(printed):
    text, _ = printed
    tags = "".join(pdf.TAG.findall(text))
    ids = re.findall(r'\bid="([^"]+)"', tags)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'\bhref="#([^"]+)"', tags)) <= set(ids)


def test_links_between_chapters_work_in_the_pdf(printed):
    _, book = printed
    chapter = {page.indirect_reference.idnum: number for number, page in enumerate(book.pages)}
    begins = {name.lstrip("/"): chapter[place.page.idnum] for name, place in book.named_destinations.items()}
    third, fifth = begins["03_common_distributions"], begins["05_logistic_regression"]
    assert 0 < third < fifth
    targets, foreign = set(), []
    for number, page in enumerate(book.pages):
        for link in (note.get_object() for note in page.get("/Annots") or []):
            if "/Dest" in link and number >= fifth:
                targets.add(begins[str(link["/Dest"]).lstrip("/")])
            uri = link.get("/A", {}).get("/URI", "")
            if uri and not re.match(r"https?://", str(uri)):
                foreign.append(uri)
    assert foreign == []
    assert any(third <= target < fifth for target in targets)  # chapter 5 refers back to chapter 3


def test_the_outline_names_the_chapters(printed, listed):
    _, book = printed
    titles = {re.sub(r"\s+", "", item.title) for item in book.outline if not isinstance(item, list)}
    for _, page, title in listed:
        if page in CHOSEN[1:]:
            assert re.sub(r"\s+", "", title.split(" ", 1)[1]) in titles


def test_toggles_and_answers_are_open_and_live_plots_are_drawn(printed):
    text, book = printed
    words = " ".join(page.extract_text() for page in book.pages)
    assert "Not this one." in words
    assert "<script" not in text
    drawn = len(re.findall(r'<div class="live"[^>]*>\s*<svg class="plot"', text))
    assert drawn == text.count('<div class="live"') == len(CHOSEN)
    assert len(book.pages) > 30
