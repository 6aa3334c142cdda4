"""Priors: densities, conversions to scikit-learn's strengths, and equal coefficients where the objectives
are equal.
"""

import warnings

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from sklearn.datasets import make_regression
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression, PoissonRegressor, Ridge

from mlecore.errors import ConvergenceError, DataError, IdentifiabilityError
from mlecore.priors import ElasticNetPrior, LaplacePrior, NormalPrior, from_sklearn, to_sklearn
from mlecore.regression import LikelihoodClassifier, LikelihoodRegressor

SIGMA, N = 3.0, 120


def linear_data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 8)) @ np.diag([1, 2, 0.5, 1, 1, 3, 1, 1])
    return X, 2 + X @ [1.5, 0, -2, 0, 0, 0.7, 0, 0.1] + rng.normal(0, SIGMA, N)


@pytest.mark.parametrize(
    ("prior", "reference"),
    [
        (NormalPrior(0.7), lambda w: stats.norm.logpdf(w, 0, 0.7)),
        (LaplacePrior(0.7), lambda w: stats.laplace.logpdf(w, 0, 0.7)),
    ],
)
def test_log_prob_agrees_with_scipy(prior, reference):
    w = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(prior.log_prob(w), reference(w), rtol=1e-13)


@pytest.mark.parametrize(
    "prior", [NormalPrior(2.0), LaplacePrior(0.3), ElasticNetPrior(1.5, 0.4), ElasticNetPrior(0.1, 5)]
)
def test_prior_is_a_density_whose_slope_is_the_penalty(prior):
    total = 2 * quad(lambda w: np.exp(prior.log_prob(w)), 0, np.inf, epsabs=1e-13)[0]
    assert total == pytest.approx(1, abs=1e-10)
    w, h = 0.37, 1e-6
    slope = (prior.log_prob(w + h) - prior.log_prob(w - h)) / (2 * h)
    assert slope == pytest.approx(-(prior.l1 + prior.l2 * w), rel=1e-7)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.inf, np.nan, [1.0, 0.0]])
def test_scales_must_be_positive(bad):
    for make in (
        NormalPrior,
        LaplacePrior,
        lambda s: ElasticNetPrior(s, 1.0),
        lambda s: ElasticNetPrior(1.0, s),
    ):
        with pytest.raises(DataError, match="scale"):
            make(bad)


# The conversion table of the course, written out.
TABLE = [
    ("Ridge", NormalPrior(2.0), {"alpha": SIGMA**2 / 4}),
    ("Lasso", LaplacePrior(2.0), {"alpha": SIGMA**2 / (N * 2)}),
    (
        "ElasticNet",
        ElasticNetPrior(2.0, 0.5),
        {
            "alpha": SIGMA**2 / (N * 0.5) + SIGMA**2 / (N * 4),
            "l1_ratio": (1 / 0.5) / (1 / 0.5 + 1 / 4),
        },
    ),
    ("LogisticRegression", NormalPrior(2.0), {"C": 4.0, "l1_ratio": 0.0}),
    ("LogisticRegression", LaplacePrior(2.0), {"C": 2.0, "l1_ratio": 1.0}),
    ("PoissonRegressor", NormalPrior(2.0), {"alpha": 1 / (N * 4)}),
]


@pytest.mark.parametrize(("estimator", "prior", "expected"), TABLE)
def test_conversion_table_both_ways(estimator, prior, expected):
    arguments = to_sklearn(prior, estimator, n=N, sigma=SIGMA)
    assert arguments == pytest.approx(expected, rel=1e-12)
    back = from_sklearn(estimator, n=N, sigma=SIGMA, **arguments)
    assert type(back) is type(prior)
    w = np.array([-1.0, 0.3])
    np.testing.assert_allclose(back.log_prob(w), prior.log_prob(w), rtol=1e-12)


def test_no_penalty_is_a_flat_prior():
    assert from_sklearn("Ridge", alpha=0.0, sigma=1.0) is None


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: to_sklearn(NormalPrior(1.0), "Ridge"), "sigma"),
        (lambda: to_sklearn(LaplacePrior(1.0), "Lasso", sigma=1.0), "n="),
        (lambda: to_sklearn(LaplacePrior(1.0), "Ridge", sigma=1.0), "no penalty for"),
        (lambda: to_sklearn(ElasticNetPrior(1.0, 1.0), "PoissonRegressor", n=5), "no penalty for"),
        (lambda: to_sklearn(NormalPrior(1.0), "SVC"), "SVC"),
        (lambda: from_sklearn("Ridge", alpha=-1.0, sigma=1.0), "negative"),
        (lambda: from_sklearn("Ridge", alpha=1.0, sigma=0.0), "sigma"),
    ],
)
def test_conversion_errors(call, match):
    with pytest.raises(DataError, match=match):
        call()


def same_coefficients(model, peer, rtol=1e-8):
    scale = np.abs(peer.coef_).max()
    np.testing.assert_allclose(model.coef_, peer.coef_, rtol=rtol, atol=rtol * scale)
    np.testing.assert_allclose(model.intercept_, peer.intercept_, rtol=rtol, atol=rtol * scale)


@pytest.mark.parametrize(
    ("prior", "peer"),
    [
        (NormalPrior(0.8), lambda p: Ridge(**to_sklearn(p, "Ridge", sigma=SIGMA), solver="cholesky")),
        (
            LaplacePrior(0.05),
            lambda p: Lasso(**to_sklearn(p, "Lasso", n=N, sigma=SIGMA), tol=1e-15, max_iter=10**6),
        ),
        (
            ElasticNetPrior(0.5, 0.1),
            lambda p: ElasticNet(**to_sklearn(p, "ElasticNet", n=N, sigma=SIGMA), tol=1e-15, max_iter=10**6),
        ),
    ],
)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_map_equals_scikit_learn_for_normal_noise(prior, peer, fit_intercept):
    X, y = linear_data()
    model = LikelihoodRegressor(prior=prior, noise_params={"sigma": SIGMA}, fit_intercept=fit_intercept).fit(
        X, y
    )
    expected = peer(prior).set_params(fit_intercept=fit_intercept).fit(X, y)
    same_coefficients(model, expected)
    np.testing.assert_array_equal(model.coef_ == 0, expected.coef_ == 0)
    if prior.l1:
        assert np.any(model.coef_ == 0)
        assert np.any(model.coef_ != 0)


def test_map_equals_scikit_learn_for_more_columns_than_rows():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(30, 60))
    y = X[:, :3] @ [3.0, -2.0, 1.0] + rng.normal(size=30)
    for prior, peer in [
        (NormalPrior(0.5), Ridge(**to_sklearn(NormalPrior(0.5), "Ridge", sigma=1.0))),
        (
            LaplacePrior(0.1),
            Lasso(**to_sklearn(LaplacePrior(0.1), "Lasso", n=30, sigma=1.0), tol=1e-15, max_iter=10**6),
        ),
    ]:
        model = LikelihoodRegressor(prior=prior, noise_params={"sigma": 1.0}).fit(X, y)
        same_coefficients(model, peer.fit(X, y))


def poisson_data():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(N, 4))
    return X, rng.poisson(np.exp(0.5 + X @ [0.5, -0.2, 0.0, 0.1])).astype(float)


def test_map_equals_scikit_learn_for_poisson_noise():
    X, y = poisson_data()
    prior = NormalPrior(0.3)
    model = LikelihoodRegressor("poisson", prior=prior).fit(X, y)
    arguments = to_sklearn(prior, "PoissonRegressor", n=N)
    same_coefficients(model, PoissonRegressor(**arguments, solver="newton-cholesky", tol=1e-12).fit(X, y))


@pytest.mark.parametrize("classes", [2, 3])
def test_map_equals_scikit_learn_for_classes(classes):
    rng = np.random.default_rng(3)
    X = rng.normal(size=(N, 4))
    y = np.argmax(X[:, :classes] + rng.gumbel(size=(N, classes)), axis=1)
    prior = NormalPrior(0.7)
    model = LikelihoodClassifier(prior).fit(X, y)
    arguments = to_sklearn(prior, "LogisticRegression")
    peer = LogisticRegression(**arguments, solver="newton-cholesky", tol=1e-13).fit(X, y)
    same_coefficients(model, peer)
    np.testing.assert_allclose(model.predict_proba(X), peer.predict_proba(X), rtol=1e-8)


def kkt(gradient, coef, l1, l2, scale):
    """Largest violation of the subgradient conditions of NLL + l1 |w| + l2 w²/2, relative to the gradient's
    scale.
    """
    pull = gradient + l2 * coef
    on = np.abs(pull + l1 * np.sign(coef))[coef != 0]
    off = np.maximum(np.abs(pull) - l1, 0)[coef == 0]
    return np.max(np.append(on, off)) / scale


@pytest.mark.parametrize("prior", [LaplacePrior(0.15), ElasticNetPrior(1.0, 0.2)])
@pytest.mark.parametrize("classes", [2, 3])
def test_l1_logistic_satisfies_the_subgradient_conditions(prior, classes):
    rng = np.random.default_rng(4)
    X = rng.normal(size=(N, 6))
    y = np.argmax(X[:, :classes] + rng.gumbel(size=(N, classes)), axis=1)
    model = LikelihoodClassifier(prior).fit(X, y)
    p = model.predict_proba(X)
    truth = np.eye(classes)[y]
    gradient = (p - truth).T @ X if classes > 2 else (p - truth)[:, 1:].T @ X
    assert kkt(gradient.ravel(), model.coef_.ravel(), prior.l1, prior.l2, N) < 1e-10
    np.testing.assert_allclose((p - truth).sum(axis=0), 0, atol=1e-8)
    assert np.any(model.coef_ == 0)
    assert np.any(model.coef_ != 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arguments = to_sklearn(prior, "LogisticRegression")
        peer = LogisticRegression(**arguments, solver="saga", tol=1e-10, max_iter=10**5).fit(X, y)
    np.testing.assert_allclose(model.coef_, peer.coef_, atol=1e-5)


@pytest.mark.parametrize("noise", ["poisson", "gamma", "negative_binomial", "huber", "student_t", "normal"])
@pytest.mark.parametrize("prior", [LaplacePrior(0.05), ElasticNetPrior(0.5, 0.05), NormalPrior(0.2)])
def test_every_noise_takes_every_prior(noise, prior):
    X, y = poisson_data()
    y = y + 0.5 if noise == "gamma" else y
    if noise == "negative_binomial":
        y = (
            np.random.default_rng(0)
            .negative_binomial(1, 1 / (1 + np.exp(0.5 + X @ [0.5, -0.2, 0, 0.1])))
            .astype(float)
        )
    model = LikelihoodRegressor(
        noise, prior=prior, noise_params={"nu": 4.0} if noise == "student_t" else None
    ).fit(X, y)
    held = LikelihoodRegressor(noise, noise_params=model.noise_params_).fit(X, y)
    _, gradient, _ = held._objective(np.append(model.intercept_, model.coef_))
    assert abs(gradient[0]) < 1e-6 * N
    assert kkt(gradient[1:], model.coef_, prior.l1, prior.l2, N) < 1e-8
    assert (model.coef_ == 0).any() == bool(prior.l1)
    # The shape parameter, too, is at its maximum given the coefficients: a refit from scratch cannot do
    # better.
    assert (
        model.log_likelihood_
        <= LikelihoodRegressor(noise, noise_params={"nu": 4.0} if noise == "student_t" else None)
        .fit(X, y)
        .log_likelihood_
    )


@pytest.mark.parametrize("prior", [NormalPrior(0.2), LaplacePrior(0.05), ElasticNetPrior(0.3, 0.05)])
def test_absolute_error_with_a_prior_is_optimal(prior):
    # The objective is convex for a fixed scale: no random move in any direction may lower it.
    X, y = linear_data()
    model = LikelihoodRegressor("laplace", prior=prior, noise_params={"scale": 2.0}).fit(X, y)

    def objective(b):
        w = b[1:]
        return np.abs(y - b[0] - X @ w).sum() / 2 + np.sum(prior.l1 * np.abs(w) + prior.l2 * w**2 / 2)

    best = np.append(model.intercept_, model.coef_)
    rng = np.random.default_rng(0)
    for size in (1e-7, 1e-4, 1e-1):
        for move in size * rng.normal(size=(200, best.size)):
            assert objective(best + move) >= objective(best) - 1e-10
    if prior.l1:
        assert np.any(model.coef_ == 0)
    free = LikelihoodRegressor("laplace", prior=prior).fit(X, y)
    residual = y - free.predict(X)
    np.testing.assert_allclose(free.noise_params_["scale"], np.abs(residual).mean(), rtol=1e-10)


@pytest.mark.parametrize("noise", ["normal", "huber", "poisson", "negative_binomial", "laplace"])
def test_a_strong_l1_prior_leaves_nothing(noise):
    """Every coefficient is exactly zero, also without an intercept, when no coefficient is left at all."""
    X, y = linear_data()
    y = np.round(np.abs(y)) if noise in ("poisson", "negative_binomial") else y
    fixed = {"normal": {"sigma": 50.0}, "huber": {"sigma": 50.0}, "negative_binomial": {"alpha": 0.5}}
    model = LikelihoodRegressor(
        noise, LaplacePrior(1e-9), fit_intercept=False, noise_params=fixed.get(noise)
    ).fit(X, y)
    np.testing.assert_array_equal(model.coef_, 0)


def test_sweeps_that_settle_nothing_are_an_error(monkeypatch):
    X, y = linear_data()
    monkeypatch.setattr("mlecore.solvers.SWEEPS", 2)
    with pytest.raises(ConvergenceError, match="no zeros settled in 2 sweeps: standardize or drop columns"):
        LikelihoodRegressor(prior=LaplacePrior(1.0), noise_params={"sigma": SIGMA}).fit(X, y)


def test_one_scale_per_column():
    X, y = linear_data()
    scales = np.array([0.1, 1, 1, 1, 1, 1, 1, 5.0])
    model = LikelihoodRegressor(prior=NormalPrior(scales), noise_params={"sigma": SIGMA}).fit(X, y)
    A = np.column_stack([np.ones(N), X])
    expected = np.linalg.solve(A.T @ A / SIGMA**2 + np.diag(np.append(0, 1 / scales**2)), A.T @ y / SIGMA**2)
    np.testing.assert_allclose(np.append(model.intercept_, model.coef_), expected, rtol=1e-10)
    posterior = np.linalg.inv(A.T @ A / SIGMA**2 + np.diag(np.append(0, 1 / scales**2)))
    np.testing.assert_allclose(model.covariance_, posterior, rtol=1e-9)
    with pytest.raises(DataError, match=r"shape \(8,\), X has 3 columns"):
        LikelihoodRegressor(prior=NormalPrior(scales)).fit(X[:, :3], y)


@pytest.mark.parametrize("shift", [0.0, 1e7])
def test_posterior_ignores_where_the_columns_are_centered(shift):
    X, y = linear_data()
    at_zero = LikelihoodRegressor(prior=NormalPrior(0.5), noise_params={"sigma": SIGMA}).fit(X, y)
    moved = LikelihoodRegressor(prior=NormalPrior(0.5), noise_params={"sigma": SIGMA}).fit(X + shift, y)
    np.testing.assert_allclose(moved.coef_, at_zero.coef_, rtol=1e-6)
    np.testing.assert_allclose(moved.standard_errors_[1:], at_zero.standard_errors_[1:], rtol=1e-6)


def test_unknown_sigma_with_a_prior_is_the_joint_maximum():
    X, y = linear_data()
    model = LikelihoodRegressor(prior=NormalPrior(0.3)).fit(X, y)
    residual = y - model.predict(X)
    sigma2 = model.noise_params_["sigma"] ** 2
    np.testing.assert_allclose(sigma2, np.mean(residual**2), rtol=1e-8)
    np.testing.assert_allclose(X.T @ residual / sigma2, model.coef_ / 0.3**2, atol=1e-7)
    np.testing.assert_allclose(model.s2_, residual @ residual / (N - 9), rtol=1e-8)
    A = np.column_stack([np.ones(N), X])
    precision = A.T @ A / model.s2_ + np.diag(np.append(0, np.full(8, 1 / 0.3**2)))
    np.testing.assert_allclose(model.covariance_, np.linalg.inv(precision), rtol=1e-7)


def test_prior_cannot_supply_an_unknown_sigma():
    X = np.random.default_rng(0).normal(size=(5, 8))
    with pytest.raises(IdentifiabilityError, match="fix it"):
        LikelihoodRegressor(prior=NormalPrior(1.0)).fit(X, X[:, 0])
    with pytest.raises(DataError, match="has a prior"):
        LikelihoodRegressor(prior=NormalPrior(1.0), noise_params={"sigma": 1.0}).fit(
            X, X[:, 0]
        ).confidence_interval(method="profile")
    with pytest.raises(DataError, match="prior must be"):
        LikelihoodRegressor(prior=1.0).fit(X, X[:, 0])


def test_course_figures_of_ridge_and_lasso():
    X, y = make_regression(n_samples=150, n_features=20, n_informative=5, noise=10, random_state=42)
    ols = LikelihoodRegressor().fit(X, y)
    sigma = 10.0
    ridge_prior = from_sklearn("Ridge", alpha=50.0, sigma=sigma)
    lasso_prior = from_sklearn("Lasso", alpha=50 / 300, n=150, sigma=sigma)
    ridge, lasso = (
        LikelihoodRegressor(prior=p, noise_params={"sigma": sigma}).fit(X, y)
        for p in (ridge_prior, lasso_prior)
    )
    np.testing.assert_allclose(ols.coef_[:3], [25.1994, 43.7552, -0.4252], atol=5e-5)
    np.testing.assert_allclose(ridge.coef_[:3], [19.9801, 32.7389, 2.0551], atol=5e-5)
    # The course's figures are those of scikit-learn's Lasso at its default tolerance, 1e-4 of the dual gap;
    # its optimum differs from them in the third decimal.
    loose, tight = (Lasso(alpha=50 / 300, tol=tol, max_iter=10**6).fit(X, y) for tol in (1e-4, 1e-15))
    np.testing.assert_allclose(loose.coef_[:3], [24.9699, 43.6585, -0.2325], atol=5e-5)
    np.testing.assert_allclose(lasso.coef_, tight.coef_, rtol=1e-8)
    np.testing.assert_allclose(np.linalg.norm(ridge.coef_), 118.0873, atol=5e-5)
    np.testing.assert_allclose(np.linalg.norm(ols.coef_), 167.2236, atol=5e-5)
    assert np.count_nonzero(lasso.coef_ == 0) == 1
