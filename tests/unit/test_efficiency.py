"""The Monte-Carlo study against what theory says, within its own Monte-Carlo error."""

import numpy as np
import pytest

import mlecore as mle

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning:mlecore")


def within(study, column, expected, errors=5):
    """Every entry of a column within five of its Monte-Carlo errors of what is expected."""
    return np.all(np.abs(study[column] - expected) < errors * study[column + "_error"])


@pytest.mark.parametrize(
    ("distribution", "parameter", "bound"),
    [
        (mle.Normal(0.0, 2.0), "mu", "0.63246"),
        (mle.Bernoulli(0.3), "p", "0.14491"),
        (mle.Poisson(4.0), "rate", None),
    ],
)
def test_the_sample_mean_attains_the_bound_at_every_n(distribution, parameter, bound):
    study = mle.efficiency(distribution, parameter)
    assert list(study["n"]) == [10, 50, 100, 500, 1000]
    if bound:
        assert f"{study['bound'][0]:.5f}" == bound
    assert within(study, "ratio", 1.0)
    assert within(study, "bias", 0.0)
    assert np.all((study["ratio_error"] > 0.005) & (study["ratio_error"] < 0.02))  # about 1/sqrt(2 * 5000)


def test_the_median_is_an_inefficient_rival():
    study = mle.efficiency(
        mle.Normal(0.0, 1.0), "mu", sizes=(1000,), replicates=4000, estimator=lambda y: np.median(y, axis=1)
    )
    assert within(study, "ratio", np.sqrt(np.pi / 2))


def test_the_biased_bound_of_the_exponential_rate():
    """E = n rate/(n-1); the exact standard deviation is n rate/((n-1) sqrt(n-2)): above the biased bound."""
    n, rate = np.array([5, 20]), 2.0
    study = mle.efficiency(mle.Exponential(rate), "rate", sizes=n, expectation=lambda r, n: n * r / (n - 1))
    np.testing.assert_allclose(study["bound"], n / (n - 1) * rate / np.sqrt(n), rtol=1e-10)
    assert within(study, "bias", rate / (n - 1))
    assert within(study, "ratio", np.sqrt(n / (n - 2)))


def test_drawing_the_statistic_equals_fitting_samples():
    """sigma-hat drawn as a chi variable has the law of sigma-hat computed from samples; mu known or not."""
    for known, df in (((), 9), (("mu",), 10)):
        fast = mle.efficiency(mle.Normal(1.0, 2.0), "sigma", sizes=(10,), known=known)
        center = (lambda y: y.mean(axis=1, keepdims=True)) if not known else (lambda y: 1.0)
        slow = mle.efficiency(
            mle.Normal(1.0, 2.0),
            "sigma",
            sizes=(10,),
            known=known,
            estimator=lambda y, c=center: np.sqrt(np.mean((y - c(y)) ** 2, axis=1)),
            rng=9,
        )
        error = np.hypot(fast["ratio_error"], slow["ratio_error"])
        assert np.abs(fast["ratio"] - slow["ratio"]) < 5 * error
        assert np.abs(fast["bias"] - slow["bias"]) < 5 * np.hypot(fast["bias_error"], slow["bias_error"])
        from scipy import stats

        exact = 2.0 * stats.chi(df).mean() / np.sqrt(10) - 2.0
        assert within(fast, "bias", exact)


def test_fitted_samples_and_known_parameters():
    study = mle.efficiency(
        mle.StudentT(4.0, 0.0, 1.0), "mu", sizes=(40,), replicates=300, known=("nu", "sigma")
    )
    assert study["bound"][0] == pytest.approx(np.sqrt(7 / 5 / 40))
    assert 0.9 < study["ratio"][0] < 1.25
    joint = mle.efficiency(mle.Gamma(2.5, 1.7), "shape", sizes=(200,), replicates=100)
    alone = mle.efficiency(mle.Gamma(2.5, 1.7), "shape", sizes=(200,), replicates=100, known=("scale",))
    assert alone["bound"][0] < joint["bound"][0]
    assert alone["std"][0] < joint["std"][0]


def test_the_study_is_reproducible_and_prints():
    first, again = (mle.efficiency(mle.Bernoulli(0.3), "p", sizes=(10,), rng=4) for _ in range(2))
    assert first.rows == again.rows
    assert "± MC error" in repr(first)
    assert "<table" in first._repr_html_()
    assert f"{first.rows[0].std:.5f}" in repr(first)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"parameter": "sd"}, "parameter must be one of mu, sigma"),
        ({"parameter": "mu", "known": ("mu",)}, "not among the known"),
        ({"parameter": "mu", "replicates": 1}, "2 replicates or more"),
        ({"parameter": "mu", "sizes": (0,)}, "sizes of 1 or more"),
        ({"parameter": "mu", "estimator": "median"}, "'mle' or a callable, got 'median'"),
        ({"parameter": "mu", "estimator": np.mean}, "the estimator returned shape"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(mle.DataError, match=message):
        mle.efficiency(mle.Normal(0.0, 1.0), **arguments)
