"""Grade one submission: the tests run here, the student's code runs wherever `open_student` put it.

Tests see the student's functions and variables under their own names. A function is a proxy whose arguments
and results are plain values (values.py); a variable is a copy. Every call is noted. When a test fails, the
same calls go to the listed wrong answers; the one that gives what the student gave has the hint to show.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import inspect
import io
import warnings
from collections.abc import Callable
from typing import Protocol

from .source import Assignment, Part, Test
from .submission import Submission
from .values import NotPlain, decode, encode, same

MAX_CALLS = 20_000
SHOWN = 300  # characters of a student's error message
# What a test may expect a student's function to raise.
EXPECTABLE = {
    name: value
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, Exception)
}


class Gone(BaseException):
    """The student's process is no more: too long, too much, or it ended itself. No test can catch this."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class StudentError(Exception):
    """The student's function raised, or returned what cannot be compared. `kind` is the exception's name."""

    kind, message, line = "Exception", "", None


class Student(Protocol):
    """Where a student's code runs. Errors in it are data; `Gone` is raised when the process is lost."""

    def run(self, source: str) -> dict | None: ...  # None, or {"kind", "message", "line"}
    def describe(self, names: list[str]) -> dict: ...  # name -> "function", {"value": …} or {"error": …}
    def call(self, name: str, arguments: list, keywords: dict) -> dict: ...  # {"value": …} or {"error": …}
    def close(self) -> None: ...


@contextlib.contextmanager
def quiet():
    """Neither prints nor warns: a wrong answer may do both."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class InProcess:
    """The instructor's own code, here in this process: references, stubs, listed wrong answers."""

    def __init__(self, given: dict):
        self.space = dict(given)

    def run(self, source: str) -> dict | None:
        try:
            with quiet():
                exec(compile(source, "answer", "exec"), self.space)
        except Exception as error:
            return {"kind": type(error).__name__, "message": str(error), "line": None}
        return None

    def describe(self, names: list[str]) -> dict:
        found = {}
        for name in names:
            if name in self.space:
                value = self.space[name]
                try:
                    found[name] = "function" if callable(value) else {"value": encode(value)}
                except NotPlain as error:
                    found[name] = {"error": {"kind": "NotPlain", "message": str(error), "line": None}}
        return found

    def call(self, name: str, arguments: list, keywords: dict) -> dict:
        def resolve(known):
            return self.space[known]

        try:
            with quiet():
                value = self.space[name](
                    *[decode(item, resolve) for item in arguments],
                    **{key: decode(item, resolve) for key, item in keywords.items()},
                )
            return {"value": encode(value)}
        except Exception as error:
            return {"error": {"kind": type(error).__name__, "message": str(error), "line": None}}

    def close(self) -> None:
        pass


def run_given(assignment: Assignment) -> dict:
    """The namespace of the given cells, for tests and listed answers."""
    space: dict = {"__name__": "assignment"}
    for item in assignment.given:
        exec(compile(item.source, f"given:{item.id}", "exec"), space)
    return space


class Grader:
    """An assignment made ready: given cells run once, listed wrong answers on call."""

    def __init__(self, assignment: Assignment):
        self.assignment = assignment
        self.given = run_given(assignment)
        self.function_names = {
            id(value): name for name, value in self.given.items() if inspect.isfunction(value)
        }
        self.variants: dict[tuple[str, int], InProcess] = {}

    def listed(self, part: Part, number: int) -> InProcess:
        """The reference answers with one replaced by a listed wrong one; number −1 is the reference."""
        if (part.id, number) not in self.variants:
            student = InProcess(self.given)
            for other in self.assignment.parts:
                if other.kind == "code":
                    wrong = other is part and number >= 0
                    student.run(other.with_wrong(part.wrong[number]) if wrong else other.reference)
            self.variants[part.id, number] = student
        return self.variants[part.id, number]

    # -- one submission ----------------------------------------------------------------------------------

    def grade(self, submission: Submission, open_student: Callable[[], Student]) -> dict:
        """Scores and feedback by part. Student code that breaks its process costs the cell that did it."""
        state = Running(self, submission, open_student)
        try:
            parts = [self.grade_part(part, submission, state) for part in self.assignment.parts]
        finally:
            state.close()
        return {"parts": parts, "notes": [*submission.notes, *state.notes]}

    def grade_part(self, part: Part, submission: Submission, state: Running) -> dict:
        result = {
            "id": part.id,
            "question": part.question,
            "points": 0.0,
            "max": part.max_points,
            "tests": [],
            "manual": part.manual,
            "answered": part.id in submission.answered,
            "hint": "",
            "text": "",
        }
        if part.manual:
            result["text"] = submission.texts.get(part.id, "")
            return result
        calls: list = []
        for test in part.tests:
            report = self.run_test(part, test, state, calls)
            result["tests"].append(report)
            if report["passed"]:
                result["points"] += test.points
        if not all(report["passed"] for report in result["tests"]):
            result["hint"] = self.diagnose(part, calls)
        return result

    def run_test(self, part: Part, test: Test, state: Running, calls: list) -> dict:
        report = {"id": test.id, "points": test.points, "passed": False, "failures": []}
        try:
            space = dict(self.given) | self.student_names(part, test, state, calls)
        except Gone as gone:
            report["failures"].append({"message": gone.reason, "shown": ""})
            return report
        for hidden, source in ((False, test.visible), (True, test.hidden)):
            for statement in ast.parse(source).body:
                code = compile(ast.Module([statement], []), "test", "exec")
                try:
                    with quiet():
                        exec(code, space)
                except Gone as gone:
                    state.lost(part, gone.reason)
                    report["failures"].append({"message": gone.reason, "shown": ""})
                    return report
                except Exception as error:
                    shown = "" if hidden else ast.get_source_segment(source, statement) or ""
                    message = self.explain(error, part, state)
                    # A failed statement takes others with it; the first failure is the one to read.
                    if message and not report["failures"]:
                        report["failures"].append({"message": message, "shown": shown})
        report["passed"] = not report["failures"]
        return report

    def student_names(self, part: Part, test: Test, state: Running, calls: list) -> dict:
        wanted = sorted(self.assignment.names & used_names(test.visible + "\n" + test.hidden))
        student = state.student()
        try:
            described = student.describe(wanted)
        except Gone as gone:
            state.lost(part, gone.reason)
            raise
        space: dict = {}
        for name, found in described.items():
            if found == "function":
                space[name] = Proxy(name, state, part, calls, self.function_names)
            elif "value" in found:
                space[name] = value = decode(found["value"])
                calls.append((name, None, None, {"value": value}))
            else:
                calls.append((name, None, None, {"error": found["error"]["kind"]}))
        return space

    def explain(self, error: Exception, part: Part, state: Running) -> str:
        if isinstance(error, StudentError):
            if error.kind == "NotImplementedError":
                return "not answered yet"
            if error.kind == "NotPlain":
                return "your answer returned something else than numbers, text, lists, dicts and arrays"
            # Not its message: that could quote a hidden test's numbers. A name of its own could, too.
            kind = error.kind if error.kind in EXPECTABLE or error.kind == "LinAlgError" else "an exception"
            return f"your code raised {kind}" + (f" in line {error.line} of the cell" if error.line else "")
        if isinstance(error, NameError) and error.name in self.assignment.names:
            broken = state.broken.get(part.id)
            return f"`{error.name}` is not defined" + (f": its cell {broken}" if broken else "")
        if isinstance(error, AssertionError):
            return str(error) or "this check failed"
        return "what your answer returned has not the form that the question asks for"

    def diagnose(self, part: Part, calls: list) -> str:
        """The hint of the listed wrong answer that gives what the student gave where the student is wrong."""
        if not calls:
            return ""
        right = [outcome_of(self.listed(part, -1), call) for call in calls]
        wrong_calls = [place for place, call in enumerate(calls) if not agree(call[3], right[place])]
        best, hint = 0.0, ""
        for number, wrong in enumerate(part.wrong):
            student = self.listed(part, number)
            hits = [agree(calls[place][3], outcome_of(student, calls[place])) for place in wrong_calls[:50]]
            share = sum(hits) / len(hits) if hits else 0.0
            if share > best and share >= 0.5:
                best, hint = share, wrong.hint
        return hint


class Running:
    """A submission's living process: started when needed, restarted without the cell that broke it."""

    def __init__(
        self, grader: Grader, submission: Submission, open_student: Callable[[], Student], restarts: int = 8
    ):
        self.grader, self.submission, self.open = grader, submission, open_student
        self.restarts = restarts
        self.alive: Student | None = None
        self.skipped: set[int] = set()
        self.broken: dict[str, str] = {}
        self.notes: list[str] = []
        self.calls = 0

    def student(self) -> Student:
        while self.alive is None:
            if self.restarts < 0:
                raise Gone("not graded: the notebook broke its process too often")
            self.restarts -= 1
            student = self.open()
            cell = None
            try:
                for given in self.grader.assignment.given:
                    if error := student.run(given.source):
                        raise Gone(f"the given cells failed: {error['kind']}")
                for cell in self.submission.cells:
                    if cell.number in self.skipped:
                        continue
                    error = student.run(cell.source)
                    if error and cell.part:
                        message = f": {error['message'][:SHOWN]}" if error["message"] else ""
                        line = f" in line {error['line']}" if error["line"] else ""
                        self.broken.setdefault(cell.part, f"raised {error['kind']}{line}{message}")
            except Gone as gone:
                student.close()
                if cell is None:
                    self.notes.append(gone.reason)
                    raise
                self.skipped.add(cell.number)
                self.notes.append(f"cell {cell.number} was left out: {gone.reason}")
                if cell.part:
                    self.broken[cell.part] = f"was left out ({gone.reason})"
                continue
            except BaseException:
                student.close()
                raise
            self.alive = student
        return self.alive

    def lost(self, part: Part, reason: str) -> None:
        """A call killed the process: the cells of the part under test are not run again."""
        self.close()
        cells = {cell.number for cell in self.submission.cells if cell.part == part.id} - self.skipped
        if not cells:  # nothing to leave out: whoever defined it will do it again
            self.restarts = min(self.restarts, 0)
        self.skipped |= cells
        self.broken[part.id] = f"was left out ({reason})"
        self.notes.append(f"{part.id}: {reason}")

    def close(self) -> None:
        if self.alive is not None:
            self.alive.close()
            self.alive = None


class Proxy:
    """A student's function, called with plain values in its own process."""

    def __init__(self, name: str, state: Running, part: Part, calls: list, names: dict[int, str]):
        self._name, self._state, self._part, self._calls, self._names = name, state, part, calls, names

    def __call__(self, *arguments, **keywords):
        state = self._state
        state.calls += 1
        if state.calls > MAX_CALLS:
            raise Gone("too many calls")
        if state.alive is None:
            raise Gone(state.broken.get(self._part.id, "the process is gone"))
        packed = [encode(item, self._names) for item in arguments]
        packed_keywords = {key: encode(item, self._names) for key, item in keywords.items()}
        reply = state.alive.call(self._name, packed, packed_keywords)
        if "error" in reply:
            error = reply["error"]
            self._calls.append((self._name, packed, packed_keywords, {"error": error["kind"]}))
            raise student_error(error)
        value = decode(reply["value"])
        self._calls.append((self._name, packed, packed_keywords, {"value": decode(reply["value"])}))
        return value


def student_error(error: dict) -> StudentError:
    base = EXPECTABLE.get(error.get("base", error["kind"]))
    kinds = (StudentError, base) if base and base is not Exception else (StudentError,)
    try:
        raised = type("StudentError", kinds, {})(error["message"][:SHOWN])
    except TypeError:  # an exception with another constructor, such as UnicodeDecodeError
        raised = StudentError(error["message"][:SHOWN])
    raised.kind, raised.message, raised.line = error["kind"], error["message"][:SHOWN], error["line"]
    return raised


def outcome_of(student: InProcess, call: tuple) -> dict:
    name, arguments, keywords, _ = call
    if arguments is None:
        found = student.describe([name]).get(name)
        if isinstance(found, dict) and "value" in found:
            return {"value": decode(found["value"])}
        return {"error": "missing"}
    if name not in student.space:
        return {"error": "NameError"}
    reply = student.call(name, arguments, keywords)
    return {"value": decode(reply["value"])} if "value" in reply else {"error": reply["error"]["kind"]}


def agree(one: dict, two: dict) -> bool:
    if "error" in one or "error" in two:
        return one.get("error") == two.get("error")
    return same(one["value"], two["value"])


@functools.cache  # one parse of a cell of tests serves every submission
def used_names(tests: str) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(ast.parse(tests)) if isinstance(node, ast.Name))
