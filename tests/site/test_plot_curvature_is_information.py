"""A walk through live plot 8 in the browser: its numbers are Python's."""

import pytest

from mlecore.explorables import CurvatureIsInformation

STATES = [
    ("Normal", {}),
    ("Normal", {"n": 50, "theta": -1.7, "replicates": 1000}),
    ("Bernoulli", {"n": 33, "theta": 0.12}),
    ("Bernoulli", {"n": 1, "theta": 0.98, "replicates": 2}),
    ("Poisson", {"n": 50, "theta": 8}),
    ("Poisson", {"n": 3, "theta": 0.2, "replicates": 37}),
    ("Exponential", {"n": 21, "theta": 0.35}),
    ("Laplace", {"n": 20, "theta": 1.4}),
    ("Laplace", {"n": 7}),
]
PAIRS = ["score_variance", "mean_curvature", "n_variance"]


def agrees(plot, w):
    for stat in ("information", "bound"):
        assert plot.stat(stat) == [pytest.approx(getattr(w, stat), rel=1e-10)], stat
    for stat in PAIRS:
        assert plot.stat(stat) == pytest.approx(getattr(w, stat), rel=1e-10, abs=1e-12), stat


@pytest.mark.parametrize(("family", "state"), STATES)
def test_numbers_equal_python(plots, family, state):
    plot = plots("curvature_is_information")
    plot.choose(family)
    for trait, value in state.items():
        plot.type(trait, value)
    agrees(plot, CurvatureIsInformation(family.lower(), **state))
    assert plot.errors() == []


def test_draw_more_new_sample_and_reset(plots):
    plot = plots("curvature_is_information")
    plot.root.locator('[data-action="more"]').click()
    assert plot.value("replicates") == 300
    agrees(plot, CurvatureIsInformation(replicates=300))
    plot.root.locator('[data-action="sample"]').click()
    plot.frame()
    assert plot.root.locator('[data-stat="seed"]').text_content() == "seed 16"
    agrees(plot, CurvatureIsInformation(replicates=300, seed=16))
    for _ in range(9):
        plot.root.locator('[data-action="more"]').click()
    assert plot.value("replicates") == 1000  # and no further
    plot.root.locator('[data-action="reset"]').click()
    agrees(plot, CurvatureIsInformation())


def test_the_curves_pass_through_the_truth_and_narrow_with_n(plots):
    """All drawn log-likelihoods meet at (θ*, 0); five times the data make the parabola √5 times as narrow."""
    plot = plots("curvature_is_information")
    plot.choose("Exponential")
    widths = []
    for n in (10, 50):
        plot.type("n", n)
        parabola = plot.root.locator('path[stroke="var(--mle-truth)"]').first
        widths.append(parabola.evaluate("path => path.getBBox().width"))
    assert widths[0] / widths[1] == pytest.approx(5**0.5, rel=0.01)
    assert plot.root.locator('path[stroke-opacity="0.4"]').count() == 40


def test_laplace_has_no_curvature_and_says_so(plots):
    plot = plots("curvature_is_information")
    plot.choose("Laplace")
    assert plot.stat("mean_curvature") == [0, 0]
    assert plot.stat("information")[0] > 0
    line = plot.root.locator('div:has(> [data-stat="mean_curvature"])')
    assert "--mle-wrong" in line.get_attribute("style")


def test_a_finger_moves_the_truth(phone):
    plot = phone("curvature_is_information")
    plot.choose("Bernoulli")
    before = plot.stat("information")
    plot.touch("truth", 42, 56)
    assert plot.stat("information") != before
    agrees(plot, CurvatureIsInformation("bernoulli", theta=plot.value("theta")))
