"""Math set at build time: KaTeX in one node process, HTML for the eye and MathML for everything else.

A formula that KaTeX refuses is a warning with file and line, so an error under -W.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from loss_book.lines import CELL

logger = logging.getLogger(__name__)
BOOK = Path(__file__).resolve().parents[2]
KATEX = BOOK / "node_modules" / "katex"


class KaTeX:
    """The node process, started at the first formula, and what it answered."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._known: dict[tuple[str, bool], dict[str, str]] = {}

    def render(self, tex: str, display: bool) -> dict[str, str]:
        """{"html": …} or {"error": …}."""
        key = (tex, display)
        if key not in self._known:
            process = self._process or self._start()
            process.stdin.write(json.dumps({"tex": tex, "display": display}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"the KaTeX process ended with status {process.wait()} at: {tex}")
            self._known[key] = json.loads(line)
        return self._known[key]

    def _start(self) -> subprocess.Popen[str]:
        node = shutil.which("node")
        if node is None or not KATEX.is_dir():
            raise RuntimeError("math needs node and book/node_modules/katex; `make book` installs both")
        worker = Path(__file__).with_name("katex_worker.mjs")
        self._process = subprocess.Popen([node, str(worker), str(BOOK)], text=True, encoding="utf-8",
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self._process

    def close(self, *_) -> None:
        if self._process:
            self._process.stdin.close()
            self._process.wait(timeout=10)
            self._process = None

    def glyphs(self) -> str:
        """Every character of every formula set, to subset the fonts by."""
        pages = "".join(answer.get("html", "") for answer in self._known.values())
        visible = re.sub(r'<span class="katex-mathml">.*?</math></span>', "", pages, flags=re.DOTALL)
        return "".join(sorted(set(html.unescape(re.sub(r"<[^>]*>", "", visible)))))


katex = KaTeX()


def _set(translator: HTML5Translator, node: nodes.Element, tex: str, display: bool) -> str:
    answer = katex.render(tex, display)
    if "html" in answer:
        return answer["html"]
    message = re.sub(r"^KaTeX parse error: ", "", answer["error"])
    logger.warning("math: %s, in: %s%s", message, " ".join(tex.split()), _cell(node), location=node)
    return f"<code>{html.escape(tex)}</code>"


def _cell(node: nodes.Element) -> str:
    """myst-nb numbers the lines of a notebook as cell · 10000 + line + 1; say it in words."""
    line = node.line or (node.parent.line if node.parent is not None else None) or 0
    cell, line = divmod(line, CELL)
    return f" (cell {cell}, line {line - 1})" if cell else ""


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    short = "" if len(_signs(node.astext())) > 14 else " nobr"
    self.body.append(f'<span class="math{short}">{_set(self, node, node.astext(), display=False)}</span>')
    raise nodes.SkipNode


def _signs(tex: str) -> str:
    """About one character for each sign: n = 5 does not break over two lines, a long formula may."""
    return re.sub(r"[{}^_&\s]", "", re.sub(r"\\(?:[A-Za-z]+|.)", "x", tex))


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    tex = node.astext().strip()
    number = get_node_equation_number(self, node) if node["ids"] and node.get("label") else ""
    name = f"Equation {number}" if number else "Equation"
    self.body.append(self.starttag(node, "div", CLASS="equation"))
    self.body.append(f'<div class="equation-scroll" data-label="{name}">')
    self.body.append(_set(self, node, tex, display=True) + "</div>")
    if number:
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


class KeepTogether(SphinxPostTransform):
    """No line break between a formula and its bracket or comma, nor between a number and its percent sign."""

    default_priority = 400
    formats = ("html",)

    def run(self, **kwargs) -> None:
        for formula in list(self.document.findall(nodes.math)):
            line, place = formula.parent, formula.parent.index(formula)
            before = self.beside(line, place - 1, r"[(\[‘“]+$")
            after = self.beside(line, place + 1, r"^[.,;:!?)\]’”]+")
            if before or after:
                whole = nodes.inline("", "", *before, formula.deepcopy(), *after, classes=["nobr"])
                formula.replace_self(whole)
        exact = nodes.literal | nodes.literal_block | nodes.math | nodes.math_block | nodes.raw
        for text in list(self.document.findall(nodes.Text)):
            if not isinstance(text.parent, exact):
                kept = re.sub(r"(^|\d) %", "\\1\u00a0%", text)
                link = text.parent if isinstance(text.parent, nodes.reference) else text.parent.parent
                if isinstance(link, nodes.reference) and isinstance(link.parent.parent, nodes.entry):
                    kept = re.sub(r"^([Cc]hapter) (\d+)$", "\\1\u00a0\\2", kept)
                if kept != text:
                    text.parent.replace(text, nodes.Text(kept))

    @staticmethod
    def beside(line: nodes.Element, place: int, marks: str) -> list[nodes.Text]:
        """The marks, taken off the text at this place; nothing if there are none."""
        text = line[place] if 0 <= place < len(line) else None
        found = re.search(marks, text) if isinstance(text, nodes.Text) else None
        if not found:
            return []
        line[place] = nodes.Text(text[:found.start()] + text[found.end():])
        return [nodes.Text(found[0])]


def setup(app: Sphinx) -> None:
    app.add_post_transform(KeepTogether)
    app.add_html_math_renderer("build_time", (visit_inline, None), (visit_block, None))
    app.connect("build-finished", katex.close, priority=900)
