"""Chapter 12's sandwich, written out, against mlecore and statsmodels on the lesson's kind of data."""

import numpy as np
import pytest
import statsmodels.api as sm

import mlecore as mle


@pytest.mark.parametrize("noise", ["normal", "poisson"])
def test_sandwich_by_hand_is_mlecores_and_statsmodels(noise):
    rng = np.random.default_rng(126)
    n = 300
    x = np.sort(rng.uniform(0, 3, n))
    X = np.column_stack([np.ones(n), x])
    spread = 1 + 0.5 * x + (0.1 + 0.4 * x**2) * rng.normal(size=n)
    counts = rng.negative_binomial(2, 2 / (2 + np.exp(0.5 + 0.5 * x)))
    y = spread if noise == "normal" else counts
    model = mle.LikelihoodRegressor(noise=noise).fit(x[:, None], y)
    mean = model.predict(x[:, None])
    scores = X * (y - mean)[:, None]
    A = X.T @ (X * (np.ones(n) if noise == "normal" else mean)[:, None])
    by_hand = np.linalg.inv(A) @ (scores.T @ scores) @ np.linalg.inv(A)
    np.testing.assert_allclose(model.robust_covariance("HC0"), by_hand, rtol=1e-10)
    peer = (sm.OLS(y, X).fit() if noise == "normal"
            else sm.GLM(y, X, family=sm.families.Poisson()).fit(tol=1e-14, cov_type="HC0"))
    theirs = peer.cov_HC0 if noise == "normal" else peer.cov_params()
    np.testing.assert_allclose(by_hand, theirs, rtol=1e-10)
    assert model.standard_errors_[1] < 0.85 * np.sqrt(by_hand[1, 1])  # and it matters
