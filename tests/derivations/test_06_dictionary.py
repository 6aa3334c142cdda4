"""Checks of the labelled equations of chapter 6."""

import mpmath as mp
import numpy as np
from scipy import integrate, optimize, special, stats

from tests.derivations._check import average, double, equivalent


def quantile_loss(tau):
    return lambda r: (abs(r) + (2 * tau - 1) * r) / 2


@equivalent(r"…ty} e^{-\beta\rho(y ⟦- → +⟧ \hat y)}\,dy = \int…", "the integral is free of the prediction")
@equivalent(r"double \hat y", "the integral is free of the prediction")
def test_eq_location_normalizer(eq):
    r"""
    \int_{-\infty}^{\infty} e^{-\beta\rho(y - \hat y)}\,dy = \int_{-\infty}^{\infty} e^{-\beta\rho(u)}\,du
    """
    for beta, prediction in ((0.8, 0.6), (1.7, -0.3)):
        eq.holds({r"\beta": beta, r"\hat y": prediction, r"\rho": lambda u: u**2 + mp.log(mp.cosh(u))})


def test_eq_cauchy_nll(eq):
    r"""
    -\log\frac{1}{\pi s\,(1 + r^2/s^2)} = \log\left(1 + \frac{r^2}{s^2}\right) + \log(\pi s)
    """
    eq.holds({"r": 1.7, "s": 1.3}, {"r": -0.6, "s": 0.7})


def test_eq_student_nll(eq):
    r"""
    \begin{aligned}
    -\log f(r) &= \frac{\nu+1}{2}\log\left(1 + \frac{r^2}{\nu\sigma^2}\right) + \log\sigma
    + \frac{1}{2}\log(\nu\pi) \\
    &\quad + \log\Gamma\left(\frac{\nu}{2}\right) - \log\Gamma\left(\frac{\nu+1}{2}\right)
    \end{aligned}
    """
    for r, nu, sigma in ((1.7, 3.5, 1.3), (-0.6, 6.2, 0.7)):
        density = double(lambda r, nu=nu, sigma=sigma: stats.t.pdf(r, nu, 0, sigma))
        eq.holds({"r": r, r"\nu": nu, r"\sigma": sigma, "f": density, r"\Gamma": mp.gamma})


def test_eq_huber_loss(eq):
    r"""
    \rho_\delta(r) = \begin{cases} \frac{1}{2} r^2 & |r| \le \delta \\
    \delta\bigl(|r| - \frac{1}{2}\delta\bigr) & \text{otherwise} \end{cases}
    """
    for delta, r in ((1.3, 0.4), (1.3, -0.9), (0.7, 2.2), (1.3, -3.1), (0.7, -0.6), (1.3, 1.5)):
        slope = double(lambda r, d=delta: integrate.quad(np.clip, 0, r, args=(-d, d), points=[-d, d])[0])
        eq.holds({r"\delta": delta, "r": r, r"\rho_\delta": slope})


def test_eq_huber_normalizer(eq):
    r"""
    \int_{-\infty}^{\infty} e^{-\rho_\delta(r)/\sigma^2}\,dr
    = \sigma\left(\sqrt{2\pi}\,\bigl(2\Phi(k) - 1\bigr) + \frac{2}{k}\, e^{-k^2/2}\right),
    \qquad k = \frac{\delta}{\sigma}
    """
    for delta, sigma in ((mp.mpf("1.3"), mp.mpf("0.9")), (mp.mpf("0.8"), mp.mpf("1.7"))):
        def density(r, d=delta, s=sigma):
            return mp.exp(-(r**2 / 2 if abs(r) <= d else d * (abs(r) - d / 2)) / s**2)

        area = 2 * (mp.quad(density, [0, delta]) + mp.quad(density, [delta, 10, mp.inf]))
        eq.holds({r"\delta": delta, r"\sigma": sigma, "k": delta / sigma, r"\Phi": mp.ncdf, "A": area},
                 rewrite={r"\int_{-\infty}^{\infty} e^{-\rho_\delta(r)/\sigma^2}\,dr": "A"})


def test_eq_quantile_loss(eq):
    r"""
    \rho_\tau(r) = \begin{cases} \tau r & r \ge 0 \\ (\tau - 1)\, r & r < 0 \end{cases}
    """
    for tau, r in ((0.3, 1.7), (0.3, -2.2), (0.8, 0.6), (0.8, -0.9)):
        eq.holds({r"\tau": tau, "r": r, r"\rho_\tau": quantile_loss(mp.mpf(tau))})


def test_eq_quantile_normalizer(eq):
    r"""
    \int_{-\infty}^{\infty} e^{-\rho_\tau(r)/s}\,dr = \frac{s}{\tau} + \frac{s}{1-\tau}
    = \frac{s}{\tau(1-\tau)}
    """
    for tau, s in ((0.3, 1.7), (0.8, 0.6)):
        loss = quantile_loss(mp.mpf(tau))
        area = sum(mp.quad(lambda r, s=s, loss=loss: mp.exp(-loss(r) / mp.mpf(s)), ends)
                   for ends in ([-mp.inf, -5, 0], [0, 5, mp.inf]))
        eq.holds({r"\tau": tau, "s": s, "A": area},
                 rewrite={r"\int_{-\infty}^{\infty} e^{-\rho_\tau(r)/s}\,dr": "A"})


def test_eq_quantile_slope(eq):
    r"""
    \frac{d}{d\hat y}\, \mathbb{E}[\rho_\tau(y - \hat y)] = F(\hat y) - \tau
    """
    outcomes = [(0.2, -1.3), (0.35, 0.4), (0.15, 1.1), (0.3, 2.6)]
    for tau, prediction in ((0.3, 0.7), (0.8, 1.9), (0.45, -0.2)):
        def distribution(t):
            return mp.fsum(mp.mpf(p) for p, y in outcomes if y <= t)

        eq.holds({r"\tau": tau, r"\hat y": prediction, r"\rho_\tau": quantile_loss(mp.mpf(tau)),
                  "F": distribution} | average([(p, {"y": y}) for p, y in outcomes]))


def test_eq_gamma_nll(eq):
    r"""
    \begin{aligned}
    -\log f(y;\hat y) &= k\left(\log\hat y + \frac{y}{\hat y}\right) \\
    &\quad + \log\Gamma(k) - k\log k - (k-1)\log y
    \end{aligned}
    """
    for y, mean, k in ((1.7, 2.4, 3.1), (0.6, 0.3, 0.7)):
        density = double(lambda y, mean, k=k: stats.gamma.pdf(y, k, scale=mean / k))
        eq.holds({"y": y, r"\hat y": mean, "k": k, "f": density, r"\Gamma": mp.gamma})


def test_eq_negative_binomial_nll(eq):
    r"""
    \begin{aligned}
    -\log f(y;\hat y) &= \left(y + \frac{1}{\alpha}\right)\log(1+\alpha\hat y) - y\log(\alpha\hat y) \\
    &\quad + \log(y!) + \log\Gamma\left(\frac{1}{\alpha}\right) - \log\Gamma\left(y + \frac{1}{\alpha}\right)
    \end{aligned}
    """
    for y, mean, alpha in ((3, 2.4, 0.7), (5, 6.1, 1.6)):
        mass = double(lambda y, mean, a=alpha: stats.nbinom.pmf(y, 1 / a, 1 / (1 + a * mean)))
        eq.holds({"y": y, r"\hat y": mean, r"\alpha": alpha, "f": mass, r"\Gamma": mp.gamma})


def test_eq_poisson_deviance(eq):
    r"""
    D(y,\hat y) = 2\bigl(\rho(y,\hat y) - \rho(y,y)\bigr) = 2\left(y\log\frac{y}{\hat y} - (y - \hat y)\right)
    """
    for y, mean in ((3, 2.4), (5, 7.3)):
        deviance = double(lambda y, m: 2 * (stats.poisson.logpmf(y, y) - stats.poisson.logpmf(y, m)))
        eq.holds({"y": y, r"\hat y": mean, "D": deviance,
                  r"\rho": double(lambda y, m: -stats.poisson.logpmf(y, m))})


@equivalent(r"…}{dp}\bigl(-p^*\log ⟦p → {(2p)}⟧ - (1-p^*)\log(1-p)\…", "log 2p has the slope of log p")
def test_eq_proper_log(eq):
    r"""
    \frac{d}{dp}\bigl(-p^*\log p - (1-p^*)\log(1-p)\bigr) = \frac{p - p^*}{p(1-p)}
    """
    eq.holds({"p": 0.3, "p^*": 0.8}, {"p": 0.62, "p^*": 0.45})


def test_eq_proper_brier(eq):
    r"""\frac{d}{dp}\bigl(p^*(1-p)^2 + (1-p^*)\,p^2\bigr) = 2(p - p^*)"""
    eq.holds({"p": 0.3, "p^*": 0.8}, {"p": 0.62, "p^*": 0.45})


def test_eq_smoothed_loss(eq):
    r"""
    -(1-\varepsilon)\log p_y - \frac{\varepsilon}{K} \sum_{k=1}^{K} \log p_k = -\sum_{k=1}^{K} t_k \log p_k,
    \qquad t_y = 1 - \varepsilon + \frac{\varepsilon}{K}
    """
    for y, eps, p in ((2, 0.1, [0.2, 0.5, 0.3]), (1, 0.3, [0.4, 0.15, 0.2, 0.25])):
        t = np.full(len(p), eps / len(p)) + (1 - eps) * np.eye(len(p))[y - 1]
        eq.holds({"y": y, r"\varepsilon": eps, "K": len(p), "p": p, "t": t})


def test_eq_smoothed_minimizer(eq):
    r"""\hat p = (1-\varepsilon)\,p^* + \frac{\varepsilon}{2}"""
    for truth, eps in ((0.9, 0.1), (0.3, 0.25)):
        def slope(p, truth=truth, eps=eps):
            one = -(1 - eps / 2) / p + eps / 2 / (1 - p)
            zero = (1 - eps / 2) / (1 - p) - eps / 2 / p
            return truth * one + (1 - truth) * zero

        eq.holds({r"\hat p": optimize.brentq(slope, 1e-3, 1 - 1e-3, xtol=1e-14), "p^*": truth,
                  r"\varepsilon": eps})


def test_eq_focal_slope(eq):
    r"""
    \begin{aligned}
    S(p) &= \frac{d}{dp}\bigl(-p^*(1-p)^{\gamma}\log p - (1-p^*)\,p^{\gamma}\log(1-p)\bigr) \\
    &= p^*\left(\gamma(1-p)^{\gamma-1}\log p - \frac{(1-p)^{\gamma}}{p}\right)
    - (1-p^*)\left(\gamma p^{\gamma-1}\log(1-p) - \frac{p^{\gamma}}{1-p}\right)
    \end{aligned}
    """
    for p, truth, gamma in ((0.3, 0.8, 2.3), (0.62, 0.45, 1.4)):
        def slope(p, truth=truth, gamma=gamma):
            return mp.diff(lambda q: -truth * mp.log(q) * (1 - q) ** gamma
                           - (1 - truth) * mp.log(1 - q) * q**gamma, p)

        eq.holds({"p": p, "p^*": truth, r"\gamma": gamma, "S": slope})


def test_focal_answer():
    """The reference figure: at a true probability of 0.9 and gamma = 2, focal loss answers 0.694."""
    found = optimize.minimize_scalar(lambda p: -0.9 * (1 - p) ** 2 * np.log(p) - 0.1 * p**2 * np.log(1 - p),
                                     bounds=(0.01, 0.99), method="bounded", options={"xatol": 1e-10})
    assert abs(found.x - 0.694) < 5e-4


def test_eq_hinge_expected(eq):
    r"""p^*(1-s) + (1-p^*)(1+s) = 1 + (1 - 2p^*)\,s"""
    eq.holds({"p^*": 0.8, "s": 0.3}, {"p^*": 0.45, "s": -0.7})


def test_eq_newsvendor(eq):
    r"""
    c_u \max(0, y - \hat y) + c_o \max(0, \hat y - y) = (c_u + c_o)\,\rho_\tau(y - \hat y),
    \qquad \tau = \frac{c_u}{c_u + c_o}
    """
    for y, stock, under, over in ((3.1, 2.4, 9, 1.5), (1.2, 5.3, 2.5, 4)):
        tau = mp.mpf(under) / (mp.mpf(under) + mp.mpf(over))
        eq.holds({"y": y, r"\hat y": stock, "c_u": under, "c_o": over, r"\tau": tau,
                  r"\rho_\tau": quantile_loss(tau)})


def test_eq_psi_student(eq):
    r"""
    \psi(r) = \frac{(\nu+1)\,r}{\nu\sigma^2 + r^2}, \qquad
    \psi(\sigma\sqrt{\nu}) = \frac{\nu+1}{2\sigma\sqrt{\nu}}
    """
    for r, nu, sigma in ((1.7, mp.mpf("3.5"), mp.mpf("1.3")), (-0.6, mp.mpf("6.2"), mp.mpf("0.7"))):
        def slope(r, nu=nu, sigma=sigma):
            return mp.diff(lambda u: (nu + 1) / 2 * mp.log(nu * sigma**2 + u**2), r)

        eq.holds({"r": r, r"\nu": nu, r"\sigma": sigma, r"\psi": slope})


def student_location(y, nu, sigma):
    """Root of the score, from a start near the bulk of the data."""
    return mp.findroot(lambda m: mp.fsum((v - m) / (nu * sigma**2 + (v - m) ** 2) for v in y), mp.mpf("0.4"))


SAMPLES = [([-0.7, 0.3, 0.9, 4.1], 3.5, 1.3), ([-1.1, 0.2, 0.5, 1.6, 2.9], 6.2, 0.9)]


def test_eq_psi_weights(eq):
    r"""
    \hat\mu = \frac{\sum_{i=1}^{n} w_i\, y_i}{\sum_{i=1}^{n} w_i}, \qquad
    w_i = \frac{\psi(y_i - \hat\mu)}{y_i - \hat\mu}
    """
    for y, nu, sigma in SAMPLES:
        y, nu, sigma = [mp.mpf(v) for v in y], mp.mpf(nu), mp.mpf(sigma)
        center = student_location(y, nu, sigma)
        weights = [(nu + 1) / (nu * sigma**2 + (v - center) ** 2) for v in y]
        for i in (1, 3):
            eq.holds({"y": y, "n": len(y), "i": i, "w": weights, r"\hat\mu": center,
                      r"\psi": lambda r, nu=nu, s=sigma: (nu + 1) * r / (nu * s**2 + r**2)})


def test_eq_influence(eq):
    r"""
    \frac{d\hat\mu}{dy_j} = \frac{\psi'(r_j)}{\sum_{i=1}^{n} \psi'(r_i)}
    """
    for y, nu, sigma in SAMPLES:
        y, nu, sigma = [mp.mpf(v) for v in y], mp.mpf(nu), mp.mpf(sigma)
        center = student_location(y, nu, sigma)
        for j in (2, 4):
            def moved(value, y=y, j=j, nu=nu, sigma=sigma):
                return student_location([*y[: j - 1], value, *y[j:]], nu, sigma)

            h = mp.mpf("1e-10")
            rate = (moved(y[j - 1] + h) - moved(y[j - 1] - h)) / (2 * h)
            eq.holds({"r": [v - center for v in y], "n": len(y), "j": j, "R": rate,
                      r"\psi": lambda r, nu=nu, s=sigma: (nu + 1) * r / (nu * s**2 + r**2)},
                     rewrite={r"\frac{d\hat\mu}{dy_j}": "R"})


def test_eq_head_loss(eq):
    r"""\rho(y, \mu, \sigma) = \frac{(y-\mu)^2}{2\sigma^2} + \log\sigma"""
    loss = double(lambda y, mu, sigma: -stats.norm.logpdf(y, mu, sigma) - np.log(2 * np.pi) / 2)
    eq.holds({"y": 1.7, r"\mu": 0.4, r"\sigma": 1.3, r"\rho": loss},
             {"y": -0.6, r"\mu": 2.1, r"\sigma": 0.7, r"\rho": loss})


def test_eq_head_gradients(eq):
    r"""
    \frac{\partial\rho}{\partial\mu} = -\frac{y-\mu}{\sigma^2}, \qquad
    \frac{\partial\rho}{\partial s} = 1 - \frac{(y-\mu)^2}{\sigma^2} = 1 - z^2
    """
    for y, mu, s in (("1.7", "0.4", "0.3"), ("-0.6", "2.1", "-0.4")):
        y, at, log_sd = mp.mpf(y), mp.mpf(mu), mp.mpf(s)

        def nll(mu, s, y=y):
            return -mp.log(mp.npdf(y, mu, mp.exp(s)))

        eq.holds({"y": y, r"\mu": at, r"\sigma": mp.exp(log_sd), "z": (y - at) / mp.exp(log_sd),
                  "A": mp.diff(lambda m, f=nll, s=log_sd: f(m, s), at),
                  "B": mp.diff(lambda s, f=nll, m=at: f(m, s), log_sd)},
                 rewrite={r"\frac{\partial\rho}{\partial\mu}": "A", r"\frac{\partial\rho}{\partial s}": "B"})


def test_eq_perplexity(eq):
    r"""
    \mathrm{PPL} = \exp\left(-\frac{1}{N} \sum_{t=1}^{N} \log p_t\right)
    = \left(\prod_{t=1}^{N} p_t\right)^{-1/N}
    """
    for p in ([0.2, 0.05, 0.6], [0.31, 0.44, 0.09, 0.7]):
        eq.holds({"p": p, "N": len(p), r"\mathrm{PPL}": float(1 / stats.gmean(p))})


def test_eq_masked_mean(eq):
    r"""\bar\rho = \frac{\sum_{t=1}^{N} m_t\, \rho_t}{\sum_{t=1}^{N} m_t}"""
    for loss, mask in (([0.7, 2.1, 1.4, 3.3], [1, 1, 0, 1]), ([2.2, 0.4, 1.9], [1, 0, 0])):
        kept = np.array(loss)[np.array(mask) == 1]
        eq.holds({r"\rho": loss, "m": mask, "N": len(loss), r"\bar\rho": kept.mean()})


def test_eq_temperature_slope(eq):
    r"""
    \frac{d}{d\beta}\left(-\beta z_y + \log\sum_{k=1}^{K} e^{\beta z_k}\right)
    = \frac{\sum_{k=1}^{K} z_k\, e^{\beta z_k}}{\sum_{k=1}^{K} e^{\beta z_k}} - z_y
    """
    eq.holds({"z": [0.3, -1.2, 2.1], "y": 2, "K": 3, r"\beta": 0.7},
             {"z": [1.4, 0.2, -0.6, 0.9], "y": 4, "K": 4, r"\beta": 1.6})


def test_eq_elbo(eq):
    r"""
    \begin{aligned}
    \log f(y) &= \sum_{u=1}^{K} q_u \log\frac{f(y,u)}{q_u} + \sum_{u=1}^{K} q_u \log\frac{q_u}{q_u^*} \\
    q_u^* &= \frac{f(y,u)}{f(y)}
    \end{aligned}
    """
    # A mixture of Poisson counts: u picks the component.
    shares, rates = [0.5, 0.2, 0.3], [1.3, 4.2, 9.1]

    def joint(y, u):
        return mp.mpf(shares[u - 1] * stats.poisson.pmf(float(y), rates[u - 1]))

    def f(y, *u):
        return mp.fsum(joint(y, k) for k in (1, 2, 3) if not u or k == u[0])

    for y, u, q in ((3, 2, [0.2, 0.5, 0.3]), (6, 3, [0.1, 0.3, 0.6])):
        exact = special.softmax(np.log([float(joint(y, k)) for k in (1, 2, 3)]))
        eq.holds({"y": y, "u": u, "K": 3, "q": q, "q^*": exact, "f": f})
