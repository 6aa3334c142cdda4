"""Chapter 10's probit standard errors against statsmodels: Probit's are observed, GLM's expected.

The cells of the chapter run here as they are printed, since a lesson does not import statsmodels.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm

CHAPTER = Path(__file__).parents[2] / "chapters" / "10_fisher_information.ipynb"


@pytest.fixture(scope="module")
def lesson():
    found = json.loads(CHAPTER.read_text("utf-8"))["cells"]
    cells = ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]
    start = next(i for i, source in enumerate(cells) if source.startswith("def probit("))
    scope = {}
    for source in (cells[0].replace("lesson.setup()", ""), *cells[start : start + 2]):
        exec(source, scope)
    return scope


def test_the_lesson_agrees_with_statsmodels(lesson, capsys):
    y, X = lesson["y"], lesson["X"]
    observed = sm.Probit(y, X).fit(disp=0, method="newton", tol=1e-14)
    expected = sm.GLM(y, X, family=sm.families.Binomial(sm.families.links.Probit())).fit(tol=1e-14)
    for peer, errors in ((observed, lesson["se_J"]), (expected, lesson["se_I"])):
        np.testing.assert_allclose(lesson["w_hat"], peer.params, rtol=1e-8)
        np.testing.assert_allclose(errors, peer.bse, rtol=1e-8)
    assert np.all(np.abs(observed.bse / expected.bse - 1) > 1e-3)  # they do differ
