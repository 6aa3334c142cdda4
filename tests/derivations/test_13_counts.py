"""Checks of the labelled equations of chapter 13."""

import itertools

import mpmath as mp
import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from tests.derivations._check import (
    Fn,
    Operator,
    average,
    by_hand,
    column,
    derivatives,
    double,
    equivalent,
    symbol,
)

# Design with its column of ones, counts, weights.
CASES = [
    (np.array([[1, 0.3], [1, -1.2], [1, 1.5], [1, 0.9], [1, -0.4]]), [2, 0, 5, 4, 1], [0.7, 0.6]),
    (np.array([[1, 0.4, -0.7], [1, 1.9, 0.2], [1, -0.8, 1.4], [1, 0.1, 2.2], [1, -1.6, -0.3]]),
     [1, 3, 0, 2, 0], [0.2, 0.8, -0.3]),
]
SHAPES = [(3, 2.3, 1.7), (5, 0.6, 0.45)]  # count, mean, k = 1 / alpha


def rows(X):
    return [column(row) for row in X.tolist()]


def means(X, w):
    return [mp.exp(mp.fsum(a * b for a, b in zip(row, w, strict=True))) for row in X.tolist()]


def filling(X, V):
    return sum((v * x * x.T for x, v in zip(rows(X), V, strict=True)), mp.zeros(X.shape[1]))


def poisson(mu, top=70):
    """[(probability, count), …], cut where nothing is left at 30 digits."""
    mu = mp.mpf(mu)
    return [(mp.exp(-mu) * mu**y / mp.factorial(y), y) for y in range(top)]


def negative_binomial(y, mu, k):
    """By its rising factorial, so that it exists for every k whose product is positive."""
    rising = mp.fprod(k + j for j in range(int(y)))
    return rising / mp.factorial(y) * (k / (k + mu)) ** k * (mu / (k + mu)) ** y


def loglik(X, y):
    """The probability of every count, multiplied."""
    def ell(w):
        terms = zip(means(X, w), y, strict=True)
        return mp.log(mp.fprod(mp.exp(-m) * m**v / mp.factorial(v) for m, v in terms))

    return ell


def regression(X, y, w):
    mu = means(X, w)
    return {"X": X, "y": y, "n": len(y), "W": mp.diag(mu), r"\eta": [mp.log(m) for m in mu], r"\mu": mu,
            r"\mathbf{y}": column(y), r"\boldsymbol\mu": column(mu), r"\mathbf{w}": column(w),
            r"\ell": loglik(X, y), r"\mathbf{x}": rows(X)}


def test_eq_count_loglik(eq):
    r"""\ell(\mathbf{w}) = \sum_{i=1}^{n} \bigl(y_i\,\eta_i - e^{\eta_i} - \log y_i!\bigr)"""
    for X, y, w in CASES:
        whole = double(lambda w, X=X, y=y: stats.poisson.logpmf(y, np.exp(X @ np.ravel(w))).sum())
        eq.holds({**regression(X, y, w), r"\ell": lambda w, f=whole: f([v for v in w])})


def test_eq_count_score(eq):
    r"""
    \begin{aligned}
    \nabla_{\mathbf{w}}\ell(\mathbf{w}) &= X^\top(\mathbf{y} - \boldsymbol\mu) \\
    -\nabla^2_{\mathbf{w}}\ell(\mathbf{w}) &= X^\top W X
    \end{aligned}
    """
    for X, y, w in CASES:
        slope, curvature = derivatives(loglik(X, y), w)
        eq.holds({**regression(X, y, w), r"\nabla_{\mathbf{w}}\ell": lambda w, s=slope: s,
                  r"\nabla^2_{\mathbf{w}}\ell": lambda w, h=curvature: h})


# Means of a row drawn at random, with their probabilities.
MIXED = [[(mp.mpf("0.3"), 1.3), (mp.mpf("0.7"), 4.1)], [(mp.mpf("0.6"), 0.4), (mp.mpf("0.4"), 7.5)]]


def mixed(case):
    return average([(q * p, {"y": y, r"\mu": mu}) for q, mu in case for p, y in poisson(mu)])


def test_eq_total_variance(eq):
    r"""\operatorname{Var}(y) = \mathbb{E}[\mu] + \operatorname{Var}(\mu)"""
    eq.holds(*({"y": 1, r"\mu": 1, **mixed(case)} for case in MIXED))


def test_eq_raw_ratio(eq):
    r"""\frac{\operatorname{Var}(y)}{\mathbb{E}[y]} = 1 + \frac{\operatorname{Var}(\mu)}{\mathbb{E}[\mu]}"""
    eq.holds(*({"y": 1, r"\mu": 1, **mixed(case)} for case in MIXED))


def test_eq_pearson_dispersion(eq):
    r"""\hat\phi = \frac{1}{n - d - 1}\sum_{i=1}^{n} \frac{(y_i - \hat\mu_i)^2}{\hat\mu_i}"""
    for X, y, _ in CASES:
        fit = sm.GLM(y, X, family=sm.families.Poisson()).fit(tol=1e-13, scale="X2")
        eq.holds({"n": len(y), "d": X.shape[1] - 1, "y": y, r"\hat\mu": fit.fittedvalues,
                  r"\hat\phi": fit.scale})


def dispersed(X, w, spread):
    """Independent two-point counts around the means: [(probability, vector)], and their variances."""
    mu, each = means(X, w), []
    for i, m in enumerate(mu):
        p = mp.mpf(i + 2) / (len(mu) + 5)
        low = m * (1 - spread)
        each.append([(p, low), (1 - p, (m - p * low) / (1 - p))])
    joint = [(mp.fprod(p for p, _ in one), column([v for _, v in one])) for one in itertools.product(*each)]
    return joint, [mp.fsum(p * (v - m) ** 2 for p, v in one) for one, m in zip(each, mu, strict=True)]


@equivalent(r"…1}X^\top(\mathbf{y} ⟦- → +⟧ \boldsymbol\mu)\big…", "a constant has no covariance")
def test_eq_count_sandwich(eq):
    r"""
    \begin{aligned}
    &\operatorname{Cov}\bigl(J^{-1}X^\top(\mathbf{y} - \boldsymbol\mu)\bigr) = J^{-1} B_n\,J^{-1} \\
    &B_n = \sum_{i=1}^{n} V_i\,\mathbf{x}_i\mathbf{x}_i^\top
    \end{aligned}
    """
    for X, y, w in CASES:
        joint, V = dispersed(X, w, mp.mpf("0.8"))

        def covariance(f, joint=joint):
            values = [(p, f({symbol(r"\mathbf{y}"): v})) for p, v in joint]
            center = sum((p * v for p, v in values[1:]), values[0][0] * values[0][1])
            parts = [p * (v - center) * (v - center).T for p, v in values]
            return sum(parts[1:], parts[0])

        eq.holds({**regression(X, y, w), "J": filling(X, means(X, w)), "B_n": filling(X, V), "V": V,
                  r"\operatorname{Cov}": Operator(covariance)})


def test_eq_nb1_sandwich(eq):
    r"""J^{-1}(\phi J)J^{-1} = \phi J^{-1}"""
    for (X, _, w), phi in zip(CASES, (8, 2.3), strict=True):
        eq.holds({"J": filling(X, means(X, w)), r"\phi": phi})


def test_eq_nb2_filling(eq):
    r"""B_n = J + \alpha\sum_{i=1}^{n} \mu_i^2\,\mathbf{x}_i\mathbf{x}_i^\top"""
    for (X, y, w), alpha in zip(CASES, (0.7, 1.9), strict=True):
        mu = means(X, w)
        V = [mp.mpf(stats.nbinom.var(1 / alpha, 1 / (1 + alpha * float(m)))) for m in mu]
        eq.holds({**regression(X, y, w), "J": filling(X, mu), "B_n": filling(X, V), r"\alpha": alpha})


# A factor with mean one: its values, and their probabilities.
FACTORS = [[(mp.mpf("0.25"), mp.mpf("2.2")), (mp.mpf("0.75"), mp.mpf("0.6"))],
           [(mp.mpf("0.4"), mp.mpf("0.1")), (mp.mpf("0.6"), mp.mpf("1.6"))]]


def test_eq_random_effect_variance(eq):
    r"""\operatorname{Var}(y) = \mu + \alpha\mu^2"""
    for factor, mu in zip(FACTORS, (2.7, 4.4), strict=True):
        outcomes = [(q * p, {"y": y}) for q, u in factor for p, y in poisson(mu * u, 90)]
        alpha = mp.fsum(q * (u - 1) ** 2 for q, u in factor)
        eq.holds({"y": 1, r"\mu": mu, r"\alpha": alpha, **average(outcomes)})


def test_eq_omitted_factor(eq):
    r"""\mathbb{E}\bigl[e^{w_0 + w_1 x}\,u\bigr] = e^{(w_0 + \log \mathbb{E}[u]) + w_1 x}"""
    for factor, w, x in zip(FACTORS, ([0.4, -0.9], [-0.7, 0.6]), (1.3, 0.7), strict=True):
        outcomes = average([(q, {"u": 1.7 * u}) for q, u in factor])
        eq.holds({"u": 1, "w_0": w[0], "w_1": w[1], "x": x, **outcomes})


def test_eq_gamma_mixture(eq):
    r"""
    \begin{aligned}
    &\int_{0}^{\infty} \frac{e^{-\mu u}(\mu u)^{y}}{y!}\cdot\frac{k^{k}u^{k-1}e^{-ku}}{\Gamma(k)}\,du \\
    &\quad = \frac{\mu^{y}\,k^{k}}{y!\,\Gamma(k)} \int_{0}^{\infty} u^{y+k-1}e^{-(k+\mu)u}\,du
    \end{aligned}
    """
    eq.holds(*({"y": y, r"\mu": mu, "k": k, r"\Gamma": mp.gamma} for y, mu, k in SHAPES))


def test_eq_gamma_integral(eq):
    r"""\int_{0}^{\infty} u^{y+k-1}e^{-(k+\mu)u}\,du = \frac{\Gamma(y+k)}{(k+\mu)^{y+k}}"""
    eq.holds(*({"y": y, r"\mu": mu, "k": k, r"\Gamma": mp.gamma} for y, mu, k in SHAPES))


def test_eq_negative_binomial_mass(eq):
    r"""
    \begin{aligned}
    f(y; \mu, k) &= \frac{\Gamma(y+k)}{y!\,\Gamma(k)} \\
    &\quad \times \left(\frac{k}{k+\mu}\right)^{k}\left(\frac{\mu}{k+\mu}\right)^{y}
    \end{aligned}
    """
    mass = double(lambda y, mu, k: stats.nbinom.pmf(y, k, k / (k + mu)))
    eq.holds(*({"y": y, r"\mu": mu, "k": k, r"\Gamma": mp.gamma, "f": mass} for y, mu, k in SHAPES))


def test_eq_nb_score(eq):
    r"""\frac{d}{d\eta}\log f(y; e^{\eta}, \alpha) = \frac{y - \mu}{1 + \alpha\mu}"""
    for y, mu, k in SHAPES:
        mass = Fn(lambda y, m, a: negative_binomial(y, m, 1 / a), "y", r"\mu", r"\alpha")
        eq.holds({"y": y, r"\mu": mu, r"\alpha": 1 / mp.mpf(k), r"\eta": mp.log(mu), "f": mass})


def test_eq_cluster_variance(eq):
    r"""\operatorname{Var}\left(\sum_{t=1}^{m} r_t\right) = m\,v\,\bigl(1 + (m-1)\rho\bigr)"""
    for m, shared, own in ((3, 0.8, 1.1), (4, 1.7, 0.4)):
        outcomes = [(mp.mpf(2) ** -(m + 1), {"r": [shared * s + own * e for e in signs]})
                    for s in (-1, 1) for signs in itertools.product((-1, 1), repeat=m)]
        v = shared**2 + own**2
        eq.holds({"r": [0] * m, "m": m, "v": v, r"\rho": shared**2 / v, **average(outcomes)})


@equivalent(r"…} \log f &= \sum_{j=⟦0 → 1⟧}^{y-1}\log(1 + \alp…", "the term of j = 0 is log 1")
def test_eq_nb_log_mass(eq):
    r"""
    \begin{aligned}
    \log f &= \sum_{j=0}^{y-1}\log(1 + \alpha j) + y\log\mu \\
    &\quad - \left(y + \frac{1}{\alpha}\right)\log(1+\alpha\mu) - \log y!
    \end{aligned}
    """
    for y, mu, k in SHAPES:
        eq.holds({"y": y, r"\mu": mu, r"\alpha": 1 / k, "f": stats.nbinom.pmf(y, k, k / (k + mu))})


def test_eq_alpha_score(eq):
    r"""
    \frac{\partial \log f(y; \mu, \alpha)}{\partial\alpha}\,\big|_{\alpha=0}
    = \frac{1}{2}\bigl((y-\mu)^2 - y\bigr)
    """
    def mass(y, mu, alpha):  # its limit is the Poisson
        rising = mp.fprod(1 + alpha * j for j in range(int(y)))
        tail = mu if alpha == 0 else mp.log1p(alpha * mu) / alpha
        return rising * mu**y / mp.factorial(y) * mp.exp(-tail) * (1 + alpha * mu) ** -y

    for y, mu, k in SHAPES:
        assert abs(mass(y, mu, mp.mpf(1) / k) - negative_binomial(y, mu, mp.mpf(k))) < 1e-12
    eq.holds(*({"y": y, r"\mu": mu, r"\alpha": 0, "f": mass} for y, mu in ((3, 2.3), (6, 0.7))))


def test_eq_alpha_score_variance(eq):
    r"""\operatorname{Var}\bigl((y-\mu)^2 - y\bigr) = 2\mu^2"""
    for mu in (1.7, 4.3):
        eq.holds({"y": 1, r"\mu": mu, **average([(p, {"y": y}) for p, y in poisson(mu)])})


@by_hand(
    claim=lambda value: 0.5 * stats.chi2.sf(value, 1),
    wrong={
        "the whole tail": lambda value: stats.chi2.sf(value, 1),
        "two degrees of freedom": lambda value: 0.5 * stats.chi2.sf(value, 2),
        "twice": lambda value: 2 * stats.chi2.sf(value, 1),
    },
)
def test_eq_boundary_p(claim):
    r"""p = \frac{1}{2}\,P(\chi^2_1 > D)"""
    # Near its top the log-likelihood of one parameter a >= 0 is z a - a²/2 with z standard normal: the gain
    # is the largest value, by brute force, and the p-value its tail.
    a = np.linspace(0, 6, 6001)
    for value in (0.3, 1.9, 3.84):
        z = np.linspace(-6, 6, 2401)
        gain = 2 * np.array([np.max(one * a - a**2 / 2) for one in z])
        first = z[np.argmax(gain > value)]
        assert claim(value) == pytest.approx(stats.norm.sf(first), abs=3e-3)


CONSTANT = "what it changes is free of the mean, so it is part of the constant"


@equivalent(r"…\frac{y\log⟦\mu → {(2\mu)}⟧ - \mu}{\phi} = \log…", CONSTANT)
@equivalent(r"…c{\mu}{\phi}\right) ⟦+ → -⟧ \text{const}…", CONSTANT)
def test_eq_packs(eq):
    r"""
    \frac{y\log\mu - \mu}{\phi}
    = \log f\left(\frac{y}{\phi}; \frac{\mu}{\phi}\right) + \text{const}
    """
    for phi, k in ((8, 3), (3, 5)):
        def f(y, mu):  # between the counts too, so that a broken argument has a value
            return mp.exp(-mu) * mu**y / mp.gamma(y + 1)

        assert f(k, 2.3) == pytest.approx(stats.poisson.pmf(k, 2.3))
        eq.holds(*({"y": phi * k, r"\mu": mu, r"\phi": phi, "f": f} for mu in (2.3, 9.1, 17.0)))


def cluster_filling(scores, groups):
    return sum(np.outer(s, s) for s in (scores[groups == g].sum(axis=0) for g in np.unique(groups)))


@by_hand(
    claim=cluster_filling,
    wrong={
        "rows": lambda scores, groups: scores.T @ scores,
        "means": lambda s, g: sum(np.outer(m, m) for m in (s[g == k].mean(axis=0) for k in np.unique(g))),
        "everything one cluster": lambda scores, groups: np.outer(scores.sum(axis=0), scores.sum(axis=0)),
    },
)
def test_eq_cluster_filling(claim):
    r"""
    \begin{aligned}
    B_n &= \sum_{g=1}^{G}\mathbf{s}_g\mathbf{s}_g^\top \\
    \mathbf{s}_g &= \sum_{i \in g}(y_i - \hat\mu_i)\,\mathbf{x}_i
    \end{aligned}
    """
    # At the true means its expectation is the covariance of the score, whatever the dependence within.
    X = np.array([[1, 0.3], [1, -1.2], [1, 1.5], [1, 0.9], [1, -0.4]])
    groups, mu = np.array([0, 0, 0, 1, 1]), np.array([2.0, 1.0, 4.0, 3.0, 1.5])
    one = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.3], [1.0, 0.4], [-2.0, 0.7]])
    first, second = one[:3].sum(axis=0), one[3:].sum(axis=0)
    np.testing.assert_allclose(claim(one, groups), np.outer(first, first) + np.outer(second, second))
    expected, total = np.zeros((2, 2)), np.zeros((2, 2))
    for a, b in itertools.product((-1, 1), repeat=2):
        for own in itertools.product((-1, 1), repeat=5):
            r = mu * (0.5 * np.array([a, a, a, b, b]) + 0.2 * np.array(own))
            expected += claim(r[:, None] * X, groups) / 128
            total += np.outer(r @ X, r @ X) / 128
    np.testing.assert_allclose(expected, total, rtol=1e-10)


