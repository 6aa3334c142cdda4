"""Build the site: execute the notebooks through a cache, run Jupyter Book, put the result in _build/html.

    python book/build.py                          the book, in _build/html
    python book/build.py chapters/03_x.ipynb      these pages alone, in _build/preview, while writing

The site is built in _build/stage and moved into place only when it is whole. Nothing is carried over between
builds but executed notebooks, so a warning shows up at every build, and a killed build leaves no trace.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from environment import lock

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
BUILD = ROOT / "_build"
STAGE = BUILD / "stage"
HTML = BUILD / "html"
STAMP = BUILD / ".stamp"
# The pages of the assignments are the students' notebooks, made before every build. The answers are published
# only where this variable is 1.
RELEASED = ROOT / "exercises" / "released"
SOLUTIONS = "EVERY_LOSS_SOLUTIONS"
# What a page is made from. Executed results depend on CODE too, which jupyter-cache does not know.
CODE = ["mlecore/**/*.py", "mlecore/**/*.mjs", "mlecore/**/*.css", "requirements.txt"]
EXERCISES = ["exercises/*/source.md", "exercises/tools/*.py"]
SOURCES = [*CODE, *EXERCISES, "_config.yml", "_toc.yml", "references.bib", "chapters/**/*", "LICENSE",
           "book/*.py", "book/ext/**/*.py", "book/ext/**/*.mjs", "book/theme/**/*", "book/static/**/*",
           "book/package-lock.json"]


def main(pages: list[str]) -> int:
    start = time.monotonic()
    if pages:
        return preview(pages, start)
    with lock(BUILD / ".build.lock"):
        fingerprint = digest(SOURCES) + commit() + os.environ.get(SOLUTIONS, "")
        if STAMP.exists() and STAMP.read_text() == fingerprint and (HTML / "index.html").exists():
            return done("unchanged", start)
        STAMP.unlink(missing_ok=True)
        for folder in (STAGE, BUILD / "old"):
            shutil.rmtree(folder, ignore_errors=True)
        STAGE.mkdir(parents=True)
        code = jupyter_book(STAGE, ["-W", "--keep-going", "--toc", str(contents_with_exercises())])
        if code:
            print("The book was not built. Every warning above is an error.", file=sys.stderr)
            return code
        if HTML.exists():
            HTML.rename(BUILD / "old")
        (STAGE / "_build" / "html").rename(HTML)
        for folder in (STAGE, BUILD / "old"):
            shutil.rmtree(folder, ignore_errors=True)
        STAMP.write_text(fingerprint)
        return done("built", start)


def preview(pages: list[str], start: float) -> int:
    """The front page, the named ones and the bibliography, in _build/preview.

    References to the chapters left out stay open, so warnings only warn.
    """
    if any(page.startswith("exercises/") for page in pages):
        contents_with_exercises()
    if missing := [page for page in pages if not (ROOT / page).is_file()]:
        sys.exit(f"{missing[0]} is not a file below {ROOT}: name pages as chapters/03_x.ipynb")
    folder = BUILD / "preview"
    stage = BUILD / "preview-stage"
    for old in (folder, stage):
        shutil.rmtree(old, ignore_errors=True)
    stage.mkdir(parents=True)
    contents = stage / "_toc.yml"
    chosen = dict.fromkeys([*pages, "chapters/92_bibliography.md"])  # citations resolve there
    files = "".join(f"  - file: {Path(page).with_suffix('')}\n" for page in chosen)
    contents.write_text(f"format: jb-book\nroot: chapters/00_interview\nchapters:\n{files}")
    code = jupyter_book(stage, ["--toc", str(contents)])
    if not code:
        (stage / "_build" / "html").rename(folder)
        print(f"The preview is built ({time.monotonic() - start:.0f} s): {folder / 'index.html'}")
    shutil.rmtree(stage, ignore_errors=True)
    return code


def contents_with_exercises() -> Path:
    """Write exercises/released/ and the table of contents: _toc.yml, with the solutions where asked for."""
    import nbformat

    from exercises.tools import source
    from exercises.tools.release import released

    shutil.rmtree(RELEASED, ignore_errors=True)
    RELEASED.mkdir()
    assignments = [source.load(name) for name in source.names()]
    contents = (ROOT / "_toc.yml").read_text("utf-8")
    publish = os.environ.get(SOLUTIONS) == "1"
    for name, notebook in released(assignments, BUILD / "released").items():
        nbformat.write(notebook, RELEASED / f"{name}.ipynb")
        if publish:
            solution = next(one for one in assignments if one.name == name).solution_notebook()
            head = solution.cells[0]
            head.source = head.source.replace("# Exercises", "# Solutions to exercises", 1)
            nbformat.write(solution, RELEASED / f"{name}_solution.ipynb")
            line = f"      - file: exercises/released/{name}\n"
            contents = contents.replace(line, line + line.replace("\n", "_solution\n"))
    target = STAGE / "_toc.yml"
    if STAGE.is_dir():
        target.write_text(contents, "utf-8")
    return target


def jupyter_book(output: Path, options: list[str]) -> int:
    cache = execution_cache()
    environment = {
        **os.environ,
        "PATH": f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYTHONHASHSEED": "0",
        "EVERY_LOSS_COMMIT": commit(),
        "EVERY_LOSS_CACHE": str(cache),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    jupyter_book = str(Path(sys.executable).with_name("jupyter-book"))
    command = [jupyter_book, "build", str(ROOT), "--path-output", str(output), "-q", *options]
    # Jupyter Book's closing words name the staging folder: only its warnings are passed on.
    with subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE) as process:
        for line in process.stderr:
            if "Kernel is running over TCP" not in line:  # on this machine only, for seconds
                print(line, end="", file=sys.stderr, flush=True)
    return process.returncode


def execution_cache() -> Path:
    """Executed notebooks, kept per version of the code they run; the last three versions stay."""
    caches = BUILD / "executed"
    cache = caches / digest(CODE)[:16]
    cache.mkdir(parents=True, exist_ok=True)
    os.utime(cache)
    for old in sorted(caches.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)[3:]:
        shutil.rmtree(old, ignore_errors=True)
    return cache


def digest(patterns: list[str]) -> str:
    """Hash of the names and contents of all files that match."""
    total = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}):
        if "__pycache__" not in path.parts and ".ipynb_checkpoints" not in path.parts:
            total.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return total.hexdigest()


def commit() -> str:
    """The short hash of the commit, with "+" when files differ from it; empty outside a git checkout."""
    def git(*arguments: str) -> str:
        try:
            result = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
        except OSError:
            return ""
        return result.stdout.strip()
    head = git("rev-parse", "--short=10", "HEAD")
    return head + ("+" if head and git("status", "--porcelain", "--untracked-files=no") else "")


def done(what: str, start: float) -> int:
    print(f"The book is {what} ({time.monotonic() - start:.0f} s): {HTML / 'index.html'}")
    print("Read it in a browser with: make serve")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
