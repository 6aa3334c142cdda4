"""Absolute error, Huber, Student-t and Cauchy noise: optimality certificates, outliers, and starts."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats
from sklearn.linear_model import HuberRegressor, QuantileRegressor

from mlecore.errors import IdentifiabilityError
from mlecore.priors import ElasticNetPrior, LaplacePrior, NormalPrior
from mlecore.regression import LikelihoodRegressor
from mlecore.solvers import lad


def contaminated(n=200, d=4, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d))
    return X, 1 + X @ np.arange(1.0, d + 1) + rng.standard_t(2, n)


def absolute_deviations_by_linear_programming(A, y, w):
    n, p = A.shape
    cost = np.concatenate([np.zeros(p), w, w])
    equal = np.hstack([A, np.eye(n), -np.eye(n)])
    return optimize.linprog(cost, A_eq=equal, b_eq=y, bounds=[(None, None)] * p + [(0, None)] * (2 * n)).fun


@pytest.mark.parametrize("kind", ["continuous", "integers", "ties", "weights", "constant", "outlier"])
@pytest.mark.parametrize(("n", "p"), [(7, 2), (60, 3), (300, 8)])
def test_absolute_error_reaches_the_linear_program(kind, n, p):
    rng = np.random.default_rng(n)
    A = np.column_stack([np.ones(n), rng.normal(size=(n, p - 1))])
    if kind == "ties":
        A = np.column_stack([np.ones(n), rng.integers(-1, 2, size=(n, p - 1))])
    y = A.sum(axis=1) + rng.standard_t(2, n)
    y = np.round(y) if kind in ("integers", "ties") else y
    y[0] = 1e8 if kind == "outlier" else y[0]
    y = np.full(n, 3.0) if kind == "constant" else y
    w = rng.integers(1, 4, n).astype(float) if kind == "weights" else np.ones(n)
    b, dual = lad(A, y, w)
    value = w @ np.abs(y - A @ b)
    assert value <= absolute_deviations_by_linear_programming(A, y, w) * (1 + 1e-9) + 1e-9
    # The dual certifies it without any solver: feasible, and its value is the primal's.
    assert np.all(np.abs(dual) <= w * (1 + 1e-8))
    np.testing.assert_allclose(A.T @ dual, 0, atol=1e-8 * n)
    np.testing.assert_allclose(dual @ y, value, rtol=1e-9, atol=1e-7)


def test_absolute_error_equals_the_median_quantile_regression():
    X, y = contaminated()
    model = LikelihoodRegressor("laplace").fit(X, y)
    peer = QuantileRegressor(quantile=0.5, alpha=0.0).fit(X, y)
    np.testing.assert_allclose(model.coef_, peer.coef_, rtol=1e-7)
    np.testing.assert_allclose(model.intercept_, peer.intercept_, rtol=1e-7)


@pytest.mark.parametrize("k", [1.1, 1.345, 2.5])
def test_huber_with_scikit_learns_scale_gives_its_coefficients(k):
    # scikit-learn estimates its own concomitant scale; at a fixed scale both minimize the same convex sum.
    X, y = contaminated()
    peer = HuberRegressor(epsilon=k, alpha=0.0, tol=1e-10, max_iter=10_000).fit(X, y)
    model = LikelihoodRegressor("huber", noise_params={"sigma": peer.scale_, "k": k}).fit(X, y)
    np.testing.assert_allclose(model.coef_, peer.coef_, rtol=1e-4)
    z = (y - model.predict(X)) / peer.scale_
    psi = np.clip(z, -k, k)
    A = np.column_stack([np.ones(len(y)), X])
    np.testing.assert_allclose(A.T @ psi, 0, atol=1e-7)


def test_estimated_huber_scale_solves_the_likelihood_equation():
    X, y = contaminated()
    model = LikelihoodRegressor("huber").fit(X, y)
    z = (y - model.predict(X)) / model.noise_params_["sigma"]
    psi = np.clip(z, -1.345, 1.345)
    np.testing.assert_allclose(z @ psi, len(y), rtol=1e-8)
    assert model.noise_params_["k"] == pytest.approx(1.345)


@pytest.mark.parametrize(
    ("noise", "fixed"), [("laplace", {}), ("huber", {"sigma": 1.5}), ("student_t", {}), ("cauchy", {})]
)
def test_one_wild_observation_hardly_moves_a_robust_fit(noise, fixed):
    X, y = contaminated()
    clean = LikelihoodRegressor(noise, noise_params=fixed).fit(X, y)
    y = y.copy()
    y[3] = 1e8
    wild = LikelihoodRegressor(noise, noise_params=fixed).fit(X, y)
    np.testing.assert_allclose(wild.coef_, clean.coef_, atol=0.4)
    assert abs(LikelihoodRegressor().fit(X, y).coef_[0] - clean.coef_[0]) > 100


@pytest.mark.parametrize("prior", [NormalPrior(1.0), LaplacePrior(0.1), ElasticNetPrior(1.0, 0.1)])
@pytest.mark.parametrize("sigma", [0.05, 1.5])
def test_huber_with_a_prior_finds_the_body_behind_a_wild_observation(prior, sigma):
    """Least squares starts where every residual is beyond the threshold, and no curvature is."""
    X, y = contaminated(60)
    y[3] = 1e8
    model = LikelihoodRegressor("huber", prior, noise_params={"sigma": sigma}).fit(X, y)
    psi = np.clip((y - model.predict(X)) / sigma, -1.345, 1.345) / sigma
    assert abs(psi.sum()) < 1e-6 / sigma
    pull = X.T @ psi - prior.l2 * model.coef_
    np.testing.assert_allclose(pull, prior.l1 * np.sign(model.coef_), atol=1e-5 / sigma)
    assert np.all(np.abs(model.coef_ - [1, 2, 3, 4]) < 2.5)


def test_estimated_huber_scale_is_the_likelihoods_and_so_not_robust():
    # z psi(z) grows without bound, so one value of 1e8 pulls sigma up to k 1e8 / n: the docstring says so.
    X, y = contaminated()
    y[3] = 1e8
    sigma = LikelihoodRegressor("huber").fit(X, y).noise_params_["sigma"]
    assert sigma == pytest.approx(1.345e8 / 200, rel=0.1)


@pytest.mark.parametrize("noise", ["student_t", "cauchy"])
def test_nonconvex_fit_beats_local_searches_from_many_starts(noise):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(40, 1))
    y = np.where(rng.random(40) < 0.6, 2 * X[:, 0], 9 - 3 * X[:, 0]) + 0.3 * rng.normal(size=40)
    fixed = {"nu": 2.0} if noise == "student_t" else {}
    model = LikelihoodRegressor(noise, noise_params=fixed).fit(X, y)
    nu = fixed.get("nu", 1.0)

    def nll(theta):
        z = (y - theta[0] - theta[1] * X[:, 0]) / np.exp(theta[2])
        return np.sum((nu + 1) / 2 * np.log1p(z * z / nu)) + 40 * theta[2]

    name = "sigma" if noise == "student_t" else "scale"
    ours = nll([model.intercept_, model.coef_[0], np.log(model.noise_params_[name])])
    others = [optimize.minimize(nll, rng.normal(size=3) * [5, 4, 1]).fun for _ in range(60)]
    assert ours <= min(others) + 1e-6


def test_cauchy_location_with_two_modes_takes_the_higher():
    y = np.array([-5.0, -5.1, -4.9, 5.0, 5.2, 4.8, 5.05])
    model = LikelihoodRegressor("cauchy", fit_intercept=False, noise_params={"scale": 0.5}).fit(
        np.ones((7, 1)), y
    )
    grid = np.linspace(-7, 7, 20001)
    nll = np.log1p(((y[:, None] - grid) / 0.5) ** 2).sum(axis=0)
    assert model.coef_[0] == pytest.approx(grid[np.argmin(nll)], abs=1e-3)


def test_normal_residuals_have_no_student_t_fit():
    # Residuals lighter-tailed than normal: the likelihood rises with nu for ever.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2))
    y = X @ [1.0, 2.0] + rng.uniform(-1, 1, 300)
    with pytest.raises(IdentifiabilityError, match="noise='normal'"):
        LikelihoodRegressor("student_t").fit(X, y)
    assert LikelihoodRegressor("student_t", noise_params={"nu": 5.0}).fit(X, y).score_in_se_ < 1e-6


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("noise", ["normal", "laplace", "huber", "student_t", "cauchy"])
def test_units_of_y_do_not_matter(noise, scale):
    X, y = contaminated()
    base, scaled = LikelihoodRegressor(noise).fit(X, y), LikelihoodRegressor(noise).fit(X, scale * y)
    np.testing.assert_allclose(scaled.coef_ / scale, base.coef_, rtol=1e-7)
    np.testing.assert_allclose(scaled.standard_errors_ / scale, base.standard_errors_, rtol=1e-6)
    np.testing.assert_allclose(
        scaled.log_likelihood_, base.log_likelihood_ - len(y) * np.log(scale), rtol=1e-9
    )


def test_laplace_and_huber_limits():
    # Huber's density tends to the normal as k grows, and its fit to absolute error's as k shrinks.
    X, y = contaminated()
    wide = LikelihoodRegressor("huber", noise_params={"k": 1e3}).fit(X, y)
    np.testing.assert_allclose(wide.coef_, LikelihoodRegressor().fit(X, y).coef_, rtol=1e-8)
    sharp = LikelihoodRegressor("huber", noise_params={"k": 1e-3, "sigma": 1.0}).fit(X, y)
    np.testing.assert_allclose(sharp.coef_, LikelihoodRegressor("laplace").fit(X, y).coef_, atol=2e-3)


@pytest.mark.parametrize(
    "solve",
    [
        lambda A, y: lad(A, y, np.ones(len(y)), l2=np.array([0.0, 3.0, 3.0])),
        lambda A, y: lad(A, y, np.ones(len(y))),
    ],
)
def test_small_samples_of_absolute_error(solve):
    A = np.column_stack([np.ones(3), [0.0, 1.0, 2.0], [1.0, 0.0, 1.0]])
    y = np.array([1.0, 2.0, 4.0])
    b, dual = solve(A, y)
    assert np.all(np.isfinite(b))
    assert np.all(np.abs(dual) <= 1 + 1e-8)


def test_student_t_no_better_than_normal_is_a_runaway(monkeypatch):
    """A stationary point below the limit nu = infinity is not the maximum, however Newton got there."""
    from mlecore import problem

    rng = np.random.default_rng(12)
    X = rng.normal(size=(80, 2))
    y = X @ [1.0, 2.0] + rng.standard_t(3, 80)
    limit = -LikelihoodRegressor().fit(X, y).log_likelihood_
    climb = problem.newton
    for gap, fits in ((-1e-6, True), (1e-6, False)):
        at = limit + gap
        monkeypatch.setattr(problem, "newton", lambda *a, at=at, **k: replace(climb(*a, **k), value=at))
        if fits:
            assert LikelihoodRegressor("student_t").fit(X, y).log_likelihood_ == pytest.approx(-limit - gap)
        else:
            with pytest.raises(IdentifiabilityError, match="nu grows without bound"):
                LikelihoodRegressor("student_t").fit(X, y)


@pytest.mark.parametrize("kind", ["integers", "ties", "continuous", "outlier"])
@pytest.mark.parametrize("l1", [0.0, 0.7])
def test_absolute_error_with_a_ridge_is_certified(kind, l1):
    """Random small problems: a dual that is feasible, stationary, and without a gap proves optimality."""
    rng = np.random.default_rng(["integers", "ties", "continuous", "outlier"].index(kind))
    for _ in range(60):
        n, p = int(rng.integers(5, 80)), int(rng.integers(2, 5))
        X = rng.normal(size=(n, p - 1))
        X = np.round(X) if kind in ("integers", "ties") else X
        A = np.column_stack([np.ones(n), X])
        if np.linalg.matrix_rank(A) < p:
            continue
        y = A @ rng.normal(size=p) + rng.standard_t(2, n)
        y = np.round(y) if kind in ("integers", "ties") else y
        y[0] = 1e8 if kind == "outlier" else y[0]
        w, ridge = rng.integers(1, 4, n) * 1.0, np.r_[0, np.full(p - 1, rng.choice([0.1, 1, 10]))]
        lasso = np.r_[0, np.full(p - 1, l1)]
        b, dual = lad(A, y, w, lasso, ridge)
        assert np.all(np.abs(dual) <= w * (1 + 1e-7))
        pull = A.T @ dual - ridge * b  # what an L1 penalty answers, up to its weight where b is zero
        excess = np.where(b == 0, np.abs(pull) - lasso, np.abs(pull - lasso * np.sign(b)))
        assert np.all(excess <= 1e-7 * (np.abs(A).T @ w))
        gap = w * np.abs(y - A @ b) - dual * (y - A @ b)
        assert np.all(np.abs(gap) <= 1e-7 * w * (np.abs(y) + np.abs(A) @ np.abs(b) + 1))


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
@pytest.mark.parametrize("prior", [(None, None), (None, 1.0), (3.0, None), (3.0, 1.0)])
def test_absolute_error_has_no_units(size, unit, prior):
    """Columns and responses in other units: the same solution, the same zeros."""
    X, y = contaminated(80, 3, 1)
    A, w = np.column_stack([np.ones(80), X]), np.ones(80)
    l1, l2 = (None if s is None else np.r_[0, s * np.array([1, 1, 30])] for s in prior)
    base = lad(A, y, w, l1, l2)[0]
    factor = np.r_[1, size, 1, 1 / size]
    again = None if l1 is None else l1 * factor, None if l2 is None else l2 * factor**2 / unit
    scaled = lad(A * factor, unit * y, w, *again)[0]
    np.testing.assert_allclose(scaled * factor / unit, base, rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(scaled == 0, base == 0)
    assert np.any(base == 0) == (l1 is not None)


@pytest.mark.parametrize("seed", range(4))
def test_absolute_error_with_a_ridge_as_a_regression(seed):
    """Where an outlier or ties once left the active rows unsettled."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 3, (9, 2)) if seed % 2 else rng.normal(size=(9, 2))
    y = X.sum(axis=1) + rng.standard_t(2, 9)
    y[0] = 1e8
    model = LikelihoodRegressor("laplace", NormalPrior(0.3), noise_params={"scale": 1.0}).fit(X, y)

    def objective(b):
        return np.abs(y - b[0] - X @ b[1:]).sum() + b[1:] @ b[1:] / (2 * 0.3**2)

    best = np.append(model.intercept_, model.coef_)
    for size in (1e-5, 1e-2, 1.0):
        for move in size * rng.normal(size=(200, 3)):
            assert objective(best + move) >= objective(best) - 1e-7


def test_lad_with_a_ridge_where_the_dual_is_not_unique():
    """Two rows pass through zero, and the least-norm dual would exceed the small weight."""
    w = np.array([0.1, 2.0, 1.0])
    b, dual = lad(np.ones((3, 1)), np.array([0.0, 0.0, 3.0]), w, l2=np.array([0.5]))
    assert b == pytest.approx([0.0], abs=1e-12)
    assert dual[2] == 1.0
    assert dual.sum() == pytest.approx(0.0, abs=1e-10)
    assert np.all(np.abs(dual) <= w + 1e-12)


def test_laplace_profile_with_a_fixed_scale():
    """The ends lie where the sum of distances, the intercept a median, has grown by scale times cut / 2."""
    x, y = np.arange(41.0)[:, None], np.random.default_rng(5).laplace(2.0, 1.5, 41)
    model = LikelihoodRegressor("laplace", noise_params={"scale": 1.5}).fit(x, y)
    ends = model.confidence_interval(method="profile")
    best = np.abs(y - model.predict(x)).sum()
    for slope in ends[1]:
        rest = y - slope * x[:, 0]
        grown = np.abs(rest - np.median(rest)).sum() - best
        assert 2 * grown / 1.5 == pytest.approx(stats.chi2.ppf(0.95, 1), abs=1e-6)
