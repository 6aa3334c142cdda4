"""Checks of the labelled equations of chapter 14."""

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from tests.derivations._check import Fn, by_hand, equivalent


def test_eq_tests_three(eq):
    r"""
    \begin{aligned}
    W &= I(\hat\theta)\,(\hat\theta - \theta_0)^2 \\
    S &= \frac{U(\theta_0)^2}{I(\theta_0)} \\
    D &= 2\bigl(\ell(\hat\theta) - \ell(\theta_0)\bigr)
    \end{aligned}
    """
    # Poisson counts: the textbook forms of Wald, Pearson and deviance.
    for n, best, null in ((7, mp.mpf("3.2"), mp.mpf("2.3")), (4, mp.mpf("1.1"), mp.mpf("1.9"))):
        eq.holds({"W": n * (best - null) ** 2 / best, "S": n * (best - null) ** 2 / null,
                  "D": 2 * n * (best * mp.log(best / null) - (best - null)),
                  "I": Fn(lambda t, n=n: n / t, r"\theta"),
                  "U": Fn(lambda t, n=n, b=best: n * (b / t - 1), r"\theta"),
                  r"\ell": Fn(lambda t, n=n, b=best: n * (b * mp.log(t) - t), r"\theta"),
                  r"\hat\theta": best, r"\theta_0": null})


def test_eq_tests_parabola(eq):
    r"""
    \begin{aligned}
    J(\hat\theta - \theta_0)^2 &= \frac{\ell'(\theta_0)^2}{J} \\
    &= 2\bigl(\ell(\hat\theta) - \ell(\theta_0)\bigr)
    \end{aligned}
    """
    for y, sigma, null in (([1.2, 3.1, -0.4], 0.7, 0.3), ([2.0, 5.5], 1.9, 4.4)):
        y = [mp.mpf(v) for v in y]
        ell = Fn(lambda m, y=y, s=sigma: -sum((v - m) ** 2 for v in y) / (2 * mp.mpf(s) ** 2), r"\theta")
        eq.holds({"J": len(y) / mp.mpf(sigma) ** 2, r"\ell": ell, r"\hat\theta": sum(y) / len(y),
                  r"\theta_0": null})


def test_eq_tests_exponential(eq):
    r"""
    \begin{aligned}
    W = S &= n(1 - r)^2 \\
    D &= 2n(r - 1 - \log r)
    \end{aligned}
    """
    for n, total, null in ((5, mp.mpf("3.7"), mp.mpf("2.1")), (8, mp.mpf("11.3"), mp.mpf("0.4"))):
        best = n / total
        def ell(rate, n=n, t=total):
            return n * mp.log(rate) - rate * t
        eq.holds({"W": n / best**2 * (best - null) ** 2, "S": mp.diff(ell, null) ** 2 * null**2 / n,
                  "D": 2 * (ell(best) - ell(null)), "n": n, "r": null / best})


@equivalent("accent", "that the two statistics are one number is the statement")
def test_eq_tests_score_invariant(eq):
    r"""
    \tilde S = \frac{\bigl(U(\theta_0)\,\theta'(\varphi_0)\bigr)^2}{I(\theta_0)\,\theta'(\varphi_0)^2} = S
    """
    # A binomial proportion in log-odds: score k - np and information np(1 - p) there.
    for n, k, odds in ((9, 7, mp.mpf("0.3")), (20, 3, mp.mpf("-0.8"))):
        p = 1 / (1 + mp.exp(-odds))
        slope = (k - n * p) ** 2 / (n * p * (1 - p))
        eq.holds({r"\tilde S": slope, "S": (mp.mpf(k) / n - p) ** 2 / (p * (1 - p) / n), r"\theta_0": p,
                  r"\varphi_0": odds, r"\theta": Fn(lambda v: 1 / (1 + mp.exp(-v)), r"\varphi"),
                  "U": lambda q, n=n, k=k: (k - n * q) / (q * (1 - q)),
                  "I": lambda q, n=n: n / (q * (1 - q))},
                 rewrite={r"U(\theta_0)": f"U({mp.nstr(p, 40)})", r"I(\theta_0)": f"I({mp.nstr(p, 40)})"})


def test_eq_tests_wald_power(eq):
    r"""
    \begin{aligned}
    W_a &= \frac{(\hat\lambda^a - \lambda_0^a)^2}{a^2\hat\lambda^{2a}/n} \\
    &= \frac{n(1 - r^a)^2}{a^2}
    \end{aligned}
    """
    cases = (5, "1.3", "2.1", "0.6"), (9, "2.4", "0.7", "-1.7")
    for n, best, null, a in ((n, *map(mp.mpf, rest)) for n, *rest in cases):
        # by the delta method, with a numerical slope
        se = abs(mp.diff(lambda v, a=a: v**a, best)) * best / mp.sqrt(n)
        eq.holds({"W_a": ((best**a - null**a) / se) ** 2, r"\hat\lambda": best, r"\lambda_0": null, "a": a,
                  "n": n, "r": null / best})


@equivalent(
    r"…rac{\left(\log\dfrac⟦{a\,d}{b\,c} → {{b\,c}}{{a\,d}}⟧\right)^2}{\dfrac1a …",
    "a squared logarithm")
def test_eq_tests_log_odds(eq):
    r"""W = \frac{\left(\log\dfrac{a\,d}{b\,c}\right)^2}{\dfrac1a + \dfrac1b + \dfrac1c + \dfrac1d}"""
    for a, b, c, d in ((17, 6, 5, 11), (3, 8, 9, 4)):
        def ell(base, effect, a=a, b=b, c=c, d=d):
            one, two = base + effect, base
            return a * one - (a + b) * mp.log(1 + mp.exp(one)) + c * two - (c + d) * mp.log(1 + mp.exp(two))
        top = (mp.log(mp.mpf(c) / d), mp.log(mp.mpf(a) * d / (mp.mpf(b) * c)))
        J = -mp.matrix([[mp.diff(ell, top, (2, 0)), mp.diff(ell, top, (1, 1))],
                        [mp.diff(ell, top, (1, 1)), mp.diff(ell, top, (0, 2))]])
        eq.holds({"W": top[1] ** 2 / (J**-1)[1, 1], "a": a, "b": b, "c": c, "d": d})


def test_eq_profile_definition(eq):
    r"""\ell_p(\psi) = \max_{\chi}\, \ell(\psi, \chi)"""
    # Normal data, ψ the mean and χ the variance.
    for y, psi in (([1.2, 3.1, -0.4], 0.7), ([2.0, 5.5, 2.2, 4.1], 3.3)):
        def ell(m, v, y=y):
            return -len(y) * mp.log(v) / 2 - sum((mp.mpf(x) - m) ** 2 for x in y) / (2 * v)
        def best(m, y=y, ell=ell):
            return ell(m, sum((mp.mpf(x) - m) ** 2 for x in y) / len(y))
        eq.holds({r"\ell_p": best, r"\ell": ell, r"\psi": psi, r"dom \chi": (0.05, 40)})


def test_eq_profile_t(eq):
    r"""D(\mu) = n\log\left(1 + \frac{t^2}{n-1}\right)"""
    for y, mu in (([1.2, 3.1, -0.4], 0.7), ([2.0, 5.5, 2.2, 4.1], 5.1)):
        n = len(y)
        def top(m, y=y, n=n):
            variance = sum((mp.mpf(x) - m) ** 2 for x in y) / n
            return -n * mp.log(variance) / 2 - mp.mpf(n) / 2
        mean = sum(mp.mpf(x) for x in y) / n
        t = mp.mpf(float(stats.ttest_1samp(y, mu).statistic))
        eq.holds({"D": Fn(lambda m, top=top, mean=mean: 2 * (top(mean) - top(m)), r"\mu"), r"\mu": mu,
                  "n": n, "t": t})


def gamma_ell(y):
    total, logs, n = sum(y), sum(mp.log(v) for v in y), len(y)
    return lambda a, s: (a - 1) * logs - total / s - n * a * mp.log(s) - n * mp.loggamma(a)


def weibull_ell(y):
    return lambda k, s: sum(mp.log(k) + (k - 1) * mp.log(v) - k * mp.log(s) - (v / s) ** k for v in y)


SAMPLES = [[mp.mpf(v) for v in y] for y in (("1.3", "2.9", "4.2", "0.8"), ("3.1", "5.7", "2.2"))]


def profiled(ell, at, start):
    """Maximum over the scale, by a root of the slope."""
    def slope(s):
        return mp.diff(lambda v: ell(at, v), s)
    return ell(at, mp.findroot(slope, start))


def test_eq_profile_gamma(eq):
    r"""
    \begin{aligned}
    \ell_p(k) &= (k-1)\sum_{i=1}^{n}\log y_i - n\log\Gamma(k) \\
    &\quad - n k\log\frac{\bar y}{k} - n k
    \end{aligned}
    """
    for y, k in zip(SAMPLES, ("2.3", "3.7"), strict=True):
        mean = sum(y) / len(y)
        eq.holds({r"\ell_p": Fn(lambda v, y=y, m=mean: profiled(gamma_ell(y), v, m / v * mp.mpf("1.1")), "k"),
                  "k": mp.mpf(k), "y": y, "n": len(y), r"\bar y": mean, r"\Gamma": mp.gamma})


def test_eq_profile_weibull(eq):
    r"""
    \begin{aligned}
    \ell_p(\kappa) &= (\kappa-1)\sum_{i=1}^{n}\log y_i + n\log\kappa \\
    &\quad - n\log\left(\frac1n\sum_{i=1}^{n} y_i^{\kappa}\right) - n
    \end{aligned}
    """
    for y, kappa in zip(SAMPLES, ("2.3", "3.7"), strict=True):
        eq.holds({r"\ell_p": Fn(lambda v, y=y: profiled(weibull_ell(y), v, sum(y) / len(y)), r"\kappa"),
                  r"\kappa": mp.mpf(kappa), "y": y, "n": len(y)})


def test_eq_profile_curvature(eq):
    r"""
    \begin{aligned}
    -\ell_p''(\hat\psi) &= J_{\psi\psi} - J_{\psi\chi}\,J_{\chi\chi}^{-1}\,J_{\chi\psi} \\
    &= \frac{1}{[J^{-1}]_{\psi\psi}}
    \end{aligned}
    """
    for y in SAMPLES:
        ell, mean, n = gamma_ell(y), sum(y) / len(y), len(y)
        logs = sum(mp.log(v) for v in y) / n
        a = mp.findroot(lambda v, m=mean, g=logs: mp.log(v) - mp.digamma(v) - mp.log(m) + g, 3)
        top = (a, mean / a)
        orders = {"pp": (2, 0), "pc": (1, 1), "cc": (0, 2)}
        second = {key: -mp.diff(ell, top, order) for key, order in orders.items()}
        whole = mp.matrix([[second["pp"], second["pc"]], [second["pc"], second["cc"]]])
        profile = Fn(lambda v, ell=ell, m=mean: ell(v, m / v), r"\psi")
        eq.holds({r"\ell_p": profile, r"\hat\psi": a, "A": second["pp"], "B": second["pc"], "C": second["cc"],
                  "E": second["pc"], "V": (whole**-1)[0, 0]},
                 rewrite={r"[J^{-1}]_{\psi\psi}": "V", r"J_{\psi\psi}": "A", r"J_{\psi\chi}": "B",
                          r"J_{\chi\chi}": "C", r"J_{\chi\psi}": "E"})


def test_eq_wilks_quadratic(eq):
    r"""
    \begin{aligned}
    &\mathbf{U}^\top I^{-1}\mathbf{U} - U_\chi I_{\chi\chi}^{-1}U_\chi \\
    &\quad = [I^{-1}]_{\psi\psi}\,\bigl(U_\psi - I_{\psi\chi}I_{\chi\chi}^{-1}U_\chi\bigr)^2
    \end{aligned}
    """
    for (a, b, c), (u, v) in (((3.1, 0.7, 1.9), (0.4, -1.3)), ((5.3, -1.6, 2.2), (2.1, 0.8))):
        eq.holds({r"\mathbf{U}": np.array([[u], [v]]), "I": np.array([[a, b], [b, c]]), "u": u, "v": v,
                  "B": b, "C": c, "V": c / (a * c - b * b)},
                 rewrite={r"[I^{-1}]_{\psi\psi}": "V", r"U_\chi": "v", r"U_\psi": "u",
                          r"I_{\psi\chi}": "B", r"I_{\chi\chi}": "C"})


def test_eq_wilks_two(eq):
    r"""P(\chi^2_2 > x) = e^{-x/2}"""
    for x in (0.7, 5.99):
        eq.holds({"Q": mp.mpf(float(stats.chi2(2).sf(x))), "x": x}, rewrite={r"P(\chi^2_2 > x)": "Q"})


def test_eq_tests_half(eq):
    r"""P(D > x) = \frac12\, P(\chi^2_1 > x)"""
    # D = n max(ȳ, 0)² exceeds x if √n ȳ exceeds √x.
    for x in (0.7, 2.71):
        eq.holds({"Q": mp.mpf(float(stats.norm.sf(x**0.5))), "R": mp.mpf(float(stats.chi2(1).sf(x)))},
                 rewrite={"P(D > x)": "Q", r"P(\chi^2_1 > x)": "R"})


def test_eq_tests_uniform(eq):
    r"""P(D > x) = e^{-x/2}"""
    # D = -2n log(M/θ) exceeds x if the maximum of n uniforms, a Beta(n, 1), is below exp(-x/2n).
    for n, x in ((4, 0.7), (9, 3.3)):
        below = float(stats.beta(n, 1).cdf(np.exp(-x / (2 * n))))
        eq.holds({"Q": mp.mpf(below), "x": x}, rewrite={"P(D > x)": "Q"})


@by_hand(claim=lambda F, n, a, b: F(n * b) - F(n * a),
         wrong={"no n": lambda F, n, a, b: F(b) - F(a), "only the upper end": lambda F, n, a, b: F(n * b)})
def test_eq_tests_coverage(claim):
    r"""C = F_n(n b) - F_n(n a)"""
    rng, R = np.random.default_rng(1), 200_000
    for n, rate, a, b in ((4, 1.7, 0.6, 1.8), (9, 0.3, 0.7, 1.2)):
        r = rate * rng.exponential(1 / rate, (R, n)).mean(axis=1)
        found = np.mean((a <= r) & (r <= b))
        assert claim(stats.gamma(n).cdf, n, a, b) == pytest.approx(found, abs=4 * np.sqrt(0.25 / R))
