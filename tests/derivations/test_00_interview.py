"""Checks of the equations on the landing page."""

from scipy import stats

from tests.derivations._check import double


def test_eq_thesis_gaussian(eq):
    r"""-\log f(y; \mu) = \frac{(y - \mu)^2}{2\sigma^2} + \frac{1}{2}\log(2\pi\sigma^2)"""
    for y, mu, sigma in ((1.7, 0.4, 1.3), (-0.6, 2.1, 0.7)):
        density = double(lambda y, mu, sigma=sigma: stats.norm.pdf(y, mu, sigma))
        eq.holds({"y": y, r"\mu": mu, r"\sigma": sigma, "f": density})
