"""Chapter 17 runs where Dask is not installed: it says so, and skips what needs it."""

import ast
import sys

import numpy as np
import pytest

from tests.chapters._pages import notebooks

GUARD = "da is not None"
PAGE = next((page for page in notebooks() if page.number == 17), None)
pytestmark = pytest.mark.skipif(PAGE is None, reason="chapter 17 is not here")


def guarded(tree):
    return [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == GUARD]


def bound(nodes):
    return {
        node.name if isinstance(node, ast.FunctionDef) else node.id
        for one in nodes
        for node in ast.walk(one)
        if isinstance(node, ast.FunctionDef)
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    }


def test_the_cells_that_need_dask_do_nothing_without_it(monkeypatch, capsys):
    for name in ("dask", "dask.array", "dask.distributed", "distributed"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it raises ImportError
    cells = [cell.source for cell in PAGE.code if "import dask" in cell.source or GUARD in cell.source]
    assert len(cells) >= 3, "the import, and two cells that use it"
    space = {"np": np}
    for source in cells:
        exec(compile(source, "a cell of chapter 17", "exec"), space)
    assert space["da"] is None
    assert 'pip install "mlecore[scale]"' in capsys.readouterr().out


def test_no_other_cell_uses_what_only_dask_defines():
    outside = [node for cell in PAGE.code for node in ast.parse(cell.source).body]
    inside = [node for node in outside if node in guarded(ast.Module([node], []))]
    outside = [node for node in outside if node not in inside]
    only = bound(inside) - bound(outside)
    assert "far" in only
    used = {
        node.id
        for one in outside
        for node in ast.walk(one)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    assert not used & only
