"""Checks of the labelled equations of chapter 15."""

import mpmath as mp
from scipy import stats

from tests.derivations._check import Fn, average, gauss_hermite

# Data, share of group 1, then the means and standard deviations of the two groups.
MIXTURES = [([0.3, 1.9, 4.4, -1.2], 0.3, (0.4, 1.3), (3.1, 0.7)),
            ([2.2, 7.1, 5.3], 0.65, (1.7, 0.9), (6.2, 2.1))]
PAIRS = [([2.1, 5.4, 3.3], [2.9, 4.1, 3.8], 1.3), ([0.7, 6.2, 1.8, 9.1], [1.9, 5.5, 2.4, 7.3], 0.6)]


def normal(y, mu, sigma):
    z = (mp.mpf(y) - mu) / sigma
    return mp.exp(-(z**2) / 2) / (sigma * mp.sqrt(2 * mp.pi))


def mixture(case):
    y, p, (m0, s0), (m1, s1) = case
    return {"y": y, "n": len(y), "p": p, r"\mu_0": m0, r"\sigma_0": s0, r"\mu_1": m1, r"\sigma_1": s1,
            "f": normal}


def belongs(case):
    """Probability of group 1 given the observation: its part of the total density."""
    y, p, zero, one = case
    parts = [(mp.mpf(p) * normal(v, *one), (1 - mp.mpf(p)) * normal(v, *zero)) for v in y]
    return [a / (a + b) for a, b in parts]


def test_eq_fail_uniform_ratio(eq):
    r"""
    \begin{aligned}
    &P\bigl(2\,(\ell(\hat\theta) - \ell(\theta^*)) > t\bigr) \\
    &\quad = P\bigl(\hat\theta < \theta^* e^{-t/(2n)}\bigr) \\
    &\quad = \bigl(e^{-t/(2n)}\bigr)^{n} = e^{-t/2}
    \end{aligned}
    """
    left = r"P\bigl(2\,(\ell(\hat\theta) - \ell(\theta^*)) > t\bigr)"
    middle = r"P\bigl(\hat\theta < \theta^* e^{-t/(2n)}\bigr)"
    for n, t in ((3, 1.7), (7, 4.2)):
        # ℓ = -n log θ above the largest observation, which is θ* times a Beta(n, 1).
        largest = stats.beta(n, 1)
        below = largest.cdf(float(mp.exp(-mp.mpf(t) / (2 * n))))
        drop = stats.chi2(2).sf(t)
        eq.holds({"A": drop, "C": below, "n": n, "t": t}, rewrite={left: "A", middle: "C"})


def test_eq_fail_em_share(eq):
    r"""\frac{r_i}{1-r_i} = \frac{p\,f(y_i;\mu_1,\sigma_1)}{(1-p)\,f(y_i;\mu_0,\sigma_0)}"""
    for case in MIXTURES:
        eq.holds(*(mixture(case) | {"r": belongs(case), "i": i} for i in (1, 3)))


def test_eq_fail_em_step(eq):
    r"""
    \begin{aligned}
    \mu_1 &= \frac{\sum_{i=1}^{n} r_i\,y_i}{\sum_{i=1}^{n} r_i} \\[1ex]
    \sigma_1^2 &= \frac{\sum_{i=1}^{n} r_i\,(y_i - \mu_1)^2}{\sum_{i=1}^{n} r_i}
    \end{aligned}
    """
    for case in MIXTURES:
        y, r = case[0], belongs(case)
        mu, sigma = weighted_maximum(y, r)
        eq.holds({"y": y, "n": len(y), "r": r, r"\mu_1": mu, r"\sigma_1": sigma})


def weighted_maximum(y, r, extra=lambda sigma: 0):
    """Where the weighted log-likelihood of one group (and a penalty on its sigma) has no slope."""
    def objective(mu, sigma):
        return mp.fsum(w * mp.log(normal(v, mu, sigma)) for v, w in zip(y, r, strict=True)) + extra(sigma)

    def slopes(mu, sigma):
        return [mp.diff(objective, (mu, sigma), (1, 0)), mp.diff(objective, (mu, sigma), (0, 1))]

    center = mp.fsum(v * w for v, w in zip(y, r, strict=True)) / mp.fsum(r) + mp.mpf("0.01")
    with mp.workdps(40):
        found = mp.findroot(slopes, (center, mp.mpf("1.1")), tol=1e-30)
    return found[0], found[1]


def test_eq_fail_em_climb(eq):
    r"""
    \log\frac{\tilde f}{f} = \sum_{k} r_k\log\frac{\tilde a_k}{a_k} + \sum_{k} r_k\log\frac{r_k}{\tilde r_k}
    """
    for a, new in (([0.21, 0.07], [0.18, 0.33]), ([0.4, 0.15, 0.02], [0.05, 0.6, 0.11])):
        f, g = mp.fsum(a), mp.fsum(new)
        eq.holds({"a": a, r"\tilde a": new, "f": f, r"\tilde f": g, "K": len(a),
                  "r": [v / f for v in map(mp.mpf, a)], r"\tilde r": [v / g for v in map(mp.mpf, new)]},
                 rewrite={r"\sum_{k}": r"\sum_{k=1}^{K}"})


def test_eq_fail_spike(eq):
    r"""
    \begin{aligned}
    &\ell + \log\sigma_1 \to \log\frac{p}{\sqrt{2\pi}} \\
    &\quad + \sum_{i=2}^{n}\log\bigl((1-p)\,f(y_i;\mu_0,\sigma_0)\bigr)
    \end{aligned}
    """
    for y, p, zero, _ in MIXTURES:
        env = mixture((y, p, zero, (y[0], mp.mpf(10) ** -12)))
        small, p = env[r"\sigma_1"], mp.mpf(p)
        ell = mp.fsum(mp.log((1 - p) * normal(v, *zero) + p * normal(v, mp.mpf(y[0]), small)) for v in y)
        eq.holds(env | {r"\ell": ell}, approx=1e-9)


def test_eq_fail_penalty(eq):
    r"""\sigma_1^2 = \frac{\sum_{i=1}^{n} r_i\,(y_i - \mu_1)^2 + n_0\,s_0^2}{\sum_{i=1}^{n} r_i + n_0}"""
    for case, n0, s0 in zip(MIXTURES, (2.3, 0.7), (0.8, 1.6), strict=True):
        y, r = case[0], belongs(case)
        n0, s0 = mp.mpf(n0), mp.mpf(s0)
        mu, sigma = weighted_maximum(y, r, lambda s, n0=n0, s0=s0: -n0 / 2 * (mp.log(s**2) + s0**2 / s**2))
        eq.holds({"y": y, "n": len(y), "r": r, "n_0": n0, "s_0": s0, r"\mu_1": mu, r"\sigma_1": sigma})


def test_eq_fail_ridge(eq):
    r"""\mathbf{v}^\top I\,\mathbf{v} = \frac{(b\,s + a\,t)^2}{\sigma^2}\sum_{i=1}^{n} x_i^2"""
    for x, a, b, sigma, s, t in (([0.4, 1.3, 2.2], 1.7, 0.6, 0.8, 0.9, -1.4),
                                 ([1.1, 0.3], -0.7, 2.3, 1.9, 1.6, 0.35)):
        # The mean curvature: at data on their means the second derivatives of the residuals drop out.
        means = [mp.mpf(a) * b * v for v in x]

        def ell(p, q, x=x, sigma=sigma, means=means):
            residuals = (m - p * q * v for v, m in zip(x, means, strict=True))
            return -mp.fsum(r**2 for r in residuals) / (2 * mp.mpf(sigma) ** 2)

        at = (mp.mpf(a), mp.mpf(b))
        cross = -mp.diff(ell, at, (1, 1))
        information = [[-mp.diff(ell, at, (2, 0)), cross], [cross, -mp.diff(ell, at, (0, 2))]]
        eq.holds({"x": x, "n": len(x), "a": a, "b": b, r"\sigma": sigma, "s": s, "t": t,
                  r"\mathbf{v}": mp.matrix([s, t]), "I": mp.matrix(information)})


def test_eq_fail_swap(eq):
    r"""\ell(p, \theta_0, \theta_1) = \ell(1-p, \theta_1, \theta_0)"""
    for y, p, zero, one in MIXTURES:
        def ell(share, first, second, y=y):
            return mp.fsum(mp.log((1 - share) * normal(v, first, 1.3) + share * normal(v, second, 1.3))
                           for v in y)

        eq.holds({r"\ell": ell, "p": p, r"\theta_0": zero[0], r"\theta_1": one[0]})


def cauchy(y):
    return Fn(lambda m: -mp.fsum(mp.log(1 + (mp.mpf(v) - m) ** 2) for v in y), r"\mu")


def test_eq_fail_cauchy_score(eq):
    r"""\ell'(\mu) = \sum_{i=1}^{n} \frac{2\,(y_i - \mu)}{1 + (y_i - \mu)^2}"""
    for y, mu in (([-4.6, 0.7, 3.1], 0.4), ([1.9, 2.8, 8.3, -0.6], 1.7)):
        eq.holds({"y": y, "n": len(y), r"\mu": mu, r"\ell": cauchy(y)})


def test_eq_fail_cauchy_pair(eq):
    r"""\ell''(0) = \frac{4\,(a^2 - 1)}{(1 + a^2)^2}"""
    for a in (0.6, 2.7):
        eq.holds({"a": a, r"\ell": cauchy([-a, a])})


def test_eq_fail_cauchy_false(eq):
    r"""n\,P(|y| > 2n) \to \frac{1}{\pi}"""
    eq.holds(*({"n": n, "Q": 2 * stats.cauchy.sf(2 * n)} for n in (10**4, 3 * 10**4)),
             approx=1e-6, rewrite={"P(|y| > 2n)": "Q"})


def test_eq_fail_pairs_mle(eq):
    r"""
    \begin{aligned}
    \hat\mu_i &= \frac{y_i + z_i}{2} \\[1ex]
    \hat\sigma^2 &= \frac{1}{4n}\sum_{i=1}^{n}(y_i - z_i)^2
    \end{aligned}
    """
    for y, z, _ in PAIRS:
        n = len(y)
        centers = [stats.norm.fit([a, b])[0] for a, b in zip(y, z, strict=True)]
        squares = mp.fsum((v - c) ** 2 for side in (y, z) for v, c in zip(side, centers, strict=True))

        def ell(s, n=n, squares=squares):
            return -2 * n * mp.log(s) - squares / (2 * s**2)

        with mp.workdps(40):
            sigma = mp.findroot(lambda s, ell=ell: mp.diff(ell, s), mp.mpf("0.6"))
        env = {"y": y, "z": z, "n": n, r"\hat\mu": centers, r"\hat\sigma": sigma}
        eq.holds(*(env | {"i": i} for i in (1, 3)))


def test_eq_fail_pairs_limit(eq):
    r"""\mathbb{E}\left[\frac{(y_i - z_i)^2}{4}\right] = \frac{2\sigma^2}{4} = \frac{\sigma^2}{2}"""
    for mu, sigma in ((2.7, 1.3), (-0.8, 0.6)):
        nodes = gauss_hermite(mp.mpf(mu), mp.mpf(sigma), 4)
        outcomes = [(p * q, {"y": y, "z": z}) for p, y in nodes for q, z in nodes]
        eq.holds({r"\sigma": sigma, "y": 0, "z": 0} | average(outcomes), rewrite={"y_i": "y", "z_i": "z"})


def test_eq_fail_pairs_difference(eq):
    r"""\tilde\sigma^2 = \frac{1}{2n}\sum_{i=1}^{n}(y_i - z_i)^2"""
    for y, z, _ in PAIRS:
        gaps = [mp.mpf(a) - b for a, b in zip(y, z, strict=True)]

        def ell(s, gaps=gaps):
            return mp.fsum(mp.log(normal(g, 0, mp.sqrt(2) * s)) for g in gaps)

        with mp.workdps(40):
            sigma = mp.findroot(lambda s, ell=ell: mp.diff(ell, s), mp.mpf("0.8"))
        eq.holds({"y": y, "z": z, "n": len(y), r"\tilde\sigma": sigma})


def test_eq_fail_reml(eq):
    r"""
    \begin{aligned}
    &\int_{-\infty}^{\infty}\prod_{j=1}^{k} f(y_j;\mu,\sigma)\,d\mu \\
    &\quad = \frac{1}{\sqrt k}\,(2\pi\sigma^2)^{-(k-1)/2}\,e^{-S/(2\sigma^2)}
    \end{aligned}
    """
    for y, sigma in (([2.1, 3.4, 1.2], 0.9), ([0.6, 2.7], 1.7)):
        squares = mp.mpf(len(y)) * mp.mpf(float(stats.tvar(y))) * (len(y) - 1) / len(y)
        eq.holds({"y": y, "k": len(y), r"\sigma": sigma, "S": squares, "f": normal})


def test_eq_fail_sigma_profile(eq):
    r"""
    \begin{aligned}
    &2\,(\ell(\hat\sigma) - \ell(\sigma)) \\
    &\quad = n\left(\frac{\hat\sigma^2}{\sigma^2} - 1 - \log\frac{\hat\sigma^2}{\sigma^2}\right)
    \end{aligned}
    """
    for y, sigma in (([2.1, 3.4, 1.2, 5.0], 0.9), ([0.6, 2.7, 4.3], 2.6)):
        mean, best = stats.norm.fit(y)

        def ell(s, y=y, mean=mean):
            return mp.fsum(mp.log(normal(v, mean, s)) for v in y)

        eq.holds({"n": len(y), r"\sigma": sigma, r"\hat\sigma": best, r"\ell": ell})
