"""The live plot of censored times, driven as a reader drives it."""

from __future__ import annotations

import math

import pytest

from mlecore.explorables import CensoredTimes

NAME = "censored_times"
STATS = ("events", "likelihood_mean", "dropped_mean", "plugged_mean")


def same_numbers(plot, w):
    for stat in STATS:
        assert plot.stat(stat) == [pytest.approx(getattr(w, stat), rel=1e-10)], stat


def test_numbers_are_pythons_wherever_the_study_ends(plots):
    plot, w = plots(NAME), CensoredTimes()
    same_numbers(plot, w)
    for end in (2.5, 14, 40):
        plot.type("censoring", end)
        w.censoring = end
        same_numbers(plot, w)
    assert plot.stat("plugged_mean")[0] <= plot.stat("likelihood_mean")[0]


def test_more_lives_of_the_same_sample(plots):
    plot = plots(NAME)
    plot.type("n", 400)
    same_numbers(plot, CensoredTimes(n=400))
    assert "30 of 400 shown" in plot.root.locator("svg").first.text_content()


def test_no_event_has_no_dropped_mean_and_no_upper_end(plots):
    plot = plots(NAME)
    plot.type("n", 5)
    first = min(CensoredTimes(n=5).data)
    if first > 0.5:
        plot.type("censoring", 0.5)
        assert plot.stat("likelihood_mean") == [math.inf]
        assert math.isnan(plot.stat("dropped_mean")[0])


def test_the_end_is_dragged_and_moved_by_keys(plots):
    plot = plots(NAME)
    plot.drag("end of the study", 120, 30)
    assert plot.value("censoring") > 10
    handle = plot.handle("end of the study")
    before = plot.value("censoring")
    handle.focus()
    for key in ("ArrowRight", "PageUp", "ArrowLeft"):
        plot.page.keyboard.press(key)
    assert plot.value("censoring") == pytest.approx(before + 1.0)
    assert f"{plot.value('censoring'):g}" in handle.get_attribute("aria-valuetext")
    handle.press("Home")
    assert plot.value("censoring") == 0.5


def test_refused_new_sample_and_reset(plots):
    plot = plots(NAME)
    plot.type("censoring", -1)
    assert "Kept 8" in plot.errors()[0]
    plot.root.locator('[data-action="sample"]').click()
    same_numbers(plot, CensoredTimes(seed=2))
    assert plot.root.locator('[data-stat="seed"]').text_content() == "seed 2"
    plot.root.locator('[data-action="reset"]').click()
    same_numbers(plot, CensoredTimes())
