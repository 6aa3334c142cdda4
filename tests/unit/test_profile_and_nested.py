"""Profile intervals, nested tests and the delta method, against SciPy, statsmodels and closed forms."""

import warnings

import numpy as np
import pytest
import statsmodels.api as sm
from family_cases import ORDINARY, SCIPY, name
from scipy import optimize, stats
from statsmodels.stats.proportion import proportion_confint

import mlecore as mle

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning:mlecore")
CUT = stats.chi2.ppf(0.95, 1)


def draw(member, n=60, seed=3):
    return np.asarray(member.sample(n, np.random.default_rng(seed)), dtype=float)


def scipy_profile(member, y, parameter, value):
    """Largest log-likelihood with one parameter held, by SciPy's density and Nelder-Mead on the others."""
    names = list(member.parameters)
    others = [n for n in names if n != parameter]

    def cost(x):
        held = {parameter: value, **dict(zip(others, x, strict=True))}
        bad = any(held[n] <= member.parameters[n].low for n in others)
        if bad:
            return np.inf
        frozen = SCIPY[type(member).__name__](type(member)(**held))
        return -(frozen.logpmf(y) if hasattr(frozen, "logpmf") else frozen.logpdf(y)).sum()

    if not others:
        return -cost([])
    start = [mle.fit(type(member), y, fixed={parameter: value}).estimate[n] * 1.02 for n in others]
    return -optimize.minimize(cost, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11}).fun


@pytest.mark.parametrize("member", [d for d in ORDINARY if type(d) is not mle.Categorical], ids=name)
def test_both_ends_sit_on_the_cut(member):
    """An independent optimizer finds the same fall of the log-likelihood, 1.92, at each end."""
    y = draw(member)
    fit = mle.fit(type(member), y)
    for parameter, ends in fit.confidence_interval(method="profile").items():
        assert ends[0] < fit.estimate[parameter] < ends[1]
        for end in ends:
            if not np.isfinite(end):
                assert end == member.parameters[parameter].high
                continue
            refit = mle.fit(type(member), y, fixed={parameter: end})
            assert 2 * (fit.log_likelihood - refit.log_likelihood) == pytest.approx(CUT, abs=1e-8)
            fall = 2 * (fit.log_likelihood - scipy_profile(member, y, parameter, end))
            assert fall == pytest.approx(CUT, abs=2e-6)


@pytest.mark.parametrize("level", [0.5, 0.99])
def test_normal_profile_has_a_closed_form(level):
    """mu: the variance around mu grows by exp(cut/n); the interval is symmetric."""
    y = draw(mle.Normal(3.5, 1.2), 30)
    low, high = mle.fit(mle.Normal, y).confidence_interval(level, "profile")["mu"]
    half = y.std() * np.sqrt(np.expm1(stats.chi2.ppf(level, 1) / 30))
    assert (low, high) == pytest.approx((y.mean() - half, y.mean() + half), rel=1e-9)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_profile_follows_the_units(scale):
    y = draw(mle.StudentT(4.0, 2.0, 1.5), 200)
    base = mle.fit(mle.StudentT, y).confidence_interval(method="profile")
    moved = mle.fit(mle.StudentT, y * scale).confidence_interval(method="profile")
    assert moved["mu"] == pytest.approx(tuple(scale * v for v in base["mu"]), rel=1e-7)
    assert moved["nu"] == pytest.approx(base["nu"], rel=1e-6)


def test_an_end_that_is_never_reached_is_the_edge():
    """Near-normal data cannot bound nu from above; near-Poisson data cannot bound alpha away from 0."""
    y = stats.t(30).ppf((np.arange(200) + 0.5) / 200)
    fit = mle.fit(mle.StudentT, y)
    low, high = fit.confidence_interval(method="profile")["nu"]
    normal = mle.fit(mle.Normal, y)
    assert 2 * (fit.log_likelihood - normal.log_likelihood) < CUT  # so no nu is rejected, however large
    assert (high, low > 1) == (np.inf, True)
    counts = np.random.default_rng(10).poisson(3.0, 100)
    assert counts.var() > counts.mean()
    assert mle.fit(mle.NegativeBinomial, counts).confidence_interval(method="profile")["alpha"][0] == 0.0


def test_profile_of_censored_weibull():
    y = draw(mle.Weibull(1.5, 2.0), 80)
    censored, y = y > 2.5, np.minimum(y, 2.5)
    fit = mle.fit(mle.Weibull, y, censored=censored)
    for parameter, ends in fit.confidence_interval(method="profile").items():
        for end in ends:
            held = mle.fit(mle.Weibull, y, censored=censored, fixed={parameter: end})
            assert 2 * (fit.log_likelihood - held.log_likelihood) == pytest.approx(CUT, abs=1e-8)


def test_profile_says_so_when_the_fit_is_a_lesser_mode():
    y = np.array([-20.0, -19.0, 0.0, 18.0, 19.0, 19.5])
    with pytest.warns(UserWarning, match="better stationary point"):
        lesser = mle.fit(mle.Cauchy, y, fixed={"scale": 5.0}, start={"mu": -19.5})
    with pytest.raises(mle.ConvergenceError, match="higher likelihood than the fit"):
        lesser.confidence_interval(0.9999, "profile")


def accepted(y, scale, level):
    """Where a Cauchy location is accepted, on a grid: the ends of each piece."""
    grid = np.linspace(-30, 30, 60_001)
    curve = stats.cauchy.logpdf(y[:, None], grid, scale).sum(axis=0)
    inside = np.concatenate([[False], curve > curve.max() - stats.chi2.ppf(level, 1) / 2, [False]])
    return grid[np.flatnonzero(np.diff(inside.astype(int))).reshape(-1, 2) - [0, 1]]


@pytest.mark.parametrize("start", [None, {"mu": -3.0}, {"mu": 3.0}])
def test_a_union_of_pieces_is_said_to_be_one(start):
    """Four readings in two camps: the interval is the piece around the estimate, and the other is named."""
    y = np.array([-5.6, -4.4, 4.1, 5.9])
    pieces = accepted(y, 1.0, 0.95)
    assert len(pieces) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = mle.fit(mle.Cauchy, y, fixed={"scale": 1.0}, start=start)
    modes = sorted({f"{mode.theta[0]:.6g}" for mode in fit._modes}, key=float)
    other = modes[-1 if fit.estimate["mu"] < 0 else 0]
    with pytest.warns(UserWarning, match=f"values of mu .*not one interval: those near {other} are") as said:
        ends = fit.confidence_interval(method="profile")["mu"]
    assert said[0].filename == __file__
    if fit.estimate["mu"] < 0:
        assert ends == pytest.approx(pieces[0], abs=2e-3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("y", "level"), [([-4.6, -3.4, -3.1, 5.1], 0.95), ([-4.6, -3.4, 3.1, 4.9], 0.999999)]
)
def test_one_interval_is_given_without_a_warning(y, level):
    """The other camp is rejected, or no valley is: the modes there are no second piece."""
    y = np.array(y)
    pieces = accepted(y, 1.0, level)
    assert len(pieces) == 1
    fit = mle.fit(mle.Cauchy, y, fixed={"scale": 1.0})
    assert len({f"{mode.theta[0]:.6g}" for mode in fit._modes}) > 1
    assert fit.confidence_interval(level, "profile")["mu"] == pytest.approx(pieces[0], abs=2e-3)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"level": 95}, "level must be between 0 and 1, got 95"),
        ({"method": "exact"}, "method must be 'wald' or 'profile', got 'exact'"),
    ],
)
def test_bad_interval_arguments(kwargs, message):
    with pytest.raises(mle.DataError, match=message):
        mle.fit(mle.Normal, [1.0, 2.0]).confidence_interval(**kwargs)


# --- tests ------------------------------------------------------------------------------------------------


def test_three_tests_of_a_proportion():
    """All three have textbook forms; the score test is the one whose interval is Wilson's."""
    y = np.repeat([1.0, 0.0], [14, 26])
    full, restricted = mle.fit(mle.Bernoulli, y), mle.fit(mle.Bernoulli, y, fixed={"p": 0.5})
    p = 14 / 40
    wald = mle.wald_test(full, {"p": 0.5})
    assert wald.statistic == pytest.approx((p - 0.5) ** 2 / (p * (1 - p) / 40))
    score = mle.score_test(restricted)
    assert score.statistic == pytest.approx((p - 0.5) ** 2 / (0.25 / 40))
    ratio = mle.likelihood_ratio_test(restricted, full)
    assert ratio.statistic == pytest.approx(2 * (14 * np.log(p / 0.5) + 26 * np.log((1 - p) / 0.5)))
    for test in (wald, score, ratio):
        assert test.df == 1
        assert test.p_value == pytest.approx(stats.chi2.sf(test.statistic, 1), rel=1e-12)
        assert f"{test.p_value:.4g}" in str(test)
    edge = proportion_confint(14, 40, method="wilson")[1]
    assert mle.score_test(mle.fit(mle.Bernoulli, y, fixed={"p": edge})).statistic == pytest.approx(CUT)


def test_score_test_of_a_normal_mean_with_nuisance_sigma():
    """n z²/(1 + z²) for z = (ybar - mu0)/s0 ... which is n (ybar - mu0)²/sigma0², sigma0 around mu0."""
    y = draw(mle.Normal(3.5, 1.2), 40)
    test = mle.score_test(mle.fit(mle.Normal, y, fixed={"mu": 3.0}))
    assert test.statistic == pytest.approx(40 * (y.mean() - 3.0) ** 2 / np.mean((y - 3.0) ** 2), rel=1e-10)


def test_score_test_with_censoring_uses_the_observed_information():
    y = draw(mle.Exponential(0.5), 50)
    censored, y = y > 3, np.minimum(y, 3)
    events = (~censored).sum()
    test = mle.score_test(mle.fit(mle.Exponential, y, censored=censored, fixed={"rate": 0.4}))
    assert test.statistic == pytest.approx((events / 0.4 - y.sum()) ** 2 / (events / 0.16), rel=1e-12)


def test_score_test_is_free_of_units():
    y = draw(mle.StudentT(4.0, 2.0, 1.5), 100)
    base = mle.score_test(mle.fit(mle.StudentT, y, fixed={"mu": 1.8}))
    moved = mle.score_test(mle.fit(mle.StudentT, 1e6 * y, fixed={"mu": 1.8e6}))
    assert moved.statistic == pytest.approx(base.statistic, rel=1e-8)


def test_wald_test_of_two_parameters():
    fit = mle.fit(mle.Gamma, draw(mle.Gamma(2.5, 1.7), 100))
    gap = fit.distribution.theta - [2.0, 2.0]
    test = mle.wald_test(fit, {"shape": 2.0, "scale": 2.0})
    assert test.df == 2
    assert test.statistic == pytest.approx(gap @ np.linalg.inv(fit.covariance) @ gap)
    swapped = mle.wald_test(fit, {"scale": 2.0, "shape": 2.0})
    assert swapped.statistic == pytest.approx(test.statistic)


def test_poisson_within_negative_binomial_is_a_boundary_test():
    y = draw(mle.NegativeBinomial(4.0, 0.15), 80)
    poisson, full = mle.fit(mle.Poisson, y), mle.fit(mle.NegativeBinomial, y)
    plain = mle.likelihood_ratio_test(poisson, full)
    halved = mle.likelihood_ratio_test(poisson, full, boundary=True)
    peers = [model(y, np.ones(80)).fit(disp=0).llf for model in (sm.Poisson, sm.NegativeBinomial)]
    assert plain.statistic == pytest.approx(2 * (peers[1] - peers[0]), abs=1e-5)
    assert halved.p_value == pytest.approx(plain.p_value / 2)


def test_exponential_within_gamma_and_weibull():
    y = draw(mle.Exponential(0.5), 100)
    simple = mle.fit(mle.Exponential, y)
    for family in (mle.Gamma, mle.Weibull):
        held = mle.fit(family, y, fixed={"shape": 1.0})
        assert held.log_likelihood == pytest.approx(simple.log_likelihood, rel=1e-12)
        ratio = mle.likelihood_ratio_test(simple, mle.fit(family, y))
        assert ratio.statistic == pytest.approx(mle.likelihood_ratio_test(held, mle.fit(family, y)).statistic)


def test_likelihood_ratio_needs_nested_fits_of_the_same_data():
    y = draw(mle.Gamma(2.5, 1.7), 50)
    gamma, weibull = mle.fit(mle.Gamma, y), mle.fit(mle.Weibull, y)
    with pytest.raises(mle.DataError, match="swap them"):
        mle.likelihood_ratio_test(gamma, weibull)
    with pytest.raises(mle.DataError, match="50 and 49 observations"):
        mle.likelihood_ratio_test(mle.fit(mle.Gamma, y, fixed={"shape": 1}), mle.fit(mle.Gamma, y[1:]))
    with pytest.raises(mle.DataError, match="restricted model is likelier"):
        mle.likelihood_ratio_test(mle.fit(mle.Gamma, y, fixed={"shape": 2.5}), mle.fit(mle.Normal, y))
    everything = mle.fit(mle.Gamma, y, fixed={"shape": 2.5, "scale": 1.7})
    with pytest.raises(mle.DataError, match="one parameter on the edge"):
        mle.likelihood_ratio_test(everything, gamma, boundary=True)


def test_tests_refuse_what_they_cannot_answer():
    fit = mle.fit(mle.Normal, [1.0, 2.0, 4.0])
    with pytest.raises(mle.DataError, match="'nu' is not a free parameter of this fit; they are mu, sigma"):
        mle.wald_test(fit, {"nu": 1.0})
    with pytest.raises(mle.DataError, match="holds nothing fixed"):
        mle.score_test(fit)


# --- delta method -----------------------------------------------------------------------------------------


def test_delta_method_on_known_gradients():
    fit = mle.fit(mle.Normal, draw(mle.Normal(3.5, 1.2), 80))
    mu, sigma = fit.distribution.theta
    ratio = mle.delta_method(fit, lambda mu, sigma: mu / sigma)
    gradient = np.array([1 / sigma, -mu / sigma**2])
    assert ratio.value == pytest.approx(mu / sigma)
    assert ratio.standard_error == pytest.approx(np.sqrt(gradient @ fit.covariance @ gradient), rel=1e-9)
    z = stats.norm.ppf(0.95)
    low, high = ratio.confidence_interval(0.9)
    assert (high - low) / 2 == pytest.approx(z * ratio.standard_error)
    both = mle.delta_method(fit, lambda mu, sigma: np.array([mu, np.log(sigma)]))
    assert both.covariance == pytest.approx(np.diag([sigma**2 / 80, 1 / 160]), rel=1e-8, abs=1e-12)
    assert both.standard_error == pytest.approx(np.sqrt(np.diag(both.covariance)))


def test_delta_method_of_the_log_odds_agrees_with_statsmodels():
    y = np.repeat([1.0, 0.0], [14, 26])
    odds = mle.delta_method(mle.fit(mle.Bernoulli, y), lambda p: np.log(p / (1 - p)))
    peer = sm.Logit(y, np.ones(40)).fit(disp=0)
    assert odds.value == pytest.approx(peer.params[0], rel=1e-8)
    assert odds.standard_error == pytest.approx(peer.bse[0], rel=1e-8)


def test_delta_method_leaves_fixed_parameters_alone():
    fit = mle.fit(mle.Gamma, draw(mle.Gamma(2.5, 1.7)), fixed={"shape": 2.5})
    mean = mle.delta_method(fit, lambda shape, scale: shape * scale)
    assert mean.standard_error == pytest.approx(2.5 * fit.standard_errors["scale"], rel=1e-10)
    with pytest.raises(mle.DataError, match="refit as Bernoulli"):
        mle.delta_method(mle.fit(mle.Categorical, [0, 1, 1]), lambda p: p[0])
