"""The whole book as one PDF, printed from the built site by the browser: `make pdf`.

The pages are put one after the other into a single document, so that a link from chapter to chapter stays a
link in the PDF. Live plots appear as the drawings that readers without JavaScript see. It is printed twice:
the first time to learn on which page each chapter begins, the second time with these numbers in the contents.
"""

from __future__ import annotations

import html
import re
import sys
import time
from pathlib import Path
from posixpath import join, normpath

import browser

BUILD = Path(__file__).resolve().parent.parent / "_build"
HTML = BUILD / "html"
BOOK = BUILD / "book.html"
PDF = BUILD / "every-loss-is-a-likelihood.pdf"
TAG = re.compile(r'<[a-zA-Z](?:[^>"]|"[^"]*")*>')
# Attributes that name an id of the same page, and those that link.
NAMES = re.compile(r'\b(id|for|name|aria-labelledby|aria-describedby|aria-controls)="([^"]*)"')
LINKS = re.compile(r'\b(xlink:href|href)="([^"]*)"')
FOOTER = ('<p style="width:100%;text-align:center;font:8pt sans-serif;color:#5c6670">'
          '<span class="pageNumber"></span></p>')


def pages(site: Path = HTML) -> list[tuple[str | None, str, str]]:
    """(part, file, title) in reading order, read off the navigation of the front page."""
    front = (site / "index.html").read_text("utf-8")
    nav = re.search(r'<nav class="chapters".*?</nav>', front, re.DOTALL)[0]
    found, part = [], None
    for caption, address, title in re.findall(
            r'<p class="nav-part">(.*?)</p>|<a href="([^"]*)"[^>]*>(.*?)</a>', nav, re.DOTALL):
        if caption:
            part = html.unescape(caption)
        else:
            text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", title)).split())
            found.append((part, "index.html" if address in ("#", "") else address, text))
    return found


def anchor(page: str, name: str = "") -> str:
    """The id in the whole book of an id on a page, or of the page itself."""
    stem = Path(page).stem
    return f"{stem}--{name}" if name else stem


def body(page: str, known: set[str], site: Path = HTML) -> str:
    """A page's main part, its ids and links made unique, its scripts replaced by drawings."""
    text = (site / page).read_text("utf-8")
    main = re.search(r"<main\b[^>]*>(.*)</main>", text, re.DOTALL)[1]
    main = re.sub(r"<script\b.*?</script>|</?noscript>|<nav\b.*?</nav>", "", main, flags=re.DOTALL)

    def link(match: re.Match) -> str:
        address, _, fragment = html.unescape(match[2]).partition("#")
        target = normpath(join(Path(page).parent.as_posix(), address)) if address else page
        if re.match(r"[a-z]+:", address):
            return match[0]
        if target not in known:  # a download, say
            return ""
        return f'{match[1]}="#{html.escape(anchor(target, fragment))}"'

    def tag(match: re.Match) -> str:
        changed = NAMES.sub(lambda m: f'{m[1]}="' + " ".join(anchor(page, n) for n in m[2].split()) + '"',
                            match[0])
        changed = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{anchor(page, m[1])})", changed)
        return LINKS.sub(link, changed)

    return f'<div class="book-page" id="{anchor(page)}">{TAG.sub(tag, main)}</div>\n'


def contents(listed: list[tuple[str | None, str, str]], numbers: dict[str, int]) -> str:
    rows, part = [], None
    for caption, page, title in listed[1:]:
        if caption != part:
            part = caption
            rows.append(f'<p class="book-part">{html.escape(part or "")}</p>')
        rows.append(f'<p class="book-row"><a href="#{anchor(page)}">{html.escape(title)}</a>'
                    f'<span>{numbers.get(anchor(page), "")}</span></p>')
    return '<div class="book-contents"><h2>Contents</h2>\n' + "\n".join(rows) + "</div>\n"


def document(listed: list[tuple[str | None, str, str]], numbers: dict[str, int], site: Path = HTML) -> str:
    """The listed pages as one HTML document, front page first, then the contents, then the chapters."""
    known = {page for _, page, _ in listed}
    front, *chapters = (body(page, known, site) for _, page, _ in listed)
    head = (site / "index.html").read_text("utf-8")
    style = re.search(r'<link rel="stylesheet" href="([^"]+)"', head)[1].split("?")[0]
    title = re.search(r"<title>(.*?)</title>", head)[1]
    return ('<!DOCTYPE html>\n<html lang="en" data-theme="light" class="whole-book"><head>'
            f'<meta charset="utf-8"><title>{title}</title>\n'
            f'<link rel="stylesheet" href="{(site / style).as_uri()}"></head>\n'
            f'<body><main>\n{front}{contents(listed, numbers)}{"".join(chapters)}</main></body></html>\n')


def print_pdf(source: Path, target: Path) -> None:
    """Print an HTML file, with an outline of its headings and page numbers at the foot."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser.find(),
                                             args=[*browser.FLAGS, "--allow-file-access-from-files"])
        page = running.new_page()
        page.goto(source.as_uri(), wait_until="load", timeout=120_000)
        page.evaluate("document.fonts.ready")
        page.pdf(path=target, format="A4", print_background=True, tagged=True, outline=True,
                 prefer_css_page_size=True, display_header_footer=True, header_template="<span></span>",
                 footer_template=FOOTER)
        running.close()


def page_numbers(path: Path) -> dict[str, int]:
    """On which page, counted from 1, each anchor stands."""
    from pypdf import PdfReader

    reader = PdfReader(path)
    place = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages, 1)}
    return {name.lstrip("/"): place[target.page.idnum] for name, target in reader.named_destinations.items()}


def main(files: list[str]) -> int:
    """The whole book; or, given an HTML file and the name of a PDF, that file alone."""
    start = time.monotonic()
    if files:
        print_pdf(*map(Path, files))
        return 0
    if not (HTML / "index.html").exists():
        sys.exit("the book is not built; run `make book` first")
    if browser.find() is None:
        sys.exit(browser.MISSING)
    partial = PDF.with_suffix(".partial.pdf")
    numbers: dict[str, int] = {}
    for _ in range(2):
        BOOK.write_text(document(pages(), numbers), "utf-8")
        print_pdf(BOOK, partial)
        numbers = page_numbers(partial)
    partial.replace(PDF)
    BOOK.unlink()
    print(f"The book is printed ({time.monotonic() - start:.0f} s): {PDF}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
