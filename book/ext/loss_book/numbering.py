"""The order of the chapters, and numbers by chapter: equation (3.4), figure 3.2, in the back matter (A.1)."""

from __future__ import annotations

import re

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

BACK_MATTER = 90


def chapter_number(docname: str) -> str:
    """"3" for chapters/03_x, "A" for chapters/90_x, "" for a page outside the order."""
    if not docname.startswith("chapters/"):
        return ""
    match = re.match(r"(\d\d)_", docname.rsplit("/", 1)[-1])
    if not match:
        return ""
    number = int(match[1])
    return str(number) if number < BACK_MATTER else chr(ord("A") + number - BACK_MATTER)


def chapters(env: BuildEnvironment) -> list[dict]:
    """Parts in reading order, the front page first: {"caption", "pages": [{"name", "number", "title"}]}."""
    root = env.external_site_map.root

    def page(name: str) -> dict:
        return {"name": name, "number": chapter_number(name), "title": env.titles[name].astext()}

    parts = [{"caption": None, "pages": [page(root.docname)]}]
    for tree in root.subtrees:
        pages = [page(item) for item in tree.items if item in env.titles]
        parts.append({"caption": tree.caption, "pages": pages})
    return parts


def number_by_chapter(app: Sphinx, env: BuildEnvironment) -> None:
    # The numbers are assigned after "env-updated"; every page is written after this.
    for docname, kinds in env.toc_fignumbers.items():
        if chapter := chapter_number(docname):
            for numbers in kinds.values():
                for place, key in enumerate(numbers, 1):
                    numbers[key] = (chapter, place)


def setup(app: Sphinx) -> None:
    app.connect("env-check-consistency", number_by_chapter)
