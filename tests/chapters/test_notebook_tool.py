"""Notebooks as text and back, and what a stored notebook may hold (book/notebooks.py)."""

import os
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from book import notebooks as tool
from tests.chapters._pages import ROOT


def dirty(**changes):
    """A clean notebook's one code cell, with some of its fields changed."""
    nb = new_notebook(cells=[new_markdown_cell("# T"), new_code_cell("print(1)")])
    nb.cells[1].outputs = [new_output("stream", text="1\n")]
    nb = tool.clean(nb)
    for name, value in changes.items():
        if name == "notebook":
            nb.metadata.update(value)
        else:
            nb.cells[1][name] = nbformat.from_dict(value)
    return nb


def picture(mime):
    return {"outputs": [new_output("display_data", data={mime: "x", "text/plain": "<Figure>"})]}


DIRT = [
    (picture("image/png"), "cell 2: image/png output"),
    (picture("image/svg+xml"), "cell 2: image/svg+xml output"),
    (picture("application/vnd.jupyter.widget-view+json"), "widget-view"),
    ({"execution_count": 3}, "cell 2: execution count 3"),
    ({"metadata": {"collapsed": True}}, "cell 2: metadata 'collapsed'"),
    ({"notebook": {"widgets": {}}}, "notebook metadata 'widgets'"),
    ({"notebook": {"kernelspec": {"name": "python3", "display_name": "Mine"}}}, "kernelspec is"),
    ({"notebook": {"language_info": {"name": "python", "version": "3.11.7"}}}, "3.11.7"),
    ({"id": "random"}, "not in the stored form"),
    ({"source": "print(1)   "}, "not in the stored form"),
]
BROKEN = [
    ({"outputs": [new_output("stream", name="stderr", text="Warning: x\n")]}, "output on stderr"),
    ({"outputs": [new_output("error", ename="E", evalue="why")]}, "stored error E: why"),
    ({"outputs": [new_output("stream", text="<A at 0x7f00aa11>\n")]}, "machine to machine: 'at 0x7f00aa11'"),
    ({"outputs": [new_output("stream", text="/home/ann/x.py\n")]}, "machine to machine: '/home/ann'"),
]


@pytest.mark.parametrize(("change", "says"), DIRT + BROKEN)
def test_check_names_what_is_not_clean(tmp_path, change, says):
    path = tmp_path / "a.ipynb"
    nbformat.write(dirty(**change), path)
    assert any(says in problem for problem in tool.problems(path)), tool.problems(path)


@pytest.mark.parametrize(("change", "says"), DIRT)
def test_clean_mends_it(tmp_path, change, says):
    path = tmp_path / "a.ipynb"
    nbformat.write(dirty(**change), path)
    assert tool.main(["check", str(path)]) == 1
    assert tool.main(["clean", str(path)]) == 0
    assert tool.main(["check", str(path)]) == 0
    before = path.read_bytes()
    tool.main(["clean", str(path)])
    assert path.read_bytes() == before


def test_clean_keeps_text_outputs_glue_and_what_the_author_set():
    glue = new_output("display_data", data={"application/papermill.record/text/plain": "'1'"},
                      metadata={"scrapbook": {"name": "a-b"}, "other": 1})
    nb = dirty(outputs=[new_output("stream", text="a"), new_output("stream", text="b\n"), glue,
                        new_output("display_data", data={"image/png": "x"}),
                        new_output("execute_result", data={"text/plain": "2", "text/html": "<b>2</b>"})],
               metadata={"tags": ["remove-cell"], "mystnb": {"image": {"alt": "x"}}, "jupyter": {}})
    cell = tool.clean(nb).cells[1]
    assert [o.get("text") or o.data for o in cell.outputs] == [
        "ab\n", glue.data, {"text/plain": "2", "text/html": "<b>2</b>"}]
    assert cell.outputs[1].metadata == {"scrapbook": {"name": "a-b"}}
    assert set(cell.metadata) == {"tags", "mystnb"}


def test_ids_depend_on_the_source_only():
    cells = [new_code_cell("x = 1"), new_code_cell("x = 1"), new_markdown_cell("x = 1")]
    first, second, third = (cell.id for cell in tool.clean(new_notebook(cells=cells)).cells)
    assert len({first, second, third}) == 3
    later = tool.clean(new_notebook(cells=[new_markdown_cell("new"), new_code_cell("x = 1")]))
    assert later.cells[1].id == first


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    monkeypatch.setattr(tool, "TEXT_FOLDER", tmp_path / "text")
    path = tmp_path / "03_x.ipynb"
    figure = {"mystnb": {"image": {"alt": 'A "curve" $x$.'}, "figure": {"name": "fig-a"}}}
    cells = [new_markdown_cell(":::{trap} T\n:name: trap-t\n:::"), new_code_cell("1 + 1", metadata=figure)]
    tool.write(path, tool.clean(new_notebook(cells=cells)))
    return path


def age(path, seconds):
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime + seconds))


def test_text_and_back_executes_and_loses_nothing(notebook):
    before = nbformat.read(notebook, 4)
    text = tool.to_text(notebook)
    text.write_text(text.read_text().replace("1 + 1", "import os\nos.path.basename(os.getcwd())"))
    tool.to_notebook(notebook)
    after = nbformat.read(notebook, 4)
    assert after.cells[0] == before.cells[0]
    assert after.cells[1].metadata == before.cells[1].metadata
    assert after.cells[1].outputs[0].data["text/plain"] == repr(notebook.parent.name)
    assert tool.problems(notebook) == []


def test_a_failing_cell_leaves_the_notebook_as_it_was(notebook):
    before = notebook.read_bytes()
    text = tool.to_text(notebook)
    text.write_text(text.read_text().replace("1 + 1", "1 / 0"))
    with pytest.raises(SystemExit, match=r"03_x.ipynb, cell 2: failed[\s\S]*ZeroDivisionError"):
        tool.to_notebook(notebook)
    assert notebook.read_bytes() == before
    assert sorted(p.name for p in notebook.parent.iterdir()) == ["03_x.ipynb", "text"]


def test_edits_on_either_side_are_not_overwritten(notebook):
    text = tool.to_text(notebook)
    tool.to_text(notebook)  # nothing was edited: fine
    text.write_text(text.read_text() + "\nMore.\n")
    age(text, 5)
    with pytest.raises(SystemExit, match="has edits"):
        tool.to_text(notebook)
    age(notebook, 60)
    with pytest.raises(SystemExit, match="newer than"):
        tool.to_notebook(notebook)


def test_bad_arguments_say_what_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr(tool, "TEXT_FOLDER", tmp_path / "text")
    with pytest.raises(SystemExit, match="is not a notebook"):
        tool.main(["text", "chapters/00_interview.md"])
    with pytest.raises(SystemExit, match="does not exist"):
        tool.main(["text", str(tmp_path / "no.ipynb")])
    with pytest.raises(SystemExit, match="neither"):
        tool.main(["notebook", str(tmp_path / "no.ipynb")])


def test_it_runs_as_a_script(tmp_path):
    path = tmp_path / "a.ipynb"
    nbformat.write(dirty(execution_count=3), path)
    result = subprocess.run([sys.executable, "book/notebooks.py", "check", str(path)], cwd=ROOT,
                            capture_output=True, text=True)
    assert result.returncode == 1
    assert "execution count 3" in result.stdout
    assert "remedy" in result.stderr
