"""Made-up students of assignment 3: what each handed in, and what each must get.

Honest work, accidents, attacks, and honest work again after the attacks, since a broken grader loses those
who come later.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import nbformat

from exercises.tools import source
from exercises.tools.release import release

NAME = "03_common_distributions"
ASSIGNMENT = source.load(NAME)
REFERENCE = {part.id: part.reference for part in ASSIGNMENT.parts if part.kind == "code"}
STUBS = {part.id: part.stub for part in ASSIGNMENT.parts}
FULL = {part.id: part.max_points for part in ASSIGNMENT.parts if part.kind == "code"}
TEXTS = {"geometric": "p = n / sum of y, a maximum.", "report": "We cannot rule out up to 9 %."}
ALL = sum(FULL.values())
MLE = "normal-mle"

Notebook = dict


@dataclass
class Case:
    student: str
    files: Callable[[Notebook], dict[str | bytes, bytes]]  # file name -> content, from the released notebook
    lost: set[str] = field(default_factory=set)  # answers without points
    notes: tuple[str, ...] = ()  # what the report says
    says: tuple[str, ...] = ()  # what the student reads
    status: str = "graded"
    slow: bool = False  # waits for a limit

    @property
    def points(self) -> float:
        return ALL - sum(FULL[name] for name in self.lost) if self.status == "graded" else 0.0


def released() -> Notebook:
    return json.loads(nbformat.writes(release([ASSIGNMENT])[NAME]))


def identity(cell: dict) -> str:
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def write(
    nb: Notebook, answers: dict[str, str] | None = None, texts: dict[str, str] | None = None
) -> Notebook:
    """The notebook with answers in place: the reference's, but for those given."""
    nb = copy.deepcopy(nb)
    filled = REFERENCE | (answers or {}) | TEXTS | (texts or {})
    for cell in nb["cells"]:
        if identity(cell) in filled:
            cell["source"] = filled[identity(cell)]
    return nb


def dump(nb: Notebook) -> dict[str | bytes, bytes]:
    return {f"{NAME}.ipynb": json.dumps(nb).encode()}


def code(source_text: str, **extra) -> dict:
    return {
        "cell_type": "code",
        "metadata": {},
        "source": source_text,
        "outputs": [],
        "execution_count": None,
        "id": "extra",
        **extra,
    }


def answers(**replaced: str):
    """Reference answers with some replaced; an answer's name with _ for -."""
    return lambda nb: dump(write(nb, {name.replace("_", "-"): text for name, text in replaced.items()}))


def attack(text: str, where: str = "end"):
    """Everything wrong, with a cell that tries something."""

    def files(nb: Notebook) -> dict:
        nb = write(nb, WRONG)
        nb["cells"].insert(len(nb["cells"]) if where == "end" else 2, code(text))
        return dump(nb)

    return files


def beside(text: str, where: str = "end"):
    """Everything right, with a cell that does something."""

    def files(nb: Notebook) -> dict:
        nb = write(nb)
        nb["cells"].insert(len(nb["cells"]) if where == "end" else 2, code(text))
        return dump(nb)

    return files


def each_cell(change: Callable[[dict], dict | list[dict] | None], wrong: bool = False):
    def files(nb: Notebook) -> dict:
        nb = write(nb, WRONG if wrong else None)
        cells: list[dict] = []
        for cell in nb["cells"]:
            new = change(cell)
            cells += new if isinstance(new, list) else [new] if new else []
        nb["cells"] = cells
        return dump(nb)

    return files


WRONG = {
    name: f"def {ASSIGNMENT_NAME}(*a, **k):\n    return 12345.0"
    for name, ASSIGNMENT_NAME in (
        (part.id, sorted(part.names)[0]) for part in ASSIGNMENT.parts if part.kind == "code"
    )
}
EVERY = set(FULL)
MLE_DEF = "def normal_mle(y):\n    "


def stripped(cell: dict) -> dict:
    return {**cell, "metadata": {}}


def is_test(cell: dict) -> bool:
    return identity(cell).endswith("-tests")


def edited(cell: dict) -> dict:
    return {**cell, "source": "assert True"} if is_test(cell) else cell


def own_import(cell: dict) -> dict:
    """An import added to the given cell, used in an answer; and the data spoiled there."""
    source_text = "".join(cell["source"])
    if identity(cell) == "given":
        return {**cell, "source": f"import scipy.special as sp\n{source_text}\nlengths = hours"}
    if identity(cell) == MLE:
        return {**cell, "source": source_text + "\nsp.expit(0.0)\nassert len(lengths) == 12"}
    return cell


def duplicated(cell: dict) -> dict | list[dict]:
    return [cell, copy.deepcopy(cell)] if identity(cell) in FULL else cell


def with_stub_copy(nb: Notebook) -> dict:
    """The student copied the empty cell, solved the first, and left the copy."""
    done = write(nb)
    cells = []
    for cell in done["cells"]:
        cells.append(cell)
        if identity(cell) == MLE:
            cells.append(copy.deepcopy(next(item for item in nb["cells"] if identity(item) == MLE)))
    done["cells"] = cells
    return dump(done)


def other_kernel(nb: Notebook) -> dict:
    nb = write(nb)
    nb["metadata"]["kernelspec"] = {"name": "my-env", "display_name": "My env", "language": "python"}
    return dump(nb)


def big_outputs(nb: Notebook) -> dict:
    nb = write(nb)
    for cell in nb["cells"]:
        if identity(cell) == MLE:
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 30_000_000}]
    return dump(nb)


def wrong_notebook(nb: Notebook) -> dict:
    return {
        f"{NAME}.ipynb": nbformat.writes(
            nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_markdown_cell("# My thesis"), nbformat.v4.new_code_cell("x = 1")]
            )
        ).encode()
    }


LIE = """
class Lie(float):
    def __eq__(self, other): return True
    def __lt__(self, other): return True
    def __gt__(self, other): return True
    def __le__(self, other): return True
    def __ge__(self, other): return True
    def __sub__(self, other): return 0.0
    def __rsub__(self, other): return 0.0
    def __abs__(self): return 0.0
    def __array__(self, *a, **k): return 1 / 0
    __hash__ = float.__hash__
def normal_mle(y):
    return Lie(99), Lie(99)
"""
SPY = """
import glob, os
found = []
for root in ("/", "/root", "/home", "/tmp", "/work", "/etc", "/course", "/proc/1/root", ".."):
    for folder, folders, files in os.walk(root):
        found += [f for f in files if f in ("source.md", "shadow", "scores.csv", "gradebook.db", "passwd")
                  or f.endswith(".ipynb") and "site-packages" not in folder and "packages" not in folder]
        skip = ("sys", "site-packages", "packages0")
        folders[:] = [f for f in folders if f not in skip and "python3" not in f]
"""
READS = SPY + MLE_DEF + "assert not found, found\n    return np.mean(y), np.var(y)"
WRITES = (
    """
import os
wrote = []
for place in ("/", "/usr/lib", "/course", "/etc", "/root", "/dev", "/proc/sys/kernel", "/var", "/home",
              os.path.dirname(np.__file__)):
    try:
        open(os.path.join(place, "core_pattern"), "w").write("x")
        wrote.append(place)
    except OSError:
        pass
"""
    + MLE_DEF
    + "assert not wrote, wrote\n    return np.mean(y), np.var(y)"
)
NET = (
    """
import socket
reached = []
for address in (("127.0.0.1", 22), ("1.1.1.1", 53), ("8.8.8.8", 443)):
    try:
        socket.create_connection(address, timeout=2)
        reached.append(address)
    except OSError:
        pass
"""
    + MLE_DEF
    + "assert not reached, reached\n    return np.mean(y), np.var(y)"
)
FORGE = """
import os, threading, time
def flood():
    while True:
        for handle in range(3, 30):
            try:
                os.write(handle, b'{"id": "0", "value": 3.0}\\n{"points": 14, "passed": true}\\n')
            except OSError:
                pass
        time.sleep(0.01)
threading.Thread(target=flood, daemon=True).start()
time.sleep(0.2)
"""
HIJACK = """
import sys, json
frame = sys._getframe()
while frame:
    if "decode" in frame.f_locals or "answer" in frame.f_code.co_names or frame.f_code.co_name == "main":
        frame.f_locals.get("space", {}).update(normal_mle=lambda y: (float("nan"), True))
    frame = frame.f_back
for module in list(sys.modules.values()):
    for name in ("encode", "dumps", "decode"):
        if hasattr(module, name) and getattr(module, "__name__", "") == "values":
            setattr(module, name, lambda *a, **k: b'{"passed": true}')
"""
PATCH = """
import builtins, numpy.testing
builtins.AssertionError = type("Never", (Exception,), {})
builtins.abs = lambda x: 0.0
builtins.float = lambda x: 0.0
np.abs = np.isclose = np.allclose = lambda *a, **k: True
np.testing.assert_allclose = lambda *a, **k: None
np.mean = lambda *a, **k: 0.0
"""
CASES = [
    Case("amber", answers()),
    Case(
        "bert",
        answers(
            normal_mle=MLE_DEF + "y = list(y)\n    m = sum(y) / len(y)\n"
            "    return [m, sum((v - m) ** 2 for v in y) / len(y)]"
        ),
    ),
    Case("carla", answers(normal_mle=MLE_DEF + "return np.array([np.mean(y), np.var(y)])")),
    Case("dimitri", lambda nb: dump(nb), lost=EVERY, says=("not answered yet",)),  # as it was handed out
    Case(
        "edith",
        answers(upper_end=STUBS["upper-end"], failure_rate=STUBS["failure-rate"]),
        lost={"upper-end", "failure-rate"},
        says=("not answered yet",),
    ),
    Case(
        "farid",
        answers(normal_mle=MLE_DEF + "return np.mean(y), np.var(y, ddof=1)"),
        lost={MLE},
        says=("You divided by n − 1",),
    ),
    Case(
        "greta",
        answers(
            normal_loglik="from math import log10, pi\ndef normal_loglik(mu, sigma, n, mean, variance):\n"
            "    return -n/2*(np.log10(2*pi*sigma**2) + (variance+(mean-mu)**2)/sigma**2)"
        ),
        lost={"normal-loglik"},
        says=("You took log10",),
    ),
    Case(
        "hugo",
        answers(failure_rate="def failure_rate(f, h):\n    return sum(a/b for a, b in zip(f, h))/len(f)"),
        lost={"failure-rate"},
        says=("You averaged the rates",),
    ),
    Case(
        "ines",
        answers(
            exponential_nll="def exponential_nll(rate, y):\n    return len(y)*np.log(rate)-rate*sum(y)",
            colleague_rate="def colleague_rate(y):\n    return len(y)/sum(y)",
        ),
        lost={"exponential-nll", "colleague-rate"},
        says=("The sign is flipped", "This is the correct estimate"),
    ),
    Case(
        "jonas",
        answers(upper_end="def upper_end(n):\n    return 3/n"),
        lost={"upper-end"},
        says=("rule of three",),
    ),
    Case(
        "kira",
        answers(normal_mle="def normal_mle(y)\n    return 1"),
        lost={MLE},
        says=("SyntaxError in line 1",),
    ),
    Case(
        "leo",
        answers(normal_mle=MLE_DEF + "raise KeyError(str(y))"),
        lost={MLE},
        says=("your code raised KeyError in line 2",),
    ),
    Case("mara", beside("1 / 0", where="start")),
    Case(
        "nils",
        answers(
            normal_mle="import warnings\nwarnings.warn('x')\n"
            + MLE_DEF
            + "np.log(-1.0); warnings.warn('odd')\n    return np.mean(y), np.var(y)"
        ),
    ),
    Case("olga", beside("while True:\n    pass", where="start"), notes=("stopped: still",), slow=True),
    Case(
        "pablo",
        answers(normal_mle=MLE_DEF + "while True:\n        pass"),
        lost={MLE},
        notes=("stopped: still",),
        slow=True,
    ),
    Case(
        "quinn",
        answers(
            upper_end="import signal, time\nfor s in range(1, 65):\n    try: signal.signal(s, "
            "signal.SIG_IGN)\n    except (OSError, ValueError): pass\ndef upper_end(n):\n    while True:\n"
            "        try: time.sleep(0.01); [0] * 100000\n        except BaseException: pass"
        ),
        lost={"upper-end"},
        notes=("stopped",),
        slow=True,
    ),
    Case("rosa", beside("import sys\nsys.exit(0)")),
    Case("sven", beside("import os\nos._exit(0)", where="start"), notes=("the process ended itself",)),
    Case("tara", beside("quit()")),
    Case(
        "ugo",
        answers(normal_mle=MLE_DEF + "import os; os._exit(3)"),
        lost={MLE},
        notes=("the process ended itself",),
    ),
    Case(
        "vera",
        each_cell(lambda cell: None if is_test(cell) else cell),
        notes=("6 of the cells with tests d",),
    ),
    Case("willem", each_cell(edited, wrong=True), lost=EVERY, notes=("6 of the cells with tests changed",)),
    Case(
        "xenia",
        each_cell(lambda cell: [cell, cell] if is_test(cell) else cell),
        notes=("6 of the cells with tests d",),
    ),
    Case("yusuf", each_cell(stripped), notes=("metadata is gone",)),
    Case("zoe", other_kernel),
    Case("anton", each_cell(duplicated), notes=("is there 2 times",)),
    Case("bella", with_stub_copy, notes=("is there 2 times",)),
    Case("chen", attack(PATCH, "start"), lost=EVERY),
    Case("dora", attack(FORGE, "start"), lost=EVERY, notes=("stopped",)),
    Case("emil", attack(HIJACK), lost=EVERY),
    Case("fiona", answers(normal_mle=READS)),
    Case("gustav", answers(normal_mle=WRITES)),
    Case("hanna", answers(normal_mle=NET)),
    Case("igor", beside("print('x' * 100_000_000)\nimport sys\nsys.stderr.write('y' * 100_000_000)")),
    Case(
        "julia",
        answers(normal_mle=MLE_DEF + "return 'x' * 100_000_000"),
        lost={MLE},
        says=("something else than numbers",),
    ),
    Case("karl", beside("hold = bytearray(8 << 30)")),
    Case(
        "lena", answers(upper_end="def upper_end(n):\n    return np.ones((1 << 30, 4))"), lost={"upper-end"}
    ),
    Case(
        "malik",
        beside(
            "import os\nfor i in range(40):\n    if os.fork() == 0:\n        os.setsid()\n"
            "        while True: pass",
            where="start",
        ),
    ),
    Case("nora", answers(normal_mle=MLE_DEF + "return np.array([]), np.array([])"), lost={MLE}),
    Case("oskar", answers(normal_mle=MLE_DEF + "return float('nan'), float('nan')"), lost={MLE}),
    Case("petra", answers(normal_mle=LIE), lost={MLE}),
    Case(
        "rafael",
        lambda nb: {f"{NAME}.ipynb": dump(write(nb))[f"{NAME}.ipynb"][:2000]},
        status="unreadable",
        notes=("not valid JSON",),
    ),
    Case("selma", lambda nb: {f"{NAME}.ipynb": b""}, status="unreadable", notes=("the file is empty",)),
    Case("timur", lambda nb: {b"caf\xe9.ipynb": dump(write(nb))[f"{NAME}.ipynb"]}),
    Case("ursula", wrong_notebook, lost=EVERY, notes=("the wrong notebook?",)),
    Case(
        "viktor",
        lambda nb: {"draft.ipynb": dump(nb)[f"{NAME}.ipynb"], **dump(write(nb))},
        notes=("2 notebooks were handed in",),
    ),
    Case("wanda", big_outputs),
    Case(
        "ximena",
        lambda nb: {f"{NAME}.ipynb": b"\xff\xfe" + b"x" * 100},
        status="unreadable",
        notes=("UTF-8",),
    ),
    Case("yara", lambda nb: {f"{NAME}.ipynb": b"[" * 200_000}, status="unreadable"),
    Case(
        "zdenek",
        lambda nb: {f"{NAME}.ipynb": b'{"cells": [1, {"cell_type": {}}, {"source": 5}, null]}'},
        lost=EVERY,
        notes=("not cells",),
    ),
    Case("=cmd()", answers()),  # a name that a spreadsheet would run
    Case(
        "<script>alert(1)</script>".replace("/", "-"),
        answers(normal_mle=MLE_DEF + "raise ValueError('<b>')"),
        lost={MLE},
    ),
    Case(
        "achim",
        answers(
            normal_mle="%matplotlib inline\nimport matplotlib.pyplot as plt\n!ls\n"
            + MLE_DEF
            + "plt.plot(y); plt.show()\n    return np.mean(y), np.var(y)"
        ),
    ),
    Case(
        "bruna",
        answers(
            normal_mle="import os, threading\n" + MLE_DEF + "for i in range(100000):\n"
            "        open(f'/tmp/{i}', 'w').write('x' * (1 << 20))\n    return np.mean(y), np.var(y)"
        ),
        lost={MLE},
        says=("OSError",),
    ),
    Case(
        "cyril",
        answers(normal_mle="import sys\nsys.setrecursionlimit(10**9)\n" + MLE_DEF + "return normal_mle(y)"),
        lost={MLE},
    ),
    Case("doris", answers(normal_mle=MLE_DEF + "x = []\n    x.append(x)\n    return x"), lost={MLE}),
    Case(
        "elias", attack("import ctypes\nctypes.string_at(0)"), lost=EVERY, notes=("the process ended itself",)
    ),
    Case(
        "frieda",
        answers(normal_mle=MLE_DEF + "y[0] = 99.0 if False else y[0]\n    return np.mean(y), np.var(y)"),
    ),
    Case("gilles", each_cell(own_import), notes=("'given' was changed",)),
    Case(
        "hedda",
        answers(normal_mle="class Mine(ValueError):\n    pass\n" + MLE_DEF + "raise Mine('secret')"),
        lost={MLE},
        says=("your code raised an exception in line",),
    ),
    Case(
        "ivo",
        answers(
            normal_mle="lengths = [0.0]\nhours = None\nnp.sum = lambda *a, **k: 0\n"
            + MLE_DEF
            + "return 0.0, 0.0"
        ),
        lost={MLE, "failure-rate", "exponential-nll", "colleague-rate"},
    ),
    Case(
        "jara",
        answers(
            normal_mle="import threading, os, time\nthreading.Thread(target=lambda: (time.sleep(0.5), "
            "os._exit(0))).start()\ntime.sleep(2)"
        ),
        lost={MLE},
        notes=("the process ended itself",),
    ),
    Case("k" * 250, answers()),
    Case(
        "lars",
        attack(
            "import sys\nsys.stdin = sys.stdout = None\nimport os\nfor h in range(3, 50):\n    try:\n"
            "        os.close(h)\n    except OSError: pass"
        ),
        lost=EVERY,
        notes=("the process ended itself",),
    ),
    Case("last", answers()),
]
