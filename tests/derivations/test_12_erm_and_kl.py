"""Checks of the labelled equations of chapter 12."""

import functools

import mpmath as mp
import numpy as np
import statsmodels.api as sm
from scipy import integrate, optimize, special, stats

import mlecore as mle
from tests.derivations._check import by_hand, double, equivalent, gauss_hermite

KL_FORM = r"\operatorname{KL}(g\,\|\,f)"
G, F = [0.45, 0.3, 0.15, 0.1], [0.2, 0.35, 0.33, 0.12]
PAIRS = [(G, F), ([0.7, 0.18, 0.12], [0.55, 0.05, 0.4])]


def table(values):
    """A mass function on 1, 2, … from its values."""
    return lambda y: mp.mpf(values[int(y) - 1])


def discrete(g, f):
    return {"g": table(g), "f": table(f), "dom y": range(1, len(g) + 1)}


def test_eq_empirical_risk(eq):
    r"""R_n(\theta) = -\frac{1}{n}\sum_{i=1}^{n} \log f(y_i;\theta) = -\frac{1}{n}\,\ell(\theta)"""
    for y, rate in ([0.4, 2.2, 0.9], 0.7), ([1.3, 0.2, 3.1, 0.6], 1.4):
        ell = double(lambda r, y=y: stats.expon(scale=1 / r).logpdf(y).sum())
        eq.holds({"y": y, "n": len(y), r"\theta": rate, r"\ell": ell,
                  "f": double(lambda v, r: stats.expon(scale=1 / r).pdf(v)),
                  "R_n": double(lambda r, y=y: -stats.expon(scale=1 / r).logpdf(y).mean())})


def test_eq_kl(eq):
    r"""\operatorname{KL}(g\,\|\,f) = \sum_y g(y)\,\log\frac{g(y)}{f(y)}"""
    eq.holds(*({**discrete(g, f), "K": special.rel_entr(g, f).sum()} for g, f in PAIRS),
             rewrite={KL_FORM: "K"})


@equivalent(r"…f(y)}{g(y)} \\ &\le ⟦ → -⟧\sum_y g(y)\left(\fr…", "the sum is zero")
def test_eq_gibbs(eq):
    r"""
    \begin{aligned}
    -\operatorname{KL}(g\,\|\,f) &= \sum_y g(y)\,\log\frac{f(y)}{g(y)} \\
    &\le \sum_y g(y)\left(\frac{f(y)}{g(y)} - 1\right) \\
    &= 0
    \end{aligned}
    """
    eq.holds(*({**discrete(g, f), "K": special.rel_entr(g, f).sum()} for g, f in PAIRS),
             rewrite={KL_FORM: "K"})


def test_eq_entropy_plus_kl(eq):
    r"""-\sum_y g(y)\,\log f(y) = H(g) + \operatorname{KL}(g\,\|\,f)"""
    eq.holds(*({**discrete(g, f), "E": stats.entropy(g), "K": special.rel_entr(g, f).sum()}
               for g, f in PAIRS), rewrite={KL_FORM: "K", "H(g)": "E"})


def test_eq_mle_projects(eq):
    r"""-\frac{1}{n}\,\ell(\theta) = H(\hat p) + \operatorname{KL}(\hat p\,\|\,f_\theta)"""
    for y, rate in ([0, 0, 1, 3, 1], 0.8), ([2, 5, 2, 0, 1, 2, 4], 2.6):
        values, counts = np.unique(y, return_counts=True)
        shares, masses = counts / len(y), stats.poisson(rate).pmf(values)
        ell = double(lambda r, y=y: stats.poisson(r).logpmf(y).sum())
        eq.holds({"n": len(y), r"\theta": rate, r"\ell": ell, "E": stats.entropy(shares),
                  "K": special.rel_entr(shares, masses).sum()},
                 rewrite={r"\operatorname{KL}(\hat p\,\|\,f_\theta)": "K", r"H(\hat p)": "E"})


def test_eq_binned_kl(eq):
    r"""
    \begin{aligned}
    &\operatorname{KL}(\hat p_\delta\,\|\,f_\delta) \\
    &\quad \approx \sum_{i=1}^{n} \frac{1}{n}\,\log\frac{1/n}{f(y_i;\theta)\,\delta} \\
    &\quad = -\frac{1}{n}\,\ell(\theta) - \log n - \log\delta
    \end{aligned}
    """
    for y, rate in ([0.4, 2.2, 0.9], 0.7), ([1.3, 0.2, 3.1, 0.6], 1.4):
        width, n = mp.mpf("1e-9"), len(y)
        lows = [mp.floor(mp.mpf(v) / width) * width for v in y]
        masses = [mp.exp(-rate * low) - mp.exp(-rate * (low + width)) for low in lows]
        density = lambda v, r: r * mp.exp(-r * v)  # noqa: E731
        eq.holds({"y": y, "n": n, r"\theta": rate, r"\delta": width, "f": density,
                  "K": mp.fsum(mp.log(1 / (n * mass)) / n for mass in masses),
                  r"\ell": lambda r, y=y, f=density: mp.fsum(mp.log(f(mp.mpf(v), r)) for v in y)},
                 approx=1e-7,
                 rewrite={r"\operatorname{KL}(\hat p_\delta\,\|\,f_\delta)": "K", "1/n": r"\frac{1}{n}"})


def by_quad(f, low=-np.inf, high=np.inf):
    return integrate.quad(f, low, high, epsabs=1e-12, epsrel=1e-12, limit=400)[0]


def test_eq_risk_split(eq):
    r"""R(\theta) = H(g) + \operatorname{KL}(g\,\|\,f_\theta)"""
    truth = stats.gamma(2.3, scale=0.8)
    for rate in (0.4, 1.7):
        model = stats.expon(scale=1 / rate)
        kl = by_quad(lambda y, m=model: truth.pdf(y) * (truth.logpdf(y) - m.logpdf(y)), 0, 60)
        eq.holds({r"\theta": rate, "E": truth.entropy(), "K": kl,
                  "R": lambda r: r * mp.mpf(2.3 * 0.8) - mp.log(r)},
                 rewrite={r"\operatorname{KL}(g\,\|\,f_\theta)": "K", "H(g)": "E"})


MIXTURES = [  # of normals: (weight, mean, standard deviation)
    [(0.65, -1.5, 0.8), (0.35, 2.0, 1.1)],
    [(0.2, 0.4, 0.3), (0.8, -1.0, 0.6)],
]


def moments(parts):
    """Quadrature that is exact for the mixture's moments, and its mean and standard deviation."""
    nodes = [(w * mp.mpf(p), y) for p, m, sd in parts for w, y in gauss_hermite(m, sd, 3)]
    mean = sum(p * m for p, m, _ in parts)
    return nodes, mean, np.sqrt(sum(p * (sd**2 + (m - mean) ** 2) for p, m, sd in parts))


def test_eq_normal_risk(eq):
    r"""
    \begin{aligned}
    R(\mu,\sigma) &= \frac12\log(2\pi\sigma^2) \\
    &\quad + \frac{\sigma_g^2 + (\mu-\mu_g)^2}{2\sigma^2}
    \end{aligned}
    """
    for parts, at in zip(MIXTURES, [(1.1, 0.8), (-0.6, 2.1)], strict=True):
        nodes, mean, spread = moments(parts)
        risk = lambda m, s, nodes=nodes: -mp.fsum(w * mp.log(mp.npdf(y, m, s)) for w, y in nodes)  # noqa: E731
        eq.holds({r"\mu": at[0], r"\sigma": at[1], r"\mu_g": mean, r"\sigma_g": spread, "R": risk})


def test_eq_normal_projection(eq):
    r"""
    \begin{aligned}
    \mu^\circ &= \mu_g \\
    \sigma^\circ &= \sigma_g
    \end{aligned}
    """
    for parts in MIXTURES:
        nodes, mean, spread = moments(parts)
        g, y = (np.array([float(v) for v in column]) for column in zip(*nodes, strict=True))

        def slope(at, y=y, g=g):  # of the risk, in (mu, sigma)
            z = (y - at[0]) / at[1]
            return [-np.sum(g * z) / at[1], np.sum(g * (1 - z * z)) / at[1]]

        mu, sigma = optimize.root(slope, [mean + 0.1, spread * 1.1], tol=1e-13).x
        eq.holds({r"\mu^*": mu, r"\sigma^*": sigma, r"\mu_g": mean, r"\sigma_g": spread},
                 rewrite={r"\mu^\circ": r"\mu^*", r"\sigma^\circ": r"\sigma^*"})


def test_eq_exponential_projection(eq):
    r"""\lambda^\circ = \frac{1}{\mathbb{E}_g[Y]}"""
    for truth in (stats.gamma(0.5, scale=3.1), stats.weibull_min(1.8, scale=0.6)):
        mean = by_quad(lambda y, t=truth: y * t.pdf(y), 0, np.inf)
        rate = optimize.brentq(lambda r, m=mean: m - 1 / r, 0.05, 20, xtol=1e-14)  # slope of the risk
        eq.holds({r"\lambda^*": rate, "M": truth.mean()},
                 rewrite={r"\lambda^\circ": r"\lambda^*", r"\mathbb{E}_g[Y]": "M"})


def normal_parts(truth):
    """A and B of the normal model in (mu, sigma²) at the projection, by quadrature."""
    m, v = truth.mean(), truth.var()
    c = [by_quad(lambda y, k=k: truth.pdf(y) * (y - m) ** k, *ends) for k in (2, 3, 4)
         for ends in [(truth.ppf(1e-16), truth.ppf(1 - 1e-16))]]
    A = np.array([[1 / v, 0], [0, -1 / (2 * v**2) + c[0] / v**3]])
    s12 = (c[1] - v * 0) / (2 * v**3)
    B = np.array([[c[0] / v**2, s12], [s12, (c[2] - 2 * v * c[0] + v**2) / (4 * v**4)]])
    return A, B


def cov_of_moments(truth):
    """n × the covariance of (mean, variance) of a sample in the limit: the central limit theorem."""
    _, v, skew, excess = (float(x) for x in truth.stats("mvsk"))
    return np.array([[v, skew * v**1.5], [skew * v**1.5, (excess + 2) * v**2]])


@by_hand(
    claim=lambda A, B: np.linalg.inv(A) @ B @ np.linalg.inv(A),
    wrong={
        "inverse information": lambda A, B: np.linalg.inv(A),
        "inverse of B": lambda A, B: np.linalg.inv(B),
        "one slice of bread": lambda A, B: np.linalg.inv(A) @ B,
        "exchanged": lambda A, B: np.linalg.inv(B) @ A @ np.linalg.inv(B),
    },
)
def test_eq_misspecified_sandwich(claim):
    r"""V = A^{-1} B A^{-1}"""
    for truth in (stats.gamma(2.5, scale=0.7), stats.gumbel_r(0.3, 1.2)):
        np.testing.assert_allclose(claim(*normal_parts(truth)), cov_of_moments(truth), rtol=1e-6)


@by_hand(
    claim=lambda v, m3, m4: np.array([[v, m3], [m3, m4 - v**2]]),
    wrong={
        "no covariance": lambda v, m3, m4: np.array([[v, 0], [0, m4 - v**2]]),
        "usual": lambda v, m3, m4: np.array([[v, m3], [m3, 2 * v**2]]),
        "standard deviation": lambda v, m3, m4: np.array([[v, m3], [m3, m4 - v]]),
        "sign": lambda v, m3, m4: np.array([[v, -m3], [-m3, m4 - v**2]]),
    },
)
def test_eq_normal_sandwich(claim):
    r"""V = \begin{pmatrix} \sigma_g^2 & \mu_3 \\ \mu_3 & \mu_4 - \sigma_g^4 \end{pmatrix}"""
    for truth in (stats.gamma(2.5, scale=0.7), stats.gumbel_r(0.3, 1.2)):
        A, B = normal_parts(truth)
        _, v, skew, excess = (float(x) for x in truth.stats("mvsk"))
        np.testing.assert_allclose(claim(v, skew * v**1.5, (excess + 3) * v**2),
                                   np.linalg.inv(A) @ B @ np.linalg.inv(A), rtol=1e-6)


def test_eq_exponential_sandwich(eq):
    r"""V = \lambda^{\circ 2}\,\frac{\operatorname{Var}_g(Y)}{\mathbb{E}_g[Y]^2}"""
    for truth in (stats.gamma(2.5, scale=0.7), stats.uniform(0.4, 1.9)):
        rate, step = 1 / truth.mean(), 1e-5
        # Delta method: the slope of 1/mean, squared, times the variance of one observation.
        slope = (1 / (truth.mean() + step) - 1 / (truth.mean() - step)) / (2 * step)
        eq.holds({"V": slope**2 * truth.var(), r"\lambda": rate, "S": truth.var(), "M": truth.mean()},
                 rewrite={r"\lambda^{\circ 2}": r"\lambda^2", r"\operatorname{Var}_g(Y)": "S",
                          r"\mathbb{E}_g[Y]": "M"})


def test_eq_hc0(eq):
    r"""
    \begin{aligned}
    \widehat{\operatorname{Cov}}(\hat{\mathbf{w}}) &= (X^\top X)^{-1} B_n\,(X^\top X)^{-1} \\
    B_n &= \sum_{i=1}^{n} r_i^2\,\mathbf{x}_i\mathbf{x}_i^\top
    \end{aligned}
    """
    rng = np.random.default_rng(5)
    for n in (6, 9):
        X = np.column_stack([np.ones(n), rng.normal(size=n)])
        y = X @ [0.4, 1.2] + rng.normal(size=n) * (1 + X[:, 1] ** 2)
        fit = sm.OLS(y, X).fit()
        cov = fit.cov_HC0
        gram = X.T @ X
        eq.holds({"C": cov, "B_n": gram @ cov @ gram, "X": X, "n": n, "r": fit.resid,
                  r"\mathbf{x}": [mp.matrix(row.tolist()) for row in X]},
                 rewrite={r"\widehat{\operatorname{Cov}}(\hat{\mathbf{w}})": "C"})


def test_eq_excess_risk(eq):
    r"""
    \begin{aligned}
    \operatorname{KL}(g\,\|\,f_{\hat\theta}) &= \operatorname{KL}(g\,\|\,f_{\theta^\circ}) \\
    &\quad + \bigl(R(\hat\theta) - R(\theta^\circ)\bigr)
    \end{aligned}
    """
    truth = stats.gamma(2.3, scale=0.8)
    kl = lambda r: by_quad(  # noqa: E731
        lambda y: truth.pdf(y) * (truth.logpdf(y) - np.log(r) + r * y), 0, 60)
    best = 1 / truth.mean()
    for estimate in (0.3, 0.9):
        eq.holds({r"\hat\theta": estimate, r"\theta^*": best, "K": kl(estimate), "L": kl(best),
                  "R": lambda r: r * mp.mpf(2.3 * 0.8) - mp.log(r)},
                 rewrite={r"\operatorname{KL}(g\,\|\,f_{\hat\theta})": "K",
                          r"\operatorname{KL}(g\,\|\,f_{\theta^\circ})": "L",
                          r"R(\theta^\circ)": r"R(\theta^*)"})


@functools.cache
def exponential_optimism(n, shape):
    """n E[1/mean - 1] for n gamma waits of this shape and mean 1: E[1/mean] by quadrature."""
    with mp.workdps(40):
        c = mp.mpf(n) * shape
        log_density = lambda u: c * mp.log(c) - mp.loggamma(c) + (c - 1) * mp.log(u) - c * u  # noqa: E731
        s = 1 / mp.sqrt(c)
        inner = {max(mp.mpf("1e-3"), 1 + k * s) for k in (-6, -3, 0, 3, 8, 16)}
        points = [mp.mpf("1e-30"), *sorted(inner), 1 + 60 * s + 60 / c]
        return n * (mp.quad(lambda u: mp.exp(log_density(u)) / u, points) - 1)


def test_eq_exponential_optimism(eq):
    r"""n\,\mathbb{E}\bigl[R(\hat\lambda) - R_n(\hat\lambda)\bigr] = \frac{n}{n k - 1}"""
    cases = ((7, 1.3), (12, 0.7), (30, 2.2))
    eq.holds(*({"n": n, "k": k, "D": exponential_optimism(n, k)} for n, k in cases),
             rewrite={r"n\,\mathbb{E}\bigl[R(\hat\lambda) - R_n(\hat\lambda)\bigr]": "D"})


@functools.cache
def normal_optimism(n):
    """n E[(1 + m²)/(2v) - 1/2] for n standard normal draws with mean m and variance v (divisor n)."""
    chi2 = lambda q: q ** (mp.mpf(n - 1) / 2 - 1) * mp.exp(-q / 2) / (  # noqa: E731
        2 ** (mp.mpf(n - 1) / 2) * mp.gamma(mp.mpf(n - 1) / 2))
    reciprocal = mp.quad(lambda q: chi2(q) / q, [0, n / 2, n, 2 * n, 6 * n, 40 * n])
    square = mp.quad(lambda m: m * m * mp.npdf(m, 0, 1 / mp.sqrt(n)), [-10, -1, 0, 1, 10])
    return n * ((1 + square) * n * reciprocal - 1) / 2


def test_eq_normal_optimism(eq):
    r"""n\,\mathbb{E}\bigl[R(\hat\theta) - R_n(\hat\theta)\bigr] = \frac{2n}{n-3}"""
    eq.holds(*({"n": n, "D": normal_optimism(n)} for n in (6, 11, 17)),
             rewrite={r"n\,\mathbb{E}\bigl[R(\hat\theta) - R_n(\hat\theta)\bigr]": "D"})


@by_hand(
    claim=lambda A, B: np.trace(np.linalg.inv(A) @ B),
    wrong={
        "number of parameters": lambda A, B: len(A),
        "inverted": lambda A, B: np.trace(np.linalg.inv(B) @ A),
        "half": lambda A, B: np.trace(np.linalg.inv(A) @ B) / 2,
        "sandwich": lambda A, B: np.trace(np.linalg.inv(A) @ B @ np.linalg.inv(A)),
    },
)
def test_eq_optimism(claim):
    r"""n\,\mathbb{E}\bigl[R(\hat\theta) - R_n(\hat\theta)\bigr] \to \operatorname{tr}(A^{-1}B)"""
    n = 10**6
    for a, mean in ((0.5, 1.0), (2.5, 1.0), (0.5, 3.0)):  # the optimism does not depend on the unit
        A, B = np.array([[mean**2]]), np.array([[mean**2 / a]])
        assert abs(claim(A, B) / float(n / (n * mp.mpf(a) - 1)) - 1) < 1e-5
    assert abs(claim(np.diag([2.0, 0.5]), np.diag([2.0, 0.5])) / (2 * n / (n - 3)) - 1) < 1e-5


FITS = [  # fit, number of parameters, log-likelihood as a function of one parameter, its MLE
    (mle.fit(mle.Exponential, [0.4, 2.2, 0.9]), 1, lambda r: 3 * np.log(r) - 3.5 * r, 3 / 3.5),
    # Normal: of the mean, with the best variance for it.
    (mle.fit(mle.Normal, [0.4, 2.2, 0.9, 3.5]), 2,
     lambda m: -2 * (np.log(2 * np.pi * np.mean((np.array([0.4, 2.2, 0.9, 3.5]) - m) ** 2)) + 1), 1.75),
]


def test_eq_aic(eq):
    r"""\operatorname{AIC} = 2m - 2\,\ell(\hat\theta)"""
    eq.holds(*({r"\operatorname{AIC}": fit.aic, "m": m, r"\hat\theta": best, r"\ell": double(ell)}
               for fit, m, ell, best in FITS))


def test_eq_bic(eq):
    r"""\operatorname{BIC} = m\log n - 2\,\ell(\hat\theta)"""
    eq.holds(*({r"\operatorname{BIC}": fit.bic, "m": m, "n": n, r"\hat\theta": best, r"\ell": double(ell)}
               for (fit, m, ell, best), n in zip(FITS, (3, 4), strict=True)))


def test_eq_tic(eq):
    r"""\operatorname{TIC} = 2\operatorname{tr}(\hat A^{-1}\hat B) - 2\,\ell(\hat\theta)"""
    # Exponential: A is 1/rate², B the sample's variance. ℓ as a function of the rate.
    for y in ([0.4, 2.2, 0.9, 3.5], [1.0, 1.7, 0.2, 0.4, 5.1]):
        y = np.array(y)
        trace, rate = y.var() / y.mean() ** 2, 1 / y.mean()
        top = stats.expon(scale=y.mean()).logpdf(y).sum()
        eq.holds({r"\operatorname{TIC}": 2 * trace - 2 * top, "T": trace,
                  r"\hat\theta": rate, r"\ell": double(lambda r, y=y: np.sum(np.log(r) - r * y))},
                 rewrite={r"\operatorname{tr}(\hat A^{-1}\hat B)": "T"})


def test_eq_normal_trace(eq):
    r"""\operatorname{tr}(A^{-1}B) = \frac{1}{2}\left(\frac{\mu_4}{\sigma_g^4} + 1\right)"""
    for truth in (stats.gamma(2.5, scale=0.7), stats.logistic(1.0, 0.4)):
        A, B = normal_parts(truth)
        fourth = (float(truth.stats("k")) + 3) * truth.var() ** 2
        eq.holds({"T": np.trace(np.linalg.inv(A) @ B), r"\mu_4": fourth, r"\sigma_g": truth.std()},
                 rewrite={r"\operatorname{tr}(A^{-1}B)": "T"})


def test_eq_overselect(eq):
    r"""
    \begin{aligned}
    P(\chi^2_1 > 2) &= 2\,\Phi(-\sqrt2) \\
    &\approx 0.157
    \end{aligned}
    """
    eq.holds(*({"P": stats.chi2(1).sf(2), r"\Phi": mp.ncdf} for _ in range(2)), approx=3e-3,
             rewrite={r"P(\chi^2_1 > 2)": "P"})


def test_eq_log_jacobian(eq):
    r"""
    \begin{aligned}
    &\log f_Y(y) \\
    &\quad = \log f_Z(\log y) - \log y
    \end{aligned}
    """
    for mu, sigma, y in (0.4, 0.8, 2.3), (-1.0, 0.5, 0.7):
        eq.holds({"y": y, "f_Y": double(stats.lognorm(sigma, scale=np.exp(mu)).pdf),
                  "f_Z": double(stats.norm(mu, sigma).pdf)})


def test_eq_laplace_evidence(eq):
    r"""
    \begin{aligned}
    &\log\int e^{\ell(\theta)}\,\pi(\theta)\,d\theta \\
    &\quad \approx \ell(\hat\theta) + \log\pi(\hat\theta) \\
    &\qquad + \frac{m}{2}\log(2\pi) - \frac12\log\det J
    \end{aligned}
    """
    # Normal data of known variance and a wide normal prior: the evidence in closed form, nearly exact.
    for n, mean, tau in (400, 0.3, 2.0), (900, -0.7, 1.5):
        v, top = mp.mpf(1) / n, mp.mpf("-2.4")
        evidence = top + mp.log(mp.npdf(mean, 0, mp.sqrt(tau**2 + v))) + mp.log(mp.sqrt(2 * mp.pi * v))
        ell = lambda t, mean=mean, n=n, top=top: top - n * (t - mp.mpf(mean)) ** 2 / 2  # noqa: E731
        eq.holds({"E": evidence, r"\hat\theta": mean, r"\ell": ell, "m": 1, "J": n,
                  "q": lambda t, tau=tau: mp.npdf(t, 0, tau)}, approx=1e-3,
                 rewrite={r"\log\int e^{\ell(\theta)}\,\pi(\theta)\,d\theta": "E",
                          r"\log\pi(\hat": r"\log q(\hat",
                          r"\log\det J": r"\log J"})
