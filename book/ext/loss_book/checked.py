"""How the book is checked, told by the book itself: equations, notebooks, reference figures."""

from __future__ import annotations

import ast
import html
import re
from pathlib import Path

import nbformat
from docutils import nodes
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from loss_book.directives import Generated
from loss_book.math import BOOK
from loss_book.numbering import chapters

logger = logging.getLogger(__name__)

CHECKS = BOOK.parent / "tests" / "derivations"
REFERENCE = "reference"  # the tag of a cell that asserts figures published elsewhere or fixed by the syllabus


class checked_chapters(nodes.General, nodes.Element):
    """A row per chapter: equations with checks, cells, assertions, seconds."""


class checked_equations(nodes.General, nodes.Element):
    """Every labeled equation, with the name of its check."""


class reference_figures(nodes.General, nodes.Element):
    """What the cells that assert reference figures print."""


class CheckedChapters(Generated):
    node = checked_chapters


class CheckedEquations(Generated):
    node = checked_equations


class ReferenceFigures(Generated):
    node = reference_figures


def checks() -> dict[str, str]:
    """Label → file of the check named after it."""
    found = {}
    for path in sorted(CHECKS.glob("test_*.py")):
        for item in ast.parse(path.read_text("utf-8")).body:
            if isinstance(item, ast.FunctionDef) and item.name.startswith("test_eq_"):
                found[item.name.removeprefix("test_").replace("_", "-")] = path.name
    return found


def equations(env: BuildEnvironment) -> dict[str, list[tuple[str, str, str]]]:
    """Page → (label, number on the page, file of the check) of its labeled equations, in order.

    An equation without a check is a warning, and so stops the build.
    """
    files, found = checks(), {}
    for label, (docname, number) in env.domains["math"].equations.items():
        shown = env.toc_fignumbers.get(docname, {}).get("displaymath", {})
        place = shown.get(f"equation-{nodes.make_id(label)}") or (number,)
        if label not in files:
            logger.warning("equation %s has no check: tests/derivations/ lacks test_%s", label,
                           label.replace("-", "_"), location=docname)
        found.setdefault(docname, []).append((label, ".".join(map(str, place)), files.get(label, "")))
    return found


def code_cells(env: BuildEnvironment, docname: str) -> list:
    path = Path(env.doc2path(docname))
    if path.suffix != ".ipynb":
        return []
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def assertions(cells: list) -> int:
    """How many `assert` statements the cells run, IPython's own lines left out."""
    code = "\n".join(re.sub(r"(?m)^[%!].*$", "", cell.source) for cell in cells)
    return sum(isinstance(item, ast.Assert) for item in ast.walk(ast.parse(code)))


def visit_checked_chapters(self: HTML5Translator, node: checked_chapters) -> None:
    env, here = self.builder.env, self.builder.current_docname
    labels, total = equations(env), [0, 0, 0, 0.0]
    heads = ["Chapter", "Equations", "Cells", "Assertions", "Run time"]
    self.body.append('<div class="table-scroll"><table class="table checked-table">\n<thead><tr>'
                     + "".join(f'<th class="head">{head}</th>' for head in heads)
                     + "</tr></thead>\n<tbody>\n")
    for part in chapters(env):
        for page in part["pages"]:
            cells = code_cells(env, page["name"])
            run = (NbMetadataCollector.get_exec_data(env, page["name"]) or {}).get("runtime") or 0.0
            row = [len(labels.get(page["name"], [])), len(cells), assertions(cells), run]
            if not any(row):
                continue
            total = [a + b for a, b in zip(total, row, strict=True)]
            address = self.builder.get_relative_uri(here, page["name"])
            title = f'{page["number"]} {html.escape(page["title"])}'
            self.body.append(f'<tr><td><a href="{address}">{title}</a></td>{_numbers(row)}</tr>\n')
    self.body.append("<tr><td>The whole book</td>" + _numbers(total) + "</tr>\n</tbody>\n</table></div>\n")
    raise nodes.SkipNode


def _numbers(row: list) -> str:
    *counts, seconds = row
    time = f"{seconds:.1f} s" if seconds else "–"  # an assignment's page is not run
    return "".join(f"<td>{count:,}</td>" for count in counts) + f"<td>{time}</td>"


def visit_checked_equations(self: HTML5Translator, node: checked_equations) -> None:
    env, here = self.builder.env, self.builder.current_docname
    labels = equations(env)
    for part in chapters(env):
        for page in part["pages"]:
            if not (mine := labels.get(page["name"])):
                continue
            address = self.builder.get_relative_uri(here, page["name"])
            self.body.append(
                f'<details class="checked"><summary>{html.escape(page["title"])} ({len(mine)})</summary>\n'
                f"<p>In <code>tests/derivations/{mine[0][2]}</code>:</p>\n<ul>\n")
            for label, number, _ in mine:
                self.body.append(f'<li><a href="{address}#equation-{nodes.make_id(label)}">({number})</a> '
                                 f'<code>test_{label.replace("-", "_")}</code></li>\n')
            self.body.append("</ul></details>\n")
    raise nodes.SkipNode


def visit_reference_figures(self: HTML5Translator, node: reference_figures) -> None:
    env, here = self.builder.env, self.builder.current_docname
    for part in chapters(env):
        for page in part["pages"]:
            cells = [cell for cell in code_cells(env, page["name"])
                     if REFERENCE in cell.metadata.get("tags", [])]
            printed = "\n".join(output.text.rstrip() for cell in cells for output in cell.outputs
                                if output.output_type == "stream")
            if not printed:
                continue
            address = self.builder.get_relative_uri(here, page["name"])
            self.body.append(
                f'<details class="checked"><summary>{html.escape(page["title"])}</summary>\n'
                f'<p><a href="{address}">The chapter</a> prints these, and asserts them in the same cells:'
                "</p>\n"
                f'<div class="highlight"><pre>{html.escape(printed)}</pre></div></details>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    for node, directive, visit in (
            (checked_chapters, CheckedChapters, visit_checked_chapters),
            (checked_equations, CheckedEquations, visit_checked_equations),
            (reference_figures, ReferenceFigures, visit_reference_figures)):
        app.add_node(node, html=(visit, None))
        app.add_directive(node.__name__.replace("_", "-"), directive)
