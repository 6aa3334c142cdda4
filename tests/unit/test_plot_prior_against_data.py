"""Numbers of the live plot *Prior against data*, against quadrature, SciPy and scikit-learn."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats
from sklearn.linear_model import Lasso, Ridge

from mlecore.explorables import PriorAgainstData

MEANS = [
    PriorAgainstData(),
    PriorAgainstData(center=6, scale=2, n=1, seed=8),
    PriorAgainstData("laplace"),
    PriorAgainstData("laplace", center=1.8, n=1000, scale=0.05),  # at the corner
    PriorAgainstData("laplace", center=-5, n=1000, scale=5),
    PriorAgainstData("laplace", center=7, n=1, scale=0.05),
    PriorAgainstData("box"),
    PriorAgainstData("box", center=2, scale=1, n=30),
    PriorAgainstData("box", center=6.5, scale=0.05, n=1000),
    PriorAgainstData("box", center=-1, scale=0.5, n=900),
]


@pytest.mark.parametrize("w", MEANS, ids=repr)
@pytest.mark.filterwarnings("ignore::scipy.integrate.IntegrationWarning")
def test_posterior_by_quadrature_and_search(w):
    assert w.mle == pytest.approx(w.data.mean())
    assert w.se == pytest.approx(2 / np.sqrt(w.n))
    half = (30 if w.show == "laplace" else 12) * min(w.se, w.scale) + abs(w.mean - w.map) * 4
    low, high = w.map - half, w.map + half
    if w.show == "box":
        low, high = max(low, w.bounds[0]), min(high, w.bounds[1])

    def height(t):
        return np.exp(w.log_prior(t) + w.log_likelihood(t) - w.log_prior(w.map) - w.log_likelihood(w.map))

    grid = np.linspace(low, high, 20001)
    assert height(grid).max() <= 1 + 1e-12  # nothing is higher than the MAP
    kinks = sorted(p for p in {w.map, w.center, w.mean} if low < p < high)
    area, moment = (
        integrate.quad(f, low, high, points=kinks, limit=500, epsabs=0, epsrel=1e-11)[0]
        for f in (height, lambda t: (t - w.map) * height(t))
    )
    assert w.mean == pytest.approx(w.map + moment / area, rel=1e-9, abs=1e-9)
    assert w.shift == pytest.approx((w.map - w.mle) / w.se)


@pytest.mark.parametrize(
    ("show", "law"),
    [
        ("normal", stats.norm(0.4, 0.7)),
        ("laplace", stats.laplace(0.4, 0.7 / np.sqrt(2))),
        ("box", stats.uniform(0.4 - 0.7 * np.sqrt(3), 1.4 * np.sqrt(3))),
    ],
)
def test_priors_have_one_center_and_one_standard_deviation(show, law):
    w = PriorAgainstData(show, center=0.4, scale=0.7)
    assert (law.mean(), law.std()) == (pytest.approx(0.4), pytest.approx(0.7))
    t = np.linspace(-3, 3, 41)
    np.testing.assert_allclose(w.log_prior(t), law.logpdf(t), rtol=1e-12)


def test_the_prior_is_overwhelmed_unless_it_excludes_the_truth():
    for show in ("normal", "laplace"):
        far, near = (abs(PriorAgainstData(show, n=n).map - 2) for n in (5, 1000))
        assert near < 0.2 < 1 < far
    box = PriorAgainstData("box", n=1000)
    assert box.map == box.bounds[1] < 0
    assert box.mean < box.map


def test_the_pull_in_standard_errors_peaks_where_the_prior_is_worth_n_observations():
    w = PriorAgainstData(scale=0.5)
    pull = []
    for n in (1, 4, 16, 64, 1000):
        w.n = n
        gap = w.center - w.mle
        assert w.shift == pytest.approx(gap * np.sqrt(n) / 2 * 16 / (16 + n))
        pull.append(abs(w.shift / gap))
    assert max(pull) == pull[2]


@pytest.mark.parametrize("q", [1.0, 1.2, 1.7, 2.0])
@pytest.mark.parametrize("rho", [-0.9, 0.0, 0.5])
def test_weights_minimize_the_objective(q, rho):
    w = PriorAgainstData("weights", q=q, rho=rho, strength=0.8)
    gram, top = np.array([[1, rho], [rho, 1]]), np.array([w.w1, w.w2])

    def objective(v):
        return 0.5 * (v - top) @ gram @ (v - top) + 0.8 * np.sum(np.abs(v) ** q) / q

    found = optimize.minimize(objective, top, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-14})
    assert np.array(w.weights) == pytest.approx(found.x, abs=1e-5)
    assert objective(np.array(w.weights)) <= found.fun + 1e-12


@pytest.mark.parametrize("strength", [0.3, 1.7, 2.6, 4.0])
def test_diamond_and_ball_are_lasso_and_ridge(strength):
    w = PriorAgainstData("weights", rho=0.5, strength=strength, q=1)
    X = np.linalg.cholesky(np.array([[1, 0.5], [0.5, 1]])).T  # Gram matrix R
    y = X @ [w.w1, w.w2]
    lasso = Lasso(alpha=strength / 2, fit_intercept=False, tol=1e-15, max_iter=10**6).fit(X, y)
    assert w.weights == pytest.approx(lasso.coef_, abs=1e-9)
    assert w.weights[0] == 0 or strength < 2
    w.q = 2
    ridge = Ridge(alpha=strength, fit_intercept=False).fit(X, y)
    assert w.weights == pytest.approx(ridge.coef_, rel=1e-9)


@pytest.mark.parametrize(
    "w",
    [*MEANS, PriorAgainstData("weights"), PriorAgainstData("weights", q=1, strength=8, rho=-0.9)],
    ids=repr,
)
def test_every_state_can_be_drawn(w, recwarn):
    assert "<svg" in w.to_svg()
    assert not [str(warning.message) for warning in recwarn]
