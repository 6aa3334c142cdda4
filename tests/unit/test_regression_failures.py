"""Degenerate data: the right answer, or an error that names the value and the remedy. Never NaN, never
silence.
"""

import warnings

import mpmath
import numpy as np
import pandas as pd
import pytest

from mlecore.errors import ConvergenceError, DataError, IdentifiabilityError
from mlecore.priors import LaplacePrior, NormalPrior
from mlecore.regression import LikelihoodClassifier, LikelihoodRegressor


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
Y = X @ [1.0, -1.0, 0.5] + rng.normal(size=60)
COUNTS = rng.negative_binomial(2, 0.4, 60).astype(float)
LABELS = (Y > 0.5 * rng.normal(size=60)).astype(int)
EVERY = ["normal", "laplace", "huber", "student_t", "cauchy", "poisson", "negative_binomial", "gamma"]


def response(noise):
    return {"poisson": COUNTS, "negative_binomial": COUNTS, "gamma": np.exp(Y)}.get(noise, Y)


def with_column(column):
    return np.column_stack([X, column])


@pytest.mark.parametrize("noise", EVERY)
@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (with_column(X[:, 1]), ["x1", "x3"]),
        (with_column(2 * X[:, 0] - X[:, 2]), ["x0", "x2", "x3"]),
        (with_column(np.zeros(60)), ["x3 is zero"]),
        (with_column(np.full(60, 7.0)), ["x3 is constant"]),
        (with_column(1 - X[:, 0]), ["x0", "x3", "the intercept"]),
        (with_column(1e9 + X[:, 1]) + np.array([0, 1e9, 0, 0]), ["x1", "x3"]),
    ],
)
def test_rank_deficiency_names_the_columns(noise, columns, names):
    with pytest.raises(IdentifiabilityError) as caught:
        LikelihoodRegressor(noise).fit(columns, response(noise))
    for name in names:
        assert name in str(caught.value)
    assert "prior" in str(caught.value)


def test_rank_deficiency_names_pandas_columns_and_classes():
    frame = pd.DataFrame({"age": X[:, 0], "income": X[:, 1], "months": 12 * X[:, 0]})
    with pytest.raises(IdentifiabilityError, match="age, months are linearly dependent"):
        LikelihoodClassifier().fit(frame, LABELS)


@pytest.mark.parametrize("prior", [NormalPrior(1.0), LaplacePrior(1.0)])
@pytest.mark.parametrize("noise", EVERY)
def test_a_prior_identifies_collinear_columns(noise, prior):
    columns = np.column_stack([X, X[:, 1], np.zeros(60)])
    params = {"nu": 4.0} if noise == "student_t" else None
    model = LikelihoodRegressor(noise, prior=prior, noise_params=params).fit(columns, response(noise))
    assert np.all(np.isfinite(model.coef_))
    assert abs(model.coef_[4]) <= (0 if prior.l1 else 1e-20)  # of a column of zeros
    if isinstance(prior, NormalPrior):
        np.testing.assert_allclose(model.coef_[1], model.coef_[3], rtol=1e-6)
        assert np.all(np.isfinite(model.standard_errors_))


@pytest.mark.parametrize("noise", ["normal", "laplace", "cauchy", "poisson"])
@pytest.mark.parametrize("prior", [None, NormalPrior(1.0), LaplacePrior(1.0)])
@pytest.mark.parametrize("size", [1e-150, 1e-90, 1e110])
def test_a_column_of_extreme_size_is_named(noise, prior, size):
    frame = pd.DataFrame({"age": X[:, 0], "mass": X[:, 1] * size})
    with pytest.raises(DataError, match="squares of mass overflow or underflow: rescale it"):
        LikelihoodRegressor(noise, prior).fit(frame, response(noise))


def test_a_response_of_extreme_size_is_named():
    for size in (1e-120, 1e120):
        with pytest.raises(DataError, match="squares of y overflow or underflow"):
            LikelihoodRegressor().fit(X, size * response("normal"))


@pytest.mark.parametrize("n", [2, 4])
def test_absolute_error_with_a_prior_and_few_rows(n):
    """Fewer rows than columns, and columns far from zero: the prior alone makes the problem definite."""
    rng = np.random.default_rng(n)
    design, y = rng.normal(size=(n, 5)) + 1e9 * (n == 4), rng.normal(size=n)
    model = LikelihoodRegressor("laplace", NormalPrior(10.0), noise_params={"scale": 1.0}).fit(design, y)
    assert np.all(np.isfinite(model.coef_))


@pytest.mark.parametrize("noise", EVERY)
def test_a_prior_identifies_a_constant_column(noise):
    """What is left of it after centering is rounding; the prior puts its coefficient at zero."""
    params = {"nu": 4.0} if noise == "student_t" else None
    columns = np.column_stack([X, np.full(60, 3.0)])
    model = LikelihoodRegressor(noise, NormalPrior(1.0), noise_params=params).fit(columns, response(noise))
    without = LikelihoodRegressor(noise, NormalPrior(1.0), noise_params=params).fit(X, response(noise))
    np.testing.assert_allclose(model.coef_, np.append(without.coef_, 0), atol=1e-6)


def test_nearly_collinear_is_fitted():
    # Condition 1e7 after scaling is far from rank deficiency. The reference is exact: statsmodels' own QR
    # standard errors are off by 4e-4 here.
    columns = with_column(X[:, 0] + 1e-7 * np.random.default_rng(5).normal(size=60))
    model = LikelihoodRegressor().fit(columns, Y)
    with mpmath.workdps(50):
        A = mpmath.matrix([[1, *map(mpmath.mpf, row)] for row in columns.tolist()])
        y, inverse = mpmath.matrix(Y.tolist()), (A.T * A) ** -1
        b = inverse * (A.T * y)
        s2 = mpmath.norm(y - A * b) ** 2 / 55
        se = np.array([float(mpmath.sqrt(s2 * inverse[i, i])) for i in range(5)])
        exact = np.array([float(value) for value in b])
    np.testing.assert_allclose(model.standard_errors_, se, rtol=1e-7)
    assert np.max(np.abs(np.append(model.intercept_, model.coef_) - exact) / se) < 1e-7


@pytest.mark.parametrize("noise", ["normal", "laplace", "huber", "student_t", "cauchy", "poisson", "gamma"])
def test_columns_shifted_and_scaled_lose_nothing(noise):
    y = response(noise)
    base = LikelihoodRegressor(noise, noise_params={"nu": 4.0} if noise == "student_t" else None)
    plain = base.fit(X, y)
    coef, se, loglik = plain.coef_, plain.standard_errors_[1:], plain.log_likelihood_
    scale = np.array([1e-6, 1e6, 1.0])
    moved = base.fit(X * scale + np.array([0, 0, 1e9]), y)
    # A column stored around 1e9 has kept only seven digits of its own.
    np.testing.assert_allclose(moved.coef_ * scale, coef, atol=3e-6 * se.max())
    np.testing.assert_allclose(moved.standard_errors_[1:] * scale, se, rtol=1e-5)
    np.testing.assert_allclose(moved.log_likelihood_, loglik, rtol=1e-6)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([-3, -2, -1, 1, 2, 3.0], [0, 0, 0, 1, 1, 1]),
        ([-3, -2, -1, 0, 0, 1, 2.0], [0, 0, 0, 0, 1, 1, 1]),
        ([0, 0, 0, 0, 1, 1.0], [0, 1, 0, 1, 1, 1]),
        ([-3e4, -2e4, -1e4, 1e4, 2e4, 3e4], [0, 0, 0, 1, 1, 1]),
        ([1e-6, 2e-6, 3e-6, 4e-6], [0, 0, 1, 1]),
    ],
)
def test_separation_names_the_direction_and_the_remedy(x, y):
    column = np.array(x)[:, None]
    with pytest.raises(IdentifiabilityError, match=r"separation: .*x0.*prior=NormalPrior"):
        LikelihoodClassifier().fit(column, y)
    model = LikelihoodClassifier(prior=NormalPrior(2.5)).fit(column, y)
    assert np.isfinite(model.coef_).all()
    assert np.isfinite(model.standard_errors_).all()


def test_separation_direction_is_right():
    # Only x2 separates; the direction must be along it and say nothing of the others' finite estimates.
    labels = (X[:, 2] > 0).astype(int)
    with pytest.raises(IdentifiabilityError) as caught:
        LikelihoodClassifier().fit(X, labels)
    assert "+1·x2" in str(caught.value)


def test_one_separated_class_of_three():
    labels = np.where(X[:, 0] > 0.8, 2, LABELS)
    with pytest.raises(IdentifiabilityError, match="separation"):
        LikelihoodClassifier().fit(X, labels)
    assert LikelihoodClassifier(NormalPrior(1.0)).fit(X, labels).score_in_se_ < 1e-6


@pytest.mark.parametrize("noise", ["poisson", "negative_binomial"])
def test_a_group_without_counts_is_separation_too(noise):
    group = (np.arange(60) % 4 == 0).astype(float)
    with pytest.raises(IdentifiabilityError, match=r"separation: .*-1·x3"):
        LikelihoodRegressor(noise).fit(with_column(group), np.where(group == 1, 0, COUNTS))


@pytest.mark.parametrize("prior", [None, NormalPrior(1.0)])
def test_no_counts_at_all(prior):
    with pytest.raises(IdentifiabilityError, match="every count is zero"):
        LikelihoodRegressor("poisson", prior=prior).fit(X, np.zeros(60))


def test_extreme_predictors_without_separation():
    # Peers' log-likelihood is -inf here: probabilities underflow, and only a stable form keeps the constants.
    x = np.concatenate([[-1e4, 1e4], rng.normal(size=40)])[:, None]
    y = np.concatenate([[0, 1], (x[2:, 0] + rng.logistic(size=40) > 0)]).astype(int)
    model = LikelihoodClassifier().fit(x, y)
    inner = LikelihoodClassifier().fit(x[2:], y[2:])
    np.testing.assert_allclose(model.coef_, inner.coef_, rtol=1e-6)
    assert np.isfinite(model.log_likelihood_)
    assert np.all(np.isfinite(model.predict_log_proba(x)))
    wrong = LikelihoodClassifier().fit(x, np.concatenate([[1], y[1:]]))
    assert np.isfinite(wrong.log_likelihood_)
    assert wrong.score_in_se_ < 1e-6


@pytest.mark.parametrize("noise", ["normal", "laplace", "huber", "student_t", "cauchy", "gamma"])
@pytest.mark.parametrize("prior", [None, NormalPrior(1.0)])
def test_perfect_fit_has_no_noise_scale(noise, prior):
    line = 1 + X @ [1.0, -1.0, 0.5]
    y = np.exp(line) if noise == "gamma" else line
    with pytest.raises(IdentifiabilityError, match="noise_params"):
        LikelihoodRegressor(noise, prior=prior).fit(X, y)


def test_perfect_fit_with_a_known_scale():
    y = 1 + X @ [1.0, -1.0, 0.5]
    for noise, params in [
        ("normal", {"sigma": 1.0}),
        ("laplace", {"scale": 1.0}),
        ("student_t", {"nu": 4.0, "sigma": 1.0}),
    ]:
        model = LikelihoodRegressor(noise, noise_params=params).fit(X, y)
        np.testing.assert_allclose(model.coef_, [1.0, -1.0, 0.5], rtol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("noise", EVERY)
def test_tiny_samples_never_return_nonsense(noise, n):
    model = LikelihoodRegressor(noise)
    try:
        model.fit(X[:n, :1], response(noise)[:n])
        values = np.concatenate([model.coef_, [model.log_likelihood_], *model.covariance_])
    except (IdentifiabilityError, ConvergenceError):
        return
    else:
        assert np.all(np.isfinite(values))


def test_more_columns_than_rows_says_so():
    with pytest.raises(IdentifiabilityError, match="n_samples = 3 cannot identify 4"):
        LikelihoodRegressor().fit(X[:3], Y[:3])


def test_no_residual_degrees_of_freedom():
    with pytest.raises(IdentifiabilityError, match="perfect fit"):
        LikelihoodRegressor().fit(X[:4], Y[:4])
    assert LikelihoodRegressor(noise_params={"sigma": 1.0}).fit(X[:4], Y[:4]).standard_errors_.shape == (4,)


@pytest.mark.parametrize(
    "y", [np.tile([4.0, 5.0, 6.0], 20), np.full(60, 5.0), np.random.default_rng(1).binomial(20, 0.5, 60)]
)
def test_underdispersed_counts_point_to_poisson(y):
    with pytest.raises(IdentifiabilityError, match="noise='poisson'"):
        LikelihoodRegressor("negative_binomial").fit(X, y)


def test_negative_binomial_with_tiny_overdispersion():
    # alpha near 1e-4: differences of log-gammas lose every digit, the rising factorial loses none.
    local = np.random.default_rng(11)
    x = local.normal(size=(3000, 1))
    mean = np.exp(3 + 0.1 * x[:, 0])
    y = local.poisson(local.gamma(1 / 1e-3, 1e-3 * mean)).astype(float)
    model = LikelihoodRegressor("negative_binomial").fit(x, y)
    assert model.score_in_se_ < 1e-6
    assert 1e-5 < model.noise_params_["alpha"] < 1e-2


@pytest.mark.parametrize(
    ("noise", "bad", "match"),
    [
        ("poisson", -1.0, r"y\[7\] = -1.0 is outside the support of poisson noise: y >= 0"),
        ("negative_binomial", -2.0, r"y\[7\] = -2"),
        ("gamma", 0.0, r"y\[7\] = 0.0 is outside the support of gamma noise: y > 0"),
        ("normal", np.nan, "NaN"),
        ("normal", np.inf, "infinity"),
    ],
)
def test_values_outside_the_support_are_named(noise, bad, match):
    y = np.abs(Y) + 1
    y[7] = bad
    with pytest.raises(DataError, match=match):
        LikelihoodRegressor(noise).fit(X, y)


@pytest.mark.parametrize(
    ("fit", "match"),
    [
        (lambda: LikelihoodRegressor().fit(X[:, 0], Y), "2D array"),
        (lambda: LikelihoodRegressor().fit(X, Y[:5]), "inconsistent numbers of samples"),
        (lambda: LikelihoodRegressor().fit(X[:0], Y[:0]), "0 sample"),
        (lambda: LikelihoodRegressor("gaussian").fit(X, Y), "noise must be one of normal"),
        (lambda: LikelihoodRegressor("bernoulli").fit(X, LABELS), "LikelihoodClassifier"),
        (lambda: LikelihoodRegressor(noise_params={"nu": 3.0}).fit(X, Y), "no parameter 'nu'"),
        (lambda: LikelihoodRegressor(noise_params={"sigma": 0.0}).fit(X, Y), "positive"),
        (lambda: LikelihoodRegressor().fit(np.where(X > 2, np.inf, X), Y), "infinity"),
        (lambda: LikelihoodRegressor().fit(1e200 * X, Y), "overflow"),
        (lambda: LikelihoodClassifier().fit(X, np.zeros(60, int)), "one class"),
        (lambda: LikelihoodClassifier().fit(X, Y), "continuous"),
        (lambda: LikelihoodRegressor().fit(X, Y, sample_weight=np.zeros(60)), "weight"),
        (lambda: LikelihoodRegressor().fit(X, Y, sample_weight=-np.ones(60)), "[Nn]egative"),
        (lambda: LikelihoodRegressor().fit([], None), "."),
        (lambda: LikelihoodRegressor().fit([(X, Y[:3])]), "block"),
        (lambda: LikelihoodRegressor().fit([(X, Y), (X[:, :2], Y)]), r"expected \(rows, 3\)"),
        (lambda: LikelihoodRegressor().fit([(np.where(X > 2, np.nan, X), Y)]), "block of X holds NaN"),
        (lambda: LikelihoodRegressor().fit(block for block in [(X, Y)]), "callable"),
    ],
)
def test_bad_arguments_name_the_remedy(fit, match):
    with pytest.raises(ValueError, match=match):
        fit()


@pytest.mark.parametrize(
    "convert",
    [
        lambda X, y: (X.astype(np.float32), y.astype(np.float32)),
        lambda X, y: (X.tolist(), y.tolist()),
        lambda X, y: (pd.DataFrame(X, columns=list("abc")), pd.Series(y)),
        lambda X, y: (np.asfortranarray(X), y),
        lambda X, y: (X[::-1][::-1], y),
    ],
)
def test_kinds_of_input(convert):
    model = LikelihoodRegressor().fit(*convert(X, Y))
    np.testing.assert_allclose(model.coef_, LikelihoodRegressor().fit(X, Y).coef_, rtol=2e-6)
    assert model.coef_.dtype == np.float64


def test_integer_input():
    whole = np.round(3 * X).astype(int)
    np.testing.assert_array_equal(
        LikelihoodRegressor("poisson").fit(whole, COUNTS.astype(int)).coef_,
        LikelihoodRegressor("poisson").fit(whole.astype(float), COUNTS).coef_,
    )


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_gamma_and_poisson_in_other_units(scale):
    for noise in ("gamma", "poisson"):
        y = response(noise)
        base, scaled = LikelihoodRegressor(noise).fit(X, y), LikelihoodRegressor(noise).fit(X, scale * y)
        np.testing.assert_allclose(scaled.coef_, base.coef_, rtol=1e-6)
        np.testing.assert_allclose(scaled.intercept_, base.intercept_ + np.log(scale), rtol=1e-7)


def test_huge_and_tiny_gamma_shapes():
    local = np.random.default_rng(3)
    for shape in (1e-2, 1e8):
        y = local.gamma(shape, 1 / shape, 500)
        model = LikelihoodRegressor("gamma").fit(local.normal(size=(500, 1)), np.maximum(y, 1e-300))
        assert model.noise_params_["shape"] == pytest.approx(shape, rel=0.3)
        assert model.score_in_se_ < 1e-6


@pytest.mark.parametrize("count", [1e5, 1e9, 1e15])
def test_counts_of_any_size(count):
    y = np.round(count * np.exp(0.3 * X[:, 0]))
    model = LikelihoodRegressor("poisson").fit(X, y)
    assert model.intercept_ == pytest.approx(np.log(count), abs=1e-4)
    assert np.isfinite(model.log_likelihood_)


@pytest.mark.parametrize("noise", ["normal", "laplace", "huber", "student_t", "cauchy"])
@pytest.mark.parametrize("far", [-1e6, 1e9])
def test_a_response_far_from_zero(noise, far):
    """y + 1e9 keeps seven decimals of y: the fit, its profile and its score are those of y to that many."""
    y = X @ [1.0, -0.5, 0.2] + np.random.default_rng(4).standard_t(3, len(X))
    near, moved = (LikelihoodRegressor(noise).fit(X, v) for v in (y, y + far))
    assert moved.coef_ == pytest.approx(near.coef_, abs=1e-6)
    assert moved.intercept_ - far == pytest.approx(near.intercept_, abs=1e-6)
    assert moved.score(X, y + far) == pytest.approx(near.score(X, y), abs=1e-6)
    for method in ("wald", "profile"):
        wanted, got = near.confidence_interval(method=method), moved.confidence_interval(method=method)
        np.testing.assert_allclose(got - np.append(far, np.zeros(X.shape[1]))[:, None], wanted, atol=1e-5)
