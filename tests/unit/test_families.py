"""Every family against SciPy, mpmath and the identities of likelihood theory, over one list of members."""

from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from family_cases import (
    DISCRETE,
    MEMBERS,
    ORDINARY,
    QUANTILES,
    REFERENCE,
    SCIPY,
    SURVIVAL,
    exact,
    exact_derivatives,
    name,
    points,
)
from scipy import integrate

import mlecore as mle
from mlecore import special
from mlecore.families import FAMILIES
from mlecore.families.base import add_up

every_member = pytest.mark.parametrize("member", MEMBERS, ids=name)
every_family = pytest.mark.parametrize("member", ORDINARY, ids=name)


def test_every_family_has_a_row():
    """A new family adds its rows to family_cases.py, as CONTRIBUTING.md says."""
    assert set(FAMILIES) == set(REFERENCE) == set(SCIPY) == {type(d).__name__ for d in ORDINARY}
    assert {n for n, family in FAMILIES.items() if family._log_survival} == set(SURVIVAL)


@every_family
def test_log_prob_equals_scipy(member):
    y = points(member)
    frozen = SCIPY[type(member).__name__](member)
    reference = frozen.logpmf(y) if hasattr(frozen, "logpmf") else frozen.logpdf(y)
    np.testing.assert_allclose(member.log_prob(y), reference, rtol=1e-12, atol=1e-12)


@every_member
def test_log_prob_equals_mpmath_far_out_too(member):
    y = points(member)
    reference = np.array([float(v) for v in exact(REFERENCE[type(member).__name__], member, y)])
    # What no formula can recover: the rounding of y itself, seen through the slope of the density.
    h = np.maximum(np.spacing(np.abs(y)), 1e-300)
    slope = np.zeros_like(y)
    if type(member).__name__ not in DISCRETE:
        moved = np.array([float(v) for v in exact(REFERENCE[type(member).__name__], member, y + h)])
        slope = np.abs(moved - reference)
    np.testing.assert_array_less(
        np.abs(member.log_prob(y) - reference), 1e-12 * (1 + np.abs(reference)) + 2 * slope
    )


@pytest.mark.parametrize("member", [d for d in MEMBERS if type(d) is not mle.Laplace], ids=name)
@pytest.mark.parametrize("order", [1, 2])
def test_derivatives_equal_mpmath(member, order):
    """Score and Hessian kernels to 1e-10 of their size; of their typical size where they cross zero."""
    y = points(member)
    if type(member).__name__ == "NegativeBinomial":
        y = y[y < 1e5]
    reference = exact_derivatives(REFERENCE[type(member).__name__], member, y, order)
    kernel = member._score(y) if order == 1 else member._hessian(y)
    ours = np.stack(np.broadcast_arrays(y, *kernel)[1:], axis=-1)
    scale = np.abs(reference) + 1e-3 * np.median(np.abs(reference), axis=0)
    np.testing.assert_array_less(np.abs(ours - reference), 1e-10 * scale + 1e-300)
    if order == 1:
        np.testing.assert_array_equal(member.score(y), ours)


@every_family
@pytest.mark.parametrize("weighted", [False, True])
def test_totals_are_sums_of_the_kernels(member, weighted):
    """Also where a family adds up a few products instead of an array per entry."""
    y = points(member)[::3]
    w = np.linspace(0.5, 3.0, y.size) if weighted or type(member) is mle.Laplace else None
    kernels = member._log_prob, member._score, member._hessian
    for got, wanted in zip(member._totals((y,), w), add_up(*kernels, (y,), w), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-11)


def test_laplace_derivatives_away_from_the_kink():
    d, y = mle.Laplace(1.0, 1.7), np.array([-3.0, 0.5, 1.5, 9.0])
    wanted = exact_derivatives(REFERENCE["Laplace"], d, y, 1)
    np.testing.assert_allclose(np.stack(d._score(y), axis=-1), wanted, rtol=1e-10, atol=1e-15)
    assert d.score(1.0)[0] == 0.0


@pytest.mark.parametrize("family", sorted(SURVIVAL))
def test_survival_and_its_derivatives_equal_mpmath(family):
    for member in (d for d in MEMBERS if type(d).__name__ == family and abs(d.theta[0]) < 1e8):
        y = points(member)
        reference = [float(v) for v in exact(SURVIVAL[family], member, y)]
        np.testing.assert_allclose(member.log_survival(y), reference, rtol=1e-11, atol=1e-15)
        for order, kernel in ((1, member._survival_score(y)), (2, member._survival_hessian(y))):
            wanted = exact_derivatives(SURVIVAL[family], member, y, order)
            ours = np.stack(np.broadcast_arrays(y, *kernel)[1:], axis=-1)
            scale = np.abs(wanted) + 1e-3 * np.median(np.abs(wanted), axis=0)
            np.testing.assert_array_less(
                np.abs(ours - wanted), 1e-9 * scale + 1e-12 * np.abs(wanted).max() + 1e-300
            )


def expectation(member, function):
    """E[function(Y)]: a sum over the support, or quadrature between quantiles."""
    frozen = SCIPY[type(member).__name__](member)
    if type(member).__name__ in DISCRETE:
        y = np.arange(
            frozen.support()[0], min(frozen.support()[1], frozen.mean() + 400 * frozen.std() + 60) + 1
        )
        return np.tensordot(frozen.pmf(y), function(y), axes=1)
    cuts = np.unique([frozen.support()[0], *frozen.ppf(QUANTILES), frozen.support()[1]])
    return sum(
        integrate.quad_vec(
            lambda y: frozen.pdf(y) * function(np.array([y]))[0], a, b, epsabs=1e-11, epsrel=1e-11, limit=2000
        )[0]
        for a, b in pairwise(cuts)
    )


@every_family
def test_information_identities(member):
    """The score has mean 0; its variance and (except at a kink) the mean curvature are the information."""
    information = member.fisher_information()
    k = member.theta.size
    scale = np.sqrt(np.outer(information.diagonal(), information.diagonal()))
    mean = expectation(member, member.score)
    assert np.all(np.abs(mean) < 1e-8 * np.sqrt(information.diagonal()))
    square = expectation(member, lambda y: member.score(y)[..., :, None] * member.score(y)[..., None, :])
    np.testing.assert_array_less(np.abs(square - information), 1e-7 * scale)
    def lower(y):
        return np.stack(np.broadcast_arrays(y, *member._hessian(y))[1:], axis=-1)

    curvature = expectation(member, lower)
    np.testing.assert_array_less(
        np.abs(curvature + information[np.tril_indices(k)]), 1e-7 * scale[np.tril_indices(k)]
    )


@pytest.mark.parametrize("alpha", [1e-6, 1e-3, 0.3, 20.0])
def test_negative_binomial_information_over_alpha(alpha):
    """The documented sum, against the variance of the score, down to the Poisson limit."""
    d = mle.NegativeBinomial(6.0, alpha)
    variance = expectation(d, lambda y: d.score(y) ** 2)
    np.testing.assert_allclose(d.fisher_information().diagonal(), variance, rtol=1e-6)


def test_rising_factorial_beyond_the_table(monkeypatch):
    """Euler-Maclaurin takes over where the table ends, without a seam; the log-gammas agree."""
    y, alpha = np.array([3.0, 500.0, 801.0, 5000.0]), 0.02
    exact_sums = special.rising_factorial(y, alpha)
    monkeypatch.setattr("mlecore.special.TABLE", 800)
    np.testing.assert_allclose(special.rising_factorial(y, alpha), exact_sums, rtol=1e-12)
    between = special.rising_factorial(np.append(y, 0.5), alpha)[:, :-1]
    np.testing.assert_allclose(between, exact_sums, rtol=1e-9)
    assert special.rising_factorial(801.0, alpha).shape == (3,)


@every_family
def test_samples_follow_the_distribution(member):
    """Mean score within five standard errors of 0, and every draw inside the support."""
    y = member.sample(20_000, np.random.default_rng(7))
    assert y.shape == (20_000,)
    z = member.score(y).mean(axis=0) / np.sqrt(member.fisher_information().diagonal() / y.size)
    assert np.all(np.abs(z) < 5)
    assert np.all(np.isfinite(member.log_prob(y)))
    assert member.sample((3, 4), np.random.default_rng(1)).shape == (3, 4)


@every_family
def test_outside_the_support(member):
    outside = np.array([member.support.low - 1, 0.5 if member.support.integer else np.inf, np.nan])
    got = member.log_prob(outside)
    assert got[0] == -np.inf or member.support.low == -np.inf
    assert got[1] == -np.inf
    assert np.isnan(got[2])
    assert np.all(np.isnan(member.score(np.inf)))


@pytest.mark.parametrize(
    ("member", "y", "expected"),
    [
        (mle.Gamma(1.0, 2.0), 0.0, -np.log(2.0)),
        (mle.Gamma(2.0, 2.0), 0.0, -np.inf),
        (mle.Gamma(0.5, 2.0), 0.0, np.inf),
        (mle.Weibull(1.0, 2.0), 0.0, -np.log(2.0)),
        (mle.Weibull(0.5, 2.0), 0.0, np.inf),
        (mle.Beta(1.0, 2.0), 0.0, np.log(2.0)),
        (mle.Beta(2.0, 1.0), 1.0, np.log(2.0)),
        (mle.Beta(2.0, 0.5), 1.0, np.inf),
        (mle.Bernoulli(0.0), 0.0, 0.0),
        (mle.Bernoulli(0.0), 1.0, -np.inf),
        (mle.Poisson(0.0), 0.0, 0.0),
        (mle.Poisson(0.0), 2.0, -np.inf),
        (mle.Categorical([0.4, 0.6]), 2.0, -np.inf),
    ],
    ids=lambda v: name(v) if hasattr(v, "parameters") else str(v),
)
def test_log_prob_at_the_edge(member, y, expected):
    np.testing.assert_allclose(member.log_prob(y), expected, rtol=1e-12)


@every_family
def test_a_member_is_an_immutable_value(member):
    again = type(member)(**{n: getattr(member, n) for n in member.parameters})
    assert again == member
    assert hash(again) == hash(member)
    assert member != mle.Normal(0.0, 9.0)
    first = next(iter(member.parameters))
    with pytest.raises(AttributeError, match="immutable"):
        setattr(member, first, 0.5)
    assert eval(repr(member), {**vars(mle), type(member).__name__: type(member), "array": np.array}) == member


@pytest.mark.parametrize(
    ("family", "values", "message"),
    [
        ("Normal", {"mu": 0.0, "sigma": 0.0}, "sigma must be finite and positive, got 0.0"),
        ("Normal", {"mu": np.nan, "sigma": 1.0}, "mu must be a finite number, got nan"),
        ("Normal", {"mu": [1.0, 2.0], "sigma": 1.0}, r"mu must be .* shape \(2,\)"),
        ("Normal", {"mu": "a", "sigma": 1.0}, "mu must be a finite number, got 'a'"),
        ("Bernoulli", {"p": 1.2}, "p must be between 0 and 1, got 1.2"),
        ("Poisson", {"rate": -1}, "rate must be finite and not negative, got -1"),
        ("Categorical", {"p": [0.2, 0.2]}, "sum of 0.4"),
        ("Categorical", {"p": 0.2}, "a vector of probabilities"),
    ],
)
def test_bad_parameters_are_named(family, values, message):
    with pytest.raises(mle.DataError, match=message):
        FAMILIES[family](**values)


def test_log_survival_is_refused_where_there_is_none():
    with pytest.raises(
        mle.DataError, match=r"Gamma takes no censored data here; Exponential, Normal, Weibull"
    ):
        mle.Gamma(1.0, 1.0).log_survival(1.0)


@pytest.mark.parametrize("x", [-0.999, -0.1, -1e-9, 0.0, 1e-12, 0.0999, 0.1001, 3.0])
def test_log1pmx(x):
    from mlecore.special import log1pmx, log_curvature

    exact_value = mp.log(1 + mp.mpf(x)) - mp.mpf(x)
    np.testing.assert_allclose(float(log1pmx(x)), float(exact_value), rtol=3e-14)
    if x >= 0:
        np.testing.assert_allclose(
            float(log_curvature(x)),
            float(x * (2 + mp.mpf(x)) / (1 + mp.mpf(x)) - 2 * mp.log(1 + mp.mpf(x))),
            rtol=1e-12,
        )


@pytest.mark.parametrize("x", [0.3, 5.0, 15.99, 16.01, 400.0, 1e9])
def test_stirling_and_digamma_remainders(x):
    from mlecore.special import log_minus_digamma, stirling_error

    big = mp.mpf(x)
    stirling = mp.loggamma(big + 1) - (big + 0.5) * mp.log(big) + big - mp.log(2 * mp.pi) / 2
    np.testing.assert_allclose(float(stirling_error(x)), float(stirling), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(float(log_minus_digamma(x)), float(mp.log(big) - mp.digamma(big)), rtol=1e-13)


@pytest.mark.parametrize("nu", [0.5, 29.9, 30.1, 1e4, 1e8])
def test_student_constant(nu):
    from mlecore.special import student_constant

    def constant(v):
        return mp.loggamma((v + 1) / 2) - mp.loggamma(v / 2) - mp.log(v / 2) / 2

    for order, value in enumerate(student_constant(nu)):
        np.testing.assert_allclose(value, float(mp.diff(constant, mp.mpf(nu), order)), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("family", [mle.NegativeBinomial, mle.Categorical])
def test_tallying_by_counting_and_by_sorting(family):
    y, w = np.array([5.0, 900.0, 5.0, 2.0]), np.array([1.0, 2.0, 0.5, 4.0])
    for weights, wanted in ((None, [1, 2, 1]), (w, [4, 1.5, 2])):
        (values,), counts = family.pool(y, weights)
        np.testing.assert_array_equal(values, [2, 5, 900])
        np.testing.assert_array_equal(counts, wanted)
    (values,), counts = mle.NegativeBinomial.pool(np.where(y == 900, 1e9, y), w)
    np.testing.assert_array_equal([values, counts], [[2, 5, 1e9], [4, 1.5, 2]])
