"""The live plot *Prior against data* in a browser: every view, the path, the corner."""

from __future__ import annotations

import pytest

from mlecore.explorables import PriorAgainstData

STATS = ("mle", "map", "mean", "shift")


@pytest.mark.parametrize(
    ("label", "show", "state"),
    [
        ("Laplace prior", "laplace", {}),
        ("Laplace prior", "laplace", {"center": 1.8, "scale": 0.05, "n": 1000}),
        ("Laplace prior", "laplace", {"center": -5, "scale": 5, "n": 1000}),
        ("Laplace prior", "laplace", {"center": 7, "scale": 0.05, "n": 1}),
        ("Box prior", "box", {}),
        ("Box prior", "box", {"center": 2, "scale": 1, "n": 30}),
        ("Box prior", "box", {"center": 6.5, "scale": 0.05, "n": 1000}),
        ("Gaussian prior", "normal", {"n": 256}),
    ],
)
def test_every_prior_is_pythons(plots, label, show, state):
    plot = plots("prior_against_data")
    plot.choose(label)
    for trait, value in state.items():
        plot.type(trait, value)
    w = PriorAgainstData(show, **state)
    for name in STATS:
        assert plot.stat(name) == [pytest.approx(getattr(w, name), rel=1e-10, abs=1e-13)], name


@pytest.mark.parametrize(
    "state",
    [
        {"q": 2, "strength": 0.7},
        {"q": 1, "strength": 2.5},
        {"q": 1, "strength": 8},
        {"q": 1.3, "strength": 3, "rho": -0.9},
        {"q": 1.05, "strength": 1.15, "rho": 0.9},
    ],
    ids=repr,
)
def test_weights_are_pythons(plots, state):
    plot = plots("prior_against_data")
    plot.choose("Two weights")
    for trait, value in state.items():
        plot.type(trait, value)
    w = PriorAgainstData("weights", **state)
    assert plot.stat("map") == pytest.approx(w.weights, rel=1e-10, abs=1e-14)
    assert plot.stat("mle") == [w.w1, w.w2]
    assert plot.stat("mean") == [sum(v == 0 for v in w.weights)]


def test_a_walk_through_the_plot(plots):
    plot = plots("prior_against_data")
    sample = plot.root.locator('[data-action="sample"]')
    # More data: the Gaussian prior gives way, the box does not.
    for label, gives_way in (("Gaussian prior", True), ("Laplace prior", True), ("Box prior", False)):
        plot.choose(label)
        plot.type("n", 1000)
        assert (abs(plot.stat("map")[0] - plot.stat("mle")[0]) < 0.15) == gives_way
    edge = plot.stat("map")
    sample.click()
    assert plot.stat("map") == edge  # other data, the same edge
    assert plot.stat("mle") == [pytest.approx(PriorAgainstData(n=1000, seed=2).mle, rel=1e-10)]
    # The corner: a weight is exactly zero, and stays there.
    plot.choose("Two weights")
    assert not sample.is_visible()
    assert plot.number("n").is_hidden()
    plot.bar("q").press("Home")
    plot.handle("penalty weight").focus()
    for _ in range(3):
        plot.page.keyboard.press("PageUp")
    assert plot.value("strength") == 2.5
    assert plot.stat("mean") == [1]
    plot.bar("q").press("ArrowRight")
    assert plot.stat("mean") == [0]
    # Dragging the top of the likelihood moves both weights.
    before = plot.stat("map")
    plot.drag("top of the likelihood", -60, 40)
    assert plot.stat("map") != before
    assert plot.stat("mle")[0] < 1
    plot.root.locator('[data-action="reset"]').click()
    assert plot.stat("map") == [pytest.approx(PriorAgainstData().map, rel=1e-10)]
    assert plot.errors() == []


def test_hidden_handles_cannot_be_reached(plots):
    plot = plots("prior_against_data")
    seen = lambda label: plot.handle(label).is_visible()  # noqa: E731
    assert seen("prior center")
    assert not seen("top of the likelihood")
    plot.choose("Two weights")
    assert not seen("prior center")
    assert seen("top of the likelihood")
