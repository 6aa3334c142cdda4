"""Live plot 11 in Python: statistics and intervals against mlecore, SciPy and statsmodels."""

import numpy as np
import pytest
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint

import mlecore as mle
from mlecore.explorables import ThreeTests

MODELS = {"binomial": (mle.Bernoulli, "p"), "poisson": (mle.Poisson, "rate"),
          "exponential": (mle.Exponential, "rate")}
PLOTS = [
    ThreeTests(),
    ThreeTests("exponential", n=2, total=9.5, theta0=0.05),
    ThreeTests("exponential", n=100, total=61.7, theta0=1.9),
    ThreeTests("binomial"),
    ThreeTests("binomial", n=2, total=1, theta0=0.93),
    ThreeTests("binomial", n=60, total=3, theta0=0.1),
    ThreeTests("poisson"),
    ThreeTests("poisson", n=1, total=1, theta0=3),
    ThreeTests("poisson", n=80, total=700, theta0=8.1),
]


def data(w):
    """Observations with this total."""
    if w.family == "binomial":
        return np.repeat([1.0, 0.0], [int(w.total), w.n - int(w.total)])
    if w.family == "poisson":
        return np.array([w.total // w.n + (i < w.total % w.n) for i in range(w.n)], float)
    spread = np.arange(1.0, w.n + 1)
    return spread * w.total / spread.sum()


@pytest.fixture(params=PLOTS, ids=repr)
def w(request):
    return request.param


def test_statistics_are_mlecores(w):
    family, name = MODELS[w.family]
    y = data(w)
    full, restricted = mle.fit(family, y), mle.fit(family, y, fixed={name: w.theta0})
    results = {"wald": mle.wald_test(full, {name: w.theta0}), "score": mle.score_test(restricted),
               "likelihood_ratio": mle.likelihood_ratio_test(restricted, full)}
    for test, result in results.items():
        assert w.statistics[test] == pytest.approx(result.statistic, rel=1e-8), test
        assert w.p_values[test] == pytest.approx(stats.chi2(1).sf(result.statistic), rel=1e-7), test
    assert w.estimate == pytest.approx(full.estimate[name])
    profile = full.confidence_interval(method="profile")[name]
    assert w.intervals["likelihood_ratio"] == pytest.approx(profile, rel=1e-7)
    assert w.intervals["wald"] == pytest.approx(full.confidence_interval()[name], rel=1e-8)


def test_an_interval_holds_what_its_test_does_not_reject(w):
    cut = stats.chi2(1).ppf(0.95)
    for scale in ("theta", "log"):
        for test, ends in ThreeTests(w.family, n=w.n, total=w.total, scale=scale).intervals.items():
            for end in ends:
                if 0 < end < (1 if w.family == "binomial" else np.inf):
                    at_end = ThreeTests(w.family, n=w.n, total=w.total, theta0=end, scale=scale)
                    assert at_end.statistics[test] == pytest.approx(cut, rel=1e-9), (test, scale)


def test_wilson_is_scipys_and_statsmodels():
    w = ThreeTests("binomial", n=17, total=4)
    wilson = stats.binomtest(4, 17).proportion_ci(method="wilson")
    assert w.intervals["score"] == pytest.approx(tuple(wilson))
    assert w.intervals["score"] == pytest.approx(proportion_confint(4, 17, method="wilson"))


def test_only_wald_notices_the_scale(w):
    log = ThreeTests(w.family, n=w.n, total=w.total, theta0=w.theta0, scale="log")
    for test in ("score", "likelihood_ratio"):
        assert log.statistics[test] == w.statistics[test]
        assert log.intervals[test] == w.intervals[test]
    assert log.statistics["wald"] != pytest.approx(w.statistics["wald"], rel=1e-3)
    transform = special.logit if w.family == "binomial" else np.log
    family, name = MODELS[w.family]
    derived = mle.delta_method(mle.fit(family, data(w)), lambda **kw: transform(kw[name]))
    z = (derived.value - transform(w.theta0)) / derived.standard_error
    assert log.statistics["wald"] == pytest.approx(z**2, rel=1e-5)


def test_the_sample_of_a_seed_has_an_estimate_inside():
    for family in MODELS:
        for n in (2, 3, 40):
            w = ThreeTests(family, n=n)
            for w.seed in range(20):
                w.total = w.drawn()


def test_family_alone_starts_that_family_anew():
    w = ThreeTests("poisson", n=80, total=700)
    w.family = "binomial"
    assert (w.n, w.total, w.theta0) == (10, 8, 0.5)
    w.family = "poisson"
    assert (w.n, w.total, w.theta0) == (10, 8, 0.5)  # fits as it is


@pytest.mark.parametrize("scale", ["theta", "log"])
def test_every_state_can_be_drawn(w, scale, recwarn):
    assert "<svg" in ThreeTests(w.family, n=w.n, total=w.total, theta0=w.theta0, scale=scale).to_svg()
    assert not [str(warning.message) for warning in recwarn]
