"""Checks of the labelled equations of chapter 11."""

import functools

import mpmath as mp
import numpy as np
import pytest
from scipy import optimize, special, stats

from tests.derivations._check import Fn, average, by_hand, equivalent, gauss_hermite, iid

EMPTY = "the bound becomes 0: true, and empty"
LARGER = "the larger side of an inequality grows"
ONE = "the covariance of a regular estimator is 1"
BEYOND = "beyond n the binomial coefficient is 0"


@equivalent(r"…ac{f(y;\theta)}{f(y;⟦\theta^* → {\theta}⟧)}\right] \ge 0 \end…", EMPTY)
def test_eq_asym_kl(eq):
    r"""
    \begin{aligned}
    &M(\theta^*) - M(\theta) \\
    &\quad = \mathbb{E}\left[\log\frac{f(y;\theta^*)}{f(y;\theta)}\right] \\
    &\quad \ge 1 - \mathbb{E}\left[\frac{f(y;\theta)}{f(y;\theta^*)}\right] \ge 0
    \end{aligned}
    """
    # Three values under the truth, four under the others: the last step is strict.
    def mass(y, theta):
        theta, y = mp.mpf(theta), int(y)
        weights = [theta, theta**2, 1 + theta, abs(theta - mp.mpf("0.3"))]
        return weights[y] / mp.fsum(weights)

    truth = mp.mpf("0.3")
    for theta in (0.31, 1.7):
        outcomes = [(mass(y, truth), {"y": y}) for y in range(3)]

        def limit(t):
            return mp.fsum(mass(y, truth) * mp.log(mass(y, t)) for y in range(3))

        eq.holds({"M": limit, "f": mass, r"\theta^*": truth, r"\theta": theta, "y": 0} | average(outcomes))


def test_eq_asym_ratio(eq):
    r"""\sqrt n\,(\hat\theta - \theta^*) = \frac{\ell'(\theta^*)/\sqrt n}{-\ell''(\tilde\theta)/n}"""
    # Exponential times with sum t: the mean value theorem takes its slope at the geometric mean.
    for n, t, truth in ((4, mp.mpf("2.7"), mp.mpf("0.8")), (7, mp.mpf("5.1"), mp.mpf("2.3"))):
        best = n / t
        ell = Fn(lambda lam, n=n, t=t: n * mp.log(lam) - lam * t, r"\theta")
        eq.holds({"n": n, r"\ell": ell, r"\theta^*": truth, r"\hat\theta": best,
                  r"\tilde\theta": mp.sqrt(truth * best)})


@by_hand(claim=lambda information: 1 / information,
         wrong={"I for 1/I": lambda i: i, "standard deviation": lambda i: i**-0.5, "half": lambda i: 0.5 / i})
def test_eq_asym_normal(claim):
    r"""\sqrt n\,(\hat\theta - \theta^*) \to N\!\left(0,\ \frac{1}{I_1(\theta^*)}\right)"""
    n = 400_000
    for rate in (0.7, 2.5):  # the exact distribution of an exponential rate's MLE against the limit
        information = stats.expon(scale=1 / rate).expect(lambda y, r=rate: (1 / r - y) ** 2)
        limit = stats.norm(0, np.sqrt(claim(information)))
        for x in (-1.1, 0.4, 1.7):
            exact = stats.gamma(n, scale=1 / rate).sf(n / (rate + x / np.sqrt(n)))
            assert exact == pytest.approx(limit.cdf(x), abs=3e-3)


def test_eq_asym_uniform(eq):
    r"""
    \begin{aligned}
    P\left(\frac{n(\theta^* - \hat\theta)}{\theta^*} > t\right) &= \left(1 - \frac{t}{n}\right)^{n} \\
    &\to e^{-t}
    \end{aligned}
    """
    left = r"P\left(\frac{n(\theta^* - \hat\theta)}{\theta^*} > t\right)"
    for t in (0.6, 1.7):
        n = 10**6
        below = mp.mpf(float(stats.beta(n, 1).cdf(1 - t / n)))  # the maximum of n uniforms is Beta(n, 1)
        eq.holds({"Q": below, "n": n, "t": t}, approx=1e-5, rewrite={left: "Q"})


def test_eq_asym_poisson_wrong(eq):
    r"""
    \begin{aligned}
    \frac{1}{A} &= \lambda^\circ \\[1ex]
    \frac{B}{A^2} &= \operatorname{Var}(y)
    \end{aligned}
    """
    for values, chances in (((0, 2, 9), (0.5, 0.3, 0.2)), ((1, 3, 4, 12), (0.1, 0.4, 0.3, 0.2))):
        total = mp.fsum(mp.mpf(c) for c in chances)
        chances = [mp.mpf(c) / total for c in chances]
        rate = mp.fsum(c * y for c, y in zip(chances, values, strict=True))

        def mean(f, chances=chances, values=values):
            return mp.fsum(c * f(y) for c, y in zip(chances, values, strict=True))

        def log_mass(y):
            return lambda lam: y * mp.log(lam) - lam - mp.log(mp.factorial(y))

        curvature = -mean(lambda y, at=rate: mp.diff(log_mass(y), at, 2))
        filling = mean(lambda y, at=rate: mp.diff(log_mass(y), at) ** 2)
        outcomes = [(c, {"y": y}) for c, y in zip(chances, values, strict=True)]
        eq.holds({"A": curvature, "B": filling, "L": rate, "y": 0} | average(outcomes),
                 rewrite={r"\lambda^\circ": "L"})


def test_eq_asym_invariance(eq):
    r"""\hat\gamma = \gamma(\hat\theta)"""
    # (θ − 1)² is not one to one: the induced likelihood takes the better of two values.
    for k, n in ((3, 20), (13, 17)):
        def ell(p, k=k, n=n):
            return special.xlogy(k, p) + special.xlog1py(n - k, -p)

        def induced(g, ell=ell):
            root = np.sqrt(g)
            return max(ell(p) for p in (0.4 - root, 0.4 + root) if 0 < p < 1)

        around = (0.005, 0.05, 0.2) if k == 3 else (0.05, 0.1, 0.3)
        best = optimize.minimize_scalar(lambda g: -induced(g), around, tol=1e-14)
        eq.holds({r"\hat\gamma": best.x, r"\hat\theta": mp.mpf(k) / n,
                  r"\gamma": lambda t: (t - mp.mpf("0.4")) ** 2}, approx=1e-7,
                 rewrite={"=": r"\approx"})


def test_eq_asym_delta(eq):
    r"""\operatorname{se}(\hat\gamma) = \frac{|\gamma'(\hat\theta)|}{\sqrt{I(\hat\theta)}}"""
    # The information about γ itself, from the log-likelihood written in γ = −log(rate).
    for n, rate in ((5, mp.mpf("1.7")), (11, mp.mpf("0.6"))):
        t = n / rate
        about = -mp.diff(lambda g, n=n, t=t: -n * g - mp.exp(-g) * t, -mp.log(rate), 2)
        eq.holds({"E": 1 / mp.sqrt(about), r"\gamma": Fn(lambda lam: -mp.log(lam), r"\theta"),
                  r"\hat\theta": rate, "I": lambda lam, n=n: n / lam**2},
                 rewrite={r"\operatorname{se}(\hat\gamma)": "E"})


def test_eq_asym_delta_examples(eq):
    r"""
    \begin{aligned}
    \operatorname{se}(\hat\eta) &= \frac{1}{\sqrt{n\hat p(1-\hat p)}} \\[1ex]
    \operatorname{se}(\hat\sigma) &= \frac{\hat\sigma}{\sqrt{2n}}
    \end{aligned}
    """
    for n, k, sigma in ((9, 2, mp.mpf("1.3")), (14, 11, mp.mpf("0.45"))):
        p = mp.mpf(k) / n
        odds = -mp.diff(lambda e, n=n, k=k: k * e - n * mp.log(1 + mp.exp(e)), mp.log(p / (1 - p)), 2)
        spread = -mp.diff(lambda s, n=n, v=sigma**2: -n * mp.log(s) - n * v / (2 * s**2), sigma, 2)
        eq.holds({"n": n, r"\hat p": p, r"\hat\sigma": sigma, "E": 1 / mp.sqrt(odds),
                  "F": 1 / mp.sqrt(spread)},
                 rewrite={r"\operatorname{se}(\hat\eta)": "E", r"\operatorname{se}(\hat\sigma)": "F"})


def test_eq_asym_hodges_risk(eq):
    r"""
    \begin{aligned}
    &n\,\mathbb{E}\bigl[(T_n-\theta)^2\bigr] \\
    &\quad = 1 + (n\theta^2 - 1)\bigl(\Phi(b) - \Phi(a)\bigr) \\
    &\qquad + b\,\Phi'(b) - a\,\Phi'(a)
    \end{aligned}
    """
    for n, theta in ((5, mp.mpf("0.37")), (12, mp.mpf("-0.6"))):
        cut = mp.mpf(n) ** mp.mpf("-0.25")
        a, b = mp.sqrt(n) * (-cut - theta), mp.sqrt(n) * (cut - theta)

        def loss(z, n=n, theta=theta, cut=cut):
            mean = theta + z / mp.sqrt(n)
            return n * ((mean if abs(mean) > cut else 0) - theta) ** 2 * mp.npdf(z)

        risk = mp.quad(loss, [-20, a, b, 20])
        eq.holds({"R": risk, "n": n, r"\theta": theta, "a": a, "b": b, r"\Phi": mp.ncdf},
                 rewrite={r"n\,\mathbb{E}\bigl[(T_n-\theta)^2\bigr]": "R"})


@functools.cache
def normal_pair(covariance, information, noise, nodes):
    """Outcomes of (ζ, Δ): Δ ~ N(0, I), ζ its regression on Δ plus independent noise."""
    deltas = gauss_hermite(0, mp.sqrt(information), nodes)
    rest = gauss_hermite(0, mp.mpf(noise), 2)
    slope = covariance / information
    return [(w * v, {r"\Delta": d, r"\zeta": slope * d + e}) for w, d in deltas for v, e in rest]


def test_eq_asym_tilt(eq):
    r"""\mathbb{E}\left[\zeta\,e^{h\Delta - h^2I_1/2}\right] = h\operatorname{Cov}(\zeta,\Delta)"""
    for h, covariance, information in (("0.7", "1.3", "0.8"), ("-0.4", "0.6", "1.7")):
        h, covariance, information = mp.mpf(h), mp.mpf(covariance), mp.mpf(information)
        eq.holds({"h": h, "I_1": information, r"\zeta": 0, r"\Delta": 0}
                 | average(normal_pair(covariance, information, 0.9, 12)))


@equivalent(r"…\operatorname{Var}(⟦\zeta → {(2\zeta)}⟧) \ge \frac{\operato…", LARGER)
@equivalent(r"…{Cov}(\zeta,\Delta)^⟦2 → 3⟧}{\operatorname{Var}…", ONE)
def test_eq_asym_regular_bound(eq):
    r"""
    \operatorname{Var}(\zeta) \ge \frac{\operatorname{Cov}(\zeta,\Delta)^2}{\operatorname{Var}(\Delta)}
    = \frac{1}{I_1}
    """
    for information, noise in ((mp.mpf("0.8"), mp.mpf("1e-3")), (mp.mpf("1.7"), mp.mpf("0.5"))):
        eq.holds({"I_1": information, r"\zeta": 0, r"\Delta": 0}
                 | average(normal_pair(mp.mpf(1), information, noise, 3)))


def test_eq_asym_uniform_risk(eq):
    r"""
    \begin{aligned}
    \mathbb{E}\bigl[(\hat\theta - \theta)^2\bigr] &= \frac{2\theta^2}{(n+1)(n+2)} \\[1ex]
    \mathbb{E}\left[\left(\tfrac{n+1}{n}\hat\theta - \theta\right)^2\right] &= \frac{\theta^2}{n(n+2)}
    \end{aligned}
    """
    for n, theta in ((4, mp.mpf("1.7")), (9, mp.mpf("0.6"))):
        def risk(factor, n=n, theta=theta):
            return mp.quad(lambda m: (factor * m - theta) ** 2 * n * m ** (n - 1) / theta**n, [0, theta])

        eq.holds({"n": n, r"\theta": theta, "R": risk(1), "Q": risk(mp.mpf(n + 1) / n)},
                 rewrite={r"\mathbb{E}\bigl[(\hat\theta - \theta)^2\bigr]": "R",
                          r"\mathbb{E}\left[\left(\tfrac{n+1}{n}\hat\theta - \theta\right)^2\right]": "Q"})


def test_eq_asym_wilson(eq):
    r"""
    p_{\pm} = \frac{\hat p + \frac{z^2}{2n}
    \pm z\sqrt{\frac{\hat p(1-\hat p)}{n} + \frac{z^2}{4n^2}}}{1 + \frac{z^2}{n}}
    """
    for k, n, z in ((3, 11, mp.mpf("1.96")), (8, 13, mp.mpf("1.3"))):
        best = mp.mpf(k) / n

        def distance(p, best=best, n=n, z=z):
            return (best - p) ** 2 - z**2 * p * (1 - p) / n

        for sign, ends in (("-", (mp.mpf("1e-9"), best)), ("+", (best, 1 - mp.mpf("1e-9")))):
            end = mp.findroot(distance, ends, solver="anderson", tol=1e-50, maxsteps=200)
            eq.holds({"E": end, "n": n, "z": z, r"\hat p": best}, rewrite={r"p_{\pm}": "E", r"\pm": sign})


@equivalent(r"…C(p) = \sum_{k=0}^{⟦n → {(2n)}⟧} \binom{n}{k}\, p^k…", BEYOND)
def test_eq_asym_coverage(eq):
    r"""C(p) = \sum_{k=0}^{n} \binom{n}{k}\, p^k (1-p)^{n-k}\, a_k"""
    for n, p, holding in ((3, 0.3, (1, 3)), (4, 0.65, (0, 2, 4))):
        def share(p, n=n, holding=holding):
            samples = iid([(p, 1), (1 - p, 0)], n)  # every sequence of outcomes, one by one
            return mp.fsum(w for w, values in samples if sum(values["y"]) in holding)

        eq.holds({"C": share, "p": p, "n": n,
                  "a_k": Fn(lambda k, holding=holding: int(int(k) in holding), "k")})
