"""fit against mpmath, SciPy, statsmodels, lifelines and published fits; its symmetries; its refusals."""

import pickle
import re
import subprocess
import sys
import tracemalloc
from itertools import pairwise

import lifelines
import mpmath as mp
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from family_cases import ORDINARY, REFERENCE, name
from scipy import optimize, stats

import mlecore as mle
from mlecore.families import FAMILIES
from mlecore.newton import maximize
from mlecore.parameters import LOCATION, PROBABILITY, RATE, SCALE
from mlecore.sample import Sample

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning:mlecore")
every_family = pytest.mark.parametrize("member", ORDINARY, ids=name)


def draw(member, n=60, seed=3):
    return np.asarray(member.sample(n, np.random.default_rng(seed)), dtype=float)


def standard_errors(fit):
    return np.hstack(list(fit.standard_errors.values()))


# --- accuracy -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "member", [d for d in ORDINARY if type(d) not in (mle.Laplace, mle.Categorical)], ids=name
)
def test_estimate_is_within_1e_6_standard_errors_of_mpmath(member):
    """An independent root of the score, from mpmath's density at 40 digits, started 1 % away."""
    y = draw(member, 25)
    fit = mle.fit(type(member), y)
    values, counts = np.unique(y, return_counts=True)
    density, k = REFERENCE[type(member).__name__], fit.distribution.theta.size
    data = [(mp.mpf(float(v)), int(c)) for v, c in zip(values, counts, strict=True)]

    def score(*theta):
        return [
            mp.fsum(
                c * mp.diff(lambda t, v=v, j=j: density(v, *theta[:j], t, *theta[j + 1 :]), theta[j])
                for v, c in data
            )
            for j in range(k)
        ]

    with mp.workdps(30):
        root = mp.findroot(
            score, [mp.mpf(float(t)) * 1.01 for t in fit.distribution.theta], tol=1e-24, maxsteps=50
        )
    exact = np.array([float(v) for v in root])
    assert np.all(np.abs(fit.distribution.theta - exact) < 1e-6 * standard_errors(fit))
    total = mp.fsum(c * density(v, *[mp.mpf(float(t)) for t in fit.distribution.theta]) for v, c in data)
    assert fit.log_likelihood == pytest.approx(float(total), rel=1e-12, abs=1e-12)


@every_family
def test_closed_forms_equal_the_optimizer(member):
    """Newton from rough values, on the same pooled rows, lands on the closed form."""
    if type(member) in (mle.Laplace, mle.Categorical):
        pytest.skip("a kink and a simplex: their closed forms have tests of their own")
    y = draw(member)
    fit = mle.fit(type(member), y)
    sample = Sample(type(member), y)
    theta = fit.distribution.theta
    rough = theta + 0.3 * np.minimum(np.abs(theta), 1) if type(member) is not mle.Bernoulli else theta * 1.3
    point, reached, *_ = maximize(sample, range(theta.size), [rough])
    assert reached < 1e-6
    assert np.all(np.abs(point.theta - theta) < 1e-6 * standard_errors(fit))


@every_family
def test_nothing_nearby_is_likelier(member):
    y = draw(member)
    fit = mle.fit(type(member), y)
    assert fit.log_likelihood == pytest.approx(fit.distribution.log_prob(y).sum(), rel=1e-12)
    if type(member) is mle.Categorical:
        return
    rng = np.random.default_rng(0)
    for _ in range(20):
        step = 0.05 * standard_errors(fit) * rng.standard_normal(fit.k)
        other = type(member)(*(fit.distribution.theta + step))
        assert other.log_prob(y).sum() < fit.log_likelihood


@every_family
def test_pooled_derivatives_equal_sums_over_observations(member):
    """One pseudo-observation carries the likelihood, score and Hessian of all, away from the maximum too."""
    y = draw(member, 400)
    w = np.random.default_rng(1).integers(0, 4, y.size).astype(float)
    fit = mle.fit(type(member), y, weights=w)
    elsewhere = member.theta
    value, score, hessian = fit._sample.totals(type(member)._at(elsewhere))
    np.testing.assert_allclose(value, w @ member.log_prob(y), rtol=1e-12)
    np.testing.assert_allclose(score, w @ member.score(y), rtol=1e-8, atol=1e-9 * w.sum())
    lower = np.stack(np.broadcast_arrays(y, *member._hessian(y))[1:], axis=-1)
    np.testing.assert_allclose(
        hessian[np.tril_indices(score.size)], w @ lower, rtol=1e-10, atol=1e-10 * w.sum()
    )
    np.testing.assert_array_equal(hessian, hessian.T)


@pytest.mark.parametrize("offset", [0, 1, 10**3, 10**9])
@pytest.mark.parametrize("n", [5, 3000])
def test_pooled_poisson_log_likelihood_keeps_its_digits(offset, n):
    """The pooled row carries log y! by what Stirling's terms leave: nothing of size n y log y cancels."""
    y = offset + np.random.default_rng(0).poisson(3.0, n).astype(float)
    fit = mle.fit(mle.Poisson, y)
    rate = mp.mpf(fit.estimate["rate"])
    exact = mp.fsum(v * mp.log(rate) - rate - mp.loggamma(v + 1) for v in map(mp.mpf, y))
    assert fit.log_likelihood == pytest.approx(float(exact), rel=1e-13)
    assert fit.distribution.log_prob(y).sum() == pytest.approx(float(exact), rel=1e-13)


def test_laplace_is_the_median_and_the_mean_distance():
    y = draw(mle.Laplace(1.0, 2.0), 101)
    fit = mle.fit(mle.Laplace, y)
    mu, scale = stats.laplace.fit(y)
    assert fit.estimate == pytest.approx({"mu": mu, "scale": scale}, rel=1e-14)
    np.testing.assert_allclose(fit.covariance, np.eye(2) * scale**2 / 101, rtol=1e-12)
    weights = np.arange(101) % 3
    repeated = mle.fit(mle.Laplace, np.repeat(y, weights))
    assert mle.fit(mle.Laplace, y, weights=weights).estimate == pytest.approx(repeated.estimate, rel=1e-13)
    assert (
        fit.score_in_se < 1e-10
    )  # 0 lies in the subdifferential although the one-sided slopes do not vanish
    assert mle.fit(mle.Laplace, y, fixed={"mu": 0.0}).estimate["scale"] == pytest.approx(np.abs(y).mean())


@pytest.mark.parametrize(
    ("member", "rows"),
    [
        (mle.Normal(3.5, 1.2), 1),
        (mle.Bernoulli(0.3), 1),
        (mle.Poisson(4.2), 1),
        (mle.Exponential(0.5), 1),
        (mle.Gamma(2.5, 1.7), 1),
        (mle.Beta(2.0, 3.5), 1),
        (mle.Categorical([0.2, 0.3, 0.5]), 3),
        (mle.Weibull(1.5, 2.0), None),
    ],
    ids=lambda v: name(v) if hasattr(v, "parameters") else str(v),
)
def test_a_sample_is_pooled_to_its_sufficient_statistics(member, rows):
    sample = Sample(type(member), draw(member, 500))
    assert sample.pooled is (rows is not None)
    if rows:
        assert sample.weights.size == rows
        assert sample.weights.sum() == 500


@pytest.mark.parametrize("constraint", [LOCATION, SCALE, RATE, PROBABILITY])
@pytest.mark.parametrize("z", [-2.0, 0.3, 1.7])
def test_slopes_are_the_derivatives_of_the_unconstrained_map(constraint, z):
    value = constraint.from_free(z)
    assert constraint.to_free(value) == pytest.approx(z, rel=1e-14)
    low, high = (constraint.from_free(z + h) for h in (-1e-4, 1e-4))
    first, second = constraint.slopes(value)
    assert first == pytest.approx((high - low) / 2e-4, rel=1e-7)
    assert second == pytest.approx((high - 2 * value + low) / 1e-8, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(
    "member",
    [
        mle.Normal(3.5, 1.2),
        mle.Gamma(2.5, 1.7),
        mle.Beta(2.0, 3.5),
        mle.Weibull(1.5, 2.0),
        mle.StudentT(5.0, 2.0, 1.5),
        mle.Cauchy(1.0, 2.0),
        mle.NegativeBinomial(4.0, 0.5),
    ],
    ids=name,
)
def test_starting_values_need_no_luck(member):
    """They estimate the parameters themselves: from moments, quartiles or logarithms."""
    y, w = draw(member, 20_000), np.random.default_rng(1).integers(1, 4, 20_000).astype(float)
    for weights in (np.ones(20_000), w):
        np.testing.assert_allclose(member.start(y, weights), member.theta, rtol=0.12)


def test_categorical_is_the_proportions():
    fit = mle.fit(mle.Categorical, [0, 1, 1, 2, 2, 2])
    p = np.array([1, 2, 3]) / 6
    np.testing.assert_allclose(fit.estimate["p"], p)
    np.testing.assert_allclose(fit.covariance, (np.diag(p) - np.outer(p, p)) / 6, rtol=1e-12)
    np.testing.assert_allclose(fit.standard_errors["p"], np.sqrt(p * (1 - p) / 6))
    assert np.linalg.matrix_rank(fit.covariance) == 2
    assert fit.aic == pytest.approx(2 * 2 - 2 * fit.log_likelihood)
    low, high = fit.confidence_interval(method="profile")["p"]
    alone = mle.fit(mle.Bernoulli, [1, 0], weights=[2, 4]).confidence_interval(method="profile")["p"]
    assert (low[1], high[1]) == pytest.approx(alone)
    assert mle.fit(mle.Categorical, [0, 2]).at_boundary == ("p",)


# --- figures of the syllabus ----------------------------------------------------------------------


@pytest.fixture
def legacy():
    """The legacy generator with seed 42, so that readers of other texts find the same data."""
    np.random.seed(42)  # noqa: NPY002
    return np.random


def test_reference_normal(legacy):
    fit = mle.fit(mle.Normal, legacy.normal(3.5, 1.2, 500))
    assert f"{fit.estimate['mu']:.4f} {fit.estimate['sigma']:.4f}" == "3.5082 1.1763"
    assert f"{fit.estimate['sigma'] * np.sqrt(500 / 499):.4f}" == "1.1775"
    assert f"{fit.log_likelihood:.3f}" == "-790.667"


def test_reference_counts(legacy):
    y = legacy.binomial(1, 0.35, 1000)
    counts = legacy.poisson(4.2, 800)
    assert mle.fit(mle.Bernoulli, y).estimate == {"p": 329 / 1000}
    assert mle.fit(mle.Poisson, counts).estimate == {"rate": 4.1675}


def test_reference_student_t(legacy):
    y = stats.t.rvs(df=4, loc=2, scale=1.5, size=500, random_state=legacy.mtrand._rand)
    fit = mle.fit(mle.StudentT, y)
    assert (
        f"{fit.estimate['nu']:.3f} {fit.estimate['mu']:.4f} {fit.estimate['sigma']:.4f}"
        == "4.600 1.9054 1.4939"
    )
    assert f"{-fit.log_likelihood:.3f}" == "1023.847"


def test_forcing_nu_above_two_is_a_trap():
    """The popular nu = exp(a) + 2 stops at 2.0000 and reports success; the free fit is far likelier."""
    y = mle.StudentT(1.3, 0.0, 1.0).sample(800, np.random.default_rng(5))

    def popular(x):
        return -stats.t.logpdf(y, np.exp(x[0]) + 2, x[1], np.exp(x[2])).sum()

    trapped = optimize.minimize(popular, [0.0, 0.0, 0.0], method="L-BFGS-B")
    fit = mle.fit(mle.StudentT, y)
    assert trapped.success
    assert f"{np.exp(trapped.x[0]) + 2:.3f}" == "2.000"
    assert abs(fit.estimate["nu"] - 1.3) < 3 * fit.standard_errors["nu"]
    assert fit.log_likelihood > -trapped.fun + 5


# --- published and certified fits -----------------------------------------------------------------

# Lieblein and Zelen (1956), endurance of 23 ball bearings in millions of revolutions, as in Lawless (2003).
BEARINGS = np.array(
    (
        "17.88 28.92 33.00 41.52 42.12 45.60 48.48 51.84 51.96 54.12 55.56 67.80 68.64 68.64 68.88 84.12 "
        "93.12 98.64 105.12 105.84 127.92 128.04 173.40"
    ).split(),
    dtype=float,
)
# Proschan (1963), hours between failures of an air-conditioning unit; Davison and Hinkley (1997).
AIRCONDIT = np.array([3, 5, 7, 18, 43, 85, 91, 98, 100, 130, 230, 487])
# Bliss and Fisher (1953), European red mites on 150 apple leaves.
MITES = np.repeat(np.arange(8), [70, 38, 17, 10, 9, 3, 2, 1])
# Freireich et al. (1963), weeks of remission under 6-MP; censored where negative.
REMISSION = np.array(
    [6, 6, 6, 7, 10, 13, 16, 22, 23, -6, -9, -10, -11, -17, -19, -20, -25, -32, -32, -34, -35]
)


def test_published_weibull():
    fit = mle.fit(mle.Weibull, BEARINGS)
    assert fit.estimate["shape"] == pytest.approx(2.102, abs=5e-4)
    assert fit.estimate["scale"] == pytest.approx(81.88, abs=5e-3)


def test_published_gamma():
    fit = mle.fit(mle.Gamma, AIRCONDIT)
    assert fit.estimate["shape"] == pytest.approx(0.707, abs=1e-3)
    assert fit.estimate["shape"] * fit.estimate["scale"] == pytest.approx(1297 / 12, rel=1e-12)


def test_published_negative_binomial():
    fit = mle.fit(mle.NegativeBinomial, MITES)
    assert 1 / fit.estimate["alpha"] == pytest.approx(1.02459, abs=1e-5)
    assert fit.estimate["mean"] == pytest.approx(172 / 150, rel=1e-14)


def test_published_censored_exponential():
    fit = mle.fit(mle.Exponential, np.abs(REMISSION), censored=REMISSION < 0)
    assert fit.estimate["rate"] == pytest.approx(9 / 359, rel=1e-14)
    assert fit.standard_errors["rate"] == pytest.approx(3 / 359, rel=1e-12)


@pytest.mark.parametrize(
    ("start", "low", "mean", "deviation", "digits"),
    [
        # NIST StRD, univariate summary statistics, NumAcc1 to NumAcc4: certified mean and deviation.
        (10_000_002, (10_000_001, 10_000_003), 10_000_002, 1.0, 14),
        (1.2, (1.1, 1.3), 1.2, 0.1, 13),
        (1_000_000.2, (1_000_000.1, 1_000_000.3), 1_000_000.2, 0.1, 9),
        (10_000_000.2, (10_000_000.1, 10_000_000.3), 10_000_000.2, 0.1, 8),
    ],
    ids=["NumAcc1", "NumAcc2", "NumAcc3", "NumAcc4"],
)
def test_nist_univariate(start, low, mean, deviation, digits):
    repeats = 1 if start == 10_000_002 else 500
    y = np.concatenate([[start], np.tile(low, repeats)])
    fit = mle.fit(mle.Normal, y)
    assert fit.estimate["mu"] == pytest.approx(mean, rel=1e-15)
    assert fit.estimate["sigma"] * np.sqrt(y.size / (y.size - 1)) == pytest.approx(
        deviation, rel=10.0**-digits
    )


# --- peers ----------------------------------------------------------------------------------------


def test_negative_binomial_agrees_with_statsmodels():
    y = draw(mle.NegativeBinomial(4.0, 0.5), 500)
    fit = mle.fit(mle.NegativeBinomial, y)
    peer = sm.NegativeBinomial(y, np.ones(500)).fit(disp=0, method="bfgs", gtol=1e-9, maxiter=500)
    assert fit.log_likelihood == pytest.approx(peer.llf, abs=1e-7)
    assert fit.estimate["alpha"] == pytest.approx(peer.params[1], rel=1e-5)
    assert fit.standard_errors["alpha"] == pytest.approx(peer.bse[1], rel=1e-4)
    assert fit.standard_errors["mean"] == pytest.approx(np.exp(peer.params[0]) * peer.bse[0], rel=1e-4)
    assert fit.aic == pytest.approx(peer.aic, abs=1e-6)
    assert fit.bic == pytest.approx(peer.bic, abs=1e-6)


def test_censored_weibull_and_exponential_agree_with_lifelines():
    rng = np.random.default_rng(11)
    time, limit = mle.Weibull(1.5, 2.0).sample(300, rng), rng.exponential(4.0, 300)
    y, censored = np.minimum(time, limit), time > limit
    fit = mle.fit(mle.Weibull, y, censored=censored)
    peer = lifelines.WeibullFitter().fit(y, ~censored)
    assert fit.estimate == pytest.approx({"shape": peer.rho_, "scale": peer.lambda_}, rel=1e-5)
    assert fit.log_likelihood == pytest.approx(peer.log_likelihood_, abs=1e-6)
    assert fit.standard_errors["shape"] == pytest.approx(peer.summary.loc["rho_", "se(coef)"], rel=1e-4)
    assert fit.standard_errors["scale"] == pytest.approx(peer.summary.loc["lambda_", "se(coef)"], rel=1e-4)
    ends = peer.summary.loc["rho_", ["coef lower 95%", "coef upper 95%"]]
    assert fit.confidence_interval()["shape"] == pytest.approx(tuple(ends), rel=1e-4)
    simple = mle.fit(mle.Exponential, y, censored=censored)
    peer = lifelines.ExponentialFitter().fit(y, ~censored)
    assert 1 / simple.estimate["rate"] == pytest.approx(peer.lambda_, rel=1e-6)
    assert simple.log_likelihood == pytest.approx(peer.log_likelihood_, abs=1e-8)


def test_censored_normal_agrees_with_lifelines():
    """lifelines fits the log-normal: the same parameters, a log-likelihood that differs by the Jacobian."""
    rng = np.random.default_rng(12)
    time = rng.normal(1.0, 0.7, 400)
    y, censored = np.minimum(time, 1.5), time > 1.5
    fit = mle.fit(mle.Normal, y, censored=censored)
    peer = lifelines.LogNormalFitter().fit(np.exp(y), ~censored)
    assert fit.estimate == pytest.approx({"mu": peer.mu_, "sigma": peer.sigma_}, rel=1e-5)
    assert fit.log_likelihood == pytest.approx(peer.log_likelihood_ + y[~censored].sum(), abs=1e-6)
    assert fit.standard_errors["mu"] == pytest.approx(peer.summary.loc["mu_", "se(coef)"], rel=1e-4)


def test_where_scipys_nbinom_fit_is_lost():
    """SciPy searches whole numbers for n = 1/alpha, lands far off, and reports success."""
    y = draw(mle.NegativeBinomial(4.0, 2.5), 2000)
    fit = mle.fit(mle.NegativeBinomial, y)
    peer = stats.fit(stats.nbinom, y, {"n": (0, 50), "p": (0, 1)})
    assert peer.success
    assert abs(1 / peer.params.n - fit.estimate["alpha"]) > 10 * fit.standard_errors["alpha"]
    assert fit.log_likelihood > -peer.nllf() + 50
    assert abs(fit.estimate["alpha"] - 2.5) < 3 * fit.standard_errors["alpha"]


# --- symmetries -----------------------------------------------------------------------------------

SCALED = [d for d in ORDINARY if any(c.power for c in d.parameters.values())]
SHIFTED = [d for d in ORDINARY if any(c.shift for c in d.parameters.values())]


@pytest.mark.parametrize("factor", [1e-6, 1e6, 1e-40])
@pytest.mark.parametrize("member", SCALED, ids=name)
def test_scale_equivariance(member, factor):
    y = draw(member, 300)
    base, scaled = mle.fit(type(member), y), mle.fit(type(member), y * factor)
    for (parameter, constraint), error in zip(member.parameters.items(), standard_errors(base), strict=True):
        back = scaled.estimate[parameter] / factor**constraint.power
        assert abs(back - base.estimate[parameter]) < 1e-6 * error
        assert scaled.standard_errors[parameter] == pytest.approx(error * factor**constraint.power, rel=1e-6)
    assert scaled.log_likelihood == pytest.approx(base.log_likelihood - 300 * np.log(factor), rel=1e-9)


@pytest.mark.parametrize("shift", [-1e9, 1e6])
@pytest.mark.parametrize("member", SHIFTED, ids=name)
def test_shift_equivariance(member, shift):
    """Adding and subtracting the shift rounds y once; after that only the rounding of mu itself remains."""
    y = draw(member, 300) + shift
    base, shifted = mle.fit(type(member), y - shift), mle.fit(type(member), y)
    ulp = np.spacing(abs(shift))
    for parameter, constraint in member.parameters.items():
        gap = abs(shifted.estimate[parameter] - constraint.shift * shift - base.estimate[parameter])
        assert gap < 1e-6 * base.standard_errors[parameter] + constraint.shift * ulp
    assert shifted.log_likelihood == pytest.approx(base.log_likelihood, rel=1e-9)
    assert shifted.score_in_se < 1e-6


def test_scaled_and_shifted_censored_normal():
    y = draw(mle.Normal(0.0, 1.0), 200)
    censored = y > 0.8
    y = np.minimum(y, 0.8)
    base = mle.fit(mle.Normal, y, censored=censored)
    moved = mle.fit(mle.Normal, 1e9 + 1e6 * y, censored=censored)
    assert (moved.estimate["mu"] - 1e9) / 1e6 == pytest.approx(base.estimate["mu"], abs=1e-8)
    np.testing.assert_allclose(moved.covariance, 1e12 * base.covariance, rtol=1e-6)
    assert moved.log_likelihood == pytest.approx(
        base.log_likelihood - (~censored).sum() * np.log(1e6), rel=1e-9
    )


@every_family
def test_weights_are_frequencies(member):
    y = draw(member, 80)
    w = np.random.default_rng(2).integers(0, 4, 80)
    weighted, repeated = mle.fit(type(member), y, weights=w), mle.fit(type(member), np.repeat(y, w))
    np.testing.assert_allclose(weighted.distribution.theta, repeated.distribution.theta, rtol=1e-9)
    np.testing.assert_allclose(weighted.covariance, repeated.covariance, rtol=1e-7, atol=1e-12)
    assert weighted.n == w.sum()
    assert (weighted.log_likelihood, weighted.bic) == pytest.approx((repeated.log_likelihood, repeated.bic))


@every_family
def test_input_types_agree(member):
    y = np.round(draw(member, 50), 3)
    y = np.clip(y, 0.001, 0.999) if type(member) is mle.Beta else y
    base = mle.fit(type(member), y).distribution.theta
    for other in (y.tolist(), pd.Series(y, index=range(7, 57)), y.astype(object), y[::-1][::-1]):
        np.testing.assert_allclose(mle.fit(type(member), other).distribution.theta, base, rtol=1e-12)
    np.testing.assert_allclose(
        mle.fit(type(member), y.astype(np.float32)).distribution.theta, base, rtol=1e-5
    )
    if member.support.integer:
        np.testing.assert_array_equal(mle.fit(type(member), y.astype(np.int8)).distribution.theta, base)
    before = y.copy()
    mle.fit(type(member).__name__, y)
    np.testing.assert_array_equal(y, before)


@every_family
def test_blocks_give_the_same_fit(member):
    y = draw(member, 500)
    w = np.random.default_rng(4).integers(0, 3, 500).astype(float)
    whole = mle.fit(type(member), y, weights=w)
    edges = [0, 7, 200, 500]
    parts = [(y[a:b], w[a:b]) for a, b in pairwise(edges)]
    for blocks in (mle.Blocks(parts), mle.Blocks(lambda: iter(parts))):
        fit = mle.fit(type(member), blocks)
        np.testing.assert_allclose(fit.distribution.theta, whole.distribution.theta, rtol=1e-8)
        np.testing.assert_allclose(fit.covariance, whole.covariance, rtol=1e-6, atol=1e-12)
        assert fit.log_likelihood == pytest.approx(whole.log_likelihood, rel=1e-10)
    if member.pools:
        assert mle.fit(type(member), iter(parts)).log_likelihood == pytest.approx(
            whole.log_likelihood, rel=1e-10
        )
    else:
        with pytest.raises(mle.DataError, match=r"several passes.*pass a list of blocks or a callable"):
            mle.fit(type(member), iter(parts))


def test_censored_blocks_and_another_map():
    """A cluster's map is one argument away; blocks may differ in being censored."""
    y = draw(mle.Weibull(1.5, 2.0), 300)
    censored = y > 3.0
    calls = []

    def spy(function, blocks):
        calls.append(function)
        return [pickle.loads(pickle.dumps(function))(block) for block in blocks]

    source = [(y[:100], None, censored[:100]), (y[100:], np.ones(200), censored[100:])]
    fit = mle.fit(mle.Weibull, mle.Blocks(source, map=spy))
    whole = mle.fit(mle.Weibull, y, censored=censored)
    assert fit.estimate == pytest.approx(whole.estimate, rel=1e-10)
    assert len(calls) > 2
    half = mle.fit(mle.Exponential, mle.Blocks([y[:100], (y[100:], None, censored[100:])]))
    together = mle.fit(mle.Exponential, y, censored=censored & (np.arange(300) >= 100))
    assert half.estimate == pytest.approx(together.estimate, rel=1e-12)
    assert half.standard_errors == pytest.approx(together.standard_errors, rel=1e-12)


def test_blocks_are_read_in_constant_memory():
    """A million observations (8 MB) made block by block: the peak stays at a few blocks' worth."""

    def blocks():
        for seed in range(20):
            yield mle.StudentT(4.0, 2.0, 1.5).sample(50_000, np.random.default_rng(seed))

    mle.fit(mle.StudentT, mle.Blocks(lambda: [next(blocks())]))  # imports and caches out of the way
    tracemalloc.start()
    fit = mle.fit(mle.StudentT, mle.Blocks(blocks))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6e6
    assert np.all(np.abs(fit.distribution.theta - [4.0, 2.0, 1.5]) < 5 * standard_errors(fit))


# --- hard but legitimate data ---------------------------------------------------------------------


@pytest.mark.parametrize("member", SHIFTED, ids=name)
def test_one_outlier_of_1e8(member):
    y = np.append(draw(member, 200), 1e8)
    fit = mle.fit(type(member), y)
    assert fit.score_in_se < 1e-6
    robust = {mle.Normal: False, mle.Laplace: True, mle.Cauchy: True, mle.StudentT: True}
    if type(member) in robust:
        assert (abs(fit.estimate["mu"] - np.median(y)) < 1) == robust[type(member)]


@pytest.mark.parametrize("family", ["Normal", "Gamma", "Beta", "Weibull", "Laplace"])
@pytest.mark.parametrize("n", [2, 3])
def test_two_or_three_observations(family, n):
    y = np.array([0.2, 0.5, 0.9])[:n]
    fit = mle.fit(family, y)
    assert fit.score_in_se < 1e-6
    assert fit.n == n


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("family", ["Exponential", "Poisson", "Bernoulli"])
def test_one_parameter_families_take_one_observation(family, n):
    y = np.array([1.0, 0.0, 1.0])[:n]
    fit = mle.fit(family, y)
    wanted = y.mean() if family != "Exponential" else 1 / y.mean()
    assert next(iter(fit.estimate.values())) == pytest.approx(wanted)


def test_beta_near_the_edge():
    y = np.array([1e-300, 1e-10, 0.5, 1 - 1e-16])
    fit = mle.fit(mle.Beta, y)
    a, b = fit.estimate.values()
    assert abs(np.log(y).mean() - _digamma_gap(a, a + b)) < 1e-8 * abs(np.log(y).mean())


def _digamma_gap(a, n):
    return float(mp.digamma(a) - mp.digamma(n))


@pytest.mark.parametrize("shape", [1e-2, 1e4, 1e6])
def test_gamma_of_extreme_shape(shape):
    """The mean is matched, and shape solves log k - digamma(k) = the gap, taken with mpmath."""
    y = mle.Gamma(shape, 1 / shape).sample(300, np.random.default_rng(8))
    fit = mle.fit(mle.Gamma, y)
    mean = mp.fsum(map(float, y)) / 300
    gap = mp.log(mean) - mp.fsum(mp.log(float(v)) for v in y) / 300
    exact = mp.findroot(lambda k: mp.log(k) - mp.digamma(k) - gap, fit.estimate["shape"])
    assert abs(fit.estimate["shape"] - float(exact)) < 1e-6 * fit.standard_errors["shape"]


def test_cauchy_with_fixed_scale_finds_the_best_of_several_modes():
    y = np.array([-20.0, -19.0, 0.0, 18.0, 19.0, 19.5])
    fit = mle.fit(mle.Cauchy, y, fixed={"scale": 1.0})
    grid = np.linspace(-30, 30, 60_001)
    values = stats.cauchy.logpdf(y[:, None], grid).sum(axis=0)
    assert np.sum((values[1:-1] > values[:-2]) & (values[1:-1] > values[2:])) >= 3
    assert fit.estimate["mu"] == pytest.approx(grid[values.argmax()], abs=1e-3)
    assert fit.standard_errors.keys() == {"mu"}


@pytest.mark.parametrize("unit", [1.0, 1e6])
def test_start_chooses_the_mode_and_a_warning_names_the_better_one(unit):
    y = unit * np.array([-20.0, -19.0, 0.0, 18.0, 19.0, 19.5])
    best = mle.fit(mle.Cauchy, y, fixed={"scale": unit})
    told = f"known, mu={best.estimate['mu']:.6g}, with {best.log_likelihood:.6g}: leave out start="
    with pytest.warns(UserWarning, match=re.escape(told)) as said:
        there = mle.fit(mle.Cauchy, y, fixed={"scale": unit}, start={"mu": -19.5 * unit})
    assert said[0].filename == __file__
    assert f"the log-likelihood reaches {there.log_likelihood:.6g};" in str(said[0].message)
    assert there.estimate["mu"] / unit == pytest.approx(-19.5, abs=0.5)


@pytest.mark.filterwarnings("error")
def test_a_start_on_the_best_hill_is_silent():
    y = np.array([-20.0, -19.0, 0.0, 18.0, 19.0, 19.5])
    best = mle.fit(mle.Cauchy, y, fixed={"scale": 1.0})
    again = mle.fit(mle.Cauchy, y, fixed={"scale": 1.0}, start={"mu": 18.0})
    assert again.estimate == pytest.approx(best.estimate, rel=1e-9)
    for member in ORDINARY:
        if type(member) is not mle.Categorical:
            start = dict(zip(member.parameters, member.theta, strict=True))
            mle.fit(type(member), draw(member), start=start)


# --- fixed parameters, boundaries -----------------------------------------------------------------


@pytest.mark.parametrize("member", [d for d in ORDINARY if len(d.parameters) > 1], ids=name)
def test_fixed_parameters(member):
    y = draw(member, 200)
    full = mle.fit(type(member), y)
    for held in member.parameters:
        fit = mle.fit(type(member), y, fixed={held: getattr(member, held)})
        assert fit.estimate[held] == getattr(member, held)
        assert list(fit.standard_errors) == [p for p in member.parameters if p != held] == fit.free_names
        assert fit.covariance.shape == (len(member.parameters) - 1,) * 2
        assert fit.k == full.k - 1
        assert fit.aic == pytest.approx(2 * fit.k - 2 * fit.log_likelihood)
        assert fit.log_likelihood < full.log_likelihood
        again = mle.fit(type(member), y, fixed={held: full.estimate[held]})
        assert again.log_likelihood == pytest.approx(full.log_likelihood, rel=1e-12)
    everything = mle.fit(type(member), y, fixed={p: getattr(member, p) for p in member.parameters})
    assert everything.log_likelihood == pytest.approx(member.log_prob(y).sum(), rel=1e-12)
    assert (everything.k, everything.method, everything.confidence_interval()) == (0, "evaluation", {})
    assert everything.covariance.shape == (0, 0)


@pytest.mark.parametrize(
    ("family", "y", "censored", "parameter", "interval"),
    [
        ("Bernoulli", np.zeros(40), None, "p", (0.0, 1 - np.exp(-1.9207294103470617 / 40))),
        ("Bernoulli", np.ones(40), None, "p", (np.exp(-1.9207294103470617 / 40), 1.0)),
        ("Poisson", np.zeros(40), None, "rate", (0.0, 1.9207294103470617 / 40)),
        ("Exponential", np.full(4, 10.0), np.ones(4), "rate", (0.0, 1.9207294103470617 / 40)),
    ],
)
def test_estimate_at_the_edge(family, y, censored, parameter, interval):
    fit = mle.fit(family, y, censored=censored)
    assert fit.at_boundary == (parameter,)
    assert fit.log_likelihood == 0.0
    for ask in (lambda: fit.standard_errors, lambda: fit.covariance, fit.confidence_interval):
        with pytest.raises(mle.IdentifiabilityError, match=r"edge of its range.*method='profile'"):
            ask()
    assert fit.confidence_interval(method="profile")[parameter] == pytest.approx(
        interval, rel=1e-8, abs=1e-12
    )
    assert "edge" in str(fit.summary())


# --- what a result says ---------------------------------------------------------------------------


def test_trace_tells_the_climb():
    fit = mle.fit(mle.StudentT, 1e6 * draw(mle.StudentT(4.0, 2.0, 1.5), 300), start={"mu": 4e6})
    values = [step.log_likelihood for step in fit.trace]
    assert fit.method == "newton"
    assert [step.iteration for step in fit.trace] == list(range(len(values)))
    assert fit.trace[0].estimate["mu"] == pytest.approx(4e6)
    assert np.all(np.diff(values) > -1e-9 * abs(values[-1]))
    assert fit.trace[-1].estimate == pytest.approx(fit.estimate)
    assert fit.trace[-1].score_in_se == pytest.approx(fit.score_in_se, abs=1e-9)
    assert 0 < fit.trace[1].step_length <= 1
    closed = mle.fit(mle.Normal, [1.0, 2.0])
    assert (closed.method, len(closed.trace)) == ("closed form", 1)


def test_score_in_se_is_what_it_says():
    y = draw(mle.Gamma(2.5, 1.7), 100)
    fit = mle.fit(mle.Gamma, y)
    by_hand = np.abs(fit.distribution.score(y).sum(axis=0)) * standard_errors(fit)
    assert fit.score_in_se == pytest.approx(by_hand.max(), abs=1e-9)
    assert fit.score_in_se < 1e-8


def test_covariance_is_the_inverse_observed_information():
    y = draw(mle.Weibull(1.5, 2.0), 100)
    fit = mle.fit(mle.Weibull, y)
    h = 1e-5
    rows = []
    for j in range(2):
        step = h * np.eye(2)[j]
        ends = [mle.Weibull(*(fit.distribution.theta + s * step)).score(y).sum(axis=0) for s in (1, -1)]
        rows.append((ends[0] - ends[1]) / (2 * h))
    np.testing.assert_allclose(fit.covariance, np.linalg.inv(-np.array(rows)), rtol=1e-6)


def test_wald_interval_level():
    fit = mle.fit(mle.Normal, draw(mle.Normal(0.0, 1.0)))
    low, high = fit.confidence_interval(0.9)["mu"]
    assert (high - low) / 2 == pytest.approx(stats.norm.ppf(0.95) * fit.standard_errors["mu"], rel=1e-12)
    assert (high + low) / 2 == pytest.approx(fit.estimate["mu"])


def test_summary_in_text_and_html():
    fit = mle.fit(mle.StudentT, draw(mle.StudentT(4.0, 2.0, 1.5), 300), fixed={"nu": 4.0})
    text, html = str(fit.summary()), fit._repr_html_()
    for part in ("StudentT", "log-likelihood", "97.5%", "sigma", "fixed: nu", f"{fit.estimate['mu']:.4f}"):
        assert part in text
        assert part in html
    assert '<th scope="row">mu</th>' in html
    assert "<caption>" in html
    assert "p[1]" in str(mle.fit(mle.Categorical, [0, 1, 1]).summary())


# --- refusals -------------------------------------------------------------------------------------

GOOD = {type(d).__name__: draw(d, 30) for d in ORDINARY}


@pytest.mark.parametrize("family", sorted(FAMILIES))
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda y: np.append(y, np.nan), r"y\[30\] = nan is not finite"),
        (lambda y: np.append(np.inf, y), r"y\[0\] = inf is not finite"),
        (lambda y: [], "y is empty"),
        (lambda y: y.reshape(-1, 1), r"one-dimensional, got shape \(30, 1\); use .ravel"),
        (lambda y: 3.0, r"one-dimensional, got shape \(\)"),
        (lambda y: list("abc"), "real numbers, got <U1"),
        (lambda y: y + 1j, "real numbers, got complex128"),
        (lambda y: np.array(["a", 1.0], dtype=object), "real numbers, got object"),
        (lambda y: [[1.0, 2.0], [3.0]], "unequal length"),
        (lambda y: np.ma.masked_array(y, y == y[0]), "masked"),
        (lambda y: y.astype("datetime64[s]"), "real numbers, got datetime64"),
    ],
    ids=[
        "nan",
        "inf",
        "empty",
        "column",
        "scalar",
        "strings",
        "complex",
        "objects",
        "ragged",
        "masked",
        "dates",
    ],
)
def test_bad_data_is_named(family, spoil, message):
    with pytest.raises(mle.DataError, match=message):
        mle.fit(family, spoil(GOOD[family]))


@pytest.mark.parametrize(
    ("family", "value", "message"),
    [
        ("Bernoulli", 2.0, "0 or 1"),
        ("Bernoulli", 0.5, "0 or 1"),
        ("Poisson", -1.0, "integers"),
        ("Poisson", 1.5, "integers"),
        ("NegativeBinomial", 1.5, "integers"),
        ("Categorical", -1.0, "labels"),
        ("Exponential", -0.1, "y >= 0"),
        ("Gamma", 0.0, "y > 0"),
        ("Weibull", 0.0, "y > 0"),
        ("Beta", 0.0, "0 < y < 1"),
        ("Beta", 1.0, "0 < y < 1"),
    ],
)
def test_a_value_outside_the_support_is_named(family, value, message):
    y = np.append(GOOD[family], value)
    with pytest.raises(
        mle.DataError, match=rf"y\[30\] = {value!r} is outside the support of {family}: {message}"
    ):
        mle.fit(family, y)


@pytest.mark.parametrize("family", ["Normal", "Gamma", "Beta", "Weibull", "StudentT", "Laplace", "Cauchy"])
@pytest.mark.parametrize("n", [1, 5])
def test_constant_data_are_refused(family, n):
    with pytest.raises(
        mle.DataError, match=rf"every observation equals 0.5 \(n = {n}\).*has no maximum: fix"
    ):
        mle.fit(family, np.full(n, 0.5))


def test_constant_data_are_fine_where_the_spread_is_fixed():
    assert mle.fit(mle.Normal, [2.0], fixed={"sigma": 1.0}).estimate["mu"] == 2.0
    assert mle.fit(mle.Gamma, [2.0, 2.0], fixed={"shape": 4.0}).estimate["scale"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("family", "y", "kwargs", "error", "message"),
    [
        (
            "StudentT",
            np.linspace(-2, 2, 50),
            {},
            mle.IdentifiabilityError,
            r"nu runs away.*use Normal or fixed=\{'nu'",
        ),
        ("StudentT", [1.0, 2.0, 4.0], {}, mle.IdentifiabilityError, "use Normal"),
        ("StudentT", [1.0] * 9 + [2.0], {}, mle.IdentifiabilityError, "observations coincide"),
        ("Cauchy", [1.0, 2.0], {}, mle.IdentifiabilityError, "two distinct values"),
        (
            "Cauchy",
            [1.0] * 6 + [2.0, 3.0],
            {},
            mle.IdentifiabilityError,
            "half or more of the observations coincide",
        ),
        (
            "NegativeBinomial",
            [1, 2, 2, 3],
            {},
            mle.IdentifiabilityError,
            "variance 0.5 does not exceed the mean 2.*Poisson",
        ),
        ("NegativeBinomial", [0, 0], {}, mle.IdentifiabilityError, "every count is 0.*use Poisson"),
        ("NegativeBinomial", [0, 0], {"fixed": {"alpha": 0.5}}, mle.IdentifiabilityError, "every count is 0"),
        ("Exponential", [0.0, 0.0], {}, mle.DataError, "every time is 0"),
        ("Gamma", 1e9 + np.arange(5.0), {}, mle.IdentifiabilityError, "shape runs away.*use Normal"),
        ("Weibull", 1e9 + np.arange(5.0), {}, mle.IdentifiabilityError, "shape runs away"),
        (
            "Weibull",
            [1.0, 2.0],
            {"censored": [True, True]},
            mle.IdentifiabilityError,
            "every observation is censored",
        ),
        (
            "Normal",
            [1.0, 2.0],
            {"censored": [True, True]},
            mle.IdentifiabilityError,
            "every observation is censored",
        ),
        ("Normal", [1.0, 0.5], {"censored": [False, True]}, mle.IdentifiabilityError, "too few distinct"),
        (
            "Gamma",
            [1.0, 2.0],
            {"censored": [False, True]},
            mle.DataError,
            "Gamma takes no censored data here; Exp",
        ),
        ("Normal", [1e200, 2e200], {}, mle.DataError, "measure y in other units"),
        ("Normal", [1e-200, 2e-200], {}, mle.DataError, "measure y in other units"),
        ("Categorical", [0, 5000], {}, mle.DataError, "labels below 1000, got 5000"),
        ("Normal", [1.0, 2.0], {"weights": [1.0]}, mle.DataError, "weights has length 1, y has 2"),
        ("Normal", [1.0, 2.0], {"weights": [1.0, -1.0]}, mle.DataError, r"weights\[1\] = -1.0 is negative"),
        ("Normal", [1.0, 2.0], {"weights": [0.0, 0.0]}, mle.DataError, "every weight is zero"),
        ("Normal", [1.0, 2.0], {"weights": [1.0, np.nan]}, mle.DataError, r"weights\[1\] = nan"),
        ("Normal", [1.0, 2.0], {"censored": [1, 2]}, mle.DataError, "censored must be boolean"),
        ("Normal", [1.0, 2.0], {"censored": [True]}, mle.DataError, "censored has length 1, y has 2"),
        (
            "Normal",
            [1.0, 2.0],
            {"fixed": {"mean": 0.0}},
            mle.DataError,
            "fixed: Normal has no 'mean'; it has mu, sigma",
        ),
        (
            "Normal",
            [1.0, 2.0],
            {"fixed": {"sigma": -1.0}},
            mle.DataError,
            "sigma must be finite and positive",
        ),
        ("Normal", [1.0, 2.0], {"start": {"nu": 1.0}}, mle.DataError, "start: Normal has no 'nu'"),
        ("Categorical", [0, 1], {"fixed": {"p": [0.5, 0.5]}}, mle.DataError, "the vector p cannot be given"),
        ("Normol", [1.0, 2.0], {}, mle.DataError, "unknown family 'Normol'; there are Bernoulli"),
        ("Normal", mle.Blocks([]), {}, mle.DataError, "no blocks"),
        ("Normal", mle.Blocks([[1.0]]), {"weights": [1.0]}, mle.DataError, "blocks carry their own weights"),
    ],
)
def test_refusals_name_the_remedy(family, y, kwargs, error, message):
    with pytest.raises(error, match=message):
        mle.fit(family, y, **kwargs)


def test_a_climb_that_stops_early_is_an_error(monkeypatch):
    """Were the optimizer to stop anywhere else, the score would give it away."""
    from mlecore import newton

    def lazy(sample, free, starts, strict=True):
        point, *rest = maximize(sample, free, starts, strict)
        return newton.Climber(sample, free).at(point.theta * 1.01), *rest

    monkeypatch.setattr(newton, "maximize", lazy)
    with pytest.raises(mle.ConvergenceError, match="stopped at a score of"):
        mle.fit(mle.Gamma, GOOD["Gamma"])


def test_the_fallback_recovers_where_newton_cannot(monkeypatch):
    from mlecore import newton

    y = draw(mle.StudentT(4.0, 2.0, 1.5), 200)
    wanted = mle.fit(mle.StudentT, y)
    true_climb, calls = newton.Climber.climb, []

    def lame(self, theta, most=200):
        calls.append(1)
        return true_climb(self, theta, most=1 if len(calls) == 1 else most)

    monkeypatch.setattr(newton.Climber, "climb", lame)
    fit = mle.fit(mle.StudentT, y)
    assert len(calls) == 2
    assert fit.estimate == pytest.approx(wanted.estimate, rel=1e-8)


def test_import_is_light():
    """Nothing heavy until it is used: no SciPy, matplotlib or widgets on import."""
    heavy = ("scipy", "matplotlib", "ipywidgets", "sklearn")
    code = f"import sys, mlecore; print([m for m in {heavy} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
    assert {"fit", "Normal", "LikelihoodRegressor", "StudentT"} <= set(dir(mle))
    with pytest.raises(AttributeError, match="no attribute 'Normol'"):
        _ = mle.Normol


def test_only_data_far_from_the_origin_or_of_extreme_scale_change_units():
    y = draw(mle.StudentT(4.0, 0.0, 1.0), 200)
    for moved, center in ((500.0, False), (1500.0, True), (-1500.0, True)):
        sample = Sample(mle.StudentT, y / np.median(np.abs(y - np.median(y))) + moved)
        assert bool(sample.center) is center
        assert sample.unit == 1.0
    assert Sample(mle.StudentT, 2e4 * y).unit > 1
    assert Sample(mle.Gamma, np.abs(y)).unit == 1.0
