"""What the comparison of stored outputs (conftest.py) reports, on notebooks made for it."""

import subprocess
import sys

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from mlecore import explorables
from tests.chapters._pages import ROOT


def validate(folder, *cells):
    path = folder / "sample.ipynb"
    nbformat.write(new_notebook(cells=list(cells)), path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.chapters.conftest",
               "-p", "no:cacheprovider", "--rootdir", str(folder), str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def printed(source, text):
    return new_code_cell(source, outputs=[new_output("stream", text=text)])


def test_a_drifted_output_names_notebook_cell_and_both_values(tmp_path):
    glued = {"output_type": "display_data", "metadata": {},
             "data": {"application/papermill.record/text/plain": "'1.0'"}}
    result = validate(
        tmp_path,
        printed("print('fine')", "fine\n"),
        printed("print(2.5)", "2.4\n"),
        new_code_cell("from mlecore.lesson import glue\nglue('sample-number', '1.1')",
                      outputs=[nbformat.from_dict(glued)]),
    )
    assert result.returncode == 1
    for part in ("sample.ipynb::Cell 1", "'2.4", "'2.5", "sample.ipynb::Cell 2", "'1.0'", "'1.1'",
                 "2 failed, 1 passed"):
        assert part in result.stdout


def test_pictures_are_compared_by_their_text_only(tmp_path):
    source = ("import matplotlib.pyplot as plt\nfrom mlecore import lesson\nlesson.setup()\n"
              "plt.plot([1, 2]); plt.show()")
    cells = [new_code_cell(source, outputs=[
        new_output("display_data", data={"text/plain": "<Figure size 550x350 with 1 Axes>"})])]
    for name in ("TwoReadings", "GaussianHill", "Counts"):
        widget = getattr(explorables, name)()
        cells.append(new_code_cell(f"from mlecore.explorables import {name}\n{name}()", outputs=[
            new_output("execute_result", data={"text/plain": repr(widget)})]))
    result = validate(tmp_path, *cells)
    assert result.returncode == 0, result.stdout
