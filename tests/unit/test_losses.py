"""The dictionary of losses against SciPy's log densities, and the test that decides what is a likelihood."""

import re

import numpy as np
import pytest
from scipy import stats

from mlecore.errors import DataError
from mlecore.losses import LOSSES, is_likelihood

LINE, ABOVE, COUNT = (
    np.array([-4.0, -0.3, 0.0, 2.5, 30.0]),
    np.array([0.01, 0.5, 2.0, 9.0, 40.0]),
    np.arange(5.0),
)


def huber_log_density(y, f, k=1.345):
    r = np.abs(y - f)
    grid = np.linspace(-60, 60, 2_400_001)
    rho = np.where(np.abs(grid) <= k, grid**2 / 2, k * np.abs(grid) - k * k / 2)
    return -np.where(r <= k, r * r / 2, k * r - k * k / 2) - np.log(np.trapezoid(np.exp(-rho), grid))


# SciPy's log density at the row's own example parameters: outcomes, predictions, density.
REFERENCES = {
    "squared": (LINE, 1.2, lambda y, f: stats.norm.logpdf(y, f, 1.5)),
    "binary_cross_entropy": (np.array([0, 1]), 0.3, lambda y, f: stats.bernoulli.logpmf(y, f)),
    "cross_entropy": (np.arange(3), [0.2, 0.5, 0.3], lambda y, f: np.log(f)[0]),
    "poisson": (COUNT, 2.2, lambda y, f: stats.poisson.logpmf(y, f)),
    "absolute": (LINE, 1.2, lambda y, f: stats.laplace.logpdf(y, f, 0.8)),
    "cauchy": (LINE, 1.2, lambda y, f: stats.cauchy.logpdf(y, f, 1.3)),
    "huber": (LINE, 1.2, huber_log_density),
    "student_t": (LINE, 1.2, lambda y, f: stats.t.logpdf(y, 4, f, 1.2)),
    "exponential": (ABOVE, 2.2, lambda y, f: stats.expon.logpdf(y, scale=f)),
    "gamma": (ABOVE, 2.2, lambda y, f: stats.gamma.logpdf(y, 2.5, scale=f / 2.5)),
    "negative_binomial": (COUNT, 2.2, lambda y, f: stats.nbinom.logpmf(y, 1 / 0.6, 1 / (1 + 0.6 * f))),
    "quantile": (LINE, 1.2, lambda y, f: np.log(0.8 * 0.2) - np.where(y >= f, 0.8 * (y - f), 0.2 * (f - y))),
    "gaussian_variance_head": (LINE, [1.2, 0.4], lambda y, f: stats.norm.logpdf(y, 1.2, np.exp(0.4))),
}
NOT_A_LIKELIHOOD = {"label_smoothing", "focal", "hinge", "brier"}


def test_every_row_is_tested():
    assert set(LOSSES) == set(REFERENCES) | NOT_A_LIKELIHOOD


@pytest.mark.parametrize("name", list(REFERENCES))
def test_nll_is_a_times_loss_plus_c(name):
    y, f, log_density = REFERENCES[name]
    row = LOSSES[name]
    f = np.broadcast_to(f, (len(y), *np.shape(f)))
    np.testing.assert_allclose(row.nll(y, f), -log_density(y, f), rtol=1e-9)
    assert row.a(**row.params) > 0
    # Neither a nor c knows the prediction: differences of NLL over f are a times differences of loss.
    g = f * 0.9
    np.testing.assert_allclose(
        row.nll(y, f) - row.nll(y, g), row.a(**row.params) * (row(y, f) - row(y, g)), atol=1e-12
    )


@pytest.mark.parametrize("name", list(LOSSES))
def test_verdict_of_the_row_is_that_of_the_test(name):
    verdict = is_likelihood(LOSSES[name])
    assert bool(verdict) == LOSSES[name].is_likelihood == (name not in NOT_A_LIKELIHOOD)
    assert verdict.spread < 1e-9 or verdict.spread > 1e-3
    assert verdict.reason
    assert LOSSES[name].reason


@pytest.mark.parametrize("name", ["squared", "absolute", "cauchy", "huber", "student_t", "quantile", "gamma"])
def test_dropped_constant_makes_z_one(name):
    # With beta = a and nu = exp(-c) the integral is that of a density.
    np.testing.assert_allclose(is_likelihood(LOSSES[name]).log_z, 0, atol=1e-7)


@pytest.mark.parametrize("name", sorted(NOT_A_LIKELIHOOD))
def test_no_nll_without_a_noise_model(name):
    with pytest.raises(DataError, match=name):
        LOSSES[name].nll(np.array([1]), np.array([0.5]))


def proper(loss, grid, eta):
    """Minimizer over a grid of the expected loss when the outcome is 1 with probability eta."""
    return grid[np.argmin(eta * loss(1, grid) + (1 - eta) * loss(0, grid))]


def test_what_the_minimizer_returns_at_nine_tenths():
    grid = np.linspace(0.001, 0.999, 99801)

    def of(name):
        row = LOSSES[name]

        def loss(y, f):
            two = np.stack([1 - f, f], axis=-1)
            return row(np.full(f.shape, y), two if row.outcomes == (0, 1, 2) else f)

        return proper(loss, grid, 0.9)

    assert of("binary_cross_entropy") == pytest.approx(0.9, abs=1e-4)
    assert of("brier") == pytest.approx(0.9, abs=1e-4)
    assert of("focal") == pytest.approx(0.694, abs=1e-3)
    assert of("label_smoothing") == pytest.approx(0.9 * 0.95 + 0.1 * 0.05, abs=1e-4)


THREE = [-1.0, 0.0, 3.0]
MARGINS = np.linspace(-3, 3, 20)


@pytest.mark.parametrize(
    ("loss", "outcomes", "predictions", "verdict", "beta"),
    [
        (lambda y, f: (y - f) ** 2, "real", THREE, True, 1.0),
        (lambda y, f: (y - f) ** 4, "real", THREE, True, 1.0),
        (lambda y, f: np.abs(y - f) * (1 + f**2), "real", THREE, False, None),
        (lambda y, f: np.abs(y - f) / (1 + np.abs(y - f)), "real", THREE, False, None),
        (lambda y, f: 2 * (0.5 * ((y - f) / 2) ** 2), "real", THREE, True, 1.0),
        (lambda y, f: 3 * (y / f + np.log(f)), "positive", [0.5, 1, 3], True, 1 / 3),
        (lambda y, f: f - y * np.log(f), "counts", [0.5, 1, 3], False, None),
        (lambda y, f: np.log1p(np.exp(-y * f)), (-1, 1), MARGINS, True, 1.0),
        (lambda y, f: 7 * np.log1p(np.exp(-y * f)) + 2 * y, (-1, 1), MARGINS, True, 1 / 7),
        (lambda y, f: np.exp(-y * f), (-1, 1), MARGINS, False, None),
        (lambda y, f: (y - f) ** 2, (0, 1), np.linspace(0, 1, 9), False, None),
        (lambda y, f: np.abs(y - f), (0, 1), np.linspace(0, 1, 9), False, None),
        (lambda y, f: (y != np.round(f)).astype(float), (0, 1), np.linspace(0, 1, 9), True, None),
    ],
)
def test_verdicts_on_losses_of_ones_own(loss, outcomes, predictions, verdict, beta):
    result = is_likelihood(loss, outcomes, predictions)
    assert bool(result) is verdict
    told = "Z is the same" if verdict else "keeps Z constant|Z changes with the prediction|Z is infinite"
    assert re.search(told, result.reason)
    if beta is not None:
        assert result.beta == pytest.approx(beta, rel=1e-6)
    if verdict and not isinstance(outcomes, str):
        assert result.base.sum() == pytest.approx(1)
        assert np.all(result.base > 0)


def test_evidence_of_a_verdict():
    """The spread is the range of log Z where beta times the loss has a range of more than one."""
    uneven = is_likelihood(lambda y, f: np.abs(y - f) * (1 + f**2), "real", THREE, beta=1.0)
    np.testing.assert_allclose(uneven.log_z, [np.log(2 / (1 + f * f)) for f in THREE], atol=1e-9)
    assert uneven.spread == pytest.approx(np.log(10), rel=1e-6)
    assert uneven.reason == "Z changes with the prediction for every beta tried, by 2.3 in log at best"
    squares = is_likelihood(lambda y, f: (y - f) ** 2, "real", THREE)
    assert squares.reason == "Z is the same at all 3 predictions for beta = 1"
    never = is_likelihood(lambda y, f: np.abs(y - f), (0, 1), np.linspace(0, 1, 9))
    assert not never


def test_base_measure_is_found_for_finite_outcomes():
    # A loss that dropped log 3 on the outcome 1: nu must give it three times the weight.
    def loss(y, f):
        return -np.log(np.where(y == 1, f, 1 - f)) + np.log(np.where(y == 1, 3.0, 1.0))

    found = is_likelihood(loss, (0, 1), np.linspace(0.05, 0.95, 15))
    np.testing.assert_allclose(found.base, [0.25, 0.75], rtol=1e-6)


def test_base_measure_may_be_given_on_the_line():
    def squared_log(y, f):
        return (np.log(y) - np.log(f)) ** 2

    assert not is_likelihood(squared_log, "positive", [0.5, 1, 3])
    assert is_likelihood(squared_log, "positive", [0.5, 1, 3], base=lambda y: 1 / y)
    factorial = is_likelihood(
        lambda y, f: f - y * np.log(f), "counts", [0.5, 3.0], base=lambda y: stats.poisson.pmf(y, 1)
    )
    assert factorial.is_likelihood


def test_infinite_z_is_not_a_likelihood():
    result = is_likelihood(lambda y, f: np.log1p((y - f) ** 2), "real", THREE, beta=0.4)
    assert not result
    assert "infinite" in result.reason


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: is_likelihood(lambda y, f: y * f), "outcomes="),
        (lambda: is_likelihood(lambda y, f: y * f, "real", [1.0]), "several predictions"),
        (lambda: is_likelihood(lambda y, f: y * f, "integers", THREE), "'integers'"),
        (lambda: is_likelihood(lambda y, f: y * f, (0, 1), [0.1, 0.2]), "more than 3"),
    ],
)
def test_arguments_are_checked(call, match):
    with pytest.raises(DataError, match=match):
        call()
