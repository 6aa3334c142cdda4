"""Checks of the labelled equations of chapter 8."""

import functools

import mpmath as mp
import numpy as np
from scipy import stats

from tests.derivations._check import Fn, column, double

# Observations, nu, mu, sigma.
CASES = [([0.3, -1.7, 2.9, 1.1], "3.7", "0.4", "1.3"), ([-0.6, 4.2, 0.8], "1.6", "0.9", "0.7")]
NU, MU, SIGMA = r"\nu", r"\mu", r"\sigma"


def log_density(y, nu, mu, sigma):
    """Student-t as the ratio of a normal to the root of a chi-squared: its constant is a Beta function."""
    z = (mp.mpf(y) - mu) / sigma
    constant = -mp.log(sigma) - mp.log(nu) / 2 - mp.log(mp.beta(nu / 2, 0.5))
    return constant - (nu + 1) / 2 * mp.log(1 + z * z / nu)


def sample(y, *parameters):
    """Numbers, arrays and functions of one case."""
    nu, mu, sigma = map(mp.mpf, parameters)
    z = [(mp.mpf(v) - mu) / sigma for v in y]
    # The weight: minus the slope of the log density, over z.
    w = [-mp.diff(lambda x: log_density(x, nu, 0, 1), v) / v for v in z]
    return {
        "y": y, "n": len(y), "z": z, "w": w, NU: nu, MU: mu, SIGMA: sigma,
        "c": lambda nu: log_density(0, nu, 0, 1), r"\Psi": mp.digamma, r"\Gamma": mp.gamma,
        r"\ell": Fn(lambda a, b, c: mp.fsum(log_density(v, a, b, c) for v in y), NU, MU, SIGMA),
    }


def test_eq_gamma_shape(eq):
    r"""\log\hat k - \Psi(\hat k) = \log\bar y - \frac{1}{n}\sum_{i=1}^{n}\log y_i"""
    for y in ([0.4, 1.9, 3.3, 0.8], [2.7, 2.1, 5.6]):
        def loglik(k, b, y=y):
            return mp.fsum((k - 1) * mp.log(v) - v / b - k * mp.log(b) - mp.loggamma(k)
                           for v in map(mp.mpf, y))

        start = np.mean(y) ** 2 / np.var(y)
        best = mp.findroot(lambda k, b, f=loglik: [mp.diff(f, (k, b), (1, 0)), mp.diff(f, (k, b), (0, 1))],
                           (start, np.mean(y) / start))
        eq.holds({"y": y, "n": len(y), r"\bar y": mp.fsum(map(mp.mpf, y)) / len(y), r"\hat k": best[0],
                  r"\Psi": mp.digamma})


def test_eq_t_loglik(eq):
    r"""
    \begin{aligned}
    \ell(\nu, \mu, \sigma) &= n\,c(\nu) - n\log\sigma \\[1ex]
    &\quad - \frac{\nu+1}{2}\sum_{i=1}^{n}\log\left(1 + \frac{z_i^2}{\nu}\right) \\[1ex]
    c(\nu) &= \log\Gamma\left(\frac{\nu+1}{2}\right) - \log\Gamma\left(\frac{\nu}{2}\right) \\[1ex]
    &\quad - \frac{1}{2}\log(\nu\pi)
    \end{aligned}
    """
    for y, *parameters in CASES:
        ell = double(lambda nu, mu, sigma, y=y: stats.t.logpdf(y, nu, mu, sigma).sum())
        eq.holds({**sample(y, *parameters), r"\ell": ell, "c": double(lambda nu: stats.t.logpdf(0, nu))})


def test_eq_t_weight(eq):
    r"""w_i = \frac{\nu+1}{\nu+z_i^2}"""
    eq.holds(*({**sample(*case), "i": i} for case in CASES for i in (1, 3)))


def test_eq_t_score(eq):
    r"""
    \begin{aligned}
    \frac{\partial\ell}{\partial\mu} &= \frac{1}{\sigma}\sum_{i=1}^{n} w_i z_i \\[1ex]
    \frac{\partial\ell}{\partial\sigma} &= \frac{1}{\sigma}\sum_{i=1}^{n} (w_i z_i^2 - 1) \\[1ex]
    \frac{\partial\ell}{\partial\nu} &= n\,c'(\nu) \\[1ex]
    &\quad - \frac{1}{2}\sum_{i=1}^{n}\left(\log\left(1 + \frac{z_i^2}{\nu}\right) - \frac{w_i
    z_i^2}{\nu}\right)
    \end{aligned}
    """
    eq.holds(*(sample(*case) for case in CASES))


def transformed():
    """Log-likelihoods of one parameter in a coordinate: a rate by its log, a share by its log-odds."""
    rate = (lambda r: 11 * mp.log(r) - 4 * r, mp.exp, mp.mpf("0.6"))
    share = (lambda p: 7 * mp.log(p) + 3 * mp.log(1 - p), lambda v: 1 / (1 + mp.exp(-v)), mp.mpf("-0.4"))
    return rate, share


def test_eq_free_score(eq):
    r"""
    \begin{aligned}
    \frac{d\ell}{d\varphi} &= \ell'(\theta)\,\frac{d\theta}{d\varphi} \\[1ex]
    \frac{d^2\ell}{d\varphi^2} &= \ell''(\theta)\left(\frac{d\theta}{d\varphi}\right)^2 \\[1ex]
    &\quad + \ell'(\theta)\,\frac{d^2\theta}{d\varphi^2}
    \end{aligned}
    """
    for ell, back, at in transformed():
        eq.holds({r"\ell": ell, r"\theta": back(at), "A": mp.diff(lambda v, f=ell, b=back: f(b(v)), at),
                  "B": mp.diff(lambda v, f=ell, b=back: f(b(v)), at, 2), "D": mp.diff(back, at),
                  "E": mp.diff(back, at, 2)},
                 rewrite={r"\frac{d\ell}{d\varphi}": "A", r"\frac{d^2\ell}{d\varphi^2}": "B",
                          r"\frac{d\theta}{d\varphi}": "D", r"\frac{d^2\theta}{d\varphi^2}": "E"})


def test_eq_logit_slopes(eq):
    r"""
    \begin{aligned}
    \frac{dp}{d\eta} &= p\,(1-p) \\[1ex]
    \frac{d^2p}{d\eta^2} &= p\,(1-p)\,(1-2p)
    \end{aligned}
    """
    for eta in (mp.mpf("0.7"), mp.mpf("-1.4")):
        def sigmoid(v):
            return (1 + mp.tanh(v / 2)) / 2

        eq.holds({"p": sigmoid(eta), "A": mp.diff(sigmoid, eta), "B": mp.diff(sigmoid, eta, 2)},
                 rewrite={r"\frac{dp}{d\eta}": "A", r"\frac{d^2p}{d\eta^2}": "B"})


def test_eq_free_se(eq):
    r"""
    \begin{aligned}
    \operatorname{se}(\hat\varphi) &= \frac{\operatorname{se}(\hat\theta)}{|d\theta/d\varphi|} \\[1ex]
    \operatorname{se}(\log\hat\sigma) &= \frac{\operatorname{se}(\hat\sigma)}{\hat\sigma}
    \end{aligned}
    """
    def error(ell, at):
        return 1 / mp.sqrt(-mp.diff(ell, at, 2))

    # A Gaussian standard deviation: n log sigma + n v / (2 sigma^2), and a share with k of n.
    for n, v, k in ((9, mp.mpf("1.7"), 4), (12, mp.mpf("0.6"), 5)):
        def normal(sigma, n=n, v=v):
            return -n * mp.log(sigma) - n * v / (2 * sigma**2)

        def bernoulli(p, n=n, k=k):
            return k * mp.log(p) + (n - k) * mp.log(1 - p)

        def share(eta):
            return 1 / (1 + mp.exp(-eta))

        sigma, p = mp.sqrt(v), mp.mpf(k) / n
        eta = mp.log(p / (1 - p))
        errors = {sigma: error(normal, sigma), p: error(bernoulli, p),
                  mp.log(sigma): error(lambda s, f=normal: f(mp.exp(s)), mp.log(sigma)),
                  eta: error(lambda e, f=bernoulli: f(share(e)), eta)}

        def se(value, errors=errors):
            found = [e for at, e in errors.items() if abs(at - value) < 1e-12]
            if not found:
                raise LookupError(value)
            return found[0]

        eq.holds({r"\operatorname{se}": se, r"\hat\varphi": eta, r"\hat\theta": p, r"\hat\sigma": sigma,
                  "D": mp.diff(share, eta)}, rewrite={r"d\theta/d\varphi": "D"})


def test_eq_wall_slope(eq):
    r"""\frac{\partial\ell}{\partial a} = e^{a}\,\frac{\partial\ell}{\partial\nu}, \qquad \nu = 2 + e^{a}"""
    for (y, _, mu, sigma), a in zip(CASES, (mp.mpf("0.3"), mp.mpf("-1.1")), strict=True):
        def ell(nu, y=y, mu=mu, sigma=sigma):
            return mp.fsum(log_density(v, nu, mp.mpf(mu), mp.mpf(sigma)) for v in y)

        eq.holds({"a": a, NU: 2 + mp.exp(a), "A": mp.diff(lambda a, f=ell: f(2 + mp.exp(a)), a),
                  "B": mp.diff(ell, 2 + mp.exp(a))},
                 rewrite={r"\frac{\partial\ell}{\partial a}": "A", r"\frac{\partial\ell}{\partial\nu}": "B"})


def test_eq_t_moments(eq):
    r"""
    \begin{aligned}
    \operatorname{Var}(y) &= \sigma^2\,\frac{\nu}{\nu-2} \\[1ex]
    \frac{\mathbb{E}[(y-\mu)^4]}{\operatorname{Var}(y)^2} - 3 &= \frac{6}{\nu-4}
    \end{aligned}
    """
    for nu, sigma in ((7.3, 1.3), (11.6, 0.8)):
        variance, kurtosis = map(float, stats.t.stats(nu, 0.4, sigma, moments="vk"))
        eq.holds({NU: nu, SIGMA: sigma, "V": variance, "M": (kurtosis + 3) * variance**2},
                 rewrite={r"\operatorname{Var}(y)": "V", r"\mathbb{E}[(y-\mu)^4]": "M"})


def test_eq_score_gap(eq):
    r"""\ell(\hat\varphi) - \ell(\varphi) \approx \frac{1}{2}\,\mathbf{u}^\top J^{-1}\,\mathbf{u}"""
    for y, away in (([0.3, -1.7, 2.9, 1.1], ("1e-5", "-2e-5")), ([-0.6, 4.2, 0.8], ("-3e-5", "1e-5"))):
        def ell(phi, y=y):  # normal, with mu and log sigma
            return mp.fsum(-phi[1] - (v - phi[0]) ** 2 * mp.exp(-2 * phi[1]) / 2 for v in map(mp.mpf, y))

        def at(m, s, f=ell):
            return f([m, s])

        mean = mp.fsum(map(mp.mpf, y)) / len(y)
        top = column([mean, mp.log(mp.fsum((mp.mpf(v) - mean) ** 2 for v in y) / len(y)) / 2])
        phi = top + column(away)
        u = column([mp.diff(at, tuple(phi), d) for d in ((1, 0), (0, 1))])
        J = -mp.matrix([[mp.diff(at, tuple(phi), (2, 0)), mp.diff(at, tuple(phi), (1, 1))],
                        [mp.diff(at, tuple(phi), (1, 1)), mp.diff(at, tuple(phi), (0, 2))]])
        eq.holds({r"\ell": lambda phi, f=ell: f(list(phi)), r"\hat\varphi": top, r"\varphi": phi,
                  r"\mathbf{u}": u, "J": J}, approx=1e-3)


def test_eq_t_hessian(eq):
    r"""
    \begin{aligned}
    \frac{\partial^2\ell}{\partial\mu^2} &= -\frac{1}{\sigma^2}\sum_{i=1}^{n} w_i\,\frac{\nu -
    z_i^2}{\nu+z_i^2} \\[1ex]
    \frac{\partial^2\ell}{\partial\mu\,\partial\sigma} &= -\frac{2\nu}{\sigma^2}\sum_{i=1}^{n}\frac{w_i
    z_i}{\nu+z_i^2} \\[1ex]
    \frac{\partial^2\ell}{\partial\sigma^2} &= \frac{1}{\sigma^2}\sum_{i=1}^{n}\left(1 - w_i z_i^2 -
    \frac{2\nu\,w_i z_i^2}{\nu+z_i^2}\right)
    \end{aligned}
    """
    eq.holds(*(sample(*case) for case in CASES))


def test_eq_t_hessian_nu(eq):
    r"""
    \begin{aligned}
    d_i &= \frac{z_i^2-1}{(\nu+z_i^2)^2} \\[1ex]
    \frac{\partial^2\ell}{\partial\nu\,\partial\mu} &= \frac{1}{\sigma}\sum_{i=1}^{n} z_i\,d_i \\[1ex]
    \frac{\partial^2\ell}{\partial\nu\,\partial\sigma} &= \frac{1}{\sigma}\sum_{i=1}^{n} z_i^2\,d_i \\[1ex]
    \frac{\partial^2\ell}{\partial\nu^2} &= n\,c''(\nu) + \frac{1}{2\nu}\sum_{i=1}^{n}
    \frac{z_i^2}{\nu+z_i^2} \\[1ex]
    &\quad + \frac{1}{2\nu}\sum_{i=1}^{n} z_i^2\left(d_i - \frac{w_i}{\nu}\right) \\[1ex]
    c''(\nu) &= \frac{1}{4}\Psi'\left(\frac{\nu+1}{2}\right) - \frac{1}{4}\Psi'\left(\frac{\nu}{2}\right)
    \\[1ex]
    &\quad + \frac{1}{2\nu^2}
    \end{aligned}
    """
    for case in CASES:
        both = sample(*case)
        d = [mp.diff(lambda nu, z=z: (nu + 1) / (nu + z**2), both[NU]) for z in both["z"]]
        eq.holds(*({**both, "d": d, "i": i} for i in (1, 3)))


@functools.cache
def information(nu, sigma):
    """Expected products of the scores, by quadrature: mu mu, sigma sigma, nu sigma, nu nu."""
    h = 1e-5

    def scores(y):
        def slope(one, two, step):
            return (stats.t.logpdf(y, *two) - stats.t.logpdf(y, *one)) / (2 * step)

        return (slope((nu, -h, sigma), (nu, h, sigma), h), slope((nu, 0, sigma - h), (nu, 0, sigma + h), h),
                slope((nu - h, 0, sigma), (nu + h, 0, sigma), h))

    # y = sigma tan(t) keeps the heavy tails in a finite interval; 200 nodes of Gauss and Legendre.
    t, weight = np.polynomial.legendre.leggauss(200)
    t, weight = t * np.pi / 2, weight * np.pi / 2
    y = sigma * np.tan(t)
    weight = weight * stats.t.pdf(y, nu, 0, sigma) * sigma / np.cos(t) ** 2
    m, s, v = scores(y)
    return [float(weight @ (a * b)) for a, b in ((m, m), (s, s), (v, s), (v, v))]


def test_eq_t_information(eq):
    r"""
    \begin{aligned}
    I_{\mu\mu} &= \frac{\nu+1}{(\nu+3)\,\sigma^2} \\[1ex]
    I_{\sigma\sigma} &= \frac{2\nu}{(\nu+3)\,\sigma^2} \\[1ex]
    I_{\nu\sigma} &= -\frac{2}{(\nu+1)(\nu+3)\,\sigma} \\[1ex]
    I_{\nu\nu} &= \frac{1}{4}\Psi'\left(\frac{\nu}{2}\right) - \frac{1}{4}\Psi'\left(\frac{\nu+1}{2}\right)
    \\[1ex]
    &\quad - \frac{\nu+5}{2\nu(\nu+1)(\nu+3)}
    \end{aligned}
    """
    names = (r"I_{\mu\mu}", r"I_{\sigma\sigma}", r"I_{\nu\sigma}", r"I_{\nu\nu}")
    for nu, sigma in ((3.7, 1.3), (5.2, 0.7)):
        entries = dict(zip(names, information(nu, sigma), strict=True))
        eq.holds({**entries, NU: nu, SIGMA: sigma, r"\Psi": mp.digamma})


def test_eq_bfgs(eq):
    r"""
    \begin{aligned}
    B_{\text{new}} = B &- \frac{B\,\mathbf{d}\,\mathbf{d}^\top B}{\mathbf{d}^\top B\,\mathbf{d}} \\[1ex]
    &+ \frac{\mathbf{c}\,\mathbf{c}^\top}{\mathbf{c}^\top\mathbf{d}}
    \end{aligned}
    """
    three = [[1.4, -0.2, 0.5], [-0.2, 0.9, 0.1], [0.5, 0.1, 2.2]]
    for B, d, c in (([[2.0, 0.3], [0.3, 1.1]], [0.7, -0.4], [1.9, 0.2]),
                    (three, [0.3, 0.8, -0.5], [0.4, 1.3, -0.6])):
        # The update that programs apply to the inverse, inverted again.
        B, step, change = mp.matrix(B), column(d), column(c)
        rho = 1 / (change.T * step)[0]
        left = mp.eye(len(d)) - rho * step * change.T
        new = (left * B**-1 * left.T + rho * step * step.T) ** -1
        assert mp.mnorm(new * step - change, mp.inf) < 1e-20
        eq.holds({r"B_{\text{new}}": new, "B": B, r"\mathbf{d}": step, r"\mathbf{c}": change})


def test_eq_t_mixture(eq):
    r"""
    \begin{aligned}
    f(y) &= \int_0^\infty \sqrt{\frac{g}{2\pi\sigma^2}}\; e^{-g z^2/2}\, h(g)\,dg \\[1ex]
    h(g) &= \frac{(\nu/2)^{\nu/2}}{\Gamma(\nu/2)}\, g^{\nu/2-1}\, e^{-\nu g/2}
    \end{aligned}
    """
    for y, nu, mu, sigma in ((1.7, 3.7, 0.4, 1.3), (-0.6, 5.2, 0.9, 0.7)):
        density = double(lambda y, nu=nu, mu=mu, sigma=sigma: stats.t.pdf(y, nu, mu, sigma))
        eq.holds({"y": y, "z": (mp.mpf(y) - mp.mpf(mu)) / mp.mpf(sigma), "g": 0.8, NU: nu, SIGMA: sigma,
                  r"\Gamma": mp.gamma, "f": density,
                  "h": double(lambda g, nu=nu: stats.gamma.pdf(g, nu / 2, scale=2 / nu))})


LOG_G = np.linspace(-60, 8, 6801)  # fine enough that the trapezoidal rule is exact to rounding


def log_joint(g, y, nu, mu, sigma):
    return stats.norm.logpdf(y, mu, sigma / np.sqrt(g)) + stats.gamma.logpdf(g, nu / 2, scale=2 / nu)


@functools.cache
def posterior(y, nu, mu, sigma):
    """The hidden precision given one observation, by quadrature: log of the total, E[g], E[log g]."""
    g = np.exp(LOG_G)
    density = np.exp(log_joint(g, y, nu, mu, sigma)) * g * (LOG_G[1] - LOG_G[0])
    total = density.sum()
    return np.log(total), density @ g / total, density @ LOG_G / total


def expectations(y, nu, mu, sigma):
    """E[g | y] and E[log g | y] of every observation."""
    both = [posterior(float(v), float(nu), float(mu), float(sigma))[1:] for v in y]
    return [w for w, _ in both], [e for _, e in both]


def test_eq_em_weight(eq):
    r"""
    \begin{aligned}
    \mathbb{E}[g_i \mid y_i] &= \frac{\nu+1}{\nu+z_i^2} = w_i \\[1ex]
    \mathbb{E}[\log g_i \mid y_i] &= \Psi\left(\frac{\nu+1}{2}\right) - \log\frac{\nu+z_i^2}{2}
    \end{aligned}
    """
    for case in CASES:
        w, e = expectations(*case)
        eq.holds(*({**sample(*case), "i": i, "A": w, "E": e} for i in (1, 3)),
                 rewrite={r"\mathbb{E}[g_i \mid y_i]": "A_i", r"\mathbb{E}[\log g_i \mid y_i]": "E_i"})


@functools.cache
def best_complete(case):
    """Where the average log density of the pairs (y, g) is largest: normal given g, times gamma."""
    y, (w, e) = CASES[case][0], expectations(*CASES[case])

    def complete(nu, mu, sigma):
        constant = nu / 2 * mp.log(nu / 2) - mp.loggamma(nu / 2) - mp.log(sigma)
        return mp.fsum(constant + b / 2 - a * (v - mu) ** 2 / (2 * sigma**2) + (nu / 2 - 1) * b - nu / 2 * a
                       for v, a, b in zip(y, w, e, strict=True))

    def slopes(*theta):
        return [mp.diff(complete, theta, unit) for unit in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]

    return tuple(mp.findroot(slopes, tuple(map(mp.mpf, CASES[case][1:]))))


def test_eq_em_update(eq):
    r"""
    \begin{aligned}
    \mu_{\text{new}} &= \frac{\sum_{i=1}^{n} w_i\,y_i}{\sum_{i=1}^{n} w_i} \\[1ex]
    \sigma_{\text{new}}^2 &= \frac{1}{n}\sum_{i=1}^{n} w_i\,(y_i - \mu_{\text{new}})^2 \\[1ex]
    \log\frac{\nu_{\text{new}}}{2} &= \Psi\left(\frac{\nu_{\text{new}}}{2}\right) - 1 \\[1ex]
    &\quad - \frac{1}{n}\sum_{i=1}^{n}(e_i - w_i)
    \end{aligned}
    """
    for k, (y, *_) in enumerate(CASES):
        (w, e), (nu, mu, sigma) = expectations(*CASES[k]), best_complete(k)
        eq.holds({"y": y, "n": len(y), "w": w, "e": e, r"\Psi": mp.digamma, r"\mu_{\text{new}}": mu,
                  r"\sigma_{\text{new}}": sigma, r"\nu_{\text{new}}": nu})


def test_eq_em_gain(eq):
    r"""
    \begin{aligned}
    \ell(\theta_{\text{new}}) &= \ell(\theta) + \sum_{i=1}^{n} K_i \\[1ex]
    &\quad + Q(\theta_{\text{new}}) - Q(\theta) \\[1ex]
    K_i &= \int_0^\infty q_i(g)\,\log\frac{q_i(g)}{\tilde q_i(g)}\,dg
    \end{aligned}
    """
    # Parameter vectors by number: any two, the identity needs no M-step.
    vectors = {1: (3.7, 0.4, 1.3), 5: (2.6, 0.7, 1.1)}, {1: (2.6, 0.9, 0.9), 5: (3.2, 0.5, 1.2)}
    for (y, *_), theta in zip(CASES, vectors, strict=True):
        w, e = expectations(y, *theta[1])

        def average(k, y=y, theta=theta, w=w, e=e):
            nu, mu, s = theta[int(k)]
            constant = stats.gamma.logpdf(1, nu / 2, scale=2 / nu) + nu / 2 - np.log(s)
            return sum(constant - a * (v - mu) ** 2 / (2 * s**2) + nu / 2 * (b - a)
                       for v, a, b in zip(y, w, e, strict=True))

        def loglik(k, y=y, theta=theta):
            return stats.t.logpdf(y, *theta[int(k)]).sum()

        def gap(v, theta=theta):
            g, step = np.exp(LOG_G), LOG_G[1] - LOG_G[0]
            old, new = (log_joint(g, v, *theta[k]) - posterior(v, *theta[k])[0] for k in (1, 5))
            return np.exp(old + LOG_G) @ (old - new) * step

        def hidden(k, v, theta=theta):
            nu, mu, s = theta[k]
            shape, rate = (nu + 1) / 2, (nu + ((v - mu) / s) ** 2) / 2

            def density(g):
                return rate**shape * g ** (shape - 1) * mp.exp(-rate * g) / mp.gamma(shape)

            return density

        gaps = [gap(v) for v in y]
        assert min(gaps) > 0
        eq.holds(*({r"\ell": double(loglik), "Q": double(average), r"\theta": 1, r"\theta_{\text{new}}": 5,
                    "n": len(y), "K": gaps, "i": i, "q_i": hidden(1, y[i - 1]),
                    r"\tilde q_i": hidden(5, y[i - 1])} for i in (1, 3)))


def location(case):
    """The log-likelihood in mu, the EM map of mu, and the maximum, at fixed nu and sigma."""
    y, nu, sigma = [mp.mpf(v) for v in case[0]], mp.mpf(case[1]), mp.mpf(case[3])

    def ell(mu):
        return mp.fsum(log_density(v, nu, mu, sigma) for v in y)

    def weights(mu):
        return [(nu + 1) / (nu + ((v - mu) / sigma) ** 2) for v in y]

    def step(mu):
        w = weights(mu)
        return mp.fsum(a * v for a, v in zip(w, y, strict=True)) / mp.fsum(w)

    return ell, weights, step, mp.findroot(lambda mu: mp.diff(ell, mu), mp.mpf("0.6"))


def test_eq_em_step(eq):
    r"""\mu_{\text{new}} = \mu + \frac{\sigma^2}{\sum_{i=1}^{n} w_i}\;\ell'(\mu)"""
    for case in CASES:
        ell, _, step, _ = location(case)
        eq.holds({**sample(*case), r"\ell": ell, r"\mu_{\text{new}}": step(mp.mpf(case[2]))})


def test_eq_em_rate(eq):
    r"""r = \frac{d\mu_{\text{new}}}{d\mu} = 1 - \frac{-\ell''(\hat\mu)}{\sum_{i=1}^{n} w_i/\sigma^2}"""
    for case in CASES:
        ell, weights, step, best = location(case)
        rate = mp.diff(step, best)
        eq.holds({"n": len(case[0]), "w": weights(best), SIGMA: mp.mpf(case[3]), r"\ell": ell,
                  r"\hat\mu": best, "r": rate, "R": rate}, rewrite={r"\frac{d\mu_{\text{new}}}{d\mu}": "R"})
