"""The book's Sphinx extension: theme, page parts, math at build time, inlined figures, assets."""

from __future__ import annotations

import os
from pathlib import Path

from sphinx.application import Sphinx

from loss_book import (
    assets,
    bibliography,
    checked,
    crosslinks,
    directives,
    figures,
    lines,
    math,
    numbering,
    pages,
)

BOOK = Path(__file__).resolve().parents[2]


def configure(app: Sphinx, config) -> None:
    # Jupyter Book sets options of its own theme, which ours does not know.
    config.html_theme_options = {}
    # Set by book/build.py: results are cached per version of the code they come from.
    if cache := os.environ.get("EVERY_LOSS_CACHE"):
        config.nb_execution_cache_path = cache
    if url := os.environ.get("EVERY_LOSS_URL"):
        config.html_baseurl = url


def setup(app: Sphinx) -> dict[str, object]:
    # Jupyter Book passes it on for an extension that is not used here.
    app.add_config_value("comments_config", {}, "")
    app.add_html_theme("every_loss", str(BOOK / "theme"))
    app.connect("config-inited", configure)
    for part in (math, directives, bibliography, checked, crosslinks, figures, lines, numbering, pages,
                 assets):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
