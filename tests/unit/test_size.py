"""mlecore stays small, in lines of code: docstrings, comments, live plots and the book's look not counted."""

import ast
import io
import tokenize
from pathlib import Path

import mlecore
from mlecore.families import FAMILIES

ROOT = Path(mlecore.__file__).parent
APART = {"explorables", "data", "palette.py", "lesson.py"}  # live plots and what the course's pages need
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
LIMIT = 3_000  # with twelve families
ROOM = 50  # for each further one


def code_lines(text):
    """Numbers of the lines that hold code."""
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SILENT and token.string:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        has_body = isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        if has_body and ast.get_docstring(node, clean=False):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return lines


def test_counting():
    assert code_lines('"""Doc."""\n\n# comment\nx = (1,\n     2)  # two lines\n') == {4, 5}
    assert code_lines('def f():\n    """Doc\n    more."""\n    return """a\n    b"""\n') == {1, 4, 5}


def test_mlecore_is_small():
    sizes = {
        path.relative_to(ROOT).as_posix(): len(code_lines(path.read_text(encoding="utf-8")))
        for path in sorted(ROOT.rglob("*.py"))
        if path.relative_to(ROOT).parts[0] not in APART
    }
    assert sum(sizes.values()) <= LIMIT + ROOM * (len(FAMILIES) - 12), sizes
    largest = max(size for name, size in sizes.items() if name.startswith("families/") and "base" not in name)
    assert largest <= 70
