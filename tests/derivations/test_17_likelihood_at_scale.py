"""Checks of the labelled equations of chapter 17."""

import functools

import mpmath as mp
import numpy as np
import pytest
from scipy import special

from tests.derivations._check import by_hand

rng = np.random.default_rng(17)
X = np.column_stack([np.ones(60), rng.normal(size=(60, 2))])
Y = (X @ [0.2, 0.7, -0.5] + rng.logistic(size=60) > 0).astype(float)
CUTS = [(0, 7), (7, 31), (31, 60)]  # blocks of unequal sizes
W = np.array([0.1, -0.3, 0.4])


def terms(rows, w=W):
    """Log-likelihood, score and curvature of logistic regression on a slice of the rows."""
    A, y = X[rows], Y[rows]
    p = special.expit(A @ w)
    return np.array([np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))]), A.T @ (y - p), (A.T * p * (1 - p)) @ A


def blocks():
    return [terms(slice(*cut)) for cut in CUTS]


@by_hand(claim=lambda parts: [sum(t) for t in zip(*parts, strict=True)],
         wrong={"mean": lambda parts: [sum(t) / len(t) for t in zip(*parts, strict=True)],
                "a block left out": lambda parts: [sum(t[1:]) for t in zip(*parts, strict=True)],
                "the last block": lambda parts: list(parts[-1])})
def test_eq_scale_sums(claim):
    r"""
    \begin{aligned}
    \ell(\theta) &= \sum_{k=1}^{K} \ell_k(\theta) \\
    \mathbf{U}(\theta) &= \sum_{k=1}^{K} \mathbf{U}_k(\theta) \\
    J(\theta) &= \sum_{k=1}^{K} J_k(\theta)
    \end{aligned}
    """
    for found, whole in zip(claim(blocks()), terms(slice(None)), strict=True):
        np.testing.assert_allclose(found, whole, rtol=1e-12)


@by_hand(claim=lambda parts: np.linalg.solve(sum(J for *_, J in parts), sum(U for _, U, _ in parts)),
         wrong={"steps of the blocks, averaged":
                lambda parts: sum(np.linalg.solve(J, U) for _, U, J in parts) / len(parts),
                "sum of inverses":
                lambda parts: sum(np.linalg.inv(J) for *_, J in parts) @ sum(U for _, U, _ in parts),
                "other sign": lambda parts: -np.linalg.solve(sum(J for *_, J in parts),
                                                             sum(U for _, U, _ in parts))})
def test_eq_scale_newton(claim):
    r"""
    \begin{aligned}
    \mathbf{w}_{\text{new}} = \mathbf{w} &+ \left(\sum_{k=1}^{K} X_k^\top W_k X_k\right)^{-1} \\
    &\quad \cdot \sum_{k=1}^{K} X_k^\top(\mathbf{y}_k - \mathbf{p}_k)
    \end{aligned}
    """
    # The whole's step as weighted least squares of the working response, another route to the same place.
    eta = X @ W
    p = special.expit(eta)
    root, z = np.sqrt(p * (1 - p)), eta + (Y - p) / (p * (1 - p))
    step = np.linalg.lstsq(X * root[:, None], z * root, rcond=None)[0] - W
    np.testing.assert_allclose(claim(blocks()), step, rtol=1e-9)


@by_hand(claim=lambda n, u, total: (n - 1) * u / (1 - (n - 1) * u) * total,
         wrong={"half": lambda n, u, total: (n - 1) * u / 2 * total, "one addition": lambda n, u, t: u * t,
                "square root": lambda n, u, total: np.sqrt(n - 1) * u * total,
                "twice": lambda n, u, total: 2 * (n - 1) * u * total})
def test_eq_scale_rounding(claim):
    r"""|\hat S - S| \le \frac{(n-1)\,u}{1-(n-1)\,u}\,\sum_{i=1}^{n} |x_i|"""
    # Half precision, u = 2^-11: a one and then terms of size u, each of which rounds away (ties to even).
    u = 2.0**-11
    for x in (np.r_[1.0, np.full(60, u)], rng.normal(size=80), np.r_[1.0, np.full(20, u)]):
        x = x.astype(np.float16)
        computed, exact = np.float16(0), float(np.sum(x, dtype=float))
        for value in x:
            computed = np.float16(computed + value)
        bound = claim(len(x), u, float(np.sum(np.abs(x), dtype=float)))
        assert abs(float(computed) - exact) <= bound
        if x[1] == u:  # the bound is nearly reached
            assert abs(float(computed) - exact) > 0.9 * bound


def inverse_sum(r, rate):
    """E[r / sum of r exponential times], by integration over the gamma density of the sum."""
    return mp.quad(lambda s: r / s * rate**r * s ** (r - 1) * mp.exp(-rate * s) / mp.gamma(r),
                   [0, r / rate, 20 * r / rate, mp.inf])


def test_eq_scale_average_bias(eq):
    r"""\mathbb{E}[\bar\lambda] = \frac{r}{r-1}\,\lambda"""
    for r, rate in ((4, mp.mpf("0.7")), (7, mp.mpf("2.3"))):
        eq.holds({"E": inverse_sum(r, rate), "r": r, r"\lambda": rate},
                 rewrite={r"\mathbb{E}[\bar\lambda]": "E"})


def test_eq_scale_average_units(eq):
    r"""\frac{\mathbb{E}[\bar\lambda] - \lambda}{\lambda/\sqrt n} = \frac{\sqrt n}{r-1}"""
    for r, n, rate in ((4, 20, mp.mpf("0.7")), (7, 35, mp.mpf("2.3"))):
        eq.holds({"E": inverse_sum(r, rate), "r": r, "n": n, r"\lambda": rate},
                 rewrite={r"\mathbb{E}[\bar\lambda]": "E"})


CURVATURES = [np.array([[0.9, 0.2], [0.2, 0.4]]), np.array([[1.3, -0.3], [-0.3, 0.7]])]
NOISES = [np.array([[0.5, -0.1], [-0.1, 0.8]]), np.array([[1.1, 0.25], [0.25, 0.6]])]


@functools.cache
def balance(k, right, h, b, steps=6_000):
    """Covariance of the error after many steps of its recursion, from zero; `right`: C equals J_1."""
    J, C = CURVATURES[k], CURVATURES[k] if right else NOISES[k]
    M, S = np.eye(2) - h * J, np.zeros((2, 2))
    for _ in range(steps):
        S = M @ S @ M + h**2 / b * C
    return S


def test_eq_scale_lyapunov(eq):
    r"""J_1\Sigma + \Sigma J_1 - h\,J_1\Sigma J_1 = \frac{h}{b}\,C"""
    for k, (J, C, h, b) in enumerate(zip(CURVATURES, NOISES, (0.3, 0.17), (5, 12), strict=True)):
        eq.holds({"J_1": J, r"\Sigma": balance(k, False, h, b), "C": C, "h": h, "b": b})


def test_eq_scale_one(eq):
    r"""\operatorname{Var}(\theta_t) \to \frac{h\,c}{b\,a\,(2 - h\,a)}"""
    for *values, b in (("0.6", "0.9", "0.4", 5), ("1.7", "0.3", "0.2", 11)):
        (a, c, h), v = (mp.mpf(x) for x in values), mp.mpf(0)
        for _ in range(600):
            v = (1 - h * a) ** 2 * v + h**2 * c / b
        eq.holds({"V": v, "a": a, "b": b, "c": c, "h": h}, approx=1e-9,
                 rewrite={r"\operatorname{Var}(\theta_t)": "V"})


def test_eq_scale_spread(eq):
    r"""
    \begin{aligned}
    \Sigma &= \frac{h}{b}\,(2\,\mathrm{Id} - h\,J_1)^{-1} \\
    &\approx \frac{h}{2b}\,\mathrm{Id}
    \end{aligned}
    """
    for k, (J, h, b) in enumerate(zip(CURVATURES, (0.004, 0.007), (5, 12), strict=True)):
        eq.holds({r"\Sigma": balance(k, True, h, b, 20_000), "J_1": J, "E": np.eye(2),
                  "h": h, "b": b}, approx=0.01, rewrite={r"\mathrm{Id}": "E"})


def test_eq_scale_telescope(eq):
    r"""
    \begin{aligned}
    J_1\,\bar{\mathbf{e}}_T &= \frac{1}{T}\sum_{t=0}^{T-1} \boldsymbol\xi_t \\
    &\quad + \frac{\mathbf{e}_0 - \mathbf{e}_T}{h\,T}
    \end{aligned}
    """
    for a, h, noise in ((mp.mpf("0.6"), mp.mpf("0.4"), [0.3, -1.1, 0.7, 0.2]),
                        (mp.mpf("1.7"), mp.mpf("0.3"), [1.4, 0.6, -0.5, 0.9, -2.1])):
        e = [mp.mpf("0.8")]
        noise = [mp.mpf(x) for x in noise]
        for x in noise:
            e.append((1 - h * a) * e[-1] + h * x)
        T = len(noise)
        eq.holds({"J_1": a, "A": mp.fsum(e[:-1]) / T, "T": T, "N": lambda t, x=noise: x[int(t)], "h": h,
                  "F": e[0], "L": e[-1]},
                 rewrite={r"\bar{\mathbf{e}}_T": "A", r"\boldsymbol\xi_t": "N(t)", r"\mathbf{e}_0": "F",
                          r"\mathbf{e}_T": "L"})


def test_eq_scale_averaged(eq):
    r"""\operatorname{Cov}(\bar{\mathbf{e}}_T) \approx \frac{1}{T b}\,J_1^{-1} C\, J_1^{-1}"""
    for J, C, h, b in zip(CURVATURES, NOISES, (0.3, 0.17), (5, 12), strict=True):
        T, M, weight, total = 20_000, np.eye(2) - h * J, np.zeros((2, 2)), np.zeros((2, 2))
        for _ in range(T - 1):  # the noise of a step weighs on all later errors
            weight = np.eye(2) + M @ weight
            total += h**2 / b * weight @ C @ weight.T
        eq.holds({"V": total / T**2, "J_1": J, "C": C, "T": T, "b": b}, approx=5e-3,
                 rewrite={r"\operatorname{Cov}(\bar{\mathbf{e}}_T)": "V"})


@functools.cache
def shrunk(a, c, g, b, end=200_000):
    """t Var(e_t) at t = end, from the recursion of the variance."""
    v = 0.0
    for t in range(10, end):
        v = (1 - g * a / t) ** 2 * v + (g / t) ** 2 * c / b
    return end * v


def test_eq_scale_decay(eq):
    r"""t\,\operatorname{Var}(\theta_t) \to \frac{g^2\,c}{b\,(2\,g\,a - 1)}"""
    for a, c, g, b in ((0.6, 0.9, 2.3, 5), (1.7, 0.3, 0.9, 11)):
        eq.holds({"V": shrunk(a, c, g, b), "a": a, "b": b, "c": c, "g": g},
                 approx=1e-3, rewrite={r"t\,\operatorname{Var}(\theta_t)": "V"})
    assert pytest.approx(0.9 / (0.6**2 * 5)) == (1 / 0.6) ** 2 * 0.9 / (5 * (2 - 1))  # the best g = 1/a
