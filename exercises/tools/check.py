"""Is an assignment sound? Reference, stub, listed wrong answers and nonsense all go through the grader.

Everything here is the instructor's own code and runs in this process.
"""

from __future__ import annotations

import ast
import contextlib
import io
import sys

from . import source as src
from .grading import Grader, InProcess, Running
from .source import Assignment, Part
from .submission import Cell, Submission

WIDTH = 84
PACKAGES = {"numpy", "scipy", "matplotlib", "sklearn", "mlecore"}
NONSENSE = {
    "None": "None",
    "True": "True",
    "NaN": "float('nan')",
    "infinity": "float('inf')",
    "an empty string": "''",
    "an empty list": "[]",
    "an empty tuple": "()",
    "an empty dict": "{}",
    "an empty array": "__import__('numpy').array([])",
    "an array of NaN": "__import__('numpy').full(3, float('nan'))",
    "a pair of NaN": "(float('nan'), float('nan'))",
    "a pair of empty arrays": "(__import__('numpy').array([]), __import__('numpy').array([]))",
}


def problems(assignment: Assignment) -> list[str]:
    """Everything that is wrong with it, in words; an empty list if nothing."""
    found = list(structure(assignment))
    for item in assignment.given:
        found += [f"given cell {item.id!r}: {text}" for text in imports(item.source)]
    try:
        grader = Grader(assignment)
    except Exception as error:
        return [*found, f"the given cells do not run by themselves: {type(error).__name__}: {error}"]
    found += notebook_runs(assignment)
    broken = set()  # nothing that a test says about other answers counts where the reference fails
    for part in run(grader, {})["parts"]:
        for test in part["tests"]:
            if not test["passed"]:
                broken.add(part["id"])
                found.append(f"{test['id']}: the reference solution fails: {test['failures'][0]['message']}")
    stubs = run(grader, {part.id: part.stub for part in assignment.parts if part.kind == "code"})
    for part in stubs["parts"]:
        found += [f"{test['id']}: the unanswered notebook passes" for test in part["tests"] if test["passed"]]
    for part in assignment.parts:
        if part.id in broken:
            continue
        for number, wrong in enumerate(part.wrong, 1):
            where = f"{part.id}, wrong answer {number} ({wrong.code.strip().splitlines()[-1].strip()[:50]})"
            result = graded(grader, part, part.with_wrong(wrong))
            if result["points"] >= part.max_points:
                found.append(f"{where}: passes every test")
            elif result["hint"] != wrong.hint:
                found.append(
                    f"{where}: its hint is not shown, but {result['hint'][:60]!r}. If two wrong "
                    "answers give the same on every call, add a test that tells them apart"
                )
        if part.kind == "code":
            for name, value in NONSENSE.items():
                result = graded(grader, part, nonsense(part, value))
                found += [
                    f"{test['id']}: passes with {name} as the answer; compare with `abs(x - …) < …`, "
                    "and check the shape"
                    for test in result["tests"]
                    if test["passed"]
                ]
    return found


def structure(assignment: Assignment):
    if not assignment.title:
        yield "no title: `# Exercises N: …`"
    if not 4 <= len(assignment.questions) <= 7:
        yield f"{len(assignment.questions)} questions; an assignment has 4 to 7"
    if not any(src.VARIANT.search(item.source) for item in assignment.given):
        yield "no given cell has the line `VARIANT = 1` that a second variant of the data needs"
    if all(part.manual for part in assignment.parts) or not any(part.manual for part in assignment.parts):
        yield "both kinds of answers are needed: code with tests, and text with a rubric"
    for cell in assignment.cells:
        for line in src.public_text(cell.source).split("\n") if cell.cell_type == "code" else ():
            if len(line) > WIDTH:
                yield f"a line of code of more than {WIDTH} characters, cut off on the page: {line[:50]} …"
    for part in assignment.parts:
        for text in [wrong.hint for wrong in part.wrong]:
            if "$" in text or "\\" in text:
                yield f"{part.id}: a hint with LaTeX, which feedback shows as it stands: {text[:50]} …"
        if len(part.hints) < 2:
            yield f"{part.id}: {len(part.hints)} staged hints, at least 2: `<summary>Hint 1</summary>`"
        if len(src.squeeze(src.region(part.source))) < 16:
            yield f"{part.id}: the solution is too short for the leak test to find: write it in two lines"
        if part.kind == "markdown":
            if not part.rubric:
                yield f'{part.id}: a text answer needs a rubric below it: `+++ {{"rubric": true}}`'
            continue
        if not part.tests:
            yield f"{part.id}: no tests below it"
        if len(part.wrong) < 3:
            yield f"{part.id}: {len(part.wrong)} listed wrong answers; at least 3"
        for test in part.tests:
            if "assert" not in test.visible:
                yield f"{test.id}: no visible assert; a student wants to check something before handing in"
            if "assert" not in test.hidden:
                yield f"{test.id}: no hidden assert"
            for text in [*imports(test.visible), *imports(test.hidden)]:
                yield f"{test.id}: {text}"
            for node in ast.walk(ast.parse(test.visible + "\n" + test.hidden)):
                if isinstance(node, ast.Assert) and node.msg is None:
                    yield f"{test.id}: an assert without a message: {ast.unparse(node)[:60]}"


def imports(source: str):
    for node in ast.walk(ast.parse(source)):
        names = (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        for name in names:
            top = name.split(".")[0]
            if top not in PACKAGES and top not in sys.stdlib_module_names:
                yield f"imports {top}, which a student need not have"


def notebook_runs(assignment: Assignment):
    """The solution notebook from top to bottom in one namespace, as in Jupyter."""
    space: dict = {"__name__": "__main__"}
    for cell in assignment.cells:
        if cell.cell_type == "code":
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    exec(compile(cell.source, "cell", "exec"), space)
            except Exception as error:
                head = cell.metadata["nbgrader"]["grade_id"]
                return [f"the solution notebook fails in cell {head!r}: {type(error).__name__}: {error}"]
    return []


def submission(assignment: Assignment, replaced: dict[str, str]) -> Submission:
    """The reference answers, some of them replaced."""
    found = Submission()
    for number, part in enumerate(assignment.parts, 1):
        if part.kind == "code":
            found.cells.append(Cell(number, replaced.get(part.id, part.reference), part.id))
            found.answered.add(part.id)
    return found


def run(grader: Grader, replaced: dict[str, str]) -> dict:
    return grader.grade(submission(grader.assignment, replaced), lambda: InProcess(grader.given))


def graded(grader: Grader, part: Part, code: str) -> dict:
    found = submission(grader.assignment, {part.id: code})
    return grader.grade_part(part, found, Running(grader, found, lambda: InProcess(grader.given)))


def nonsense(part: Part, value: str) -> str:
    """The answer's functions return the value whatever they get; its variables hold it."""
    lines = []
    tree = ast.parse(part.reference)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name in sorted(part.names):
        lines.append(
            f"def {name}(*arguments, **keywords):\n    return {value}"
            if name in functions
            else f"{name} = {value}"
        )
    return "\n".join(lines)
