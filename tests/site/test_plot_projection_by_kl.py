"""Live plot 10, Projection by KL, walked through in the browser."""

from __future__ import annotations

import pytest

from mlecore.explorables import ProjectionByKl

NAME = "projection_by_kl"
STATS = ["forward", "reverse", "risk", "empirical_risk"]


def click(plot, action: str) -> None:
    plot.root.locator(f'[data-action="{action}"]').click()
    plot.frame()


def agrees(plot, w) -> None:
    for stat in STATS:
        assert plot.stat(stat) == [pytest.approx(getattr(w, stat), rel=1e-10, abs=1e-14)], stat
    for stat in ("projection", "mle"):
        assert plot.stat(stat) == pytest.approx(getattr(w, stat), rel=1e-10, abs=1e-12), stat


@pytest.mark.parametrize(
    ("choice", "state"),
    [
        ("forward", {}),
        ("forward", {"mu": -1.25, "sigma": 3.2, "gap": 7.5, "n": 400}),
        ("reverse", {"mu": 4, "sigma": 0.3, "gap": 0, "n": 5}),
        ("reverse", {"mu": -6, "sigma": 5, "gap": 8, "n": 1000}),
    ],
)
def test_numbers_equal_python(plots, choice, state):
    plot = plots(NAME)
    plot.choose(choice)
    w = ProjectionByKl(direction=choice, **state)
    for trait, value in state.items():
        plot.type(trait, value)
        assert plot.value(trait) == value
    agrees(plot, w)


def test_downhill_ends_at_a_minimum_in_either_direction(plots):
    plot = plots(NAME)
    plot.page.emulate_media(reduced_motion="reduce")
    w = ProjectionByKl()
    click(plot, "project")
    (w.mu, w.sigma), least = w.projection, plot.stat("forward")
    agrees(plot, w)
    click(plot, "mle")
    assert plot.stat("forward")[0] > least[0]  # the sample's minimum is not the population's
    assert plot.stat("empirical_risk")[0] < w.empirical_risk
    click(plot, "reset")
    plot.choose("reverse")
    assert not plot.root.locator('[data-action="mle"]').is_visible()
    click(plot, "project")  # from over the light bump, to the minimum beside it
    light = plot.stat("reverse")[0]
    assert plot.value("mu") == pytest.approx(2.977, abs=1e-3)
    plot.type("mu", -2.5)
    click(plot, "project")
    heavy = plot.stat("reverse")[0]
    assert heavy < light
    w = ProjectionByKl(direction="reverse")
    assert heavy == pytest.approx(w._reverse(*w.projection), rel=1e-10)


def test_a_new_sample_moves_the_estimate_and_not_the_projection(plots):
    plot = plots(NAME)
    before = plot.stat("projection"), plot.stat("risk")
    click(plot, "sample")
    assert plot.root.locator('[data-stat="seed"]').text_content() == "seed 2"
    assert (plot.stat("projection"), plot.stat("risk")) == before
    agrees(plot, ProjectionByKl(seed=2))
    plot.type("n", 1000)
    agrees(plot, ProjectionByKl(seed=2, n=1000))


def test_keys_and_pointer_move_the_model(plots):
    plot = plots(NAME)
    mean, spread = plot.handle("mean of the model"), plot.handle("spread of the model")
    mean.press("ArrowLeft")
    mean.press("PageDown")
    assert plot.value("mu") == pytest.approx(1.95)
    spread.press("ArrowRight")
    assert plot.value("sigma") == pytest.approx(1.01)
    assert plot.value("mu") == pytest.approx(1.95)  # the spread's handle leaves the mean alone
    assert "spread 1.01" in spread.get_attribute("aria-valuetext")
    spread.press("Home")
    assert plot.value("sigma") == 0.3
    spread.press("End")
    assert plot.value("sigma") == 5
    mean.press("Home")
    assert plot.value("mu") == -6
    click(plot, "reset")
    plot.drag("mean of the model", -150, 0)
    plot.drag("spread of the model", 40, 0)
    assert plot.value("mu") < 0
    assert plot.value("sigma") > 1.2
    agrees(plot, ProjectionByKl(mu=plot.value("mu"), sigma=plot.value("sigma")))
    assert plot.errors() == []


def test_a_finger_moves_the_model(phone):
    plot = phone(NAME)
    before = plot.value("mu")
    plot.touch("mean of the model", -63, 56)
    assert plot.value("mu") < before - 1


@pytest.mark.parametrize(("trait", "typed", "message"), [
    ("sigma", "0", "“0” is not between 0.3 and 5. Kept 1."),
    ("gap", "9", "“9” is not between 0 and 8. Kept 6."),
    ("n", "20.5", "“20.5” is not a whole number. Kept 20."),
])
def test_nonsense_is_refused(plots, trait, typed, message):
    plot = plots(NAME)
    before = plot.stat("forward")
    plot.type(trait, typed)
    assert plot.errors() == [message]
    assert plot.stat("forward") == before
