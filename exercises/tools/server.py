"""Jobs one by one, each graded in a fork of this process: a crash in one costs only that one.

    python -m exercises.tools.server          one JSON job a line on stdin, one JSON result a line on stdout

A fork has the assignment ready and NumPy imported, so it starts in milliseconds. What forks has one thread.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import dataclasses
import hashlib
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from .grading import Grader
from .sandbox import Budget, Limits, NoSandbox, Worker
from .source import EXERCISES, Assignment, from_dict
from .submission import MAX_BYTES, Unreadable, read
from .values import dumps, loads

LARGEST_RESULT = 20_000_000


def job(assignment: Assignment, notebook: bytes, limits: Limits, sandbox: bool) -> dict:
    """All that grading one submission needs: nothing is read from a disk."""
    return {
        "assignment": dataclasses.asdict(assignment),
        "notebook": base64.b64encode(notebook).decode(),
        "limits": vars(limits),
        "sandbox": sandbox,
    }


def crashed(reason: str) -> dict:
    return {"status": "crashed", "parts": [], "notes": [reason]}


# -- the server's side ---------------------------------------------------------------------------------------

GRADERS: dict[str, Grader] = {}


def grader(task: dict) -> Grader:
    assignment = from_dict(task["assignment"])
    if assignment.fingerprint not in GRADERS:
        if len(GRADERS) > 20:
            GRADERS.clear()
        ready = GRADERS[assignment.fingerprint] = Grader(assignment)
        for part in assignment.parts:
            for number in range(-1, len(part.wrong)):
                ready.listed(part, number)
    return GRADERS[assignment.fingerprint]


def grade(ready: Grader, task: dict) -> dict:
    """The whole of one submission, in this process."""
    limits = Limits(**task["limits"])
    budget = Budget()
    try:
        data = base64.b64decode(task["notebook"])
        if len(data) > MAX_BYTES:
            raise Unreadable("the file is larger than 100 MB")
        found = read(data, ready.assignment)
    except Unreadable as error:
        return {"status": "unreadable", "parts": [], "notes": [str(error)]}
    try:
        result = ready.grade(found, lambda: Worker(limits, budget, task["sandbox"]))
    except NoSandbox as error:
        return crashed(f"no sandbox on this machine: {error}")
    return {"status": "graded", **result}


def in_a_fork(task: dict, ready: Grader) -> dict:
    limits = Limits(**task["limits"])
    source, sink = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(source)
            # Its own bound, should a student's values make the tests here large or slow.
            resource.setrlimit(resource.RLIMIT_AS, (limits.address_space,) * 2)
            with os.fdopen(sink, "wb") as stream:
                stream.write(dumps(grade(ready, task)))
            os._exit(0)
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            os._exit(1)
    os.close(sink)
    data, deadline = b"", time.monotonic() + 5 * limits.submission
    try:
        while time.monotonic() < deadline and len(data) < LARGEST_RESULT:
            if select.select([source], [], [], 0.5)[0]:
                chunk = os.read(source, 1 << 20)
                if not chunk:
                    break
                data += chunk
    finally:
        os.close(source)
        with contextlib.suppress(ProcessLookupError):
            if not data.endswith(b"\n"):
                os.kill(pid, signal.SIGKILL)  # its sandbox dies with it
        _, status = os.waitpid(pid, 0)
    if status == 0 and data.endswith(b"\n"):
        return loads(data)
    return crashed("grading this submission failed: nothing of it counts; look at it by hand")


def main() -> None:
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        task = loads(line)
        try:
            result = in_a_fork(task, grader(task))
        except Exception as error:
            result = crashed(f"{type(error).__name__}: {error}")
        sink.write(dumps(result))
        sink.flush()


# -- the caller's side ---------------------------------------------------------------------------------------


class Server:
    """A server process and the jobs sent to it; made anew when it dies."""

    def __init__(self):
        self.process: subprocess.Popen | None = None

    def run(self, task: dict) -> dict:
        if self.process is None or self.process.poll() is not None:
            one_thread = {
                name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
            }
            self.process = subprocess.Popen(
                [sys.executable, "-m", "exercises.tools.server"],
                cwd=EXERCISES.parent,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **one_thread, "PYTHONHASHSEED": "0"},
                start_new_session=True,
            )
        try:
            self.process.stdin.write(dumps(task))
            self.process.stdin.flush()
            return loads(self.process.stdout.readline())
        except (OSError, ValueError):
            self.close()
            return crashed("the grading process died on this submission: look at it by hand")

    def close(self) -> None:
        if self.process is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
            self.process = None


IDLE: list[Server] = []  # kept for the next job, closed when this process ends
LOCK = threading.Lock()


def run(task: dict) -> dict:
    """Grade one job in a server of this process, whichever thread asks: the local pool's or Dask's."""
    with LOCK:
        server = IDLE.pop() if IDLE else Server()
    try:
        return server.run(task)
    finally:
        with LOCK:
            IDLE.append(server)


def close_all() -> None:
    with LOCK:
        while IDLE:
            IDLE.pop().close()


atexit.register(close_all)


def code_version() -> str:
    """Changes when the grader does, so that kept results are not of another grader."""
    return hashlib.sha256(
        b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    ).hexdigest()


if __name__ == "__main__":
    main()
