"""A student's notebook, as it came, matched to the assignment's source.

By grade_id; where the metadata is gone, by the names that a cell defines and by its text. Nothing in it is
trusted: its tests and its points are ignored, only its answers are read.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field

from .source import STUB, Assignment, bound_names, public_text, squeeze

TEXT_STUB = "YOUR ANSWER HERE"  # nbgrader's
MAX_BYTES = 100_000_000
MAX_CELLS = 2_000
MAX_SOURCE = 1_000_000


class Unreadable(ValueError):
    """No notebook; the message is for the student too."""


@dataclass
class Cell:
    number: int  # in the student's notebook, from 1
    source: str
    part: str | None = None  # the part that it answers


@dataclass
class Submission:
    cells: list[Cell] = field(default_factory=list)  # code to run, in order
    texts: dict[str, str] = field(default_factory=dict)  # text answers by part
    notes: list[str] = field(default_factory=list)  # irregularities
    answered: set[str] = field(default_factory=set)  # parts whose cell was found, changed from the stub


def read(data: bytes, assignment: Assignment) -> Submission:
    if not data.strip():
        raise Unreadable("the file is empty")
    try:
        nb = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        kind = "not text in UTF-8" if isinstance(error, UnicodeDecodeError) else "not valid JSON"
        raise Unreadable(f"the file is no notebook: it is {kind}") from None
    if not isinstance(nb, dict) or not isinstance(nb.get("cells"), list):
        raise Unreadable("the file is no notebook: it has no list of cells")
    kernel = (
        text_of((nb.get("metadata") or {}).get("kernelspec", {}), "language")
        if isinstance(nb.get("metadata"), dict)
        else ""
    )
    found = Submission()
    if kernel and kernel.lower() != "python":
        found.notes.append(f"the notebook names the language {kernel[:40]!r}; its cells were run as Python")
    cells = [cell for cell in nb["cells"] if isinstance(cell, dict)]
    if len(cells) < len(nb["cells"]):
        found.notes.append("some cells are not cells and were left out")
    if len(cells) > MAX_CELLS:
        found.notes.append(f"only the first {MAX_CELLS} cells were read")
        cells = cells[:MAX_CELLS]
    match(cells, assignment, found)
    return found


def match(cells: list[dict], assignment: Assignment, found: Submission) -> None:
    parts = {part.id: part for part in assignment.parts}
    given = {item.id: item for item in assignment.given}
    tests = {test.id: test for part in assignment.parts for test in part.tests}
    by_text = {squeeze(item.source): ("given", item.id) for item in assignment.given}
    by_text |= {squeeze(test.visible): ("test", test.id) for test in tests.values()}
    known = [squeeze(public_text(cell.source)) for cell in assignment.cells]
    candidates: dict[str, list[Cell]] = {}
    seen_given: set[str] = set()
    seen_tests: set[str] = set()
    twice = changed = 0
    loose: list[tuple[int, str]] = []
    by_id = 0
    for number, raw in enumerate(cells, 1):
        source = cell_source(raw)
        if len(source) > MAX_SOURCE:
            found.notes.append(f"cell {number} is longer than a million characters and was left out")
            continue
        kind = raw.get("cell_type")
        identity = grade_id(raw)
        by_id += identity in parts or identity in tests
        if kind != "code":
            if identity in parts and parts[identity].kind == "markdown":
                candidates.setdefault(identity, []).append(Cell(number, source, identity))
            elif kind == "markdown" and source.strip():
                loose.append((number, source))
            continue
        if not source.strip():
            continue
        if identity in given or by_text.get(squeeze(source), ("",))[0] == "given":
            name = identity if identity in given else by_text[squeeze(source)][1]
            if squeeze(source) != squeeze(given[name].source) and name not in seen_given:
                if "VARIANT" in given[name].source and (
                    re.sub(r"VARIANT=\d+", "", squeeze(source))
                    == re.sub(r"VARIANT=\d+", "", squeeze(given[name].source))
                ):
                    found.notes.append("the notebook is another variant of the data than the one graded")
                else:
                    # What was added, an import perhaps, is run; then the original once more.
                    found.notes.append(f"the given cell {name!r} was changed; the original was run after it")
                    found.cells += [Cell(number, source), Cell(number, given[name].source)]
            seen_given.add(name)
            continue  # the source's own given cells run first, always
        if identity in tests or by_text.get(squeeze(source), ("",))[0] == "test":
            name = identity if identity in tests else by_text[squeeze(source)][1]
            twice += name in seen_tests
            changed += squeeze(source) != squeeze(tests[name].visible)
            seen_tests.add(name)
            # A test cell that an answer was written into still holds that answer.
            if not bound_names(source) & assignment.names:
                continue
        part = identity if identity in parts and parts[identity].kind == "code" else None
        if part is None:
            names = bound_names(source)
            owners = [item for item in assignment.parts if item.names & names]
            if len(owners) == 1:
                part = owners[0].id
        cell = Cell(number, source, part)
        found.cells.append(cell)
        if part:
            candidates.setdefault(part, []).append(cell)
    missing = len(tests) - len(seen_tests) if by_id else 0
    for count, what in ((changed, "changed"), (twice, "duplicated"), (missing, "deleted")):
        if count:
            found.notes.append(f"{count} of the cells with tests {what}; the originals were run")
    if cells and not by_id and (candidates or loose):
        found.notes.append("the notebook's grading metadata is gone; cells were matched by what they define")
        text_answers(loose, assignment, known, candidates)
    settle(candidates, parts, found)
    if not candidates:
        found.notes.append("nothing in this notebook belongs to the assignment: the wrong notebook?")


def text_answers(
    loose: list[tuple[int, str]], assignment: Assignment, known: list[str], candidates: dict[str, list[Cell]]
) -> None:
    """Without metadata: what was written below a question's text and is not ours answers its text part."""
    question = ""
    by_question = {part.question: part for part in assignment.parts if part.kind == "markdown"}
    for number, source in loose:
        for line in source.split("\n"):
            if line.startswith("## ") and line[3:].strip() in assignment.questions:
                question = line[3:].strip()
        part = by_question.get(question)
        if part and squeeze(source) not in known and not source.lstrip().startswith("## "):
            candidates.setdefault(part.id, []).append(Cell(number, source, part.id))


def settle(candidates: dict[str, list[Cell]], parts, found: Submission) -> None:
    """Which of several cells is the answer: unanswered copies are dropped, of the others the last counts."""
    for name, cells in candidates.items():
        part = parts[name]
        stubs = {squeeze(part.stub), squeeze(part.source), squeeze(public_text(part.source)), ""}
        if part.kind == "markdown":
            stubs |= {squeeze(TEXT_STUB), squeeze(part.stub.replace(STUB, TEXT_STUB))}
        answers = [
            cell for cell in cells if squeeze(cell.source) not in stubs and not unanswered(cell.source, part)
        ]
        if len(cells) > 1:
            numbers = ", ".join(str(cell.number) for cell in cells[:10])
            found.notes.append(
                f"the answer {name!r} is there {len(cells)} times (cells {numbers}); "
                "unanswered copies were left out, of the others the last counts"
            )
        if answers:
            found.answered.add(name)
        if part.kind == "markdown":
            found.texts[name] = "\n\n".join(cell.source for cell in answers)
        elif answers:
            dropped = {cell.number for cell in cells} - {cell.number for cell in answers}
            found.cells = [cell for cell in found.cells if cell.number not in dropped]


def unanswered(source: str, part) -> bool:
    """Code that is the stub but for comments and spacing."""
    if part.kind != "code":
        return False
    try:
        return ast.dump(ast.parse(source)) == ast.dump(ast.parse(part.stub))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def cell_source(cell: dict) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    source = source if isinstance(source, str) else ""
    return source.encode("utf-8", "replace").decode()  # lone surrogates


def grade_id(cell: dict) -> str:
    metadata = cell.get("metadata")
    entry = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return text_of(entry, "grade_id")


def text_of(mapping, key: str) -> str:
    value = mapping.get(key) if isinstance(mapping, dict) else None
    return value if isinstance(value, str) else ""
