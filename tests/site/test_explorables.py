"""The live plots in a real browser, without a kernel: keyboard, pointer, touch, numbers, refusals.

What one plot does beyond that stands in test_plot_<name>.py.
"""

from __future__ import annotations

import itertools
import re
import runpy

import pytest

from mlecore import palette
from mlecore.explorables import (
    BellsOnResiduals,
    Counts,
    GaussianHill,
    PriorAgainstData,
    TailsAndOutliers,
    TwoLosses,
    TwoReadings,
)
from mlecore.explorables._base import snake_case

from ._live import PLOTS, Plot, outside, violations
from .conftest import ROOT

# ---- the numbers on the page are Python's ----

TAILS = ["gaussian", "laplace", "huber", "student_t"]
BELLS = ["sse", "log_likelihood", "sigma2_mle", "s2"]
PRIORS = ["mle", "map", "mean", "shift"]
READINGS = ["density_area", "likelihood_area", "ruler_area", "density"]
STATES = [
    ("two_readings", TwoReadings, "Binomial", {"n": 12, "y": 5, "theta": 0.31}, READINGS),
    ("two_readings", TwoReadings, "Binomial", {"n": 3, "y": 0, "theta": 0.9}, READINGS),
    ("two_readings", TwoReadings, "Exponential", {"y": 0.52, "theta": 2.34}, READINGS),
    ("two_readings", TwoReadings, "Exponential", {"y": 0, "theta": 0.5}, READINGS),
    ("two_readings", TwoReadings, "Poisson", {"y": 7, "theta": 3.3}, READINGS),
    ("two_readings", TwoReadings, "Normal", {"y": -1.25, "theta": 0.7}, READINGS[:2] + READINGS[3:]),
    ("gaussian_hill", GaussianHill, None, {"mu": 3.1, "sigma": 0.9}, ["log_likelihood"]),
    ("counts", Counts, "Bernoulli", {"n": 40, "theta": 0.27}, ["likelihood", "log_likelihood"]),
    ("counts", Counts, "Bernoulli", {"n": 40, "k": 0, "theta": 0.05}, ["likelihood", "log_likelihood"]),
    ("counts", Counts, "Bernoulli", {"n": 40, "k": 40, "theta": 0.9}, ["likelihood", "log_likelihood"]),
    ("counts", Counts, "Bernoulli", {"n": 2000, "theta": 0.4}, ["likelihood", "log_likelihood"]),
    ("counts", Counts, "Poisson", {"n": 15, "theta": 3.85}, ["likelihood", "log_likelihood"]),
    ("counts", Counts, "Poisson", {"n": 7, "k": 0, "theta": 0.4}, ["likelihood", "log_likelihood"]),
    ("counts", Counts, "Poisson", {"n": 7, "k": 38, "theta": 6.1}, ["likelihood", "log_likelihood"]),
    ("bells_on_residuals", BellsOnResiduals, None, {"intercept": 2.5, "slope": 0.375}, BELLS),
    ("bells_on_residuals", BellsOnResiduals, None, {"intercept": -3, "slope": 0}, BELLS),
    ("prior_against_data", PriorAgainstData, None, {"center": 0.35, "scale": 1.27, "n": 40}, PRIORS),
    ("prior_against_data", PriorAgainstData, None, {"center": 7, "scale": 0.05, "n": 1000}, PRIORS),
    ("tails_and_outliers", TailsAndOutliers, None, {"outlier": 9.35}, TAILS),
    ("tails_and_outliers", TailsAndOutliers, None, {"outlier": 3.1, "k": 0.25, "nu": 0.6}, TAILS),
    ("tails_and_outliers", TailsAndOutliers, None, {"outlier": -4, "k": 10, "nu": 1000}, TAILS),
]


@pytest.mark.parametrize(("name", "make", "family", "state", "stats"), STATES)
def test_numbers_equal_python(plots, name, make, family, state, stats):
    plot = plots(name)
    w = make(family=family.lower()) if family else make()
    if family:
        plot.choose(family)
    for trait, value in state.items():
        plot.type(trait, value)
        assert plot.value(trait) == value
        setattr(w, trait, value)
    for stat in stats:
        assert plot.stat(stat) == [pytest.approx(getattr(w, stat), rel=1e-10, abs=1e-300)], stat
    if make is Counts:
        for stat in ("likelihood_interval", "wald_interval"):
            assert plot.stat(stat) == pytest.approx(getattr(w, stat), rel=1e-8, abs=1e-14), stat
    if make is GaussianHill:
        assert [*plot.stat("score_mu"), *plot.stat("score_sigma")] == pytest.approx(w.score, rel=1e-10)


def test_shown_text_is_the_number_rounded(plots):
    plot = plots("gaussian_hill")
    shown = plot.root.locator('[data-stat="log_likelihood"]').text_content().replace("−", "-")
    assert float(shown) == pytest.approx(GaussianHill().log_likelihood, abs=5e-4)
    plot = plots("counts")
    plot.type("n", 2000)
    assert plot.root.locator('[data-stat="likelihood"]').text_content() == "0"  # underflow
    assert float(plot.root.locator('[data-stat="log_likelihood"]').text_content().replace("−", "-")) < -745


def test_new_sample_shows_its_seed_and_is_pythons(plots):
    def drawn_again(name: str) -> Plot:
        plot = plots(name)
        plot.root.locator('[data-action="sample"]').click()
        plot.frame()
        assert plot.root.locator('[data-stat="seed"]').text_content() == "seed 2"
        return plot

    assert drawn_again("gaussian_hill").data() == GaussianHill(seed=2).data
    sse = drawn_again("bells_on_residuals").stat("sse")
    assert sse == [pytest.approx(BellsOnResiduals(seed=2).sse, rel=1e-10)]
    counts = drawn_again("counts")
    assert counts.value("k") == Counts(seed=2).k
    counts.type("n", 300)  # more of the same sample
    assert counts.value("k") == Counts(seed=2, n=300).k


# ---- keyboard ----


@pytest.mark.parametrize(
    ("name", "label", "keys", "trait", "change"),
    [
        (
            "two_readings",
            "theta, where the density over y is cut",
            ["ArrowRight", "ArrowUp", "ArrowLeft"],
            "theta",
            0.01,
        ),
        ("two_readings", "theta, where the density over y is cut", ["PageUp"], "theta", 0.1),
        ("two_readings", "y, where the likelihood is cut", ["ArrowUp", "Shift+ArrowDown"], "y", -3),
        ("gaussian_hill", "mu and sigma", ["ArrowRight"], "mu", 0.01),
        ("gaussian_hill", "mu and sigma", ["ArrowDown"], "sigma", -0.01),
        ("counts", "theta", ["ArrowLeft"], "theta", -0.005),
        ("two_losses", "start", ["ArrowUp", "PageUp"], "start_slope", 1.1),
        ("two_losses", "start", ["ArrowLeft"], "start_intercept", -0.1),
        ("central_limit", "p, the truth", ["ArrowLeft", "PageDown"], "p", -0.11),
        ("tails_and_outliers", "outlier", ["ArrowRight", "PageUp"], "outlier", 0.55),
        ("curvature_is_information", "truth", ["ArrowRight", "PageUp"], "theta", 1.1),
        ("prior_against_data", "prior center", ["ArrowRight", "PageDown"], "center", -0.45),
        ("prior_against_data", "prior scale", ["ArrowRight", "Shift+ArrowUp"], "scale", 0.55),
        ("projection_by_kl", "mean of the model", ["ArrowRight", "PageDown"], "mu", -0.45),
        ("three_tests", "theta zero", ["ArrowRight", "PageDown"], "theta0", -0.09),
    ],
)
def test_arrow_keys_move_a_handle(plots, name, label, keys, trait, change):
    plot = plots(name)
    handle, before = plot.handle(label), plot.value(trait)
    handle.focus()
    for key in keys:
        plot.page.keyboard.press(key)
    assert plot.value(trait) == pytest.approx(before + change)
    spoken = handle.get_attribute("aria-valuetext")
    assert f"{plot.value(trait):g}" in spoken.replace("−", "-")


def test_home_and_end_reach_the_ends(plots):
    plot = plots("counts")
    handle = plot.handle("theta")
    for key, end in (("Home", 0), ("End", 1)):
        handle.press(key)
        assert plot.value("theta") == end == float(handle.get_attribute("aria-valuenow"))


def test_every_control_is_reached_and_named_by_tabbing(plots):
    plot = plots("gaussian_hill")
    plot.root.locator('[data-handle="data point 1"]').focus()
    seen = []
    for _ in range(24):
        seen.append(
            plot.page.evaluate("""() => {
            const e = document.activeElement;
            const name = e.ariaLabel ?? e.labels?.[0]?.textContent ?? e.textContent;
            return e.closest(".mle-gaussian_hill") && name;
        }""")
        )
        plot.page.keyboard.press("Tab")
    expected = [
        "data point 10",
        "mu and sigma",
        "μ",
        "σ",
        "data",
        "Gradient step",
        "Newton step",
        "New sample",
        "Reset",
    ]
    assert [name for name in seen if name in expected] == expected


def test_range_inputs_answer_keys_even_on_a_log_scale(plots):
    plot = plots("counts")
    plot.type("n", 3)
    plot.bar("n").press("ArrowRight")  # a 400th of the scale is less than one observation
    assert plot.value("n") == 4
    plot.bar("n").press("ArrowLeft")
    assert plot.value("n") == 3
    assert plot.bar("n").get_attribute("aria-valuetext") == "3 observations"


@pytest.mark.parametrize(
    ("name", "label", "key", "said"),
    [
        ("two_readings", "theta, where the density over y is cut", "ArrowRight", ["theta 0.41"]),
        ("curvature_is_information", "truth", "ArrowRight", ["truth 0.1", "information 2.5"]),
        ("three_tests", "theta zero", "ArrowLeft", ["theta zero 1.99", "likelihood ratio 3.0"]),
    ],
)
def test_the_live_region_speaks_once_things_settle(plots, name, label, key, said):
    plot = plots(name)
    region = plot.root.locator('[role="status"]')
    assert region.text_content() == ""
    assert region.get_attribute("aria-live") == "polite"
    plot.handle(label).press(key)
    spoken = plot.spoken()
    assert [words for words in said if words not in spoken] == []


def test_a_screen_reader_finds_every_handle_and_what_is_drawn(page, address):
    """From the first drawing on: a named slider, its value in words, a focus ring, the drawing in words."""
    page.goto(f"{address}plots.html")
    for make in PLOTS:
        plot = Plot(page, snake_case(make.__name__))
        plot.frame()
        wrong = plot.root.evaluate("""async root => {
            const out = [], names = ["label", "valuenow", "valuemin", "valuemax", "valuetext", "orientation"];
            for (const handle of root.querySelectorAll('[role="slider"]')) {
                const { label, valuenow: now, valuemin: low, valuemax: high, ...rest } = Object.fromEntries(
                    names.map(name => [name, handle.getAttribute(`aria-${name}`)]));
                const inside = Number(low) - 1e-9 <= Number(now) && Number(now) <= Number(high) + 1e-9;
                const said = label && now && rest.valuetext && rest.orientation;
                if (!(said && inside)) out.push(handle.outerHTML);
                if (getComputedStyle(handle).display === "none") continue;
                handle.focus({focusVisible: true});
                await new Promise(requestAnimationFrame);
                const ring = getComputedStyle(handle.querySelector(".mle-ring"));
                if (document.activeElement !== handle || ring.opacity !== "1") out.push(`no ring: ${label}`);
            }
            for (const bar of root.querySelectorAll('input[type="range"]')) {
                if (!bar.labels.length || !bar.getAttribute("aria-valuetext")) out.push(bar.outerHTML);
            }
            for (const text of root.querySelectorAll("svg text:not([aria-hidden] *, [aria-hidden])")) {
                out.push(`read aloud out of place: ${text.textContent}`);
            }
            const words = root.querySelector("svg").getAttribute("aria-description");
            return words && !/NaN|undefined/.test(words) ? out : [...out, `in words: ${words}`];
        }""")
        assert wrong == [], make


# ---- pointer and touch ----


def test_dragging_a_data_point_moves_the_top_of_the_hill(plots):
    plot = plots("gaussian_hill")
    before = plot.data()
    plot.drag("data point 1", 120, 60)  # sideways only: the point stays on its axis
    after = plot.data()
    assert after[0] > before[0] + 0.5
    assert after[1:] == before[1:]
    w = GaussianHill(after)
    assert plot.root.locator('[data-stat="mle"]').text_content() == "{:.3f}, {:.3f}".format(*w.mle)
    assert plot.stat("log_likelihood") == [pytest.approx(w.log_likelihood, rel=1e-10)]


def test_dragging_on_the_map_stays_inside_it(plots):
    plot = plots("gaussian_hill")
    x, y = plot.center("mu and sigma")
    plot.drag("mu and sigma", 90, 40)
    assert plot.center("mu and sigma") == pytest.approx((x + 90, y + 40), abs=2)
    plot.drag("mu and sigma", 5000, 5000)
    assert plot.value("sigma") > 0
    assert plot.errors() == []


def test_crossed_lines_move_together(plots):
    plot = plots("two_readings")
    plot.drag("both slices", 100, -80)
    assert plot.value("theta") > 0.5
    assert plot.value("y") > 4


def test_a_click_on_the_map_goes_there(plots):
    plot = plots("gaussian_hill")
    x, y = plot.center("mu and sigma")
    plot.page.mouse.click(x + 150, y + 60)
    plot.frame()
    assert plot.center("mu and sigma") == pytest.approx((x + 150, y + 60), abs=2)


@pytest.mark.parametrize(
    ("name", "label", "stat"),
    [
        ("two_readings", "theta, where the density over y is cut", "density"),
        ("counts", "theta", "log_likelihood"),
        ("gaussian_hill", "mu and sigma", "log_likelihood"),
        ("bells_on_residuals", "right end of the line", "log_likelihood"),
        ("bells_on_residuals", "point 12", "sse"),
        ("two_losses", "start", "ce_loss"),
        ("central_limit", "p, the truth", "z_mean"),
        ("tails_and_outliers", "outlier", "gaussian"),
        ("prior_against_data", "prior scale", "map"),
        ("tails_and_outliers", "data point 2", "huber"),
        ("two_losses", "start, on squared error", "ce_norm"),
        ("projection_by_kl", "spread of the model", "forward"),
    ],
)
def test_a_finger_drags_without_scrolling(phone, name, label, stat):
    plot = phone(name)
    before = plot.stat(stat)
    plot.touch(label, 42, 56)
    assert plot.stat(stat) != before


# ---- refusals ----


GOOD_DATA = ("1 2 6.5", GaussianHill([1, 2, 6.5]))
GOOD_POINTS = ("1, 2; 2 4; 3, 1.5", BellsOnResiduals([[1, 2], [2, 4], [3, 1.5]]))


@pytest.mark.parametrize(
    ("name", "trait", "typed", "message"),
    [
        ("two_readings", "theta", "7", "“7” is not between 0 and 1. Kept 0.4."),
        ("two_readings", "theta", "", "An empty box is not a number. Kept 0.4."),
        ("two_readings", "theta", "1e", "That is not a number. Kept 0.4."),
        ("two_readings", "y", "2.5", "y must be a whole number. Kept 3."),
        ("two_readings", "y", "-1", "“-1” is not between 0 and 10. Kept 3."),
        ("gaussian_hill", "sigma", "0", "Kept 2."),
        ("gaussian_hill", "sigma", "-3", "Kept 2."),
        ("counts", "k", "21", "“21” is not between 0 and 20. Kept 5."),
        ("counts", "n", "3.5", "“3.5” is not a whole number. Kept 20."),
        ("bells_on_residuals", "intercept", "", "An empty box is not a number. Kept 5."),
        ("bells_on_residuals", "slope", "1e9", "Kept 0."),
        ("prior_against_data", "n", "0", "“0” is not between 1 and 1000. Kept 5."),
        ("tails_and_outliers", "nu", "0", "“0” is not between 0.1 and 1000. Kept 4."),
        ("curvature_is_information", "n", "51", "“51” is not between 1 and 50. Kept 10."),
        ("curvature_is_information", "replicates", "1", "“1” is not between 2 and 1000. Kept 200."),
        ("central_limit", "n", "101", "“101” is not between 2 and 100. Kept 10."),
        ("central_limit", "p", "1", "“1” is not between 0.01 and 0.99. Kept 0.4."),
        ("three_tests", "total", "26", "“26” is not between 1 and 25. Kept 5."),
        ("three_tests", "theta0", "0", "Kept 2."),
        ("two_losses", "steps", "1.5", "“1.5” is not a whole number. Kept 20."),
        ("two_losses", "start_slope", "-11", "“-11” is not between −10 and 10. Kept −8."),
    ],
)
def test_typed_nonsense_is_refused_beside_the_control(plots, name, trait, typed, message):
    plot = plots(name)
    box, before = plot.number(trait), plot.value(trait)
    drawing = plot.root.locator("svg").inner_html()
    if typed == "1e":  # what a number box cannot parse has no value: the browser says bad input
        box.click()
        box.press("Control+a")
        plot.page.keyboard.type("1e")
        box.press("Enter")
        plot.frame()
    else:
        plot.type(trait, typed)
    assert len(plot.errors()) == 1
    assert message in plot.errors()[0]
    described = plot.root.locator(f'[id="{box.get_attribute("aria-describedby")}"]')
    assert message in described.text_content()
    assert plot.value(trait) == before
    assert plot.root.locator("svg").inner_html() == drawing
    plot.type(
        trait, int(before) if float(before).is_integer() else before / 2
    )  # a good value clears the message
    assert plot.errors() == []


@pytest.mark.parametrize(
    ("name", "typed", "message", "good", "expected"),
    [
        ("gaussian_hill", "1, two, 3", "“two” is not a number", *GOOD_DATA),
        ("gaussian_hill", "4", "Give 2 to 500 numbers", *GOOD_DATA),
        ("gaussian_hill", "", "Give 2 to 500 numbers", *GOOD_DATA),
        ("gaussian_hill", "2, 2, 2", "all data are equal", *GOOD_DATA),
        ("gaussian_hill", "1, Infinity", "“Infinity” is not a number", *GOOD_DATA),
        ("bells_on_residuals", "1, 2; 3", "“3” is not a point; write x, y; x, y", *GOOD_POINTS),
        ("bells_on_residuals", "1, 2; 3, x; 4, 4", "“3, x” is not a point", *GOOD_POINTS),
        ("bells_on_residuals", "1, 2; 3, 4", "Give 3 to 500 points", *GOOD_POINTS),
        ("bells_on_residuals", "1, 2; 1, 4; 1, 5", "the same x", *GOOD_POINTS),
        ("bells_on_residuals", "0, 1; 1, 3; 4, 9", "on one line", *GOOD_POINTS),
    ],
)
def test_typed_data_are_refused_as_a_whole(plots, name, typed, message, good, expected):
    plot = plots(name)
    box = plot.root.locator('input[type="text"]')
    before = box.input_value()
    box.fill(typed)
    box.press("Enter")
    plot.frame()
    assert message in "".join(plot.errors())
    assert box.input_value() == before
    box.fill(good)
    box.press("Enter")
    plot.frame()
    assert plot.errors() == []
    assert plot.stat("log_likelihood") == [pytest.approx(expected.log_likelihood, rel=1e-10)]


# ---- the lines, the losses, the tails ----


def test_the_line_with_the_least_squares_is_the_likeliest(plots):
    plot = plots("bells_on_residuals")
    plot.page.emulate_media(reduced_motion="reduce")
    w = BellsOnResiduals()
    plot.drag("right end of the line", 0, -40)  # up: toward the rising points
    assert plot.stat("sse")[0] < w.sse
    assert plot.stat("log_likelihood")[0] > w.log_likelihood
    plot.root.locator('[data-action="best"]').click()
    assert plot.stat("sse") == [pytest.approx(w.best_sse, rel=1e-10)]
    assert plot.stat("log_likelihood") == [pytest.approx(w.best_log_likelihood, rel=1e-10)]
    spoken = plot.handle("left end of the line").get_attribute("aria-valuetext")
    assert f"slope {w.best_line[1]:.4f}" in spoken
    for label in ("left end of the line", "right end of the line"):  # every way off is down
        for key, back in (("ArrowUp", "ArrowDown"), ("ArrowDown", "ArrowUp")):
            plot.handle(label).press(key)
            assert plot.stat("sse")[0] > w.best_sse
            assert plot.stat("log_likelihood")[0] < w.best_log_likelihood
            plot.handle(label).press(back)
            plot.root.locator('[data-action="best"]').click()


def test_bells_of_a_fixed_width(plots):
    plot = plots("bells_on_residuals")
    plot.choose("one fixed σ")
    plot.type("sigma", 0.8)
    w = BellsOnResiduals(spread="fixed", sigma=0.8)
    assert plot.stat("log_likelihood") == [pytest.approx(w.log_likelihood, rel=1e-10)]
    for label, bells, squares in (("Squares", 0, True), ("Both", 20, True), ("Bells", 20, False)):
        plot.choose(label)
        assert plot.root.locator("svg use").count() == bells
        assert bool(plot.root.locator('path[fill="var(--mle-data)"]').first.get_attribute("d")) == squares


def test_the_mean_follows_the_outlier_and_student_comes_back(plots):
    plot = plots("tails_and_outliers")
    plot.type("outlier", 2)
    before = {name: plot.stat(name)[0] for name in TAILS}
    plot.handle("outlier").press("End")
    assert plot.value("outlier") == 12
    plot.handle("outlier").press("End")
    assert plot.value("outlier") == 12  # the axis does not run away
    after = {name: plot.stat(name)[0] for name in TAILS}
    assert after["gaussian"] == pytest.approx(before["gaussian"] + 1)
    assert after["laplace"] == before["laplace"]
    assert after["huber"] == pytest.approx(before["huber"])  # beyond k it does not matter how far
    assert after["student_t"] < before["student_t"]
    plot.root.locator('[data-action="sample"]').click()
    plot.frame()
    w = TailsAndOutliers(seed=1, outlier=12)
    assert plot.data() == w.data
    assert plot.stat("student_t") == [pytest.approx(w.student_t, rel=1e-10)]
    plot.root.locator('[data-action="reset"]').click()
    assert plot.stat("huber") == [pytest.approx(TailsAndOutliers().huber, rel=1e-10)]


@pytest.mark.parametrize(
    ("label", "state"),
    [
        ("Classes overlap", {}),
        ("Classes overlap", {"steps": 400, "start_intercept": -3.5, "rate": 0.6}),
        ("Classes separable", {"steps": 1000, "start_intercept": 0, "start_slope": 0}),
        ("Classes separable", {"steps": 0}),
    ],
)
def test_both_descents_are_pythons(plots, label, state):
    plot = plots("two_losses")
    plot.choose(label)
    w = TwoLosses(classes="separable" if "sep" in label else "overlapping", **state)
    for trait, value in state.items():
        plot.type(trait, value)
    for key, loss in (("ce", w.cross_entropy), ("se", w.squared_error)):
        for name, expected in zip(("loss", "accuracy", "norm"), loss, strict=True):
            assert plot.stat(f"{key}_{name}") == [pytest.approx(expected, rel=1e-10)], (key, name)


def test_run_step_and_back_to_the_start(plots):
    plot = plots("two_losses")
    plot.page.emulate_media(reduced_motion="reduce")
    click = lambda name: plot.root.locator(f'[data-action="{name}"]').click()  # noqa: E731
    for action, steps in (("step", 21), ("run", 1000), ("step", 1000), ("restart", 0), ("step", 1)):
        click(action)
        assert plot.value("steps") == steps
    click("sample")
    assert plot.stat("ce_loss") == [pytest.approx(TwoLosses(seed=2, steps=1).cross_entropy[0], rel=1e-10)]
    click("reset")
    assert plot.stat("ce_loss") == [pytest.approx(TwoLosses().cross_entropy[0], rel=1e-10)]


# ---- climbing, reset, motion ----


def test_newton_climbs_to_the_maximum_and_reset_comes_back(plots):
    plot = plots("gaussian_hill")
    plot.page.emulate_media(reduced_motion="reduce")  # a step arrives at once
    start = plot.stat("log_likelihood")
    top = GaussianHill()
    best = GaussianHill(mu=top.mle[0], sigma=top.mle[1]).log_likelihood
    button, last = plot.root.locator('[data-action="newton"]'), start[0]
    for step in range(1, 9):
        button.click()
        assert plot.root.locator('[data-stat="steps"]').text_content().startswith(f"Newton step {step}")
        last, before = plot.stat("log_likelihood")[0], last
        assert last >= before - 1e-9
    assert last == pytest.approx(best, abs=1e-9)
    plot.root.locator('[data-action="reset"]').click()
    assert plot.stat("log_likelihood") == start


@pytest.mark.parametrize("name", ["gaussian_hill", "playground"])
@pytest.mark.parametrize(("motion", "several"), [("reduce", False), ("no-preference", True)])
def test_motion_only_where_it_is_welcome(plots, name, motion, several):
    plot = plots(name)
    plot.page.emulate_media(reduced_motion=motion)
    assert plot.climbs_in_several_frames() == several


# ---- looks ----


@pytest.mark.parametrize("width", [1280, 390, 360])
@pytest.mark.parametrize("theme", ["plots", "dark"])
def test_axe_and_overflow(page, address, axe, theme, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}{theme}.html")
    for make in PLOTS:
        Plot(page, snake_case(make.__name__))
    assert outside(page) == []
    assert violations(page) == []


@pytest.mark.parametrize(("theme", "mode"), [("plots", "light"), ("dark", "dark")])
def test_ideas_have_their_colors(page, address, theme, mode):
    page.goto(f"{address}{theme}.html")
    plot = Plot(page, "counts")
    rgb = tuple(int(palette.color("truth", mode=mode)[i : i + 2], 16) for i in (1, 3, 5))
    stroke = plot.root.locator('path[stroke="var(--mle-truth)"]').first.evaluate(
        "e => getComputedStyle(e).stroke"
    )
    assert stroke == f"rgb{rgb}"


# ---- the loader ----


def test_linked_plain_widgets_and_two_views(page, address):
    page.goto(address + "beside.html")
    first, second = Plot(page, "two_readings"), Plot(page, "two_readings", 1)
    slider = page.locator(".mle-plain input").first
    copy = page.locator(".mle-plain input").nth(1)
    slider.press("ArrowRight")
    assert first.value("theta") == second.value("theta") == pytest.approx(0.5)
    first.type("theta", 0.7)
    assert float(slider.input_value()) == pytest.approx(0.7)
    assert second.value("theta") == 0.7
    second.type("y", 8)
    assert copy.input_value() == "8"
    copy.press("ArrowLeft")  # one way only
    assert first.value("y") == 8
    # A linked slider that leaves the parameter space is refused, said and sent back.
    slider.press("End")
    assert first.value("theta") == 0.7
    assert any("between 0 and 1" in text for text in first.errors())
    assert float(slider.input_value()) == pytest.approx(0.7)


def test_what_cannot_be_shown_says_so_in_its_place(page, address):
    page.goto(address + "beside.html")
    page.locator(".mle-failed").nth(1).wait_for()
    absent, foreign = page.locator(".mle-failed").all_text_contents()[:2]
    assert "could not start" in absent
    assert "TextareaModel needs a running notebook" in foreign
    assert page.locator(".mle-failed").first.get_attribute("role") == "alert"


def test_paper_shows_a_plot_that_was_never_scrolled_to(page, address):
    style = "main > div { content-visibility: hidden }</style>"  # as a section far down the page
    page.route(
        "**/plots.html",
        lambda route: route.fulfill(
            body=route.fetch().text().replace("</style>", style), content_type="text/html"
        ),
    )
    page.goto(f"{address}plots.html")
    page.locator(".mle").nth(len(PLOTS) - 1).wait_for(state="attached")
    drawn = "document.querySelectorAll('.mle-svg[height]').length"
    assert page.evaluate(drawn) == 0
    scaled = drawn.replace("height", "viewBox")
    page.evaluate(f"addEventListener('beforeprint', () => (window.onPaper = [{drawn}, {scaled}]))")
    page.pdf()
    assert page.evaluate("onPaper") == [len(PLOTS)] * 2
    assert page.evaluate(scaled) == 0  # on the screen again, as large as it was


# ---- the benchmark ----


def test_every_live_plot_has_its_frame_timed(page, address):
    """No timing here: each plot has a case in the benchmark, and the handle that it drags is there."""
    cases = runpy.run_path(str(ROOT / "benchmarks" / "explorables_frame.py"))["CASES"]
    assert len({title for title, _, _ in cases}) == len(cases)
    dragged = {(snake_case(type(plot).__name__), label) for _, plot, label in cases}
    assert {name for name, _ in dragged} == {snake_case(make.__name__) for make in PLOTS}
    for name, labels in itertools.groupby(sorted(dragged), key=lambda pair: pair[0]):
        page.goto(f"{address}{name}.html")
        plot = Plot(page, name)
        for _, label in labels:
            assert plot.handle(label).count() == 1, (name, label)


# ---- the built book ----


def test_every_live_plot_of_the_book_is_alive(page, site):
    problems, seen = [], 0
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    for name in site.pages:
        kinds = re.findall(r'data-explorable="(\w+)"', (site.root / name).read_text("utf-8"))
        if not kinds:
            continue
        page.goto(site.url + name)
        for kind in kinds:
            seen += 1
            plot = Plot(page, kind)
            bars = plot.root.locator('input[type="range"]')
            bar = (bars if bars.count() else plot.root.locator('[role="slider"]')).first
            drawing = plot.root.locator("svg").inner_html()
            bar.press("ArrowRight")
            plot.frame()
            assert plot.root.locator("svg").inner_html() != drawing, (name, kind)
            handle = plot.root.locator('[role="slider"]').first
            handle.press("ArrowRight")  # in focus: the plot's own ring, without the page's outline beside it
            assert handle.evaluate("node => getComputedStyle(node).outlineStyle") == "none", (name, kind)
    assert seen, "no page has a live plot"
    assert problems == []
