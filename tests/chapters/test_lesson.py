"""What a lesson imports at its top: quiet, repeatable figures, and numbers for the text."""

import subprocess
import sys

import nbclient
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from mlecore.lesson import glue
from tests.chapters._pages import ROOT

CELLS = [
    "import matplotlib.pyplot as plt\nfrom mlecore import lesson\n"
    "from mlecore.lesson import glue\nlesson.setup()",
    "fig, ax = plt.subplots()\nax.plot([1, 2, 4], label='a')\nax.set_title('T')\nax.legend()\nplt.show()",
    "glue('sample-number', f'{2 / 3:.3f}')",
]


def execute():
    nb = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    nbclient.NotebookClient(nb, kernel_name="python3").execute(cwd=str(ROOT))
    return [cell.outputs for cell in nb.cells]


@pytest.fixture(scope="module")
def outputs():
    return execute()


def test_setup_is_quiet_and_figures_are_the_same_bytes_every_time(outputs):
    (nothing, (first,), (glued,)), (_, (second,), _) = outputs, execute()
    assert nothing == []
    svg = first.data["image/svg+xml"]
    assert svg == second.data["image/svg+xml"]
    assert "image/png" not in first.data
    assert "<dc:date>" not in svg
    assert 'width="396pt"' in svg, "the declared width, not a cropped one"
    assert ">T</text>" in svg, "text stays text"
    assert glued.data == {"application/papermill.record/text/plain": "'0.667'"}
    assert glued.metadata == {"scrapbook": {"name": "sample-number",
                                            "mime_prefix": "application/papermill.record/"}}


def test_glue_is_what_the_book_reads(outputs):
    from myst_nb.ext.glue import extract_glue_data_cell

    nb = new_notebook(cells=[new_code_cell(CELLS[2])])
    nb.cells[0].outputs = [nbformat.from_dict(output) for output in outputs[2]]
    ((name, data),) = extract_glue_data_cell(nb.cells[0])
    assert (name, data["data"]) == ("sample-number", {"text/plain": "'0.667'"})
    assert nb.cells[0].outputs == [], "nothing of it is shown"


@pytest.mark.parametrize(("name", "value", "error", "says"), [
    ("sample-number", 0.667, TypeError, "format it"),
    ("number", "0.667", ValueError, "kebab-case"),
    ("Sample-Number", "0.667", ValueError, "kebab-case"),
])
def test_glue_refuses(name, value, error, says):
    with pytest.raises(error, match=says):
        glue(name, value)


def test_outside_a_notebook_nothing_is_printed():
    code = ("import sys; sys.modules['myst_nb'] = sys.modules['jupyter_book'] = None\n"
            "from mlecore import lesson\nlesson.setup(); lesson.glue('a-b', '1')")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
