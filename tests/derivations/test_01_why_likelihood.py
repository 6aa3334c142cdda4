"""Checks of the labelled equations of chapter 1."""

import itertools

import mpmath as mp
import numpy as np
from scipy import optimize, stats

from tests.derivations._check import average, double, equivalent

COUNTS = [([2, 7, 3], 3.4), ([5, 1, 4, 9], 6.2)]  # counts and a predicted rate


def test_eq_noise_laplace(eq):
    r"""
    -\log\left(\frac{1}{2b}\, e^{-|y-\hat y|/b}\right) = \frac{|y - \hat y|}{b} + \log(2b)
    """
    eq.holds({"y": 1.7, r"\hat y": 0.4, "b": 1.3}, {"y": -0.6, r"\hat y": 2.1, "b": 0.7})


def test_eq_noise_bernoulli(eq):
    r"""-\log\bigl(p^{y}(1-p)^{1-y}\bigr) = -y\log p - (1-y)\log(1-p)"""
    eq.holds(*({"y": y, "p": p} for y, p in itertools.product((0, 1), (0.3, 0.62))))


def test_eq_noise_poisson(eq):
    r"""
    -\log\left(\frac{\hat y^{\,y} e^{-\hat y}}{y!}\right) = \hat y - y\log\hat y + \log(y!)
    """
    eq.holds(*({"y": counts[0], r"\hat y": rate} for counts, rate in COUNTS))


def test_eq_loss_is_nll(eq):
    r"""-\log f(y;\hat y) = \beta\,\rho(y, \hat y) + c(y), \qquad \beta > 0"""
    for y, prediction, scale in ((3, 1.8, 1.3), (5, 6.4, 0.7)):
        here = {"y": y, r"\hat y": prediction}
        eq.holds(
            here | {"f": double(lambda y, m, s=scale: stats.norm.pdf(y, m, s)), r"\beta": 1 / (2 * scale**2),
                    r"\rho": lambda y, m: (y - m) ** 2, "c": lambda y, s=scale: mp.log(2 * mp.pi * s**2) / 2},
            here | {"f": double(lambda y, m, s=scale: stats.laplace.pdf(y, m, s)),
                    r"\beta": 1 / mp.mpf(scale), r"\rho": lambda y, m: abs(y - m),
                    "c": lambda y, s=scale: mp.log(2 * s)},
            here | {"f": double(stats.poisson.pmf), r"\beta": 1, r"\rho": lambda y, m: m - y * mp.log(m),
                    "c": lambda y: mp.log(mp.factorial(y))},
        )


def test_eq_gauss_additive(eq):
    r"""\psi(u+v) = \psi(u) + \psi(v)"""
    for u, v, sigma in ((0.7, 1.9, 1.3), (-0.4, 2.2, 0.6)):
        def slope(u, sigma=sigma):
            return -mp.diff(lambda z: mp.log(mp.npdf(z, 0, sigma)), u)

        eq.holds({"u": u, "v": v, r"\psi": slope})


def test_gauss_needs_the_normal_law():
    """For two other error laws the mean of three observations is not a stationary point."""
    misses = np.array([-0.5, -0.9, 1.4])
    for law in (stats.logistic, stats.t(3)):
        slopes = [(law.logpdf(u + 1e-6) - law.logpdf(u - 1e-6)) / 2e-6 for u in misses]
        assert abs(sum(slopes)) > 0.01


def test_eq_gauss_law(eq):
    r"""-\log f(u) = \frac{u^2}{2\sigma^2} + \frac{1}{2}\log(2\pi\sigma^2)"""
    for u, sigma in ((0.7, 1.3), (-1.9, 0.6)):
        eq.holds({"u": u, r"\sigma": sigma, "f": double(lambda u, s=sigma: stats.norm.pdf(u, 0, s))})


@equivalent(r"double \hat y", "the logarithm of a multiple has the same derivative")
def test_eq_poisson_mean_score(eq):
    r"""
    \frac{d}{d\hat y} \sum_{i=1}^{n} \bigl(\hat y - y_i \log\hat y\bigr) = n - \frac{n\bar y}{\hat y}
    """
    for y, rate in COUNTS:
        eq.holds({"y": y, "n": len(y), r"\bar y": mp.mpf(sum(y)) / len(y), r"\hat y": rate})


def test_eq_normalizer(eq):
    r"""Z(\hat y) = \int e^{-\beta\,\rho(y,\hat y)}\,\nu(dy)"""
    everywhere = (-mp.inf, -3, 0, 3, mp.inf)
    rewrite = {r"\nu(dy)": r"h(y)\,dy"}
    for beta, prediction in ((0.8, 0.6), (1.7, -1.3)):
        here = {r"\beta": beta, r"\hat y": prediction, "dom y": everywhere,
                r"\rho": lambda y, m: (y - m) ** 2}
        # Length gives the Gaussian integral; the weight exp(-y²) the overlap of two bells.
        eq.holds(here | {"h": lambda y: mp.mpf(1), "Z": lambda m, b=beta: mp.sqrt(mp.pi / b)},
                 rewrite=rewrite)
        eq.holds(here | {"h": lambda y: mp.exp(-(y**2)),
                         "Z": lambda m, b=beta: mp.sqrt(mp.pi / (b + 1)) * mp.exp(-b / (b + 1) * m**2)},
                 rewrite=rewrite)


def test_eq_normalized_nll(eq):
    r"""-\log f(y;\hat y) = \beta\,\rho(y,\hat y) + \log Z(\hat y)"""
    def brier(y, p):
        return (y - p) ** 2

    for beta, y, p in ((0.8, 1, 0.3), (1.7, 0, 0.62)):
        def model(y, p, beta=beta):  # the share of outcome y
            return 1 / (1 + mp.exp(beta * (brier(y, p) - brier(1 - y, p))))

        def total(p, beta=beta):
            return mp.exp(-beta * p**2) + mp.exp(-beta * (1 - p) ** 2)

        eq.holds({r"\beta": beta, "y": y, r"\hat y": p, "f": model, r"\rho": brier, "Z": total})


@equivalent(r"…\infty} e^{-\beta (y⟦- → +⟧\hat y)^2}\,dy = \in…", "the integral is free of the prediction")
@equivalent(r"double \hat y", "the integral is free of the prediction")
def test_eq_z_squared(eq):
    r"""
    \int_{-\infty}^{\infty} e^{-\beta (y-\hat y)^2}\,dy = \int_{-\infty}^{\infty} e^{-\beta u^2}\,du
    = \sqrt{\frac{\pi}{\beta}}
    """
    eq.holds({r"\beta": 0.8, r"\hat y": 0.6}, {r"\beta": 1.7, r"\hat y": -0.3})


def test_eq_z_cross_entropy(eq):
    r"""
    \sum_{y=0}^{1} e^{-\beta\left(-y\log p - (1-y)\log(1-p)\right)} = p^{\beta} + (1-p)^{\beta}
    """
    eq.holds({r"\beta": 0.8, "p": 0.3}, {r"\beta": 1.7, "p": 0.62})


def test_eq_z_poisson(eq):
    r"""
    \sum_{y=0}^{\infty} \frac{1}{y!}\, e^{-(\hat y - y\log\hat y)}
    = e^{-\hat y} \sum_{y=0}^{\infty} \frac{\hat y^{\,y}}{y!} = 1
    """
    eq.holds({r"\hat y": 2.3}, {r"\hat y": 3.7})


def test_eq_z_brier(eq):
    r"""
    \begin{aligned}
    Z'(p) &= 2\beta\bigl(\nu_1 (1-p)\, e^{-\beta(1-p)^2} - \nu_0\, p\, e^{-\beta p^2}\bigr) \\
    Z'(0) &= 2\beta\nu_1 e^{-\beta} \\
    Z'(1) &= -2\beta\nu_0 e^{-\beta}
    \end{aligned}
    """
    for beta, p, at_0, at_1 in ((0.8, 0.3, 1.4, 0.9), (1.7, 0.62, 0.6, 2.3)):
        def total(p, beta=beta, at_0=at_0, at_1=at_1):
            return at_0 * mp.exp(-beta * (0 - p) ** 2) + at_1 * mp.exp(-beta * (1 - p) ** 2)

        eq.holds({r"\beta": beta, "p": p, r"\nu_0": at_0, r"\nu_1": at_1, "Z": total})


def test_eq_z_hinge(eq):
    r"""
    Z(s) = \begin{cases} \nu_{+} + \nu_{-}\, e^{-\beta(1+s)} & s > 1 \\
    \nu_{+}\, e^{-\beta(1-s)} + \nu_{-} & s < -1 \\
    \nu_{+}\, e^{-\beta(1-s)} + \nu_{-}\, e^{-\beta(1+s)} & \text{otherwise} \end{cases}
    """
    for beta, s, plus, minus in ((0.8, 1.6, 1.4, 0.9), (0.7, -2.3, 0.6, 2.3), (1.7, 2.3, 0.6, 2.3),
                                 (1.1, -1.2, 1.4, 0.9), (0.8, 0.4, 1.4, 0.9), (1.7, -0.7, 0.6, 2.3)):
        def total(s, beta=beta, plus=plus, minus=minus):
            return plus * mp.exp(-beta * max(0, 1 - s)) + minus * mp.exp(-beta * max(0, 1 + s))

        eq.holds({r"\beta": beta, "s": s, r"\nu_{+}": plus, r"\nu_{-}": minus, "Z": total})


@equivalent(r"…}\,\ell(\mathbf{w}) ⟦+ → -⟧ \text{const}…", "a constant of either sign")
def test_eq_mean_loss(eq):
    r"""
    \frac{1}{n} \sum_{i=1}^{n} \rho(y_i, \hat y_i) = -\frac{1}{n\beta}\,\ell(\mathbf{w}) + \text{const}
    """
    x, y = [0.3, 1.1, 2.4], [0.9, 1.2, 5.1]
    for b in (0.7, 1.8):
        ell = double(lambda w, b=b: sum(stats.laplace.logpdf(v, w * u, b) for u, v in zip(x, y, strict=True)))
        eq.holds(*({"y": y, "n": 3, r"\hat y": [w * u for u in x], r"\mathbf{w}": w, r"\ell": ell,
                    r"\rho": lambda y, m: abs(y - m), r"\beta": 1 / mp.mpf(b)} for w in (0.4, 1.3, 2.9)))


def test_eq_exponential_loss(eq):
    r"""
    \rho(y,\hat y) = -\log\left(\frac{1}{\hat y}\, e^{-y/\hat y}\right) = \log\hat y + \frac{y}{\hat y}
    """
    nll = double(lambda y, mean: -stats.expon.logpdf(y, scale=mean))
    eq.holds({"y": 1.7, r"\hat y": 2.4, r"\rho": nll}, {"y": 0.6, r"\hat y": 0.3, r"\rho": nll})


def test_eq_two_slopes(eq):
    r"""
    \hat w = \frac{1}{n} \sum_{i=1}^{n} \frac{y_i}{x_i}, \qquad
    \hat w_{\mathrm{LS}} = \frac{\sum_{i=1}^{n} x_i y_i}{\sum_{i=1}^{n} x_i^2}
    """
    for x, y in (([0.7, 1.9, 3.2], [1.1, 2.3, 9.4]), ([2.2, 0.4], [1.3, 0.9])):
        u, v = np.array(x), np.array(y)
        score = optimize.brentq(lambda w, u=u, v=v: np.sum(1 / w - v / (w**2 * u)), 0.01, 50, xtol=1e-13)
        squares = np.linalg.lstsq(u[:, None], v, rcond=None)[0][0]
        eq.holds({"x": x, "y": y, "n": len(x), r"\hat w": score, r"\hat w_{\mathrm{LS}}": squares})


def test_eq_two_variances(eq):
    r"""
    \begin{aligned}
    \operatorname{Var}(\hat w) &= \frac{w^2}{n} \\
    \operatorname{Var}(\hat w_{\mathrm{LS}})
    &= w^2\, \frac{\sum_{i=1}^{n} x_i^4}{\bigl(\sum_{i=1}^{n} x_i^2\bigr)^2}
    \end{aligned}
    """
    # A noise factor of mean 1 and variance 1, like the exponential's, that can be listed: 0 or 2.
    for x, w in (([0.7, 1.9, 3.2], 1.4), ([2.2, 0.4], 0.6)):
        u, outcomes = np.array(x), []
        for factors in itertools.product((0.0, 2.0), repeat=len(x)):
            y = w * u * np.array(factors)
            outcomes.append((mp.mpf(2) ** -len(x), {r"\hat w": np.mean(y / u),
                                                    r"\hat w_{\mathrm{LS}}": (u @ y) / (u @ u)}))
        eq.holds({"x": x, "n": len(x), "w": w} | average(outcomes))
