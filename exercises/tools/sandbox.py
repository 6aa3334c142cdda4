"""A student's process: started in bubblewrap, asked with a deadline, killed with everything it started."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib.util
import os
import platform
import secrets
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import psutil

from .grading import EXPECTABLE, Gone
from .values import dumps, loads

HERE = Path(__file__).resolve().parent
INSIDE = Path("/course")
MAX_REPLY = 32_000_000
LOST = (
    "Student code would run with your rights: it could read and change your files, other students' "
    "submissions and these grades, and use the network. Only time and memory would be limited."
)


class NoSandbox(RuntimeError):
    """Bubblewrap is missing or not allowed to work; the message says what to do."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """Processor seconds of a cell (it may import much) and of a call; wall-clock seconds stop what waits."""

    cell: float = 10
    call: float = 5
    wall: float = 30
    start: float = 30  # processor seconds for imports and the given cells
    submission: float = 60  # processor seconds of all, and three times that on the wall clock
    memory: int = 3 << 30
    address_space: int = 4 << 30
    processes: int = 32


class Worker:
    """`Student` of grading.py, in its own process."""

    def __init__(self, limits: Limits, budget: Budget, sandbox: bool = True):
        self.limits, self.budget = limits, budget
        self.buffer = b""
        self.spent = 0.0  # processor seconds of this process that the budget has already been charged
        self.folder = None if sandbox else tempfile.TemporaryDirectory(prefix="student-")
        command = bubblewrap(limits) if sandbox else bare(limits)
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
            env=None if sandbox else environment(self.folder.name),
            cwd="/" if sandbox else self.folder.name,
        )
        os.set_blocking(self.process.stdin.fileno(), False)
        self.tree = psutil.Process(self.process.pid)
        self.first = True
        self.charged = time.monotonic()

    # -- Student -----------------------------------------------------------------------------------------

    def run(self, source: str) -> dict | None:
        reply = self.ask({"do": "run", "source": source})
        return error_in(reply) if "error" in reply else None

    def describe(self, names: list[str]) -> dict:
        reply = self.ask({"do": "describe", "names": names})
        found = reply.get("names", {})
        if not isinstance(found, dict):
            raise Gone(FORGED)
        return {name: described(found[name]) for name in names if name in found}

    def call(self, name: str, arguments: list, keywords: dict) -> dict:
        reply = self.ask({"do": "call", "name": name, "arguments": arguments, "keywords": keywords})
        if "error" in reply:
            return {"error": error_in(reply)}
        if "value" not in reply:
            raise Gone(FORGED)
        return {"value": reply["value"]}

    def close(self) -> None:
        """SIGKILL: the process namespace ends with its first process, and so does all in it."""
        descendants = [] if not self.folder else children(self.tree)
        self.charge()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for child in descendants:  # without a sandbox, what detached itself from the group
            with contextlib.suppress(psutil.Error):
                child.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        if self.folder:
            with contextlib.suppress(OSError):
                self.folder.cleanup()

    # -- one request ---------------------------------------------------------------------------------------

    def ask(self, message: dict) -> dict:
        limits = self.limits
        if time.monotonic() > self.charged + 1:
            self.charge()
        if self.budget.spent > limits.submission or self.budget.elapsed() > 3 * limits.submission:
            raise Gone(f"not graded: the notebook used up its {limits.submission:g} seconds")
        identity = secrets.token_hex(8)
        cpu = limits.start if self.first else limits.cell if message["do"] == "run" else limits.call
        wall = max(limits.wall, 3 * limits.start) if self.first else limits.wall
        line = self.exchange(dumps({"id": identity, **message}), cpu, wall)
        self.first = False
        try:
            reply = loads(line)
        except ValueError:
            raise Gone(FORGED) from None
        if not isinstance(reply, dict) or reply.get("id") != identity:
            raise Gone(FORGED)
        return reply

    def exchange(self, data: bytes, cpu: float, wall: float) -> bytes:
        """Write the request and read one line, whatever the other side does meanwhile."""
        began = time.monotonic()
        source, sink = self.process.stdout.fileno(), self.process.stdin.fileno()
        used = None
        look = began + 0.5
        while b"\n" not in self.buffer:
            ready, writable, _ = select.select([source], [sink] if data else [], [], 0.1)
            if writable:
                try:
                    data = data[os.write(sink, data[:65536]) :]
                except BrokenPipeError:
                    data = b""
                except BlockingIOError:
                    pass
            if ready:
                chunk = os.read(source, 1 << 20)
                if not chunk:
                    raise Gone(self.ended())
                self.buffer += chunk
                if len(self.buffer) > MAX_REPLY:
                    raise Gone("stopped: it sent more than 32 MB")
            now = time.monotonic()
            if now >= look:
                look = now + 0.25
                seconds, memory, count = usage(self.tree)
                used = seconds if used is None else used
                if seconds - used > cpu or now - began > wall:
                    spent = max(seconds - used, 0)
                    raise Gone(
                        f"stopped: still running after {cpu:g} seconds"
                        if spent > cpu * 0.9
                        else f"stopped: still waiting after {wall:g} seconds"
                    )
                if memory > self.limits.memory:
                    raise Gone(f"stopped: it used more than {self.limits.memory >> 30} GB of memory")
                if count > self.limits.processes + 3:
                    raise Gone(f"stopped: it started more than {self.limits.processes} processes")
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line

    def ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        code = self.process.returncode
        code = code - 128 if code and code > 128 else -code if code and code < 0 else 0
        if code == signal.SIGXCPU or code == signal.SIGKILL:
            return "stopped: the process was killed, by a limit on time or memory"
        return (
            f"the process ended itself ({signal.Signals(code).name})"
            if code in set(signal.Signals)
            else ("the process ended itself")
        )

    def charge(self) -> None:
        seconds, _, _ = usage(self.tree)
        self.budget.spent += max(0.0, seconds - self.spent)
        self.spent = max(seconds, self.spent)
        self.charged = time.monotonic()


class Budget:
    """Processor seconds of all of a submission's processes."""

    def __init__(self):
        self.spent, self.began = 0.0, time.monotonic()

    def elapsed(self) -> float:
        return time.monotonic() - self.began


FORGED = "stopped: it answered in the grader's place"


def error_in(reply: dict) -> dict:
    """A student's error, reduced to four short plain entries."""
    error = reply["error"] if isinstance(reply["error"], dict) else {}
    kind, base, message, line = (error.get(key) for key in ("kind", "base", "message", "line"))
    return {
        "kind": kind[:80] if isinstance(kind, str) and kind.isidentifier() else "Exception",
        "base": base if isinstance(base, str) and base in EXPECTABLE else "Exception",
        "message": message[:400] if isinstance(message, str) else "",
        "line": line if type(line) is int and 0 < line < 10**6 else None,
    }


def described(found):
    if found == "function":
        return found
    if isinstance(found, dict) and "value" in found:
        return {"value": found["value"]}
    return {"error": error_in(found)} if isinstance(found, dict) and "error" in found else {"value": None}


def children(tree: psutil.Process) -> list[psutil.Process]:
    try:
        return tree.children(recursive=True)
    except psutil.Error:
        return []


def usage(tree: psutil.Process) -> tuple[float, int, int]:
    """Processor seconds, bytes and number of all processes of a worker."""
    seconds, memory, processes = 0.0, 0, [tree, *children(tree)]
    for process in processes:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            seconds += times.user + times.system + times.children_user + times.children_system
            memory += process.memory_info().rss
    return seconds, memory, len(processes)


# -- the command line --------------------------------------------------------------------------------------


def environment(home: str) -> dict[str, str]:
    return {
        "HOME": home,
        "TMPDIR": home,
        "PATH": "",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def arguments(limits: Limits, own_namespace: bool) -> list[str]:
    """For worker.py: address space, processor seconds, processes (−1: no limit)."""
    # Counted within the namespace since Linux 5.14; before that, all of the user's processes would count.
    release = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2] if part.isdigit())
    processes = limits.processes if own_namespace and release >= (5, 14) else -1
    return [str(limits.address_space), str(int(limits.submission) + 5), str(processes)]


def packages() -> list[Path]:
    return list(dict.fromkeys(Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")))


def course_package() -> Path:
    return Path(importlib.util.find_spec("mlecore").origin).parent


@functools.cache
def bubblewrap(limits: Limits) -> tuple[str, ...]:
    """Read-only: libraries, Python, the course's packages, the worker. Writable: a private /tmp. No more."""
    found = shutil.which("bwrap")
    if not found:
        raise NoSandbox(
            "bubblewrap (bwrap) is not installed. On Debian and Ubuntu: apt-get install bubblewrap. "
            f"It needs Linux.\nWithout it: {LOST}\nTo grade without it all the same, say --no-sandbox."
        )
    command = [
        found,
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--clearenv",
        "--cap-drop",
        "ALL",
        "--hostname",
        "student",
    ]
    for folder in ("/usr/lib", "/usr/lib64", "/usr/lib32"):
        if os.path.isdir(folder) and not os.path.islink(folder):
            command += ["--ro-bind", folder, folder]
    for link in ("/lib", "/lib64", "/lib32"):
        if os.path.islink(link):
            command += ["--symlink", os.readlink(link), link]
        elif os.path.isdir(link):
            command += ["--ro-bind", link, link]
    python = os.path.realpath(sys.executable)
    prefix = os.path.realpath(sys.base_prefix)
    for path in (
        python,
        f"{prefix}/lib",
        f"{prefix}/lib64",
        sysconfig.get_path("stdlib"),
        "/etc/ld.so.cache",
    ):
        if os.path.exists(path) and not os.path.islink(path) and not path.startswith("/usr/lib"):
            command += ["--ro-bind", path, path]
    inside = []
    for number, path in enumerate(packages()):
        command += ["--ro-bind", str(path), f"{INSIDE}/packages{number}"]
        inside.append(f"{INSIDE}/packages{number}")
    for path in ("worker.py", "values.py"):
        command += ["--ro-bind", str(HERE / path), f"{INSIDE}/{path}"]
    command += ["--ro-bind", str(course_package()), f"{INSIDE}/own/mlecore"]
    if "--disable-userns" in help_text(found):
        command += ["--unshare-user", "--disable-userns"]
    sized = ["--size", str(256 << 20)] if "--size" in help_text(found) else []
    command += [
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        *sized,
        "--tmpfs",
        "/dev/shm",
        *sized,
        "--tmpfs",
        "/tmp",
        "--chdir",
        "/tmp",
        "--remount-ro",
        "/dev",
        "--remount-ro",
        "/proc",
        "--remount-ro",
        "/",
    ]
    for name, value in environment("/tmp").items():
        command += ["--setenv", name, value]
    command += [
        python,
        "-I",
        "-S",
        f"{INSIDE}/worker.py",
        *arguments(limits, True),
        str(INSIDE),
        f"{INSIDE}/own",
        *inside,
    ]
    return tuple(command)


def bare(limits: Limits) -> list[str]:
    """Without a sandbox: only the limits that a process sets on itself."""
    return [
        os.path.realpath(sys.executable),
        "-I",
        "-S",
        str(HERE / "worker.py"),
        *arguments(limits, False),
        str(HERE),
        str(course_package().parent),
        *map(str, packages()),
    ]


@functools.cache
def help_text(bwrap: str) -> str:
    return subprocess.run([bwrap, "--help"], capture_output=True, text=True).stdout


def warm_up() -> None:
    """Compile the packages that students import, once: the sandbox cannot write what it compiles."""
    modules = ["scipy.stats", "scipy.optimize", "matplotlib.pyplot", "sklearn.linear_model"]
    files = [folder / f"{name.replace('.', '/')}{end}" for folder in packages() for name in modules
             for end in (".py", "/__init__.py")]
    files = [path for path in files if path.exists() and os.access(path.parent, os.W_OK)]
    if not all(Path(importlib.util.cache_from_source(str(path))).exists() for path in files):
        wanted = "; ".join(f"import {name}" for name in [*modules, "mlecore"])
        writing = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        subprocess.run(
            [sys.executable, "-c", wanted], env=writing, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


def probe(limits: Limits) -> None:
    """Does a sandboxed Python start here? Else say why not, and what the way out is."""
    command = bubblewrap(limits)
    budget = Budget()
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    if result.returncode:
        apparmor = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
        why = (
            "This system's AppArmor forbids it to make namespaces (Ubuntu 23.10 and later do): the page "
            '"For instructors" says how to allow it.\n'
            if apparmor.exists() and apparmor.read_text().strip() == "1"
            else ""
        )
        raise NoSandbox(
            f"bubblewrap does not work here: {result.stderr.strip()[:400]}\n{why}"
            f"Without it: {LOST}\nTo grade without it all the same, say --no-sandbox."
        )
    worker = Worker(limits, budget)
    try:
        worker.run("pass")
    except Gone as gone:
        raise NoSandbox(f"a sandboxed Python does not start here: {gone.reason}") from None
    finally:
        worker.close()
