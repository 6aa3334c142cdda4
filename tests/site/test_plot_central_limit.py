"""Live plot 9 in the browser: dropping samples, the numbers, the scale of the uniform family."""

import pytest

from mlecore.explorables import CentralLimit

STATES = [("Bernoulli", {"p": 0.1, "n": 20}), ("Bernoulli", {"p": 0.97, "n": 100}), ("Bernoulli", {"n": 2}),
          ("Exponential", {"n": 2}), ("Exponential", {"n": 37}), ("Normal", {"n": 2}), ("Normal", {"n": 11}),
          ("Normal", {"n": 64}), ("Uniform", {"n": 5}), ("Uniform", {"n": 100})]


def press(plot, action):
    plot.root.locator(f'[data-action="{action}"]').click()
    plot.frame()


def same_as(plot, w):
    assert plot.stat("samples") == [w.samples]
    for name, expected in (("z_mean", w.z_mean), ("z_sd", w.z_sd)):
        assert plot.stat(name) == [pytest.approx(expected, rel=1e-10, abs=1e-12)], name
    assert plot.stat("coverage") == pytest.approx([w.coverage, w.coverage_error, w.long_run], rel=1e-10)


@pytest.mark.parametrize(("family", "state"), STATES)
def test_numbers_equal_python(plots, family, state):
    plot = plots("central_limit")
    plot.page.emulate_media(reduced_motion="reduce")
    plot.choose(family)
    press(plot, "drop-100")
    for trait, value in state.items():
        plot.type(trait, value)
    same_as(plot, CentralLimit(family=family.lower(), samples=125, **state))


def test_dropping_clearing_and_a_new_seed(plots):
    plot = plots("central_limit")
    plot.page.emulate_media(reduced_motion="reduce")
    seen = [25]
    for action in ("drop-1", "drop-100", "drop-1000", "drop-1000", "drop-1000", "drop-1000", "drop-1"):
        press(plot, action)
        seen += map(int, plot.stat("samples"))
    assert seen == [25, 26, 126, 1126, 2126, 3000, 3000, 3000]
    same_as(plot, CentralLimit(samples=3000))
    press(plot, "sample")
    same_as(plot, CentralLimit(samples=3000, seed=2))
    press(plot, "clear")
    assert "none yet" in plot.root.locator('[data-stat="coverage"]').text_content()
    press(plot, "drop-1")
    assert plot.stat("samples") == [1]
    press(plot, "reset")
    same_as(plot, CentralLimit())


def test_samples_fall_one_after_another_where_motion_is_welcome(plots):
    plot = plots("central_limit")
    plot.page.emulate_media(reduced_motion="no-preference")
    plot.root.locator('[data-action="drop-100"]').click()
    plot.page.wait_for_function("""() => {
        const shown = Number(document.querySelector('[data-stat="samples"]').dataset.value);
        return shown > 25 && shown < 125;
    }""")
    plot.page.wait_for_function(
        """() => document.querySelector('[data-stat="samples"]').dataset.value === "125" """)
    same_as(plot, CentralLimit(samples=125))


def test_the_uniform_family_wants_n(plots):
    plot = plots("central_limit")
    plot.page.emulate_media(reduced_motion="reduce")
    scale = plot.root.locator('[data-action="scale"]')
    assert not scale.is_visible()
    plot.choose("Uniform")
    assert not plot.number("p").is_visible()
    assert not plot.handle("p, the truth").is_visible()
    press(plot, "drop-1000")
    plot.type("n", 100)
    assert plot.stat("z_sd")[0] < 0.12  # collapsed
    press(plot, "scale")
    same_as(plot, CentralLimit(family="uniform", samples=1025, n=100, scale="n"))
    assert plot.stat("z_sd")[0] == pytest.approx(1, abs=0.1)
    assert "exponential limit" in plot.root.locator("svg").text_content()
    press(plot, "scale")
    assert "exponential limit" not in plot.root.locator("svg").text_content()
