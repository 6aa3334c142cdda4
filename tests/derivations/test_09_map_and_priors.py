"""Checks of the labelled equations of chapter 9."""

import itertools

import mpmath as mp
import numpy as np
from scipy import stats

from tests.derivations._check import average, column, double, equivalent, gauss_hermite

MEAN = [([1.2, 3.1, -0.4], 1.3, 0.7, 0.6), ([2.0, 5.5, 0.3, 1.7], 0.9, -1.1, 1.7)]  # y, sigma, mu_0, tau
# Design, outcomes, sigma, tau, b; then weights to go through.
DESIGN = [
    (np.array([[0.3, 1.1], [-1.2, 0.4], [2.5, -0.6], [0.9, 0.8]]), [1.2, 3.1, -0.4, 2.3], 1.3, 0.7, 0.4),
    (np.array([[0.4, -0.7], [1.9, 0.2], [-0.8, 1.4]]), [2.0, 5.5, 0.3], 0.6, 1.9, 2.3),
]
WEIGHTS = [[0.7, -0.6], [1.9, 0.8], [-0.2, -1.4]]
SIGN = "a constant of either sign"
TIMES = {r"}\|\mathbf{w}\|^2": r"}\cdot\|\mathbf{w}\|^2"}  # a number before a norm: say the product
FRACTION = {r"}\|\mathbf{y}": r"}\cdot\|\mathbf{y}"}


def log_normal(y, mu, sigma):
    return mp.log(mp.npdf(mp.mpf(y), mp.mpf(mu), mp.mpf(sigma)))


def log_laplace(w, b):
    return double(lambda w, b: stats.laplace.logpdf(w, 0, b))(w, b)


def minimum(f, low, high):
    """Where a convex function is smallest, by golden sections."""
    with mp.workdps(60):
        ratio = (mp.sqrt(5) - 1) / 2
        low, high = mp.mpf(low), mp.mpf(high)
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        fa, fb = f(a), f(b)
        for _ in range(130):
            if fa < fb:
                high, b, fb = b, a, fa
                a = high - ratio * (high - low)
                fa = f(a)
            else:
                low, a, fa = a, b, fb
                b = low + ratio * (high - low)
                fb = f(b)
        middle = (low + high) / 2
        return mp.mpf(0) if abs(middle) < 1e-12 else middle


def normal_mean(y, sigma, mu_0, tau):
    """Log-likelihood and prior density of a normal mean, and its MAP estimate by a root of the slope."""

    def ell(mu):
        return mp.fsum(log_normal(v, mu, sigma) for v in y)

    def prior(mu):
        return mp.npdf(mp.mpf(mu), mp.mpf(mu_0), mp.mpf(tau))

    best = mp.findroot(lambda m: mp.diff(lambda t: ell(t) + mp.log(prior(t)), m), np.mean(y))
    return ell, prior, best


@equivalent(r"…i(\theta) \\ &\quad ⟦+ → -⟧ \text{const} \end{a…", SIGN)
def test_eq_log_posterior(eq):
    r"""
    \begin{aligned}
    \log\pi(\theta \mid \mathbf{y}) &= \ell(\theta) + \log\pi(\theta) \\
    &\quad + \text{const}
    \end{aligned}
    """
    for y, sigma, mu_0, tau in MEAN:
        ell, prior, _ = normal_mean(y, sigma, mu_0, tau)
        # The posterior by conjugacy, known in closed form.
        precision = len(y) / mp.mpf(sigma) ** 2 + 1 / mp.mpf(tau) ** 2
        center = (mp.fsum(map(mp.mpf, y)) / mp.mpf(sigma) ** 2 + mu_0 / mp.mpf(tau) ** 2) / precision

        def density(theta, *data, center=center, precision=precision, prior=prior):
            return mp.npdf(theta, center, 1 / mp.sqrt(precision)) if data else prior(theta)

        both = {r"\ell": ell, r"\pi": density, r"\mathbf{y}": column(y)}
        eq.holds(*({**both, r"\theta": t} for t in (0.3, 1.4, -0.8)))


def test_eq_map(eq):
    r"""
    \hat\theta_{\text{MAP}} = \arg\max_{\theta}\bigl(\ell(\theta) + \log\pi(\theta)\bigr)
    """
    for case in MEAN:
        ell, prior, best = normal_mean(*case)
        eq.holds({r"\hat\theta_{\text{MAP}}": best, r"\ell": ell, r"\pi": prior, r"dom \theta": (-5, 5)})


def test_eq_map_mean(eq):
    r"""
    \begin{aligned}
    \hat\mu_{\text{MAP}} &= s\,\bar y + (1-s)\,\mu_0 \\
    s &= \frac{\tau^2}{\tau^2 + \sigma^2/n}
    \end{aligned}
    """
    for y, sigma, mu_0, tau in MEAN:
        best = normal_mean(y, sigma, mu_0, tau)[2]
        mean, t2, v = mp.fsum(map(mp.mpf, y)) / len(y), mp.mpf(tau) ** 2, mp.mpf(sigma) ** 2 / len(y)
        eq.holds({r"\hat\mu_{\text{MAP}}": best, "s": t2 / (t2 + v), r"\bar y": mean, r"\mu_0": mu_0,
                  r"\tau": tau, r"\sigma": sigma, "n": len(y)})


def test_eq_map_pull(eq):
    r"""
    \begin{aligned}
    &\frac{\hat\mu_{\text{MAP}} - \bar y}{\sigma/\sqrt{n}}
    = \frac{\mu_0 - \bar y}{\sigma}\cdot\frac{n_0\sqrt{n}}{n_0 + n} \\
    &\quad n_0 = \frac{\sigma^2}{\tau^2}
    \end{aligned}
    """
    for y, sigma, mu_0, tau in MEAN:
        best = normal_mean(y, sigma, mu_0, tau)[2]
        eq.holds({r"\hat\mu_{\text{MAP}}": best, r"\bar y": mp.fsum(map(mp.mpf, y)) / len(y), r"\mu_0": mu_0,
                  r"\tau": tau, r"\sigma": sigma, "n": len(y), "n_0": (mp.mpf(sigma) / mp.mpf(tau)) ** 2})


def gaussian(X, y, sigma, log_prior, **more):
    """Environments over WEIGHTS: Gaussian noise, and a prior by its log density of one weight."""

    def ell(w):
        fitted = [mp.fsum(a * b for a, b in zip(map(mp.mpf, row), w, strict=True)) for row in X.tolist()]
        return mp.fsum(log_normal(v, m, sigma) for v, m in zip(y, fitted, strict=True))

    def prior(w):
        return mp.exp(mp.fsum(log_prior(v) for v in w))

    return [{"X": X, r"\mathbf{y}": column(y), r"\mathbf{w}": column(w), "w": w, "d": 2, "n": len(y),
             r"\sigma": sigma, r"\ell": ell, r"\pi": prior, **more} for w in WEIGHTS]


@equivalent(r"…f{w}\|^2 \\ &\qquad ⟦+ → -⟧ \text{const} \end{a…", SIGN)
def test_eq_ridge_prior(eq):
    r"""
    \begin{aligned}
    &2\sigma^2\bigl(-\ell(\mathbf{w}) - \log\pi(\mathbf{w})\bigr) \\
    &\quad = \|\mathbf{y} - X\mathbf{w}\|^2 + \frac{\sigma^2}{\tau^2}\|\mathbf{w}\|^2 \\
    &\qquad + \text{const}
    \end{aligned}
    """
    for X, y, sigma, tau, _ in DESIGN:
        environments = gaussian(X, y, sigma, lambda w, t=tau: log_normal(w, 0, t), **{r"\tau": tau})
        eq.holds(*environments, rewrite=TIMES)


@equivalent(r"…{d}|w_j| \\ &\qquad ⟦+ → -⟧ \text{const} \end{a…", SIGN)
def test_eq_lasso_prior(eq):
    r"""
    \begin{aligned}
    &\frac{\sigma^2}{n}\bigl(-\ell(\mathbf{w}) - \log\pi(\mathbf{w})\bigr) \\
    &\quad = \frac{1}{2n}\|\mathbf{y} - X\mathbf{w}\|^2 + \frac{\sigma^2}{n\,b}\sum_{j=1}^{d}|w_j| \\
    &\qquad + \text{const}
    \end{aligned}
    """
    for X, y, sigma, _, b in DESIGN:
        eq.holds(*gaussian(X, y, sigma, lambda w, b=b: log_laplace(w, b), b=b), rewrite=FRACTION)


@equivalent(r"…dot\|\mathbf{w}\|^2 ⟦+ → -⟧ \text{const} \\ &\a…", SIGN)
def test_eq_elastic_prior(eq):
    r"""
    \begin{aligned}
    &\frac{\sigma^2}{n}\bigl(-\ell(\mathbf{w}) - \log\pi(\mathbf{w})\bigr) \\
    &\quad = \frac{1}{2n}\|\mathbf{y} - X\mathbf{w}\|^2 + \alpha r\sum_{j=1}^{d}|w_j| \\
    &\qquad + \frac{\alpha(1-r)}{2}\|\mathbf{w}\|^2 + \text{const} \\
    &\alpha r = \frac{\sigma^2}{n\,b}, \quad \alpha(1-r) = \frac{\sigma^2}{n\,\tau^2}
    \end{aligned}
    """
    for X, y, sigma, tau, b in DESIGN:
        scale = mp.mpf(sigma) ** 2 / len(y)
        first, second = scale / mp.mpf(b), scale / mp.mpf(tau) ** 2
        more = {"b": b, r"\tau": tau, r"\alpha": first + second, "r": first / (first + second)}

        def log_prior(w, b=b, t=tau):
            return log_laplace(w, b) + log_normal(w, 0, t)

        eq.holds(*gaussian(X, y, sigma, log_prior, **more), rewrite=TIMES | FRACTION)


def discrete(X, y, tau, log_mass, **more):
    """As gaussian, for an outcome whose log mass depends on the linear predictor; a Gaussian prior."""
    found = []
    for w in WEIGHTS:
        eta = [mp.fsum(mp.mpf(a) * mp.mpf(b) for a, b in zip(row, w, strict=True)) for row in X.tolist()]

        def ell(w, X=X):
            lines = [mp.fsum(mp.mpf(a) * b for a, b in zip(row, w, strict=True)) for row in X.tolist()]
            return mp.fsum(log_mass(v, e) for v, e in zip(y, lines, strict=True))

        def prior(w):
            return mp.exp(mp.fsum(log_normal(v, 0, tau) for v in w))

        found.append({"X": X, "y": y, "n": len(y), r"\tau": tau, r"\mathbf{w}": column(w), r"\ell": ell,
                      r"\pi": prior, "p": [1 / (1 + mp.exp(-e)) for e in eta],
                      r"\mu": [mp.exp(e) for e in eta], **more})
    return found


@equivalent(r"…f{w}\|^2 \\ &\qquad ⟦+ → -⟧ \text{const} \end{a…", SIGN)
def test_eq_logistic_prior(eq):
    r"""
    \begin{aligned}
    &\tau^2\bigl(-\ell(\mathbf{w}) - \log\pi(\mathbf{w})\bigr) \\
    &\quad = \tau^2\sum_{i=1}^{n}\operatorname{CE}(y_i, p_i) + \frac{1}{2}\|\mathbf{w}\|^2 \\
    &\qquad + \text{const}
    \end{aligned}
    """
    def mass(y, eta):
        return -mp.log(1 + mp.exp(-eta if y else eta))

    def entropy(y, p):
        return -y * mp.log(p) - (1 - y) * mp.log(1 - p)

    for (X, *_), labels, tau in zip(DESIGN, ([1, 0, 0, 1], [0, 1, 1]), (0.7, 1.9), strict=True):
        eq.holds(*discrete(X, labels, tau, mass, **{r"\operatorname{CE}": entropy}), rewrite=TIMES)


@equivalent(r"…^{n}(\mu_i - y_i\log⟦\mu_i → {(2\mu_i)}⟧) \\ &\qquad + \frac…", "adds a constant, y log 2")
@equivalent(r"…dot\|\mathbf{w}\|^2 ⟦+ → -⟧ \text{const} \end{a…", SIGN)
def test_eq_poisson_prior(eq):
    r"""
    \begin{aligned}
    &\frac{1}{n}\bigl(-\ell(\mathbf{w}) - \log\pi(\mathbf{w})\bigr) \\
    &\quad = \frac{1}{n}\sum_{i=1}^{n}(\mu_i - y_i\log\mu_i) \\
    &\qquad + \frac{1}{2n\tau^2}\|\mathbf{w}\|^2 + \text{const}
    \end{aligned}
    """
    def mass(y, eta):
        return y * eta - mp.exp(eta) - mp.loggamma(y + 1)

    for (X, *_), counts, tau in zip(DESIGN, ([3, 0, 5, 1], [2, 4, 0]), (0.7, 1.9), strict=True):
        eq.holds(*discrete(X, counts, tau, mass), rewrite=TIMES)


@equivalent(r"…da & \text{if } z < ⟦- → ⟧\lambda \end{cases}…", "the last case is reached only below -lambda")
def test_eq_soft_threshold(eq):
    r"""
    \hat w = \begin{cases} z - \lambda & \text{if } z > \lambda \\
    0 & \text{if } |z| \le \lambda \\
    z + \lambda & \text{if } z < -\lambda \end{cases}
    """
    for z, lam in ((2.3, 0.7), (-1.9, 0.4), (0.3, 0.8), (-0.5, 0.9)):
        z, lam = mp.mpf(z), mp.mpf(lam)
        best = minimum(lambda w, z=z, lam=lam: (w - z) ** 2 / 2 + lam * abs(w), -4, 4)
        eq.holds({r"\hat w": best, "z": z, r"\lambda": lam})


def test_eq_corner(eq):
    r"""
    \hat w_{\text{MAP}} = 0 \iff |\ell'(0)| \le \frac{1}{b}
    """
    # A Poisson log-likelihood in the log of the rate, and a normal one: the slope at zero is y - 1, and a z.
    environments = []
    for y, b in ((1.8, 0.9), (3.4, 0.9), (0.2, 1.6), (0.7, 2.1), (2.4, 0.71)):
        def ell(w, y=y):
            return mp.mpf(y) * w - mp.exp(w)

        best = minimum(lambda w, b=b, ell=ell: abs(w) / mp.mpf(b) - ell(w), -3, 3)
        environments.append({r"\hat w_{\text{MAP}}": best, r"\ell": ell, "b": b})
    eq.holds(*environments)


def test_eq_density_ratio(eq):
    r"""
    \frac{1}{2b}\cdot\sqrt{2\pi \cdot 2b^2} = \sqrt{\pi}
    """
    eq.holds({"b": 0.7}, {"b": 2.3})


def test_eq_laplace_mixture(eq):
    r"""
    \begin{aligned}
    &\frac{1}{2b}e^{-|w|/b} \\
    &\quad = \int_0^\infty \frac{e^{-w^2/(2v)}}{\sqrt{2\pi v}}\,\frac{e^{-v/(2b^2)}}{2b^2}\,dv
    \end{aligned}
    """
    eq.holds({"w": 0.7, "b": 1.3}, {"w": -1.6, "b": 0.8})


def test_eq_early_stopping(eq):
    r"""
    \begin{aligned}
    w_t &= \bigl(1 - (1-h\omega)^t\bigr)\,\hat w \\
    \alpha(\omega) &= \frac{\omega\,(1-h\omega)^t}{1 - (1-h\omega)^t}
    \end{aligned}
    """
    def descended(h, omega, steps, target):  # on omega (w - target)^2 / 2, from zero
        w = mp.mpf(0)
        for _ in range(steps):
            w += h * omega * (target - w)
        return w

    for h, omega, steps, target in (("0.13", "1.9", 3, "1.7"), ("0.04", "7.2", 6, "-0.6")):
        h, omega, target = mp.mpf(h), mp.mpf(omega), mp.mpf(target)

        def strength(o, h=h, steps=steps, target=target):
            share = descended(h, o, steps, target) / target
            return mp.findroot(lambda a: o / (o + a) - share, 1)

        eq.holds({"w_t": descended(h, omega, steps, target), r"\hat w": target, "h": h, r"\omega": omega,
                  "t": steps, r"\alpha": strength})


def test_eq_dropout(eq):
    r"""
    \begin{aligned}
    &\mathbb{E}\Bigl[\sum_{i=1}^{n}\Bigl(y_i - \sum_{j=1}^{d}\frac{m_{ij}\,x_{ij}\,w_j}{p}\Bigr)^2\Bigr] \\
    &\quad = \sum_{i=1}^{n}\Bigl(y_i - \sum_{j=1}^{d} x_{ij}\,w_j\Bigr)^2 \\
    &\qquad + \frac{1-p}{p}\sum_{j=1}^{d}\Bigl(w_j^2\sum_{i=1}^{n}x_{ij}^2\Bigr)
    \end{aligned}
    """
    for X, y, w, p in ((DESIGN[1][0][:2], [2.0, 5.5], [0.7, -0.6], 0.8),
                       (DESIGN[0][0][:3], [1.2, 3.1, -0.4], [1.9, 0.8], 0.65)):
        masks = []
        for bits in itertools.product((0, 1), repeat=X.size):
            kept = sum(bits)
            probability = mp.mpf(p) ** kept * (1 - mp.mpf(p)) ** (X.size - kept)
            masks.append((probability, {"m": mp.matrix(np.reshape(bits, X.shape).tolist())}))
        eq.holds({"x": X, "y": y, "w": w, "p": p, "n": len(y), "d": 2, **average(masks)})


def test_eq_prior_jacobian(eq):
    r"""
    \pi_\varphi(\varphi) = \pi\bigl(\theta(\varphi)\bigr)\,\left|\frac{d\theta(\varphi)}{d\varphi}\right|
    """
    def exponential_cdf(t):
        return 1 - mp.exp(-mp.mpf(1.3) * t)

    # Densities of the renamed parameter as slopes of its distribution function.
    up = {r"\theta": mp.exp, r"\pi_\varphi": lambda f: mp.diff(lambda u: exponential_cdf(mp.exp(u)), f)}
    down = {r"\theta": lambda f: 1 / f,
            r"\pi_\varphi": lambda f: mp.diff(lambda u: 1 - exponential_cdf(1 / u), f)}
    prior = {r"\pi": lambda t: mp.mpf(1.3) * mp.exp(-mp.mpf(1.3) * t)}
    eq.holds({**up, **prior, r"\varphi": -0.4}, {**up, **prior, r"\varphi": 0.9},
             {**down, **prior, r"\varphi": 1.7},
             rewrite={r"\left|": r"\cdot\left|"})


def test_eq_two_modes(eq):
    r"""
    \begin{aligned}
    \arg\max_{p}\, p^{k}(1-p)^{n-k} &= \frac{k}{n} \\[1ex]
    \arg\max_{p}\, p^{k+1}(1-p)^{n-k+1} &= \frac{k+1}{n+2} \\[1ex]
    \frac{\int_0^1 p\cdot p^{k}(1-p)^{n-k}\,dp}{\int_0^1 p^{k}(1-p)^{n-k}\,dp} &= \frac{k+1}{n+2}
    \end{aligned}
    """
    eq.holds(*({"k": k, "n": n, "dom p": (0, 1)} for k, n in ((3, 10), (4, 7))))


def test_eq_map_risk(eq):
    r"""
    \begin{aligned}
    &\mathbb{E}\bigl[(\hat\mu_{\text{MAP}} - \mu^*)^2\bigr] \\
    &\quad = (1-s)^2(\mu_0 - \mu^*)^2 + s^2\,\frac{\sigma^2}{n}
    \end{aligned}
    """
    for mu, mu_0, sigma, n, s in ((0.7, -0.4, 1.3, 5, 0.35), (-1.2, 2.1, 0.6, 3, 0.8)):
        spread = mp.mpf(sigma) / mp.sqrt(n)
        outcomes = [(p, {r"\hat\mu_{\text{MAP}}": s * mean + (1 - mp.mpf(s)) * mu_0})
                    for p, mean in gauss_hermite(mp.mpf(mu), spread, 3)]
        eq.holds({r"\mu^*": mu, r"\mu_0": mu_0, r"\sigma": sigma, "n": n, "s": s,
                  r"\hat\mu_{\text{MAP}}": 0, **average(outcomes)})


def test_eq_map_beats_mle(eq):
    r"""
    \begin{aligned}
    &(1-s)^2\delta^2 + s^2 v < v \\
    &\quad \iff \delta^2 < 2\tau^2 + v \\
    &s = \frac{\tau^2}{\tau^2 + v}
    \end{aligned}
    """
    environments = []
    for tau, v in ((0.7, 0.4), (1.6, 0.3), (0.2, 1.7)):
        t2 = mp.mpf(tau) ** 2
        edge = mp.sqrt(2 * t2 + v)
        environments += [{"s": t2 / (t2 + v), r"\tau": tau, "v": v, r"\delta": edge * f}
                         for f in (0.3, 0.97, -0.99, 1.01, -1.04, 1.9)]
    eq.holds(*environments)
