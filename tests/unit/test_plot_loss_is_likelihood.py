"""The front page's live plot, its Python side: loss, likelihood and where both have their best point."""

import numpy as np
import pytest
from scipy import optimize, stats

from mlecore.explorables import LossIsLikelihood

LAWS = {"gaussian": stats.norm(0, 2), "laplace": stats.laplace(0, 2)}
STATES = [LossIsLikelihood(noise=noise, **kind) for noise in LAWS
          for kind in ({}, {"seed": 3}, {"data": [1.0, 1.0, -5.5]}, {"data": [0.1, 2.3, 9.7, -4.0]})]


@pytest.mark.parametrize("w", STATES, ids=repr)
def test_loss_is_the_negative_log_likelihood_up_to_scale_and_constant(w):
    centers = np.array([-6.0, -1.7, 0.0, 0.4, 5.9])
    ell = np.array([LAWS[w.noise].logpdf(np.subtract(w.data, c)).sum() for c in centers])
    assert w.log_likelihood(centers) == pytest.approx(ell, rel=1e-12)
    per_unit = len(w.data) / (8 if w.noise == "gaussian" else 2)  # n / (2 sigma²), n / b
    difference = -ell - per_unit * w.loss(centers)
    assert difference == pytest.approx(difference[0], rel=1e-12)


@pytest.mark.parametrize("w", STATES, ids=repr)
def test_center_is_where_an_optimizer_finds_the_least_loss(w):
    def loss(center):
        return float(w.loss(center))

    found = min(optimize.minimize_scalar(loss, bracket=(y, y + 0.5), tol=1e-12).fun for y in w.data)
    assert w.least_loss == pytest.approx(found, rel=1e-9)
    ell = LAWS[w.noise].logpdf(np.subtract(w.data, w.center)).sum()
    assert w.greatest_log_likelihood == pytest.approx(ell, rel=1e-12)
    assert w.log_likelihood(w.center) >= w.log_likelihood(w.center + np.linspace(-3, 3, 61)).max() - 1e-12
