"""Every page keeps the contract of a chapter; see _lint.py for the rules."""

import pytest

from book import notebooks as tool
from tests.chapters._lint import PAGE_LINTS, book_lints
from tests.chapters._pages import BIBLIOGRAPHY, notebooks, pages

PAGES = pages()


def name(value):
    return getattr(value, "__name__", None) or repr(value)


@pytest.mark.parametrize("page", PAGES, ids=name)
@pytest.mark.parametrize("lint", PAGE_LINTS, ids=name)
def test_page(lint, page):
    problems = lint(page)
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize("lint", book_lints(BIBLIOGRAPHY), ids=name)
def test_book(lint):
    problems = lint(PAGES)
    assert not problems, "\n" + "\n".join(problems)


@pytest.mark.parametrize("page", notebooks(), ids=name)
def test_stored_notebook_is_clean(page):
    problems = tool.problems(page.path)
    assert not problems, f"\n{page.name}: " + f"\n{page.name}: ".join(problems) + (
        f"\nremedy: python book/notebooks.py clean {page.name}")
