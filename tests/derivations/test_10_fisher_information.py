"""Checks of the labelled equations of chapter 10."""

import mpmath as mp
import numpy as np
from scipy import stats

from tests.derivations._check import (
    Fn,
    Operator,
    average,
    by_hand,
    equivalent,
    gauss_hermite,
    iid,
)


def mass(name):
    """One density as a function of (y, theta), in mpmath, written out."""
    return {
        "bernoulli": lambda y, p: p**y * (1 - p) ** (1 - y),
        "poisson": lambda y, rate: mp.exp(-rate) * rate**y / mp.gamma(y + 1),
        "binomial": lambda y, p: mp.binomial(3, y) * p**y * (1 - p) ** (3 - y),
        # three outcomes whose probabilities bend in the parameter
        "three": lambda y, t: [t**2, 2 * t * (1 - t), (1 - t) ** 2][int(y)],
    }[name]


OUTCOMES = {"bernoulli": range(2), "poisson": range(70), "binomial": range(4), "three": range(3)}
CASES = [("bernoulli", 0.3), ("poisson", 2.6), ("binomial", 0.62), ("three", 0.41)]


def slope_of(name):
    f = mass(name)
    return lambda y, theta: mp.diff(lambda t: mp.log(f(y, t)), theta)


def one(name, theta):
    """[(probability, y), …] of one observation at theta."""
    return [(mass(name)(y, mp.mpf(theta)), y) for y in OUTCOMES[name]]


def known(name, theta):
    """The information in closed form."""
    theta = mp.mpf(theta)
    return {"bernoulli": 1 / (theta * (1 - theta)), "poisson": 1 / theta,
            "binomial": 3 / (theta * (1 - theta)), "three": 2 / (theta * (1 - theta))}[name]


def centered(outcomes):
    """The outcomes' averages, with a variance for scores only: their mean has to be zero."""
    averages = average(outcomes)

    def variance(f):
        assert abs(averages[r"\mathbb{E}"].call(f)) < 1e-9, "not a score: its mean is not zero"
        return averages[r"\operatorname{Var}"].call(f)

    return {**averages, r"\operatorname{Var}": Operator(variance)}


def at(name, theta, **more):
    outcomes = [(p, {"y": y}) for p, y in one(name, theta)]
    return {**centered(outcomes), "y": 1, r"\theta": theta, "u": slope_of(name), "f": mass(name), **more}


# -- score and information -------------------------------------------------------------------------------


def test_eq_fisher_score(eq):
    r"""
    \begin{aligned}
    u(y;\theta) &= \frac{\partial}{\partial\theta}\log f(y;\theta) \\
    U(\theta) &= \sum_{i=1}^{n} u(y_i;\theta)
    \end{aligned}
    """
    # Against the closed scores of the Poisson and Bernoulli families.
    for f, u, total, y, theta in [
        ("poisson", lambda y, r: y / r - 1, lambda y, r: sum(y) / r - len(y), [2, 5, 1], 2.6),
        ("bernoulli", lambda y, p: (y - p) / (p * (1 - p)),
         lambda y, p: (sum(y) - len(y) * p) / (p * (1 - p)), [1, 0, 1, 1], 0.3),
    ]:
        # One name for an observation and for the sample: the second line has its own environment.
        ell = Fn(lambda t, y=y, total=total: total(y, t), r"\theta")
        eq.holds({"y": y, "n": len(y), r"\theta": theta, "u": u, "U": ell, "f": mass(f), "a": y[0]},
                 rewrite={r"u(y;\theta)": r"u(a;\theta)", r"f(y;\theta)": r"f(a;\theta)"})


@by_hand(claim=lambda f, t: mp.diff(lambda s: mp.log(f(s)), t),
         wrong={"the slope of the density": mp.diff, "of its square root": lambda f, t: mp.diff(
             lambda s: mp.sqrt(f(s)), t), "elsewhere": lambda f, t: mp.diff(lambda s: mp.log(f(s)), t / 2)})
def test_eq_fisher_score_mean(eq, claim):
    r"""\mathbb{E}[u(y;\theta)] = 0"""
    for name, theta in CASES:
        f = mass(name)
        eq.holds(at(name, theta, u=lambda y, t, f=f: claim(lambda s: f(y, s), t)))


def test_eq_fisher_information(eq):
    r"""
    \begin{aligned}
    I_1(\theta) &= \operatorname{Var}(u(y;\theta)) \\
    &= \mathbb{E}\left[u(y;\theta)^2\right]
    \end{aligned}
    """
    for name, theta in CASES:
        eq.holds(at(name, theta, I_1=lambda t, name=name: known(name, t)))


def test_eq_fisher_identity(eq):
    r"""
    \mathbb{E}\left[u(y;\theta)^2\right] = -\mathbb{E}\left[\frac{\partial^2}{\partial\theta^2} \log
    f(y;\theta)\right]
    """
    eq.holds(*(at(*case) for case in CASES))


def test_eq_fisher_additive(eq):
    r"""I(\theta) = \operatorname{Var}(U(\theta)) = n\,I_1(\theta)"""
    for name, theta, n in (("bernoulli", mp.mpf(0.3), 4), ("three", mp.mpf(0.41), 3)):
        u = slope_of(name)
        outcomes = iid(one(name, theta), n, lambda y, u=u, t=theta: {"U": sum(u(v, t) for v in y)})
        eq.holds({**average(outcomes), "n": n, r"\theta": theta, "U": 1,
                  "I_1": lambda t, name=name: known(name, t),
                  "I": lambda t, name=name, n=n: n * known(name, t)}, rewrite={r"U(\theta)": "U"})


def test_eq_fisher_gaussian(eq):
    r"""\operatorname{Var}\left(\frac{y-\mu}{\sigma^2}\right) = \frac{1}{\sigma^2}"""
    for mu, sigma in ((0.7, 1.3), (1.9, 0.6)):
        outcomes = [(w, {"y": y}) for w, y in gauss_hermite(mu, sigma, 4)]
        eq.holds({**centered(outcomes), "y": 1.1, r"\mu": mu, r"\sigma": sigma})


def test_eq_fisher_bernoulli(eq):
    r"""\operatorname{Var}\left(\frac{y-p}{p(1-p)}\right) = \frac{1}{p(1-p)}"""
    eq.holds(*(at("bernoulli", p, p=p) for p in (0.3, 0.62)))


def test_eq_fisher_poisson(eq):
    r"""\operatorname{Var}\left(\frac{y}{\lambda} - 1\right) = \frac{1}{\lambda}"""
    eq.holds(*(at("poisson", rate, **{r"\lambda": rate}) for rate in (2.6, 0.7)))


def waits(rate):
    """[(weight, y), …] that integrate polynomials against the exponential density."""
    nodes, weights = np.polynomial.laguerre.laggauss(6)
    return [(mp.mpf(w) / mp.fsum(map(mp.mpf, weights)), mp.mpf(x) / mp.mpf(rate))
            for x, w in zip(nodes, weights, strict=True)]


def test_eq_fisher_exponential(eq):
    r"""\operatorname{Var}\left(\frac{1}{\lambda} - y\right) = \frac{1}{\lambda^2}"""
    for rate in (0.8, 2.3):
        outcomes = [(w, {"y": y}) for w, y in waits(rate)]
        eq.holds({**centered(outcomes), "y": 1.1, r"\lambda": rate})


# -- several parameters ----------------------------------------------------------------------------------


def gaussian(mu, v):
    """Outcomes with the score vector and the Hessian in (mu, sigma^2), by mpmath's derivatives."""
    mu, v = mp.mpf(mu), mp.mpf(v)
    found = []
    for w, y in gauss_hermite(mu, mp.sqrt(v), 6):
        log = lambda m, s, y=y: -((y - m) ** 2) / (2 * s) - mp.log(2 * mp.pi * s) / 2  # noqa: E731
        d = lambda i, j, log=log: mp.diff(log, (mu, v), (i, j))  # noqa: E731
        found.append((w, {r"\mathbf{u}": mp.matrix([[d(1, 0)], [d(0, 1)]]),
                          "H": mp.matrix([[d(2, 0), d(1, 1)], [d(1, 1), d(0, 2)]])}))
    return found


GAUSSIANS = [(0.7, 1.69), (1.9, 0.36)]


def test_eq_fisher_matrix(eq):
    r"""
    \begin{aligned}
    I_1(\theta) &= \mathbb{E}[\mathbf{u}\,\mathbf{u}^\top] \\
    &= -\mathbb{E}\left[\nabla_\theta^2 \log f(y;\theta)\right]
    \end{aligned}
    """
    for mu, v in GAUSSIANS:
        # theta stands for the variance.
        eq.holds({**average(gaussian(mu, v)), r"\theta": v,
                  "I_1": lambda t: mp.matrix([[1 / t, 0], [0, 1 / (2 * t**2)]]),
                  r"\mathbf{u}": mp.matrix([[1], [1]]), "H": mp.eye(2)},
                 rewrite={r"\nabla_\theta^2 \log f(y;\theta)": "H"})


@equivalent("double \\mu", "the information about a location does not depend on where it is")
def test_eq_fisher_normal_matrix(eq):
    r"""
    I_1(\mu, \sigma^2) = \begin{pmatrix} \dfrac{1}{\sigma^2} & 0 \\[2ex] 0 & \dfrac{1}{2\sigma^4}
    \end{pmatrix}
    """
    def information(mu, v):
        total = mp.zeros(2)
        for w, values in gaussian(mu, v):
            total += w * values[r"\mathbf{u}"] * values[r"\mathbf{u}"].T
        return total

    eq.holds(*({r"\mu": mu, r"\sigma": mp.sqrt(mp.mpf(v)), "I_1": information} for mu, v in GAUSSIANS))


def test_eq_fisher_reparametrization(eq):
    r"""\tilde I_1(\varphi) = \theta'(\varphi)^2\; I_1(\theta(\varphi))"""
    for name, theta, phi in [
        ("bernoulli", lambda t: 1 / (1 + mp.exp(-t)), 0.8),  # the log-odds
        ("poisson", mp.exp, 0.9),  # the log-rate
    ]:
        def new(p, name=name, theta=theta):
            f = mass(name)
            return mp.fsum(f(y, theta(p)) * mp.diff(lambda q, y=y: mp.log(f(y, theta(q))), p) ** 2
                           for y in OUTCOMES[name])

        eq.holds({r"\varphi": phi, r"\theta": theta, "I_1": lambda t, name=name: known(name, t),
                  r"\tilde I_1": new})


# -- the bound -------------------------------------------------------------------------------------------


def estimator(name, theta, n, T):
    """An estimator T(y) of n observations: its outcomes with T and U, its mean as a function, I."""
    u = slope_of(name)
    outcomes = iid(one(name, theta), n, lambda y: {"T": T(y), "U": sum(u(v, mp.mpf(theta)) for v in y)})

    def mean(t):
        return mp.fsum(p * values["T"] for p, values in
                       iid(one_at(name, t), n, lambda y: {"T": T(y)}))

    def one_at(name, t):
        return [(mass(name)(y, t), y) for y in OUTCOMES[name]]

    return {**average(outcomes), "T": 1, "U": 1, r"\theta": theta, r"\kappa": mean,
            "n": n, "I": lambda t: n * known(name, t), "I_1": lambda t: known(name, t)}


def skew(y):
    """No function of the total, no multiple of anything: an estimator that is nothing special."""
    return mp.mpf(y[0]) ** 2 + mp.mpf(y[0]) * y[-1] / 3 + mp.mpf(y[1]) / 7


ESTIMATORS = [("three", 0.41, 3, skew), ("bernoulli", 0.3, 4, skew)]


def test_eq_crlb_covariance(eq):
    r"""\operatorname{Cov}(T, U(\theta)) = \kappa'(\theta)"""
    eq.holds(*(estimator(*case) for case in ESTIMATORS), rewrite={r"U(\theta)": "U"})


def test_eq_crlb_exact(eq):
    r"""\rho^2\,\operatorname{Var}(T) = \frac{\kappa'(\theta)^2}{I(\theta)}"""
    for name, theta, n, T in ESTIMATORS:
        u = slope_of(name)
        rows = [(p, T(y), sum(u(v, mp.mpf(theta)) for v in y)) for p, y in
                ((p, values["y"]) for p, values in iid(one(name, theta), n))]
        mean = lambda f, rows=rows: mp.fsum(p * f(t, s) for p, t, s in rows)  # noqa: E731
        mt, ms = mean(lambda t, s: t), mean(lambda t, s: s)
        cov = mean(lambda t, s: (t - mt) * (s - ms))  # noqa: B023
        rho = cov / mp.sqrt(mean(lambda t, s: (t - mt) ** 2) * mean(lambda t, s: (s - ms) ** 2))  # noqa: B023
        eq.holds({**estimator(name, theta, n, T), r"\rho": rho})


# Where the bound is met, any change that raises its right side goes red; two cases, with slopes and
# informations on either side of 1, so that no change lowers both.
SHARP = [("bernoulli", 0.3, 4, lambda y: 3 * mp.fsum(y) + 2),
         ("poisson", 40.0, 1, lambda y: mp.mpf(y[0]) / 5)]


def sharp(name, theta, n, T):
    if name == "poisson":  # a rate with little information: a wider range of counts
        f = lambda y, t: mp.exp(-t) * t**y / mp.gamma(y + 1)  # noqa: E731
        outcomes = [(f(y, mp.mpf(theta)), {"T": T([y])}) for y in range(160)]
        return {**average(outcomes), "T": mp.mpf(1), r"\theta": theta, "n": 1, r"\kappa": lambda t: t / 5,
                "I": lambda t: 1 / t, "I_1": lambda t: 1 / t}
    return estimator(name, theta, n, T)


def test_eq_crlb_biased(eq):
    r"""\operatorname{Var}(T) \ge \frac{\kappa'(\theta)^2}{I(\theta)}"""
    eq.holds(*(sharp(*case) for case in SHARP), *(estimator(*case) for case in ESTIMATORS))


@equivalent("double T", "a larger variance satisfies the bound too")
def test_eq_crlb(eq):
    r"""\operatorname{Var}(T) \ge \frac{1}{I(\theta)} = \frac{1}{n\,I_1(\theta)}"""
    eq.holds(*(estimator("bernoulli", theta, n, lambda y, n=n: mp.fsum(y) / n)
               for theta, n in ((0.3, 4), (0.62, 3))))
    # Unbiased, and worse: one observation out of n.
    eq.holds(*(estimator("bernoulli", theta, n, lambda y: y[0]) for theta, n in ((0.3, 4), (0.62, 3))))


def test_eq_crlb_attained(eq):
    r"""U(\theta) = I(\theta)\,(\hat\theta - \theta)"""
    for y, theta, log, information in [
        ([1.2, 3.1, -0.4], 0.7, lambda v, t: -((v - t) ** 2) / (2 * mp.mpf(1.3) ** 2),
         lambda t: 3 / mp.mpf(1.3) ** 2),
        ([1, 0, 1, 1, 0], 0.3, lambda v, p: mp.log(p if v else 1 - p), lambda p: 5 / (p * (1 - p))),
        ([2, 7, 3], 3.2, lambda v, r: v * mp.log(r) - r, lambda r: 3 / r),
    ]:
        U = lambda t, y=y, log=log: mp.diff(lambda s: mp.fsum(log(v, s) for v in y), t)  # noqa: E731
        eq.holds({r"\theta": theta, r"\hat\theta": mp.fsum(y) / len(y), "U": U, "I": information})


def test_eq_crlb_vector(eq):
    r"""
    \begin{aligned}
    &\operatorname{Cov}(\mathbf{T} - I(\theta)^{-1}\,\mathbf{U}) \\
    &\quad = \operatorname{Cov}(\mathbf{T}) - I(\theta)^{-1}
    \end{aligned}
    """
    # Mean and s² of three Gaussian observations, unbiased for (mu, sigma²).
    for mu, v in GAUSSIANS:
        n, mu, v = 3, mp.mpf(mu), mp.mpf(v)
        rows = []
        for p, values in iid(gauss_hermite(mu, mp.sqrt(v), 3), n):
            y = values["y"]
            m = mp.fsum(y) / n
            T = mp.matrix([[m], [mp.fsum((x - m) ** 2 for x in y) / (n - 1)]])
            squares = mp.fsum((x - mu) ** 2 for x in y)
            rows.append((p, {r"\mathbf{T}": T, r"\mathbf{U}": mp.matrix(
                [[mp.fsum(x - mu for x in y) / v], [squares / (2 * v**2) - n / (2 * v)]])}))

        def covariance(f, rows=rows):
            total, outer = mp.zeros(2, 1), mp.zeros(2)
            for p, values in rows:
                x = f(values)
                total, outer = total + p * x, outer + p * x * x.T
            return outer - total * total.T

        blank = mp.matrix([[1], [1]])
        eq.holds({r"\operatorname{Cov}": Operator(covariance), r"\mathbf{T}": blank, r"\mathbf{U}": blank,
                  r"\theta": v, "I": lambda t: mp.matrix([[3 / t, 0], [0, 3 / (2 * t**2)]])})


@equivalent("negate", "a bound below a bound holds too")
@equivalent("…_{22}} \\ge \\frac{1}{⟦I_{11} → {(2I_{11})}⟧}…", "a bound below a bound holds too")
def test_eq_crlb_nuisance(eq):
    r"""(I^{-1})_{11} = \frac{1}{I_{11} - I_{12}^2/I_{22}} \ge \frac{1}{I_{11}}"""
    for a, b, c in ((2.3, 0.7, 1.9), (0.6, -0.4, 0.8)):
        inverse = mp.matrix([[a, b], [b, c]]) ** -1
        eq.holds({"A": inverse[0, 0], "I_{11}": a, "I_{12}": b, "I_{22}": c}, rewrite={"(I^{-1})_{11}": "A"})
    # Met where nothing is shared: there the last fraction cannot be made larger.
    eq.holds({"A": 1 / mp.mpf(2.3), "I_{11}": 2.3, "I_{12}": 0, "I_{22}": 1.9},
             {"A": 1 / mp.mpf(0.6), "I_{11}": 0.6, "I_{12}": 0, "I_{22}": 0.8},
             rewrite={"(I^{-1})_{11}": "A"})


# -- the table -------------------------------------------------------------------------------------------


@equivalent("double \\lambda", "the mean is linear in the rate, so its slope is the same at any rate")
def test_eq_crlb_rate(eq):
    r"""\frac{\kappa'(\lambda)^2}{I(\lambda)} = \frac{n\,\lambda^2}{(n-1)^2}"""
    for n, rate in ((5, 0.8), (12, 2.3)):
        kappa = lambda t, n=n: n * t / (n - 1)  # noqa: E731
        assert abs(kappa(rate) - n * stats.invgamma.mean(n, scale=rate)) < 1e-9
        eq.holds({"n": n, r"\lambda": rate, r"\kappa": kappa, "I": lambda t, n=n: n / t**2})


def test_eq_rate_variance(eq):
    r"""
    \begin{aligned}
    \operatorname{Var}(\hat\lambda) &= \frac{n^2\lambda^2}{(n-1)(n-2)} \\
    &\quad - \frac{n^2\lambda^2}{(n-1)^2} \\
    &= \frac{n^2\lambda^2}{(n-1)^2(n-2)}
    \end{aligned}
    """
    for n, rate in ((5, 0.8), (12, 2.3)):  # one over a gamma variable
        eq.holds({"n": n, r"\lambda": rate, "V": stats.invgamma.var(n, scale=n * rate)},
                 rewrite={r"\operatorname{Var}(\hat\lambda)": "V"})


@equivalent("n to n - 1", "the limit is the same")
def test_eq_median_variance(eq):
    r"""n\,\operatorname{Var}(\operatorname{median}) \to \frac{\pi}{2}\,\sigma^2"""
    for n, sigma in ((20_001, 1.3), (40_001, 0.6)):
        # The median's distribution: a Beta variable through the normal quantile.
        half = (n + 1) // 2
        u = (np.arange(200_000) + 0.5) / 200_000
        z = stats.norm.ppf(stats.beta.ppf(u, half, half))
        eq.holds({"n": n, r"\sigma": sigma, "V": sigma**2 * np.mean(z**2)}, approx=1e-3,
                 rewrite={r"\operatorname{Var}(\operatorname{median})": "V"})


# -- below the bound -------------------------------------------------------------------------------------


def test_eq_mse_split(eq):
    r"""
    \begin{aligned}
    \mathbb{E}\left[(T - \theta)^2\right] &= \operatorname{Var}(T) \\
    &\quad + (\kappa(\theta) - \theta)^2
    \end{aligned}
    """
    eq.holds(*(estimator(*case) for case in ESTIMATORS))


def test_eq_variance_divisor(eq):
    r"""
    \begin{aligned}
    &\mathbb{E}\left[\left(\frac{S}{c} - \sigma^2\right)^2\right] = \frac{2(n-1)\,\sigma^4}{c^2} \\
    &\qquad + \left(\frac{n-1}{c} - 1\right)^2\sigma^4
    \end{aligned}
    """
    for n, sigma, c in ((3, 1.3, 3.4), (4, 0.6, 5.7)):
        def squares(y):
            m = mp.fsum(y) / len(y)
            return {"S": mp.fsum((v - m) ** 2 for v in y)}

        outcomes = iid(gauss_hermite(0.7, sigma, 3), n, squares)
        eq.holds({**average(outcomes), "S": 1, "n": n, r"\sigma": sigma, "c": c})


def test_eq_uniform_variance(eq):
    r"""\operatorname{Var}\left(\frac{n+1}{n}\,\max_i y_i\right) = \frac{\theta^2}{n(n+2)}"""
    for n, theta in ((3, 2.2), (7, 0.8)):
        top = stats.beta(n, 1, scale=theta)  # the largest of n uniforms
        eq.holds({"n": n, r"\theta": theta, "m": top.mean(), r"\operatorname{Var}": Operator(
            lambda f, top=top: mp.mpf(top.var()) * (f({"m": mp.mpf(1)}) - f({"m": mp.mpf(0)})) ** 2)},
            rewrite={r"\max_i y_i": "m"})


# -- standard errors -------------------------------------------------------------------------------------


def test_eq_observed_information(eq):
    r"""
    \begin{aligned}
    J &= -\ell''(\hat\theta) \\
    \operatorname{se}(\hat\theta) &= \frac{1}{\sqrt{J}}
    \end{aligned}
    """
    # The rate of Poisson counts and the mean of exponential waits, whose J have closed forms.
    for y, log, J, se in [
        ([2, 7, 3], lambda v, t: v * mp.log(t) - t, mp.mpf(3) / 4, lambda t: mp.sqrt(t / 3)),
        ([0.4, 2.2, 1.7, 3.3], lambda v, t: mp.log(1 / t) - v / t, 4 / mp.mpf(1.9) ** 2, lambda t: t / 2),
    ]:
        eq.holds({r"\hat\theta": mp.fsum(y) / len(y), "J": J, r"\operatorname{se}": se,
                  r"\ell": lambda t, y=y, log=log: mp.fsum(log(v, t) for v in y)})


def test_eq_probit_slopes(eq):
    r"""
    \begin{aligned}
    r &= \frac{q\,\Phi'(q\eta)}{\Phi(q\eta)} \\
    \frac{d}{d\eta}\log\Phi(q\eta) &= r \\
    \frac{d^2}{d\eta^2}\log\Phi(q\eta) &= -r\,(r + \eta)
    \end{aligned}
    """
    for q, eta in ((1, 0.7), (-1, 0.7), (1, -1.6), (-1, -0.4)):
        r = mp.diff(lambda e: mp.log(mp.erfc(-q * e / mp.sqrt(2)) / 2), eta)  # noqa: B023
        eq.holds({"q": q, r"\eta": eta, "r": r, r"\Phi": mp.ncdf})


def test_eq_probit_information(eq):
    r"""\mathbb{E}\left[r^2\right] = \frac{\Phi'(\eta)^2}{\Phi(\eta)\,(1 - \Phi(\eta))}"""
    for eta in (0.7, -1.6):
        p = mp.mpf(stats.norm.cdf(eta))
        slope = {q: q * mp.npdf(eta) / mp.ncdf(q * eta) for q in (1, -1)}
        outcomes = [(mp.ncdf(eta), {"r": slope[1]}), (mp.ncdf(-eta), {"r": slope[-1]})]
        assert abs(p - mp.ncdf(eta)) < 1e-12
        eq.holds({**average(outcomes), "r": 1, r"\eta": eta, r"\Phi": mp.ncdf})
