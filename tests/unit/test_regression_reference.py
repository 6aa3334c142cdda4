"""Regressions against published figures: NIST, well-known fits in R, and the course's reference tables."""

from pathlib import Path

import mpmath
import numpy as np
import pytest
from sklearn.datasets import make_regression

from mlecore.regression import LikelihoodClassifier, LikelihoodRegressor

DATA = Path(__file__).parent.parent / "data"

# Certified estimates and standard deviations, intercept first: NIST StRD, linear least squares.
CERTIFIED = {
    "filip": (
        [-1467.48961422980, -2772.17959193342, -2316.37108160893, -1127.97394098372, -354.478233703349,
         -75.1242017393757, -10.8753180355343, -1.06221498588947, -0.670191154593408e-01,
         -0.246781078275479e-02, -0.402962525080404e-04],
        [298.084530995537, 559.779865474950, 466.477572127796, 227.204274477751, 71.6478660875927,
         15.2897178747400, 2.23691159816033, 0.221624321934227, 0.142363763154724e-01,
         0.535617408889821e-03, 0.896632837373868e-05],
    ),
    "pontius": (
        [0.673565789473684e-03, 0.732059160401003e-06, -0.316081871345029e-14],
        [0.107938612033077e-03, 0.157817399981659e-09, 0.486652849992036e-16],
    ),
    "longley": (
        [-3482258.63459582, 15.0618722713733, -0.358191792925910e-01, -2.02022980381683, -1.03322686717359,
         -0.511041056535807e-01, 1829.15146461355],
        [890420.383607373, 84.9149257747669, 0.334910077722432e-01, 0.488399681651699, 0.214274163161675,
         0.226073200069370, 455.478499142212],
    ),
}  # fmt: skip


def nist(name):
    table = np.loadtxt(DATA / f"nist_{name}.csv", delimiter=",", skiprows=3)
    y, x = table[:, 0], table[:, 1:]
    return (x if name == "longley" else x ** np.arange(1, len(CERTIFIED[name][0]))), y


def correct_digits(value, reference):
    return -np.log10(np.max(np.abs(value / np.asarray(reference) - 1)))


@pytest.mark.parametrize(("name", "digits"), [("filip", 7), ("pontius", 11), ("longley", 11)])
@pytest.mark.parametrize("in_blocks", [False, True])
def test_nist_certified_values(name, digits, in_blocks):
    X, y = nist(name)
    model = LikelihoodRegressor()
    model.fit([(X[i : i + 9], y[i : i + 9]) for i in range(0, len(y), 9)]) if in_blocks else model.fit(X, y)
    estimates, deviations = CERTIFIED[name]
    assert correct_digits(np.append(model.intercept_, model.coef_), estimates) >= digits
    assert correct_digits(model.standard_errors_, deviations) >= digits


@pytest.mark.parametrize("name", ["pontius", "longley"])
def test_nist_files_hold_the_certified_problem(name):
    # Exact least squares of the stored numbers: a wrong digit in a file would show here.
    X, y = nist(name)
    with mpmath.workdps(60):
        A = mpmath.matrix([[1, *map(mpmath.mpf, row)] for row in X.tolist()])
        exact = mpmath.lu_solve(A.T * A, A.T * mpmath.matrix(y.tolist()))
        assert correct_digits(np.array([float(b) for b in exact]), CERTIFIED[name][0]) > 13


def test_course_table_of_least_squares():
    X, y = make_regression(n_samples=200, n_features=4, noise=8.0, random_state=42)
    model = LikelihoodRegressor().fit(X, y)
    np.testing.assert_allclose(model.noise_params_["sigma"] ** 2, 57.8830, atol=5e-5)
    np.testing.assert_allclose(model.s2_, 59.3671, atol=5e-5)
    np.testing.assert_allclose(model.log_likelihood_, -689.630, atol=5e-4)
    np.testing.assert_allclose(model.intercept_, 1.1517, atol=5e-5)
    np.testing.assert_allclose(model.coef_, [59.6000, 3.5099, 32.7390, 83.3676], atol=5e-5)
    np.testing.assert_allclose(model.standard_errors_, [0.5465, 0.5507, 0.5169, 0.6076, 0.5663], atol=5e-5)
    np.testing.assert_allclose(model.p_values_[0], 0.03510, atol=5e-6)


def test_r_glm_poisson_dobson():
    # R's example(glm): Dobson (1990), p. 93, randomized controlled trial. summary(glm.D93) prints these.
    counts = np.array([18, 17, 15, 20, 10, 20, 25, 13, 12])
    outcome, treatment = np.tile([1, 2, 3], 3), np.repeat([1, 2, 3], 3)
    X = np.column_stack([outcome == 2, outcome == 3, treatment == 2, treatment == 3]).astype(float)
    model = LikelihoodRegressor("poisson").fit(X, counts)
    np.testing.assert_allclose(model.intercept_, 3.045, atol=5e-4)
    np.testing.assert_allclose(model.coef_, [-0.4543, -0.2930, 0, 0], atol=5e-4)
    np.testing.assert_allclose(model.standard_errors_, [0.1709, 0.2022, 0.1927, 0.2000, 0.2000], atol=5e-5)
    np.testing.assert_allclose(model.aic_, 56.76, atol=5e-3)


def test_r_glm_gamma_clotting():
    # McCullagh and Nelder (1989), section 8.4.2, as in R's example(glm), here with a log link: the mean has
    # the closed-form score equations, solved independently below.
    u = np.array([5, 10, 15, 20, 30, 40, 60, 80, 100.0])
    lot1 = np.array([118, 58, 42, 35, 27, 25, 21, 19, 18.0])
    model = LikelihoodRegressor("gamma").fit(np.log(u)[:, None], lot1)
    A = np.column_stack([np.ones(9), np.log(u)])
    mu = np.exp(A @ np.append(model.intercept_, model.coef_))
    np.testing.assert_allclose(A.T @ (lot1 / mu - 1), 0, atol=1e-8)
    shape = model.noise_params_["shape"]
    score = 9 * (np.log(shape) - float(mpmath.digamma(shape))) - np.sum(lot1 / mu - 1 - np.log(lot1 / mu))
    np.testing.assert_allclose(score, 0, atol=1e-9)


def test_p_value_of_a_large_statistic_is_a_survival_function():
    # 2.257e-19 is the two-sided tail at z = 9; one minus the cdf would give 0.
    x = np.tile([-1.0, 1.0], 50)
    model = LikelihoodRegressor(noise_params={"sigma": 1.0}).fit(x[:, None], 0.9 * x)
    np.testing.assert_allclose(model.coef_[0] / model.standard_errors_[1], 9, rtol=1e-12)
    np.testing.assert_allclose(model.p_values_[1], 2.2571768e-19, rtol=1e-6)


def test_logistic_against_an_exact_two_by_two_table():
    # The MLE of a saturated 2 by 2 table is its log odds ratio, and Woolf's variance is the sum of
    # reciprocals.
    a, b, c, d = 13, 7, 5, 15
    x = np.repeat([1, 1, 0, 0], [a, b, c, d])[:, None]
    y = np.repeat([1, 0, 1, 0], [a, b, c, d])
    model = LikelihoodClassifier().fit(x, y)
    np.testing.assert_allclose(model.coef_, [[np.log(a * d / (b * c))]], rtol=1e-12)
    np.testing.assert_allclose(model.standard_errors_[1] ** 2, 1 / a + 1 / b + 1 / c + 1 / d, rtol=1e-10)
