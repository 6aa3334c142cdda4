"""Checks of the labelled equations of chapter 2."""

import mpmath as mp
from scipy import stats

from tests.derivations._check import Fn, double, equivalent

WAITS = [([0.4, 2.2, 1.7], 0.8), ([3.1, 0.2], 1.6)]  # waiting times and a rate
SUCCESSES = [(3, 7), (5, 6)]  # k of n


def log_normal(y, mu, sigma):
    return -(((y - mu) / sigma) ** 2) / 2 - mp.log(sigma) - mp.log(2 * mp.pi) / 2


def likelihood_of_waits(y):
    """All waiting times in one formula, from their sum."""
    return lambda rate: rate ** len(y) * mp.exp(-rate * mp.fsum(y))


def loglik_of_waits(y):
    return lambda rate: len(y) * mp.log(rate) - rate * mp.fsum(y)


def likelihood_in_log_odds(k, n):
    """p^k (1 - p)^(n - k) with p written in its log-odds."""
    return lambda phi: mp.exp(k * phi) / (1 + mp.exp(phi)) ** n


def test_eq_binomial_pmf(eq):
    r"""f(k; p) = \binom{n}{k}\, p^{k} (1-p)^{n-k}"""
    for k, n in SUCCESSES:
        mass = double(lambda k, p, n=n: stats.binom.pmf(k, n, p))
        eq.holds(*({"k": k, "n": n, "p": p, "f": mass} for p in (0.3, 0.62)))


@equivalent(r"…\sum_{k=0}^{⟦n → {(2n)}⟧} \binom{n}{k}\, p^{…", "the binomial coefficient is 0 for k > n")
def test_eq_binomial_sum(eq):
    r"""\sum_{k=0}^{n} \binom{n}{k}\, p^{k} (1-p)^{n-k} = 1"""
    eq.holds({"n": 7, "p": 0.3}, {"n": 4, "p": 0.62})


def test_eq_beta_integral(eq):
    r"""\int_0^1 p^{a} (1-p)^{b}\,dp = \frac{a!\; b!}{(a+b+1)!}"""
    eq.holds({"a": 3, "b": 5}, {"a": 6, "b": 2})


def test_eq_binomial_area(eq):
    r"""\int_0^1 \binom{n}{k}\, p^{k} (1-p)^{n-k}\,dp = \frac{1}{n+1}"""
    eq.holds(*({"k": k, "n": n} for k, n in SUCCESSES))


def test_eq_exponential_areas(eq):
    r"""
    \begin{aligned}
    \int_0^\infty \lambda e^{-\lambda y}\,dy &= 1 \\[2ex]
    \int_0^\infty \lambda e^{-\lambda y}\,d\lambda &= \frac{1}{y^{2}}
    \end{aligned}
    """
    eq.holds({"y": 2.3, r"\lambda": 0.7}, {"y": 0.4, r"\lambda": 1.9})


def test_eq_likelihood(eq):
    r"""L(\theta) = \prod_{i=1}^{n} f(y_i; \theta)"""
    for y, rate in WAITS:
        density = double(lambda v, r: stats.expon.pdf(v, scale=1 / r))
        eq.holds({"y": y, "n": len(y), r"\theta": rate, "L": likelihood_of_waits(y), "f": density})


def test_eq_loglik(eq):
    r"""\ell(\theta) = \log L(\theta) = \sum_{i=1}^{n} \log f(y_i; \theta)"""
    for y, rate in WAITS:
        density = double(lambda v, r: stats.expon.pdf(v, scale=1 / r))
        eq.holds({"y": y, "n": len(y), r"\theta": rate, "f": density, "L": likelihood_of_waits(y),
                  r"\ell": loglik_of_waits(y)})


def test_eq_mle(eq):
    r"""\hat\theta = \arg\max_{\theta} L(\theta) = \arg\max_{\theta} \ell(\theta)"""
    for k, n in SUCCESSES:
        eq.holds({
            r"\hat\theta": mp.mpf(k) / n, r"dom \theta": (0.001, 0.999),
            "L": Fn(lambda p, k=k, n=n: mp.binomial(n, k) * p**k * (1 - p) ** (n - k), r"\theta"),
            r"\ell": Fn(lambda p, k=k, n=n: k * mp.log(p) + (n - k) * mp.log(1 - p), r"\theta"),
        })


def test_eq_bernoulli_likelihood(eq):
    r"""
    \begin{aligned}
    L(p) &= \prod_{i=1}^{n} p^{y_i} (1-p)^{1-y_i} \\[2ex]
    &= p^{k} (1-p)^{n-k}
    \end{aligned}
    """
    for y, p in (([1, 0, 1, 1], 0.3), ([0, 1, 0], 0.62)):
        eq.holds({"y": y, "n": len(y), "k": sum(y), "p": p,
                  "L": lambda p, y=y: mp.fprod(p if v else 1 - p for v in y)})


def test_eq_underflow(eq):
    r"""n_0 = \frac{1075 \log 2}{\tfrac12 \log(2\pi e\,\sigma^2)}"""
    for sigma in (0.7, 2.3):
        mean = mp.quad(lambda y, s=sigma: mp.exp(log_normal(y, 0, s)) * log_normal(y, 0, s),
                       [-mp.inf, 0, mp.inf])
        eq.holds({"n_0": mp.log(mp.mpf(2) ** -1075) / mean, r"\sigma": sigma})


def test_eq_relative_likelihood(eq):
    r"""R(\theta) = \frac{L(\theta)}{L(\hat\theta)} = \exp\bigl(\ell(\theta) - \ell(\hat\theta)\bigr)"""
    for y, rate in WAITS:
        best = len(y) / mp.fsum(y)
        eq.holds({
            r"\theta": rate, r"\hat\theta": best, "L": likelihood_of_waits(y), r"\ell": loglik_of_waits(y),
            "R": lambda r, y=y, best=best: mp.fprod(r / best * mp.exp((best - r) * v) for v in y),
        })


def test_eq_score(eq):
    r"""\ell'(\theta) = \sum_{i=1}^{n} \frac{\partial}{\partial\theta} \log f(y_i; \theta)"""
    for y, mu in (([1.2, 3.1, -0.4], 0.7), ([2.0, 5.5], 1.9)):
        # The log-likelihood of a normal mean, sigma = 1.3, from the sufficient statistics.
        def ell(mu, y=y):
            n, mean = len(y), mp.fsum(y) / len(y)
            spread = mp.fsum((v - mean) ** 2 for v in y) + n * (mean - mu) ** 2
            return -spread / (2 * 1.3**2) - n * mp.log(1.3 * mp.sqrt(2 * mp.pi))

        eq.holds({"y": y, "n": len(y), r"\theta": mu, r"\ell": ell,
                  "f": lambda v, mu: mp.exp(log_normal(v, mu, 1.3))})


def test_eq_likelihood_derivative(eq):
    r"""L'(\theta) = L(\theta)\, \ell'(\theta)"""
    for y, rate in WAITS:
        eq.holds({r"\theta": rate, "L": likelihood_of_waits(y), r"\ell": loglik_of_waits(y)})


def test_eq_density_units(eq):
    r"""f_z(t;\theta) = \frac{1}{c}\, f_y\!\left(\frac{t}{c};\theta\right)"""
    for c, t, mu in ((1000, 1730.0, 1.75), (0.3, 0.6, 2.4)):
        eq.holds({
            "c": c, "t": t, r"\theta": mu,
            # From the definition: the distribution function of z = c y, differentiated.
            "f_z": lambda t, mu, c=c: mp.diff(lambda x: mp.ncdf((x - c * mu) / (c * 0.07)), t),
            "f_y": double(lambda v, mu: stats.norm.pdf(v, mu, 0.07)),
        })


def test_eq_loglik_units(eq):
    r"""\ell_z(\theta) = \ell_y(\theta) - n \log c"""
    for y, c, mu in (([1.71, 1.83, 1.66], 1000, 1.75), ([2.0, 5.5], 0.3, 2.4)):
        scaled = [c * v for v in y]
        eq.holds({
            "n": len(y), "c": c, r"\theta": mu,
            r"\ell_y": double(lambda mu, y=y: stats.norm.logpdf(y, mu, 0.9).sum()),
            r"\ell_z": double(lambda mu, z=scaled, c=c: stats.norm.logpdf(z, c * mu, c * 0.9).sum()),
        })


def test_eq_likelihood_ratio(eq):
    r"""\frac{L(\theta_1)}{L(\theta_2)} = \exp\bigl(\ell(\theta_1) - \ell(\theta_2)\bigr)"""
    for k, n in SUCCESSES:  # the constant kept in L and dropped in the log-likelihood
        eq.holds({
            r"\theta_1": 0.7, r"\theta_2": 0.45,
            "L": double(lambda p, k=k, n=n: stats.binom.pmf(k, n, p)),
            r"\ell": lambda p, k=k, n=n: k * mp.log(p) + (n - k) * mp.log(1 - p),
        })


def test_eq_factorization(eq):
    r"""L(\theta) = h(\mathbf{y})\; g\bigl(T(\mathbf{y}); \theta\bigr)"""
    for y, rate in (([2, 7, 3], 3.2), ([4, 1, 0, 5], 1.7)):
        n = len(y)
        eq.holds({
            r"\mathbf{y}": y, r"\theta": rate,
            "L": double(lambda rate, y=y: stats.poisson.pmf(y, rate).prod()),
            "h": lambda y: 1 / mp.fprod(mp.factorial(v) for v in y),
            "T": mp.fsum,
            "g": lambda total, rate, n=n: mp.exp(-n * rate) * rate**total,
        })


def test_eq_area_rate(eq):
    r"""
    \begin{aligned}
    \int_0^1 L(p)\,dp &= \int_0^1 p^{k} (1-p)^{n-k}\,dp \\[2ex]
    &= B(k+1,\, n-k+1)
    \end{aligned}
    """
    for k, n in SUCCESSES:
        eq.holds({"k": k, "n": n, "B": mp.beta, "L": lambda p, k=k, n=n: p**k * (1 - p) ** (n - k)})


def test_eq_induced_likelihood(eq):
    r"""\tilde L(\varphi) = L\bigl(p(\varphi)\bigr), \qquad p(\varphi) = \frac{1}{1+e^{-\varphi}}"""
    for (k, n), phi in zip(SUCCESSES, (-0.8, 1.3), strict=True):
        eq.holds({
            r"\varphi": phi, r"\tilde L": likelihood_in_log_odds(k, n),
            "L": lambda p, k=k, n=n: p**k * (1 - p) ** (n - k),
            "p": lambda phi: (1 + mp.tanh(phi / 2)) / 2,
        })


def test_eq_area_logit(eq):
    r"""
    \begin{aligned}
    &\int_{-\infty}^{\infty} \tilde L(\varphi)\,d\varphi \\[2ex]
    &= \int_0^1 \frac{p^{k} (1-p)^{n-k}}{p(1-p)}\,dp \\[2ex]
    &= \int_0^1 p^{k-1} (1-p)^{n-k-1}\,dp \\[2ex]
    &= B(k,\, n-k)
    \end{aligned}
    """
    for k, n in SUCCESSES:
        eq.holds({"k": k, "n": n, "B": mp.beta, r"\tilde L": likelihood_in_log_odds(k, n)})


def test_eq_logit_divergence(eq):
    r"""
    \begin{aligned}
    \int_{-A}^{\infty} (1+e^{\varphi})^{-n}\,d\varphi &= \log(1+e^{A}) \\[2ex]
    &\quad - \sum_{j=1}^{n-1} \frac{(1-\varepsilon)^{j}}{j}
    \end{aligned}
    """
    for n, cut in ((4, 1.5), (7, 2.3)):
        eq.holds({"n": n, "A": cut, r"\varepsilon": 1 / (1 + mp.exp(cut))})
