"""Estimates, standard errors, likelihoods and intervals against statsmodels, SciPy and simulation-free
identities.
"""

import re
import warnings

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, stats
from scipy.integrate import quad
from sklearn.exceptions import NotFittedError
from sklearn.metrics import d2_absolute_error_score, d2_tweedie_score

from mlecore.errors import DataError, IdentifiabilityError
from mlecore.noise import NOISES
from mlecore.priors import LaplacePrior, NormalPrior
from mlecore.regression import LikelihoodClassifier, LikelihoodRegressor

NOISE_NAMES = ["normal", "laplace", "huber", "student_t", "cauchy", "poisson", "negative_binomial", "gamma"]


def make(noise, n=400, seed=0):
    """X (n, 3) and y of the noise model; the location has coefficients (0.4, 0.5, -0.3, 0.2)."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    eta = 0.4 + X @ [0.5, -0.3, 0.2]
    y = {
        "normal": lambda: rng.normal(eta, 1.5),
        "laplace": lambda: rng.laplace(eta, 1.5),
        "huber": lambda: eta + rng.standard_t(3, n),
        "student_t": lambda: eta + 1.5 * rng.standard_t(4, n),
        "cauchy": lambda: eta + rng.standard_cauchy(n),
        "poisson": lambda: rng.poisson(np.exp(eta)).astype(float),
        "negative_binomial": lambda: rng.negative_binomial(2, 2 / (2 + np.exp(eta))).astype(float),
        "gamma": lambda: rng.gamma(2.5, np.exp(eta) / 2.5),
        "bernoulli": lambda: (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int),
        "categorical": lambda: np.argmax(np.outer(eta, [0, 1, -1]) + rng.gumbel(size=(n, 3)), axis=1),
    }[noise]()
    return X, y


def estimates(model):
    return np.append(model.intercept_, model.coef_)


def log_density(noise, y, eta, params):
    """Log density from SciPy; Huber's from its definition with a numerically integrated normalizer."""
    if noise == "huber":
        k = params["k"]

        def rho(z):
            return np.where(np.abs(z) <= k, z * z / 2, k * np.abs(z) - k * k / 2)

        body = quad(lambda z: np.exp(-z * z / 2), 0, k)[0]
        tail = quad(lambda z: np.exp(-k * z + k * k / 2), k, np.inf)[0]
        return -rho((y - eta) / params["sigma"]) - np.log(params["sigma"] * 2 * (body + tail))
    mu = np.exp(eta) if noise in ("poisson", "negative_binomial", "gamma") else eta
    return {
        "normal": lambda: stats.norm.logpdf(y, mu, params["sigma"]),
        "laplace": lambda: stats.laplace.logpdf(y, mu, params["scale"]),
        "student_t": lambda: stats.t.logpdf(y, params["nu"], mu, params["sigma"]),
        "cauchy": lambda: stats.cauchy.logpdf(y, mu, params["scale"]),
        "poisson": lambda: stats.poisson.logpmf(y, mu),
        "negative_binomial": lambda: stats.nbinom.logpmf(
            y, 1 / params["alpha"], 1 / (1 + params["alpha"] * mu)
        ),
        "gamma": lambda: stats.gamma.logpdf(y, params["shape"], scale=mu / params["shape"]),
    }[noise]()


@pytest.mark.parametrize("noise", NOISE_NAMES)
def test_log_likelihood_keeps_every_constant(noise):
    X, y = make(noise)
    model = LikelihoodRegressor(noise).fit(X, y)
    eta = model.intercept_ + X @ model.coef_
    expected = log_density(noise, y, eta, model.noise_params_).sum()
    np.testing.assert_allclose(model.log_likelihood_, expected, rtol=1e-12)
    free = len(NOISES[noise].shape) - len(NOISES[noise].fixed)
    np.testing.assert_allclose(model.aic_, 2 * (4 + free) - 2 * expected, rtol=1e-12)
    np.testing.assert_allclose(model.bic_, np.log(400) * (4 + free) - 2 * expected, rtol=1e-12)


@pytest.mark.parametrize("noise", NOISE_NAMES)
def test_no_neighbor_is_more_likely(noise):
    X, y = make(noise, n=150, seed=1)
    model = LikelihoodRegressor(noise).fit(X, y)
    names = [name for name in model.noise_params_ if name != "k"]
    spread = np.append(model.standard_errors_, np.full(len(names), 0.1))
    rng = np.random.default_rng(0)
    for size in (1e-4, 1e-2, 0.3):
        for _ in range(60):
            move = size * rng.normal(size=spread.size) * spread
            params = dict(model.noise_params_)
            for name, log_step in zip(names, move[4:], strict=True):
                params[name] *= np.exp(log_step)
            eta = model.intercept_ + move[0] + X @ (model.coef_ + move[1:4])
            assert log_density(noise, y, eta, params).sum() <= model.log_likelihood_ + 1e-9


@pytest.mark.parametrize("noise", [n for n in NOISE_NAMES if n != "laplace"])
def test_score_is_zero_and_information_is_its_slope(noise):
    # Central differences of SciPy's density: independent of every derivative in the package.
    X, y = make(noise, n=120, seed=2)
    model = LikelihoodRegressor(noise).fit(X, y)
    assert model.score_in_se_ < 1e-6
    names = [name for name in model.noise_params_ if name != "k"]
    theta = np.append(estimates(model), np.log([model.noise_params_[name] for name in names]))

    def total(theta):
        params = {**model.noise_params_, **dict(zip(names, np.exp(theta[4:]), strict=True))}
        return log_density(noise, y, theta[0] + X @ theta[1:4], params).sum()

    h, k = 1e-4, theta.size
    hessian = np.empty((k, k))
    for i in range(k):
        for j in range(k):
            e, f = h * np.eye(k)[i], h * np.eye(k)[j]
            terms = total(theta + e + f) - total(theta + e - f) - total(theta - e + f) + total(theta - e - f)
            hessian[i, j] = terms / (4 * h * h)
    if noise == "normal":
        covariance = np.linalg.inv(-hessian)[:4, :4] * 120 / 116
    else:
        covariance = np.linalg.inv(-hessian)[:4, :4]
    # Huber's curvature jumps where a residual crosses k, so a difference over 1e-4 sees a few of them.
    tolerance = 0.02 if noise == "huber" else 2e-4
    np.testing.assert_allclose(model.covariance_, covariance, rtol=tolerance, atol=tolerance * 1e-2)


def statsmodels_fit(noise, X, y, weights=None):
    A = sm.add_constant(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if noise == "normal":
            return sm.OLS(y, A).fit()
        if noise == "poisson":
            return sm.GLM(y, A, sm.families.Poisson()).fit(tol=1e-14)
        if noise == "negative_binomial":
            start = sm.NegativeBinomial(y, A).fit(disp=0, maxiter=500)
            return sm.NegativeBinomial(y, A).fit(
                start_params=start.params, method="newton", disp=0, tol=1e-14
            )
        if noise == "bernoulli":
            return sm.Logit(y, A).fit(disp=0, method="newton", tol=1e-14)
        return sm.MNLogit(y, A).fit(disp=0, method="newton", tol=1e-14)


@pytest.mark.parametrize("noise", ["normal", "poisson", "negative_binomial", "bernoulli"])
def test_agrees_with_statsmodels(noise):
    X, y = make(noise, seed=3)
    model = (LikelihoodClassifier() if noise == "bernoulli" else LikelihoodRegressor(noise)).fit(X, y)
    peer = statsmodels_fit(noise, X, y)
    close = {"rtol": 1e-6 if noise == "negative_binomial" else 1e-9}
    np.testing.assert_allclose(estimates(model), peer.params[:4], **close)
    np.testing.assert_allclose(model.standard_errors_, peer.bse[:4], **close)
    np.testing.assert_allclose(model.covariance_, np.asarray(peer.cov_params())[:4, :4], rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(model.log_likelihood_, peer.llf, rtol=1e-10)
    if noise == "normal":
        np.testing.assert_allclose(model.confidence_interval(method="t"), peer.conf_int(), rtol=1e-9)
    else:
        np.testing.assert_allclose(model.p_values_, peer.pvalues[:4], rtol=1e-4)
        np.testing.assert_allclose(
            model.confidence_interval(0.9), np.asarray(peer.conf_int(0.1))[:4], rtol=1e-5
        )


@pytest.mark.parametrize(
    ("noise", "kind"),
    [(noise, kind) for noise in ("normal", "poisson") for kind in ("HC0", "HC1", "HC2", "HC3")]
    + [("bernoulli", "HC0"), ("bernoulli", "HC1"), ("negative_binomial", "HC0")],
)
def test_robust_covariance_agrees_with_statsmodels(noise, kind):
    X, y = make(noise, seed=4)
    model = (LikelihoodClassifier() if noise == "bernoulli" else LikelihoodRegressor(noise)).fit(X, y)
    A = sm.add_constant(X)
    if noise == "poisson" and kind in ("HC2", "HC3"):  # statsmodels has these for least squares only
        mu = np.exp(A @ estimates(model))
        bread = np.linalg.inv(A.T @ (mu[:, None] * A))
        leverage = mu * np.einsum("ij,jk,ik->i", A, bread, A)
        score = (y - mu)[:, None] * A / (1 - leverage[:, None]) ** (1 if kind == "HC3" else 0.5)
        expected = bread @ score.T @ score @ bread
    elif noise == "negative_binomial":
        start = statsmodels_fit(noise, X, y).params
        peer = sm.NegativeBinomial(y, A).fit(start_params=start, method="newton", disp=0, cov_type=kind)
        expected = np.asarray(peer.cov_params())[:4, :4]
    else:
        peers = {"normal": sm.OLS, "bernoulli": sm.Logit, "poisson": sm.Poisson}
        options = {} if noise == "normal" else {"disp": 0, "method": "newton", "tol": 1e-12}
        # statsmodels' discrete models take HC1 for HC0; the factor n / (n - p) is MacKinnon and White's.
        corrected = kind == "HC1" and noise != "normal"
        peer = peers[noise](y, A).fit(cov_type="HC0" if corrected else kind, **options)
        expected = np.asarray(peer.cov_params()) * (400 / 396 if corrected else 1)
    np.testing.assert_allclose(model.robust_covariance(kind), expected, rtol=1e-5, atol=1e-9)


def test_robust_covariance_of_classes_agrees_with_statsmodels():
    X, y = make("categorical", seed=4)
    model = LikelihoodClassifier().fit(X, y)
    peer = sm.MNLogit(y, sm.add_constant(X)).fit(disp=0, method="newton", tol=1e-12, cov_type="HC0")
    difference = np.kron(np.array([[-1, 1, 0], [-1, 0, 1.0]]), np.eye(4))
    contrast = difference @ model.robust_covariance("HC0") @ difference.T
    np.testing.assert_allclose(contrast, np.asarray(peer.cov_params()), rtol=1e-6, atol=1e-10)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_classes_agree_with_statsmodels_up_to_the_reference(fit_intercept):
    X, y = make("categorical", seed=5)
    model = LikelihoodClassifier(fit_intercept=fit_intercept).fit(X, y)
    A = sm.add_constant(X) if fit_intercept else X
    peer = sm.MNLogit(y, A).fit(disp=0, method="newton", tol=1e-14)
    full = np.column_stack([model.intercept_, model.coef_]) if fit_intercept else model.coef_
    np.testing.assert_allclose(full.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose((full[1:] - full[0]).T, peer.params, rtol=1e-8)
    k = A.shape[1]
    difference = np.kron(np.array([[-1, 1, 0], [-1, 0, 1.0]]), np.eye(k))
    np.testing.assert_allclose(
        difference @ model.covariance_ @ difference.T, np.asarray(peer.cov_params()), rtol=1e-7, atol=1e-10
    )
    assert model.standard_errors_.shape == (3, k)
    assert np.linalg.matrix_rank(model.covariance_, tol=1e-10) == 2 * k
    np.testing.assert_allclose(model.log_likelihood_, peer.llf, rtol=1e-12)
    np.testing.assert_allclose(model.aic_, 4 * k - 2 * peer.llf, rtol=1e-12)
    np.testing.assert_allclose(model.predict_proba(X), peer.predict(A), rtol=1e-7)


def test_labels_of_classes_may_be_strings():
    X, y = make("categorical", seed=5)
    named = LikelihoodClassifier().fit(X, np.array(["ash", "birch", "cedar"])[y])
    np.testing.assert_array_equal(named.coef_, LikelihoodClassifier().fit(X, y).coef_)
    assert set(named.predict(X)) <= {"ash", "birch", "cedar"}
    assert "intercept [birch]" in str(named.summary())


@pytest.mark.parametrize("noise", [*NOISE_NAMES, "bernoulli", "categorical"])
def test_weights_are_frequencies(noise):
    X, y = make(noise, n=90, seed=6)
    w = np.random.default_rng(0).integers(0, 4, len(y))
    model = LikelihoodClassifier() if noise in ("bernoulli", "categorical") else LikelihoodRegressor(noise)
    weighted = model.fit(X, y, sample_weight=w)
    results = [weighted.coef_, weighted.covariance_, weighted.log_likelihood_, weighted.bic_]
    results.append(weighted.robust_covariance("HC1") if noise != "laplace" else 0)
    if noise in ("normal", "poisson"):
        results.append(weighted.robust_covariance("HC3"))
    repeated = model.fit(np.repeat(X, w, axis=0), np.repeat(y, w))
    expected = [repeated.coef_, repeated.covariance_, repeated.log_likelihood_, repeated.bic_]
    expected.append(repeated.robust_covariance("HC1") if noise != "laplace" else 0)
    if noise in ("normal", "poisson"):
        expected.append(repeated.robust_covariance("HC3"))
    for a, b in zip(results, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("noise", "fixed"),
    [
        ("normal", {"sigma": 2.0}),
        ("laplace", {"scale": 0.7}),
        ("huber", {"sigma": 1.1, "k": 2.0}),
        ("student_t", {"nu": 4.0}),
        ("student_t", {"nu": 3.0, "sigma": 1.2}),
        ("cauchy", {"scale": 1.3}),
        ("negative_binomial", {"alpha": 0.5}),
        ("gamma", {"shape": 1.0}),
    ],
)
def test_fixed_noise_parameters_stay_and_the_rest_is_optimal(noise, fixed):
    X, y = make(noise, n=150, seed=7)
    model = LikelihoodRegressor(noise, noise_params=fixed).fit(X, y)
    assert {name: model.noise_params_[name] for name in fixed} == pytest.approx(fixed, rel=1e-14)
    names = [name for name in model.noise_params_ if name not in {**NOISES[noise].fixed, **fixed}]
    start = np.append(estimates(model), np.log([model.noise_params_[name] for name in names]))

    def nll(theta):
        params = {**model.noise_params_, **dict(zip(names, np.exp(theta[4:]), strict=True))}
        return -log_density(noise, y, theta[0] + X @ theta[1:4], params).sum()

    options = {"xatol": 1e-8, "fatol": 1e-11, "maxiter": 6000}
    polished = optimize.minimize(nll, start + 0.01, method="Nelder-Mead", options=options)
    assert -model.log_likelihood_ <= polished.fun + 1e-9
    np.testing.assert_allclose(
        model.bic_, np.log(150) * (4 + len(names)) - 2 * model.log_likelihood_, rtol=1e-12
    )


def test_information_of_a_fixed_sigma():
    X, y = make("normal")
    model = LikelihoodRegressor(noise_params={"sigma": 2.0}).fit(X, y)
    A = sm.add_constant(X)
    np.testing.assert_allclose(model.covariance_, 4 * np.linalg.inv(A.T @ A), rtol=1e-10)
    np.testing.assert_allclose(
        model.confidence_interval(method="profile"), model.confidence_interval(), rtol=1e-10
    )
    with pytest.raises(DataError, match="unknown sigma"):
        model.confidence_interval(method="t")


def test_laplace_covariance_is_the_expected_information():
    X, y = make("laplace")
    model = LikelihoodRegressor("laplace").fit(X, y)
    A = sm.add_constant(X)
    b = np.mean(np.abs(y - A @ estimates(model)))
    np.testing.assert_allclose(model.noise_params_["scale"], b, rtol=1e-12)
    np.testing.assert_allclose(model.covariance_, b**2 * np.linalg.inv(A.T @ A), rtol=1e-10)


PROFILED = ["normal", "poisson", "negative_binomial", "gamma", "student_t", "laplace", "bernoulli"]


@pytest.mark.parametrize("noise", PROFILED)
def test_profile_interval_ends_lie_on_the_cut(noise):
    # Hold one coefficient at the end found, refit the others without it (as an offset), compare likelihoods.
    X, y = make(noise, n=80, seed=8)
    model = (LikelihoodClassifier() if noise == "bernoulli" else LikelihoodRegressor(noise)).fit(X, y)
    cut = stats.chi2.ppf(0.95, 1) / 2
    names = [n for n in getattr(model, "noise_params_", {})]
    center = np.append(estimates(model), np.log([model.noise_params_[n] for n in names]))
    j = 2

    def nll(rest, value):
        theta = np.insert(rest, j, value)
        eta = theta[0] + X @ theta[1:4]
        if noise == "bernoulli":
            return np.sum(np.logaddexp(0, eta) - y * eta)
        return -log_density(noise, y, eta, dict(zip(names, np.exp(theta[4:]), strict=True))).sum()

    ends = model.confidence_interval(method="profile")[j]
    assert ends[0] < center[j] < ends[1]
    for end in ends:
        rest = np.delete(center, j)
        precise = {"Nelder-Mead": {"xatol": 1e-9, "fatol": 1e-12, "maxfev": 20000}, "Powell": {"ftol": 1e-14}}
        for method in ("Nelder-Mead", "Powell") * 2 + ("Nelder-Mead",):
            found = optimize.minimize(nll, rest, args=(end,), method=method, options=precise[method])
            rest = found.x
        np.testing.assert_allclose(found.fun + model.log_likelihood_, cut, atol=2e-6)


def test_profile_ends_far_from_the_estimate():
    # Almost separated, at a level whose cut is far away: strides of the search must be shortened on the way.
    x = np.array([-3, -2, -1, 0, 0.1, 0.2, 1, 2, 3.0])[:, None]
    y = np.array([0, 0, 0, 0, 1, 0, 1, 1, 1])
    model = LikelihoodClassifier().fit(x, y)
    low, high = model.confidence_interval(1 - 1e-8, method="profile")[1]

    def deviance(slope):
        def nll(intercept):
            eta = intercept + slope * x[:, 0]
            return np.sum(np.logaddexp(0, eta) - y * eta)

        best = optimize.minimize_scalar(
            nll, bounds=(-slope - 9, slope + 9) if slope > 0 else (-9, 9), method="bounded"
        )
        return 2 * (best.fun + model.log_likelihood_)

    cut = stats.chi2.ppf(1 - 1e-8, 1)
    np.testing.assert_allclose([deviance(low), deviance(high)], cut, rtol=1e-6)
    assert high > 100


def test_profile_of_a_logistic_slope_is_that_of_its_table():
    # Saturated 2 by 2 table: the profile of the log odds ratio, by a one-dimensional search on its own
    # formula.
    a, b, c, d = 13, 7, 5, 15
    x = np.repeat([1, 1, 0, 0], [a, b, c, d])[:, None]
    model = LikelihoodClassifier().fit(x, np.repeat([1, 0, 1, 0], [a, b, c, d]))

    def deviance(slope):
        def nll(intercept):
            eta = np.array([intercept + slope, intercept])
            return np.sum(np.array([a + b, c + d]) * np.logaddexp(0, eta)) - a * eta[0] - c * eta[1]

        return 2 * (optimize.minimize_scalar(nll, bracket=(-3, 3), tol=1e-12).fun + model.log_likelihood_)

    cut = stats.chi2.ppf(0.95, 1)
    center = model.coef_[0, 0]
    expected = [
        optimize.brentq(lambda s: deviance(s) - cut, center - 5, center, xtol=1e-12),
        optimize.brentq(lambda s: deviance(s) - cut, center, center + 5, xtol=1e-12),
    ]
    np.testing.assert_allclose(model.confidence_interval(method="profile")[1], expected, atol=1e-8)


@pytest.mark.parametrize(
    ("noise", "score"),
    [
        ("poisson", lambda y, m: d2_tweedie_score(y, m, power=1)),
        ("gamma", lambda y, m: d2_tweedie_score(y, m, power=2)),
        ("laplace", d2_absolute_error_score),
    ],
)
def test_score_is_the_share_of_deviance_explained(noise, score):
    X, y = make(noise, n=201, seed=9)
    model = LikelihoodRegressor(noise).fit(X, y)
    np.testing.assert_allclose(model.score(X, y), score(y, model.predict(X)), rtol=1e-10)


def test_score_of_negative_binomial_is_its_own_deviance():
    X, y = make("negative_binomial", seed=9)
    model = LikelihoodRegressor("negative_binomial").fit(X, y)
    family = sm.families.NegativeBinomial(alpha=model.noise_params_["alpha"])
    null = family.deviance(y, np.full(len(y), y.mean()))
    np.testing.assert_allclose(model.score(X, y), 1 - family.deviance(y, model.predict(X)) / null, rtol=1e-10)


def test_summary_names_what_it_shows():
    X, y = make("normal")
    text = str(LikelihoodRegressor().fit(X, y).summary())
    assert "std. error" in text
    assert "intercept" in text
    assert "log-likelihood" in text
    assert "÷ n−p" in text
    assert "<table" in LikelihoodRegressor().fit(X, y).summary()._repr_html_()
    assert re.search(r"prior +flat", text)
    with_prior = str(LikelihoodRegressor(prior=NormalPrior(1.0)).fit(X, y).summary())
    assert "posterior sd" in with_prior
    assert re.search(r"prior +NormalPrior\(scale=1.0\)", with_prior)
    assert "Exact zeros" in str(LikelihoodRegressor(prior=LaplacePrior(1.0)).fit(X, y).summary())


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda m: m.confidence_interval(1.5), DataError, "level"),
        (lambda m: m.confidence_interval(method="bootstrap"), DataError, "'wald', 't' or 'profile'"),
        (lambda m: m.robust_covariance("HC4"), DataError, "HC4"),
    ],
)
def test_arguments_of_inference_are_checked(call, error, match):
    X, y = make("normal")
    with pytest.raises(error, match=match):
        call(LikelihoodRegressor().fit(X, y))


@pytest.mark.parametrize(
    "ask", [lambda m: m.standard_errors_, lambda m: m.confidence_interval(), lambda m: m.robust_covariance()]
)
def test_no_standard_errors_under_a_corner(ask):
    X, y = make("poisson")
    model = LikelihoodRegressor("poisson", prior=LaplacePrior(0.1)).fit(X, y)
    with pytest.raises(IdentifiabilityError, match="LaplacePrior"):
        ask(model)
    assert model.score_in_se_ < 1e-6


def test_refusals_of_inference():
    X, y = make("student_t")
    model = LikelihoodRegressor("student_t").fit(X, y)
    with pytest.raises(DataError, match="kind must be HC0"):
        model.robust_covariance("HC4")
    with pytest.raises(DataError, match="HC3 needs the leverage"):
        model.robust_covariance("HC3")
    with pytest.raises(IdentifiabilityError, match="second derivative"):
        LikelihoodRegressor("laplace").fit(X, y).robust_covariance()
    with pytest.raises(IdentifiabilityError, match="no degrees of freedom beside 4"):
        _ = LikelihoodRegressor().fit(X, y, sample_weight=np.full(len(y), 1e-3)).standard_errors_
    with pytest.raises(DataError, match="s2_ belongs to normal noise, not student_t"):
        _ = model.s2_


def test_residuals_of_a_rank_deficient_design_under_a_prior():
    """What starts the noise scale: the least-squares residuals, however many columns repeat."""
    X, y = make("normal")
    both = np.column_stack([X, X[:, 0]])
    model = LikelihoodRegressor(prior=NormalPrior(2.0)).fit(both, y)
    A = np.column_stack([np.ones(len(y)), X])
    rss = np.linalg.lstsq(A, y, rcond=None)[1][0]
    assert model._design.rss == pytest.approx(rss, rel=1e-8)


@pytest.mark.parametrize(
    "name", ["covariance_", "standard_errors_", "p_values_", "score_in_se_", "aic_", "bic_", "s2_",
             "confidence_interval", "robust_covariance", "summary"])
def test_nothing_is_said_before_a_fit(name):
    model = LikelihoodRegressor()
    with pytest.raises(NotFittedError):
        getattr(model, name)()
