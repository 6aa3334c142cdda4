"""Live plot 9: its samples, estimates, intervals and long-run coverage against SciPy and mlecore."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

import mlecore as mle
from mlecore.explorables import CentralLimit
from mlecore.explorables._random import Generator, uniforms

LAWS = {"bernoulli": stats.bernoulli(0.4), "exponential": stats.expon(), "normal": stats.norm(),
        "uniform": stats.uniform()}


def test_many_generators_at_once_are_the_same_generators():
    seeds = np.array([0, 1, 10007, 2**31, 2**32 - 1])
    assert uniforms(seeds, 9).tolist() == [Generator(int(s)).uniform(9).tolist() for s in seeds]
    assert uniforms(np.array([], dtype=int), 4).shape == (0, 4)


@pytest.mark.parametrize("family", LAWS)
def test_data_have_their_law_and_n_and_samples_only_add(family):
    w = CentralLimit(family=family, n=7, samples=400)
    flat = w.data.ravel()
    if family == "bernoulli":
        assert abs(flat.mean() - 0.4) < 4 * math.sqrt(0.24 / flat.size)
    else:
        assert stats.kstest(flat, LAWS[family].cdf).pvalue > 1e-3
    more = CentralLimit(family=family, n=12, samples=500)
    np.testing.assert_array_equal(more.data[:400, :7], w.data)
    z = w.z
    assert abs(np.corrcoef(z[1:], z[:-1])[0, 1]) < 4 / math.sqrt(z.size)  # neighbors are independent


@pytest.mark.parametrize(("family", "law", "name"), [
    ("bernoulli", mle.Bernoulli, "p"), ("exponential", mle.Exponential, "rate"),
    ("normal", mle.Normal, "mu")])
def test_estimates_and_intervals_are_those_of_fit(family, law, name):
    w = CentralLimit(family=family, n=13, samples=6, seed=4)
    for y, estimate, interval in zip(w.data, w.estimates, w.intervals, strict=True):
        fit = mle.fit(law, y)
        assert estimate == pytest.approx(fit.estimate[name], rel=1e-10)
        assert interval == pytest.approx(fit.confidence_interval()[name], rel=1e-8)


@pytest.mark.parametrize("family", LAWS)
@pytest.mark.parametrize("n", [2, 9, 60])
def test_long_run_coverage_is_the_one_simulated(family, n):
    w = CentralLimit(family=family, n=n, samples=3000, p=0.3, seed=5)
    assert w.coverage == pytest.approx(w.covered / 3000)
    assert abs(w.coverage - w.long_run) < 4 * w.coverage_error
    if family == "normal":  # against a quadrature over the two sufficient statistics
        q = stats.norm.ppf(0.975) / math.sqrt(n)
        weight = stats.chi2(n - 1).pdf
        exact = integrate.quad(lambda v: (2 * stats.norm.cdf(q * math.sqrt(v)) - 1) * weight(v),
                               0, np.inf, limit=400)[0]
        assert w.long_run == pytest.approx(exact, abs=1e-6)


def test_standardized_errors():
    for family, one in (("bernoulli", 1 / 0.24), ("exponential", 1.0), ("normal", 1.0)):
        w = CentralLimit(family=family, n=20, samples=50)
        assert w.z == pytest.approx(math.sqrt(20 * one) * (w.estimates - w.truth))
    root, by_n = (CentralLimit(family="uniform", n=25, samples=50, scale=s) for s in ("root", "n"))
    assert by_n.z == pytest.approx(5 * root.z)
    far = CentralLimit(family="uniform", n=100, samples=3000, scale="n")
    assert stats.kstest(-far.z, stats.expon.cdf).statistic < 0.03


def test_bars_hold_all_estimates_on_the_lattice():
    w = CentralLimit(n=10, samples=300)
    edges, density = w.bars()
    assert density.size == 11
    assert density @ np.diff(edges) == pytest.approx(1)


def test_without_samples_nothing_is_claimed():
    w = CentralLimit(samples=0)
    assert math.isnan(w.coverage)
    assert math.isnan(w.z_mean)
    assert w.coverage_error == pytest.approx(0.25)
    for family in LAWS:
        for samples in (0, 1, 40):
            for scale in ("root", "n"):
                assert "<svg" in CentralLimit(family=family, samples=samples, scale=scale).to_svg()
