"""The book's pages as tests see them: cells, prose without code and math, equations, directives.

Everything is found by glob, so a new chapter is under every test the moment its file exists.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ROOT / "chapters"
BIBLIOGRAPHY = ROOT / "references.bib"

# Directives whose body is not MyST. Of any other directive the body is read like the page.
_NOT_MYST = {"code-cell", "code", "code-block", "bibliography", "toctree", "raw", "literalinclude"}


class Cell(NamedTuple):
    where: str  # "chapters/02_two_readings.ipynb, cell 5"
    kind: str  # "markdown" or "code"
    source: str
    metadata: dict
    outputs: list


class Found(NamedTuple):
    """A piece of a page, with its place for a message."""

    where: str
    text: str


class Directive(NamedTuple):
    where: str
    name: str
    argument: str
    options: dict
    body: str


class Equation(NamedTuple):
    where: str
    label: str
    latex: str


class Page:
    def __init__(self, path: Path):
        self.path = path
        self.name = f"{path.parent.name}/{path.name}"
        prefix = re.match(r"(\d+)_", path.name)
        self.number = int(prefix.group(1)) if prefix else None

    def __repr__(self) -> str:
        return self.path.stem

    @property
    def is_notebook(self) -> bool:
        return self.path.suffix == ".ipynb"

    @cached_property
    def cells(self) -> list[Cell]:
        text = self.path.read_text(encoding="utf-8")
        if not self.is_notebook:
            return [Cell(self.name, "markdown", text, {}, [])]
        return [
            Cell(f"{self.name}, cell {number}", cell["cell_type"], "".join(cell["source"]),
                 cell["metadata"], cell.get("outputs", []))
            for number, cell in enumerate(json.loads(text)["cells"], start=1)
        ]

    @property
    def markdown(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "markdown"]

    @property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "code"]

    def prose(self) -> list[Found]:
        """Each line of text a reader reads as words, math and code blanked out; captions and alts too."""
        lines = []
        for cell in self.markdown:
            for number, line in enumerate(prose_of(cell.source).split("\n"), start=1):
                if line.strip():
                    lines.append(Found(f"{cell.where}, line {number}", line))
        for cell in self.code:
            for what, text in captions(cell).items():
                lines.append(Found(f"{cell.where}, {what}", prose_of(text)))
        return lines

    def directives(self, *names: str) -> list[Directive]:
        found = [d for cell in self.markdown for d in directives_of(cell)]
        return [d for d in found if not names or d.name in names]

    def headings(self) -> list[tuple[int, str]]:
        heading = re.compile(r"^(#{1,6})\s+(.*)$", re.M)
        return [(len(m.group(1)), m.group(2).strip()) for cell in self.markdown
                for m in heading.finditer(without_code(cell.source))]

    def equations(self) -> list[Equation]:
        return [e for cell in self.markdown for e in equations_of(cell)]

    def roles(self, pattern: str) -> list[Found]:
        """The content of every role whose name matches, as in {cite:p}`content`."""
        return [Found(f"{cell.where}, line {line_of(cell.source, m)}", m.group(1)) for cell in self.markdown
                for m in re.finditer(rf"\{{(?:{pattern})\}}`([^`]*)`", without_code(cell.source))]


def pages(folder: Path = CHAPTERS) -> list[Page]:
    return [Page(path) for path in sorted([*folder.glob("[!.]*.md"), *folder.glob("[!.]*.ipynb")])]


def notebooks(folder: Path = CHAPTERS) -> list[Page]:
    return [page for page in pages(folder) if page.is_notebook]


def line_of(source: str, match) -> int:
    return source.count("\n", 0, match.start()) + 1


def captions(cell: Cell) -> dict[str, str]:
    """{"alt": …, "caption": …} of a figure or live-plot cell, what there is."""
    settings = cell.metadata.get("mystnb", {})
    image, figure = settings.get("image", {}), settings.get("figure", {})
    found = {"alt": image.get("alt"), "caption": figure.get("caption")}
    return {what: text for what, text in found.items() if text}


# -- reading MyST ----------------------------------------------------------------------------------------


def _blank(match) -> str:
    return re.sub(r"[^\n]", " ", match.group())


def without_code(source: str) -> str:
    """The source with front matter, comments, code blocks and spans blanked; directives and math stay."""
    source = re.sub(r"\A---\n.*?\n---\n", _blank, source, flags=re.S)
    source = re.sub(r"<!--.*?-->|^%.*$", _blank, source, flags=re.S | re.M)

    def fence(match):
        directive = re.match(r"\{([\w:-]+)\}", match.group("info"))
        return match.group() if directive and directive.group(1) not in _NOT_MYST else _blank(match)

    block = r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>.*)\n(?:.*\n)*?(?P=indent)(?P=ticks)`* *$"
    source = re.sub(block, fence, source, flags=re.M)
    # A code span, but not the content of a role, {eq}`…`.
    span = r"(?P<role>\{[\w:.*-]+\}`[^`]*`)|(?<!`)(?P<ticks>`{1,2})(?!`).+?(?<!`)(?P=ticks)(?!`)"
    return re.sub(span, lambda m: m.group() if m.group("role") else _blank(m), source, flags=re.S)


_MATH_BLOCK = re.compile(r"^(?:`{3,}|:{3,})\{math\}\s*\n((?:.*\n)*?)(?:`{3,}|:{3,})\s*$", re.M)
_DISPLAY = r"\$\$((?:[^$]|\\\$)*)\$\$"


def equations_of(cell: Cell) -> list[Equation]:
    """Every displayed equation with a label: `$$ … $$ (label)` and ```{math} with `:label:`."""
    source = without_code(cell.source)
    found = []
    for match in re.finditer(_DISPLAY + r"[ \t]*\(([^)\s]+)\)", source):
        found.append((match, match.group(2), match.group(1)))
    for match in _MATH_BLOCK.finditer(source):
        label = re.search(r"^:label:\s*(\S+)\s*$", match.group(1), re.M)
        if label:
            found.append((match, label.group(1), re.sub(r"^:\w+:.*\n", "", match.group(1), flags=re.M)))
    return [Equation(f"{cell.where}, line {line_of(source, m)}", label, latex) for m, label, latex in found]


_MATH = re.compile(_DISPLAY + r"(?:[ \t]*\([^)\s]+\))?|(?<![\\$\w])\$(?!\s)(?:[^$\\]|\\.)+?\$(?!\d)", re.S)


def prose_of(source: str) -> str:
    """The words a reader reads; everything else is blank, so that lines keep their numbers."""
    source = without_code(source)
    source = _MATH.sub(_blank, _MATH_BLOCK.sub(_blank, source))
    # A role shows its own text only where it is written `text <target>`; a link shows what is in brackets.
    source = re.sub(r"\{[\w:.-]+\}`(?:([^`<]*)<[^`>]*>|[^`]*)`", lambda m: m.group(1) or _blank(m), source)
    source = re.sub(r"\]\([^)\s]*\)", "]", source)
    source = re.sub(r"<https?://[^>]*>|https?://\S+", _blank, source)
    source = re.sub(r"^\([\w-]+\)=\s*$", _blank, source, flags=re.M)
    source = re.sub(r"^ *:[\w-]+:.*$", _blank, source, flags=re.M)
    return re.sub(r"^( *)(:{3,}|`{3,})(\{[\w:-]+\})?", lambda m: " " * len(m.group()), source, flags=re.M)


def directives_of(cell: Cell) -> list[Directive]:
    """Every colon or backtick fence with a directive name, nested ones too."""
    lines = without_code(cell.source).split("\n")
    found, open_ = [], []
    for number, line in enumerate(lines):
        fence = re.match(r"\s*(:{3,}|`{3,})(?:\{([\w:-]+)\}\s*(.*))?\s*$", line)
        if not fence:
            continue
        mark, name, argument = fence.groups()
        if name:
            open_.append((mark, name, argument.strip(), number))
        elif open_ and open_[-1][0] == mark:
            _, name, argument, start = open_.pop()
            options, body = _options(lines[start + 1 : number])
            found.append(Directive(f"{cell.where}, line {start + 1}", name, argument, options, body))
    if open_:
        raise ValueError(f"{cell.where}, line {open_[0][3] + 1}: directive {open_[0][1]} is not closed")
    return sorted(found, key=lambda d: int(d.where.rsplit(" ", 1)[1]))


def _options(lines: list[str]) -> tuple[dict, str]:
    options = {}
    if lines and lines[0].strip() == "---":
        end = lines.index("---", 1)
        return yaml.safe_load("\n".join(lines[1:end])), "\n".join(lines[end + 1 :])
    while lines and (option := re.match(r"\s*:([\w-]+):\s*(.*)$", lines[0])):
        options[option.group(1)] = option.group(2).strip()
        lines = lines[1:]
    return options, "\n".join(lines)
