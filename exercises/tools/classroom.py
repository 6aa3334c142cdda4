"""A class: collect what was handed in, grade it, write scores, feedback, marking sheets and a report.

submitted/<student>/<assignment>/<notebook>.ipynb   in, the layout of nbgrader
graded/<assignment>/scores.csv, marks.csv, marking.html, report.md, feedback/<student>.html   out
graded/.results/                                    results by content: a stopped run goes on from there
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import stat
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import feedback, pool, server
from . import source as src
from .sandbox import Limits, probe, warm_up
from .source import Assignment
from .submission import MAX_BYTES

FINAL = ("graded", "unreadable")  # what a second run would find again


@dataclass
class Entry:
    """One student's one assignment."""

    student: str  # the folder's name as the system gives it
    assignment: Assignment
    path: Path | None
    problem: str = ""  # why there is nothing to grade
    notes: list[str] = field(default_factory=list)
    private: list[str] = field(default_factory=list)  # not for the student: it names others
    digest: str = ""
    result: dict | None = None

    @property
    def name(self) -> str:
        return printable(self.student)

    @property
    def all_notes(self) -> list[str]:
        return [*self.notes, *((self.result or {}).get("notes", [])), *self.private]

    @property
    def public_notes(self) -> list[str]:
        return [note for note in [self.problem, *self.notes, *((self.result or {}).get("notes", []))] if note]

    @property
    def status(self) -> str:
        return "nothing to grade" if self.problem else self.result["status"]


def printable(name: str) -> str:
    """A folder's name; what is not UTF-8 or not printable, and a backslash, as an escape: one to one."""
    shown = []
    for char in name:
        if "\udc80" <= char <= "\udcff":  # a byte that is not UTF-8
            shown.append(f"\\x{ord(char) - 0xDC00:02x}")
        else:
            escape = "\\\\" if char == "\\" else f"\\u{ord(char):04x}"
            shown.append(char if char.isprintable() and char != "\\" else escape)
    return "".join(shown)


def page_name(student: str) -> str:
    """The name of a feedback file; of a very long one the beginning and a hash."""
    if len(os.fsencode(student)) > 200:
        return f"{printable(student)[:40]}-{hashlib.sha256(os.fsencode(student)).hexdigest()[:16]}.html"
    return f"{student}.html"


# -- collect -----------------------------------------------------------------------------------------------


def collect(submitted: Path, assignments: list[Assignment]) -> list[Entry]:
    """By student, in the order of the names' bytes. Links are not followed: they could lead elsewhere."""
    found = []
    for student in folders(submitted):
        for assignment in assignments:
            folder = submitted / student / assignment.name
            if folder.is_symlink():
                found.append(Entry(student, assignment, None, "the folder is a link and was not followed"))
            elif folder.is_dir():
                found.append(choose(student, assignment, folder))
    return found


def folders(parent: Path) -> list[str]:
    with os.scandir(parent) as entries:
        return sorted(
            (
                entry.name
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
            ),
            key=os.fsencode,
        )


def choose(student: str, assignment: Assignment, folder: Path) -> Entry:
    """The notebook of the assignment's name; else the one that holds most of its cells."""
    with os.scandir(folder) as entries:
        names = sorted(
            (entry.name for entry in entries if entry.name.lower().endswith(".ipynb")), key=os.fsencode
        )
    good, notes = [], []
    for name in names:
        mode = os.lstat(folder / name).st_mode
        if stat.S_ISREG(mode):
            good.append(name)
            if len(good) == 20:
                break
        else:
            notes.append(f"{printable(name)} is no ordinary file and was not read")
    if not good:
        return Entry(student, assignment, None, "no notebook was handed in", notes)
    chosen = good[0]
    if len(good) > 1:
        exact = f"{assignment.name}.ipynb"
        ids = [part.id.encode() for part in assignment.parts]

        def belongs(name: str) -> int:
            data = read_file(folder / name)
            return sum(data.count(b'"' + identity + b'"') > 0 for identity in ids)

        chosen = exact if exact in good else max(good, key=belongs)
        notes.append(f"{len(good)} notebooks were handed in; graded is {printable(chosen)}")
    return Entry(student, assignment, folder / chosen, notes=notes)


def read_file(path: Path) -> bytes:
    """An ordinary file's bytes, never through a link, one byte more than the limit at most."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    with os.fdopen(handle, "rb") as stream:
        return stream.read(MAX_BYTES + 1) if stat.S_ISREG(os.fstat(handle).st_mode) else b""


# -- grade -------------------------------------------------------------------------------------------------


def grade(
    entries: list[Entry], out: Path, limits: Limits, sandbox: bool, jobs: int, scheduler: str | None, bar: Bar
) -> None:
    """Every entry gets its result; from an earlier run where notebook, tests and grader are the same."""
    kept = out / ".results"
    kept.mkdir(parents=True, exist_ok=True)
    version = server.code_version()
    waiting: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.problem:
            bar.advance()
            continue
        data = read_file(entry.path)
        key = "\0".join(
            [version, entry.assignment.name, entry.assignment.fingerprint, repr(limits), str(sandbox)]
        )
        entry.digest = hashlib.sha256(key.encode() + b"\0" + data).hexdigest()
        entry.result = load(kept / f"{entry.digest}.json")
        if entry.result:
            bar.advance(kept=True)
        else:
            waiting.setdefault(entry.digest, []).append(entry)
    groups = list(waiting.values())
    if groups and not scheduler:
        if sandbox:
            probe(limits)
        warm_up()

    def task(entry: Entry):
        return lambda: server.job(entry.assignment, read_file(entry.path), limits, sandbox)

    tasks = [task(group[0]) for group in groups]
    results: Iterator = pool.dask(tasks, scheduler) if scheduler else pool.local(tasks, jobs)
    for number, result in results:
        for entry in groups[number]:
            entry.result = result
            bar.advance()
        if result["status"] in FINAL:
            write(kept / f"{groups[number][0].digest}.json", json.dumps(result))


def load(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def write(path: Path, text: str) -> None:
    """In one step: an interrupted run leaves the old file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, "utf-8", errors="backslashreplace")
    partial.replace(path)


class Bar:
    """Progress on stderr: a bar on a terminal, every tenth elsewhere."""

    def __init__(self, total: int, stream=None):
        self.total, self.done, self.kept, self.began = total, 0, 0, time.monotonic()
        self.stream = stream or sys.stderr
        self.shown = -1

    def advance(self, kept: bool = False) -> None:
        self.done += 1
        self.kept += kept
        share = self.done / max(self.total, 1)
        seconds = time.monotonic() - self.began
        fresh = self.done - self.kept
        left = seconds / fresh * (self.total - self.done) if fresh else 0
        if self.stream.isatty():
            bar = "█" * int(30 * share) + "░" * (30 - int(30 * share))
            end = "\n" if self.done == self.total else ""
            print(
                f"\r{bar} {self.done}/{self.total}  {left:4.0f} s left ",
                end=end,
                file=self.stream,
                flush=True,
            )
        elif int(10 * share) > self.shown:
            self.shown = int(10 * share)
            print(f"{self.done}/{self.total} graded ({seconds:.0f} s)", file=self.stream, flush=True)


# -- write -------------------------------------------------------------------------------------------------


def publish(
    entries: list[Entry],
    assignment: Assignment,
    out: Path,
    roster: dict[str, dict],
    maps: dict,
    sandbox: bool,
) -> dict:
    """All files of one assignment. Returns counts for the closing lines."""
    folder = out / assignment.name
    entries = [entry for entry in entries if entry.assignment is assignment]
    marks = read_marks(folder / "marks.csv")
    copies: dict[str, list[str]] = {}
    for entry in entries:
        if entry.digest and any(part["answered"] for part in entry.result.get("parts", [])):
            copies.setdefault(entry.digest, []).append(entry.name)
    for entry in entries:
        if len(same := copies.get(entry.digest, [])) > 1:
            entry.private.append(
                f"the same file, byte for byte, as {', '.join(n for n in same if n != entry.name)}"
            )
    rows, pages = [], {}
    for entry in entries:
        row = score(entry, assignment, marks)
        rows.append(row)
        pages[page_name(entry.student)] = feedback.page(entry, row, marks)
    rows += [
        score(Entry(student, assignment, None, "nothing was handed in"), assignment, marks)
        for student in sorted(roster.keys() - {entry.student for entry in entries})
    ]
    target = folder / "feedback"
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        write(target / name, text)
    write(folder / "scores.csv", table(list(rows[0]) if rows else [], [list(row.values()) for row in rows]))
    write_marks(folder / "marks.csv", entries, assignment, marks)
    write(folder / "marking.html", feedback.marking(entries, assignment, marks))
    for platform, columns in maps.items():
        write(folder / f"{platform}.csv", platform_table(columns, rows, roster, assignment))
    write(folder / "report.md", report(entries, rows, assignment, sandbox, roster))
    return {
        "students": len(rows),
        "irregular": sum(bool(entry.all_notes or entry.problem) for entry in entries),
        "to mark": sum(row["to_mark"] for row in rows),
        "not graded": sum(entry.status not in FINAL for entry in entries),
    }


def score(entry: Entry, assignment: Assignment, marks: dict) -> dict:
    """A row of scores.csv: a column per answer; an unmarked text answer is empty, and counted in to_mark."""
    parts = {part["id"]: part for part in (entry.result or {}).get("parts", [])}
    row: dict = {
        "student": entry.name,
        "assignment": assignment.name,
        "title": assignment.title,
        "status": entry.status if entry.problem or entry.result else "not graded",
    }
    total, open_marks = 0.0, 0
    for part in assignment.parts:
        value: float | str = parts.get(part.id, {}).get("points", 0.0)
        if part.manual:
            given = marks.get((entry.name, part.id), {}).get("points", "")
            value = given
            if given == "" and parts.get(part.id, {}).get("text", "").strip():
                open_marks += 1
            elif given == "":
                value = 0.0
        row[part.id] = f"{value:g}" if isinstance(value, float) else value
        total += value if isinstance(value, float) else 0.0
    most = sum(part.max_points for part in assignment.parts)
    row |= {
        "total": f"{total:g}",
        "max": f"{most:g}",
        "percent": f"{100 * total / most:.1f}",
        "to_mark": open_marks,
        "notes": "; ".join([*([entry.problem] if entry.problem else []), *entry.all_notes]),
    }
    return row


def read_marks(path: Path) -> dict:
    """What the instructor entered: {(student, answer): {"points": float, "comment": str}}."""
    if not path.exists():
        return {}
    marks: dict = {}
    with open(path, newline="", encoding="utf-8-sig") as stream:
        for number, row in enumerate(csv.DictReader(stream), 2):
            points, most = (row.get("points") or "").strip().replace(",", "."), float(row.get("max") or "inf")
            value: float | str = ""
            if points:
                try:
                    value = float(points)
                except ValueError:
                    value = -1.0
                if not 0 <= value <= most:
                    raise src.SourceError(
                        f"{path}, line {number}: points are a number from 0 to {most:g}, not {points!r}"
                    )
            student = row["student"] or ""
            student = student[1:] if student[:1] == "'" and student[1:2] in FORMULA else student
            marks[student, row["answer"]] = {"points": value, "comment": row.get("comment") or ""}
    return marks


def write_marks(path: Path, entries: list[Entry], assignment: Assignment, marks: dict) -> None:
    """A row for every text answer; what was entered before stays."""
    rows = []
    for part in assignment.parts:
        if part.manual:
            for entry in entries:
                parts = {item["id"]: item for item in (entry.result or {}).get("parts", [])}
                old = marks.get((entry.name, part.id), {"points": "", "comment": ""})
                if parts.get(part.id, {}).get("text", "").strip() or old["points"] != "":
                    points = f"{old['points']:g}" if old["points"] != "" else ""
                    rows.append([entry.name, part.id, points, f"{part.points:g}", old["comment"]])
    write(path, table(["student", "answer", "points", "max", "comment"], rows))


FORMULA = tuple("=+-@\t\r")


def table(header: list[str], rows: list[list]) -> str:
    """CSV. A text that a spreadsheet would take for a formula gets an apostrophe in front."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(
            [
                "'" + cell
                if isinstance(cell, str) and cell.startswith(FORMULA) and not number(cell)
                else cell
                for cell in row
            ]
        )
    return stream.getvalue()


def number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


class Blank(dict):
    def __missing__(self, key: str) -> str:
        return ""


def platform_table(
    columns: dict[str, str], rows: list[dict], roster: dict[str, dict], assignment: Assignment
) -> str:
    """A learning platform's columns, from ours and the roster's."""

    def fill(text: str, row: dict) -> str:
        return text.format_map(Blank(roster.get(row["student"], {}) | row))

    header = [
        column.format_map(Blank(title=assignment.title, assignment=assignment.name)) for column in columns
    ]
    return table(header, [[fill(text, row) for text in columns.values()] for row in rows])


def read_roster(path: Path | None, key: str) -> dict[str, dict]:
    """{student: row} of a CSV file with a heading; the key's column holds the names of the folders."""
    if path is None:
        return {}
    with open(path, newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    if rows and key not in rows[0]:
        raise src.SourceError(
            f"{path} has no column {key!r}; its columns are {', '.join(rows[0])}. Say --key COLUMN"
        )
    return {row[key].strip(): row for row in rows if (row[key] or "").strip()}


def read_maps(path: Path, names: list[str]) -> dict:
    maps = tomllib.loads(path.read_text("utf-8"))
    if unknown := [name for name in names if name not in maps]:
        raise src.SourceError(f"{path} maps no platform {unknown[0]!r}; it has {', '.join(maps)}")
    return {name: maps[name] for name in names}


def report(
    entries: list[Entry], rows: list[dict], assignment: Assignment, sandbox: bool, roster: dict
) -> str:
    """For the instructor: what to mark, what was odd, who handed in nothing, how each question went."""
    lines = [f"# {assignment.title}", "", f"{len(entries)} submissions, variant {assignment.variant}."]
    if not sandbox:
        lines += ["", "**Graded without a sandbox:** student code ran with the rights of whoever graded."]
    waiting = sum(row["to_mark"] for row in rows)
    lines += [
        "",
        "## To mark by hand",
        "",
        f"{waiting} text answers: read `marking.html`, enter points in `marks.csv`, run the command again."
        if waiting
        else "Nothing.",
    ]
    odd = [entry for entry in entries if entry.problem or entry.all_notes or entry.status not in FINAL]
    lines += ["", "## Irregularities", ""]
    for entry in odd:
        notes = [*([entry.problem] if entry.problem else []), *entry.all_notes]
        lines.append(
            f"- `{entry.name}` ({entry.status}): " + "; ".join(notes).replace("\n", " ").replace("`", "'")
        )
    if not odd:
        lines.append("None.")
    if absent := sorted(roster.keys() - {entry.student for entry in entries}):
        lines += [
            "",
            "## On the roster, nothing handed in",
            "",
            *[f"- `{printable(name)}`" for name in absent],
        ]
    lines += [
        "",
        "## How the answers went",
        "",
        "| answer | points | mean of those graded | most frequent hint |",
        "|---|---|---|---|",
    ]
    for part in assignment.parts:
        graded = [
            item
            for entry in entries
            for item in (entry.result or {}).get("parts", [])
            if item["id"] == part.id
        ]
        hints = [item["hint"] for item in graded if item["hint"]]
        top = max(sorted(set(hints)), key=hints.count) if hints else ""
        mean = (
            "by hand"
            if part.manual
            else f"{sum(i['points'] for i in graded) / len(graded):.2f}"
            if graded
            else ""
        )
        lines.append(
            f"| {part.id} | {part.max_points:g} | {mean} | {f'{hints.count(top)} × {top}' if top else ''} |"
        )
    return "\n".join(lines) + "\n"
