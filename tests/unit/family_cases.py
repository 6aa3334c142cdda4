"""One row per family, for every parametrized test: members to try, SciPy's counterpart, and mpmath's density.

A new family adds one entry to ``REFERENCE``, ``SCIPY`` and ``MEMBERS``: ``test_every_family_has_a_row``
asks for it.
"""

import mpmath as mp
import numpy as np
from scipy import stats

import mlecore as mle

# name -> log density in mpmath, f(y, *parameters), written from the textbook formula.
REFERENCE = {
    "Normal": lambda y, m, s: -(((y - m) / s) ** 2) / 2 - mp.log(s) - mp.log(2 * mp.pi) / 2,
    "Bernoulli": lambda y, p: mp.log(p) if y == 1 else mp.log(1 - p),
    "Poisson": lambda y, r: y * mp.log(r) - r - mp.loggamma(y + 1),
    "Exponential": lambda y, r: mp.log(r) - r * y,
    "Gamma": lambda y, k, s: (k - 1) * mp.log(y) - y / s - k * mp.log(s) - mp.loggamma(k),
    "Beta": lambda y, a, b: (
        (a - 1) * mp.log(y) + (b - 1) * mp.log(1 - y) + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)
    ),
    "Weibull": lambda y, k, s: mp.log(k / s) + (k - 1) * mp.log(y / s) - (y / s) ** k,
    "StudentT": lambda y, nu, m, s: (
        mp.loggamma((nu + 1) / 2)
        - mp.loggamma(nu / 2)
        - mp.log(nu * mp.pi) / 2
        - mp.log(s)
        - (nu + 1) / 2 * mp.log(1 + ((y - m) / s) ** 2 / nu)
    ),
    "Laplace": lambda y, m, s: -abs(y - m) / s - mp.log(2 * s),
    "Cauchy": lambda y, m, s: -mp.log(mp.pi * s * (1 + ((y - m) / s) ** 2)),
    "NegativeBinomial": lambda y, m, a: (
        mp.loggamma(y + 1 / a)
        - mp.loggamma(1 / a)
        - mp.loggamma(y + 1)
        - mp.log(1 + a * m) / a
        + y * mp.log(a * m / (1 + a * m))
    ),
    "Categorical": lambda y, *p: mp.log(p[int(y)] / mp.fsum(p)),
}

# name -> log of P(Y > y) in mpmath.
SURVIVAL = {
    "Normal": lambda y, m, s: mp.log(mp.erfc((y - m) / s / mp.sqrt(2)) / 2),
    "Exponential": lambda y, r: -r * y,
    "Weibull": lambda y, k, s: -((y / s) ** k),
}

SCIPY = {
    "Normal": lambda d: stats.norm(d.mu, d.sigma),
    "Bernoulli": lambda d: stats.bernoulli(d.p),
    "Poisson": lambda d: stats.poisson(d.rate),
    "Exponential": lambda d: stats.expon(scale=1 / d.rate),
    "Gamma": lambda d: stats.gamma(d.shape, scale=d.scale),
    "Beta": lambda d: stats.beta(d.a, d.b),
    "Weibull": lambda d: stats.weibull_min(d.shape, scale=d.scale),
    "StudentT": lambda d: stats.t(d.nu, d.mu, d.sigma),
    "Laplace": lambda d: stats.laplace(d.mu, d.scale),
    "Cauchy": lambda d: stats.cauchy(d.mu, d.scale),
    "NegativeBinomial": lambda d: stats.nbinom(1 / d.alpha, 1 / (1 + d.alpha * d.mean)),
    "Categorical": lambda d: stats.rv_discrete(values=(np.arange(d.p.size), d.p)),
}

# Ordinary members first; what follows the ordinary ones lies far out.
MEMBERS = [
    mle.Normal(3.5, 1.2),
    mle.Normal(-1e9, 1e-3),
    mle.Bernoulli(0.3),
    mle.Bernoulli(1e-12),
    mle.Poisson(4.2),
    mle.Poisson(0.01),
    mle.Poisson(1e6),
    mle.Exponential(0.5),
    mle.Exponential(1e7),
    mle.Gamma(2.5, 1.7),
    mle.Gamma(0.05, 3.0),
    mle.Gamma(1e7, 1e-5),
    mle.Beta(2.0, 3.5),
    mle.Beta(0.2, 0.1),
    mle.Beta(3e6, 5e6),
    mle.Weibull(1.5, 2.0),
    mle.Weibull(0.4, 1e-6),
    mle.Weibull(60.0, 1e6),
    mle.StudentT(4.0, 2.0, 1.5),
    mle.StudentT(0.4, -3.0, 1e-4),
    mle.StudentT(1e5, 1e3, 2.0),
    mle.Laplace(1.0, 2.0),
    mle.Laplace(-1e6, 1e-2),
    mle.Cauchy(1.0, 2.0),
    mle.Cauchy(1e5, 1e-3),
    mle.NegativeBinomial(4.0, 0.5),
    mle.NegativeBinomial(30.0, 1e-6),
    mle.NegativeBinomial(0.5, 8.0),
    mle.NegativeBinomial(2e5, 0.1),
    mle.Categorical([0.2, 0.3, 0.5]),
    mle.Categorical([1e-9, 1 - 1e-9]),
]
ORDINARY = list({type(d): d for d in reversed(MEMBERS)}.values())[::-1]
DISCRETE = ("Bernoulli", "Poisson", "NegativeBinomial", "Categorical")
QUANTILES = np.array([1e-12, 1e-3, 0.2, 0.5, 0.77, 0.999, 1 - 1e-9])


def name(member):
    """Readable test id."""
    return repr(member).replace("array", "").replace(" ", "")


def points(member):
    """Observations across the member's range, tails included."""
    y = np.unique(SCIPY[type(member).__name__](member).ppf(QUANTILES))
    support = member.support
    return y[(y > support.low) & (y < support.high)] if not support.closed else y


def exact(function, member, y):
    """mpmath's value of ``function`` (a row of REFERENCE or SURVIVAL) at each y, as a list of mpf."""
    theta = [mp.mpf(float(v)) for v in member.theta]
    return [function(mp.mpf(float(v)), *theta) for v in y]


def exact_derivatives(function, member, y, order):
    """mpmath's partial derivatives of total ``order`` 1 (n, k) or 2 (n, lower triangle)."""
    theta = [mp.mpf(float(v)) for v in member.theta]
    k = len(theta)
    if order == 1:
        which = [tuple(int(i == j) for i in range(k)) for j in range(k)]
    else:
        which = [tuple((i == a) + (i == b) for i in range(k)) for a in range(k) for b in range(a + 1)]
    steps = [abs(t) * mp.mpf(10) ** -12 for t in theta]

    def partial(v, orders):
        # Differentiate in units of each parameter, so that one step size suits all.
        def scaled(*x):
            return function(mp.mpf(float(v)), *(t + s * e for t, s, e in zip(theta, steps, x, strict=True)))

        value = mp.diff(scaled, (0,) * k, orders, h=mp.mpf(10) ** -2)
        return value / mp.fprod(s**o for s, o in zip(steps, orders, strict=True))

    return np.array([[float(partial(v, orders)) for orders in which] for v in y])
