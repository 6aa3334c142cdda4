"""Submissions graded a minute: this book's grader beside `nbgrader autograde`, on the same correct notebooks.

    python benchmarks/grading.py            30 submissions of assignment 3, two at a time
    python benchmarks/grading.py 60 2       60 submissions, two at a time
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from exercises.tools import classroom, sandbox, source  # noqa: E402
from exercises.tools.release import release  # noqa: E402

NAME = "03_common_distributions"
# Kernels start from compiled packages, as on a machine where nobody forbids Python to keep them.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
               "JUPYTER_PREFER_ENV_PATH": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def nbgrader(*arguments: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "nbgrader", *arguments], cwd=folder, env=ENVIRONMENT, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def course(folder: Path, assignment: source.Assignment, students: list[str], notebook: str) -> None:
    """nbgrader's folders, with every student's submission in place."""
    home = folder / "source" / NAME
    home.mkdir(parents=True)
    nbformat.write(assignment.notebook(), home / f"{NAME}.ipynb")
    (folder / "nbgrader_config.py").write_text(f"get_config().CourseDirectory.root = {str(folder)!r}\n")
    nbgrader("generate_assignment", NAME, folder=folder)
    for student in students:
        place = folder / "submitted" / student / NAME
        place.mkdir(parents=True)
        (place / f"{NAME}.ipynb").write_text(notebook)


def main(number: int, jobs: int) -> None:
    assignment = source.load(NAME)
    nb = json.loads(nbformat.writes(release([assignment])[NAME]))
    answers = {part.id: part.reference for part in assignment.parts}
    for cell in nb["cells"]:
        identity = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = answers.get(identity, cell["source"])
    students = [f"student{place:03d}" for place in range(number)]
    most = sum(part.max_points for part in assignment.parts if not part.manual)
    sandbox.warm_up()
    with tempfile.TemporaryDirectory() as temporary:
        folders = [Path(temporary) / f"course{job}" for job in range(jobs)]
        for job, folder in enumerate(folders):
            course(folder, assignment, students[job::jobs], json.dumps(nb))
        everybody = Path(temporary) / "submitted"
        for place, student in enumerate(students):
            (everybody / student / NAME).mkdir(parents=True)
            # Each a little different: equal files are graded once.
            nb["metadata"]["student"] = place
            (everybody / student / NAME / f"{NAME}.ipynb").write_text(json.dumps(nb))

        start = time.monotonic()
        entries = classroom.collect(everybody, [assignment])
        classroom.grade(entries, Path(temporary) / "graded", sandbox.Limits(), True, jobs, None,
                        classroom.Bar(len(entries)))
        classroom.publish(entries, assignment, Path(temporary) / "graded", {}, {}, True)
        ours = time.monotonic() - start
        for entry in entries:
            assert sum(part["points"] for part in entry.result["parts"]) == most, entry.all_notes

        # nbgrader has no jobs of its own: one course folder and one process for each.
        start = time.monotonic()
        command = [sys.executable, "-m", "nbgrader", "autograde", NAME]
        running = [subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL) for folder in folders]
        codes = [process.wait() for process in running]
        theirs = time.monotonic() - start
        graded = sum(1 for folder in folders for _ in (folder / "autograded").glob(f"*/{NAME}/*.ipynb"))
        for folder in folders:
            shutil.rmtree(folder)
    print(f"{number} correct submissions, {jobs} at a time, {os.cpu_count()} processors")
    print(f"this grader          {60 * number / ours:6.0f} a minute")
    print(f"nbgrader autograde   {60 * graded / theirs:6.0f} a minute   ({graded} graded, exits {codes})")
    print(f"ratio                {theirs / graded * number / ours:6.1f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in [*sys.argv[1:], *["30", "2"][len(sys.argv) - 1:]]))
