"""An assignment's source: one MyST text with nbgrader's metadata, read into questions.

What is left out of nbgrader's metadata is filled in here (schema version, the missing `false`s, `locked`).
Two kinds of cells are the book's own and never leave the instructor's machine: `wrong`, a listed wrong answer
whose metadata is its hint, and `rubric`, how to mark the text answer above.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import re
import textwrap
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

EXERCISES = Path(__file__).resolve().parent.parent
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
STUB = "# YOUR CODE HERE\nraise NotImplementedError()"  # nbgrader's
VARIANT = re.compile(r"^VARIANT = (\d+)$", re.MULTILINE)
HINT = re.compile(r"<details>\s*<summary>(Hint[^<]*)</summary>\s*(.*?)\s*</details>", re.DOTALL)
KNOWN = {"grade_id", "grade", "solution", "points", "locked", "task", "schema_version", "cell_type"}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


class SourceError(ValueError):
    """The source breaks the format; the message says where and what to write."""


@dataclass
class Test:
    """A cell of tests: points all or none."""

    id: str
    points: float
    visible: str
    hidden: str


@dataclass
class Wrong:
    hint: str
    code: str


@dataclass
class Part:
    """One answer cell with what tests it."""

    id: str
    question: str
    source: str  # with the solution region's markers; for a text answer, markdown
    kind: str  # "code" or "markdown"
    points: float = 0  # of a manually marked cell
    tests: list[Test] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    rubric: str = ""
    hints: list[str] = field(default_factory=list)

    @property
    def manual(self) -> bool:
        return not self.tests

    @property
    def max_points(self) -> float:
        return self.points + sum(test.points for test in self.tests)

    @cached_property
    def reference(self) -> str:
        return without_markers(self.source)

    @cached_property
    def stub(self) -> str:
        return replace_region(self.source, STUB)

    @cached_property
    def names(self) -> set[str]:
        """The top-level names that the answer binds."""
        return bound_names(self.reference) if self.kind == "code" else set()

    def with_wrong(self, wrong: Wrong) -> str:
        return replace_region(self.source, wrong.code)


@dataclass
class Given:
    """A code cell that is the same for everybody: imports, data, a colleague's function."""

    id: str
    source: str


@dataclass
class SourceCell:
    cell_type: str
    source: str
    metadata: dict


@dataclass
class Assignment:
    name: str
    text: str
    variant: int
    title: str
    cells: list[SourceCell]  # the instructor's notebook, all nbgrader metadata complete
    given: list[Given]
    parts: list[Part]

    @property
    def questions(self) -> list[str]:
        return list(dict.fromkeys(part.question for part in self.parts))

    @cached_property
    def names(self) -> set[str]:
        """What tests read from a student's notebook; never a given name, which is the instructor's own."""
        own = set().union(*(bound_names(item.source) for item in self.given))
        return set().union(*(part.names for part in self.parts)) - own

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(f"{self.variant}\0{self.text}".encode()).hexdigest()

    def notebook(self):
        """nbgrader's source notebook. Wrong answers and rubrics are not in it."""
        import nbformat

        nb = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
        for number, cell in enumerate(self.cells):
            new = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
            copy = new(cell.source, metadata=dict(cell.metadata))
            digest = hashlib.sha256(f"{number}\0{cell.source}".encode()).hexdigest()
            copy["id"] = cell.metadata.get("nbgrader", {}).get("grade_id") or digest[:12]
            nb.cells.append(copy)
        return nb

    def solution_notebook(self):
        """Answers without markers, every test shown; below each answer its rubric or its wrong answers."""
        import nbformat

        nb = self.notebook()
        below = {(part.tests[-1].id if part.tests else part.id): part for part in self.parts}
        cells = []
        for cell in nb.cells:
            identity = cell["id"]
            cell.source = "\n".join(
                line
                for line in cell.source.split("\n")
                if line.strip() not in (BEGIN, END, BEGIN_HIDDEN, END_HIDDEN)
            )
            cells.append(cell)
            if part := below.get(identity):
                wrong = [f"{wrong.hint}\n\n```python\n{wrong.code}\n```" for wrong in part.wrong]
                text = "\n\n".join(
                    ["**Rubric**", part.rubric] if part.rubric else ["**Common wrong answers**", *wrong]
                )
                cells.append(nbformat.v4.new_markdown_cell(text, id=f"{identity}-notes"))
        nb.cells = cells
        return nb

    def secrets(self) -> list[str]:
        """Lines only for the instructor: solutions, hidden tests, wrong answers, their hints, rubrics."""
        public = {squeeze(line) for cell in self.cells for line in public_text(cell.source).split("\n")}
        private = []
        for part in self.parts:
            private += region(part.source).split("\n")
            for test in part.tests:
                private += test.hidden.split("\n")
            for wrong in part.wrong:
                private += [*wrong.code.split("\n"), wrong.hint]
            private += part.rubric.split("\n")
        lines = dict.fromkeys(line.strip() for line in private if len(squeeze(line)) >= 16)
        return [line for line in lines if squeeze(line) not in public]


def names() -> list[str]:
    return sorted(path.parent.name for path in EXERCISES.glob("*/source.md"))


def load(name: str, variant: int = 1) -> Assignment:
    """By name ("03_common_distributions"), by number ("3"), or the path of a folder."""
    folder = Path(name)
    if not (folder / "source.md").is_file():
        wanted = f"{int(name):02d}_" if name.isdigit() else name.strip("/").rsplit("/", 1)[-1]
        found = [
            known for known in names() if known == wanted or (name.isdigit() and known.startswith(wanted))
        ]
        if not found:
            raise SourceError(f"no assignment {name!r}; there are {', '.join(names())}")
        folder = EXERCISES / found[0]
    return parse((folder / "source.md").read_text("utf-8"), folder.resolve().name, variant)


def parse(text: str, name: str, variant: int = 1) -> Assignment:
    import jupytext

    nb = jupytext.reads(text, fmt="md:myst")
    title, question, given, parts, cells, hints, seen = "", "", [], [], [], [], set()
    for number, cell in enumerate(nb.cells, 1):
        where = f"{name}, cell {number} ({cell.source.strip()[:50].partition(chr(10))[0] or 'empty'})"
        meta = cell.metadata
        if "wrong" in meta or "rubric" in meta:
            if not parts or parts[-1].question != question:
                raise SourceError(f"{where}: there is no answer cell above it in this question")
            if "wrong" in meta:
                hint = meta["wrong"]
                if not isinstance(hint, str) or cell.cell_type != "code":
                    raise SourceError(f'{where}: write the hint on a code cell, `:wrong: "You divided by …"`')
                parts[-1].wrong.append(Wrong(" ".join(hint.split()), cell.source))
            else:
                parts[-1].rubric = cell.source.strip()
            continue
        source = cell.source
        spec = meta.get("nbgrader")
        if cell.cell_type == "code" and not spec:
            raise SourceError(f"{where}: a code cell needs `:nbgrader: {{grade_id: …}}`")
        if spec:
            spec = complete(dict(spec), cell.cell_type, where)
            if spec["grade_id"] in seen:
                raise SourceError(f"{where}: the grade_id {spec['grade_id']!r} is there twice")
            seen.add(spec["grade_id"])
        if cell.cell_type == "markdown" and not spec:
            if match := re.search(r"^# (.+)$", source, re.MULTILINE):
                title = title or match[1]
            for line in source.split("\n"):
                if line.startswith("## "):
                    question, hints = line[3:].strip(), []
            hints += [body for _, body in HINT.findall(source)]
        elif not spec["grade"] and not spec["solution"]:
            source = VARIANT.sub(f"VARIANT = {variant}", source)
            given.append(Given(spec["grade_id"], source))
        elif spec["solution"]:
            if not question:
                raise SourceError(f"{where}: an answer cell comes after a heading `## 1. …`")
            if source.count(BEGIN) != 1 or source.count(END) != 1 or source.index(BEGIN) > source.index(END):
                raise SourceError(f"{where}: one region from `{BEGIN}` to `{END}` is needed")
            if (cell.cell_type == "markdown") != spec["grade"]:
                raise SourceError(
                    f"{where}: a text answer is `grade: true, solution: true, points: …`; a "
                    "code answer is `solution: true` and gets its points in the tests below it"
                )
            parts.append(
                Part(spec["grade_id"], question, source, cell.cell_type, spec.get("points", 0), hints=hints)
            )
        else:
            if not parts or parts[-1].question != question or parts[-1].kind != "code":
                raise SourceError(f"{where}: tests come below the answer cell that they test")
            if source.count(BEGIN_HIDDEN) != source.count(END_HIDDEN) or source.count(BEGIN_HIDDEN) > 1:
                raise SourceError(f"{where}: at most one region from `{BEGIN_HIDDEN}` to `{END_HIDDEN}`")
            visible, _, rest = source.partition(BEGIN_HIDDEN)
            hidden, _, after = rest.partition(END_HIDDEN)
            if after.strip():
                raise SourceError(f"{where}: hidden tests come last in their cell")
            parts[-1].tests.append(Test(spec["grade_id"], spec["points"], visible.strip(), hidden.strip()))
        cells.append(SourceCell(cell.cell_type, source, {"nbgrader": spec} if spec else {}))
    return Assignment(name, text, variant, title, cells, given, parts)


def from_dict(data: dict) -> Assignment:
    """The inverse of `dataclasses.asdict`: for processes that need no notebook tools."""
    parts = [
        Part(**{**part, "tests": [Test(**test) for test in part["tests"]],
                "wrong": [Wrong(**wrong) for wrong in part["wrong"]]})
        for part in data["parts"]
    ]
    cells = [SourceCell(**cell) for cell in data["cells"]]
    given = [Given(**item) for item in data["given"]]
    return Assignment(**{**data, "cells": cells, "given": given, "parts": parts})


def complete(spec: dict, cell_type: str, where: str) -> dict:
    """nbgrader's metadata, schema 3, from the entries that matter."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", str(spec.get("grade_id", ""))):
        raise SourceError(f"{where}: `grade_id` is letters, digits and hyphens")
    if unknown := set(spec) - KNOWN:
        raise SourceError(f"{where}: nbgrader knows no {sorted(unknown)[0]!r}")
    full = {
        "schema_version": 3,
        "grade_id": spec["grade_id"],
        "grade": bool(spec.get("grade", False)),
        "solution": bool(spec.get("solution", False)),
        "task": False,
        "cell_type": cell_type,
    }
    full["locked"] = not full["solution"]
    if full["grade"]:
        points = spec.get("points")
        if isinstance(points, bool) or not isinstance(points, int | float) or points <= 0:
            raise SourceError(f"{where}: `points: …` is a positive number")
        full["points"] = points
    elif "points" in spec:
        raise SourceError(f"{where}: points belong to a cell with `grade: true`")
    return full


# -- text ------------------------------------------------------------------------------------------------


def region(source: str) -> str:
    """What stands between the markers, without the common indentation."""
    start, end = source.index(BEGIN) + len(BEGIN), source.index(END)
    return textwrap.dedent(source[start:end].strip("\n").rstrip())


def replace_region(source: str, code: str) -> str:
    begin, end = source.index(BEGIN), source.index(END)
    line = source.rfind("\n", 0, begin) + 1
    indent = source[line:begin]
    return source[:line] + textwrap.indent(code.strip("\n"), indent) + source[end + len(END) :]


def without_markers(source: str) -> str:
    return "\n".join(line for line in source.split("\n") if line.strip() not in (BEGIN, END))


def public_text(source: str) -> str:
    """A cell's text without its solution and its hidden tests."""
    if BEGIN in source:
        return replace_region(source, "")
    return source.partition(BEGIN_HIDDEN)[0]


def squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)


def bound_names(source: str) -> set[str]:
    """Names that the code binds at top level; of broken code none."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            continue
        else:
            found |= {
                item.id
                for item in ast.walk(node)
                if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
            }
    return found - set(dir(builtins))
