"""`python -m exercises …`: list, check, release, solution, grade."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from . import source as src

HANDOUT = Path("handout")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m exercises", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="the assignments, their questions and points")

    def assignment_command(name: str, text: str, out: Path | None = None):
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument(
            "assignments",
            nargs="*",
            metavar="ASSIGNMENT",
            help="name or number: 03_common_distributions or 3; all of them when left out",
        )
        if out:
            command.add_argument("--variant", type=int, default=1, help="variant of the data (default 1)")
            command.add_argument(
                "--out", type=Path, default=out, help=f"folder (default {out}/)"
            )
        return command

    assignment_command("check", "reference passes, stub fails, every wrong answer gets its hint")
    assignment_command("release", "write the student's notebook", HANDOUT)
    assignment_command("solution", "write the notebook with solutions, rubrics and wrong answers", HANDOUT)
    assignment_command("source", "write nbgrader's source notebook, for nbgrader's own tools", Path("source"))
    command = commands.add_parser(
        "grade",
        help="grade a folder of submissions",
        description="Grade a folder of submissions, submitted/<student>/<assignment>/<notebook>.ipynb.",
    )
    command.add_argument("submitted", type=Path, help="the folder with one folder per student")
    command.add_argument(
        "assignments", nargs="*", metavar="ASSIGNMENT", help="all that were handed in when left out"
    )
    command.add_argument(
        "--out", type=Path, default=Path("graded"), help="folder for the results (default graded/)"
    )
    command.add_argument(
        "--variant", type=int, default=1, help="variant of the data that was handed out (default 1)"
    )
    command.add_argument("-j", "--jobs", type=int, default=os.cpu_count() or 1, help="submissions at a time")
    command.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="grade on this Dask cluster instead")
    command.add_argument(
        "--roster", type=Path, help="CSV of the class: who handed in nothing, columns for platforms"
    )
    command.add_argument("--key", default="student", help="the roster's column with the folders' names")
    command.add_argument(
        "--columns",
        nargs="*",
        default=[],
        metavar="PLATFORM",
        help="also write PLATFORM.csv: canvas, moodle, or your own of columns.toml",
    )
    command.add_argument(
        "--map", type=Path, default=src.EXERCISES / "columns.toml", help="another columns.toml"
    )
    command.add_argument(
        "--no-sandbox",
        action="store_true",
        help="run student code without bubblewrap, with your rights: it can do what you can",
    )
    options = parser.parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except src.SourceError as error:
        print(error, file=sys.stderr)
        return 2


def chosen(options, variant: int = 1) -> list[src.Assignment]:
    return [src.load(name, variant) for name in options.assignments or src.names()]


def show(options) -> int:
    for name in src.names():
        assignment = src.load(name)
        points = sum(part.max_points for part in assignment.parts)
        print(f"{name}: {len(assignment.questions)} questions, {points:g} points")
    return 0


def check(options) -> int:
    from .check import problems
    from .release import Leak
    from .release import release as make

    bad = 0
    for name in options.assignments or src.names():
        start = time.monotonic()
        assignment = src.load(name)
        found = problems(assignment)
        second = problems(src.load(name, 2))
        found += [f"{text} (variant 2)" for text in second if text not in found]
        try:
            make([assignment])
        except (Leak, RuntimeError) as error:
            found.append(str(error))
        bad += bool(found)
        wrong = sum(len(part.wrong) for part in assignment.parts)
        tests = sum(len(part.tests) for part in assignment.parts)
        print(
            f"{assignment.name}: "
            + (
                f"{len(found)} problem{'s' if len(found) > 1 else ''}"
                if found
                else f"sound; {len(assignment.questions)} questions, {tests} test cells, "
                f"{wrong} wrong answers with their hints ({time.monotonic() - start:.0f} s)"
            )
        )
        for text in found:
            print(f"  {text}")
    return 1 if bad else 0


def write(notebook, assignment: str, options, suffix: str = "", remark: str = "") -> None:
    import nbformat

    path = options.out / assignment / f"{assignment}{suffix}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    print(f"{path}{remark}")


def release(options) -> int:
    from .release import release as make

    for name, notebook in make(chosen(options, options.variant)).items():
        write(notebook, name, options)
    return 0


def solution(options) -> int:
    for assignment in chosen(options, options.variant):
        notebook = assignment.solution_notebook()
        write(notebook, assignment.name, options, "_solution", "  (solutions: not for students)")
    return 0


def source(options) -> int:
    for assignment in chosen(options, options.variant):
        write(assignment.notebook(), assignment.name, options)
    return 0


def grade(options) -> int:
    from . import classroom, sandbox

    if not options.submitted.is_dir():
        raise src.SourceError(f"{options.submitted} is not a folder; it should hold one folder per student")
    handed_in = {path.name for path in options.submitted.glob("*/*")}
    names = options.assignments or [name for name in src.names() if name in handed_in]
    wanted = [src.load(name, options.variant) for name in names]
    roster = classroom.read_roster(options.roster, options.key)
    maps = classroom.read_maps(options.map, options.columns)
    limits = sandbox.Limits()
    if options.no_sandbox:
        print(f"No sandbox: {sandbox.LOST.replace('would', 'will')}", file=sys.stderr)
    entries = classroom.collect(options.submitted, wanted)
    if not entries:
        raise src.SourceError(
            f"nothing to grade: there is no {options.submitted}/<student>/<assignment>/ with an assignment "
            f"of {', '.join(options.assignments or src.names())}"
        )
    start = time.monotonic()
    bar = classroom.Bar(len(entries))
    safe = not options.no_sandbox
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        print("You are root. Grade as an ordinary user: a sandbox holds root less well.", file=sys.stderr)
    try:
        classroom.grade(entries, options.out, limits, safe, options.jobs, options.scheduler, bar)
    except sandbox.NoSandbox as error:
        print(error, file=sys.stderr)
        return 2
    seconds = time.monotonic() - start
    for assignment in wanted:
        if any(entry.assignment is assignment for entry in entries):
            counts = classroom.publish(entries, assignment, options.out, roster, maps, safe)
            print(
                f"{assignment.name}: {counts['students']} students, "
                f"{counts['irregular']} with irregularities, {counts['to mark']} text answers to mark, "
                f"{counts['not graded']} not graded"
            )
            print(
                f"  {options.out / assignment.name}/: "
                + "scores.csv, feedback/, report.md, marking.html, marks.csv"
                + "".join(f", {name}.csv" for name in maps)
            )
    print(
        f"{bar.done - bar.kept} graded in {seconds:.0f} s"
        + (f", {bar.kept} kept from before" if bar.kept else "")
    )
    return 0


COMMANDS = {
    "list": show,
    "check": check,
    "release": release,
    "solution": solution,
    "source": source,
    "grade": grade,
}
