"""Checks of the labelled equations of chapter 3."""

import math

import mpmath as mp
from scipy import stats
from scipy.special import expit

from tests.derivations._check import Fn, Operator, average, double, gauss_hermite, iid

NORMAL = [([1.2, 3.1, -0.4], 0.7, 1.3), ([2.0, 5.5, 4.1, 2.7], 1.9, 0.6)]  # data, mu, sigma
BINARY = [([1, 0, 1, 1, 0], 0.3), ([0, 1, 0], 0.62)]  # data, p
COUNTS = [([2, 7, 3], 3.2), ([4, 1, 0, 5], 1.7)]  # data, rate
WAITS = [([0.4, 2.2, 1.7], 0.8), ([3.1, 0.2, 0.9, 1.3], 1.6)]  # data, rate


def mean(y):
    return mp.fsum(y) / len(y)


def variance(y):
    """Divided by n, without the mean: the half mean squared difference of all pairs."""
    return mp.fsum((a - b) ** 2 for a in y for b in y) / (2 * mp.mpf(len(y)) ** 2)


def normal_loglik(y):
    return Fn(lambda mu, v: mp.fsum(-((x - mu) ** 2) / (2 * v) - mp.log(2 * mp.pi * v) / 2 for x in y),
              r"\mu", r"\sigma^2")


def normal_hessian(y):
    ell = normal_loglik(y)

    def hessian(mu, v):
        cross = mp.diff(ell, (mu, v), (1, 1))
        return mp.matrix([[mp.diff(ell, (mu, v), (2, 0)), cross], [cross, mp.diff(ell, (mu, v), (0, 2))]])

    return hessian


def normal(y, mu, sigma):
    """What the equations of the Gaussian section may use."""
    return {"y": y, "n": len(y), r"\mu": mu, r"\sigma": sigma, r"\ell": normal_loglik(y), r"\bar y": mean(y),
            r"\hat\mu": mean(y), r"\hat\sigma^2": variance(y)}


def binary_loglik(y):
    return lambda p: mp.fsum(mp.log(p if v else 1 - p) for v in y)


def poisson_loglik(y):
    return lambda rate: mp.fsum(mp.log(mp.exp(-rate) * rate**v / mp.gamma(v + 1)) for v in y)


def exponential_loglik(y):
    return lambda rate: mp.fsum(mp.log(rate * mp.exp(-rate * v)) for v in y)


def largest(f, low, high):
    """Where f is largest, from the sign of its derivative."""
    return mp.findroot(lambda x: mp.diff(f, x), (mp.mpf(low), mp.mpf(high)), solver="anderson")


# -- the Gaussian ----------------------------------------------------------------------------------------


def test_eq_normal_density(eq):
    r"""f(y; \mu, \sigma^2) = \frac{1}{\sqrt{2\pi\sigma^2}} \exp\left(-\frac{(y-\mu)^2}{2\sigma^2}\right)"""
    for y, mu, sigma in ((1.2, 0.7, 1.3), (-0.4, 1.9, 0.6)):
        density = double(lambda y, mu, v: stats.norm.pdf(y, mu, v**0.5))
        eq.holds({"y": y, r"\mu": mu, r"\sigma": sigma, "f": density})


def test_eq_normal_loglik(eq):
    r"""
    \begin{aligned}
    \ell(\mu, \sigma^2) &= -\frac{n}{2} \log(2\pi\sigma^2) \\[2ex]
    &\quad - \frac{1}{2\sigma^2} \sum_{i=1}^{n} (y_i - \mu)^2
    \end{aligned}
    """
    for y, mu, sigma in NORMAL:
        ell = double(lambda mu, v, y=y: stats.norm.logpdf(y, mu, v**0.5).sum())
        eq.holds({"y": y, "n": len(y), r"\mu": mu, r"\sigma": sigma, r"\ell": ell})


def test_eq_normal_score_mean(eq):
    r"""
    \frac{\partial \ell}{\partial \mu} = \frac{1}{\sigma^2} \sum_{i=1}^{n} (y_i - \mu) = \frac{n(\bar y -
    \mu)}{\sigma^2}
    """
    eq.holds(*(normal(*case) for case in NORMAL))


def test_eq_normal_score_variance(eq):
    r"""
    \frac{\partial \ell}{\partial \sigma^2} = -\frac{n}{2\sigma^2} + \frac{1}{2\sigma^4} \sum_{i=1}^{n} (y_i
    - \mu)^2
    """
    eq.holds(*(normal(*case) for case in NORMAL))


def test_eq_normal_mle(eq):
    r"""
    \begin{aligned}
    \hat\mu &= \bar y = \frac{1}{n} \sum_{i=1}^{n} y_i \\[2ex]
    \hat\sigma^2 &= \frac{1}{n} \sum_{i=1}^{n} (y_i - \bar y)^2
    \end{aligned}
    """
    for y, _, sigma in NORMAL:
        # Each is where the log-likelihood is highest with the other in its place.
        ell = normal_loglik(y)
        mu_hat = largest(lambda m, ell=ell, v=sigma**2: ell(m, v), min(y), max(y))
        v_hat = largest(lambda v, ell=ell, m=mu_hat: ell(m, v), 0.1, 9)
        eq.holds({"y": y, "n": len(y), r"\hat\mu": mu_hat, r"\hat\sigma^2": v_hat, r"\bar y": mean(y)})


def test_eq_normal_score_sd(eq):
    r"""
    \frac{\partial \ell}{\partial \sigma} = -\frac{n}{\sigma} + \frac{1}{\sigma^3} \sum_{i=1}^{n} (y_i -
    \mu)^2
    """
    for y, mu, sigma in NORMAL:
        ell = normal_loglik(y)
        eq.holds({**normal(y, mu, sigma), r"\ell": Fn(lambda s, ell=ell, mu=mu: ell(mu, s**2), r"\sigma")})


def test_eq_normal_hessian(eq):
    r"""
    H(\mu, \sigma^2) = \begin{pmatrix} -\dfrac{n}{\sigma^2} & -\dfrac{n(\bar y - \mu)}{\sigma^4} \\[2ex]
    -\dfrac{n(\bar y - \mu)}{\sigma^4} & \dfrac{n}{2\sigma^4} - \dfrac{1}{\sigma^6}\sum_{i=1}^{n}(y_i-\mu)^2
    \end{pmatrix}
    """
    eq.holds(*({**normal(*case), "H": normal_hessian(case[0])} for case in NORMAL))


def test_eq_normal_hessian_mle(eq):
    r"""
    H(\hat\mu, \hat\sigma^2) = \begin{pmatrix} -\dfrac{n}{\hat\sigma^2} & 0 \\[2ex] 0 &
    -\dfrac{n}{2\hat\sigma^4} \end{pmatrix}
    """
    for y, _, _ in NORMAL:
        sigma_hat = mp.sqrt(variance(y))
        eq.holds({"n": len(y), r"\hat\mu": mean(y), r"\hat\sigma": sigma_hat, "H": normal_hessian(y)})


def test_eq_sum_of_squares(eq):
    r"""
    \begin{aligned}
    \sum_{i=1}^{n} (y_i - \mu)^2 &= \sum_{i=1}^{n} (y_i - \bar y)^2 \\[2ex]
    &\quad + n(\bar y - \mu)^2
    \end{aligned}
    """
    eq.holds(*(normal(*case) for case in NORMAL))


def test_eq_normal_loglik_sufficient(eq):
    r"""
    \begin{aligned}
    \ell(\mu, \sigma^2) &= -\frac{n}{2}\log(2\pi\sigma^2) \\[2ex]
    &\quad - \frac{n}{2\sigma^2}\Bigl(\hat\sigma^2 + (\bar y - \mu)^2\Bigr)
    \end{aligned}
    """
    eq.holds(*(normal(*case) for case in NORMAL))


def test_eq_normal_profile(eq):
    r"""
    \begin{aligned}
    \ell_{\mathrm{p}}(\sigma^2) &= \max_{\mu}\, \ell(\mu, \sigma^2) \\[2ex]
    &= -\frac{n}{2}\left(\log(2\pi\sigma^2) + \frac{\hat\sigma^2}{\sigma^2}\right)
    \end{aligned}
    """
    for y, mu, sigma in NORMAL:
        def profile(v, y=y, ell=normal_loglik(y)):  # noqa: B008
            return ell(largest(lambda m: ell(m, v), min(y), max(y)), v)

        eq.holds({**normal(y, mu, sigma), r"\ell_{\mathrm{p}}": profile, r"dom \mu": (min(y), max(y))})


def test_eq_normal_max(eq):
    r"""\ell(\hat\mu, \hat\sigma^2) = -\frac{n}{2}\bigl(\log(2\pi\hat\sigma^2) + 1\bigr)"""
    eq.holds(*(normal(*case) for case in NORMAL))


def test_eq_normal_gap(eq):
    r"""
    \begin{aligned}
    \ell(\hat\mu, \hat\sigma^2) - \ell_{\mathrm{p}}(\sigma^2) &= \frac{n}{2}\,(t - 1 - \log t) \\[2ex]
    t &= \frac{\hat\sigma^2}{\sigma^2}
    \end{aligned}
    """
    for y, mu, sigma in NORMAL:
        ell = normal_loglik(y)
        eq.holds({**normal(y, mu, sigma), "t": variance(y) / mp.mpf(sigma) ** 2,
                  r"\ell_{\mathrm{p}}": lambda v, ell=ell, y=y: ell(mean(y), v)})


def test_eq_variance_bias(eq):
    r"""\mathbb{E}[\hat\sigma^2] = \frac{n-1}{n}\, \sigma^{*2}"""
    # Nothing is assumed of the distribution: any discrete one will do, over all samples.
    for one, n in (([(0.2, -1), (0.5, 0.4), (0.3, 2.5)], 3), ([(0.6, 1), (0.4, 4)], 5)):
        m = mp.fsum(p * y for p, y in one)
        outcomes = iid(one, n, lambda y: {r"\hat\sigma^2": variance(y)})
        eq.holds({**average(outcomes), "n": n, r"\sigma^{*2}": mp.fsum(p * (y - m) ** 2 for p, y in one)})


def test_eq_variance_mse(eq):
    r"""
    \begin{aligned}
    \mathbb{E}\bigl[(\hat\sigma^2 - \sigma^{*2})^2\bigr] &= \frac{2n-1}{n^2}\,\sigma^{*4} \\[2ex]
    \mathbb{E}\bigl[(s^2 - \sigma^{*2})^2\bigr] &= \frac{2}{n-1}\,\sigma^{*4}
    \end{aligned}
    """
    for n, sigma in ((3, 1.3), (4, 0.6)):
        # Three nodes integrate the fourth powers of a Gaussian exactly.
        one = gauss_hermite(0.7, sigma, 3)
        outcomes = iid(one, n, lambda y: {r"\hat\sigma^2": variance(y),
                                          "s^2": variance(y) * len(y) / (len(y) - 1)})
        eq.holds({**average(outcomes), "n": n, r"\sigma^{*2}": mp.mpf(sigma) ** 2,
                  r"\sigma^{*4}": mp.mpf(sigma) ** 4, r"\hat\sigma^2": 0, "s^2": 0})


# -- Bernoulli -------------------------------------------------------------------------------------------


def binary(y, p):
    return {"y": y, "n": len(y), "k": sum(y), "p": p, r"\ell": binary_loglik(y)}


def test_eq_bernoulli_loglik(eq):
    r"""\ell(p) = k \log p + (n-k)\log(1-p)"""
    eq.holds(*(binary(*case) for case in BINARY))


def test_eq_bernoulli_score(eq):
    r"""\ell'(p) = \frac{k}{p} - \frac{n-k}{1-p} = \frac{k - np}{p(1-p)}"""
    eq.holds(*(binary(*case) for case in BINARY))


def test_eq_bernoulli_mle(eq):
    r"""\hat p = \frac{k}{n} = \bar y"""
    for y, p in BINARY:
        eq.holds({**binary(y, p), r"\hat p": largest(binary_loglik(y), 0.01, 0.99), r"\bar y": mean(y)})


def test_eq_bernoulli_curvature(eq):
    r"""
    \begin{aligned}
    \ell''(p) &= -\frac{k}{p^2} - \frac{n-k}{(1-p)^2} \\[2ex]
    \ell''(\hat p) &= -\frac{n}{\hat p(1-\hat p)}
    \end{aligned}
    """
    eq.holds(*({**binary(*case), r"\hat p": mean(case[0])} for case in BINARY))


def test_eq_bernoulli_se(eq):
    r"""\operatorname{se}(\hat p) = \frac{1}{\sqrt{-\ell''(\hat p)}} = \sqrt{\frac{\hat p(1-\hat p)}{n}}"""
    for y, _ in BINARY:
        # The standard deviation of the proportion among all samples of this size at rate p.
        spread = double(lambda p, n=len(y): stats.binom.std(n, p) / n)  # noqa: B008
        eq.holds({"n": len(y), r"\hat p": mean(y), r"\ell": binary_loglik(y), r"\operatorname{se}": spread})


def test_eq_zero_interval(eq):
    r"""
    \begin{aligned}
    &-2n\log(1-p) \le z^2 \\[2ex]
    &\iff p \le 1 - \exp\left(-\frac{z^2}{2n}\right)
    \end{aligned}
    """
    for n, z in ((20, 1.96), (7, 1.3)):
        # Where the likelihood (1 - p)^n, the tail of a beta distribution, has fallen to exp(-z^2/2).
        end = stats.beta.isf(math.exp(-(z**2) / 2), 1, n)
        eq.holds(*({"n": n, "z": z, "p": end * (1 + step)} for step in (-1e-6, 1e-6)))


# -- Poisson ---------------------------------------------------------------------------------------------


def counts(y, rate):
    return {"y": y, "n": len(y), r"\lambda": rate, r"\bar y": mean(y), r"\ell": poisson_loglik(y)}


def test_eq_poisson_loglik(eq):
    r"""
    \begin{aligned}
    \ell(\lambda) &= -n\lambda + \log\lambda \sum_{i=1}^{n} y_i \\[2ex]
    &\quad - \sum_{i=1}^{n} \log(y_i!)
    \end{aligned}
    """
    for y, rate in COUNTS:
        eq.holds({**counts(y, rate), r"\ell": double(lambda r, y=y: stats.poisson.logpmf(y, r).sum())})


def test_eq_poisson_score(eq):
    r"""\ell'(\lambda) = -n + \frac{1}{\lambda}\sum_{i=1}^{n} y_i = \frac{n(\bar y - \lambda)}{\lambda}"""
    eq.holds(*(counts(*case) for case in COUNTS))


def test_eq_poisson_mle(eq):
    r"""\hat\lambda = \bar y"""
    eq.holds(*({r"\hat\lambda": largest(poisson_loglik(y), 0.1, 9), r"\bar y": mean(y)} for y, _ in COUNTS))


def test_eq_poisson_curvature(eq):
    r"""
    \begin{aligned}
    \ell''(\lambda) &= -\frac{n\bar y}{\lambda^2} \\[2ex]
    \ell''(\hat\lambda) &= -\frac{n}{\hat\lambda}
    \end{aligned}
    """
    eq.holds(*({**counts(*case), r"\hat\lambda": mean(case[0])} for case in COUNTS))


# -- exponential -----------------------------------------------------------------------------------------


def waits(y, rate):
    return {"y": y, "n": len(y), r"\lambda": rate, r"\ell": exponential_loglik(y)}


def test_eq_exponential_loglik(eq):
    r"""\ell(\lambda) = n\log\lambda - \lambda \sum_{i=1}^{n} y_i"""
    for y, rate in WAITS:
        ell = double(lambda r, y=y: stats.expon.logpdf(y, scale=1 / r).sum())
        eq.holds({**waits(y, rate), r"\ell": ell})


def test_eq_exponential_score(eq):
    r"""
    \begin{aligned}
    \ell'(\lambda) &= \frac{n}{\lambda} - \sum_{i=1}^{n} y_i \\[2ex]
    \ell''(\lambda) &= -\frac{n}{\lambda^2}
    \end{aligned}
    """
    eq.holds(*(waits(*case) for case in WAITS))


def test_eq_exponential_mle(eq):
    r"""\hat\lambda = \frac{n}{\sum_{i=1}^{n} y_i} = \frac{1}{\bar y}"""
    for y, rate in WAITS:
        best = largest(exponential_loglik(y), 0.05, 5)
        eq.holds({**waits(y, rate), r"\hat\lambda": best, r"\bar y": mean(y)})


def test_eq_exponential_bias(eq):
    r"""\mathbb{E}[\hat\lambda] = \frac{n}{n-1}\,\lambda^*"""
    for n, rate in ((3, 0.8), (7, 1.6)):
        def mean_of(f, n=n, rate=rate):
            """The sum s of n waiting times has a gamma density."""
            return mp.quad(lambda s: mp.mpf(rate) ** n * s ** (n - 1) * mp.exp(-rate * s) / mp.gamma(n)
                           * f({r"\hat\lambda": n / s}), [0, n, 10 * n, mp.inf])

        eq.holds({r"\mathbb{E}": Operator(mean_of), r"\hat\lambda": 0, "n": n, r"\lambda^*": rate})


# -- exponential families --------------------------------------------------------------------------------


def families():
    """(natural parameter, A, expectation of g(y), density, h): Bernoulli, Poisson and exponential."""
    p, rate, speed = mp.mpf("0.3"), mp.mpf("1.7"), mp.mpf("0.8")

    def over_counts(g):
        return mp.fsum(mp.exp(-rate) * rate**k / mp.factorial(k) * g(mp.mpf(k)) for k in range(80))

    def over_waits(g):
        return mp.quad(lambda y: speed * mp.exp(-speed * y) * g(y), [0, 2, 10, mp.inf])

    return [
        (mp.log(p / (1 - p)), lambda eta: mp.log(1 + mp.exp(eta)), lambda g: (1 - p) * g(0) + p * g(1),
         double(lambda y, eta: stats.bernoulli.pmf(y, expit(eta))), lambda y: 1),
        (mp.log(rate), mp.exp, over_counts,
         double(lambda y, eta: stats.poisson.pmf(y, math.exp(eta))), lambda y: 1 / mp.factorial(y)),
        (-speed, lambda eta: -mp.log(-eta), over_waits,
         double(lambda y, eta: stats.expon.pdf(y, scale=-1 / eta)), lambda y: 1),
    ]


def expectation(mean_of):
    return Operator(lambda f: mean_of(lambda y: f({"y": y})))


def test_eq_expfam(eq):
    r"""f(y; \eta) = h(y)\, \exp\bigl(\eta\, T(y) - A(\eta)\bigr)"""
    for eta, A, _, density, h in families():
        eq.holds(*({"y": y, r"\eta": eta, "A": A, "f": density, "h": h, "T": lambda y: y} for y in (0, 1)))
    # The Gaussian with sigma = 1.3 known: T is y / sigma^2, and h is not constant.
    v = mp.mpf(1.3) ** 2
    eq.holds({"y": 1.2, r"\eta": 0.7, "T": lambda y: y / v, "A": lambda mu: mu**2 / (2 * v),
              "h": double(lambda y: stats.norm.pdf(y, 0, 1.3)),
              "f": double(lambda y, mu: stats.norm.pdf(y, mu, 1.3))})


def test_eq_expfam_mean(eq):
    r"""A'(\eta) = \mathbb{E}_\eta[T(y)]"""
    for eta, A, mean_of, _, _ in families():
        eq.holds({r"\eta": eta, "A": A, r"\mathbb{E}_\eta": expectation(mean_of), "T": lambda y: y, "y": 0})


def test_eq_expfam_variance(eq):
    r"""
    \begin{aligned}
    A''(\eta) &= \mathbb{E}_\eta[T(y)^2] - \mathbb{E}_\eta[T(y)]^2 \\[2ex]
    &= \operatorname{Var}_\eta(T(y))
    \end{aligned}
    """
    for eta, A, mean_of, _, _ in families():
        center = mean_of(lambda y: y)
        spread = Operator(lambda f, m=mean_of, c=center: m(lambda y: (f({"y": y}) - c) ** 2))
        eq.holds({r"\eta": eta, "A": A, r"\mathbb{E}_\eta": expectation(mean_of), "T": lambda y: y, "y": 0,
                  r"\operatorname{Var}_\eta": spread})


def test_eq_expfam_score(eq):
    r"""
    \begin{aligned}
    \ell'(\eta) &= n\bigl(\bar T - A'(\eta)\bigr) \\[2ex]
    \ell''(\eta) &= -n A''(\eta)
    \end{aligned}
    """
    (counts, _), (times, _) = COUNTS[0], WAITS[0]
    eq.holds(
        {"n": len(counts), r"\bar T": mean(counts), r"\eta": 0.6, "A": mp.exp,
         r"\ell": lambda eta: poisson_loglik(counts)(mp.exp(eta))},
        {"n": len(times), r"\bar T": mean(times), r"\eta": -0.8, "A": lambda eta: -mp.log(-eta),
         r"\ell": lambda eta: exponential_loglik(times)(-eta)},
    )


def test_eq_moment_matching(eq):
    r"""\mathbb{E}_{\hat\eta}[T(y)] = \bar T = \frac{1}{n}\sum_{i=1}^{n} T(y_i)"""
    for y, loglik, to_mean in (
        (COUNTS[0][0], poisson_loglik, mp.exp),
        (BINARY[0][0], binary_loglik, lambda eta: 1 / (1 + mp.exp(-eta))),
    ):
        # The model's mean where the log-likelihood, as a function of eta, is highest.
        ell = loglik(y)
        fitted = to_mean(largest(lambda eta, ell=ell, to_mean=to_mean: ell(to_mean(eta)), -2, 3))
        eq.holds({"y": y, "n": len(y), r"\bar T": mean(y), "T": lambda v: v,
                  r"\mathbb{E}_{\hat\eta}": Operator(lambda f, fitted=fitted: fitted)})


def test_eq_natural_mle(eq):
    r"""
    \begin{aligned}
    \hat\eta_{\text{Bernoulli}} &= \log\frac{\bar y}{1-\bar y} \\[2ex]
    \hat\eta_{\text{Poisson}} &= \log\bar y \\[2ex]
    \hat\eta_{\text{exponential}} &= -\frac{1}{\bar y}
    \end{aligned}
    """
    for y_bar in (mp.mpf("0.3"), mp.mpf("0.62")):
        def best(A, low, high, y_bar=y_bar):
            return largest(lambda eta: eta * y_bar - A(eta), low, high)

        eq.holds({
            r"\bar y": y_bar,
            r"\hat\eta_{\text{Bernoulli}}": best(lambda eta: mp.log(1 + mp.exp(eta)), -3, 3),
            r"\hat\eta_{\text{Poisson}}": best(mp.exp, -3, 3),
            r"\hat\eta_{\text{exponential}}": best(lambda eta: -mp.log(-eta), -5, -1),
        })
