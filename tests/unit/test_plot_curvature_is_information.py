"""Live plot 8 in Python: every number against SciPy, mlecore or a closed form, with its Monte-Carlo error."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

import mlecore as mle
from mlecore.explorables import CurvatureIsInformation

LAWS = {
    "normal": lambda theta: mle.Normal(theta, 2.0),
    "bernoulli": mle.Bernoulli,
    "poisson": mle.Poisson,
    "exponential": mle.Exponential,
    "laplace": lambda theta: mle.Laplace(theta, 1.0),
}
PLOTS = [
    CurvatureIsInformation(family, theta=theta, n=n, replicates=1000, seed=seed)
    for family, theta, n, seed in [
        ("normal", -1.3, 7, 1),
        ("bernoulli", 0.3, 50, 2),
        ("bernoulli", 0.9, 12, 3),
        ("poisson", 2.6, 20, 4),
        ("exponential", 0.45, 30, 5),
        ("laplace", 0.8, 21, 6),
        ("laplace", 0.0, 8, 7),
    ]
]


@pytest.fixture(params=PLOTS, ids=repr)
def w(request):
    return request.param


def test_information_is_mlecores(w):
    one = LAWS[w.family](w.theta).fisher_information()[0, 0]
    assert w.information == pytest.approx(w.n * one, rel=1e-12)
    assert w.bound == pytest.approx(1 / one, rel=1e-12)


def test_the_score_is_the_slope_and_the_peak_is_the_estimate(w):
    """Of the curves as drawn, which are checked against the family's own log-density where data are known."""
    step, shown = 1e-5, slice(-40, None)
    around = w.curves([w.theta - step, w.theta, w.theta + step])
    assert np.all(around[:, 1] == pytest.approx(0, abs=1e-10))
    if w.family != "laplace":
        slope = (around[:, 2] - around[:, 0]) / (2 * step)
        assert slope == pytest.approx(w.scores[shown], rel=1e-6, abs=1e-5)
        bend = -(around[:, 2] - 2 * around[:, 1] + around[:, 0]) / step**2
        assert bend == pytest.approx(w.curvatures[shown], rel=1e-3, abs=1e-3)
    for estimate, i in zip(w.estimates[shown], range(40), strict=True):
        near = [estimate - 1e-3, estimate, estimate + 1e-3]
        edge = {"bernoulli": 1, "poisson": math.inf, "exponential": math.inf}.get(w.family)
        if edge and not 0 < near[0] < near[2] < edge:
            continue
        left, top, right = w.curves(near)[i]
        assert top >= max(left, right) - 1e-12


def test_laplace_curves_are_the_log_likelihood():
    w = CurvatureIsInformation("laplace", theta=0.4, n=5, replicates=3)
    y = w.theta + w._statistic
    grid = np.array([-2.0, 0.1, 0.4, 1.7])
    law = lambda at: stats.laplace(at).logpdf(y).sum(axis=1)  # noqa: E731
    expected = np.array([law(at) - law(w.theta) for at in grid]).T
    assert w.curves(grid) == pytest.approx(expected, abs=1e-12)


def test_simulation_agrees_with_theory_within_its_error(w):
    variance, error = w.score_variance
    assert abs(variance - w.information) < 4 * error
    assert abs(w.scores.mean()) < 4 * math.sqrt(w.information / w.replicates)
    bend, error = w.mean_curvature
    if w.family == "laplace":
        assert (bend, error) == (0, 0)
    else:
        assert abs(bend - w.information) <= 4 * error + 1e-9 * bend
    scatter, error = w.n_variance
    assert scatter > w.bound - 4 * error
    if w.family in ("normal", "bernoulli", "poisson"):  # attained at every n
        assert abs(scatter - w.bound) < 4 * error
    if w.family == "exponential":  # the inverse gamma's variance
        n = w.n
        exact = n**3 / ((n - 1) ** 2 * (n - 2)) * w.bound
        assert abs(scatter - exact) < 4 * error


def test_the_mean_curve_is_minus_n_times_the_divergence(w):
    law, grid = LAWS[w.family](w.theta), np.array([w.theta * 0.8 - 0.05, w.theta * 1.05 + 0.02])
    for at, value in zip(grid, w.mean_curve(grid), strict=True):
        other = LAWS[w.family](at)
        gap = lambda y: np.exp(law.log_prob(y)) * (other.log_prob(y) - law.log_prob(y))  # noqa: E731, B023
        if w.family in ("bernoulli", "poisson"):
            expected = sum(gap(np.array([float(k)]))[0] for k in range(2 if w.family == "bernoulli" else 80))
        else:
            ends = (0, 200) if w.family == "exponential" else (-40, 40)
            split = [w.theta, at] if w.family != "exponential" else [1, 20]
            at_one = lambda y, gap=gap: gap(np.array([y]))[0]  # noqa: E731
            expected = integrate.quad(at_one, *ends, points=split, limit=400)[0]
        assert value == pytest.approx(w.n * expected, rel=1e-6)


def test_straight_pieces_average_to_a_bend():
    """Laplace: no sample's ℓ bends at the truth, their mean does, with the information as its curvature."""
    w, step = CurvatureIsInformation("laplace", n=10), 1e-4
    left, middle, right = w.mean_curve([-step, 0, step])
    assert -(left - 2 * middle + right) / step**2 == pytest.approx(w.information, rel=1e-3)
    assert w.mean_curvature == (0, 0)


def test_more_samples_leave_the_first_ones():
    few, many = CurvatureIsInformation(replicates=50), CurvatureIsInformation(replicates=150)
    assert many.estimates[:50].tolist() == few.estimates.tolist()
    assert few.estimates.tolist() != CurvatureIsInformation(replicates=50, seed=2).estimates.tolist()


def test_family_alone_moves_the_truth_into_its_range():
    w = CurvatureIsInformation("normal", theta=-2.0)
    w.family = "poisson"
    assert w.theta == 3.0
    w.family = "bernoulli"
    assert w.theta == 0.3


@pytest.mark.parametrize("n", [1, 50])
@pytest.mark.parametrize("family", LAWS)
def test_every_state_can_be_drawn(family, n, recwarn):
    for theta in {"normal": (-3, 3), "bernoulli": (0.02, 0.98), "poisson": (0.2, 8),
                  "exponential": (0.1, 2), "laplace": (-2, 2)}[family]:
        assert "<svg" in CurvatureIsInformation(family, theta=theta, n=n, replicates=2).to_svg()
    assert not [str(warning.message) for warning in recwarn]
