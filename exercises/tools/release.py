"""What leaves the instructor's machine: the student's notebook, made by nbgrader's generate_assignment."""

from __future__ import annotations

import hashlib
import html
import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from .source import EXERCISES, Assignment, squeeze


class Leak(RuntimeError):
    """The release holds what only the instructor may see."""


def release(assignments: list[Assignment]) -> dict[str, nbformat.NotebookNode]:
    """The students' notebooks by assignment name."""
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        course = Path(folder)
        for assignment in assignments:
            home = course / "source" / assignment.name
            home.mkdir(parents=True)
            nbformat.write(assignment.notebook(), home / f"{assignment.name}.ipynb")
        generate(course, [assignment.name for assignment in assignments])
        found = {}
        for assignment in assignments:
            path = course / "release" / assignment.name / f"{assignment.name}.ipynb"
            found[assignment.name] = nb = nbformat.read(path, as_version=4)
            if leaked := leaks(assignment, nbformat.writes(nb)):
                raise Leak(f"{assignment.name}: the released notebook holds {leaked[0]!r}")
    return found


def released(assignments: list[Assignment], cache: Path) -> dict[str, nbformat.NotebookNode]:
    """The same, kept by content: nbgrader takes seconds, and most builds change no assignment."""
    own = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    paths = {one.name: cache / f"{one.fingerprint[:32]}-{own[:8]}.ipynb" for one in assignments}
    if missing := [one for one in assignments if not paths[one.name].exists()]:
        cache.mkdir(parents=True, exist_ok=True)
        for name, nb in release(missing).items():
            partial = paths[name].with_suffix(".partial")
            nbformat.write(nb, partial)
            partial.replace(paths[name])
    return {name: nbformat.read(path, as_version=4) for name, path in paths.items()}


def generate(course: Path, names: list[str]) -> None:
    """nbgrader's converter in its own process: no configuration of the user's is read, nothing is left."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    result = subprocess.run(
        [sys.executable, "-m", "exercises.tools.release", str(course), *names],
        cwd=EXERCISES.parent,
        env={**os.environ, "PATH": path, "JUPYTER_NO_CONFIG": "1"},
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise RuntimeError(f"nbgrader generate_assignment failed:\n{result.stdout}{result.stderr}")


def leaks(assignment: Assignment, text: str) -> list[str]:
    """The instructor's lines that are in a text: plain, as JSON (a notebook, a search index) or as HTML."""
    flat = squeeze(text)

    def forms(line: str):
        yield line
        yield json.dumps(line)[1:-1]
        yield json.dumps(line, ensure_ascii=False)[1:-1]
        yield html.escape(line)
        yield html.escape(line, quote=False)

    return [line for line in assignment.secrets() if any(squeeze(form) in flat for form in forms(line))]


def main(course: str, names: list[str]) -> int:
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    for name in names:
        config = Config()
        config.CourseDirectory.root = course
        config.CourseDirectory.assignment_id = name
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        converter.log.setLevel(logging.WARNING)
        converter.start()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
