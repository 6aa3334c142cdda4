"""The family that CONTRIBUTING.md shows is a working one."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import optimize, stats

import mlecore as mle
from mlecore.families import FAMILIES

TEXT = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")


@pytest.fixture
def rayleigh():
    (source,) = re.findall(r"```python\n(import numpy.*?)```", TEXT, flags=re.DOTALL)
    names = {}
    exec(source, names)
    yield names["Rayleigh"]
    FAMILIES.pop("Rayleigh")


def test_the_documented_family_fits(rayleigh):
    y = np.random.default_rng(3).rayleigh(2.0, 400)
    assert FAMILIES["Rayleigh"] is rayleigh
    np.testing.assert_allclose(rayleigh(2.5).log_prob(y), stats.rayleigh.logpdf(y, scale=2.5), rtol=1e-12)
    for point in y[:5]:
        slope = optimize.approx_fprime([2.5], lambda s, v=point: stats.rayleigh.logpdf(v, scale=s[0]), 1e-7)
        np.testing.assert_allclose(rayleigh(2.5).score(point), slope, rtol=1e-5)
    sigma_hat = np.sqrt(np.mean(y**2) / 2)
    fit = mle.fit(rayleigh, y)
    assert fit.estimate["sigma"] == pytest.approx(sigma_hat, rel=1e-12)
    assert fit.standard_errors["sigma"] == pytest.approx(sigma_hat / np.sqrt(4 * y.size), rel=1e-10)
    low, high = fit.confidence_interval(method="profile")["sigma"]
    for end in (low, high):
        drop = stats.rayleigh.logpdf(y, scale=sigma_hat).sum() - stats.rayleigh.logpdf(y, scale=end).sum()
        assert 2 * drop == pytest.approx(stats.chi2.ppf(0.95, 1), abs=1e-7)
