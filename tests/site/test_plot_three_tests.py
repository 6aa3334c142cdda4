"""A walk through live plot 11 in the browser: its numbers are Python's."""

import pytest

from mlecore.explorables import ThreeTests

STATES = [
    ("Exponential", {}),
    ("Exponential", {"n": 1, "total": 1.5, "theta0": 4}),
    ("Exponential", {"n": 100, "total": 61.7, "theta0": 1.9}),
    ("Binomial", {}),
    ("Binomial", {"n": 2, "total": 1, "theta0": 0.97}),
    ("Binomial", {"n": 60, "total": 3, "theta0": 0.1}),
    ("Poisson", {}),
    ("Poisson", {"n": 1, "total": 1, "theta0": 4}),
    ("Poisson", {"n": 80, "total": 700, "theta0": 8.1}),
]
TESTS = ("wald", "score", "likelihood_ratio")


def agrees(plot, w):
    for test in TESTS:
        expected = [w.statistics[test], w.p_values[test], *w.intervals[test]]
        assert plot.stat(test) == pytest.approx(expected, rel=1e-10), test


@pytest.mark.parametrize(("family", "state"), STATES)
def test_numbers_equal_python_on_both_scales(plots, family, state):
    plot = plots("three_tests")
    plot.choose(family)
    for trait, value in state.items():
        plot.type(trait, value)
    agrees(plot, ThreeTests(family.lower(), **state))
    plot.choose("scale log θ")
    agrees(plot, ThreeTests(family.lower(), **state, scale="log"))
    assert plot.errors() == []


def test_the_scale_moves_wald_alone(plots):
    plot = plots("three_tests")
    before = {test: plot.stat(test) for test in TESTS}
    plot.choose("scale log θ")
    assert plot.stat("wald") != before["wald"]
    assert [plot.stat(test) for test in TESTS[1:]] == [before[test] for test in TESTS[1:]]
    # dragged on the other scale, θ₀ is a rounded number there and the same in Python
    plot.drag("theta zero", -60, 0)
    assert 0 < plot.value("theta0") < 2
    agrees(plot, ThreeTests(theta0=plot.value("theta0"), scale="log"))


def test_more_data_keep_the_estimate_as_far_as_counts_allow(plots):
    plot = plots("three_tests")
    plot.type("n", 50)
    assert plot.value("total") == 50
    plot.choose("Binomial")
    plot.type("n", 3)
    assert plot.value("total") == 2
    agrees(plot, ThreeTests("binomial", n=3, total=2))


@pytest.mark.parametrize("family", ["Binomial", "Poisson", "Exponential"])
def test_new_samples_are_pythons_and_reset(plots, family):
    plot = plots("three_tests")
    plot.choose(family)
    w = ThreeTests(family.lower())
    for seed in range(12, 17):
        plot.root.locator('[data-action="sample"]').click()
        plot.frame()
        assert plot.root.locator('[data-stat="seed"]').text_content() == f"seed {seed}"
        w.seed = seed
        w.total = w.drawn()
        assert plot.value("total") == w.total
    agrees(plot, w)
    plot.root.locator('[data-action="reset"]').click()
    agrees(plot, ThreeTests())


def test_verdicts_and_a_wald_interval_that_leaves_the_range(plots):
    plot = plots("three_tests")
    text = plot.root.locator("svg").text_content()
    for verdict in ("Wald rejects", "score rejects", "likelihood ratio keeps"):
        assert verdict in text
    plot.type("n", 2)
    assert "leaves the range" in plot.root.locator("svg").text_content()
    box = plot.root.locator('div:has(> [data-stat="wald"])')
    assert "--mle-wrong" in box.get_attribute("style")


def test_a_finger_moves_theta_zero(phone):
    plot = phone("three_tests")
    plot.touch("theta zero", -42, 56)
    assert plot.value("theta0") < 2
    agrees(plot, ThreeTests(theta0=plot.value("theta0")))
