"""A line for every reference, so that a warning about it says where it is."""

from __future__ import annotations

import json
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

CELL = 10_000  # myst-nb's line in a notebook: cell · 10000 + line + 1


def find_lines(app: Sphinx, document: nodes.document) -> None:
    """myst-parser gives no line to what stands in a table cell; look the target up in the source."""
    kinds = addnodes.pending_xref | nodes.math | nodes.image
    for node in document.findall(lambda node: isinstance(node, kinds)):
        if not node.line:
            target = node.get("reftarget") or Path(node.get("uri", "")).name or node.astext()
            node.source = node.source or str(app.env.doc2path(app.env.docname))
            node.line = line_of(app.env.doc2path(app.env.docname), target)


def line_of(path: str, text: str) -> int | None:
    """The first line that holds the text, None if there is none."""
    source = Path(path).read_text("utf-8")
    notebook = path.endswith(".ipynb")
    parts = ["".join(cell["source"]) for cell in json.loads(source)["cells"]] if notebook else [source]
    for cell, content in enumerate(parts, 1):
        for line, words in enumerate(content.splitlines(), 1):
            if text in words:
                return cell * CELL + line + 1 if notebook else line
    return None


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", find_lines)
