"""The front page's live plot, driven as a reader drives it."""

from __future__ import annotations

import pytest

from mlecore.explorables import LossIsLikelihood

NAME = "loss_is_likelihood"


def numbers(w: LossIsLikelihood) -> tuple[list[float], list[float]]:
    return [w.center, w.least_loss], [w.center, w.greatest_log_likelihood]


@pytest.mark.parametrize("noise", ["gaussian", "laplace"])
def test_dragging_a_mark_moves_both_extremes_as_in_python(plots, noise):
    plot = plots(NAME)
    plot.choose(f"{noise.capitalize()} noise")
    w = LossIsLikelihood(noise=noise)
    handle = plot.handle("observation 4")  # the median
    handle.focus()
    for key in ("ArrowRight", "PageUp", "ArrowRight"):
        plot.page.keyboard.press(key)
    plot.frame()
    data = [*w.data[:3], 1.4, *w.data[4:]]
    assert float(handle.get_attribute("aria-valuenow")) == pytest.approx(1.4)
    w.data = data
    loss, likelihood = numbers(w)
    assert plot.stat("loss_at") == pytest.approx(loss, rel=1e-10)
    assert plot.stat("likelihood_at") == pytest.approx(likelihood, rel=1e-10)
    plot.drag("observation 7", 40, 0)
    assert plot.stat("loss_at")[0] == plot.stat("likelihood_at")[0]


def test_an_outlier_drags_the_mean_and_not_the_median(plots):
    plot = plots(NAME)
    mean = plot.stat("loss_at")[0]
    plot.handle("observation 7").press("End")
    assert plot.stat("loss_at")[0] > mean + 0.2
    plot.choose("Laplace noise")
    assert plot.stat("loss_at")[0] == 0.2
    plot.handle("observation 7").press("ArrowLeft")
    assert plot.stat("loss_at")[0] == 0.2


def test_new_sample_and_reset(plots):
    plot = plots(NAME)
    plot.root.locator('[data-action="sample"]').click()
    loss, likelihood = numbers(LossIsLikelihood(seed=1))
    assert plot.stat("loss_at") == pytest.approx(loss, rel=1e-10)
    assert plot.stat("likelihood_at") == pytest.approx(likelihood, rel=1e-10)
    assert plot.root.locator('[data-stat="seed"]').text_content() == "seed 1"
    plot.root.locator('[data-action="reset"]').click()
    assert plot.stat("loss_at") == pytest.approx(numbers(LossIsLikelihood())[0], rel=1e-10)
