"""Every test: lint, the book, then pytest group by group, each within its time budget.

    python book/run_tests.py             all groups; the first that fails ends the run
    python book/run_tests.py site        one group

A group's processes are few on purpose: results must not depend on a big machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
# Seconds that a group may take on two slow cores, and what it needs beside its folder.
GROUPS = {"unit": 420, "derivations": 300, "chapters": 420, "site": 1200, "exercises": 300}
NEEDS_BOOK = {"chapters", "site", "exercises"}
NODE_FOLDERS = {"site": ["tests/site"]}


def main(names: list[str]) -> int:
    chosen = names or list(GROUPS)
    if unknown := [name for name in chosen if name not in GROUPS]:
        sys.exit(f"no test group {unknown[0]!r}; the groups are {', '.join(GROUPS)}")
    chosen = [name for name in chosen if any((ROOT / "tests" / name).glob("test_*.py"))]
    environment.main([folder for name in chosen for folder in NODE_FOLDERS.get(name, [])])
    if not names and (code := run("ruff", "check", ".")):
        return code
    if NEEDS_BOOK & set(chosen) and (code := run("python", "book/build.py")):
        return code
    for name in chosen:
        if code := pytest(name):
            return code
    return 0


def pytest(name: str) -> int:
    print(f"\n=== {name} ===", flush=True)
    # What shares a kernel or an open page stays in one process: a file; on the site, neighbors in the list.
    share = "worksteal" if name == "site" else "loadfile"
    return run("pytest", f"tests/{name}", "-q", "-n", "2", "--dist", share, "--timeout", "240",
               "--session-timeout", str(GROUPS[name]))


def run(command: str, *arguments: str) -> int:
    one_thread = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    return subprocess.run([str(BIN / command), *arguments], cwd=ROOT,
                          env={**os.environ, **one_thread, "PATH": path}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
