"""The student's side: runs cells and calls functions on request, one JSON line each way.

This file runs in the sandbox, started as a script with values.py beside it. After the first cell all of it
is in the student's hands. So nothing here is a check: the grader trusts no reply, bounds its length and time,
and takes from it only plain values.
"""

import builtins
import os
import random
import re
import resource
import sys
import types

MAX_REPLY = 16_000_000


def main() -> None:
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    for limit, value in (
        ("AS", int(sys.argv[1])),
        ("CPU", int(sys.argv[2])),
        ("NPROC", int(sys.argv[3])),
        ("FSIZE", 64 << 20),
        ("NOFILE", 256),
        ("CORE", 0),
    ):
        which = getattr(resource, f"RLIMIT_{limit}")
        hard = resource.getrlimit(which)[1]
        if value >= 0 and sys.platform == "linux":
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(which, (value, value))
    sys.path[:0] = sys.argv[4:]  # the course's packages

    import numpy as np
    from values import NotPlain, decode, dumps, encode, loads

    module = types.ModuleType("__main__")
    space = vars(module)
    space.update(vars(FakeJupyter), __name__="__main__", __builtins__=builtins)
    sys.modules["__main__"] = module
    builtins.exit = builtins.quit = sys.exit
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002, what students call is seeded
    cells = 0

    def resolve(name):
        return space[name]

    def error_of(error) -> dict:
        line, trace = None, error.__traceback__
        while trace is not None:
            if trace.tb_frame.f_code.co_filename.startswith("cell "):
                line = trace.tb_lineno
            trace = trace.tb_next
        if isinstance(error, SyntaxError) and type(error.lineno) is int:
            line = error.lineno
        try:
            message = str(error)[:400]
        except BaseException:
            message = ""
        kind = "NotPlain" if isinstance(error, NotPlain) else type(error).__name__
        base = next((c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"), "Exception")
        return {"kind": kind[:80], "base": base, "message": message, "line": line}

    def answer(request: dict) -> dict:
        nonlocal cells
        try:
            if request["do"] == "run":
                cells += 1
                exec(compile(plain(request["source"]), f"cell {cells}", "exec", dont_inherit=True), space)
                return {}
            if request["do"] == "describe":
                random.seed(0)
                np.random.seed(0)  # noqa: NPY002, what students call is seeded
                return {"names": {name: describe(name) for name in request["names"] if name in space}}
            positional = [decode(item, resolve) for item in request["arguments"]]
            keywords = {key: decode(item, resolve) for key, item in request["keywords"].items()}
            return {"value": encode(space[request["name"]](*positional, **keywords))}
        except BaseException as error:
            return {"error": error_of(error)}

    def describe(name: str):
        value = space[name]
        if callable(value):
            return "function"
        try:
            return {"value": encode(value)}
        except BaseException as error:
            return {"error": error_of(error)}

    while line := requests.readline():
        request = loads(line)
        reply = dumps({"id": request["id"], **answer(request)})
        if len(reply) > MAX_REPLY:
            error = {"kind": "NotPlain", "base": "TypeError", "message": "", "line": None}
            reply = dumps({"id": request["id"], "error": error})
        replies.write(reply)
        replies.flush()


def plain(source: str) -> str:
    """Python without what only Jupyter understands: `%matplotlib`, `!pip`, `%%time`, `name?`."""
    try:
        compile(source, "cell", "exec", dont_inherit=True)
        return source
    except (SyntaxError, ValueError):
        pass
    lines = source.split("\n")
    if re.match(r"\s*%%", lines[0]):
        if not re.match(r"\s*%%(time|timeit|capture|python3?)\b", lines[0]):
            return ""
        lines[0] = ""
    return "\n".join(re.sub(r"^(\s*)(%|!|\?|[\w.]+\?\??\s*$).*", r"\1pass", line) for line in lines)


class FakeJupyter:
    """What a notebook expects to find."""

    def display(*_, **__):
        pass

    def get_ipython():
        return types.SimpleNamespace(
            run_line_magic=lambda *_: None,
            run_cell_magic=lambda *_: None,
            system=lambda *_: None,
            magic=lambda *_: None,
        )


if __name__ == "__main__":
    main()
